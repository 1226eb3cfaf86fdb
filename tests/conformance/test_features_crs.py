"""
OGC API - Features Part 2: coordinate reference systems; the 25 assertions of the official suite, and the values it throws away.
"""

from __future__ import annotations

import httpx
import pyproj
import pytest

from mediation_geo.service.features.crs import CRS84, SUPPORTED_CRS
from tests.service.serving import COLLECTION

BASE = f"/ogcapi/collections/{COLLECTION}"
ITEMS = f"{BASE}/items"
UNSUPPORTED = "http://www.opengis.net/def/crs/0/unsupported"


def test_collection_lists_the_systems_with_the_default_and_the_stored_one(web: httpx.Client) -> None:
    """ogcapi-features-2/1.0/conf/crs: discovery."""
    for document in (web.get(BASE).json(), web.get("/ogcapi/collections").json()["collections"][0]):
        assert tuple(document["crs"]) == SUPPORTED_CRS
        assert document["crs"][0] == CRS84
        assert document["storageCrs"] in document["crs"]


@pytest.mark.parametrize("crs", SUPPORTED_CRS)
def test_items_and_item_come_in_the_system_asked_for(web: httpx.Client, crs: str) -> None:
    """ogcapi-features-2/1.0/conf/crs: crs, and the coordinates that the official suite throws away."""
    plain = web.get(ITEMS, params={"limit": 200}).json()["features"]
    answer = web.get(ITEMS, params={"limit": 200, "crs": crs})
    assert answer.headers["content-crs"] == f"<{crs}>"
    authority, code = crs.rsplit("/", 3)[1::2]
    moved = pyproj.Transformer.from_crs("OGC:CRS84", pyproj.CRS.from_authority(authority, code), always_xy=False)
    compared = 0
    for before, after in zip(plain, answer.json()["features"], strict=True):
        assert before["id"] == after["id"]
        if before["geometry"] is None or after["geometry"] is None:
            continue
        assert after["geometry"]["coordinates"] == pytest.approx(moved.transform(*before["geometry"]["coordinates"]), abs=0.001)
        compared += 1
    assert compared > 50
    one = web.get(f"{ITEMS}/{plain[0]['id']}", params={"crs": crs})
    assert one.headers["content-crs"] == f"<{crs}>"
    assert one.json()["geometry"] == answer.json()["features"][0]["geometry"]


def test_without_crs_the_answer_is_in_the_default_system(web: httpx.Client) -> None:
    """ogcapi-features-2/1.0/conf/crs: crs default."""
    answer = web.get(ITEMS, params={"limit": 1})
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    one = web.get(f"{ITEMS}/{answer.json()['features'][0]['id']}")
    assert one.headers["content-crs"] == f"<{CRS84}>"


@pytest.mark.parametrize("crs", [each for each in SUPPORTED_CRS if each.endswith(("CRS84", "4326", "3857", "2154"))])
def test_a_box_in_any_system_keeps_the_places_whose_coordinates_there_lie_in_it(web: httpx.Client, crs: str) -> None:
    """ogcapi-features-2/1.0/conf/crs: bbox-crs."""
    features = web.get(ITEMS, params={"limit": 10_000, "crs": crs, "bbox": "-5,42,8,51"}).json()["features"]
    points = {feature["id"]: feature["geometry"]["coordinates"] for feature in features}
    first = sorted(point[0] for point in points.values())
    second = sorted(point[1] for point in points.values())
    low = (first[len(first) // 4], second[len(second) // 4])
    high = (first[-len(first) // 4], second[-len(second) // 4])
    box = ",".join(str(part) for part in (*low, *high))
    found = web.get(ITEMS, params={"limit": 10_000, "bbox": box, "bbox-crs": crs}).json()
    expected = {each for each, (x, y) in points.items() if low[0] <= x <= high[0] and low[1] <= y <= high[1]}
    assert expected
    assert {feature["id"] for feature in found["features"]} == expected


def test_naming_the_default_system_changes_nothing(web: httpx.Client) -> None:
    """ogcapi-features-2/1.0/conf/crs: bbox-crs default."""
    box = "1,43,5,49"
    assert (
        web.get(ITEMS, params={"bbox": box, "limit": 500}).json()["features"]
        == web.get(ITEMS, params={"bbox": box, "limit": 500, "bbox-crs": CRS84}).json()["features"]
    )


def test_unsupported_systems_are_refused(web: httpx.Client) -> None:
    """ogcapi-features-2/1.0/conf/crs: invalid values."""
    place = web.get(ITEMS, params={"limit": 1}).json()["features"][0]["id"]
    for path, parameters in (
        (ITEMS, {"crs": UNSUPPORTED}),
        (ITEMS, {"bbox": "0,40,5,50", "bbox-crs": UNSUPPORTED}),
        (ITEMS, {"filter": "nom = 'x'", "filter-crs": UNSUPPORTED}),
        (f"{ITEMS}/{place}", {"crs": UNSUPPORTED}),
    ):
        assert web.get(path, params=parameters).status_code == 400
