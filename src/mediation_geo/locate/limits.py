"""
The limits of communes as polygons: optional, and how far a point lies outside one.

Comes in: a GeoParquet file with `code_insee` and `geometry`, EPSG:4326. Goes out: polygons by code, and
metres. Where there is no polygon the commune's box serves, which is decided by the callers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["distance_outside_m", "read_limits"]

_METRES_PER_DEGREE = 111_320.0


def read_limits(path: str | Path | None) -> dict[str, Any]:
    """
    Polygons of communes by code; none when there is no such file.

    Examples
    --------
    >>> read_limits(None)
    {}
    """
    if path is None or not Path(path).is_file():
        return {}
    table = pq.ParquetFile(path).read(columns=["code_insee", "geometry"])
    polygons = shapely.from_wkb(np.asarray(table.column("geometry").to_pylist(), dtype=object))
    codes = [str(code) for code in table.column("code_insee").to_pylist()]
    return dict(zip(codes, polygons, strict=True))


def distance_outside_m(lon: NDArray[np.float64], lat: NDArray[np.float64], polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """
    Metres from points to polygons, pair by pair: 0 inside, NaN without a point or a polygon.

    Parameters
    ----------
    lon, lat : numpy.ndarray of float, shape (n,)
        Degrees, EPSG:4326.
    polygons : numpy.ndarray of shapely geometries or None, shape (n,)

    Notes
    -----
    The nearest place of the limit is sought in degrees and measured on a flat earth: good to a few percent within 50 km, for
    thresholds of kilometres.

    Examples
    --------
    >>> square = np.array([shapely.box(3.8, 43.5, 3.9, 43.6)])
    >>> distance_outside_m(np.array([3.85]), np.array([43.55]), square)
    array([0.])
    >>> distance_outside_m(np.array([3.85]), np.array([43.7]), square).round(-3)
    array([11000.])
    """
    distance = np.full(len(lon), np.nan)
    known = np.flatnonzero(~(np.isnan(lon) | np.isnan(lat) | shapely.is_missing(polygons)))
    if not len(known):
        return distance
    lines = shapely.shortest_line(shapely.points(lon[known], lat[known]), polygons[known])
    ends = shapely.get_coordinates(shapely.get_point(lines, 1))
    dx = (ends[:, 0] - lon[known]) * _METRES_PER_DEGREE * np.cos(np.radians(lat[known]))
    distance[known] = np.hypot(dx, (ends[:, 1] - lat[known]) * _METRES_PER_DEGREE)
    return distance
