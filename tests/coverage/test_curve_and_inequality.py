"""Curves, summaries, Lorenz and Gini: the laws they obey."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.coverage import (
    coverage_curve,
    coverage_curve_by,
    distance_summary,
    gini,
    inequality_by,
    lorenz,
    population_beyond,
    weighted_quantiles,
)
from mediation_geo.errors import SchemaMismatch

measured = st.lists(st.tuples(st.integers(1, 500), st.integers(0, 60_000)), min_size=1, max_size=30).map(
    lambda rows: pd.DataFrame(rows, columns=["population", "distance_m"]).astype(float)
)
STEPS = [500, 1_000, 5_000, 20_000, 60_000]


@given(measured)
def test_the_curve_never_falls_and_ends_at_everybody(cells):
    curve = coverage_curve(cells, distances_m=STEPS)
    assert curve["share"].is_monotonic_increasing
    assert curve["share"].iloc[-1] == 1.0
    assert curve["population"].iloc[-1] == cells["population"].sum()


@given(measured)
def test_people_within_and_beyond_are_all_people(cells):
    within = coverage_curve(cells, distances_m=STEPS)["population"].to_numpy()
    beyond = np.array(list(population_beyond(cells, distances_m=STEPS).values()))
    np.testing.assert_allclose(within + beyond, cells["population"].sum())


@given(measured)
def test_curves_of_groups_add_up_to_the_whole(cells):
    cells = cells.assign(half=np.where(np.arange(len(cells)) % 2, "odd", "even"))
    parts = coverage_curve_by(cells, by="half", distances_m=STEPS).groupby("distance_m")["population"].sum()
    np.testing.assert_allclose(parts, coverage_curve(cells, distances_m=STEPS)["population"])


def test_a_cell_without_distance_is_beyond_every_distance():
    cells = pd.DataFrame({"population": [30.0, 70.0], "distance_m": [500.0, np.nan]})
    assert population_beyond(cells, distances_m=[1e9]) == {1e9: 70.0}
    assert distance_summary(cells, beyond_m=[2000])["mean_distance_m"].iloc[0] == 500


@given(measured, st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_a_quantile_is_the_one_of_the_people_written_out(cells, share):
    everybody = np.repeat(cells["distance_m"].to_numpy(), cells["population"].astype(int))
    found = weighted_quantiles(cells["distance_m"].to_numpy(), cells["population"].to_numpy(), shares=[share])[0]
    assert found == np.quantile(everybody, share, method="inverted_cdf")


@given(measured)
def test_gini_is_the_mean_difference_between_two_people(cells):
    cells = cells.assign(distance_m=cells["distance_m"] + 1)
    people, held = cells["population"].to_numpy(), cells["distance_m"].to_numpy()
    difference = (people[:, None] * people * np.abs(held[:, None] - held)).sum() / people.sum() ** 2
    mean = (people * held).sum() / people.sum()
    assert gini(cells, value="distance_m") == pytest.approx(difference / (2 * mean), abs=1e-12)


@given(measured, st.floats(0.1, 10), st.integers(2, 5))
def test_gini_does_not_depend_on_the_unit_or_on_how_many_copies_of_the_country_there_are(cells, unit, copies):
    cells = cells.assign(distance_m=cells["distance_m"] + 1)
    whole = gini(cells, value="distance_m")
    assert gini(cells.assign(distance_m=cells["distance_m"] * unit), value="distance_m") == pytest.approx(whole, abs=1e-12)
    assert gini(pd.concat([cells] * copies), value="distance_m") == pytest.approx(whole, abs=1e-12)


def test_gini_of_equal_people_is_zero():
    assert gini(pd.DataFrame({"population": [3.0, 9.0], "access": [2.0, 2.0]}), value="access") == pytest.approx(0, abs=1e-15)


@given(measured)
def test_the_lorenz_curve_lies_below_equality_from_nothing_to_everything(cells):
    curve = lorenz(cells.assign(distance_m=cells["distance_m"] + 1), value="distance_m")
    assert (curve["value_share"] <= curve["population_share"] + 1e-12).all()
    assert curve.iloc[0].tolist() == [0, 0]
    assert curve.iloc[-1].tolist() == [1, 1]


def test_a_group_with_nobody_has_no_gini():
    cells = pd.DataFrame({"population": [0.0, 5.0, 5.0], "access": [1.0, 1.0, 3.0], "dep": ["a", "b", "b"]})
    assert inequality_by(cells, by="dep", value="access")["gini"].isna().tolist() == [True, False]


@pytest.mark.parametrize("steps", [[2, 1], [1, 1], [float("nan")]])
def test_distances_that_do_not_ascend_are_refused(steps):
    with pytest.raises(SchemaMismatch, match="ascending"):
        coverage_curve(pd.DataFrame({"population": [1.0], "distance_m": [1.0]}), distances_m=steps)


def test_a_share_of_nobody_is_refused():
    with pytest.raises(SchemaMismatch, match="nobody lives"):
        coverage_curve(pd.DataFrame({"population": [0.0], "distance_m": [1.0]}), distances_m=[1])
