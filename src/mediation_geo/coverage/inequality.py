"""
How unequally access is shared out: Lorenz curves and Gini coefficients, weighted by people.

Values (a distance, an accessibility) and the people who have them go in; curves, coefficients and tables come out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import Floats, require_columns, weights
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch

__all__ = ["gini", "inequality_by", "lorenz"]


def lorenz(cells: pd.DataFrame, *, value: str) -> pd.DataFrame:
    """
    Lorenz curve of a value over people: cumulative share of the value held by the cumulative share of people, least first.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns `population` and `value`; cells without value are left out.
    value : str
        Name of a column of finite numbers, none negative.

    Returns
    -------
    pandas.DataFrame
        Columns `population_share`, `value_share`, both from 0 to 1.

    Raises
    ------
    SchemaMismatch
        If a value is negative, or the value or the people sum to 0.

    Examples
    --------
    >>> lorenz(pd.DataFrame({"population": [1.0, 1.0], "access": [1.0, 3.0]}), value="access").values.tolist()
    [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]
    """
    population_share, value_share = _lorenz(*_inputs(cells, value))
    table = pd.DataFrame({"population_share": population_share, "value_share": value_share})
    return recorded(table, "lorenz", inputs=[cells], value=value)


def gini(cells: pd.DataFrame, *, value: str) -> float:
    """
    Gini coefficient of a value over people: 0 when all have the same, near 1 when one has all.

    Notes
    -----
    G = 1 - sum of (L_k + L_{k-1}) (F_k - F_{k-1}) over the Lorenz curve. Multiplying all values, or all populations, changes
    nothing.

    Examples
    --------
    >>> gini(pd.DataFrame({"population": [1.0, 1.0], "access": [1.0, 3.0]}), value="access")
    0.25
    """
    return _gini(*_inputs(cells, value))


def inequality_by(cells: pd.DataFrame, *, by: str, value: str) -> pd.DataFrame:
    """
    Gini coefficient and weighted mean of a value in each group; missing where a group has nobody or nothing.

    Returns
    -------
    pandas.DataFrame
        Columns `by, population, mean, gini`.

    Examples
    --------
    >>> cells = pd.DataFrame({"population": [1.0, 1.0], "access": [1.0, 3.0], "dep": ["48", "48"]})
    >>> inequality_by(cells, by="dep", value="access").values.tolist()
    [['48', 2.0, 2.0, 0.25]]
    """
    require_columns(cells, [by], what="cells")
    rows = []
    for name, group in cells.groupby(by):
        people, held = _known(group, value)
        total, sum_held = people.sum(), (people * held).sum()
        measurable = total > 0 and sum_held > 0
        rows.append((name, total, sum_held / total if total > 0 else np.nan, _gini(people, held) if measurable else np.nan))
    table = pd.DataFrame(rows, columns=[by, "population", "mean", "gini"])
    return recorded(table, "inequality_by", inputs=[cells], by=by, value=value)


def _known(cells: pd.DataFrame, value: str) -> tuple[Floats, Floats]:
    require_columns(cells, [value], what="cells")
    people = weights(cells, "population", what="cells")
    held = cells[value].to_numpy(dtype=np.float64)
    if (held < 0).any() or np.isinf(held).any():
        row = int(np.flatnonzero((held < 0) | np.isinf(held))[0])
        message = f"cells: {value} is {held[row]} in row {row}; expected a finite number of at least 0"
        raise SchemaMismatch(message)
    known = ~np.isnan(held)
    return people[known], held[known]


def _inputs(cells: pd.DataFrame, value: str) -> tuple[Floats, Floats]:
    people, held = _known(cells, value)
    if people.sum() <= 0 or (people * held).sum() <= 0:
        message = f"nobody has any {value}: its inequality has no meaning"
        raise SchemaMismatch(message)
    return people, held


def _lorenz(people: Floats, held: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(held, kind="stable")
    reached = np.concatenate([[0.0], np.cumsum(people[order])])
    shared = np.concatenate([[0.0], np.cumsum((people * held)[order])])
    return reached / reached[-1], shared / shared[-1]


def _gini(people: Floats, held: Floats) -> float:
    reached, shared = _lorenz(people, held)
    # Rounding of the sums leaves -1e-17 where all are equal.
    return float(max(0.0, 1 - ((shared[1:] + shared[:-1]) * np.diff(reached)).sum()))
