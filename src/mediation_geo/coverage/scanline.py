"""
Polygons into pixels: which pixel centres lie inside, for any number of polygons at once.

Polygons in metres go in, an array of the pixels of a grid comes out, row 0 in the south. Each edge adds a value where a row of
pixel centres crosses it, and a running sum along the row does the rest: exact for maps that are themselves vectorised
pixels, and all polygons of an operator at once, however they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mediation_geo.coverage.frames import Floats, Ints

__all__ = ["PixelGrid", "pixel_sums"]

# Rows summed at once: 512 rows of the whole metropole are 100 MB.
_BAND = 512


@dataclass(frozen=True)
class PixelGrid:
    """
    Square pixels in a projection: the south-west corner in metres, the number of columns and rows, and the side.

    Examples
    --------
    >>> PixelGrid.around((710_020, 6_380_010, 710_180, 6_380_090), pixel_m=50)
    PixelGrid(west=710000.0, south=6380000.0, columns=4, rows=2, pixel_m=50)
    """

    west: float
    south: float
    columns: int
    rows: int
    pixel_m: int

    @classmethod
    def around(cls, bounds: tuple[float, float, float, float], *, pixel_m: int) -> PixelGrid:
        """Smallest grid on multiples of the pixel that holds the bounds (west, south, east, north)."""
        if not np.isfinite(bounds).all():
            message = f"bounds are {bounds}; expected finite metres: west, south, east, north"
            raise SchemaMismatch(message)
        west, south = (np.floor(each / pixel_m) * pixel_m for each in bounds[:2])
        columns, rows = (int(np.ceil((far - near) / pixel_m)) for near, far in ((west, bounds[2]), (south, bounds[3])))
        return cls(float(west), float(south), max(columns, 1), max(rows, 1), pixel_m)

    def slots(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        """Row and column of the pixels that hold points, outside the array where a point is."""
        row = np.floor((y - self.south) / self.pixel_m).astype(np.int64)
        return row, np.floor((x - self.west) / self.pixel_m).astype(np.int64)


def pixel_sums(polygons: NDArray[np.object_], values: Floats, grid: PixelGrid) -> NDArray[np.int32]:
    """
    For each pixel the sum of the values of the polygons that hold its centre.

    With 1 for each polygon, how many cover the pixel; with a number for each of polygons that do not overlap, which one does.

    Parameters
    ----------
    polygons : numpy.ndarray of shapely geometries, shape (n,)
        Valid polygons or multipolygons in the projection of the grid.
    values : numpy.ndarray of float64, shape (n,)
        Whole numbers.
    grid : PixelGrid
        The pixels.

    Returns
    -------
    numpy.ndarray of int32, shape (rows, columns)
        Row 0 is the south. A centre on a western or lower edge is inside, on an eastern or upper edge outside.

    Examples
    --------
    >>> square = np.array([shapely.box(0, 0, 100, 50)])
    >>> pixel_sums(square, np.ones(1), PixelGrid(0, 0, 3, 2, 50)).tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    start, end, value = _edges(polygons, values, grid)
    # Rows whose centres an edge crosses, its lower end included and its upper end not, so that a vertex counts once.
    first = np.ceil(np.minimum(start[:, 1], end[:, 1])).astype(np.int64)
    last = np.ceil(np.maximum(start[:, 1], end[:, 1])).astype(np.int64)
    first, last = np.clip(first, 0, grid.rows), np.clip(last, 0, grid.rows)
    sums = np.zeros((grid.rows, grid.columns), dtype=np.int32)
    for south in range(0, grid.rows, _BAND):
        north = min(south + _BAND, grid.rows)
        here = np.flatnonzero((first < north) & (last > south) & (last > first))
        low, high = np.maximum(first[here], south), np.minimum(last[here], north)
        sums[south:north] = _band(start[here], end[here], value[here], low, high, (south, north - south, grid.columns))
    return sums


def _edges(polygons: NDArray[np.object_], values: Floats, grid: PixelGrid) -> tuple[Floats, Floats, Floats]:
    """Ends of all edges in pixels from the first centre, and the value each edge adds to its right."""
    oriented = shapely.orient_polygons(polygons)
    parts, owner = shapely.get_parts(oriented, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    scaled = (points - (grid.west, grid.south)) / grid.pixel_m - 0.5
    joined = ring[1:] == ring[:-1]
    start, end = scaled[:-1][joined], scaled[1:][joined]
    # Outer rings run counter-clockwise: they go down on their left, where a row enters the polygon.
    worth = np.asarray(values, dtype=np.float64)[owner[part[ring[:-1][joined]]]]
    return start, end, worth * np.sign(start[:, 1] - end[:, 1])


def _band(start: Floats, end: Floats, value: Floats, low: Ints, high: Ints, shape: tuple[int, int, int]) -> NDArray[np.int32]:
    south, rows, columns = shape
    counts = high - low
    edge = np.repeat(np.arange(len(counts)), counts)
    row = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
    slope = (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1])
    crossing = start[edge, 0] + (row - start[edge, 1]) * slope[edge]
    column = np.clip(np.ceil(crossing), 0, columns).astype(np.int64)
    steps = np.bincount((row - south) * (columns + 1) + column, weights=value[edge], minlength=rows * (columns + 1))
    return np.rint(steps.reshape(rows, columns + 1).cumsum(axis=1)[:, :columns]).astype(np.int32)
