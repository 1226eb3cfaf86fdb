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
    "sortables",
]

Path = Mapping[str, str]

_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
_COMMON = "http://www.opengis.net/spec/ogcapi-common"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"

# Only what our own tests check is declared: `tests/conformance` has a test for each class of this list.
CONFORMANCE: tuple[str, ...] = (
    f"{_COMMON}-1/1.0/conf/core",
    f"{_COMMON}-1/1.0/conf/html",
    f"{_COMMON}-1/1.0/conf/json",
    f"{_COMMON}-1/1.0/conf/landing-page",
    f"{_COMMON}-1/1.0/conf/oas30",
    f"{_COMMON}-2/1.0/conf/collections",
    # Published in April 2026 as Part 5 of Features under the identifiers of Common.
    f"{_COMMON}-3/1.0/conf/advanced-property-roles",
    f"{_COMMON}-3/1.0/conf/queryables",
    f"{_COMMON}-3/1.0/conf/returnables-and-receivables",
    f"{_COMMON}-3/1.0/conf/schemas",
    f"{_COMMON}-3/1.0/conf/sortables",
    f"{_FEATURES}-1/1.0/conf/core",
    f"{_FEATURES}-1/1.0/conf/geojson",
    f"{_FEATURES}-1/1.0/conf/html",
    f"{_FEATURES}-1/1.0/conf/oas30",
    f"{_FEATURES}-2/1.0/conf/crs",
    f"{_FEATURES}-3/1.0/conf/features-filter",
    f"{_FEATURES}-3/1.0/conf/filter",
    f"{_FEATURES}-3/1.0/conf/queryables",
    f"{_FEATURES}-3/1.0/conf/queryables-query-parameters",
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
    host = site.host(snapshot)
    document = host.all_collections(language)
    listed = [_with_sortables(each, host.base_url, language) for each in document["collections"]]
    return {**document, "collections": listed, "donnees": snapshot.about()}


def collection(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """One collection."""
    host = site.host(snapshot)
    return _with_sortables(host.collection(path["collection"], language), host.base_url, language)


def queryables(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """What filters may name."""
    return {**_schema(site, snapshot, language, path["collection"], "queryables"), "additionalProperties": False}


def schema(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """What features hold."""
    return _schema(site, snapshot, language, path["collection"], "schema")


def sortables(site: Site, snapshot: Snapshot, language: str, path: Path) -> dict[str, Any]:
    """What `sortby` may name."""
    document = _schema(site, snapshot, language, path["collection"], "sortables")
    simple = {name: each for name, each in document["properties"].items() if each.get("type", "array") != "array"}
    return {**document, "properties": simple, "additionalProperties": False}


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


def _with_sortables(document: dict[str, Any], base_url: str, language: str) -> dict[str, Any]:
    """A collection with the link that pygeoapi does not make."""
    link = {
        "rel": "http://www.opengis.net/def/rel/ogc/1.0/sortables",
        "type": "application/schema+json",
        "title": "Sortables" if language == "en" else "Propriétés triables",
        "href": f"{base_url}/collections/{document['id']}/sortables",
    }
    return {**document, "links": [*document["links"], link]}


def _schema(site: Site, snapshot: Snapshot, language: str, name: str, what: str) -> dict[str, Any]:
    host = site.host(snapshot)
    table = host.provider(name).table
    properties: dict[str, Any] = {"geometry": {"title": "Position", "x-ogc-role": "primary-geometry", "format": "geometry-point"}}
    for position, (each, column) in enumerate(table.columns.items(), start=1):
        properties[each] = {**json_schema(column), "x-ogc-propertySeq": position}
        if column.vocabulary and column.kind == "list":
            properties[each]["items"] = {"type": "string", "enum": list(column.vocabulary)}
        if each.endswith("_m"):
            properties[each]["x-ogc-unit"] = "m"
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
