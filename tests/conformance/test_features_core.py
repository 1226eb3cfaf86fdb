"""
OGC API - Features Part 1, abstract tests 1-29, as the official suite puts them, and what that suite leaves unchecked.

The official suite is not published where packages are, so what it asserts on Part 1 is written out here, against a live server.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from mediation_geo.service.features.datetimes import days_of
from mediation_geo.service.snapshot import Snapshot
from tests.service.serving import COLLECTION

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"
BOXES = ["-180,-90,180,90", "0,40,5,50", "-1,-10,1,10", "177,65,-177,70", "-180,85,180,90", "-180,-90,180,-85", "2,48,3,49"]
MOMENTS = [
    "2024-03-01T00:00:00Z",
    "2023-01-01T00:00:00Z/2025-12-31T23:59:59Z",
    "2024-01-01T00:00:00Z/P1M6DT2H7M",
    "../2024-06-30",
    "2025-01-01/..",
]
CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"


def rels(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [link for link in document["links"] if link["rel"] == rel]


def everything(web: httpx.Client, url: str) -> list[str]:
    """Ids of all features, following `next`."""
    ids: list[str] = []
    while url:
        page = web.get(url, headers={"Accept": "application/geo+json"}).json()
        ids += [feature["id"] for feature in page["features"]]
        url = next((link["href"] for link in rels(page, "next")), "")
    return ids


def check_collection(web: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """What the suite asserts of every answer of `/items`."""
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/geo+json"
    page: dict[str, Any] = response.json()
    assert page["type"] == "FeatureCollection"
    assert page["numberReturned"] == len(page["features"])
    for feature in page["features"]:
        if feature["geometry"] is not None:
            lon, lat = feature["geometry"]["coordinates"]
            assert -180 <= lon <= 180
            assert -90 <= lat <= 90
    [own] = rels(page, "self")
    [other] = rels(page, "alternate")
    assert (own["type"], other["type"]) == ("application/geo+json", "text/html")
    again = web.get(own["href"])
    assert {**again.json(), "timeStamp": page["timeStamp"]} == page
    written = datetime.fromisoformat(page["timeStamp"])
    assert parsedate_to_datetime(response.headers["last-modified"]) <= written
    assert written < datetime.fromisoformat(again.json()["timeStamp"]) <= datetime.now(UTC)
    return page


def test_landing_page_leads_everywhere(web: httpx.Client) -> None:
    """ogcapi-features-1/1.0/conf/core: abstract tests 1, 3 to 5."""
    landing = web.get("/ogcapi", headers={"Accept": "application/json"})
    assert landing.status_code == 200
    assert landing.http_version == "HTTP/1.1"
    document = landing.json()
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        [link] = rels(document, rel)
        answer = web.get(link["href"], headers={"Accept": link["type"]})
        assert answer.status_code == 200
        assert answer.headers["content-type"].split("; charset")[0] == link["type"]


def test_conformance_declares_what_is_served(web: httpx.Client) -> None:
    """ogcapi-features-1/1.0/conf/core: abstract tests 7 and 8."""
    classes = web.get("/ogcapi/conformance").json()["conformsTo"]
    assert CORE in classes
    assert len(set(classes)) == len(classes)
    assert not any("create-replace-delete" in each or "/callback" in each for each in classes)


def test_collections_and_each_collection_say_the_same(web: httpx.Client) -> None:
    """ogcapi-features-1/1.0/conf/core, ogcapi-features-1/1.0/conf/geojson: abstract tests 9 to 13, 22 to 26."""
    document = web.get("/ogcapi/collections").json()
    assert rels(document, "self")
    assert rels(document, "alternate")
    assert document["collections"]
    for listed in document["collections"]:
        alone = web.get(f"/ogcapi/collections/{listed['id']}").json()
        assert {name: alone[name] for name in ("id", "title", "description", "extent", "crs", "storageCrs")} == {
            name: listed[name] for name in ("id", "title", "description", "extent", "crs", "storageCrs")
        }
        assert [link["type"] for link in rels(alone, "items")] == ["application/geo+json", "text/html"]
        page = check_collection(web, web.get(f"/ogcapi/collections/{listed['id']}/items", params={"limit": 30}))
        assert page["numberMatched"] == len(everything(web, f"/ogcapi/collections/{listed['id']}/items?limit=10000"))
        alone_item = web.get(f"/ogcapi/collections/{listed['id']}/items/{page['features'][0]['id']}").json()
        assert alone_item["properties"] == page["features"][0]["properties"]
    assert [each["id"] for each in document["collections"]] == [COLLECTION, "qualite-sources", "communes-couverture"]


@pytest.mark.parametrize("box", BOXES)
def test_box_holds_only_what_intersects_it_and_counts_all_of_it(web: httpx.Client, box: str) -> None:
    """ogcapi-features-1/1.0/conf/core: abstract tests 2, 14 and 15."""
    page = check_collection(web, web.get(ITEMS, params={"bbox": box, "limit": 100}))
    west, south, east, north = (float(part) for part in box.split(","))
    for feature in page["features"]:
        lon, lat = feature["geometry"]["coordinates"]
        assert south <= lat <= north
        assert west <= lon <= east if west <= east else lon >= west or lon <= east
    assert page["numberMatched"] == len(everything(web, f"{ITEMS}?bbox={box}&limit=5000"))


@pytest.mark.parametrize("moment", MOMENTS)
def test_datetime_keeps_exactly_the_places_updated_then(web: httpx.Client, snapshot: Snapshot, moment: str) -> None:
    """ogcapi-features-1/1.0/conf/core: abstract tests 18 and 19, and the results that the official suite leaves unchecked."""
    page = check_collection(web, web.get(ITEMS, params={"datetime": moment, "limit": 5000}))
    first, last = days_of(moment)
    expected = [
        place_id
        for place_id, day in zip(snapshot.places.ids, snapshot.places.values("date_maj"), strict=True)
        if day is not None and (first is None or day >= first) and (last is None or day <= last)
    ]
    assert sorted(feature["id"] for feature in page["features"]) == sorted(expected)


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
def test_limit_is_never_exceeded_and_pages_make_the_whole(web: httpx.Client, snapshot: Snapshot, limit: int) -> None:
    """ogcapi-features-1/1.0/conf/core: abstract tests 16 and 17, 23 to 25."""
    page = check_collection(web, web.get(ITEMS, params={"limit": limit}))
    assert len(page["features"]) == limit
    if limit >= 50:
        assert sorted(everything(web, f"{ITEMS}?limit={limit}")) == sorted(snapshot.places.ids)


def test_limit_beyond_the_maximum_gives_the_maximum(web: httpx.Client, snapshot: Snapshot) -> None:
    """ogcapi-features-1/1.0/conf/core: abstract test 17."""
    page = check_collection(web, web.get(ITEMS, params={"limit": 123_456}))
    assert page["numberReturned"] == len(snapshot.places)


def test_previous_page_leads_back(web: httpx.Client) -> None:
    first = web.get(ITEMS, params={"limit": 4}).json()
    second = web.get(rels(first, "next")[0]["href"]).json()
    assert web.get(rels(second, "prev")[0]["href"]).json()["features"] == first["features"]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ("limit=unlimited", "limit"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1_0", "limit"),
        ("limit=%D9%A1", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999", "offset"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=1,2,nan,4", "bbox"),
        ("bbox=0,50,1,40", "bbox"),
        ("datetime=hier", "datetime"),
        ("datetime=2024-13-01", "datetime"),
        ("datetime=2025-01-01/2024-01-01", "datetime"),
        ("datetime=2024-01-01/P99999999D", "datetime"),
        ("sortby=rien", "sortby"),
        ("sortby=services", "sortby"),
        ("properties=rien", "properties"),
        ("skipGeometry=oui", "skipGeometry"),
        ("resulttype=tout", "resulttype"),
        ("near=1", "near"),
        ("near=200,0", "near"),
        ("radius=5", "radius"),
        ("near=2,48&radius=-1", "radius"),
        ("latitude=abc", "latitude"),
        ("date_maj=abc", "date_maj"),
        ("crs=http://www.opengis.net/def/crs/0/unsupported", "crs"),
        ("bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326", "bbox-crs"),
        ("filter-crs=http://www.opengis.net/def/crs/EPSG/0/4326", "filter-crs"),
        ("f=xml", "f"),
        ("lang=de", "lang"),
        ("limit=1&limit=2", "limit"),
        ("dUmmY=1", "dUmmY"),
        ("code_postale=34000", "code_postale"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(web: httpx.Client, parameters: str, named: str) -> None:
    """ogcapi-features-1/1.0/conf/core: abstract tests 20 and 21."""
    answer = web.get(f"{ITEMS}?{parameters}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parametre"] == named


def test_each_feature_is_found_by_its_id_with_its_links(web: httpx.Client) -> None:
    """ogcapi-features-1/1.0/conf/core, ogcapi-features-1/1.0/conf/geojson: abstract tests 27 to 29."""
    for feature in web.get(ITEMS, params={"limit": 20}).json()["features"]:
        answer = web.get(f"{ITEMS}/{feature['id']}")
        assert answer.headers["content-type"] == "application/geo+json"
        alone = answer.json()
        assert {name: alone[name] for name in feature} == feature
        assert [rels(alone, rel)[0]["type"] for rel in ("self", "alternate", "collection")] == [
            "application/geo+json",
            "text/html",
            "application/json",
        ]


def test_unknown_things_are_404_problems(web: httpx.Client) -> None:
    for path in (
        "/ogcapi/collections/rien",
        "/ogcapi/collections/rien/items",
        f"{ITEMS}/rien",
        "/ogcapi/processes/rien",
        "/ogcapi/jobs",
        "/ogcapi/admin/config",
    ):
        answer = web.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert web.post(ITEMS, json={}).status_code == 405
    assert web.delete(f"{ITEMS}/rien").status_code == 405


def test_api_definition_declares_the_parameters_as_the_standard_wants(web: httpx.Client) -> None:
    """ogcapi-features-1/1.0/conf/core, ogcapi-features-1/1.0/conf/oas30: abstract tests 6, 14, 16 and 18."""
    definition = web.get("/ogcapi/openapi", headers={"Accept": "application/vnd.oai.openapi+json;version=3.0"}).json()
    components = definition["components"]["parameters"]
    declared = {
        parameter["name"]: parameter
        for parameter in (
            components[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            for each in definition["paths"][f"/collections/{COLLECTION}/items"]["get"]["parameters"]
        )
    }
    for name in ("bbox", "limit", "datetime"):
        assert (declared[name]["in"], declared[name]["required"], declared[name]["style"], declared[name]["explode"]) == (
            "query",
            False,
            "form",
            False,
        )
    assert declared["bbox"]["schema"] == {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    assert declared["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}
    assert declared["datetime"]["schema"] == {"type": "string"}
    # Every declared parameter is one the server reads, and the other way round.
    admitted = web.get(f"{ITEMS}?inconnu=1").json()["admis"]
    assert sorted(declared) == sorted(admitted)


def test_api_definition_is_valid_and_refers_only_to_itself(web: httpx.Client) -> None:
    text = web.get("/ogcapi/openapi").text
    assert '"$ref":"http' not in text
    assert '"type":null' not in text
