"""The quality report says, in French, what a producer can correct; the commands print it."""

from __future__ import annotations

import json
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from mediation_geo.cli import sources
from mediation_geo.errors import SourceError
from mediation_geo.ingest import read_source
from mediation_geo.ingest.personal import is_nominative
from mediation_geo.ingest.quality import quality_by_feed, render_html

LINES = (
    "id,nom,adresse,commune,code_postal,date_maj,telephone\n"
    "1,MAIRIE DE BOURG,1 rue A,Bourg,1000,2026-01-02,0474000000\n"
    "2,<script>alert(1)</script>Poste,2 rue B,Bourg,01000,2024-01-02,12\n"
    ",,,,,,\n"
)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "lieux.csv"
    file.write_text(LINES, encoding="utf-8")
    return file


@pytest.fixture
def app():
    application = typer.Typer()
    sources.register(application)
    return application


def test_rows_of_the_report_add_up(path):
    result = read_source(path)
    report = quality_by_feed(result.table, result.issues, as_of=date(2026, 3, 1))[0]
    assert (report.rows, report.records, report.rejected) == (3, 2, 1)
    assert report.freshness == {"recent": 1, "a_verifier": 0, "ancien": 1, "inconnue": 0}
    assert report.completeness["telephone"] == 0.5
    assert report.codes[0].severity == "reject"
    assert all(code.message for code in report.codes)


def test_the_trend_compares_with_the_last_report(path):
    result = read_source(path)
    before = {"lieux": {"completeness": {"telephone": 1.0}}}
    report = quality_by_feed(result.table, result.issues, as_of=date(2026, 3, 1), previous=before)[0]
    assert report.trend == {"telephone": -0.5}


def test_the_page_escapes_what_producers_typed(path):
    result = read_source(path)
    page = render_html(quality_by_feed(result.table, result.issues, as_of=date(2026, 3, 1)), title="Qualité")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_check_prints_json_and_writes_a_page(path, app, tmp_path):
    page = tmp_path / "report.html"
    done = CliRunner().invoke(app, ["check", str(path), "--json", "--html", str(page)])
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert report["sources"][0]["records"] == 2
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_check_of_a_file_of_no_known_source_raises_what_the_command_line_turns_into_exit_code_2(tmp_path, app):
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    done = CliRunner().invoke(app, ["check", str(file)])
    assert isinstance(done.exception, SourceError)


def test_sources_are_listed_and_a_mapping_is_proposed(path, app):
    listed = json.loads(CliRunner().invoke(app, ["sources", "--json"]).stdout)
    assert {"standard", "france-services"} <= {each["name"] for each in listed}
    assert 'nom = "nom"' in CliRunner().invoke(app, ["map", str(path)]).stdout


@pytest.mark.parametrize(
    "address", ["marie.exemple@x.fr", "jean-paul.exemple@x.fr", "exemple.marie@x.fr", "m.exemple@x.fr", "marie-exemple@x.fr"]
)
def test_addresses_that_name_a_person_are_known(address):
    assert is_nominative(address)


@pytest.mark.parametrize(
    "address",
    [
        "contact@x.fr",
        "mairie.bourg@x.fr",
        "epn@x.fr",
        "saint-marie@x.fr",
        "anne-de-bretagne@france-services.gouv.fr",
        "m3.exemple@x.fr",
    ],
)
def test_addresses_of_services_stay(address):
    assert not is_nominative(address)
