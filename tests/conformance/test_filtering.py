"""
OGC API - Features Part 3 (OGC 19-079r2): queryables, queryables as query parameters, filter, features-filter.

One test for each abstract test of the standard, named in its docstring; filters on `/items` are those of features-filter.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conformance.asked import (
    COLLECTIONS,
    CRS84,
    PART_OF,
    asked,
    features_of,
    items_of,
    kept,
    matched,
    queryables_of,
    type_of,
)
from tests.service.serving import COLLECTION

SPEC = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
SYSTEMS = [CRS84, *(f"http://www.opengis.net/def/crs/EPSG/0/{code}" for code in (4326, 3857, 2154))]


def ids(features: list[dict[str, Any]]) -> set[str]:
    return {feature["id"] for feature in features}


def extent_of(web: httpx.Client, collection: str) -> list[float]:
    box: list[float] = web.get(f"/ogcapi/collections/{collection}").json()["extent"]["spatial"]["bbox"][0]
    return box


def within(box: list[float]) -> str:
    return f"S_INTERSECTS(geometry, BBOX({','.join(map(str, box))}))"


def test_the_four_classes_are_declared(web: httpx.Client) -> None:
    """ogcapi-features-3/1.0/conf/filter/get-conformance, ogcapi-features-3/1.0/conf/features-filter/get-conformance."""
    answer = web.get("/ogcapi/conformance", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    classes = {f"{SPEC}/{each}" for each in ("queryables", "queryables-query-parameters", "filter", "features-filter")}
    assert classes <= set(answer.json()["conformsTo"])


def test_the_collections_are_listed(web: httpx.Client) -> None:
    """ogcapi-features-3/1.0/conf/filter/get-collections."""
    answer = web.get("/ogcapi/collections", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert tuple(each["id"] for each in answer.json()["collections"]) == COLLECTIONS


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_collection_tells_its_queryables(web: httpx.Client, collection: str) -> None:
    """ogcapi-features-3/1.0/conf/queryables/get-queryables, ogcapi-features-3/1.0/conf/filter/get-queryables."""
    path = f"/ogcapi/collections/{collection}/queryables"
    answer = web.get(path, headers={"Accept": "application/schema+json"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    assert (schema["$schema"], schema["$id"], schema["type"]) == (DRAFT, str(web.base_url.join(path)), "object")
    spatial = [each for each in schema["properties"].values() if each.get("format", "").startswith("geometry-")]
    assert len(spatial) == 1
    assert not {"type", "$ref"} & set(spatial[0])
    assert all("type" in each for each in schema["properties"].values() if each not in spatial)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_collection_links_its_queryables(web: httpx.Client, collection: str) -> None:
    """ogcapi-features-3/1.0/conf/queryables/get-collection, ogcapi-features-3/1.0/conf/filter/get-collection."""
    document = web.get(f"/ogcapi/collections/{collection}", headers={"Accept": "application/json"}).json()
    [link] = [each for each in document["links"] if each["rel"] == QUERYABLES]
    assert link["href"].split("?")[0] == str(web.base_url.join(f"/ogcapi/collections/{collection}/queryables"))
    assert document["extent"]["spatial"]["bbox"]
    assert document["crs"][0] == CRS84


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_simple_queryable_is_a_query_parameter_of_its_type(web: httpx.Client, collection: str) -> None:
    """ogcapi-features-3/1.0/conf/queryables-query-parameters/parameters."""
    operation = web.get("/ogcapi/openapi").json()["paths"][f"/collections/{collection}/items"]["get"]
    declared = {each["name"]: each["schema"] for each in operation["parameters"] if "name" in each}
    features = features_of(web, collection)
    for name, schema in queryables_of(web, collection).items():
        if type_of(schema) in {"array", "geometry"}:
            continue
        assert {member: declared[name].get(member) for member in ("type", "format")} == {
            member: schema.get(member) for member in ("type", "format")
        }
        value = next((each["properties"][name] for each in features if each["properties"][name] is not None), "absent")
        if value == "absent" and schema["type"] != "string":
            continue
        alike = ids([each for each in features if each["properties"][name] == value])
        answer = web.get(items_of(collection), params={**PART_OF.get(collection, {}), name: value, "limit": 10_000})
        assert answer.status_code == 200
        assert ids(answer.json()["features"]) == alike


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("language", ["cql2-text", "cql2-json"])
def test_a_filter_keeps_what_it_says_and_a_wrong_one_is_refused(web: httpx.Client, collection: str, language: str) -> None:
    """ogcapi-features-3/1.0/conf/filter/filter-param, ogcapi-features-3/1.0/conf/features-filter/filter-on-items."""
    features = features_of(web, collection)
    for name in queryables_of(web, collection):
        expected = {each["id"] for each in features if (each["properties"] | {"geometry": each["geometry"]})[name] is None}
        assert kept(web, f"{name} IS NULL", collection=collection, language=language) == expected
    for wrong in ("THIS IS NOT A FILTER", '{"op": "like this"}', "nom = ", "[]", "null"):
        answer = web.get(items_of(collection), params={"filter-lang": language, "filter": wrong})
        assert (answer.status_code, answer.json()["parametre"]) == (400, "filter")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_without_filter_lang_a_filter_is_text(web: httpx.Client, collection: str) -> None:
    """ogcapi-features-3/1.0/conf/filter/filter-lang-default."""
    name = next(iter(set(queryables_of(web, collection)) - {"geometry"}))
    plain = web.get(items_of(collection), params={"filter": f"{name} IS NULL", "limit": 10})
    assert plain.status_code == 200
    assert plain.json()["features"] == asked(web, f"{name} IS NULL", collection=collection, limit=10).json()["features"]
    assert web.get(items_of(collection), params={"filter": "THIS IS NOT A FILTER"}).status_code == 400
    unknown = web.get(items_of(collection), params={"filter": f"{name} IS NULL", "filter-lang": "ecql"})
    assert (unknown.status_code, unknown.json()["parametre"]) == (400, "filter-lang")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_unknown_queryable_is_refused_by_name(web: httpx.Client, collection: str) -> None:
    """
    An expression names queryables only.

    ogcapi-features-3/1.0/conf/filter/expression-construction, ogcapi-features-3/1.0/conf/queryables/expression-construction.
    """
    answer = asked(web, "this_is_not_a_queryable IS NULL", collection=collection)
    assert answer.status_code == 400
    assert "this_is_not_a_queryable" in answer.json()["detail"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_coordinates_of_a_filter_are_longitude_and_latitude(web: httpx.Client, collection: str) -> None:
    """ogcapi-features-3/1.0/conf/filter/filter-crs-wgs84."""
    located = {each["id"] for each in features_of(web, collection) if each["geometry"] is not None}
    assert kept(web, within(extent_of(web, collection)), collection=collection) == located
    assert asked(web, within([1e6, 1e6, 2e6, 2e6]), collection=collection).status_code == 400


@pytest.mark.parametrize("crs", SYSTEMS)
def test_coordinates_of_a_filter_may_be_in_another_system(web: httpx.Client, crs: str) -> None:
    """ogcapi-features-3/1.0/conf/filter/filter-crs-param."""
    page = web.get(items_of(COLLECTION), params={"crs": crs, "limit": 10_000, "bbox": "-5,42,8,51"}).json()
    points = {each["id"]: each["geometry"]["coordinates"] for each in page["features"]}
    sides = [sorted(point[axis] for point in points.values()) for axis in (0, 1)]
    for part in (0, len(points) // 4):
        low, high = ([side[at] for side in sides] for at in (part, len(points) - 1 - part))
        expected = {each for each, point in points.items() if all(low[i] <= point[i] <= high[i] for i in (0, 1))}
        found = kept(web, within([*low, *high]), **{"filter-crs": crs})
        assert len(expected) > 50
        # In another system the box of the extreme coordinates may reach beyond the box of degrees.
        assert found & set(points) == expected


def test_an_unknown_system_of_a_filter_is_refused(web: httpx.Client) -> None:
    """ogcapi-features-3/1.0/conf/filter/filter-crs-param."""
    unknown = {"filter-crs": "http://www.opengis.net/def/crs/OGC/0/does_not_exist"}
    answer = asked(web, within(extent_of(web, COLLECTION)), **unknown)
    assert (answer.status_code, answer.json()["parametre"]) == (400, "filter-crs")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_filter_and_a_box_hold_both(web: httpx.Client, collection: str) -> None:
    """ogcapi-features-3/1.0/conf/filter/mixing-expression."""
    box = extent_of(web, collection)
    located = {each["id"] for each in features_of(web, collection) if each["geometry"] is not None}
    assert kept(web, within(box), collection=collection, bbox=",".join(map(str, box))) == located
    assert kept(web, within(box), collection=collection, bbox="-170,-80,-169,-79") == set()
    nowhere = kept(web, within([-170, -80, -169, -79]), collection=collection, bbox=",".join(map(str, box)))
    assert nowhere == set()


def test_a_filter_and_every_other_parameter_hold_together(web: httpx.Client) -> None:
    """ogcapi-features-3/1.0/conf/features-filter/filter-on-items."""
    features = features_of(web, COLLECTION)
    expected = {
        each["id"]
        for each in features
        if each["properties"]["code_departement"] == "59"
        and each["properties"]["nom"] > "M"
        and (each["properties"]["date_maj"] or "") >= "2026-01-01"
    }
    assert expected
    assert kept(web, "nom > 'M'", code_departement="59", datetime="2026-01-01/..") == expected
    assert len(expected) < matched(web, "nom > 'M' AND code_departement = '59'")


def test_there_is_a_list_of_functions_and_it_is_empty(web: httpx.Client) -> None:
    """ogcapi-features-3/1.0/conf/filter/get-functions."""
    answer = web.get("/ogcapi/functions", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"functions": []}
    assert asked(web, "buffer(nom) = 'x'").status_code == 400
