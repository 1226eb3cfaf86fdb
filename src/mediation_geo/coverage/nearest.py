"""
Distance from where people live to the nearest place of help: geodesic, everywhere in France, millions of cells in seconds.

Cells and places with positions in degrees go in; the same cells with `place_id`, `distance_m` come out. One kd-tree over
geocentric
coordinates serves every territory, so no projection is chosen and none can be wrong. Roads are not followed here: see `network`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import positions, require_columns
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch
from mediation_geo.geodesy import SEMI_MAJOR_M, SEMI_MINOR_M, geocentric_m, geodesic_distance_m

if TYPE_CHECKING:
    from collections.abc import Hashable

    from mediation_geo.coverage.frames import Floats, Ints

__all__ = ["NearestIndex", "nearest_places", "nearest_places_by", "places_offering"]

# Up to here the length of the curve follows from the chord and the curvature in its direction to a twentieth of a
# millimetre; beyond, pyproj.
_CURVED_M = 60_000.0
_QUADRIC = 1 / SEMI_MINOR_M**2 - 1 / SEMI_MAJOR_M**2


class _Tree(Protocol):
    def query(self, points: Floats) -> tuple[Floats, Ints]: ...


class Nearest(NamedTuple):
    """Row of the nearest place (-1 where none can be said) and metres to it (NaN)."""

    row: Ints
    distance_m: Floats


class NearestIndex:
    """
    Places, ready for any number of questions about which is nearest.

    Parameters
    ----------
    places : pandas.DataFrame
        Columns `place_id` and `lon, lat` (or `longitude, latitude`), EPSG:4326. Places without position are never nearest.

    Attributes
    ----------
    place_ids : numpy.ndarray of object
        Ids of the indexed places, in order; `Nearest.row` counts in them.

    Raises
    ------
    SchemaMismatch
        If no place has a position.

    Notes
    -----
    Of places at one position the smallest id is kept, and the tree is built in the order of ids: the answer does not depend
    on the
    order of rows. With the extra `scale` the tree is pykdtree's, else scipy's; distances are the same.

    Examples
    --------
    >>> index = NearestIndex(pd.DataFrame({"place_id": ["a", "b"], "lon": [3.5, 4.8], "lat": [44.5, 45.7]}))
    >>> found = index.query(np.array([3.5]), np.array([44.6]))
    >>> index.place_ids[found.row].tolist(), found.distance_m.round().tolist()
    (['a'], [11112.0])
    """

    def __init__(self, places: pd.DataFrame) -> None:
        require_columns(places, ["place_id"], what="places")
        lon, lat = positions(places, what="places")
        frame = pd.DataFrame({"place_id": places["place_id"].to_numpy(dtype=object), "lon": lon, "lat": lat}).dropna()
        frame = frame.sort_values("place_id", kind="stable").drop_duplicates(["lon", "lat"])
        if frame.empty:
            message = "no place has a position: there is nothing to measure a distance to"
            raise SchemaMismatch(message)
        self.place_ids = frame["place_id"].to_numpy(dtype=object)
        self.lon, self.lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
        self._points = geocentric_m(self.lon, self.lat)
        self._tree = _tree(self._points)

    def query(self, lon: Floats, lat: Floats) -> Nearest:
        """
        Nearest place of each point.

        Parameters
        ----------
        lon, lat : numpy.ndarray of float64, shape (n,)
            Decimal degrees, EPSG:4326; NaN where unknown.

        Returns
        -------
        Nearest
            `row` into `place_ids`, -1 for a point without position; `distance_m` geodesic, NaN there.
        """
        known = np.isfinite(lon) & np.isfinite(lat)
        if known.all():
            return self._query_known(lon, lat)
        row: Ints = np.full(len(lon), -1, dtype=np.int64)
        distance = np.full(len(lon), np.nan)
        if known.any():
            row[known], distance[known] = self._query_known(lon[known], lat[known])
        return Nearest(row, distance)

    def _query_known(self, lon: Floats, lat: Floats) -> Nearest:
        points = geocentric_m(lon, lat)
        _, found = self._tree.query(points)
        row = found.astype(np.int64)
        return Nearest(row, _arc_m(points, self._points[row], lon, lat, self.lon[row], self.lat[row]))


def nearest_places(cells: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """
    Cells with the nearest place and the geodesic distance to it.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns `lon, lat` (or `longitude, latitude`), EPSG:4326; any others are kept.
    places : pandas.DataFrame
        Columns `place_id` and `lon, lat` (or `longitude, latitude`); filter them first (`places_offering`).

    Returns
    -------
    pandas.DataFrame
        The cells with `place_id` (text) and `distance_m` (float64); both missing where a cell has no position.

    Notes
    -----
    Distances are those of WGS 84 to better than a tenth of a millimetre. The place is the one nearest through the Earth: at 10 km
    it could only differ from the geodesic nearest if the two were within 10 µm of each other.

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_id": ["c"], "lon": [3.5], "lat": [44.6]})
    >>> places = pd.DataFrame({"place_id": ["a", "b"], "lon": [3.5, 4.8], "lat": [44.5, 45.7]})
    >>> nearest_places(cells, places)[["cell_id", "place_id", "distance_m"]].round(1).values.tolist()
    [['c', 'a', 11112.3]]
    """
    lon, lat = positions(cells, what="cells")
    index = NearestIndex(places)
    return recorded(_answer(cells, index, index.query(lon, lat)), "nearest_places", inputs=[cells, places])


def nearest_places_by(cells: pd.DataFrame, places: pd.DataFrame, *, key: str) -> pd.DataFrame:
    """
    Cells with the nearest place that has the same value in a column: the same landmass, island or territory.

    Water lies between Marie-Galante and Guadeloupe, or Corsica and the mainland: a place across it is near on the map only.

    Parameters
    ----------
    cells, places : pandas.DataFrame
        As for `nearest_places`, both with the column `key` (see `landmass_of`).
    key : str
        Name of the column.

    Returns
    -------
    pandas.DataFrame
        The cells with `place_id` and `distance_m`; missing where no place shares the value, or the value is missing.

    Examples
    --------
    >>> cells = pd.DataFrame({"lon": [9.0], "lat": [42.6], "island": ["corse"]})
    >>> places = pd.DataFrame({"place_id": ["nice", "ajaccio"], "lon": [7.27, 8.74], "lat": [43.7, 41.93]})
    >>> places["island"] = ["continent", "corse"]
    >>> nearest_places_by(cells, places, key="island").place_id.tolist()
    ['ajaccio']
    """
    require_columns(cells, [key], what="cells")
    require_columns(places, [key], what="places")
    lon, lat = positions(cells, what="cells")
    place_id: Any = np.full(len(cells), None, dtype=object)
    distance = np.full(len(cells), np.nan)
    rows_of: dict[Hashable, Any] = cells.groupby(key, sort=True).indices
    for value, chosen in places.groupby(key, sort=True):
        here = rows_of.get(value)
        plng, plat = positions(chosen, what="places")
        if here is None or not (np.isfinite(plng) & np.isfinite(plat)).any():
            continue
        index = NearestIndex(chosen)
        found = index.query(lon[here], lat[here])
        place_id[here[found.row >= 0]] = index.place_ids[found.row[found.row >= 0]]
        distance[here] = found.distance_m
    answer = cells.assign(place_id=pd.Series(place_id, index=cells.index, dtype="str"), distance_m=distance)
    return recorded(answer, "nearest_places_by", inputs=[cells, places], key=key)


def places_offering(places: pd.DataFrame, *, service: str) -> pd.DataFrame:
    """
    Places that list a service of the national standard.

    Raises
    ------
    SchemaMismatch
        If no place lists it: a distance to nothing has no meaning.

    Examples
    --------
    >>> places = pd.DataFrame({"place_id": ["a", "b"], "services": [["Aide aux démarches administratives"], None]})
    >>> places_offering(places, service="Aide aux démarches administratives").place_id.tolist()
    ['a']
    """
    require_columns(places, ["services"], what="places")
    exploded = places["services"].explode()
    offering = places.index.isin(exploded.index[exploded == service])
    if not offering.any():
        message = f"no place offers {service!r}; they offer: {', '.join(sorted(exploded.dropna().unique()))}"
        raise SchemaMismatch(message)
    return recorded(places[offering].copy(), "places_offering", inputs=[places], service=service)


def _answer(cells: pd.DataFrame, index: NearestIndex, found: Nearest) -> pd.DataFrame:
    names = pd.array(index.place_ids, dtype="str").take(found.row, allow_fill=True)
    return cells.assign(place_id=pd.Series(names, index=cells.index), distance_m=found.distance_m)


def _tree(points: Floats) -> _Tree:
    try:
        from pykdtree.kdtree import KDTree
    except ImportError:
        return _ScipyTree(points)
    tree: _Tree = KDTree(points)
    return tree


class _ScipyTree:
    def __init__(self, points: Floats) -> None:
        from scipy.spatial import cKDTree

        self._tree = cKDTree(points)

    def query(self, points: Floats) -> tuple[Floats, Ints]:
        found: tuple[Floats, Ints] = self._tree.query(points, workers=-1)  # type: ignore[assignment]  # stubs: also for k > 1
        return found


def _arc_m(start: Floats, end: Floats, lon: Floats, lat: Floats, end_lon: Floats, end_lat: Floats) -> Floats:
    """Geodesic metres: from the chord and the normal curvature along it where that is exact enough, else from pyproj."""
    step = end - start
    chord_squared = np.einsum("ij,ij->i", step, step)
    # Curvature of the quadric x'Qx = 1 along t is t'Qt / |Qx|, Q = diag(1/a², 1/a², 1/b²).
    middle = start + step / 2
    normal_squared = np.einsum("ij,ij->i", middle[:, :2], middle[:, :2]) / SEMI_MAJOR_M**4 + middle[:, 2] ** 2 / SEMI_MINOR_M**4
    bent = (chord_squared / SEMI_MAJOR_M**2 + step[:, 2] ** 2 * _QUADRIC) ** 2 / normal_squared
    # s = c + c³k²/24 + 3c⁵k⁴/640, written with bent = (c² k)²: no division by a chord of 0.
    chord: Floats = np.sqrt(chord_squared)
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = np.where(chord > 0, bent / chord, 0.0)
        arc: Floats = chord + rise / 24 + np.where(chord > 0, rise * bent / chord_squared, 0.0) * (3 / 640)
    far = np.flatnonzero(chord > _CURVED_M)
    if far.size:
        arc[far] = geodesic_distance_m(lon[far], lat[far], end_lon[far], end_lat[far])
    return arc
