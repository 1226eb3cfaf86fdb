"""The nearest places are those that an exhaustive geodesic search finds, in the same order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from mediation_geo.errors import RequestError, SchemaMismatch
from mediation_geo.search import Need, PlaceIndex
from mediation_geo.search.circle import circle
from mediation_geo.search.selection import Selection
from tests.search.drawn import positions_near_trouble
from tests.strategies import positions

GEOD = Geod(ellps="WGS84")


def table_of(lons, lats) -> pd.DataFrame:
    ids = [f"p{number:06d}" for number in np.random.default_rng(1).permutation(len(lons))]
    return pd.DataFrame({"place_id": ids, "longitude": lons, "latitude": lats})


def exhaustive(table: pd.DataFrame, lon: float, lat: float, k: int, limit: float | None = None) -> list[str]:
    known = table.dropna(subset=["longitude", "latitude"])
    count = len(known)
    metres = GEOD.inv(np.full(count, lon), np.full(count, lat), known.longitude.to_numpy(), known.latitude.to_numpy())[2]
    ordered = known.assign(metres=metres).sort_values(["metres", "place_id"])
    if limit is not None:
        ordered = ordered[ordered.metres <= limit]
    return ordered.place_id.head(k).tolist()


anywhere = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
# Rounded degrees make places that share a position, and exact ties.
ON_A_GRID = st.tuples(st.integers(-180, 180).map(float), st.integers(-90, 90).map(float))


@given(
    points=st.lists(positions() | anywhere | ON_A_GRID, min_size=1, max_size=40),
    query=positions() | anywhere | ON_A_GRID,
    k=st.integers(1, 50),
    limit=st.none() | st.floats(0, 3e6),
)
def test_the_nearest_are_those_of_an_exhaustive_search(points, query, k, limit):
    table = table_of(*np.array(points).T)
    found = PlaceIndex.from_places(table).nearest(*query, k, max_distance_m=limit)
    assert found.place_id.tolist() == exhaustive(table, *query, k, limit)
    assert found.exact.all()


@given(point=positions(), k=st.integers(1, 5), shift=st.floats(-1e-7, 1e-7))
def test_the_far_side_of_the_earth_is_searched_exactly(point, k, shift):
    lon, lat = point
    opposite = ((lon + 360) % 360 - 180, -lat)
    table = table_of([opposite[0], lon, opposite[0]], [opposite[1], lat, np.clip(opposite[1] + 1e-9 + shift, -90, 90)])
    assert PlaceIndex.from_places(table).nearest(lon, lat, k).place_id.tolist() == exhaustive(table, lon, lat, k)


@pytest.mark.parametrize("where", ["france", "pole", "antimeridian", "globe", "lattice", "reunion"])
def test_large_sets_where_shortcuts_fail_are_exact_with_and_without_filter(where):
    rng = np.random.default_rng(7)
    table = table_of(*positions_near_trouble(rng, 2500)[where])
    free = rng.random(len(table)) < 0.4
    table["frais_a_charge"] = [["Gratuit"] if each else None for each in free]
    index = PlaceIndex.from_places(table)
    need = Need(gratuit="oui")
    for number in range(60):
        place = table.iloc[int(rng.integers(len(table)))]
        lon = float((place.longitude + rng.normal(0, 0.05) + 180) % 360 - 180)
        lat = float(np.clip(place.latitude + rng.normal(0, 0.05), -90, 90))
        k = int(rng.integers(1, 51))
        limit = None if number % 2 else float(rng.uniform(0, 30_000))
        assert index.nearest(lon, lat, k, max_distance_m=limit).place_id.tolist() == exhaustive(table, lon, lat, k, limit)
        filtered = index.nearest(lon, lat, k, where=need, max_distance_m=limit).place_id.tolist()
        assert filtered == exhaustive(table[free], lon, lat, k, limit)


@pytest.mark.parametrize("share", [0.004, 0.05, 0.3, 1.0])
def test_every_way_to_search_a_filter_gives_the_same_places(share):
    """The scan of a small selection, the detour through all places, and a tree of its own agree."""
    rng = np.random.default_rng(3)
    points = rng.normal(size=(20_000, 3)) * 1e6
    rows = np.arange(len(points))
    whole = Selection(rows, points)
    member = rng.random(len(points)) < share
    for _ in range(20):
        part = Selection(rows[member], points[member], whole=whole, member=member)
        point = rng.normal(size=3) * 1e6
        chords = np.sqrt(((points[member] - point) ** 2).sum(axis=1))
        expected = rows[member][np.argsort(chords, kind="stable")][:7]
        for _use in range(4):
            assert part.nearest(point, 7, limit_m=np.inf)[1].tolist() == expected.tolist()
        reach = float(np.sort(chords)[20])
        assert sorted(part.within(point, reach + 1e-3)) == sorted(rows[member][chords <= reach + 1e-3])


@given(points=st.lists(positions() | ON_A_GRID, min_size=1, max_size=30), query=positions(), metres=st.floats(0, 2e6))
def test_within_a_radius_are_exactly_the_places_at_most_that_far(points, query, metres):
    table = table_of(*np.array(points).T)
    index = PlaceIndex.from_places(table)
    expected = exhaustive(table, *query, len(table), metres)
    assert index.within(*query, radius_m=metres).place_id.tolist() == expected
    found = circle(index, *query, radius_m=metres)
    assert index.place_ids[found.rows].tolist() == sorted(expected)
    assert (None if found.nearest is None else index.place_ids[found.nearest]) == (expected[0] if expected else None)


@given(
    points=st.lists(positions() | ON_A_GRID, min_size=1, max_size=30), k=st.integers(1, 10), limit=st.none() | st.floats(0, 1e6)
)
def test_a_batch_gives_what_single_questions_give(points, k, limit):
    lons, lats = np.array(points).T
    index = PlaceIndex.from_places(table_of(lons, lats))
    # A point without a position has no neighbours and does not shift the others.
    batch = index.nearest_batch(np.append(lons, np.nan), np.append(lats, 1.0), k, max_distance_m=limit)
    for query, (lon, lat) in enumerate(points):
        single = index.nearest(lon, lat, k, max_distance_m=limit)
        mine = batch[batch["query"] == query].drop(columns="query").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, single, check_exact=False, rtol=0, atol=1e-8)
    assert (batch["query"] < len(points)).all()


@given(points=st.lists(positions(), min_size=2, max_size=20), query=positions())
def test_adding_a_place_never_makes_the_nearest_farther(points, query):
    table = table_of(*np.array(points).T)
    fewer, more = PlaceIndex.from_places(table.iloc[:-1]), PlaceIndex.from_places(table)
    assert more.nearest(*query, 1).distance_m[0] <= fewer.nearest(*query, 1).distance_m[0]


@given(points=st.lists(positions() | ON_A_GRID, min_size=1, max_size=20), query=positions(), order=st.randoms())
def test_the_order_of_the_rows_does_not_matter(points, query, order):
    table = table_of(*np.array(points).T)
    shuffled = list(range(len(table)))
    order.shuffle(shuffled)
    first = PlaceIndex.from_places(table).nearest(*query, 10)
    pd.testing.assert_frame_equal(first, PlaceIndex.from_places(table.iloc[shuffled]).nearest(*query, 10))


@given(
    points=st.lists(anywhere | ON_A_GRID, max_size=30),
    box=st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90)),
)
def test_a_box_holds_the_places_inside_it_across_the_antimeridian_too(points, box):
    lons, lats = np.array(points).reshape(-1, 2).T
    west, south, east, north = box[0], min(box[1], box[3]), box[2], max(box[1], box[3])
    table = table_of(lons, lats)
    index = PlaceIndex.from_places(table)
    in_width = (lons >= west) & (lons <= east) if west <= east else (lons >= west) | (lons <= east)
    inside = table.place_id[in_width & (lats >= south) & (lats <= north)]
    assert sorted(index.place_ids[index.in_box(west, south, east, north)]) == sorted(inside)


def test_many_places_at_one_point_come_in_the_order_of_their_ids():
    table = table_of([2.0] * 5000, [48.0] * 5000)
    found = PlaceIndex.from_places(table).nearest(2.1, 48.0, 7)
    assert found.place_id.tolist() == sorted(table.place_id)[:7]


def test_a_place_without_a_position_is_never_near():
    table = pd.DataFrame({"place_id": ["a", "b"], "longitude": [np.nan, 3.0], "latitude": [48.0, 48.0]})
    assert PlaceIndex.from_places(table).nearest(2.0, 48.0, 5).place_id.tolist() == ["b"]


def test_an_empty_register_has_no_nearest_place():
    index = PlaceIndex.from_places(pd.DataFrame({"place_id": [], "longitude": [], "latitude": []}))
    assert index.nearest(2.0, 48.0, 5).empty
    assert index.nearest_batch([2.0], [48.0]).empty
    assert len(index.in_box(-180, -90, 180, 90)) == 0


def test_a_place_that_receives_no_public_never_fits():
    table = pd.DataFrame(
        {"place_id": ["a"], "lon": [2.0], "lat": [48.0], "modalites_acces": [["Ce lieu n'accueille pas de public"]]}
    )
    index = PlaceIndex.from_places(table)
    assert index.nearest(2.0, 48.0, where=Need()).empty
    assert len(index.nearest(2.0, 48.0)) == 1


@pytest.mark.parametrize(
    ("call", "parameter"),
    [
        (lambda index: index.nearest(48.8, 200.0), "lat"),
        (lambda index: index.nearest(200.0, 48.8), "lon"),
        (lambda index: index.nearest(float("nan"), 48.8), "lon"),
        (lambda index: index.nearest(2.0, 48.8, 0), "k"),
        (lambda index: index.nearest(2.0, 48.8, max_distance_m=-1.0), "max_distance_m"),
        (lambda index: index.nearest(2.0, 48.8, max_distance_m=float("nan")), "max_distance_m"),
        (lambda index: index.nearest_batch([2.0, 999.0], [48.0, 48.0]), "lon"),
        (lambda index: index.nearest_batch([2.0], [48.0, 48.0]), "lon"),
        (lambda index: index.nearest(2.0, 48.8, where=Need(ouvert="maintenant")), "ouvert"),
        (lambda index: index.nearest(2.0, 48.8, where=Need(maj_depuis=6)), "maj_depuis"),
    ],
)
def test_a_question_that_cannot_be_answered_says_which_parameter_is_wrong(call, parameter):
    index = PlaceIndex.from_places(table_of([2.0], [48.0]))
    with pytest.raises(RequestError) as caught:
        call(index)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (pd.DataFrame({"nom": ["a"]}), "place_id"),
        (pd.DataFrame({"place_id": ["a"]}), "longitude"),
        (pd.DataFrame({"place_id": ["a", "a"], "lon": [1.0, 1.0], "lat": [1.0, 1.0]}), "'a' is there more than once"),
        (pd.DataFrame({"place_id": [None], "lon": [1.0], "lat": [1.0]}), "no place_id"),
        (pd.DataFrame({"place_id": ["a"], "lon": [48.0], "lat": [148.0]}), "148.0 is outside"),
    ],
)
def test_a_table_that_cannot_be_indexed_says_why(table, told):
    with pytest.raises(SchemaMismatch, match=told):
        PlaceIndex.from_places(table)


@settings(max_examples=10)
@given(points=st.lists(positions(), min_size=1, max_size=10))
def test_the_places_given_are_not_changed(points):
    table = table_of(*np.array(points).T)
    before = table.copy()
    PlaceIndex.from_places(table).nearest(2.0, 48.0, where=Need(besoin="demarches"))
    pd.testing.assert_frame_equal(table, before)
