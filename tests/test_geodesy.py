"""Distances are geodesic metres, and the chord bound never hides a place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.geodesy import chord_reach_m, geocentric_m, geod, geodesic_distance_m

longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)


@given(longitudes, latitudes, longitudes, latitudes)
def test_a_chord_is_never_longer_than_the_bound_for_its_geodesic(lon1, lat1, lon2, lat2):
    chord = np.linalg.norm(geocentric_m(lon1, lat1) - geocentric_m(lon2, lat2))
    assert chord <= chord_reach_m(geodesic_distance_m(lon1, lat1, lon2, lat2)[0])


@given(longitudes, latitudes, st.floats(0, 360), st.floats(0, 50_000))
def test_walking_a_distance_along_the_surface_ends_that_far_away(lon, lat, azimuth, metres):
    far_lon, far_lat, _ = geod().fwd(lon, lat, azimuth, metres)
    assert geodesic_distance_m(lon, lat, far_lon, far_lat)[0] == pytest.approx(metres, abs=1e-6)


def test_a_missing_position_has_a_missing_distance_never_zero():
    assert np.isnan(geodesic_distance_m([np.nan, 2.0], [48.0, np.nan], [2.0, 2.0], [48.0, 48.0])).all()


def test_swapped_axes_far_from_the_equator_are_refused():
    with pytest.raises(ValueError, match="swapped"):
        geodesic_distance_m(48.0, 166.0, 2.0, 48.0)


def test_the_two_saint_denis_are_nine_thousand_kilometres_apart():
    metres = geodesic_distance_m(2.3574, 48.9362, 55.4504, -20.8789)[0]
    assert 9_300_000 < metres < 9_450_000
