"""The quality report says, in French, what a producer can correct; the commands print it."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from mediation_geo.cli import quality, sources
from mediation_geo.errors import RequestError, SourceError
from mediation_geo.ingest import read_source
from mediation_geo.ingest.personal import is_nominative
from mediation_geo.ingest.quality import SourceQuality, issue_listing, quality_by_feed
from mediation_geo.ingest.quality_page import render_html
from mediation_geo.ingest.source import source_rows
from mediation_geo.pipeline import build
from mediation_geo.release import open_release

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
    quality.register(application)
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
    first = quality_by_feed(result.table, result.issues, as_of=date(2026, 3, 1))[0]
    fewer = result.table[result.table["record_id"].ne("lieux/2")]
    second = quality_by_feed(
        fewer,
        result.issues[result.issues["record_id"].ne("lieux/2")],
        as_of=date(2026, 3, 1),
        previous={"lieux": first.to_dict()},
    )[0]
    assert (second.trend.records, second.trend.rejected) == (-1, 0)
    assert second.trend.completeness["telephone"] == 0.5
    assert second.trend.freshness == {"recent": 0, "a_verifier": 0, "ancien": -1, "inconnue": 0}
    assert second.trend.codes["phone_invalid"] == -1
    assert "postcode_zero_restored" not in second.trend.codes
    page = render_html([second], title="Qualité")
    assert "lieux gardés -1" in page


def test_a_report_that_was_stored_reads_as_it_was_written(path):
    result = read_source(path)
    first = quality_by_feed(result.table, result.issues, as_of=date(2026, 3, 1))[0]
    second = quality_by_feed(result.table, result.issues, as_of=date(2026, 3, 1), previous={"lieux": first.to_dict()})[0]
    for report in (first, second):
        stored = json.loads(json.dumps(report.to_dict(), sort_keys=True))
        assert SourceQuality.from_dict(stored) == report
        assert list(SourceQuality.from_dict(stored).completeness) == list(report.completeness)


def test_every_issue_is_listed_with_its_row_and_sentence_also_of_rejected_rows(path):
    result = read_source(path)
    listing = issue_listing(result.issues, rows=source_rows(path))
    assert len(listing) == len(result.issues)
    assert listing.loc[listing["severity"].eq("reject"), "row"].tolist() == [3]
    assert listing.loc[listing["code"].eq("phone_invalid"), ["row", "value"]].to_numpy().tolist() == [[2, "12"]]
    assert listing["message"].notna().all()
    assert listing["row"].dropna().is_monotonic_increasing


def test_the_rows_of_a_file_are_those_of_its_records(path):
    table = read_source(path).table
    rows = source_rows(path)
    assert rows.loc[table["record_id"]].tolist() == table["row"].tolist()
    assert sorted(rows) == [1, 2, 3]


def test_a_release_tells_the_quality_of_its_sources_and_what_changed(path, tmp_path, app):
    releases = tmp_path / "releases"
    build([path], out=releases, as_of=date(2026, 3, 1), rule="official")
    path.write_text(LINES.replace(",12\n", ",0474000001\n"), encoding="utf-8")
    build([path], out=releases, as_of=date(2026, 3, 2), rule="official")
    release = open_release(releases)
    report = release.manifest["quality"]["lieux"]
    assert (report["records"], report["rejected"]) == (len(release.records), release.manifest["ledger"]["rejected"]) == (2, 1)
    assert report["trend"]["completeness"]["telephone"] == 0.5
    assert report["trend"]["codes"]["phone_invalid"] == -1
    page, listing = tmp_path / "page.html", tmp_path / "list.csv"
    arguments = ["quality", "lieux", "--releases", str(releases), "--json", "--html", str(page), "--csv", str(listing)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert [each["feed"] for each in json.loads(done.stdout)["sources"]] == ["lieux"]
    assert "Depuis le bilan précédent" in page.read_text(encoding="utf-8")
    assert len(pd.read_csv(listing)) == len(release.issues)
    unknown = CliRunner().invoke(app, ["quality", "nobody", "--releases", str(releases)])
    assert isinstance(unknown.exception, RequestError)


def test_the_list_of_issues_holds_nothing_a_spreadsheet_would_run(tmp_path, app):
    file, listing = tmp_path / "lieux.csv", tmp_path / "list.csv"
    file.write_text('id,nom,adresse,commune,code_postal\n1,"=cmd|calc!A1",1 rue A,Bourg,01000\n', encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(file), "--csv", str(listing)])
    assert done.exit_code == 0
    cells = pd.read_csv(listing, dtype="str").fillna("").to_numpy().ravel().tolist()
    assert any("cmd|calc" in cell for cell in cells)
    assert not any(cell.startswith("=") for cell in cells)


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
        "mpt.victor@x.fr",
        "bois-guillaume@x.fr",
        "anne-de-bretagne@france-services.gouv.fr",
        "m3.exemple@x.fr",
    ],
)
def test_addresses_of_services_stay(address):
    assert not is_nominative(address)
