"""The scalar functions of the inner loop say the same as the vectorised ones, and their bounds hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from mediation_geo.geodesy import CHORD_SLACK_M, chord_reach_m, geocentric_m
from mediation_geo.search.geometry import chord_reach, chord_surely_within, distances_from, geocentric_point, longest_geodesic

degrees = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(point=degrees)
def test_one_point_is_where_many_are(point):
    np.testing.assert_allclose(geocentric_point(*point), geocentric_m([point[0]], [point[1]])[0], rtol=0, atol=1e-8)


@given(metres=st.floats(0, 2.1e7))
def test_the_reach_of_one_distance_is_that_of_many(metres):
    assert abs(chord_reach(metres) - float(chord_reach_m(metres))) <= 1e-8


@given(left=degrees, right=degrees, near=st.booleans())
def test_chord_and_geodesic_bound_each_other(left, right, near):
    if near:
        right = (left[0] + (right[0] - left[0]) * 1e-4, left[1] + (right[1] - left[1]) * 1e-4)
    geodesic = Geod(ellps="WGS84").inv(*left, *right)[2]
    chord = float(np.linalg.norm(geocentric_point(*left) - geocentric_point(*right)))
    assert chord <= chord_reach(geodesic)
    assert geodesic <= longest_geodesic(chord) + CHORD_SLACK_M


@given(metres=st.floats(0, 2.1e7))
def test_a_chord_that_is_surely_within_is_within(metres):
    chord = chord_surely_within(metres)
    assert chord >= 0
    assert chord == 0 or longest_geodesic(chord) <= metres


@given(point=degrees, others=st.lists(degrees, max_size=25))
def test_few_and_many_distances_are_computed_alike(point, others):
    lons, lats = np.array(others).reshape(-1, 2).T
    expected = [Geod(ellps="WGS84").inv(*point, lon, lat)[2] for lon, lat in others]
    np.testing.assert_array_equal(distances_from(*point, lons, lats), expected)
