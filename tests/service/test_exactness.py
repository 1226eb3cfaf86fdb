"""Whatever is asked of `/items`, the answer equals a walk over the plain rows of the release."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.geodesy import geodesic_distance_m
from mediation_geo.service.features.columns import Column
from mediation_geo.service.features.crs import CRS84, SUPPORTED_CRS, transform_points
from mediation_geo.service.features.geojson import features_json
from mediation_geo.service.features.query import BBox, ItemsQuery, Near, SortKey
from mediation_geo.service.features.select import select
from mediation_geo.service.features.table import FeatureTable

COLUMNS = (
    Column("nom", "text", "Nom"),
    Column("commune", "text", "Commune"),
    Column("date_maj", "date", "Date"),
    Column("services", "list", "Services"),
    Column("incertitude", "number", "Incertitude"),
)
DAYS = ["2024-01-01", "2024-06-30", "2025-01-15"]
LONGITUDES = [-180.0, -61.5, 2.0, 2.5, 55.4, 166.4, 179.9]
LATITUDES = [-21.1, 16.0, 45.0, 48.0, 50.9]

rows = st.lists(
    st.fixed_dictionaries(
        {
            "nom": st.sampled_from(["Mairie", "Poste", "l'Été", "</script>", None]),
            "commune": st.sampled_from(["Lyon", "Lille", None]),
            "date_maj": st.sampled_from([*DAYS, None]),
            "services": st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3),
            "incertitude": st.sampled_from([1.0, 2.5, None]),
            "point": st.one_of(st.none(), st.tuples(st.sampled_from(LONGITUDES), st.sampled_from(LATITUDES))),
        }
    ),
    max_size=14,
)


def table_of(drawn: list[dict[str, Any]]) -> FeatureTable:
    frame = pd.DataFrame(
        {
            "nom": pd.Series([row["nom"] for row in drawn], dtype="str"),
            "commune": pd.Series([row["commune"] for row in drawn], dtype="str"),
            "date_maj": pd.to_datetime(pd.Series([row["date_maj"] for row in drawn], dtype="str")),
            "services": pd.Series([row["services"] or None for row in drawn], dtype=object),
            "incertitude": pd.Series([row["incertitude"] for row in drawn], dtype="float64"),
        }
    )
    points = np.array([shapely.Point(row["point"]) if row["point"] else None for row in drawn], dtype=object)
    return FeatureTable(
        frame, COLUMNS, ids=[f"p{number}" for number in range(len(drawn))], geometries=points, date_column="date_maj"
    )


@given(
    rows, st.integers(1, 6), st.sampled_from([(), (SortKey("nom"),), (SortKey("date_maj", descending=True), SortKey("commune"))])
)
def test_pages_put_together_are_the_whole_and_none_is_longer_than_its_limit(
    drawn: list[dict[str, Any]], limit: int, sortby: tuple[SortKey, ...]
) -> None:
    table = table_of(drawn)
    whole = select(table, ItemsQuery(limit=1000, sortby=sortby)).rows.tolist()
    assert sorted(whole) == list(range(len(drawn)))
    pages = [select(table, ItemsQuery(limit=limit, offset=at, sortby=sortby)) for at in range(0, len(drawn) + limit, limit)]
    assert all(len(page.rows) <= limit and page.matched == len(drawn) for page in pages)
    assert [row for page in pages for row in page.rows.tolist()] == whole


@given(rows, st.sampled_from(LONGITUDES), st.sampled_from(LATITUDES), st.sampled_from(LONGITUDES), st.sampled_from(LATITUDES))
def test_a_box_holds_the_points_in_it_also_across_the_antimeridian(
    drawn: list[dict[str, Any]], west: float, south: float, east: float, north: float
) -> None:
    south, north = sorted((south, north))

    def inside(point: tuple[float, float] | None) -> bool:
        if point is None or not south <= point[1] <= north:
            return False
        return west <= point[0] <= east if west <= east else point[0] >= west or point[0] <= east

    expected = [number for number, row in enumerate(drawn) if inside(row["point"])]
    table = table_of(drawn)
    found = select(table, ItemsQuery(limit=1000, bbox=BBox((west, south), (east, north))))
    assert found.rows.tolist() == expected
    swapped = BBox((south, west), (north, east), "http://www.opengis.net/def/crs/EPSG/0/4326")
    assert select(table, ItemsQuery(limit=1000, bbox=swapped)).rows.tolist() == expected


@given(
    rows,
    st.sampled_from([*DAYS, None]),
    st.sampled_from([*DAYS, None]),
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["Lyon", "Lille", None]),
)
def test_filters_keep_exactly_the_rows_that_satisfy_all_of_them(
    drawn: list[dict[str, Any]], first: str | None, last: str | None, service: str | None, commune: str | None
) -> None:
    equal: list[tuple[str, str | float]] = []
    if service:
        equal.append(("services", service))
    if commune:
        equal.append(("commune", commune))

    def kept(row: dict[str, Any]) -> bool:
        if row["date_maj"] is None or (first and row["date_maj"] < first) or (last and row["date_maj"] > last):
            return False
        return (service is None or service in row["services"]) and (commune is None or row["commune"] == commune)

    found = select(table_of(drawn), ItemsQuery(limit=1000, days=(first, last), equal=tuple(equal)))
    assert found.rows.tolist() == [number for number, row in enumerate(drawn) if kept(row)]


@given(rows, st.sampled_from([1, 3, 100]), st.sampled_from([None, 1_000.0, 400_000.0]))
def test_near_gives_the_nearest_first_with_geodesic_distances(
    drawn: list[dict[str, Any]], limit: int, radius_m: float | None
) -> None:
    lon, lat = 2.2, 47.9
    distances = {
        number: float(geodesic_distance_m(lon, lat, *row["point"])[0]) for number, row in enumerate(drawn) if row["point"]
    }
    near = {number: metres for number, metres in distances.items() if radius_m is None or metres <= radius_m}
    expected = sorted(near, key=lambda number: (near[number], number))[:limit]
    found = select(table_of(drawn), ItemsQuery(limit=limit, near=Near(lon, lat, radius_m)))
    assert found.matched == len(near)
    assert found.rows.tolist() == expected
    assert found.distances_m == pytest.approx([near[number] for number in expected])


@given(rows, st.integers(1, 5))
def test_near_and_another_order_keep_each_place_with_its_own_distance(drawn: list[dict[str, Any]], limit: int) -> None:
    table = table_of(drawn)
    near = Near(2.2, 47.9, 400_000.0)
    by_distance = select(table, ItemsQuery(limit=1000, near=near))
    distances = dict(zip(by_distance.rows.tolist(), by_distance.distances_m or (), strict=True))
    found = select(table, ItemsQuery(limit=limit, near=near, sortby=(SortKey("nom", descending=True),)))
    everything = select(table, ItemsQuery(limit=1000, sortby=(SortKey("nom", descending=True),))).rows.tolist()
    assert found.rows.tolist() == [row for row in everything if row in distances][:limit]
    assert list(found.distances_m or ()) == [distances[row] for row in found.rows.tolist()]


@given(rows)
@settings(max_examples=25)
def test_what_is_written_is_what_is_in_the_table(drawn: list[dict[str, Any]]) -> None:
    table = table_of(drawn)
    query = ItemsQuery(limit=1000)
    features = json.loads(b"[" + features_json(table, query, select(table, query)) + b"]")
    for row, feature in zip(drawn, features, strict=True):
        assert feature["properties"]["nom"] == row["nom"]
        assert feature["properties"]["services"] == (row["services"] or None)
        assert feature["properties"]["date_maj"] == row["date_maj"]
        assert feature["properties"]["incertitude"] == row["incertitude"]
        assert feature["geometry"] == (row["point"] and {"type": "Point", "coordinates": list(row["point"])})


@given(rows, st.sampled_from(SUPPORTED_CRS))
@settings(max_examples=25)
def test_coordinates_are_those_pyproj_gives_in_the_axis_order_of_the_system(drawn: list[dict[str, Any]], crs: str) -> None:
    table = table_of(drawn)
    query = ItemsQuery(limit=1000, crs=crs)
    features = json.loads(b"[" + features_json(table, query, select(table, query)) + b"]")
    for row, feature in zip(drawn, features, strict=True):
        if row["point"] is None:
            assert feature["geometry"] is None
            continue
        [expected] = transform_points(np.array([row["point"]]), to=crs)
        if np.isnan(expected).any():
            assert feature["geometry"] is None
        else:
            assert feature["geometry"]["coordinates"] == pytest.approx(expected.tolist(), abs=1e-9)


def test_known_points_of_the_legal_systems() -> None:
    epsg = "http://www.opengis.net/def/crs/EPSG/0/"
    assert transform_points(np.array([[3.0, 46.5]]), to=epsg + "2154").tolist() == [[700_000.0, 6_600_000.0]]
    assert transform_points(np.array([[2.5, 48.0]]), to=epsg + "4326").tolist() == [[48.0, 2.5]]
    assert transform_points(np.array([[2.5, 48.0]]), to=CRS84).tolist() == [[2.5, 48.0]]
    # The central meridian of each overseas UTM zone lies at easting 500 000.
    for code, meridian, latitude in (("5490", -63.0, 16.0), ("2972", -51.0, 4.0), ("2975", 57.0, -21.0), ("4471", 45.0, -12.8)):
        [easting, _northing] = transform_points(np.array([[meridian, latitude]]), to=epsg + code)[0]
        assert easting == pytest.approx(500_000.0, abs=0.001)


@given(rows, st.lists(st.sampled_from([column.name for column in COLUMNS]), unique=True))
@settings(max_examples=25)
def test_only_the_properties_asked_for_are_written(drawn: list[dict[str, Any]], names: list[str]) -> None:
    table = table_of(drawn)
    query = ItemsQuery(limit=1000, properties=tuple(names), skip_geometry=True)
    features = json.loads(b"[" + features_json(table, query, select(table, query)) + b"]")
    assert [sorted(feature["properties"]) for feature in features] == [sorted(names)] * len(drawn)
    assert all(feature["geometry"] is None for feature in features)
