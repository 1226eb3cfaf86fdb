"""The command `proches`: an answer for people, for machines, and as a map file."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from mediation_geo.cli import app
from mediation_geo.errors import RequestError
from mediation_geo.pipeline import build, demo_sources

AT = "2026-11-24T10:00"


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    build(demo_sources(), out=folder, as_of=date(2026, 11, 21), demo=True)
    return folder


def ask(releases, *arguments: str):
    return CliRunner().invoke(app, ["proches", *arguments, "--releases", str(releases), "--at", AT])


def test_a_helper_reads_place_distance_phone_hours_and_reasons(releases):
    arguments = ("34000 Montpellier", "--besoin", "demarches", "--k", "3")
    told = ask(releases, *arguments)
    assert told.exit_code == 0
    first = json.loads(ask(releases, *arguments, "--json").stdout)["features"][0]["properties"]
    for part in ("Près de 34000 Montpellier", first["nom"], first["contact"]["tel_affiche"] or "", "●", "Propose toute l'aide"):
        assert part in told.stdout
    # Nobody may take the demo for the real network.
    assert "inventés" in told.stdout


def test_machines_get_the_same_answer_as_geojson(releases):
    told = ask(releases, "34000 Montpellier", "--besoin", "demarches", "--k", "3", "--json")
    found = json.loads(told.stdout)
    assert found["type"] == "FeatureCollection"
    assert len(found["features"]) == 3
    assert found["recherche"]["origin"]["from"] == "q"
    assert found["donnees"]["demo"] is True


def test_a_position_does_as_well_as_an_address(releases):
    found = json.loads(ask(releases, "--lat", "43.61", "--lon", "3.87", "--k", "1", "--json").stdout)
    assert found["recherche"]["origin"] == {"lat": 43.61, "lon": 3.87, "precision": "point", "from": "lat,lon"}


def test_a_map_is_written_as_one_file_with_the_outlines_of_communes(releases, tmp_path):
    path = tmp_path / "carte.html"
    assert ask(releases, "34000 Montpellier", "--k", "3", "--carte", str(path)).exit_code == 0
    page = path.read_text(encoding="utf-8")
    assert page.count('class="lieu-point"') == 3
    assert 'class="commune"' in page


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        (("34000 Montpellier", "--besoin", "cafe"), "besoin"),
        (("34000 Montpellier", "--rayon", "1000"), "rayon"),
        (("34000 Montpellier", "--lat", "1", "--lon", "2"), "q"),
        (("zzzzzz",), "where"),
        ((), "lat"),
    ],
)
def test_a_wrong_question_names_the_parameter(releases, arguments, parameter):
    told = ask(releases, *arguments)
    assert isinstance(told.exception, RequestError)
    assert told.exception.parameter == parameter


def test_nothing_found_is_exit_code_1_not_an_error(releases):
    told = ask(releases, "--lat", "0", "--lon", "-30", "--a-distance", "exclure")
    assert told.exit_code == 1
    assert "Aucun lieu" in told.stdout
