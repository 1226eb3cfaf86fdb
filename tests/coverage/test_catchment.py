"""Catchments: capacity is conserved, and PySAL's access gives the same numbers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mediation_geo.coverage import Decay, catchment_2sfca, catchment_3sfca, catchment_e2sfca
from mediation_geo.errors import CRSMismatch, SchemaMismatch
from mediation_geo.geodesy import geodesic_distance_m
from tests.coverage.studies import cells, places, studies

DECAY = Decay.zones(radius_m=15_000)
METHODS = {
    "2sfca": lambda homes, sites: catchment_2sfca(homes, sites, radius_m=15_000),
    "e2sfca": lambda homes, sites: catchment_e2sfca(homes, sites, decay=DECAY),
    "3sfca": lambda homes, sites: catchment_3sfca(homes, sites, decay=DECAY),
}


def brute_force(homes: pd.DataFrame, sites: pd.DataFrame, decay: Decay) -> tuple[np.ndarray, np.ndarray]:
    """E2SFCA and 3SFCA by the formulas, from the full matrix of geodesic distances."""
    lon, lat = homes["lon"].to_numpy()[:, None], homes["lat"].to_numpy()[:, None]
    distance = geodesic_distance_m(lon, lat, sites["lon"].to_numpy()[None, :], sites["lat"].to_numpy()[None, :])
    near = np.abs(distance[:, :, None] - np.asarray(decay.edges_m)) < 0.001
    assume(not near.any())  # a pair on the edge of a zone to the millimetre may fall on either side
    zone = np.searchsorted(decay.edges_m, distance)
    weight = np.append(decay.weights, 0.0)[zone]
    people, capacity = homes["population"].to_numpy(), sites["capacity"].to_numpy()
    ratio = lambda demand: np.divide(capacity, demand, out=np.zeros(len(capacity)), where=demand > 0)  # noqa: E731
    enhanced = weight @ ratio(weight.T @ people)
    total = weight.sum(axis=1, keepdims=True)
    choice = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    three = (choice * weight) @ ratio((choice * weight).T @ people)
    return enhanced, three


@settings(max_examples=20)
@given(studies())
def test_access_follows_the_published_formulas(study):
    homes, sites = study
    enhanced, three = brute_force(homes, sites, DECAY)
    np.testing.assert_allclose(METHODS["e2sfca"](homes, sites).cells["access"], enhanced, rtol=1e-12)
    np.testing.assert_allclose(METHODS["3sfca"](homes, sites).cells["access"], three, rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=20)
@given(study=studies())
def test_what_people_receive_is_what_reachable_places_offer(method, study):
    homes, sites = study
    found = METHODS[method](homes, sites)
    received = (found.cells["access"] * found.cells["population"]).sum()
    assert received == pytest.approx(sites["capacity"].sum() - found.unreached_capacity, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=20)
@given(study=studies(), seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(method, study, seed):
    homes, sites = study
    straight = METHODS[method](homes, sites).cells["access"]
    mixed = METHODS[method](homes.sample(frac=1, random_state=seed), sites.sample(frac=1, random_state=seed + 1)).cells["access"]
    np.testing.assert_allclose(mixed.sort_index(), straight, rtol=1e-12)


def test_without_numba_the_numbers_are_the_same_to_the_last_bit(monkeypatch):
    pytest.importorskip("numba")
    homes, sites = cells(5, 3000), places(6, 400)
    decay = Decay.zones(radius_m=60_000)
    fast = catchment_3sfca(homes, sites, decay=decay)
    monkeypatch.setitem(sys.modules, "mediation_geo.coverage.kernels", None)
    slow = catchment_3sfca(homes, sites, decay=decay)
    pd.testing.assert_frame_equal(fast.cells, slow.cells, check_exact=True)
    pd.testing.assert_frame_equal(fast.places, slow.places, check_exact=True)


def test_an_installation_nobody_may_write_to_counts_the_same(tmp_path):
    pytest.importorskip("numba")
    from mediation_geo.coverage import kernels

    copy = tmp_path / "kernels.py"
    shutil.copy(kernels.__file__, copy)
    (tmp_path / "__pycache__").write_text("a file where numba wants a folder, for root too")
    program = """
