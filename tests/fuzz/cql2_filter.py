"""
Any text as a CQL2 filter, in words or in JSON: rows of the table, ascending, or a refusal in one sentence.

The first byte chooses the language. What is accepted is also applied, and says the same when asked twice.
"""

from __future__ import annotations

import atheris

with atheris.instrument_imports(include=["mediation_geo.service.cql"], enable_loader_override=False):
    from mediation_geo.service.cql import CqlError, compile_filter
    from mediation_geo.service.features.columns import Column
    from mediation_geo.service.features.crs import CRS84
    from mediation_geo.service.features.table import FeatureTable

import numpy as np
import pandas as pd
import shapely
from harness import broken, fuzz

COLUMNS = (
    Column("nom", "text", "Nom"),
    Column("services", "list", "Services"),
    Column("latitude", "number", "Latitude"),
    Column("date_maj", "date", "Mise à jour"),
)
FRAME = pd.DataFrame(
    {
        "nom": pd.Series(["Mairie", None, "Médiathèque", "100 %"], dtype="str"),
        "services": [["a", "b"], None, ["b"], ["c"]],
        "latitude": [43.5, np.nan, 48.8, -21.0],
        "date_maj": pd.to_datetime(["2026-01-01", None, "2025-06-30", "2024-02-29"]).astype("datetime64[s]"),
    }
)
POINTS = np.array([shapely.Point(3.9, 43.5), None, shapely.Point(2.3, 48.8), shapely.Point(55.5, -21.0)], dtype=object)
TABLE = FeatureTable(FRAME, COLUMNS, ids=list("abcd"), geometries=POINTS, date_column="date_maj")
KNOWN = {column.name: column for column in COLUMNS}
SEEDS = [
    b"\x00nom = 'Mairie' AND NOT latitude > 43.5e0",
    b"\x00nom LIKE 'M%' OR CASEI(nom) IN ('mairie', ACCENTI('e'))",
    b"\x00S_INTERSECTS(geometry, POLYGON((0 40, 5 40, 5 50, 0 40)))",
    b"\x00A_CONTAINS(services, ('a')) AND date_maj BETWEEN DATE('2025-01-01') AND DATE('2026-12-31')",
    b"\x00T_DURING(date_maj, INTERVAL('2025-01-01', '..')) OR nom IS NULL",
    b'\x01{"op":"and","args":[{"op":"=","args":[{"property":"nom"},"Mairie"]},{"op":"not","args":[{"op":"isNull","args":[{"property":"nom"}]}]}]}',
    b'\x01{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":[3.9,43.5]}]}',
    b'\x01{"op":"t_after","args":[{"property":"date_maj"},{"date":"2025-01-01"}]}',
    b'\x01{"op":"<","args":[{"op":"+","args":[{"property":"latitude"},1]},{"op":"div","args":[7,{"property":"latitude"}]}]}',
]


def one_input(content: bytes) -> None:
    language = "cql2-json" if content[:1] >= b"\x01" else "cql2-text"
    text = content[1:].decode("utf-8", errors="replace")
    try:
        rows = compile_filter(text, language=language, crs=CRS84, columns=KNOWN).rows(TABLE).tolist()
    except CqlError:
        return
    again = compile_filter(text, language=language, crs=CRS84, columns=KNOWN).rows(TABLE).tolist()
    if rows != sorted(set(rows)) or rows != again or not set(rows) <= {0, 1, 2, 3}:
        broken(f"{rows} then {again}")


if __name__ == "__main__":
    words = "AND OR NOT LIKE IN BETWEEN IS NULL CASEI( ACCENTI( DATE(' TIMESTAMP(' INTERVAL(' POLYGON(( BBOX( S_INTERSECTS( "
    words += "S_WITHIN( T_AFTER( A_OVERLAPS( nom services latitude date_maj geometry 1e999 -0.0"
    words += ' "op" "args" "property" "interval" "bbox"'
    fuzz(one_input, seeds=SEEDS, words=[*words.split(), " ", "''", "\\", "%"])
