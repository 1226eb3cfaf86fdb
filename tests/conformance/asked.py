"""What the tests of filters ask of the live service, and the collections they ask it of."""

from __future__ import annotations

import json
from typing import Any

import cql2
import httpx

from mediation_geo.service.features.derived import COVERAGE, QUALITY
from tests.service.serving import COLLECTION

COLLECTIONS = (COLLECTION, QUALITY, COVERAGE)
LANGUAGES = ("cql2-text", "cql2-json")
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
# One département of the communes is enough to compare by hand.
PART_OF: dict[str, dict[str, str]] = {COVERAGE: {"code_departement": "59"}}


def items_of(collection: str) -> str:
    """Path of the features of a collection."""
    return f"/ogcapi/collections/{collection}/items"


def features_of(web: httpx.Client, collection: str) -> list[dict[str, Any]]:
    """All features of a collection that the tests look at, without a filter."""
    answer = web.get(items_of(collection), params={**PART_OF.get(collection, {}), "limit": 10_000})
    features: list[dict[str, Any]] = answer.json()["features"]
    return features


def in_language(text: str, language: str) -> str:
    """A filter in a filter language."""
    return text if language == "cql2-text" else json.dumps(cql2.parse_text(text).to_json())


def asked(
    web: httpx.Client, text: str, *, collection: str = COLLECTION, language: str = "cql2-text", **more: Any
) -> httpx.Response:
    """The answer to a filter."""
    parameters = {**PART_OF.get(collection, {}), "filter-lang": language, "filter": in_language(text, language), **more}
    return web.get(items_of(collection), params=parameters, headers={"Accept": "application/geo+json"})


def matched(web: httpx.Client, text: str, *, collection: str = COLLECTION, language: str = "cql2-text") -> int:
    """How many features a filter keeps."""
    answer = asked(web, text, collection=collection, language=language, resultType="hits")
    assert answer.status_code == 200, (text, answer.text)
    assert answer.headers["content-type"] == "application/geo+json"
    number: int = answer.json()["numberMatched"]
    return number


def kept(web: httpx.Client, text: str, *, collection: str = COLLECTION, language: str = "cql2-text", **more: Any) -> set[str]:
    """Ids of the features that a filter keeps."""
    only_ids = {"properties": "", "skipGeometry": "true", "limit": 10_000}
    answer = asked(web, text, collection=collection, language=language, **only_ids, **more)
    assert answer.status_code == 200, (text, answer.text)
    page = answer.json()
    assert page["numberMatched"] == page["numberReturned"]
    return {feature["id"] for feature in page["features"]}


def queryables_of(web: httpx.Client, collection: str) -> dict[str, dict[str, Any]]:
    """The queryables of a collection, by name."""
    properties: dict[str, dict[str, Any]] = web.get(f"/ogcapi/collections/{collection}/queryables").json()["properties"]
    return properties


def simple_queryables(web: httpx.Client, collection: str, *types: str) -> dict[str, str]:
    """Names of the queryables of these types, and the type of each: `string`, `date`, `number`, `integer`, `array`."""
    told = {name: type_of(schema) for name, schema in queryables_of(web, collection).items()}
    return {name: each for name, each in told.items() if each in types}


def type_of(schema: dict[str, Any]) -> str:
    """Type of a queryable as CQL2 tells them apart."""
    return str(schema["format"] if schema.get("format") == "date" else schema.get("type", "geometry"))
