"""`publish --to` sends a release to a store or to a database, and says what it did."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from mediation_geo.cli import app
from mediation_geo.errors import RequestError, SettingsError
from mediation_geo.release import write_release
from mediation_geo.release.errors import ExportError
from mediation_geo.release.remote import Store
from tests.release.tables import town
from tests.scale import postgres


@pytest.fixture
def home(tmp_path):
    write_release(tmp_path / "home", **town(3, as_of="2026-11-21"))
    return str(tmp_path / "home")


def run(*arguments):
    return CliRunner().invoke(app, ["publish", *arguments])


def test_a_release_is_sent_to_a_store_in_one_word(home, tmp_path):
    address = f"file://{tmp_path / 'store'}"
    result = run("--releases", home, "--to", address, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert (answer["current"], answer["sent"][-1]) == ("2026-11-21", "current/manifest.json")
    assert Store(address).size("2026-11-21/places.parquet")


@pytest.mark.skipif(postgres.missing() is not None, reason=str(postgres.missing()))
def test_a_release_is_sent_to_postgis_in_one_word(home, monkeypatch):
    with postgres.database() as address:
        monkeypatch.setenv("MEDIATION_GEO_POSTGIS", address)
        result = run("--releases", home, "--to", "postgis", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"current": "2026-11-21", "removed": []}
    assert postgres.SECRET not in result.output


@pytest.mark.parametrize("to", ["postgis", "store"])
def test_a_release_leaves_only_when_all_licences_are_open_or_somebody_answers_for_the_source(tmp_path, monkeypatch, to):
    monkeypatch.delenv("MEDIATION_GEO_POSTGIS", raising=False)
    write_release(tmp_path / "home", **(town(3) | {"manifest": {"as_of": "2026-11-21"}}))
    asked = ["--releases", str(tmp_path / "home"), "--to", to if to == "postgis" else f"file://{tmp_path / 'store'}"]
    refused = run(*asked)
    assert isinstance(refused.exception, ExportError)
    assert "--allow-licence demo" in str(refused.exception)
    assert not (tmp_path / "store").exists()
    answered = run(*asked, "--allow-licence", "demo")
    assert isinstance(answered.exception, SettingsError) if to == "postgis" else answered.exit_code == 0


def test_without_an_address_of_the_database_the_variable_is_named(home, monkeypatch):
    monkeypatch.delenv("MEDIATION_GEO_POSTGIS", raising=False)
    result = run("--releases", home, "--to", "postgis")
    assert isinstance(result.exception, SettingsError)
    assert "MEDIATION_GEO_POSTGIS" in str(result.exception)


@pytest.mark.parametrize(("given", "named"), [(["--to", "ftp"], "unknown destination 'ftp'"), ([], "--base-url: missing")])
def test_what_is_missing_or_unknown_is_named(home, given, named):
    result = run("--releases", home, *given)
    assert isinstance(result.exception, RequestError)
    assert named in str(result.exception)
