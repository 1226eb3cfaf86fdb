"""White zones written in a file: measured as in Python, told apart by territory, refused when anything is left unsaid."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer import Typer
from typer.testing import CliRunner

from mediation_geo.cli import coverage as command
from mediation_geo.coverage import (
    MobileWhiteZone,
    demo_mobile_layers,
    measure_zones,
    operator_raster,
    parse_grid_ids,
    read_zones,
    shipped_communes,
    spread_population,
    white_shares,
)
from mediation_geo.errors import CRSMismatch, SchemaMismatch, SourceUnavailable

LETTERS = {"20801": "OF", "20810": "SFR0", "20815": "FREE", "20820": "BOUY"}
MOBILE = """
[sans_4g]
kind = "mobile"
techno = "4G"
level = "BC"
max_operators = 0
quarter = "2026_T2"
population = "communes"
territory = "metropole"
operators = ["20801", "20810", "20815", "20820"]
maps = [{maps}]
"""
LISTED = """
[centre_bourgs]
kind = "programme"
programme = "zones blanches centre-bourgs"
as_of = "2016"
communes = "list.csv"
"""


@pytest.fixture(scope="module")
def homes():
    return spread_population(shipped_communes(departement="48"), size_m=2000)


@pytest.fixture(scope="module")
def layers():
    west, south, east, north = shipped_communes(departement="48").to_crs(2154).total_bounds
    bounds = (west - 5_000, south - 5_000, east + 5_000, north + 5_000)
    return demo_mobile_layers(bounds, epsg=2154, quarter="2026_T2", sites=15, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, layers):
    target = tmp_path_factory.mktemp("zones")
    names = []
    for operator, letters in LETTERS.items():
        names.append(f"2026_T2_couv_Metropole_{letters}_4G_data.gpkg")
        layers.loc[layers["operator"] == operator, ["niveau", "geometry"]].to_file(target / names[-1])
    (target / "list.csv").write_text("code_insee\n48095\n")
    text = MOBILE.format(maps=", ".join(f'"{name}"' for name in names)) + LISTED
    (target / "zones.toml").write_text(text, encoding="utf-8")
    return target


def test_zones_of_a_file_are_measured_as_in_python(folder, homes, layers):
    measured = measure_zones(homes, read_zones(folder / "zones.toml"))
    zone = MobileWhiteZone(name="sans_4g", techno="4G", level="BC", max_operators=0, quarter="2026_T2", population="communes")
    bounds = tuple(layers.total_bounds)
    whole = white_shares(homes, operator_raster(layers, definition=zone, operators=list(LETTERS), bounds=bounds))
    assert measured["white_share_sans_4g"].tolist() == whole["white_share_sans_4g"].tolist()
    assert 0 < measured["white_share_sans_4g"].mean() < 1
    assert set(measured.loc[measured["white_share_centre_bourgs"] > 0, "code_insee"]) == {"48095"}


def test_cells_outside_the_territory_of_the_maps_are_unknown_not_white(folder, homes):
    overseas = spread_population(shipped_communes(departement="976"), size_m=5000)
    both = pd.concat([homes, overseas], ignore_index=True)
    share = measure_zones(both, read_zones(folder / "zones.toml"))["white_share_sans_4g"]
    assert np.isnan(share[len(homes) :]).all()
    assert share[: len(homes)].notna().all()
    with pytest.raises(SchemaMismatch, match="measured in metropole, where no cell lies; there are cells in 976"):
        measure_zones(overseas, read_zones(folder / "zones.toml"))


FIXED = "[lent]\nkind='fixed'\nmin_mbps=8\nquarter='2026_T2'\npopulation='x'\nterritory='974'\ncovered='c.gpkg'\n"


def test_a_fixed_zone_is_what_no_polygon_covers(tmp_path):
    x, y = 340_000, 7_660_000
    gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + 50, y + 200)], crs=2975).to_file(tmp_path / "c.gpkg")
    (tmp_path / "zones.toml").write_text(FIXED)
    cell = parse_grid_ids([f"CRS2975RES200mN{y}E{x}"])
    assert measure_zones(cell, read_zones(tmp_path / "zones.toml"))["white_share_lent"].tolist() == [pytest.approx(0.75)]


def test_polygons_in_lambert_93_are_refused_overseas(tmp_path):
    gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=2154).to_file(tmp_path / "c.gpkg")
    (tmp_path / "zones.toml").write_text(FIXED)
    with pytest.raises(CRSMismatch, match="2154"):
        measure_zones(parse_grid_ids(["CRS2975RES200mN7660000E340000"]), read_zones(tmp_path / "zones.toml"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("kind = 'programme'", "kind = 'decree'"), r"\[zbcb\]: kind is 'decree'; expected one of mobile, fixed, programme"),
        (("as_of = '2016'", ""), r"\[zbcb\] lacks as_of"),
        (("as_of = '2016'", "as_of = ''"), r"\[zbcb\]: as_of is empty"),
        (("as_of = '2016'", "as_of = '2016'\ncolour = 'red'"), "unknown key colour"),
        (("[zbcb]", "[Sans-4G]"), "a definition must be named"),
        (("[zbcb]", "[zbcb"), "is no TOML"),
    ],
)
def test_a_definition_that_leaves_anything_open_is_refused(change, said, tmp_path):
    text = "[zbcb]\nkind = 'programme'\nprogramme = 'p'\nas_of = '2016'\ncommunes = 'list.csv'\n"
    (tmp_path / "list.csv").write_text("code_insee\n48095\n")
    (tmp_path / "zones.toml").write_text(text.replace(*change))
    with pytest.raises(SchemaMismatch, match=said):
        read_zones(tmp_path / "zones.toml")


def test_a_file_that_is_named_and_not_there_is_told(tmp_path):
    with pytest.raises(SourceUnavailable, match=r"zones\.toml: the file of definitions is not there"):
        read_zones(tmp_path / "zones.toml")
    (tmp_path / "zones.toml").write_text(FIXED)
    with pytest.raises(SourceUnavailable, match=r"c\.gpkg: zones\.toml names this file"):
        read_zones(tmp_path / "zones.toml")


def test_two_zones_of_one_name_are_refused(folder, homes):
    zones = read_zones(folder / "zones.toml")
    with pytest.raises(SchemaMismatch, match="two white zones are called 'centre_bourgs'"):
        measure_zones(homes, [zones[1], zones[1]])


def test_the_command_reports_every_zone_of_its_files(folder, tmp_path):
    places = tmp_path / "places.csv"
    places.write_text("place_id,lon,lat\nmende,3.5,44.518\n")
    app = Typer()
    command.register(app)
    asked = ["--departement", "48", "--places", str(places), "--spread-m", "2000", "--json"]
    run = CliRunner().invoke(app, [*asked, "--definition", str(folder / "zones.toml"), "--out", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    summary = json.loads(run.stdout)
    assert 0 < summary["white_share_sans_4g"] < 1
    assert 0 < summary["white_share_centre_bourgs"] < 1
    communes = pd.read_csv(tmp_path / "out" / "communes.csv")
    assert {"white_share_sans_4g", "white_share_centre_bourgs"} <= set(communes.columns)
    steps = json.loads((tmp_path / "out" / "summary.provenance.json").read_text())["steps"]
    maps = [file["file"] for step in steps for file in step.get("files", []) if file["file"].endswith(".gpkg")]
    assert len(maps) == len(LETTERS)
