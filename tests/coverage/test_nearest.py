"""Nearest places: equal to asking every place, everywhere in France, whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.coverage import nearest as nearest_module
from mediation_geo.coverage import nearest_places, nearest_places_by
from mediation_geo.errors import CRSMismatch, SchemaMismatch
from mediation_geo.geodesy import geodesic_distance_m
from tests.coverage.studies import TERRITORIES, cells, places, studies


def every_distance(homes: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    lon, lat = homes["lon"].to_numpy()[:, None], homes["lat"].to_numpy()[:, None]
    return geodesic_distance_m(lon, lat, sites["lon"].to_numpy()[None, :], sites["lat"].to_numpy()[None, :])


@settings(max_examples=25)
@given(studies())
def test_the_nearest_place_is_the_nearest_of_all_places(study):
    homes, sites = study
    found = nearest_places(homes, sites)
    truth = every_distance(homes, sites)
    np.testing.assert_allclose(found["distance_m"], truth.min(axis=1), atol=1e-4)
    chosen = truth[np.arange(len(homes)), sites["place_id"].searchsorted(found["place_id"])]
    np.testing.assert_allclose(chosen, truth.min(axis=1), atol=1e-4)


@pytest.mark.parametrize("territory", TERRITORIES)
def test_distances_overseas_are_those_along_the_ellipsoid(territory):
    homes, sites = cells(1, 200, territory), places(2, 50, territory)
    found = nearest_places(homes, sites)
    np.testing.assert_allclose(found["distance_m"], every_distance(homes, sites).min(axis=1), atol=1e-4)


@given(st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180), st.floats(1, 5e6))
def test_a_distance_of_any_length_is_right_to_a_tenth_of_a_millimetre(lon, lat, azimuth, metres):
    from mediation_geo.geodesy import geod

    there_lon, there_lat, _ = geod().fwd(lon, lat, azimuth, metres)
    found = nearest_places(
        pd.DataFrame({"lon": [lon], "lat": [lat]}), pd.DataFrame({"place_id": ["a"], "lon": [there_lon], "lat": [there_lat]})
    )
    assert found["distance_m"].iloc[0] == pytest.approx(metres, abs=1e-4)


@settings(max_examples=25)
@given(studies(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(study, random):
    homes, sites = study
    shuffled = sites.sample(frac=1, random_state=random.randrange(2**31))
    pd.testing.assert_frame_equal(nearest_places(homes, sites), nearest_places(homes, shuffled))
    mixed = homes.sample(frac=1, random_state=random.randrange(2**31))
    pd.testing.assert_frame_equal(nearest_places(mixed, sites).sort_index(), nearest_places(homes, sites))


@settings(max_examples=25)
@given(studies(), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_one_more_place_never_makes_a_way_longer(study, east, north):
    homes, sites = study
    spot = sites.iloc[[0]].assign(place_id="new", lon=sites["lon"].iloc[0] + east, lat=sites["lat"].iloc[0] + north)
    before = nearest_places(homes, sites)["distance_m"]
    after = nearest_places(homes, pd.concat([sites, spot], ignore_index=True))["distance_m"]
    assert (after <= before + 1e-6).all()


def test_without_pykdtree_the_distances_are_the_same(monkeypatch):
    homes, sites = cells(3, 500), places(4, 80)
    fast = nearest_places(homes, sites)
    monkeypatch.setattr(nearest_module, "_tree", nearest_module._ScipyTree)
    pd.testing.assert_frame_equal(nearest_places(homes, sites), fast)


def test_a_square_lattice_has_its_known_mean_distance():
    # Squares of side h with places on the corners: the mean distance is h (sqrt 2 + asinh 1) / 6.
    side, offsets = 0.02, (np.arange(80) + 0.5) / 80 * 0.02
    lon, lat = np.meshgrid(55.5 + offsets, 0.0 + offsets)
    corners = [(55.5 + i * side, j * side) for i in (0, 1) for j in (0, 1)]
    sites = pd.DataFrame(corners, columns=["lon", "lat"]).assign(place_id=list("abcd"))
    found = nearest_places(pd.DataFrame({"lon": lon.ravel(), "lat": lat.ravel()}), sites)
    width = geodesic_distance_m(55.5, 0.0, 55.5 + side, 0.0)[0]
    assert found["distance_m"].mean() == pytest.approx(width * (np.sqrt(2) + np.arcsinh(1)) / 6, rel=0.004)


def test_of_two_places_in_one_house_the_smaller_id_is_named():
    homes = pd.DataFrame({"lon": [3.5], "lat": [44.5]})
    sites = pd.DataFrame({"place_id": ["b", "a"], "lon": [3.6, 3.6], "lat": [44.5, 44.5]})
    assert nearest_places(homes, sites)["place_id"].tolist() == ["a"]


def test_a_cell_without_position_has_no_distance_and_is_kept():
    homes = pd.DataFrame({"cell_id": ["x", "y"], "lon": [np.nan, 3.5], "lat": [44.5, 44.5]})
    sites = pd.DataFrame({"place_id": ["a", "b"], "lon": [3.5, np.nan], "lat": [44.5, 44.0]})
    found = nearest_places(homes, sites)
    assert found["distance_m"].isna().tolist() == [True, False]
    assert found["place_id"].isna().tolist() == [True, False]


def test_a_place_across_the_sea_is_not_near():
    homes = pd.DataFrame({"lon": [-61.3, -61.5], "lat": [15.95, 16.2], "island": ["marie-galante", "grande-terre"]})
    sites = pd.DataFrame({"place_id": ["gt"], "lon": [-61.5], "lat": [16.25], "island": ["grande-terre"]})
    found = nearest_places_by(homes, sites, key="island")
    assert found["place_id"].isna().tolist() == [True, False]
    assert found["distance_m"].isna().tolist() == [True, False]


def test_no_place_with_a_position_is_an_error_and_not_an_empty_answer():
    sites = pd.DataFrame({"place_id": ["a"], "lon": [np.nan], "lat": [44.5]})
    with pytest.raises(SchemaMismatch, match="no place has a position"):
        nearest_places(cells(1, 3), sites)


def test_projected_metres_are_refused_by_value_and_row():
    with pytest.raises(CRSMismatch, match=r"latitude 6371000\.0 in row 1"):
        nearest_places(pd.DataFrame({"lon": [3.0, 735000.0], "lat": [44.0, 6371000.0]}), places(1, 2))


def test_a_frame_in_lambert_93_is_refused():
    import geopandas as gpd

    frame = gpd.GeoDataFrame({"place_id": ["a"]}, geometry=gpd.points_from_xy([735000], [6371000]), crs=2154)
    with pytest.raises(CRSMismatch, match="places are in EPSG:2154"):
        nearest_places(cells(1, 3), frame)
