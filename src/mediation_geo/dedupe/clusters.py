"""
From judged pairs to clusters: which records are one place, taken together.

Pairs of positions with a strength in, one cluster number a record out. Nothing here knows what a record says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mediation_geo.dedupe.blocks import Positions

__all__ = ["UNSCORED_STRENGTH", "Constraints", "average_linkage", "closure"]

# A pair that no blocking rule brought together counts as strong evidence against, or chains would form through it.
UNSCORED_STRENGTH = -2.0

Clusters = NDArray[np.int64]
Pair = tuple[int, int]


class Constraints(NamedTuple):
    """
    What clustering has to respect.

    Attributes
    ----------
    must : sequence of (int, int)
        Pairs of positions that a person declared the same place.
    cannot : sequence of (int, int)
        Pairs of positions that a person declared different places.
    groups : numpy.ndarray of int64 or None
        Source of each record. A source knows its own places: two records of one source join only if their own pair is
        stronger than 0.
    """

    must: Iterable[Pair] = ()
    cannot: Iterable[Pair] = ()
    groups: NDArray[np.int64] | None = None


def closure(left: Positions, right: Positions, *, n: int, constraints: Constraints = Constraints()) -> Clusters:  # noqa: B008 - a tuple, never changed
    """
    Connected components of pairs; a pair that would join two records declared different is left out.

    Parameters
    ----------
    left, right : numpy.ndarray of int64
        Joined pairs, strongest first.
    n : int
        Number of records.
    constraints : Constraints
        `groups` is not used here.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Clusters numbered in the order of their first record.

    Examples
    --------
    >>> closure(np.array([0, 1]), np.array([1, 2]), n=4)
    array([0, 0, 0, 1])
    """
    must, cannot = list(constraints.must), list(constraints.cannot)
    if not must and not cannot:
        return _components(left, right, n=n)
    cluster_of = list(range(n))
    members: dict[int, list[int]] = {each: [each] for each in range(n)}
    foes: dict[int, set[int]] = {}
    for a, b in cannot:
        foes.setdefault(a, set()).add(b)
        foes.setdefault(b, set()).add(a)
    # A loop over joined pairs, only taken when people's decisions exist.
    for a, b in [*must, *zip(left.tolist(), right.tolist(), strict=True)]:
        one, other = cluster_of[a], cluster_of[b]
        if one == other or any(foes[each] & set(members[other]) for each in members[one] if each in foes):
            continue
        for each in members[other]:
            cluster_of[each] = one
        members[one] += members.pop(other)
    return _renumber(np.array(cluster_of, dtype=np.int64))


def average_linkage(
    left: Positions,
    right: Positions,
    strength: NDArray[np.float64],
    *,
    n: int,
    constraints: Constraints = Constraints(),  # noqa: B008 - a tuple, never changed
) -> Clusters:
    """
    Greedy average linkage: the two closest clusters join as long as their mean strength is not negative.

    Parameters
    ----------
    left, right : numpy.ndarray of int64, shape (m,)
        Scored pairs, each once.
    strength : numpy.ndarray of float64, shape (m,)
        Positive speaks for one place, negative against. Pairs never scored count `UNSCORED_STRENGTH`.
    n : int
        Number of records.
    constraints : Constraints
        Joined first, never joined, and the source of each record.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Clusters numbered in the order of their first record.

    Notes
    -----
    Average linkage needs evidence between *all* members, so a record that resembles two neighbours does not chain them.

    Examples
    --------
    >>> a, b = np.array([0, 1, 0]), np.array([1, 2, 2])
    >>> average_linkage(a, b, np.array([2.0, 2.0, -5.0]), n=3)
    array([0, 0, 1])
    """
    must = np.array(list(constraints.must), dtype=np.int64).reshape(-1, 2)
    cannot = np.array(list(constraints.cannot), dtype=np.int64).reshape(-1, 2)
    joining = strength >= 0
    component = _components(np.r_[left[joining], must[:, 0]], np.r_[right[joining], must[:, 1]], n=n)
    sizes = np.bincount(component, minlength=n)
    special = np.zeros(n, dtype=bool)
    special[must.ravel()] = True
    special[cannot.ravel()] = True
    # A component of two needs no linkage: its one pair is strong, or a person decided.
    plain = np.flatnonzero((sizes == 2) & ~_any_by(component, special, size=n))
    clusters = np.where(np.isin(component, plain), component, -1)
    hard = np.flatnonzero((sizes > 1) & ~np.isin(np.arange(n), plain))
    next_cluster = n
    order = np.argsort(component, kind="stable")
    bounds = np.r_[0, np.cumsum(sizes)]
    pairs_of = _pairs_by_component(component, left, right)
    for each in hard.tolist():
        rows = np.sort(order[bounds[each] : bounds[each + 1]])
        chosen = pairs_of(each)
        local = _link_component(
            rows, left[chosen], right[chosen], strength[chosen], must=must, cannot=cannot, groups=constraints.groups
        )
        clusters[rows] = next_cluster + local
        next_cluster += len(rows)
    alone = clusters < 0
    clusters[alone] = next_cluster + np.arange(int(alone.sum()))
    return _renumber(clusters)


def _components(left: Positions, right: Positions, *, n: int) -> Clusters:
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    return _renumber(connected_components(graph, directed=False)[1].astype(np.int64))


def _renumber(clusters: Clusters) -> Clusters:
    return np.asarray(pd.factorize(clusters)[0], dtype=np.int64)


def _any_by(component: Clusters, flag: NDArray[np.bool_], *, size: int) -> NDArray[np.bool_]:
    marked = np.zeros(size, dtype=bool)
    marked[component[flag]] = True
    return marked


def _pairs_by_component(component: Clusters, left: Positions, right: Positions) -> Any:
    """Lookup of the scored pairs that lie inside one component."""
    inside = np.flatnonzero(component[left] == component[right])
    inside = inside[np.argsort(component[left[inside]], kind="stable")]
    keys = component[left[inside]]

    def pairs_of(each: int) -> NDArray[np.int64]:
        start, end = np.searchsorted(keys, [each, each + 1])
        return inside[start:end]

    return pairs_of


def _link_component(
    rows: Positions,
    left: Positions,
    right: Positions,
    strength: NDArray[np.float64],
    *,
    must: NDArray[np.int64],
    cannot: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
) -> Clusters:
    """Average linkage of one component with dense matrices of summed strengths; components are small."""
    size = len(rows)
    a, b = np.searchsorted(rows, left), np.searchsorted(rows, right)
    total = np.full((size, size), UNSCORED_STRENGTH)
    total[a, b] = total[b, a] = strength
    forbidden = np.zeros((size, size), dtype=bool)
    if groups is not None:
        forbidden |= (groups[rows][:, None] == groups[rows][None, :]) & (total < 0)
    c, d = _inside(rows, cannot)
    forbidden[c, d] = forbidden[d, c] = True
    np.fill_diagonal(forbidden, val=False)
    weight = np.ones(size)
    label = np.arange(size)
    for one, other in zip(*_inside(rows, must), strict=True):
        if label[one] != label[other]:
            _join(min(label[one], label[other]), max(label[one], label[other]), total, forbidden, weight, label)
    blocked = forbidden | np.eye(size, dtype=bool)
    while True:
        mean = np.where(blocked | (weight[:, None] == 0) | (weight[None, :] == 0), -np.inf, total)
        mean /= np.maximum(weight[:, None] * weight[None, :], 1)
        best = int(np.argmax(mean))
        one, other = divmod(best, size)
        if mean[one, other] < 0:
            return label
        _join(one, other, total, forbidden, weight, label)
        blocked = forbidden | np.eye(size, dtype=bool)


def _inside(rows: Positions, pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    chosen = pairs[np.isin(pairs, rows).all(axis=1)] if len(pairs) else pairs
    return np.searchsorted(rows, chosen[:, 0]), np.searchsorted(rows, chosen[:, 1])


def _join(
    one: int,
    other: int,
    total: NDArray[np.float64],
    forbidden: NDArray[np.bool_],
    weight: NDArray[np.float64],
    label: NDArray[np.int64],
) -> None:
    """Fold cluster `other` into `one` in place: sums add up, prohibitions are inherited."""
    total[one] += total[other]
    total[:, one] = total[one]
    forbidden[one] |= forbidden[other]
    forbidden[:, one] = forbidden[one]
    weight[one] += weight[other]
    weight[other] = 0
    label[label == other] = one
