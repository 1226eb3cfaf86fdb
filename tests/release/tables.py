"""Complete, consistent sets of tables for tests of the release room: drawn by hypothesis, or a plain town of n places."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from hypothesis import strategies as st

from mediation_geo.release.events import EVENTS
from mediation_geo.standard import FIELDS, ISSUES, LINKS, LOCATED_RECORDS, PLACES, conform
from tests.strategies import records as drawn_records

AS_OF = "2026-11-21"


def place_id(number: int) -> str:
    return f"p{number:012d}"


def tables_of(records: pd.DataFrame, *, as_of: str = AS_OF) -> dict[str, Any]:
    """The arguments of `write_release` for records that are each a place of their own."""
    records = conform(records, LOCATED_RECORDS)
    ids = pd.Series([place_id(int(record.rsplit("/", 1)[1])) for record in records["record_id"]], dtype="str")
    positioned = records["longitude"].notna()
    points = gpd.points_from_xy(records["longitude"], records["latitude"])
    frame = conform(
        records.assign(
            place_id=ids,
            id=ids,
            source_ids=records["record_id"].map(lambda each: [each]),
            sources=records["feed"].map(lambda each: [each]),
            first_seen=pd.Timestamp(as_of),
            last_seen=pd.Timestamp(as_of),
            provenance="{}",
        ),
        PLACES,
    ).drop(columns="geometry")
    places = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, crs=4326).where(positioned), crs=4326)
    return {
        "places": places,
        "records": records.assign(place_id=ids),
        "links": conform(pd.DataFrame(), LINKS),
        "issues": conform(pd.DataFrame(), ISSUES),
        "events": conform(
            pd.DataFrame({"event": "minted", "place_id": ids, "record_ids": records["record_id"].map(lambda each: [each])}),
            EVENTS,
        ),
        "manifest": {"as_of": as_of, "demo": True},
    }


def town(size: int, *, first: int = 0, as_of: str = AS_OF, **columns: Any) -> dict[str, Any]:
    """Tables of `size` places around Montpellier, numbered from `first`, with further columns as given."""
    numbers = list(range(first, first + size))
    records = pd.DataFrame(
        {
            "record_id": [f"demo/{number:05d}" for number in numbers],
            "feed": "demo",
            "row": [number + 1 for number in numbers],
            "id": [str(number) for number in numbers],
            "nom": [f"Médiathèque n° {number}" for number in numbers],
            "commune": "Montpellier",
            "code_postal": "34000",
            "code_insee": "34172",
            "adresse": [f"{number} rue des Écoles" for number in numbers],
            "longitude": [3.8 + number * 1e-4 for number in numbers],
            "latitude": [43.6 + (number * 7 % 100) * 1e-3 for number in numbers],
            "position_precision": "housenumber",
            "position_uncertainty_m": 20.0,
            "position_origin": "source",
            "code_departement": "34",
            "code_region": "76",
            "timezone": "Europe/Paris",
            "date_maj": pd.Timestamp("2026-10-01"),
            "services": [["Aide aux démarches administratives"] for _ in numbers],
            "telephone": "+33467000000",
            "courriels": [["contact@exemple.fr"] for _ in numbers],
            "horaires": "Mo-Fr 09:00-12:00,14:00-17:00",
            **columns,
        }
    )
    return tables_of(records, as_of=as_of)


@st.composite
def releases(draw: st.DrawFn) -> dict[str, Any]:
    """Tables with at least one place; every field present, missing or odd, positions valid or missing."""
    return tables_of(draw(drawn_records(max_size=4).filter(lambda records: len(records) > 0)))


STANDARD_FIELDS = [each.name for each in FIELDS]
