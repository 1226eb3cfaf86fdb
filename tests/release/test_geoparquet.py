"""places.parquet as other programs see it."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings

from mediation_geo.errors import CRSMismatch
from mediation_geo.release import write_release
from mediation_geo.release.geoparquet import places_from_arrow, places_to_arrow, write_geoparquet_2
from mediation_geo.standard import PLACES
from tests.release.tables import releases, town

LISTS = [name for name, kind in PLACES.items() if kind == "list"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    tables = town(50)
    tables["places"].loc[7, "geometry"] = None
    return write_release(tmp_path_factory.mktemp("releases"), **tables) / "places.parquet"


@settings(max_examples=12)
@given(tables=releases())
def test_places_go_to_arrow_and_back_unchanged(tables):
    pd.testing.assert_frame_equal(places_from_arrow(places_to_arrow(tables["places"])), tables["places"])


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_the_validator_of_geoparquet_finds_nothing_to_say(path, version, tmp_path):
    program = Path(sysconfig.get_path("scripts")) / "geoparquet-validator"
    if not program.exists():
        pytest.skip("geoparquet-validator has no wheel for this Python")
    if version == "2.0":
        places = places_from_arrow(pq.read_table(path))
        path = tmp_path / "places.parquet"
        write_geoparquet_2(places, path)
    answer = subprocess.run([program, "check", path], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"version {version}.0" in answer.stdout
    assert "FAIL" not in answer.stdout


def test_text_is_plain_text_and_lists_are_lists_of_it_for_every_reader(path):
    schema = pq.read_schema(path)
    kinds = {"text": pa.string(), "number": pa.float64(), "date": pa.date32()}
    for name, kind in PLACES.items():
        if kind == "list":
            assert schema.field(name).type.value_type == pa.string()
        elif kind != "geometry":
            assert schema.field(name).type == kinds[kind], name


def test_geopandas_and_pyarrow_read_the_same_rows(path):
    with_geometry = gpd.read_parquet(path)
    plain = pq.read_table(path)
    assert with_geometry["place_id"].tolist() == plain.column("place_id").to_pylist()
    assert len(with_geometry) == 50
    assert with_geometry.geometry.isna().sum() == 1
    np.testing.assert_array_equal(with_geometry.geometry.x, with_geometry["longitude"].where(with_geometry.geometry.notna()))


def test_a_box_finds_exactly_the_places_inside(path):
    box = (3.8, 43.6, 3.803, 43.65)
    everything = gpd.read_parquet(path)
    inside = everything[everything.geometry.intersects(shapely.box(*box))]
    assert 0 < len(inside) < 50
    assert sorted(gpd.read_parquet(path, bbox=box)["place_id"]) == sorted(inside["place_id"])


def test_neighbours_on_the_ground_are_neighbours_in_the_file():
    tables = town(200)
    table = places_to_arrow(tables["places"])
    points = shapely.from_wkb(table.column("geometry").to_numpy())
    shuffled = np.random.default_rng(0).permutation(points)
    assert shapely.distance(points[1:], points[:-1]).sum() < shapely.distance(shuffled[1:], shuffled[:-1]).sum() / 2


def test_places_without_a_position_have_no_box(path):
    table = pq.read_table(path)
    missing = [row for row in table.select(["geometry", "bbox"]).to_pylist() if row["geometry"] is None]
    assert missing == [{"geometry": None, "bbox": None}]
    geo = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert geo["columns"]["geometry"]["encoding"] == "WKB"


def test_places_in_another_reference_system_are_refused():
    with pytest.raises(CRSMismatch, match="EPSG:4326"):
        places_to_arrow(town(3)["places"].to_crs(2154))


def test_gdal_sees_text_as_text(path, needs_system):
    ogrinfo = needs_system("ogrinfo")
    drivers = subprocess.run([ogrinfo, "--formats"], capture_output=True, text=True, check=True).stdout
    if "Parquet" not in drivers:
        pytest.skip("this GDAL has no Parquet driver")
    told = subprocess.run([ogrinfo, "-so", "-al", path], capture_output=True, text=True, check=True).stdout
    assert "Feature Count: 50" in told
    assert "nom: String" in told


def test_duckdb_sees_the_same_rows_and_text(path):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    answer = duckdb.sql(f"select count(*), typeof(any_value(nom)), typeof(any_value(services)) from '{path}'").fetchall()
    assert answer == [(50, "VARCHAR", "VARCHAR[]")]


def test_geoparquet_2_holds_the_same_places_for_geopandas(path, tmp_path):
    first = gpd.read_parquet(path)
    write_geoparquet_2(places_from_arrow(pq.read_table(path)), tmp_path / "v2.parquet")
    second = gpd.read_parquet(tmp_path / "v2.parquet")
    assert second["place_id"].tolist() == first["place_id"].tolist()
    assert second.geometry.to_wkb().equals(first.geometry.to_wkb())


def test_the_file_names_its_sources_its_day_and_its_licence(path):
    told = pq.read_schema(path).metadata
    assert told[b"attribution"].decode().endswith("mise à jour du 2026-11-21, Licence Ouverte 2.0, sources : demo")
    assert told[b"licence"].startswith(b"https://")
