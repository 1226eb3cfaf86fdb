"""The national standard as a Table Schema, and the verdict of frictionless on records written in its CSV form."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mediation_geo.standard.fields import FIELDS, LIST_SEPARATOR, UNKNOWN_PIVOT, Field

__all__ = ["as_official_rows", "schema_faults", "table_schema"]

_TYPES = {"text": "string", "list": "string", "number": "number", "date": "date"}
_MAX_FAULTS = 1_000


def table_schema() -> dict[str, Any]:
    """
    Table Schema descriptor of the standard v1.0.2, in the form frictionless reads.

    Examples
    --------
    >>> [field["name"] for field in table_schema()["fields"]][:3], table_schema()["primaryKey"]
    (['id', 'pivot', 'nom'], ['id'])
    """
    return {"fields": [_descriptor(field) for field in FIELDS], "primaryKey": ["id"], "missingValues": [""]}


def _descriptor(field: Field) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": field.required}
    if field.pattern is not None:
        constraints["pattern"] = f"^{field.pattern.pattern}$"
    if field.vocabulary:
        labels = "|".join(label.replace("(", r"\(").replace(")", r"\)").replace(".", r"\.") for label in field.vocabulary)
        constraints["pattern"] = rf"^(?:(?:^|\|)({labels}))+$"
    if field.max_length is not None:
        constraints["maxLength"] = field.max_length
    return {"name": field.name, "type": _TYPES[field.kind], "constraints": constraints}


def as_official_rows(records: pd.DataFrame) -> pd.DataFrame:
    """
    Records as text cells of the official CSV: lists joined with `|`, dates as ISO, the pivot of zeros when unknown.

    Examples
    --------
    >>> from mediation_geo.standard import RECORDS, conform
    >>> one = conform(pd.DataFrame({"record_id": ["x/1"], "row": [1], "services": [["A", "B"]]}), RECORDS)
    >>> as_official_rows(one)[["id", "pivot", "services"]].to_numpy().tolist()
    [['x/1', '00000000000000', 'A|B']]
    """
    columns: dict[str, Any] = {field.name: [_cell(value) for value in records[field.name]] for field in FIELDS}
    # Ids of sources are not unique across sources; ours are.
    columns["id"] = records["record_id"].tolist()
    columns["pivot"] = [pivot or UNKNOWN_PIVOT for pivot in columns["pivot"]]
    return pd.DataFrame(columns, dtype=object)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return LIST_SEPARATOR.join(value)
    if value is None or pd.isna(value):
        return ""
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


def schema_faults(records: pd.DataFrame) -> pd.DataFrame:
    """
    What frictionless finds wrong with records, at most 1,000 faults.

    Returns
    -------
    pandas.DataFrame
        Columns `record_id`, `field`, `fault` (frictionless' name of the error) and `value`.
    """
    # Loading frictionless takes longer than reading most sources.
    from frictionless import Resource, Schema

    rows = as_official_rows(records)
    resource = Resource(data=rows.to_dict("records"), schema=Schema.from_descriptor(table_schema()))
    report = resource.validate(limit_errors=_MAX_FAULTS)
    found = report.flatten(["rowNumber", "fieldName", "type", "cell"])
    faults = pd.DataFrame(found, columns=["row", "field", "fault", "value"], dtype=object)
    # The header is row 1.
    faults["record_id"] = [rows["id"].iloc[int(row) - 2] if row else None for row in faults["row"]]
    return faults[["record_id", "field", "fault", "value"]]
