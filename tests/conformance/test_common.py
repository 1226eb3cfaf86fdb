"""
OGC API - Common Parts 1 and 2: what every resource of the API has in common, whatever it is about.

Each test names in its docstring the class it belongs to.
"""

from __future__ import annotations

import httpx
import pytest
from pygeoapi.openapi import validate_openapi_document

from tests.service.serving import COLLECTION

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PATHS = ("/ogcapi", "/ogcapi/conformance", "/ogcapi/collections", f"/ogcapi/collections/{COLLECTION}", "/ogcapi/functions",
         "/ogcapi/processes", "/ogcapi/processes/nearest-places")  # fmt: skip


@pytest.mark.parametrize("path", [*PATHS, "/ogcapi/openapi", ITEMS])
def test_every_resource_speaks_http_and_refuses_what_it_does_not_know(web: httpx.Client, path: str) -> None:
    """ogcapi-common-1/1.0/conf/core."""
    answer = web.get(path)
    assert (answer.status_code, answer.http_version) == (200, "HTTP/1.1")
    assert web.head(path).headers["content-type"] == answer.headers["content-type"]
    for asked, status in (("inconnu=1", 400), ("f=inconnu", 400)):
        refused = web.get(f"{path}?{asked}")
        assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert web.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert web.delete(path).status_code == 405


def test_the_landing_page_names_the_api_and_leads_to_its_parts(web: httpx.Client) -> None:
    """ogcapi-common-1/1.0/conf/landing-page."""
    for path in ("/ogcapi", "/ogcapi/"):
        landing = web.get(path, headers={"Accept": "application/json"}).json()
        assert landing["title"]
        assert landing["description"]
        links = {link["rel"]: link for link in landing["links"]}
        assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= set(links)
        assert web.get(links["conformance"]["href"]).json()["conformsTo"]


@pytest.mark.parametrize("path", PATHS)
def test_every_document_comes_as_json(web: httpx.Client, path: str) -> None:
    """ogcapi-common-1/1.0/conf/json."""
    answer = web.get(path, headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("path", [*PATHS, "/ogcapi/openapi", ITEMS])
def test_every_document_comes_as_a_page_that_says_the_same(web: httpx.Client, path: str) -> None:
    """ogcapi-common-1/1.0/conf/html, ogcapi-features-1/1.0/conf/html."""
    for answer in (web.get(path, headers={"Accept": "text/html"}), web.get(path, params={"f": "html"})):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.text.startswith("<!doctype html>")
    document = web.get(path, params={"f": "json"}).json()
    told = [document.get("title"), *(each["title"] for each in document.get("collections", ()))]
    told += [feature["properties"]["nom"] for feature in document.get("features", ()) if "&" not in feature["properties"]["nom"]]
    escaped = answer.text.replace("&#39;", "'")
    assert all(each in escaped for each in told if each)
    # The page of the definition tells what the definition holds instead of linking there.
    assert all(f'href="{link["href"]}"' in answer.text for link in document.get("links", ()) if "features" not in document)


def test_the_definition_is_valid_openapi(web: httpx.Client) -> None:
    """ogcapi-common-1/1.0/conf/oas30, ogcapi-features-1/1.0/conf/oas30."""
    answer = web.get("/ogcapi/openapi", headers={"Accept": OPENAPI})
    assert answer.headers["content-type"] == OPENAPI
    document = answer.json()
    assert document["openapi"].startswith("3.0.")
    assert validate_openapi_document(document)
    base = document["servers"][0]["url"]
    for path, operations in document["paths"].items():
        if "get" in operations and "{" not in path:
            assert web.get(f"{base}{path}").status_code == 200


def test_collections_tell_of_each_what_the_collection_tells(web: httpx.Client) -> None:
    """ogcapi-common-2/1.0/conf/collections."""
    document = web.get("/ogcapi/collections").json()
    assert {"self", "alternate"} <= {link["rel"] for link in document["links"]}
    for listed in document["collections"]:
        alone = web.get(f"/ogcapi/collections/{listed['id']}").json()
        for member in ("id", "title", "description", "extent", "crs"):
            assert alone[member] == listed[member]
        [box] = listed["extent"]["spatial"]["bbox"]
        assert len(box) == 4
        assert {"items", "self"} <= {link["rel"] for link in alone["links"]}
    assert web.get("/ogcapi/collections/rien").status_code == 404
