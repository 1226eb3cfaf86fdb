"""Hypothesis strategies shared by the rooms: records as ingest gives them, and positions where French places can be."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st

from mediation_geo.standard import FIELDS, RECORDS, conform
from mediation_geo.standard.territories import BOXES

_TEXT = st.text(alphabet="abcdefgh éèàçœ'-0123456789", min_size=1, max_size=20)
_DATES = st.dates(min_value=pd.Timestamp("2019-01-01").date(), max_value=pd.Timestamp("2026-01-01").date())


@st.composite
def positions(draw: st.DrawFn) -> tuple[float, float]:
    """Longitude and latitude inside the box of a French territory."""
    box = BOXES[draw(st.sampled_from(sorted(BOXES)))]
    return draw(st.floats(box.west, box.east)), draw(st.floats(box.south, box.north))


def _value(field):
    if field.vocabulary:
        return st.lists(st.sampled_from(field.vocabulary), unique=True, max_size=4)
    match field.kind:
        case "list":
            return st.lists(_TEXT, unique=True, max_size=3)
        case "date":
            return _DATES.map(pd.Timestamp)
        case "number":
            return st.nothing()
        case _:
            return _TEXT


@st.composite
def records(draw: st.DrawFn, *, max_size: int = 6) -> pd.DataFrame:
    """A records table: every field present, missing or odd, positions valid or missing."""
    rows = []
    for number in range(draw(st.integers(0, max_size))):
        row = {field.name: draw(st.none() | _value(field)) for field in FIELDS if field.name not in {"latitude", "longitude"}}
        where = draw(st.none() | positions())
        rows.append(
            row
            | {"record_id": f"feed/{number}", "feed": "feed", "row": number + 1}
            | ({} if where is None else {"longitude": where[0], "latitude": where[1]})
        )
    return conform(pd.DataFrame(rows, columns=list(RECORDS)), RECORDS)
