"""
The layouts of our tables: which columns, in which order, of which type, in memory and in Parquet.

`conform` gives any frame exactly one of these layouts; it never reads files, cleans values or drops rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mediation_geo.standard.fields import FIELDS

__all__ = [
    "ISSUES",
    "LINKS",
    "LOCATED_RECORDS",
    "MEMBERS",
    "PLACES",
    "RECORDS",
    "Layout",
    "arrow_schema",
    "conform",
    "from_arrow",
    "to_arrow",
]

# Column -> one of text, list, number, integer, date, geometry. Geometry is kept as it is by `conform`.
Layout = Mapping[str, str]

_STANDARD = {each.name: each.kind for each in FIELDS}
_LOCATED = {
    "code_arrondissement": "text",
    "code_departement": "text",
    "code_region": "text",
    "timezone": "text",
    "position_precision": "text",
    "position_uncertainty_m": "number",
    "position_origin": "text",
}

RECORDS: Layout = MappingProxyType({"record_id": "text", "feed": "text", "row": "integer", **_STANDARD})
LOCATED_RECORDS: Layout = MappingProxyType({**RECORDS, **_LOCATED})
PLACES: Layout = MappingProxyType(
    {
        "place_id": "text",
        **_STANDARD,
        **_LOCATED,
        "source_ids": "list",
        "sources": "list",
        "aliases": "list",
        "provenance": "text",
        "freshness": "text",
        "first_seen": "date",
        "last_seen": "date",
        "geometry": "geometry",
    }
)
MEMBERS: Layout = MappingProxyType({"record_id": "text", "place_id": "text"})
LINKS: Layout = MappingProxyType(
    {
        "left_record_id": "text",
        "right_record_id": "text",
        "score": "number",
        "rule": "text",
        "decision": "text",
        "reasons": "text",
    }
)
ISSUES: Layout = MappingProxyType(
    dict.fromkeys(("stage", "feed", "record_id", "field", "code", "severity", "value", "corrected"), "text")
)

_ARROW_TYPES = {
    "text": pa.string(),
    "list": pa.list_(pa.string()),
    "number": pa.float64(),
    "integer": pa.int64(),
    "date": pa.date32(),
}


def conform(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """
    Frame with exactly the columns of a layout, in its order and with its types; missing columns come as missing values.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame; not changed. Columns that the layout does not know are left out.
    layout : Layout
        One of `RECORDS`, `LOCATED_RECORDS`, `PLACES`, `MEMBERS`, `LINKS`, `ISSUES`.

    Returns
    -------
    pandas.DataFrame
        Same rows in the same order, with a fresh RangeIndex. Text is `str` dtype, lists are Python lists or None (an empty
        list is missing), numbers float64, dates datetime64[s].

    Raises
    ------
    KeyError
        If an integer column of the layout is absent, since integers have no missing value.

    Examples
    --------
    >>> conform(pd.DataFrame({"place_id": ["b"], "x": [1]}), MEMBERS)
      record_id place_id
    0       NaN        b
    """
    columns = {name: _typed(frame, name, kind) for name, kind in layout.items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


def _typed(frame: pd.DataFrame, name: str, kind: str) -> Any:
    if name not in frame.columns and kind != "integer":
        column = pd.Series([None] * len(frame), dtype=object)
    else:
        column = frame[name].reset_index(drop=True)
    match kind:
        case "text":
            return column.astype("str") if column.dtype != "str" else column
        case "number":
            return pd.to_numeric(column).astype("float64")
        case "integer":
            return column.astype("int64")
        case "date":
            return pd.to_datetime(column).astype("datetime64[s]")
        case "list":
            # Lists live in object columns: one pass in Python is the only way to look inside.
            return pd.Series([_list(value) for value in column.to_numpy(dtype=object)], dtype=object)
        case _:
            return column


def _list(value: Any) -> list[str] | None:
    # A list that is one already is kept: a register of a country holds millions of them, and nobody changes a cell in place.
    if type(value) is list and value and all(type(each) is str for each in value):
        return value
    if isinstance(value, list | tuple | np.ndarray) and len(value):
        return [str(each) for each in value]
    return None


def arrow_schema(layout: Layout) -> pa.Schema:
    """
    Arrow schema in which a layout is written to Parquet; geometry is left to the writer.

    Text is `string`, never `large_string`: some readers take the latter for an unknown type.

    Examples
    --------
    >>> arrow_schema(MEMBERS)
    record_id: string
    place_id: string
    """
    return pa.schema([(name, _ARROW_TYPES[kind]) for name, kind in layout.items() if kind in _ARROW_TYPES])


def to_arrow(frame: pd.DataFrame, layout: Layout) -> pa.Table:
    """
    Arrow table of a conforming frame, without its geometry.

    Examples
    --------
    >>> to_arrow(conform(pd.DataFrame({"record_id": ["a/1"], "place_id": ["p"]}), MEMBERS), MEMBERS).num_rows
    1
    """
    schema = arrow_schema(layout)
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False).replace_schema_metadata(None)


def from_arrow(table: pa.Table, layout: Layout) -> pd.DataFrame:
    """
    Frame in a layout from an Arrow table; the inverse of `to_arrow`.

    Examples
    --------
    >>> frame = conform(pd.DataFrame({"record_id": ["a/1"], "place_id": ["p"]}), MEMBERS)
    >>> from_arrow(to_arrow(frame, MEMBERS), MEMBERS).equals(frame)
    True
    """
    names = [name for name in layout if name in table.column_names]
    return conform(table.select(names).to_pandas(), layout)
