"""
How many people live within a distance of help: the coverage curve, people beyond distances, weighted quantiles.

Cells with a population and a distance go in (see `nearest`), tables come out. A cell without distance is counted as beyond every
distance, never as near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import require_columns, weights
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mediation_geo.coverage.frames import Floats

__all__ = ["coverage_curve", "coverage_curve_by", "distance_summary", "population_beyond", "weighted_quantiles"]


def coverage_curve(cells: pd.DataFrame, *, distances_m: Sequence[float]) -> pd.DataFrame:
    """
    Share of the population within each distance of a place: C(d), the people at d or nearer over all people.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns `population` and `distance_m`.
    distances_m : sequence of float
        Metres, ascending.

    Returns
    -------
    pandas.DataFrame
        Columns `distance_m`, `population` (within), `share`. Shares never fall, and reach 1 only if every cell has a distance.

    Raises
    ------
    SchemaMismatch
        If nobody lives in the cells, a population is negative, or the distances do not ascend.

    Examples
    --------
    >>> cells = pd.DataFrame({"population": [30.0, 70.0], "distance_m": [500.0, 2500.0]})
    >>> coverage_curve(cells, distances_m=[1000, 5000]).to_dict("records")
    [{'distance_m': 1000.0, 'population': 30.0, 'share': 0.3}, {'distance_m': 5000.0, 'population': 100.0, 'share': 1.0}]
    """
    steps, people, distance = _inputs(cells, distances_m)
    table = _curve(people, distance, steps)
    return recorded(table, "coverage_curve", inputs=[cells], distances_m=steps)


def coverage_curve_by(cells: pd.DataFrame, *, by: str, distances_m: Sequence[float]) -> pd.DataFrame:
    """
    One coverage curve for each value of a column: density class, département, territory.

    Returns
    -------
    pandas.DataFrame
        Columns `by`, `distance_m`, `population`, `share`; cells whose value is missing form no group.

    Examples
    --------
    >>> cells = pd.DataFrame({"population": [1.0, 1.0], "distance_m": [500.0, 2500.0], "density": ["urban", "rural"]})
    >>> coverage_curve_by(cells, by="density", distances_m=[1000]).share.tolist()
    [0.0, 1.0]
    """
    require_columns(cells, [by], what="cells")
    steps, people, distance = _inputs(cells, distances_m)
    groups = cells.groupby(by).indices
    parts = {value: _curve(people[rows], distance[rows], steps) for value, rows in groups.items()}
    table = pd.concat(parts, names=[by]).reset_index(level=0).reset_index(drop=True)
    return recorded(table, "coverage_curve_by", inputs=[cells], by=by, distances_m=steps)


def population_beyond(cells: pd.DataFrame, *, distances_m: Sequence[float]) -> dict[float, float]:
    """
    People farther than each distance from any place; those whose distance is unknown are among them.

    Examples
    --------
    >>> population_beyond(pd.DataFrame({"population": [30.0, 70.0], "distance_m": [500.0, 2500.0]}), distances_m=[1000, 5000])
    {1000.0: 70.0, 5000.0: 0.0}
    """
    steps, people, distance = _inputs(cells, distances_m)
    within = _curve(people, distance, steps)["population"]
    return {float(step): float(people.sum() - reached) for step, reached in zip(steps, within, strict=True)}


def distance_summary(cells: pd.DataFrame, *, beyond_m: Sequence[float]) -> pd.DataFrame:
    """
    One row: population, mean distance, quantiles, and people beyond distances.

    Returns
    -------
    pandas.DataFrame
        Columns `population, cells, mean_distance_m, median_distance_m, p90_distance_m, p99_distance_m`, and for each distance
        `people_beyond_<km>km`. Means and quantiles are weighted by population, over cells that have a distance.

    Examples
    --------
    >>> cells = pd.DataFrame({"population": [30.0, 70.0], "distance_m": [500.0, 2500.0]})
    >>> distance_summary(cells, beyond_m=[2000])[["mean_distance_m", "people_beyond_2km"]].values.tolist()
    [[1900.0, 70.0]]
    """
    beyond = population_beyond(cells, distances_m=beyond_m)
    people = weights(cells, "population", what="cells")
    distance = cells["distance_m"].to_numpy(dtype=np.float64)
    known = np.isfinite(distance)
    total = people[known].sum()
    median, p90, p99 = weighted_quantiles(distance, people, shares=[0.5, 0.9, 0.99])
    row = {
        "population": people.sum(),
        "cells": len(cells),
        "mean_distance_m": float((distance[known] * people[known]).sum() / total) if total > 0 else np.nan,
        "median_distance_m": median,
        "p90_distance_m": p90,
        "p99_distance_m": p99,
        **{f"people_beyond_{step / 1000:g}km": value for step, value in beyond.items()},
    }
    return recorded(pd.DataFrame([row]), "distance_summary", inputs=[cells], beyond_m=list(beyond_m))


def weighted_quantiles(values: Floats, counts: Floats, *, shares: Sequence[float]) -> Floats:
    """
    Smallest value that at least a share of the weight does not exceed, for each share; NaN where nothing has weight.

    Examples
    --------
    >>> weighted_quantiles(np.array([500.0, 2500.0]), np.array([30.0, 70.0]), shares=[0.3, 0.5])
    array([ 500., 2500.])
    """
    known = np.isfinite(values) & (counts > 0)
    if not known.any():
        return np.full(len(shares), np.nan)
    order = np.argsort(values[known], kind="stable")
    ranked = values[known][order]
    reached = np.cumsum(counts[known][order])
    # Sums of floats miss a share by rounding; a part in 10¹² of the whole is no person.
    wanted = np.asarray(shares) * reached[-1] * (1 - 1e-12)
    found: Floats = ranked[np.minimum(np.searchsorted(reached, wanted), len(ranked) - 1)]
    return found


def _inputs(cells: pd.DataFrame, distances_m: Sequence[float]) -> tuple[Floats, Floats, Floats]:
    require_columns(cells, ["population", "distance_m"], what="cells")
    steps = np.asarray(distances_m, dtype=np.float64)
    if steps.ndim != 1 or not np.isfinite(steps).all() or (np.diff(steps) <= 0).any():
        message = f"distances_m is {list(distances_m)}; expected finite metres in ascending order"
        raise SchemaMismatch(message)
    people = weights(cells, "population", what="cells")
    if people.sum() <= 0:
        message = f"nobody lives in the {len(cells)} cells: a share of nobody has no meaning"
        raise SchemaMismatch(message)
    return steps, people, cells["distance_m"].to_numpy(dtype=np.float64)


def _curve(people: Floats, distance: Floats, steps: Floats) -> pd.DataFrame:
    # NaN sorts last in searchsorted's eyes, so an unknown distance falls beyond the last step.
    slot = np.searchsorted(steps, distance, side="left")
    within = np.cumsum(np.bincount(slot, weights=people, minlength=len(steps) + 1)[: len(steps)])
    total = people.sum()
    share = np.minimum(within / total, 1.0) if total > 0 else np.full(len(steps), np.nan)
    return pd.DataFrame({"distance_m": steps, "population": within, "share": share})
