"""
A set of places that can be searched by straight chord: all of them, or those that pass a filter.

Geocentric metres in, row numbers out. Nothing here knows about degrees, geodesics or what a place offers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

__all__ = ["Selection"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

# Up to here a scan of all chords is as quick as a kd-tree and needs no building.
_SCAN_SIZE = 600

# A filter asked once is answered from the tree of all places; asked again, it gets a tree of its own.
_USES_BEFORE_TREE = 2

# Beyond this share of all places the detour through the tree of all places costs more than building a tree.
_LARGEST_DETOUR = 0.05


class Selection:
    """
    Places that can be searched by chord.

    Parameters
    ----------
    rows : numpy.ndarray of int64, shape (n,)
        Row numbers of the places, ascending; every one has a position.
    points : numpy.ndarray of float64, shape (n, 3)
        Their geocentric metres.
    whole : Selection, optional
        The selection of all places with a position, when this one is a part of it.
    member : numpy.ndarray of bool, optional
        For each row number, whether it belongs to this selection, position or not; needed with `whole`.

    Examples
    --------
    >>> pair = Selection(np.array([0, 1]), np.array([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0]]))
    >>> pair.nearest(np.zeros(3), 2, limit_m=np.inf)
    (array([0., 5.]), array([0, 1]))
    """

    def __init__(
        self,
        rows: Rows,
        points: Floats,
        *,
        whole: Selection | None = None,
        member: NDArray[np.bool_] | None = None,
    ) -> None:
        self.rows = rows
        self.points = points
        self.member = member
        self._whole = whole
        self._tree: cKDTree | None = None
        self._uses = 0

    def __len__(self) -> int:
        return len(self.rows)

    def nearest(self, point: Floats, count: int, *, limit_m: float) -> tuple[Floats, Rows]:
        """
        Chords and rows of the nearest places by chord, ascending; fewer than `count` when no more lie within the limit.

        Parameters
        ----------
        point : numpy.ndarray of float64, shape (3,)
            Geocentric metres.
        count : int
            How many at most.
        limit_m : float
            Longest chord; infinity for none.
        """
        if len(self.rows) <= _SCAN_SIZE:
            return self._scan(point, count, limit_m)
        self._uses += 1
        if self._tree is None and self._whole is not None and self._uses < _USES_BEFORE_TREE:
            found = self._detour(point, count, limit_m)
            if found is not None:
                return found
        chords, positions = self.tree.query(point, count, distance_upper_bound=np.nextafter(limit_m, np.inf))
        if count == 1:
            chords, positions = np.atleast_1d(chords), np.atleast_1d(positions)
        if chords[-1] == np.inf:
            found_count = int(np.searchsorted(chords, np.inf))
            chords, positions = chords[:found_count], positions[:found_count]
        return chords, self.rows[positions]

    def within(self, point: Floats, chord_m: float) -> Rows:
        """
        Rows of all places within a chord, ascending.

        Parameters
        ----------
        point : numpy.ndarray of float64, shape (3,)
            Geocentric metres.
        chord_m : float
            Longest chord, finite.
        """
        if len(self.rows) <= _SCAN_SIZE:
            return self.rows[self._chords(point) <= chord_m]
        if self._tree is None and self._whole is not None and self.member is not None:
            rows = self._whole.within(point, chord_m)
            return rows[self.member[rows]]
        positions = self.tree.query_ball_point(point, chord_m, return_sorted=True)
        return self.rows[np.array(positions, dtype=np.int64)]

    def around(self, point: Floats, chord_m: float) -> tuple[Floats, Rows]:
        """Chords and rows of all places within a chord, by ascending row; same parameters as `within`."""
        if len(self.rows) <= _SCAN_SIZE:
            chords = self._chords(point)
            near = chords <= chord_m
            return chords[near], self.rows[near]
        positions = np.array(self.tree.query_ball_point(point, chord_m, return_sorted=True), dtype=np.int64)
        return _lengths(self.points[positions] - point), self.rows[positions]

    @property
    def tree(self) -> cKDTree:
        """The kd-tree of this selection, built on first use."""
        if self._tree is None:
            # Neither balancing nor tightening the boxes pays here: twice the building time for the same queries.
            self._tree = cKDTree(self.points, balanced_tree=False, compact_nodes=True)
        return self._tree

    def _chords(self, point: Floats) -> Floats:
        return _lengths(self.points - point)

    def _scan(self, point: Floats, count: int, limit_m: float) -> tuple[Floats, Rows]:
        chords = self._chords(point)
        order = np.argpartition(chords, count)[:count] if count < len(chords) else np.arange(len(chords))
        order = order[np.argsort(chords[order])]
        chords = chords[order]
        if len(chords) and chords[-1] > limit_m:
            kept = int(np.searchsorted(chords, limit_m, side="right"))
            order, chords = order[:kept], chords[:kept]
        return chords, self.rows[order]

    def _detour(self, point: Floats, count: int, limit_m: float) -> tuple[Floats, Rows] | None:
        """Nearest members among the nearest of all places, or None when too many of all places would have to be looked at."""
        if self._whole is None or self.member is None:
            return None
        total = len(self._whole)
        fetch = int(1.5 * count * total / max(len(self.rows), 1)) + 16
        while fetch < total * _LARGEST_DETOUR:
            chords, rows = self._whole.nearest(point, fetch, limit_m=limit_m)
            kept = self.member[rows]
            exhausted = len(rows) < fetch
            if exhausted or int(kept.sum()) >= count:
                return chords[kept][:count], rows[kept][:count]
            fetch *= 4
        return None


def _lengths(offsets: Floats) -> Floats:
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", offsets, offsets)))
