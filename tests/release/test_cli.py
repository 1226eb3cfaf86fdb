"""The commands about releases, as an operator types them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from mediation_geo.cli import app
from mediation_geo.release import current_id, write_release
from tests.release.tables import town


@pytest.fixture
def releases(tmp_path):
    folder = tmp_path / "releases"
    write_release(folder, **town(30, as_of="2026-11-20"))
    write_release(folder, **town(31, as_of="2026-11-21"))
    return folder


def run(*arguments, code=0):
    answer = CliRunner().invoke(app, [str(each) for each in arguments])
    assert answer.exit_code == code, (answer.output, answer.exception)
    return answer.stdout


def test_status_says_what_is_served_and_marks_a_demo(releases):
    told = run("status", "--releases", releases, "--verify")
    assert "current   2026-11-21  DEMO: every place is invented" in told
    assert "checksums correct" in told
    assert json.loads(run("status", "--releases", releases, "--json"))["counts"]["places"] == 31


def test_the_folder_of_the_settings_is_looked_at_where_none_is_named(releases, monkeypatch):
    monkeypatch.setenv("MEDIATION_GEO_RELEASES", str(releases))
    assert json.loads(run("status", "--json"))["current"] == "2026-11-21"


def test_rollback_names_the_release_that_is_served_then(releases):
    assert json.loads(run("rollback", "--releases", releases, "--json"))["current"] == "2026-11-20"
    assert current_id(releases) == "2026-11-20"


def test_diff_without_names_compares_with_the_release_before(releases):
    told = run("diff", "--releases", releases)
    assert told.startswith("2026-11-20 → 2026-11-21 : 1 changements\nNouveau lieu : 1\n  Médiathèque n° 30, Montpellier")


def test_diff_as_json_names_both_releases_and_knows_departements(releases):
    told = json.loads(run("diff", "2026-11-20", "2026-11-21", "--releases", releases, "--json"))
    assert (told["before"], told["after"]) == ("2026-11-20", "2026-11-21")
    assert [each["change"] for each in told["changes"]] == ["added"]
    assert json.loads(run("diff", "--releases", releases, "--json", "--departement", "30"))["changes"] == []


def test_prune_says_what_went(releases):
    told = run("prune", "--releases", releases, "--keep-last", "1", "--keep-months", "0")
    assert told == "removed 1: 2026-11-20\n"


def test_export_goes_into_the_release_where_nothing_else_is_said(releases):
    folder = run("export", "--releases", releases, "--format", "csv", "--format", "geojson").strip()
    assert folder == str(releases / "2026-11-21" / "exports")
    run("status", "--releases", releases, "--verify")


def test_publish_writes_a_folder_for_a_web_server(releases, tmp_path):
    arguments = ["publish", "--releases", releases, "--out", tmp_path / "site", "--base-url", "https://exemple.fr/lieux"]
    told = json.loads(run(*arguments, "--format", "csv", "--json"))
    assert told == {"path": str(tmp_path / "site"), "uploads": [], "sent": False}
    assert (tmp_path / "site" / "catalog.jsonld").is_file()
    assert (tmp_path / "site" / "changements" / "changements.html").is_file()
