"""OWSLib walks the API as its users do."""

from __future__ import annotations

from owslib.ogcapi.features import Features

from mediation_geo.service.snapshot import Snapshot
from tests.service.serving import COLLECTION


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
