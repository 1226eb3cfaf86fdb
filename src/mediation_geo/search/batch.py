"""
The nearest places of many points at once, each as exactly as for one point.

Points in, neighbours of all of them out, in arrays. The rare point whose answer the bound cannot prove takes the single path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mediation_geo.errors import RequestError
from mediation_geo.geodesy import chord_reach_m, geocentric_m, geod

if TYPE_CHECKING:
    from mediation_geo.search.index import PlaceIndex
    from mediation_geo.search.selection import Selection

__all__ = ["BatchNeighbours", "batch_nearest"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class BatchNeighbours(NamedTuple):
    """For each neighbour found: the position of its point, its row, its distance; ordered by point, distance, row."""

    queries: Rows
    rows: Rows
    distance_m: Floats


def batch_nearest(
    index: PlaceIndex, selection: Selection, lons: Floats, lats: Floats, *, k: int, limit_m: float
) -> BatchNeighbours:
    """
    The k nearest of a selection for each point.

    Parameters
    ----------
    index : PlaceIndex
    selection : Selection
    lons, lats : numpy.ndarray of float64, shape (n,)
        Decimal degrees, EPSG:4326; a point with a missing coordinate has no neighbours.
    k : int
    limit_m : float
        Largest geodesic distance in metres, infinity for none.

    Raises
    ------
    RequestError
        If a coordinate is not on Earth.
    """
    for name, values, bound in (("lon", lons, 180.0), ("lat", lats, 90.0)):
        if np.any(np.abs(values) > bound):
            raise RequestError(parameter=name, message=f"a value lies outside [-{bound:g}, {bound:g}]")
    known = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
    if not (len(selection) and len(known)):
        return BatchNeighbours(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    proven, unproven = _by_chord(index, selection, lons[known], lats[known], k=k)
    queries, rows, metres = proven
    kept = (metres <= limit_m) & ~np.isin(queries, unproven)
    parts = [(queries[kept], rows[kept], metres[kept])]
    for query in unproven.tolist():
        lon, lat = float(lons[known[query]]), float(lats[known[query]])
        found = index.find(lon, lat, k, selection, max_distance_m=limit_m)
        parts.append((np.full(len(found.rows), query), found.rows, found.distance_m))
    queries, rows, metres = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.lexsort((rows, metres, queries))
    return BatchNeighbours(known[queries[order]], rows[order], metres[order])


def _by_chord(index: PlaceIndex, selection: Selection, lons: Floats, lats: Floats, *, k: int) -> tuple[BatchNeighbours, Rows]:
    """Neighbours by chord with their geodesic distances, and the points for which they are not proven to be the nearest."""
    asked = min(k + 1, len(selection))
    chords, positions = selection.tree.query(geocentric_m(lons, lats), np.arange(1, asked + 1))
    rows = selection.rows[positions[:, :k]]
    queries = np.repeat(np.arange(len(lons)), rows.shape[1])
    flat = rows.ravel()
    metres = np.asarray(geod().inv(lons[queries], lats[queries], index.lon[flat], index.lat[flat])[2])
    unproven = np.empty(0, dtype=np.int64)
    if asked > k:
        farthest = metres.reshape(rows.shape).max(axis=1)
        unproven = np.flatnonzero(chords[:, k] <= chord_reach_m(farthest))
    return BatchNeighbours(queries, flat, metres), unproven
