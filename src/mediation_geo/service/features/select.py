"""
Which rows of a table a request wants, in which order: exact counts, exact pages, exact distances.

Takes a table and an `ItemsQuery`, returns a `Selection`; writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from mediation_geo.geodesy import chord_reach_m, geocentric_m, geodesic_distance_m
from mediation_geo.service.features.crs import is_geographic
from mediation_geo.service.features.query import BBox, ItemsQuery, Near, Selection, SortKey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mediation_geo.service.features.table import FeatureTable, Rows

__all__ = ["select"]


def select(table: FeatureTable, query: ItemsQuery) -> Selection:
    """
    Rows of the page a request asks for, and the true number of rows that match.

    Examples
    --------
    >>> import pandas as pd
    >>> from mediation_geo.service.features.columns import Column
    >>> from mediation_geo.service.features.table import FeatureTable
    >>> towns = pd.DataFrame({"nom": ["Lyon", "Lille"]})
    >>> points = shapely.points([[4.84, 45.76], [3.06, 50.64]])
    >>> table = FeatureTable(towns, [Column("nom", "text", "Nom")], ids=["a", "b"], geometries=points)
    >>> select(table, ItemsQuery(sortby=(SortKey("nom"),))).rows.tolist()
    [1, 0]
    """
    rows = _matching_rows(table, query)
    page = slice(query.offset, query.offset + query.limit)
    if query.near is not None:
        # Another order than by distance needs all of them.
        wanted = len(rows) if query.sortby else query.offset + query.limit
        rows, matched, distances = _nearest_rows(table, rows, query.near, wanted=wanted)
        if query.sortby:
            order = np.argsort(rows)
            by_row, distances = rows[order], distances[order]
            rows = _sorted_rows(table, by_row, query.sortby)
            distances = distances[np.searchsorted(by_row, rows)]
        return Selection(rows[page], matched, tuple(distances[page].tolist()))
    if query.sortby:
        rows = _sorted_rows(table, rows, query.sortby)
    return Selection(rows[page], len(rows))


def _matching_rows(table: FeatureTable, query: ItemsQuery) -> Rows:
    found: list[Rows] = [table.rows_equal(name, value) for name, value in query.equal]
    if query.bbox is not None:
        found.append(_rows_in_box(table, query.bbox))
    if query.days is not None:
        found.append(_rows_between(table, *query.days))
    if query.matching is not None:
        found.append(query.matching.rows(table))
    if not found:
        return table.all_rows
    rows = min(found, key=len)
    for other in found:
        if other is not rows:
            rows = np.intersect1d(rows, other, assume_unique=True)
    return rows


def _rows_in_box(table: FeatureTable, bbox: BBox) -> Rows:
    (low_first, low_second), (high_first, high_second) = bbox.low, bbox.high
    view = table.view(bbox.crs)
    if is_geographic(bbox.crs):
        # Only the longitude axis may run over 180°: the first one in CRS84, the second in EPSG:4326.
        if bbox.crs.endswith("CRS84") and low_first > high_first:
            west = shapely.box(low_first, low_second, 180.0, high_second)
            east = shapely.box(-180.0, low_second, high_first, high_second)
            return np.union1d(view.intersecting(west), view.intersecting(east))
        if not bbox.crs.endswith("CRS84") and low_second > high_second:
            west = shapely.box(low_first, low_second, high_first, 180.0)
            east = shapely.box(low_first, -180.0, high_first, high_second)
            return np.union1d(view.intersecting(west), view.intersecting(east))
    return view.intersecting(shapely.box(low_first, low_second, high_first, high_second))


def _rows_between(table: FeatureTable, first: str | None, last: str | None) -> Rows:
    if table.date_column is None:
        return table.all_rows[:0]
    codes, days = table.factors(table.date_column)
    low = 0 if first is None else int(np.searchsorted(days, first, side="left"))
    high = len(days) if last is None else int(np.searchsorted(days, last, side="right"))
    return np.flatnonzero((codes >= low) & (codes < high)).astype(np.int64)


def _sorted_rows(table: FeatureTable, rows: Rows, sortby: tuple[SortKey, ...]) -> Rows:
    keys: list[NDArray[np.int64]] = []
    for key in sortby:
        ranks = table.ranks(key.name)[rows]
        missing = len(table)
        # Missing values come last whichever the direction.
        keys.append(np.where(ranks == missing, missing, -ranks) if key.descending else ranks)
    # lexsort is stable and takes the first key last.
    return rows[np.lexsort([*reversed(keys)])]


def _nearest_rows(table: FeatureTable, rows: Rows, near: Near, *, wanted: int) -> tuple[Rows, int, NDArray[np.float64]]:
    rows = rows[table.has_geometry[rows]]
    lon_lat = table.lon_lat
    origin = geocentric_m([near.lon], [near.lat])[0]
    chords = np.linalg.norm(table.geocentric[rows] - origin, axis=1)
    if near.radius_m is not None:
        rows = rows[chords <= chord_reach_m(near.radius_m)]
        distances = geodesic_distance_m(near.lon, near.lat, lon_lat[rows, 0], lon_lat[rows, 1])
        rows, distances = rows[distances <= near.radius_m], distances[distances <= near.radius_m]
        matched = len(rows)
    else:
        matched = len(rows)
        if wanted < matched:
            # The geodesic distance of the last by chord bounds the chords of all that can be nearer.
            closest = rows[np.argpartition(chords, wanted - 1)[:wanted]]
            farthest = geodesic_distance_m(near.lon, near.lat, lon_lat[closest, 0], lon_lat[closest, 1]).max()
            rows = rows[chords <= chord_reach_m(farthest)]
        distances = geodesic_distance_m(near.lon, near.lat, lon_lat[rows, 0], lon_lat[rows, 1])
    order = np.argsort(distances, kind="stable")
    return rows[order], matched, distances[order]
