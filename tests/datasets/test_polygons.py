"""The shipped commune polygons."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest

from mediation_geo.datasets import dataset_path

SIZE_LIMIT_BYTES = 4_000_000


@pytest.fixture(scope="module")
def polygons() -> gpd.GeoDataFrame:
    return gpd.read_parquet(dataset_path("communes_polygons.parquet"))


def test_the_polygons_are_small_enough_for_the_wheel():
    assert dataset_path("communes_polygons.parquet").stat().st_size < SIZE_LIMIT_BYTES


def test_polygons_are_valid_and_in_longitude_and_latitude(polygons):
    assert polygons.crs.to_epsg() == 4326
    assert polygons.is_valid.all()
    assert set(polygons.geom_type) == {"Polygon", "MultiPolygon"}


def test_every_commune_and_arrondissement_with_a_box_has_its_polygon(polygons):
    communes = pd.read_parquet(dataset_path("communes.parquet"))
    own = communes.loc[communes["type"].isin(["commune", "arrondissement"]) & communes["xmin"].notna(), "code_insee"]
    assert polygons["code_insee"].is_unique
    assert set(polygons["code_insee"]) == set(own)


def test_polygons_hold_the_points_of_the_commune_table(polygons):
    communes = pd.read_parquet(dataset_path("communes.parquet"))
    own = communes.loc[communes["type"].isin(["commune", "arrondissement"])].set_index("code_insee")
    shapes = polygons.set_index("code_insee").geometry
    points = gpd.GeoSeries.from_xy(own["lon"], own["lat"], crs="EPSG:4326").loc[shapes.index]
    assert points.index[~points.within(shapes)].tolist() == []


def test_neighbours_share_their_border(polygons):
    herault = polygons.loc[polygons["code_insee"].str.startswith("34")].to_crs("EPSG:2154").geometry
    gaps_and_overlaps_m2 = abs(herault.area.sum() - herault.union_all().area)
    assert gaps_and_overlaps_m2 < 0.001 * herault.area.sum()


def test_polygons_hold_the_centres_of_an_independent_list(polygons, shared_data):
    reference = json.loads((shared_data / "geocoding" / "ban_plateforme_geo_communes.json").read_text("utf-8"))
    shapes = polygons.loc[polygons["code_insee"].isin(list(reference))].set_index("code_insee").geometry
    centres = [reference[code]["center"] for code in shapes.index]
    points = gpd.GeoSeries.from_xy(*zip(*centres, strict=True), index=shapes.index, crs="EPSG:4326")
    assert points.within(shapes).mean() > 0.97
