"""White zones: pixels equal polygons, definitions must be named, and what is unknown is never white."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import py7zr
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.coverage import (
    FixedWhiteZone,
    MobileWhiteZone,
    ProgrammeWhiteZone,
    commune_operator_shares,
    demo_mobile_layers,
    newest_layers,
    operator_raster,
    parse_grid_ids,
    provenance_of,
    read_centre_bourgs,
    read_mobile_layer,
    read_mobile_layers,
    read_nbope,
    read_operator_communes,
    white_shares,
    white_shares_exact,
)
from mediation_geo.coverage.scanline import PixelGrid, pixel_sums
from mediation_geo.errors import CRSMismatch, SchemaMismatch, SourceError, SourceUnavailable

BOUNDS = (700_000.0, 6_400_000.0, 720_000.0, 6_420_000.0)
OPERATORS = ["20801", "20810", "20815", "20820"]
ZONE = {"name": "sans_4g", "techno": "4G", "quarter": "2026_T2", "population": "none"}


def zone(level: str | None = "BC", max_operators: int = 0, **other) -> MobileWhiteZone:
    return MobileWhiteZone(**{**ZONE, "level": level, "max_operators": max_operators, **other})


@pytest.fixture(scope="module")
def layers() -> gpd.GeoDataFrame:
    return demo_mobile_layers(BOUNDS, epsg=2154, quarter="2026_T2", sites=4, seed=3)


@pytest.fixture(scope="module")
def squares() -> pd.DataFrame:
    x, y = np.meshgrid(np.arange(702_000, 718_000, 400), np.arange(6_402_000, 6_418_000, 400))
    return parse_grid_ids([f"CRS2154RES200mN{b}E{a}" for a, b in zip(x.ravel(), y.ravel(), strict=True)])


def test_pixels_count_the_operators_whose_polygons_hold_their_centre(layers):
    raster = operator_raster(layers, definition=zone("CL"), operators=OPERATORS, bounds=BOUNDS)
    x, y = np.meshgrid(BOUNDS[0] + 25 + 50 * np.arange(raster.grid.columns), BOUNDS[1] + 25 + 50 * np.arange(raster.grid.rows))
    truth = np.zeros(raster.masks.shape, dtype=int)
    for operator in OPERATORS:
        union = shapely.union_all(layers.geometry[layers["operator"] == operator].to_numpy())
        truth += shapely.contains_xy(union, x, y)
    assert (raster.counts == truth).all()
    assert set(np.unique(truth)) >= {0, 1, 2}


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.floats(-20, 120)] * 6), min_size=1, max_size=6))
def test_any_polygons_fill_the_pixels_whose_centres_they_hold(triangles):
    shapes = [shapely.Polygon(np.reshape(each, (3, 2))) for each in triangles]
    polygons = np.array([each for each in shapes if each.is_valid and each.area > 1e-6], dtype=object)
    grid = PixelGrid(0, 0, 20, 20, 5)
    x, y = np.meshgrid(2.5 + 5 * np.arange(20), 2.5 + 5 * np.arange(20))
    truth = np.zeros((20, 20), dtype=int)
    edge = np.zeros((20, 20), dtype=bool)
    for each in polygons:
        truth += shapely.contains_xy(each, x, y)
        edge |= shapely.distance(each.boundary, shapely.points(x, y)) < 1e-9
    found = pixel_sums(polygons, np.ones(len(polygons)), grid)
    assert (found == truth)[~edge].all()


def test_pixels_turned_into_polygons_and_back_are_the_same():
    generator = np.random.default_rng(4)
    pixels = generator.random((60, 80)) < 0.6
    rows, columns = np.nonzero(pixels)
    boxes = shapely.box(columns * 50, rows * 50, columns * 50 + 50, rows * 50 + 50)
    union = np.array([shapely.union_all(boxes)], dtype=object)
    assert (pixel_sums(union, np.ones(1), PixelGrid(0, 0, 80, 60, 50)).astype(bool) == pixels).all()


def test_sixteen_points_of_a_cell_on_the_pixels_are_its_exact_share(layers, squares):
    raster = operator_raster(layers, definition=zone(), operators=OPERATORS, bounds=BOUNDS)
    covered = layers[layers["niveau"].isin(["BC", "TBC"])]
    by_points = white_shares(squares, raster)["white_share_sans_4g"]
    exact = white_shares_exact(squares, covered, definition=zone())["white_share_sans_4g"]
    np.testing.assert_allclose(by_points, exact, atol=1e-9)
    assert 0 < by_points.mean() < 1


def test_more_operators_allowed_or_a_better_level_asked_is_never_less_white(layers, squares):
    def mean(level, most):
        raster = operator_raster(layers, definition=zone(level, most), operators=OPERATORS, bounds=BOUNDS)
        return white_shares(squares, raster)["white_share_sans_4g"]

    assert (mean("BC", 1) >= mean("BC", 0)).all()
    assert (mean("TBC", 0) >= mean("BC", 0)).all()
    assert (mean("BC", 0) >= mean("CL", 0)).all()


def test_shares_of_communes_are_those_of_their_area(layers):
    raster = operator_raster(layers, definition=zone(max_operators=1), operators=OPERATORS, bounds=BOUNDS)
    halves = [shapely.box(*BOUNDS[:2], 710_000, BOUNDS[3]), shapely.box(710_000, BOUNDS[1], *BOUNDS[2:])]
    communes = gpd.GeoDataFrame({"code_insee": ["1", "2"]}, geometry=halves, crs=2154)
    table = commune_operator_shares(communes, raster)
    np.testing.assert_allclose(table[[f"couv_{n}" for n in range(5)]].sum(axis=1), 1)
    half = raster.counts[:, : raster.grid.columns // 2]
    np.testing.assert_allclose(table["white_share_sans_4g"].iloc[0], (half <= 1).mean())


def test_a_result_says_where_it_comes_from(layers, squares):
    raster = operator_raster(layers, definition=zone(), operators=OPERATORS, bounds=BOUNDS)
    steps = {each["step"]: each for each in provenance_of(white_shares(squares, raster))}
    assert steps["operator_raster"]["parameters"]["definition"]["quarter"] == "2026_T2"
    assert steps["operator_raster"]["parameters"]["quarters"] == {each: ["2026_T2"] for each in OPERATORS}
    assert steps["demo_mobile_layers"]["parameters"]["synthetic"] is True


def test_mixed_quarters_are_refused_unless_asked_for(layers):
    mixed = layers.assign(quarter=np.where(layers["operator"] == "20815", "2026_T1", "2026_T2"))
    with pytest.raises(SchemaMismatch, match=r"map of 2026_T1 .* expected 2026_T2"):
        operator_raster(mixed, definition=zone(), operators=OPERATORS, bounds=BOUNDS)
    raster = operator_raster(mixed, definition=zone(), operators=OPERATORS, bounds=BOUNDS, oldest_quarter="2026_T1")
    assert raster.steps[-1]["parameters"]["quarters"]["20815"] == ["2026_T1"]


def test_a_missing_operator_is_refused(layers):
    with pytest.raises(SchemaMismatch, match="no map of 4G for operator 20815"):
        operator_raster(layers[layers["operator"] != "20815"], definition=zone(), operators=OPERATORS, bounds=BOUNDS)


def test_a_level_that_the_maps_do_not_have_is_refused(layers):
    with pytest.raises(SchemaMismatch, match="level 'BC' does not fit"):
        operator_raster(layers.assign(niveau="NONE"), definition=zone(), operators=OPERATORS, bounds=BOUNDS)
    with pytest.raises(SchemaMismatch, match="level None does not fit"):
        operator_raster(layers, definition=zone(None), operators=OPERATORS, bounds=BOUNDS)


def test_lambert_93_on_reunion_is_refused(layers):
    cells = parse_grid_ids(["CRS2975RES200mN7660000E340000"])
    raster = operator_raster(layers, definition=zone(), operators=OPERATORS, bounds=BOUNDS)
    with pytest.raises(CRSMismatch, match=r"974 .* EPSG:2154; there the legal projection is EPSG:2975"):
        white_shares(cells, raster)
    with pytest.raises(CRSMismatch, match="there the legal projection is EPSG:2975"):
        white_shares_exact(cells, layers, definition=zone())
    with pytest.raises(CRSMismatch, match="EPSG:2154"):
        parse_grid_ids(["CRS2154RES200mN2800000E9000000"])


def test_a_cell_outside_the_map_is_unknown_and_not_white(layers):
    raster = operator_raster(layers, definition=zone(), operators=OPERATORS, bounds=BOUNDS)
    with pytest.raises(CRSMismatch, match="lies outside the raster"):
        white_shares(parse_grid_ids(["CRS2154RES200mN6500000E700000"]), raster)


def test_fixed_networks_are_measured_by_area():
    definition = FixedWhiteZone(name="sans_thd", min_mbps=30, quarter="2026_T2", population="none")
    covered = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=2154)
    cells = parse_grid_ids(["CRS2154RES200mN6400000E700000"])
    assert white_shares_exact(cells, covered, definition=definition)["white_share_sans_thd"].tolist() == [1.0]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"name": name} for name in ("", "4G")),
        {"level": "XX"},
        {"techno": "6G"},
        {"quarter": "T2 2026"},
        {"max_operators": 4},
        {"population": " "},
    ],
)
def test_a_definition_says_everything(wrong):
    with pytest.raises(SchemaMismatch, match=next(iter(wrong))):
        zone(**wrong)


def test_a_definition_has_no_default():
    with pytest.raises(TypeError):
        MobileWhiteZone(name="x")  # type: ignore[call-arg]
    with pytest.raises(SchemaMismatch, match="as_of is empty"):
        ProgrammeWhiteZone(name="x", programme="y", as_of="")


def test_a_7z_of_a_geopackage_with_a_home_made_projection_is_read(layers, tmp_path):
    home_made = "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80 +units=m +no_defs"
    one = layers[layers["operator"] == "20801"].drop(columns=["operator", "techno", "usage", "quarter"])
    package = tmp_path / "2026_T2_couv_Metropole_OF_4G_data.gpkg"
    one.set_crs(home_made, allow_override=True).to_file(package, driver="GPKG")
    archive = tmp_path / f"{package.name}.7z"
    with py7zr.SevenZipFile(archive, "w") as file:
        file.write(package, package.name)
    read = read_mobile_layers([archive], epsg=2154)
    assert read.crs.to_epsg() == 2154
    assert read["operator"].unique().tolist() == ["20801"]
    assert read.geometry.area.sum() == pytest.approx(one.geometry.area.sum())
    with pytest.raises(CRSMismatch, match="expected that of EPSG:2975"):
        read_mobile_layer(package, epsg=2975)


def test_a_truncated_7z_is_an_error_that_names_it(tmp_path):
    source = tmp_path / "any.txt"
    source.write_bytes(np.random.default_rng(0).bytes(20_000))
    archive = tmp_path / "2026_T2_couv_Metropole_OF_4G_data.gpkg.7z"
    with py7zr.SevenZipFile(archive, "w") as file:
        file.write(source, "any.gpkg")
    whole = archive.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        archive.write_bytes(whole[:size])
        with pytest.raises(SourceError, match=r"OF_4G_data\.gpkg\.7z.*damaged or cut short"):
            read_mobile_layer(archive, epsg=2154)


def test_an_unknown_level_in_a_file_is_named(layers, tmp_path):
    package = tmp_path / "2026_T2_couv_Metropole_OF_4G_data.gpkg"
    layers.iloc[:1].assign(niveau="ZZ")[["niveau", "geometry"]].to_file(package, driver="GPKG")
    with pytest.raises(SchemaMismatch, match="level 'ZZ' is unknown"):
        read_mobile_layer(package, epsg=2154)
    with pytest.raises(SourceUnavailable):
        read_mobile_layer(tmp_path / "2026_T1_couv_Metropole_OF_4G_data.gpkg", epsg=2154)


def test_the_newest_map_of_each_layer_is_taken():
    names = [
        "2026_T2_couv_Metropole_OF_4G_data.gpkg.7z", "2026_T1_couv_Metropole_OF_4G_data.gpkg.7z",
        "2026_T1_couv_Metropole_BYT_2G_voix.gpkg.7z", "2025_T1_couv_Metropole_SFR_2G_voix.gpkg.7z",
    ]  # fmt: skip
    chosen = [each.name for each in newest_layers(names, quarter="2026_T2", window=2)]
    assert chosen == [names[2], names[0]]
    with pytest.raises(SchemaMismatch, match="no map within 1 quarters up to 2024_T1"):
        newest_layers(names, quarter="2024_T1", window=1)


def test_tables_of_arcep_whose_shares_do_not_sum_to_a_hundred_are_refused(tmp_path):
    head = "techno;mcc_mnc;commune;couv_nc;couv_cl;couv_bc;couv_tbc;pop_nc;pop_cl;pop_bc;pop_tbc\n"
    path = tmp_path / "2026T2_op_communes.csv"
    path.write_text(head + "4G;20801;01001;10;20;30;50;0;0;0;100\n")
    with pytest.raises(SchemaMismatch, match="row 0: couv_nc"):
        read_operator_communes(path)
    path.write_text("techno;niveau;pop_0\n4G;BC;1\n")
    with pytest.raises(SchemaMismatch, match="lack the columns"):
        read_nbope(path)


def test_the_real_list_of_centre_bourgs_leads_to_communes_of_today(shared_data):
    listed = read_centre_bourgs(shared_data / "coverage" / "zones_blanches_centre_bourgs_PARTIAL_real.csv")
    assert len(listed) == 69
    assert listed["code_insee"].isna().sum() <= 1