import numpy as np, kernels
point, one, zero = np.zeros((1, 3)), np.ones(1), np.zeros((1, 1), dtype=np.int64)
print(kernels.sums_in_stretches(point, one * 7, point, zero, zero + 1, one, one))
"""
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"} | nowhere
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert (run.returncode, run.stdout) == (0, "[7.]\n"), run.stderr


@pytest.mark.filterwarnings("ignore")
def test_pysal_access_gives_the_same_figures():
    access = pytest.importorskip("access")
    homes, sites = cells(7, 150), places(8, 40)
    radius = 120_000.0
    decay = Decay.zones(radius_m=radius)
    lon, lat = homes["lon"].to_numpy()[:, None], homes["lat"].to_numpy()[:, None]
    distance = geodesic_distance_m(lon, lat, sites["lon"].to_numpy()[None, :], sites["lat"].to_numpy()[None, :])
    row, column = np.nonzero(distance <= radius)
    costs = pd.DataFrame({"origin": row, "dest": column, "metres": distance[row, column]})
    steps = dict(zip(decay.edges_m, decay.weights, strict=True))
    common = {
        "demand_df": homes.rename_axis("origin").reset_index()[["origin", "population"]],
        "demand_index": "origin", "demand_value": "population",
        "supply_df": sites.rename_axis("dest").reset_index()[["dest", "capacity"]],
        "supply_index": "dest", "supply_value": "capacity",
        "cost_df": costs, "cost_origin": "origin", "cost_dest": "dest", "cost_name": "metres",
        "neighbor_cost_df": costs, "neighbor_cost_origin": "origin", "neighbor_cost_dest": "dest", "neighbor_cost_name": "metres",
    }  # fmt: skip
    peer = access.Access(**common)
    theirs_2 = peer.two_stage_fca(name="two", max_cost=radius)["two_capacity"]
    theirs_e = peer.enhanced_two_stage_fca(name="enhanced", max_cost=radius, weight_fn=access.weights.step_fn(steps))
    ours_2 = catchment_2sfca(homes, sites, radius_m=radius).cells["access"]
    ours_e = catchment_e2sfca(homes, sites, decay=decay).cells["access"]
    np.testing.assert_allclose(ours_2.loc[theirs_2.index], theirs_2.fillna(0), rtol=1e-9)
    np.testing.assert_allclose(ours_e.loc[theirs_e.index], theirs_e["enhanced_capacity"].fillna(0), rtol=1e-9)


def test_a_place_nobody_can_reach_is_counted_apart():
    homes = pd.DataFrame({"lon": [3.5], "lat": [44.5], "population": [10.0]})
    sites = pd.DataFrame({"place_id": ["a", "b"], "lon": [3.5, 5.5], "lat": [44.5, 44.5], "capacity": [2.0, 7.0]})
    found = catchment_2sfca(homes, sites, radius_m=10_000)
    assert found.unreached_capacity == 7.0
    assert found.places["supply_ratio"].isna().tolist() == [False, True]


def test_people_without_a_position_are_refused_rather_than_lost():
    homes = pd.DataFrame({"lon": [np.nan], "lat": [44.5], "population": [10.0]})
    with pytest.raises(SchemaMismatch, match="row 0 has no position"):
        catchment_2sfca(homes, places(1, 2), radius_m=1000)


def test_negative_people_are_refused():
    with pytest.raises(SchemaMismatch, match=r"population is -1\.0 in row 2"):
        catchment_2sfca(cells(1, 3).assign(population=[1, 2, -1]), places(1, 2), radius_m=1000)


def test_the_antimeridian_is_refused():
    homes = pd.DataFrame({"lon": [179.99], "lat": [-14.0], "population": [10.0]})
    with pytest.raises(CRSMismatch, match="antimeridian"):
        catchment_2sfca(homes, places(1, 2), radius_m=20_000)


@pytest.mark.parametrize(("edges", "weights"), [((), ()), ((5.0, 3.0), (1.0, 1.0)), ((5.0,), (1.0, 2.0)), ((5.0,), (0.0,))])
def test_a_decay_that_makes_no_sense_is_refused(edges, weights):
    with pytest.raises(SchemaMismatch, match=r"edges_m|weights"):
        Decay(edges, weights)
