"""Frictionless: a Table Schema made from the fields of the standard, and the datapackage that describes each file."""

from __future__ import annotations

from typing import Any

from mediation_geo.release.manifest import LICENCE, LICENCE_URL
from mediation_geo.release.metadata.about import LICENCE_ID, About
from mediation_geo.standard import FIELDS, Field

__all__ = ["datapackage", "table_schema"]

_TYPES = {"text": "string", "list": "string", "number": "number", "date": "date"}
_DIALECTS = {"csv": {"dialect": {"delimiter": ",", "quoteChar": '"'}, "encoding": "utf-8"}}


def table_schema() -> dict[str, Any]:
    """
    Table Schema of the official CSV: names, types, what is required, patterns of single values.

    Examples
    --------
    >>> table_schema()["fields"][0]
    {'name': 'id', 'type': 'string', 'constraints': {'required': True, 'unique': True}}
    """
    return {"fields": [_field(each) for each in FIELDS], "primaryKey": ["id"], "missingValues": [""]}


def _field(field: Field) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if field.required:
        constraints["required"] = True
    if field.name == "id":
        constraints["unique"] = True
    if field.pattern is not None:
        constraints["pattern"] = f"^{field.pattern.pattern}$"
    if field.max_length is not None:
        constraints["maxLength"] = field.max_length
    described: dict[str, Any] = {"name": field.name, "type": _TYPES[field.kind]}
    if field.kind == "date":
        described["format"] = "%Y-%m-%d"
    return described | ({"constraints": constraints} if constraints else {})


def datapackage(facts: About) -> dict[str, Any]:
    """Frictionless datapackage of the folder of exports; paths are relative to it."""
    return {
        "profile": "data-package",
        "name": "lieux-mediation-numerique",
        "title": facts.title,
        "description": facts.description,
        "version": facts.release,
        "created": f"{facts.day}T00:00:00Z",
        "licenses": [{"name": LICENCE_ID, "title": LICENCE, "path": LICENCE_URL}],
        "contributors": [{"title": facts.publisher, "role": "publisher"}],
        "sources": [{"title": f"{each.title}, {each.producer}, {each.licence}"} for each in facts.sources],
        "resources": [_resource(entry) for entry in facts.files],
    }


def _resource(entry: Any) -> dict[str, Any]:
    kind, code = entry["format"], entry["departement"]
    resource = {
        "name": f"{kind}-{code.lower()}" if code else kind,
        "title": f"{entry['title']}, département {code}" if code else entry["title"],
        "path": entry["file"],
        "mediatype": entry["media_type"],
        "bytes": entry["bytes"],
        "hash": f"sha256:{entry['sha256']}",
    }
    if kind != "csv":
        return resource
    tabular = {"profile": "tabular-data-resource", "format": "csv", "schema": table_schema()}
    return resource | tabular | _DIALECTS["csv"]
