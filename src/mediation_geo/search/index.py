"""
The nearest places, exactly: k-nearest and radius search by geodesic distance on the WGS 84 ellipsoid.

A places frame comes in; place ids with distances go out. A kd-tree over geocentric metres proposes candidates by straight
chord, a bound that links chord and geodesic proves that no other place can be nearer, and where it cannot the candidates
are widened until it can. What a place offers is tested on bit words before the search, never after it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd
import rtree

from mediation_geo.errors import RequestError, SchemaMismatch
from mediation_geo.geodesy import CHORD_SLACK_M, geocentric_m
from mediation_geo.search.batch import batch_nearest
from mediation_geo.search.criteria import Facts, admitted
from mediation_geo.search.features import FeatureStore
from mediation_geo.search.geometry import chord_reach, distances_from, geocentric_point
from mediation_geo.search.selection import Selection
from mediation_geo.search.written import WrittenPlaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from numpy.typing import ArrayLike, NDArray

    from mediation_geo.search.need import Need

__all__ = ["Neighbours", "PlaceIndex"]

# Filters kept ready; each holds one byte a place, and a tree once it was asked twice.
_KEPT_SELECTIONS = 64


class Neighbours(NamedTuple):
    """Rows of the index, nearest first, ties by place id, with their geodesic distances in metres."""

    rows: NDArray[np.int64]
    distance_m: NDArray[np.float64]


class PlaceIndex:
    """
    Exact search for the nearest places.

    Make one with `PlaceIndex.from_places`. The index is read-only and safe to share between threads; a new release gets a
    new index.

    Examples
    --------
    >>> places = pd.DataFrame({"place_id": ["lyon", "lille"], "longitude": [4.835, 3.063], "latitude": [45.764, 50.637]})
    >>> index = PlaceIndex.from_places(places)
    >>> index.nearest(2.352, 48.857, k=1).place_id.tolist()
    ['lille']
    """

    def __init__(self, places: pd.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
        self.places = places
        self.place_ids: NDArray[np.object_] = places["place_id"].to_numpy(dtype=object)
        self._ids = places["place_id"].astype("str").array
        self.lon = lon
        self.lat = lat
        rows = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        self.everything = Selection(rows, geocentric_m(lon[rows], lat[rows]))
        self._lock = Lock()
        self._kept: OrderedDict[object, Any] = OrderedDict()
        if len(rows):
            _ = self.everything.tree

    @classmethod
    def from_places(cls, places: pd.DataFrame) -> Self:
        """
        Index of a places table.

        Parameters
        ----------
        places : pandas.DataFrame
            `place_id` and a position: columns `longitude` and `latitude` (or `lon` and `lat`), decimal degrees, EPSG:4326; a
            missing coordinate is NaN and such a place is never among kilometres. The other columns of the places layout are
            optional and say what a place offers. Not changed.

        Returns
        -------
        PlaceIndex

        Raises
        ------
        SchemaMismatch
            If a needed column is absent, a place id is missing or there twice, or a coordinate is outside its range.
        """
        if "place_id" not in places.columns:
            message = f"the places have no column 'place_id'; they have {', '.join(map(str, places.columns[:8]))}"
            raise SchemaMismatch(message)
        if places["place_id"].isna().any():
            message = "a place has no place_id"
            raise SchemaMismatch(message)
        ordered = places.sort_values("place_id", kind="stable", ignore_index=True)
        twice = ordered["place_id"].duplicated()
        if twice.any():
            message = f"place_id {ordered['place_id'][twice].iloc[0]!r} is there more than once"
            raise SchemaMismatch(message)
        lon, lat = (_coordinates(ordered, names) for names in (("longitude", "lon"), ("latitude", "lat")))
        for name, values, bound in (("longitude", lon, 180.0), ("latitude", lat, 90.0)):
            outside = np.abs(values) > bound
            if outside.any():
                row = int(np.flatnonzero(outside)[0])
                told = f"place {ordered['place_id'][row]!r}: {name} {values[row]} is outside [-{bound:g}, {bound:g}]"
                message = f"{told}; are longitude and latitude swapped?"
                raise SchemaMismatch(message)
        return cls(ordered, lon, lat)

    def __len__(self) -> int:
        return len(self.place_ids)

    @cached_property
    def facts(self) -> Facts:
        """What the places offer, encoded on first use."""
        return Facts(self.places)

    @cached_property
    def features(self) -> FeatureStore:
        """Places in the words of the public answer, made on first use."""
        return FeatureStore(self.places)

    @cached_property
    def written(self) -> WrittenPlaces:
        """Places as JSON text, all written on first use, from cells that are not kept."""
        return WrittenPlaces(self, FeatureStore(self.places))

    @cached_property
    def departements(self) -> NDArray[np.object_]:
        """Code of the département of each place, missing values included."""
        if "code_departement" not in self.places.columns:
            return np.full(len(self), None, dtype=object)
        return self.places["code_departement"].to_numpy(dtype=object)

    def prepare(self, *, at: datetime) -> None:
        """
        Make now what a question would have to wait for: facets, places as JSON text, schedules and which are open at an instant.

        Asked again for a later instant, makes only what changes with it.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a"], "lon": [2.0], "lat": [48.0]}))
        >>> index.prepare(at=datetime(2026, 11, 20, 9, tzinfo=UTC))
        """
        facts = self.facts
        _ = self.written, self.departements, facts.updated_day, facts.blur_m, facts.reasons, facts.reachable
        facts.hours.open_at(self.everything.rows, "maintenant", now=at)

    def nearest(
        self,
        lon: float,
        lat: float,
        k: int = 5,
        *,
        where: Need | None = None,
        max_distance_m: float | None = None,
        at: datetime | None = None,
    ) -> pd.DataFrame:
        """
        The k nearest places by geodesic distance, ties by place id.

        Parameters
        ----------
        lon, lat : float
            Decimal degrees, EPSG:4326, longitude first.
        k : int
            How many at most.
        where : Need, optional
            Only places that fit; a place that receives no public never fits.
        max_distance_m : float, optional
            Largest geodesic distance in metres, included.
        at : datetime, optional
            The instant, with its zone, for needs that depend on it (`ouvert`, `maj_depuis`).

        Returns
        -------
        pandas.DataFrame
            `place_id`, `distance_m` (float64 metres), `rank` (from 1), `exact` (always true: the answer is proven).

        Raises
        ------
        RequestError
            If a coordinate, `k` or the distance is not usable.
        """
        found = self.find(lon, lat, k, self.select(where, at=at), max_distance_m=max_distance_m)
        return self._table(found)

    def within(
        self, lon: float, lat: float, *, radius_m: float, where: Need | None = None, at: datetime | None = None
    ) -> pd.DataFrame:
        """
        All places within a geodesic distance, nearest first; same parameters and columns as `nearest`.

        Examples
        --------
        >>> index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a"], "lon": [2.0], "lat": [48.0]}))
        >>> len(index.within(2.0, 48.01, radius_m=1000)), len(index.within(2.0, 48.01, radius_m=2000))
        (0, 1)
        """
        return self._table(self.find_within(lon, lat, self.select(where, at=at), radius_m=radius_m))

    def nearest_batch(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        k: int = 5,
        *,
        where: Need | None = None,
        max_distance_m: float | None = None,
        at: datetime | None = None,
    ) -> pd.DataFrame:
        """
        The k nearest places of many points at once, each as exact as `nearest`.

        Parameters
        ----------
        lon, lat : array_like of float, shape (n,)
            Decimal degrees, EPSG:4326. A point with a missing coordinate has no neighbours.
        k, where, max_distance_m, at
            As for `nearest`.

        Returns
        -------
        pandas.DataFrame
            `query` (position of the point, from 0), then the columns of `nearest`; ordered by `query`, `rank`.
        """
        lons, lats = (np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (lon, lat))
        if lons.shape != lats.shape:
            raise RequestError(parameter="lon", message=f"{lons.shape} longitudes for {lats.shape} latitudes")
        _check_k(k)
        limit = math.inf if max_distance_m is None else _checked_distance(max_distance_m)
        found = batch_nearest(self, self.select(where, at=at), lons, lats, k=k, limit_m=limit)
        table = self._table(Neighbours(found.rows, found.distance_m))
        table.insert(0, "query", found.queries)
        table["rank"] = table.groupby("query", sort=False).cumcount() + 1
        return table

    def select(self, need: Need | None, *, at: datetime | None = None) -> Selection:
        """
        Places with a position that fit a need, ready to be searched; kept for the next question of the same kind.

        Parameters
        ----------
        need : Need, optional
            None selects every place with a position.
        at : datetime, optional
            The instant, for needs that depend on it.

        Raises
        ------
        RequestError
            If the need depends on an instant and none was given.
        """
        if need is None:
            return self.everything
        key = ("places", need.filter_key(at))
        selection: Selection = self.remembered(key, lambda: self.subset(admitted(self.facts, need, at)))
        return selection

    def remembered(self, key: object, make: Callable[[], Any]) -> Any:
        """Return what `make` gave for a key, kept for the next questions of the same kind; the least recently used go."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _KEPT_SELECTIONS:
                self._kept.popitem(last=False)
        return made

    def find(self, lon: float, lat: float, k: int, selection: Selection, *, max_distance_m: float | None = None) -> Neighbours:
        """Return the k nearest of a selection as arrays: `nearest` without the cost of making a frame."""
        _check_point(lon, lat)
        _check_k(k)
        limit = math.inf if max_distance_m is None else _checked_distance(max_distance_m)
        point = geocentric_point(lon, lat)
        chords, rows = selection.nearest(point, k + 1, limit_m=limit + CHORD_SLACK_M)
        head = rows[:k]
        metres = distances_from(lon, lat, self.lon[head], self.lat[head])
        if len(rows) > k:
            reach = chord_reach(max(metres.tolist()))
            if chords.item(k) <= reach:
                # The bound cannot tell the last of the head from the places behind it: look at all that could be nearer.
                head = selection.within(point, reach)
                metres = distances_from(lon, lat, self.lon[head], self.lat[head])
        return _ordered(head, metres, limit, k)

    def find_within(self, lon: float, lat: float, selection: Selection, *, radius_m: float) -> Neighbours:
        """Return all places of a selection within a radius as arrays, nearest first."""
        _check_point(lon, lat)
        limit = _checked_distance(radius_m)
        # A chord is never longer than the geodesic, so that this set misses nothing.
        rows = selection.within(geocentric_point(lon, lat), limit + CHORD_SLACK_M)
        return _ordered(rows, distances_from(lon, lat, self.lon[rows], self.lat[rows]), limit, len(rows))

    def in_box(self, west: float, south: float, east: float, north: float) -> NDArray[np.int64]:
        """
        Rows of the places in a box of degrees, borders included, ascending; `west > east` crosses the antimeridian.

        Examples
        --------
        >>> index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a", "b"], "lon": [2.0, 179.5], "lat": [48.0, -15.0]}))
        >>> index.in_box(179.0, -20.0, -179.0, -10.0)
        array([1])
        """
        spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        found = [np.fromiter(self._tree_of_boxes.intersection((low, south, high, north)), dtype=np.int64) for low, high in spans]
        return np.unique(np.concatenate(found))

    @cached_property
    def _tree_of_boxes(self) -> rtree.index.Index:
        rows = self.everything.rows
        points = np.column_stack([self.lon[rows], self.lat[rows]])
        # An empty stream is refused by the bulk loader of libspatialindex.
        return rtree.index.Index((rows, points, points)) if len(rows) else rtree.index.Index()

    def subset(self, member: NDArray[np.bool_]) -> Selection:
        """Return the places with a position among those named by a mask over all rows, ready to be searched."""
        rows = self.everything.rows
        kept = member[rows]
        return Selection(rows[kept], self.everything.points[kept], whole=self.everything, member=member)

    def _table(self, found: Neighbours) -> pd.DataFrame:
        # Taking from a text column and not copying is a third of the cost of the obvious way.
        columns = {
            "place_id": self._ids.take(found.rows),
            "distance_m": found.distance_m,
            "rank": np.arange(1, len(found.rows) + 1),
            "exact": np.ones(len(found.rows), dtype=bool),
        }
        return pd.DataFrame(columns, copy=False)


