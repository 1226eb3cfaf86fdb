"""Releases may be a folder or the address of a store; the folder of a store is a copy."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from mediation_geo.cli import app
from mediation_geo.errors import SettingsError
from mediation_geo.settings import Settings


def test_an_address_in_the_environment_is_a_store_and_the_folder_its_copy(tmp_path):
    told = {"MEDIATION_GEO_RELEASES": "https://data.example/releases", "MEDIATION_GEO_REPLICA": str(tmp_path)}
    settings = Settings.from_environment(told)
    assert settings.store == "https://data.example/releases"
    assert settings.releases.parent == tmp_path


def test_two_stores_never_share_a_copy_and_one_store_always_has_the_same():
    first, again, other = (Settings().at(each).releases for each in ("s3://a/b", "s3://a/b", "s3://a/c"))
    assert first == again != other


def test_a_folder_is_no_store():
    assert Settings.from_environment({"MEDIATION_GEO_RELEASES": "/srv/releases"}).store == ""


def test_nothing_is_built_into_the_copy_of_a_store(monkeypatch):
    monkeypatch.setenv("MEDIATION_GEO_RELEASES", "s3://bucket/lieux")
    result = CliRunner().invoke(app, ["build", "nothing.csv"])
    assert isinstance(result.exception, SettingsError)
    assert "name a folder to build in" in str(result.exception)


def test_how_often_a_store_is_looked_at_is_a_number():
    with pytest.raises(SettingsError, match="MEDIATION_GEO_STORE_POLL_S='often'"):
        Settings.from_environment({"MEDIATION_GEO_STORE_POLL_S": "often"})
