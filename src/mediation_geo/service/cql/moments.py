"""
Temporal predicates of CQL2: instants and intervals as days, and the relations between them.

The register knows days, so a timestamp stands for its day in UTC. Open ends are infinite.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mediation_geo.service.cql.scalars import CqlError, Mask, day
from mediation_geo.service.features.table import FeatureTable

if TYPE_CHECKING:
    from mediation_geo.service.features.columns import Column

__all__ = ["OPERATORS", "Period", "period", "related"]

Ordinals = NDArray[np.float64]
Period = Callable[[FeatureTable], tuple[Ordinals, Ordinals]]
Relation = Callable[[Ordinals, Ordinals, Ordinals, Ordinals], Any]

# ruff: noqa: ARG005 - every relation takes the four ends
# Allen's relations between (start, end) of the left and of the right side.
OPERATORS: dict[str, Relation] = {
    "t_after": lambda s1, e1, s2, e2: s1 > e2,
    "t_before": lambda s1, e1, s2, e2: e1 < s2,
    "t_disjoint": lambda s1, e1, s2, e2: (s1 > e2) | (e1 < s2),
    "t_equals": lambda s1, e1, s2, e2: (s1 == s2) & (e1 == e2),
    "t_intersects": lambda s1, e1, s2, e2: (s1 <= e2) & (e1 >= s2),
    "t_contains": lambda s1, e1, s2, e2: (s1 < s2) & (e1 > e2),
    "t_during": lambda s1, e1, s2, e2: (s1 > s2) & (e1 < e2),
    "t_finishedBy": lambda s1, e1, s2, e2: (s1 < s2) & (e1 == e2),
    "t_finishes": lambda s1, e1, s2, e2: (s1 > s2) & (e1 == e2),
    "t_meets": lambda s1, e1, s2, e2: e1 == s2,
    "t_metBy": lambda s1, e1, s2, e2: s1 == e2,
    "t_overlappedBy": lambda s1, e1, s2, e2: (s1 > s2) & (s1 < e2) & (e1 > e2),
    "t_overlaps": lambda s1, e1, s2, e2: (s1 < s2) & (e1 > s2) & (e1 < e2),
    "t_startedBy": lambda s1, e1, s2, e2: (s1 == s2) & (e1 > e2),
    "t_starts": lambda s1, e1, s2, e2: (s1 == s2) & (e1 < e2),
}


def period(tree: Any, date_column: Callable[[Any], Column]) -> Period:
    """
    First and last day of an instant or an interval over a table.

    Raises
    ------
    CqlError
        If the tree is neither.
    """
    match tree:
        case {"property": name}:
            column = date_column(name)
            return lambda table: (_ordinals(table, column.name),) * 2
        case {"date": str(text)} | {"timestamp": str(text)}:
            moment = _ordinal(text)
            return lambda table: (np.full(len(table), moment),) * 2
        case {"interval": [start, end]}:
            first, last = _end(start, date_column, -np.inf), _end(end, date_column, np.inf)
            return lambda table: (first(table), last(table))
        case _:
            message = "attendu une date, un instant ou un intervalle"
            raise CqlError(message)


def related(op: str, left: Period, right: Period) -> Callable[[FeatureTable], tuple[Mask, Mask]]:
    """Which rows satisfy a relation, and for which it can be told."""
    relation = OPERATORS[op]

    def truth(table: FeatureTable) -> tuple[Mask, Mask]:
        sides = (*left(table), *right(table))
        known = ~np.logical_or.reduce([np.isnan(side) for side in sides])
        return np.asarray(relation(*sides), dtype=np.bool_), known

    return truth


def _end(tree: Any, date_column: Callable[[Any], Column], open_end: float) -> Callable[[FeatureTable], Ordinals]:
    if isinstance(tree, dict) and "property" in tree:
        column = date_column(tree["property"])
        return lambda table: _ordinals(table, column.name)
    text = tree if isinstance(tree, str) else next(iter(tree.values()), None) if isinstance(tree, dict) else None
    if not isinstance(text, str):
        message = "intervalle : attendu deux dates ou « .. »"
        raise CqlError(message)
    moment = open_end if text == ".." else _ordinal(text)
    return lambda table: np.full(len(table), moment)


def _ordinal(text: str) -> float:
    return float(date.fromisoformat(day(text)).toordinal())


def _ordinals(table: FeatureTable, name: str) -> Ordinals:
    codes, days = table.factors(name)
    ordinals = np.array([*(date.fromisoformat(each).toordinal() for each in days), np.nan], dtype=np.float64)
    return np.asarray(ordinals[codes], dtype=np.float64)