def _ordered(rows: NDArray[np.int64], metres: NDArray[np.float64], limit: float, k: int) -> Neighbours:
    if limit != math.inf:
        near = metres <= limit
        rows, metres = rows[near], metres[near]
    # Rows are in the order of place ids: the row is the tie-break.
    order = np.lexsort((rows, metres))[:k]
    return Neighbours(rows[order], metres[order])


def _coordinates(places: pd.DataFrame, names: tuple[str, str]) -> NDArray[np.float64]:
    for name in names:
        if name in places.columns:
            return places[name].to_numpy(dtype=np.float64, na_value=np.nan)
    message = f"the places have no column {names[0]!r} (or {names[1]!r})"
    raise SchemaMismatch(message)


def _check_point(lon: float, lat: float) -> None:
    # Written so that NaN fails too.
    if not -180.0 <= lon <= 180.0:
        raise RequestError(parameter="lon", message=f"{lon} is not a longitude between -180 and 180 degrees")
    if not -90.0 <= lat <= 90.0:
        raise RequestError(parameter="lat", message=f"{lat} is not a latitude between -90 and 90 degrees")


def _check_k(k: int) -> None:
    if k < 1:
        raise RequestError(parameter="k", message=f"{k} places cannot be found; ask for 1 or more")


def _checked_distance(metres: Any) -> float:
    value = float(metres)
    if not value >= 0:
        raise RequestError(parameter="max_distance_m", message=f"{metres} is not a distance in metres")
    return value
