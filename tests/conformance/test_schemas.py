"""
Schemas (OGC 23-058r2, Part 5 of Features and Part 3 of Common): what a collection returns, is filtered by and is sorted by.

One test for each abstract test of the declared classes, named in its docstring. There is nothing to create or change here, so the
abstract tests on receivables have no subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from tests.conformance.asked import COLLECTIONS, features_of, items_of
from tests.service.serving import COLLECTION

SPEC = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
RESOURCES = ("schema", "queryables", "sortables")
KEYWORDS = {
    "$id", "$schema", "additionalProperties", "enum", "format", "items", "properties", "title", "type",
    "x-ogc-propertySeq", "x-ogc-role", "x-ogc-unit",
}  # fmt: skip


def schema_of(web: httpx.Client, collection: str, resource: str) -> dict[str, Any]:
    """A schema, asked for as a program does."""
    answer = web.get(f"/ogcapi/collections/{collection}/{resource}", headers={"Accept": "application/schema+json"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    document: dict[str, Any] = answer.json()
    return document


@pytest.fixture(params=[(each, resource) for each in COLLECTIONS for resource in RESOURCES], ids="-".join)
def schema(web: httpx.Client, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each schema of each collection."""
    return schema_of(web, *request.param)


def with_role(schema: dict[str, Any], *roles: str) -> list[dict[str, Any]]:
    return [each for each in schema["properties"].values() if each.get("x-ogc-role") in roles]


def is_spatial(member: dict[str, Any]) -> bool:
    return str(member.get("format", "")).startswith("geometry-")


def keywords(tree: dict[str, Any]) -> Iterator[str]:
    for name, value in tree.items():
        yield name
        for each in value.values() if name == "properties" else [value]:
            if isinstance(each, dict):
                yield from keywords(each)


def test_the_classes_are_declared(web: httpx.Client) -> None:
    """
    What is served is announced.

    ogcapi-common-3/1.0/conf/returnables-and-receivables/get-conformance,
    ogcapi-common-3/1.0/conf/queryables/get-conformance, ogcapi-common-3/1.0/conf/sortables/get-conformance.
    """
    classes = ("schemas", "advanced-property-roles", "returnables-and-receivables", "queryables", "sortables")
    assert {f"{SPEC}/{each}" for each in classes} <= set(web.get("/ogcapi/conformance").json()["conformsTo"])


