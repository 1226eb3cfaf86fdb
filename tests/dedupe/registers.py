"""Small invented registers: records as `locate` gives them, drawn so that doubles, neighbours and namesakes happen often."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st

from mediation_geo.standard import LOCATED_RECORDS, conform

NAMES = (
    "Mairie de {commune}", "Hôtel de ville", "France services de {commune}", "MSAP {commune}", "Médiathèque Aimé Césaire",
    "mediatheque aime cesaire", "CCAS de {commune}", "Centre communal d'action sociale", "Bus France services", "Fablab du Canal",
    "COMMUNE DE {commune}", "La Poste", "Mission locale du Val",
)  # fmt: skip
STREETS = ("1 rue Foch", "1, r. Foch", "12 bis avenue de la Gare", "12 av de la gare", "Place du Marché", None)
COMMUNES = (
    ("34129", "Lattes", 3.9046, 43.5676),
    ("34172", "Montpellier", 3.8767, 43.6119),
    ("97411", "Saint-Denis", 55.4485, -20.8823),
)
SOURCES = ("cnfs", "hub", "france-services")


def located(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Frame in the layout LOCATED_RECORDS from a few fields; ids and feeds are filled in where absent."""
    filled = []
    for number, row in enumerate(rows):
        feed = str(row.get("feed") or row.get("source") or "hub")
        filled.append(
            {"record_id": f"{feed}/{number:04d}", "id": str(number), "feed": feed, "source": feed, "row": number + 1, **row}
        )
    return conform(pd.DataFrame(filled), LOCATED_RECORDS)


@st.composite
def registers(draw: st.DrawFn, *, max_size: int = 12) -> pd.DataFrame:
    """A register of up to `max_size` records in three communes from three sources."""
    rows = []
    for _ in range(draw(st.integers(1, max_size))):
        insee, commune, lon, lat = draw(st.sampled_from(COMMUNES))
        known = draw(st.booleans())
        shift = draw(st.sampled_from((0.0, 0.0001, 0.004)))
        rows.append(
            {
                "source": draw(st.sampled_from(SOURCES)),
                "nom": draw(st.sampled_from(NAMES)).format(commune=commune),
                "adresse": draw(st.sampled_from(STREETS)),
                "commune": commune,
                "code_insee": insee,
                "longitude": lon + shift if known else None,
                "latitude": lat if known else None,
                "position_precision": draw(st.sampled_from(("housenumber", "street", "municipality"))) if known else None,
                "telephone": draw(st.sampled_from((None, "+33467000000", "+33467000001"))),
                "courriels": draw(st.sampled_from((None, ["accueil@lattes.invalid"], ["contact@orange.fr"]))),
                "pivot": draw(st.sampled_from((None, "21340129200012", "20006699100013"))),
                "services": draw(st.sampled_from((None, ["Aide aux démarches administratives"]))),
                "date_maj": draw(st.sampled_from((None, "2023-05-01", "2024-05-01"))),
            }
        )
    return located(rows)
