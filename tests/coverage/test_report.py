"""The report and the table of communes: complete, consistent with each other, and honest about what they rest on."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from typer import Typer
from typer.testing import CliRunner

from mediation_geo.cli import coverage as command
from mediation_geo.coverage import (
    ProgrammeWhiteZone,
    communes_coverage,
    coverage_report,
    land_border,
    masked_small_counts,
    programme_shares,
    provenance_of,
    release_places,
    report_html,
    shipped_communes,
    spread_population,
    write_report,
)
from mediation_geo.release import write_release
from tests.release.tables import town


@pytest.fixture(scope="module")
def lozere() -> gpd.GeoDataFrame:
    return shipped_communes(departement="48")


@pytest.fixture(scope="module")
def homes(lozere) -> pd.DataFrame:
    return spread_population(lozere, size_m=1000)


PLACES = pd.DataFrame({"place_id": ["mende", "florac", "corse"], "lon": [3.5, 3.593, 9.0], "lat": [44.518, 44.325, 42.3]})


def test_every_commune_has_a_row_and_people_add_up(lozere, homes):
    table = communes_coverage(lozere, homes, PLACES, white_shares=[])
    assert table["code_insee"].tolist() == sorted(lozere["code_insee"])
    shown = table[table["masked"].isna()]
    assert (shown["people_beyond_2km"] >= shown["people_beyond_5km"] - 1e-6).all()
    assert (shown["people_beyond_2km"] <= shown["population"] + 1e-6).all()
    assert table.loc[table["code_insee"] == "48095", "places_per_10000"].iloc[0] == pytest.approx(10_000 / 12_464, rel=0.1)


def test_a_commune_without_cells_is_measured_from_its_town_hall(lozere, homes):
    table = communes_coverage(lozere, homes[homes["code_insee"] != "48095"], PLACES, white_shares=[])
    mende = table.set_index("code_insee").loc["48095"]
    assert mende["support"] == "town_hall"
    assert mende["mean_distance_m"] == pytest.approx(mende["nearest_distance_m"])


def test_people_of_communes_without_cells_are_counted_in_the_report(lozere, homes):
    fewer = homes[homes["code_insee"] != "48095"].assign(white_share_z=1.0)
    whole = {"places": PLACES, "border": gpd.GeoSeries([], crs=4326), "title": "x", "white": {}}
    report = coverage_report(lozere, fewer, **whole)
    known = coverage_report(lozere, homes, **whole)
    assert report.summary["population"].iloc[0] == pytest.approx(known.summary["population"].iloc[0])
    assert any("1 communes" in each for each in report.warnings)
    table = communes_coverage(lozere, fewer, PLACES, white_shares=["white_share_z"])
    assert table.set_index("code_insee")["white_share_z"].isna()["48095"]


def test_a_place_in_another_territory_is_not_near():
    mayotte = shipped_communes(departement="976")
    table = communes_coverage(mayotte, spread_population(mayotte, size_m=1000), PLACES, white_shares=[])
    assert table["nearest_place_id"].isna().all()
    assert table[["nearest_distance_m", "mean_distance_m"]].isna().all(axis=None)
    assert table["people_beyond_20km"].sum() == pytest.approx(mayotte["population"].sum())


def test_a_small_commune_is_hidden_with_another(lozere, homes):
    few = homes.assign(households=homes["population"].where(homes["code_insee"] != "48095", 0.01))
    table = communes_coverage(lozere, few, PLACES, white_shares=[])
    hidden = table[table["masked"].notna()]
    assert set(hidden["masked"]) == {"small", "secondary"}
    assert hidden["people_beyond_5km"].isna().all()


def test_the_report_is_written_with_its_provenance(lozere, homes, tmp_path):
    listed = pd.DataFrame({"code_insee": ["48095"]})
    definition = ProgrammeWhiteZone(name="zbcb", programme="zones blanches centre-bourgs", as_of="2016")
    cells = programme_shares(homes, listed, definition=definition)
    white = {"white_share_zbcb": definition}
    report = coverage_report(lozere, cells, PLACES, border=gpd.GeoSeries([], crs=4326), title="Lozère (48)", white=white)
    mende = homes.loc[homes["code_insee"] == "48095", "population"].sum() / homes["population"].sum()
    assert report.summary["white_share_zbcb"].iloc[0] == pytest.approx(mende)
    files = write_report(report, tmp_path)
    assert {each.name for each in files} >= {"summary.csv", "communes-couverture.parquet", "report.html"}
    note = json.loads((tmp_path / "summary.provenance.json").read_text())
    assert [each["file"] for each in note["steps"][0]["files"]] == ["communes.parquet", "communes_polygons.parquet"]
    assert note["steps"][-1]["parameters"]["white"]["white_share_zbcb"]["as_of"] == "2016"
    again = gpd.read_parquet(tmp_path / "communes-couverture.parquet")
    assert again.crs.to_epsg() == 4326
    assert provenance_of(again)[-1]["step"] == "communes_coverage"
    page = report_html(report)
    assert "Lozère (48)" in page
    assert "uniformément" in page


def test_what_is_synthetic_says_so(lozere, homes):
    import copy

    cells = homes.copy()
    cells.attrs = copy.deepcopy(cells.attrs)
    cells.attrs["provenance"][0]["vintage"] = "synthetic"
    report = coverage_report(lozere, cells, PLACES, border=gpd.GeoSeries([], crs=4326), title="x", white={})
    assert any("synthétiques" in each for each in report.warnings)


def test_the_command_reports_a_departement_and_writes_its_files(tmp_path):
    places = tmp_path / "places.csv"
    PLACES.to_csv(places, index=False)
    app = Typer()
    command.register(app)
    common = ["--departement", "48", "--places", str(places)]
    run = CliRunner().invoke(app, [*common, "--spread-m", "2000", "--out", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    assert "Lozère (48)" in run.output
    assert (tmp_path / "out" / "report.html").is_file()
    run = CliRunner().invoke(app, [*common, "--grid", str(places)])
    assert "vintage" in str(run.exception)


def test_places_of_a_release_carry_its_name_and_say_when_they_are_invented(lozere, homes, tmp_path):
    path = write_release(tmp_path, **town(20))
    places = release_places(tmp_path)
    assert provenance_of(places)[0]["files"][0]["release"] == path.name
    assert len(places) == 20
    report = coverage_report(lozere, homes, places, border=gpd.GeoSeries([], crs=4326), title="x", white={})
    assert any("inventés" in each for each in report.warnings)


def test_results_of_overseas_departements_do_not_touch_the_mainland_frontier():
    reunion = shipped_communes(departement="974")
    assert len(land_border(reunion)) == 0


def test_masking_does_not_change_its_argument():
    table = pd.DataFrame({"dep": ["48"], "households": [4], "people": [9.0]})
    masked_small_counts(table, counts="households", figures=["people"], within="dep")
    assert table["people"].tolist() == [9.0]
