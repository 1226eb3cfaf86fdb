"""The provider and the process are plugins that pygeoapi alone can load and ask, and that refuse what they cannot honour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pygeoapi.plugin import load_plugin
from pygeoapi.process.base import ProcessorExecuteError
from pygeoapi.provider.base import ProviderInvalidQueryError, ProviderItemNotFoundError

from mediation_geo.service.manager import NoStoreManager
from mediation_geo.service.snapshot import PLACES, Snapshot


@pytest.fixture
def provider(releases: Path, snapshot: Snapshot) -> Any:
    definition = {
        "name": "mediation_geo.service.provider.ReleaseProvider",
        "type": "feature",
        "data": str(releases),
        "collection": PLACES,
    }
    assert snapshot.places
    return load_plugin("provider", definition)


def test_pygeoapi_gets_pages_counts_and_items(provider: Any, snapshot: Snapshot) -> None:
    page = provider.query(offset=5, limit=3, properties=[("code_departement", "59")], sortby=[{"property": "nom", "order": "-"}])
    assert page["numberMatched"] == len(snapshot.places.rows_equal("code_departement", "59"))
    assert page["numberReturned"] == len(page["features"]) == 3
    assert provider.get(page["features"][0]["id"]) == page["features"][0]
    assert provider.query(resulttype="hits", bbox=[2.0, 48.0, 3.0, 49.0])["features"] == []
    assert provider.get_fields()["services"]["type"] == "array"


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "mairie"},
        {"filterq": object()},
        {"properties": [("latitude", "abc")]},
        {"properties": [("rien", "1")]},
        {"datetime_": "hier"},
    ],
)
def test_what_pygeoapi_may_ask_and_we_cannot_honour_is_refused(provider: Any, asked: dict[str, Any]) -> None:
    with pytest.raises(ProviderInvalidQueryError):
        provider.query(**asked)


def test_the_arguments_of_the_caller_are_left_as_they_were(provider: Any) -> None:
    names, properties = ["nom"], [("code_departement", "59")]
    assert list(provider.query(select_properties=names, properties=properties)["features"][0]["properties"]) == ["nom"]
    assert (names, properties) == (["nom"], [("code_departement", "59")])


def test_an_unknown_item_is_not_found(provider: Any) -> None:
    with pytest.raises(ProviderItemNotFoundError):
        provider.get("absent")


def test_the_process_answers_as_proches_does_and_keeps_no_job(releases: Path, web: Any) -> None:
    definition = {"processor": {"name": "mediation_geo.service.process.NearestPlaces", "data": str(releases)}}
    manager = NoStoreManager({"name": "x", "processes": {"nearest-places": definition}})
    job_id, _type, answer, _status, _headers = manager.execute_process("nearest-places", {"lat": 50.63, "lon": 3.06, "k": 2})
    by_web = web.get("/proches", params={"lat": 50.63, "lon": 3.06, "k": 2}).json()
    assert [each["id"] for each in answer["features"]] == [each["id"] for each in by_web["features"]]
    assert manager.get_jobs() == {"jobs": [], "numberMatched": 0}
    assert job_id
    with pytest.raises(ProcessorExecuteError):
        manager.execute_process("nearest-places", {"besoin": "cafe", "lat": 50.63, "lon": 3.06})