def test_a_schema_is_a_json_schema_found_where_it_says(web: httpx.Client, schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/schemas/basic-schema-inspection."""
    assert (schema["$schema"], schema["type"]) == (DRAFT, "object")
    assert schema["$id"].startswith("http")
    assert "?" not in schema["$id"]
    again = web.get(schema["$id"], headers={"Accept": "application/schema+json"})
    assert (again.status_code, again.headers["content-type"], again.json()) == (200, "application/schema+json", schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(keywords(schema)) <= KEYWORDS
    for member in schema["properties"].values():
        assert member["title"]
        assert is_spatial(member) != ("type" in member)
        assert "$ref" not in member
        assert member.get("format", "date") == "date" or is_spatial(member)


def test_roles_are_words(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/schemas/role."""
    roles = [each["x-ogc-role"] for each in schema["properties"].values() if "x-ogc-role" in each]
    assert roles
    assert all(isinstance(each, str) for each in roles)


def test_exactly_one_property_is_the_identifier(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/schemas/role-id."""
    [identifier] = with_role(schema, "id")
    assert identifier["type"] == "string"


def test_properties_have_an_order(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/schemas/property-seq."""
    places = [each["x-ogc-propertySeq"] for each in schema["properties"].values() if "x-ogc-propertySeq" in each]
    assert all(type(each) is int for each in places)
    assert len(places) == len(set(places)) >= len(schema["properties"]) - 1


def test_units_are_those_of_ucum(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/schemas/unit."""
    measured = {name: each for name, each in schema["properties"].items() if "x-ogc-unit" in each}
    assert all(each["type"] in {"number", "integer"} and each["x-ogc-unit"] == "m" for each in measured.values())
    assert set(measured) == {name for name in schema["properties"] if name.endswith("_m")}


def test_definitions_are_addresses_and_no_value_stands_for_nothing(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/schemas/definition, ogcapi-common-3/1.0/conf/schemas/nullvalues."""
    # Neither keyword is used: what is unknown is null.
    assert not {"x-ogc-definition", "x-ogc-nullValues"} & set(keywords(schema))


def test_at_most_one_property_is_the_geometry(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/advanced-property-roles/role-primary-geometry."""
    spatial = [each for each in schema["properties"].values() if is_spatial(each)]
    assert with_role(schema, "primary-geometry") == spatial
    assert len(spatial) == (0 if schema["$id"].endswith("/sortables") else 1)


def test_at_most_one_property_is_the_moment(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/advanced-property-roles/role-primary-temporal."""
    moments = with_role(schema, "primary-instant", "primary-interval-start", "primary-interval-end", "primary-interval")
    assert [(each["type"], each["format"], each["x-ogc-role"]) for each in moments] in (
        [("string", "date", "primary-instant")],
        [],
    )
    assert moments or "date_maj" not in schema["properties"]


def test_no_property_is_the_type_of_a_feature(schema: dict[str, Any]) -> None:
    """ogcapi-common-3/1.0/conf/advanced-property-roles/role-type."""
    assert with_role(schema, "type") == []


@pytest.mark.parametrize("resource", RESOURCES)
def test_each_collection_links_its_schemas(web: httpx.Client, resource: str) -> None:
    """
    One link of its own kind to each.

    ogcapi-common-3/1.0/conf/returnables-and-receivables/link, ogcapi-common-3/1.0/conf/queryables/link,
    ogcapi-common-3/1.0/conf/sortables/link.
    """
    listed = web.get("/ogcapi/collections").json()["collections"]
    assert tuple(each["id"] for each in listed) == COLLECTIONS
    for document in (*listed, *(web.get(f"/ogcapi/collections/{each}").json() for each in COLLECTIONS)):
        [link] = [each for each in document["links"] if each["rel"] == f"{REL}/{resource}"]
        assert link["type"] == "application/schema+json"
        assert link["href"].split("?")[0] == str(web.base_url.join(f"/ogcapi/collections/{document['id']}/{resource}"))


def test_schemas_are_answers_of_the_api(web: httpx.Client, schema: dict[str, Any]) -> None:
    """
    Each is declared in the definition of the API, served as what it is and as nothing else.

    ogcapi-common-3/1.0/conf/returnables-and-receivables/op-and-response,
    ogcapi-common-3/1.0/conf/queryables/op-and-response, ogcapi-common-3/1.0/conf/sortables/op-and-response.
    """
    path = schema["$id"].partition("/ogcapi")[2]
    declared = web.get("/ogcapi/openapi").json()["paths"][path]["get"]
    assert set(declared["responses"]["200"]["content"]) == {"application/schema+json"}
    assert web.get(f"/ogcapi{path}", headers={"Accept": "text/html"}).status_code == 406
    assert web.get(f"/ogcapi{path}?inconnu=1").status_code == 400
    if path.endswith("/sortables"):
        assert not [each for each in schema["properties"].values() if each["type"] in {"array", "object"}]
    assert schema.get("additionalProperties", True) is path.endswith("/schema")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_features_are_what_their_schema_says(web: httpx.Client, collection: str) -> None:
    """ogcapi-common-3/1.0/conf/returnables-and-receivables/response-1."""
    schema = schema_of(web, collection, "schema")
    validator = jsonschema.Draft202012Validator(
        {**schema, "additionalProperties": False}, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    features = features_of(web, collection)
    alone = web.get(f"{items_of(collection)}/{features[0]['id']}").json()
    for feature in [*features, alone]:
        assert feature["geometry"] is None or feature["geometry"]["type"] == "Point"
        assert feature["properties"]["id"] == feature["id"]
        # The schema is of the values; null in GeoJSON says that there is none.
        known = {name: value for name, value in feature["properties"].items() if value is not None}
        assert list(validator.iter_errors(known)) == []
        assert set(feature["properties"]) == set(schema["properties"]) - {"geometry"}


@pytest.mark.parametrize("collection", COLLECTIONS[:2])
def test_what_is_called_sortable_sorts_and_nothing_else_does(web: httpx.Client, collection: str) -> None:
    """ogcapi-common-3/1.0/conf/sortables/op-and-response."""
    sortable = set(schema_of(web, collection, "sortables")["properties"])
    values = {name: [each["properties"][name] for each in features_of(web, collection)] for name in sortable}
    for name, found in values.items():
        known = sorted(each for each in found if each is not None)
        missing = [None] * (len(found) - len(known))
        for sign, order in (("", known), ("-", known[::-1])):
            # The head, and the tail that nothing follows.
            for offset in (0, len(found) - 100):
                asked = {"sortby": f"{sign}{name}", "properties": name, "skipGeometry": "true", "limit": 100, "offset": offset}
                page = web.get(items_of(collection), params=asked).json()
                assert [each["properties"][name] for each in page["features"]] == (order + missing)[offset : offset + 100]
    others = set(schema_of(web, collection, "schema")["properties"]) - sortable
    for name in (*others, "inconnu"):
        answer = web.get(items_of(collection), params={"sortby": name})
        assert (answer.status_code, answer.json()["parametre"]) == (400, "sortby")
    assert others if collection == COLLECTION else others == {"geometry"}
