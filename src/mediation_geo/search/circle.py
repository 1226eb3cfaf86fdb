"""
All places around a position, and the nearest of them: to be counted, not to be ranked.

An index, a position and a radius in, row numbers out. A straight chord tells of most places that they are inside; geodesics are
run only for those near the edge and those that may be the nearest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mediation_geo.geodesy import CHORD_SLACK_M
from mediation_geo.search.geometry import (
    chord_reach,
    chord_surely_within,
    distances_from,
    geocentric_point,
    longest_geodesic,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mediation_geo.search.index import PlaceIndex

__all__ = ["Circle", "circle"]


class Circle(NamedTuple):
    """Rows of all places within a radius, ascending, and the row of the nearest of them, ties by place id."""

    rows: NDArray[np.int64]
    nearest: int | None


def circle(index: PlaceIndex, lon: float, lat: float, *, radius_m: float) -> Circle:
    """
    All places within a geodesic distance, included.

    Parameters
    ----------
    index : PlaceIndex
    lon, lat : float
        Decimal degrees, EPSG:4326, longitude first.
    radius_m : float
        Finite, in metres.

    Examples
    --------
    >>> import pandas as pd
    >>> from mediation_geo.search import PlaceIndex
    >>> index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a", "b"], "lon": [2.0, 2.01], "lat": [48.0, 48.0]}))
    >>> circle(index, 2.009, 48.0, radius_m=1000)
    Circle(rows=array([0, 1]), nearest=1)
    """
    chords, rows = index.everything.around(geocentric_point(lon, lat), radius_m + CHORD_SLACK_M)
    inside = chords <= chord_surely_within(radius_m)
    edge = np.flatnonzero(~inside)
    if edge.size:
        inside[edge] = _metres(index, lon, lat, rows[edge]) <= radius_m
        chords, rows = chords[inside], rows[inside]
    return Circle(rows, _nearest(index, lon, lat, chords, rows) if len(rows) else None)


def _nearest(index: PlaceIndex, lon: float, lat: float, chords: NDArray[np.float64], rows: NDArray[np.int64]) -> int:
    first = int(chords.argmin())
    close = np.flatnonzero(chords <= chord_reach(longest_geodesic(chords.item(first))))
    if len(close) > 1:
        # Rows are in the order of place ids: of several at one distance the first is the tie-break.
        first = int(close[_metres(index, lon, lat, rows[close]).argmin()])
    return rows.item(first)


def _metres(index: PlaceIndex, lon: float, lat: float, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    return distances_from(lon, lat, index.lon[rows], index.lat[rows])
