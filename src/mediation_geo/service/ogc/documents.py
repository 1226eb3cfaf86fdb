"""
The documents of the OGC API that change only with the release: made once by pygeoapi or from the columns, then kept.

Each function takes the site, a snapshot, a language and the parameters of the path, and returns plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mediation_geo.service.features.columns import json_schema
from mediation_geo.service.ogc.openapi import openapi_document

if TYPE_CHECKING:
    from mediation_geo.service.site import Site
    from mediation_geo.service.snapshot import Snapshot

__all__ = [
    "CONFORMANCE",
    "collection",
    "collections",
    "conformance",
    "functions",
    "landing",
    "openapi",
    "process",
    "processes",
    "queryables",
    "schema",
]

Path = Mapping[str, str]

_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
_COMMON = "http://www.opengis.net/spec/ogcapi-common"
_PROCESSES = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"

# Only what our own tests check is declared.
CONFORMANCE: tuple[str, ...] = (
    f"{_COMMON}-1/1.0/conf/core",
    f"{_COMMON}-1/1.0/conf/html",
    f"{_COMMON}-1/1.0/conf/json",
    f"{_COMMON}-1/1.0/conf/landing-page",
    f"{_COMMON}-1/1.0/conf/oas30",
    f"{_COMMON}-2/1.0/conf/collections",
    f"{_FEATURES}-1/1.0/conf/core",
    f"{_FEATURES}-1/1.0/conf/geojson",
    f"{_FEATURES}-1/1.0/conf/html",
    f"{_FEATURES}-1/1.0/conf/oas30",
    f"{_FEATURES}-2/1.0/conf/crs",
    f"{_FEATURES}-3/1.0/conf/features-filter",
    f"{_FEATURES}-3/1.0/conf/filter",
    f"{_FEATURES}-3/1.0/conf/queryables",
    f"{_FEATURES}-3/1.0/conf/queryables-query-parameters",
    f"{_FEATURES}-5/1.0/conf/core-roles-features",
    f"{_FEATURES}-5/1.0/conf/queryables",
    f"{_FEATURES}-5/1.0/conf/schemas",
    f"{_CQL2}/accent-insensitive-comparison",
    f"{_CQL2}/advanced-comparison-operators",
    f"{_CQL2}/arithmetic",
    f"{_CQL2}/array-functions",
    f"{_CQL2}/basic-cql2",
    f"{_CQL2}/basic-spatial-functions",
    f"{_CQL2}/basic-spatial-functions-plus",
    f"{_CQL2}/case-insensitive-comparison",
    f"{_CQL2}/cql2-json",
    f"{_CQL2}/cql2-text",
    f"{_CQL2}/property-property",
    f"{_CQL2}/spatial-functions",
    f"{_CQL2}/temporal-functions",
    f"{_PROCESSES}/core",
    f"{_PROCESSES}/json",
    f"{_PROCESSES}/oas30",
    f"{_PROCESSES}/ogc-process-description",
)


def landing(site: Site, snapshot: Snapshot, language: str, _path: Path) -> dict[str, Any]:
    """The landing page."""
    document = site.host(snapshot).landing(language)
    return {**document, "donnees": snapshot.about()}


def conformance(_site: Site, _snapshot: Snapshot, _language: str, _path: Path) -> dict[str, Any]:
    """The conformance classes."""
    return {"conformsTo": list(CONFORMANCE)}


def functions(_site: Site, _snapshot: Snapshot, _language: str, _path: Path) -> dict[str, Any]:
    """The functions of CQL2 beyond its operators: none."""
    return {"functions": []}


def collections(site: Site, snapshot: Snapshot, language: str, _path: Path) -> dict[str, Any]:
    """All collections."""
    document = site.host(snapshot).all_collections(language)
    return {**document, "donnees": snapshot.about()}


def collection(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """One collection."""
    return site.host(snapshot).collection(path["collection"], language)


def queryables(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """What filters may name."""
    return {**_schema(site, snapshot, language, path["collection"], "queryables"), "additionalProperties": False}


def schema(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """What features hold."""
    return _schema(site, snapshot, language, path["collection"], "schema")


def processes(site: Site, snapshot: Snapshot, language: str, _path: Path) -> dict[str, Any]:
    """All processes."""
    return site.host(snapshot).processes(language)


def process(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """One process."""
    return site.host(snapshot).process(path["process"], language)


def openapi(site: Site, snapshot: Snapshot, language: str, _path: Path) -> dict[str, Any]:
    """The API definition."""
    host = site.host(snapshot)
    document = host.landing(language)
    return openapi_document(
        base_url=host.base_url,
        title=document["title"],
        description=document["description"],
        collections={
            name: (host.collection(name, language)["title"], tuple(snapshot.table(name).columns.values()))
            for name in host.collections
        },
    )


def _schema(site: Site, snapshot: Snapshot, language: str, name: str, what: str) -> dict[str, Any]:
    host = site.host(snapshot)
    table = host.provider(name).table
    properties: dict[str, Any] = {"geometry": {"title": "Position", "x-ogc-role": "primary-geometry", "format": "geometry-point"}}
    for position, (each, column) in enumerate(table.columns.items(), start=1):
        properties[each] = {**json_schema(column), "x-ogc-propertySeq": position}
        if column.vocabulary and column.kind == "list":
            properties[each]["items"] = {"type": "string", "enum": list(column.vocabulary)}
        if each == "id":
            properties[each]["x-ogc-role"] = "id"
        if each == table.date_column:
            properties[each]["x-ogc-role"] = "primary-instant"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{host.base_url}/collections/{name}/{what}",
        "type": "object",
        "title": host.collection(name, language)["title"],
        "properties": properties,
    }
