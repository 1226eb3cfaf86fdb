"""
Sums over the neighbours of each point, weighted by distance, for millions of pairs without holding them.

Points in degrees and values go in, one sum for each target comes out. Sources are laid out in rows of equal latitude, each sorted
by longitude; a target looks at one stretch of each row it can reach. The sum runs over sources in this fixed order, so a part of
the country gives the very same numbers as the whole. Nothing here knows what the values mean.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from mediation_geo.errors import CRSMismatch
from mediation_geo.geodesy import geocentric_m

if TYPE_CHECKING:
    from mediation_geo.coverage.decay import Decay
    from mediation_geo.coverage.frames import Floats, Ints

__all__ = ["SourceRows", "decayed_sums", "neighbour_pairs"]

# A row of latitude is a quarter of the radius high: lower rows fit the circle better but cost a search each.
_ROWS_PER_RADIUS = 4
# Pairs held at once by the NumPy path: about 100 MB.
_PAIRS_AT_ONCE = 1_000_000
_METRES_PER_DEGREE = 110_500.0  # of latitude, rounded down: 110.57 km at the equator is the least
_POLAR_DEGREES = 80.0


class SourceRows:
    """
    Points sorted into rows of latitude, ready to be summed over.

    Parameters
    ----------
    lon, lat : numpy.ndarray of float64, shape (n,)
        Decimal degrees, EPSG:4326, no NaN.
    radius_m : float
        Largest distance that will be asked.

    Raises
    ------
    CRSMismatch
        If a point is within reach of a pole or of the antimeridian, where stretches of longitude do not close.
    """

    def __init__(self, lon: Floats, lat: Floats, *, radius_m: float) -> None:
        self.radius_m = radius_m
        self.height = radius_m / _METRES_PER_DEGREE / _ROWS_PER_RADIUS
        margin = radius_m / (_METRES_PER_DEGREE * np.cos(np.radians(_POLAR_DEGREES)))
        wrong = np.flatnonzero((np.abs(lat) > _POLAR_DEGREES - 5 * self.height) | (np.abs(lon) > 180 - margin))
        if wrong.size:
            message = (
                f"a point at {lon[wrong[0]]:.4f}, {lat[wrong[0]]:.4f} is within {radius_m / 1000:g} km of a pole or of the "
                "antimeridian, where catchments are not computed"
            )
            raise CRSMismatch(message)
        row = np.floor(lat / self.height).astype(np.int64)
        self.order: Ints = np.lexsort((lat, lon, row))
        self.lon = lon[self.order]
        rows, starts = np.unique(row[self.order], return_index=True)
        first = int(rows[0]) if len(rows) else 0
        count = int(rows[-1]) - first + 1 if len(rows) else 0
        # Row k of latitude is the slice start[k]:start[k + 1]; rows without points are empty slices.
        self.first_row = first
        self.start = np.full(count + 1, len(lon), dtype=np.int64)
        self.start[rows - first] = starts
        self.start = np.minimum.accumulate(self.start[::-1])[::-1]
        self.points = geocentric_m(lon, lat)[self.order]
        # One search in all rows at once: longitudes shifted by two turns for each row ascend over the whole table.
        self._shifted: Floats = self.lon + 720.0 * np.repeat(np.arange(count), np.diff(self.start))

    def stretches(self, lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
        """First and last-plus-one sorted source of each row a target can reach; shape (n, rows), empty where equal."""
        reach = self.radius_m / _METRES_PER_DEGREE
        lowest = np.floor((lat - reach) / self.height).astype(np.int64)
        count = 2 * _ROWS_PER_RADIUS + 2
        low = np.zeros((len(lon), count), dtype=np.int64)
        high = np.zeros((len(lon), count), dtype=np.int64)
        for step in range(count):  # a few rows of latitude, not targets
            row = lowest + step
            south, north = row * self.height, (row + 1) * self.height
            gap = np.maximum(0.0, np.maximum(south - lat, lat - north)) * _METRES_PER_DEGREE
            across = np.sqrt(np.maximum(self.radius_m**2 - gap**2, 0.0)) * 1.001
            # The narrowest degree of longitude that the way can cross, hence the widest stretch.
            poleward = np.minimum(np.maximum(np.abs(lat) + reach, 0.0), 89.0)
            wide = across / (111_300.0 * np.cos(np.radians(poleward)))
            inside = (row >= self.first_row) & (row - self.first_row < len(self.start) - 1)
            slot = np.where(inside, row - self.first_row, 0)
            low[:, step], high[:, step] = self._slices(slot, inside, lon - wide, lon + wide)
        return low, high

    def _slices(self, slot: Ints, inside: Any, west: Floats, east: Floats) -> tuple[Ints, Ints]:
        low, high = np.zeros(len(slot), dtype=np.int64), np.zeros(len(slot), dtype=np.int64)
        low[inside] = np.searchsorted(self._shifted, west[inside] + 720.0 * slot[inside], side="left")
        high[inside] = np.searchsorted(self._shifted, east[inside] + 720.0 * slot[inside], side="right")
        return low, high


def decayed_sums(sources: SourceRows, values: Floats, lon: Floats, lat: Floats, *, decay: Decay, power: int) -> Floats:
    """
    Sum over the sources around each target of value x weight(distance) ** power.

    Parameters
    ----------
    sources : SourceRows
        Made for at least the radius of `decay`.
    values : numpy.ndarray of float64, shape (sources,)
        In the order in which the sources were given.
    lon, lat : numpy.ndarray of float64, shape (targets,)
        Decimal degrees, EPSG:4326, no NaN.
    decay : Decay
        Weight by distance.
    power : int
        1, or 2 where a method multiplies by the weight twice.

    Returns
    -------
    numpy.ndarray of float64, shape (targets,)
        The same on every machine and for every part of the targets: each sum runs in the order of the rows. With numba (extra
        `scale`) the pairs are never stored.

    Examples
    --------
    >>> from mediation_geo.coverage.decay import Decay
    >>> decay = Decay.constant(radius_m=12_000)
    >>> sources = SourceRows(np.array([3.5, 3.6]), np.array([44.5, 44.5]), radius_m=decay.radius_m)
    >>> decayed_sums(sources, np.array([10.0, 5.0]), np.array([3.4]), np.array([44.5]), decay=decay, power=1)
    array([10.])
    """
    low, high = sources.stretches(lon, lat)
    targets = geocentric_m(lon, lat)
    limits = decay.chords_m**2
    factors = np.asarray(decay.weights) ** power
    try:
        from mediation_geo.coverage.kernels import sums_in_stretches
    except ImportError:
        return _sums_by_blocks(sources.points, values[sources.order], targets, low, high, limits, factors)
    found: Floats = sums_in_stretches(sources.points, values[sources.order], targets, low, high, limits, factors)
    return found


def neighbour_pairs(sources: SourceRows, lon: Floats, lat: Floats, *, radius_m: float) -> tuple[Ints, Ints]:
    """
    All pairs of a target and a source at most a distance apart, as two arrays of rows, by target.

    Examples
    --------
    >>> sources = SourceRows(np.array([3.5, 3.6]), np.array([44.5, 44.5]), radius_m=12_000)
    >>> target, source = neighbour_pairs(sources, np.array([3.4, 3.55]), np.array([44.5, 44.5]), radius_m=12_000)
    >>> target.tolist(), source.tolist()
    ([0, 1, 1], [0, 0, 1])
    """
    from mediation_geo.coverage.decay import Decay

    limit = Decay.constant(radius_m=radius_m).chords_m[0] ** 2
    low, high = sources.stretches(lon, lat)
    targets = geocentric_m(lon, lat)
    found = []
    for block in _blocks(low, high):
        owner, source = _expand(low[block], high[block])
        near = _squared(sources.points, targets[block], owner, source) <= limit
        found.append((owner[near] + block.start, source[near]))
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    owners, members = (np.concatenate(each) for each in zip(*found, strict=True))
    return owners, sources.order[members]


def _sums_by_blocks(
    points: Floats, values: Floats, targets: Floats, low: Ints, high: Ints, limits: Floats, factors: Floats
) -> Floats:
    sums = np.zeros(len(targets))
    padded = np.append(factors, 0.0)
    for block in _blocks(low, high):
        owner, source = _expand(low[block], high[block])
        squared = _squared(points, targets[block], owner, source)
        zone = np.searchsorted(limits, squared, side="left") if len(limits) > 1 else (squared > limits[0]).astype(np.int64)
        sums[block] = np.bincount(owner, weights=values[source] * padded[zone], minlength=block.stop - block.start)
    return sums


def _blocks(low: Ints, high: Ints) -> list[slice]:
    """Runs of targets with about a million candidate pairs each."""
    pairs = np.cumsum((high - low).sum(axis=1))
    if not len(pairs):
        return []
    cuts = np.searchsorted(pairs, np.arange(_PAIRS_AT_ONCE, pairs[-1], _PAIRS_AT_ONCE)) + 1
    bounds = np.unique(np.concatenate([[0], cuts, [len(pairs)]]))
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(bounds)]


def _expand(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Pairs (target, source) of all stretches, target by target and row by row."""
    counts = (high - low).ravel()
    total = int(counts.sum())
    ends = np.cumsum(counts)
    owner = np.repeat(np.repeat(np.arange(len(low)), low.shape[1]), counts)
    source = np.arange(total) - np.repeat(ends - counts, counts) + np.repeat(low.ravel(), counts)
    return owner, source


def _squared(points: Floats, targets: Floats, owner: Ints, source: Ints) -> Floats:
    squared = np.zeros(len(owner))
    for axis in range(3):  # x, y, z: one at a time keeps the memory at a third
        squared += (points[source, axis] - targets[owner, axis]) ** 2
    return squared
