"""Other people's tools read the endpoint as they read any other: GDAL through pyogrio, OWSLib."""

from __future__ import annotations

import httpx
import pyogrio
import pytest
from owslib.ogcapi.features import Features

from mediation_geo.service.snapshot import Snapshot
from tests.service.serving import COLLECTION


@pytest.mark.parametrize("page_size", [7, 100, 1000, 10_000])
def test_gdal_downloads_every_place_exactly_once_whatever_the_page_size(
    site_url: str, snapshot: Snapshot, page_size: int
) -> None:
    frame = pyogrio.read_dataframe(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, PAGE_SIZE=page_size)
    assert sorted(frame["id"]) == sorted(snapshot.places.ids)
    assert frame.geometry.notna().sum() == snapshot.places.has_geometry.sum()


def test_gdal_keeps_the_leading_zeros_of_codes(site_url: str, snapshot: Snapshot) -> None:
    frame = pyogrio.read_dataframe(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, PAGE_SIZE=1000)
    expected = sorted(str(code) for code in snapshot.places.values("code_postal") if code and code.startswith("0"))
    assert expected
    assert sorted(code for code in frame["code_postal"].dropna() if code.startswith("0")) == expected


def test_gdal_counts_without_downloading(site_url: str, snapshot: Snapshot) -> None:
    info = pyogrio.read_info(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, force_feature_count=True)
    assert info["features"] == len(snapshot.places)


def test_gdal_filters_give_the_rows_of_the_table(site_url: str, snapshot: Snapshot) -> None:
    found = pyogrio.read_dataframe(
        f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, where="code_departement = '59' AND nom LIKE 'M%'", PAGE_SIZE=50
    )
    departements, names = snapshot.places.values("code_departement"), snapshot.places.values("nom")
    expected = [
        place_id
        for place_id, departement, name in zip(snapshot.places.ids, departements, names, strict=True)
        if departement == "59" and (name or "").upper().startswith("M")
    ]
    assert expected
    assert sorted(found["id"]) == sorted(expected)


def test_gdal_box_gives_the_places_inside(site_url: str, web: httpx.Client) -> None:
    box = (2.0, 48.5, 2.8, 49.1)
    frame = pyogrio.read_dataframe(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, bbox=box, PAGE_SIZE=50)
    page = web.get(f"/ogcapi/collections/{COLLECTION}/items", params={"bbox": "2.0,48.5,2.8,49.1", "limit": 10_000}).json()
    assert len(frame) == page["numberMatched"] > 0
    assert sorted(frame["id"]) == sorted(each["id"] for each in page["features"])


def test_owslib_walks_from_the_landing_page_to_one_place(site_url: str, snapshot: Snapshot) -> None:
    service = Features(f"{site_url}/ogcapi")
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in service.conformance()["conformsTo"]
    assert service.feature_collections()[0] == COLLECTION
    assert "code_postal" in service.collection_queryables(COLLECTION)["properties"]
    assert service.collection_schema(COLLECTION)["properties"]["nom"]["type"] == "string"
    page = service.collection_items(COLLECTION, limit=3, code_departement="59")
    assert page["numberMatched"] == len(snapshot.places.rows_equal("code_departement", "59"))
    one = service.collection_item(COLLECTION, page["features"][0]["id"])
    assert one["properties"] == page["features"][0]["properties"]
