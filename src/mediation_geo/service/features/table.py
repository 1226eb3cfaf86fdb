"""
A collection held in memory: one row a feature, with indexes made when first used and GeoJSON written once.

Comes from a frame and a list of columns; knows nothing of HTTP, of pygeoapi or of what a place is. Never changes after
it is made, so
any number of requests may read it while a new release is being loaded elsewhere.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from mediation_geo.geodesy import geocentric_m
from mediation_geo.service.features.columns import Column, json_schema
from mediation_geo.service.features.crs import CRS84, transform_points

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

__all__ = ["FeatureTable", "Rows", "View"]

Rows = NDArray[np.int64]


class View:
    """Geometries of a table in one reference system, with their R-tree and their GeoJSON."""

    def __init__(self, geometries: NDArray[Any]) -> None:
        self.geometries = geometries
        self.tree = shapely.STRtree(geometries)

    def intersecting(self, geometry: shapely.Geometry) -> Rows:
        """Rows whose geometry shares at least one point with this one, in row order."""
        return np.sort(self.tree.query(geometry, predicate="intersects").astype(np.int64))

    def geojson(self, rows: Rows) -> list[bytes]:
        """GeoJSON of the geometries of these rows; `null` where there is none."""
        texts = shapely.to_geojson(self.geometries[rows])
        return [b"null" if text is None else text.encode() for text in texts]


class FeatureTable:
    """
    The features of one collection, ready to be filtered, sorted and written.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a feature; missing is missing.
    columns : sequence of Column
        The properties to publish, in order; a column absent from the frame is published as null.
    ids : sequence of str
        Feature ids, unique, one a row.
    geometries : numpy.ndarray of shapely geometries or None, shape (n,)
        EPSG:4326, longitude first.
    date_column : str, optional
        The column that `datetime` looks at.

    Examples
    --------
    >>> towns = pd.DataFrame({"nom": ["Lyon", "Lille"]})
    >>> points = shapely.points([[4.84, 45.76], [3.06, 50.64]])
    >>> table = FeatureTable(towns, [Column("nom", "text", "Nom")], ids=["a", "b"], geometries=points)
    >>> table.rows_equal("nom", "Lille").tolist()
    [1]
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        *,
        ids: Sequence[str],
        geometries: NDArray[Any],
        date_column: str | None = None,
    ) -> None:
        self.columns = {each.name: each for each in columns}
        self.date_column = date_column
        self.ids = list(ids)
        self.row_of_id = {each: row for row, each in enumerate(self.ids)}
        self.all_rows: Rows = np.arange(len(self.ids), dtype=np.int64)
        self._geometries = geometries
        self._values = {name: _plain_values(frame, column) for name, column in self.columns.items()}
        self._views: dict[str, View] = {}
        self._indexes: dict[str, dict[Hashable, Rows]] = {}
        self._factors: dict[str, tuple[Rows, NDArray[Any]]] = {}
        self._ranks: dict[str, Rows] = {}
        self._write_fragments()

    def __len__(self) -> int:
        return len(self.ids)

    def values(self, name: str) -> NDArray[Any]:
        """Values of a column as Python objects, None where missing; dates are ISO text."""
        return self._values[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Values of a number column, NaN where missing."""
        return self._values[name].astype(np.float64)

    def factors(self, name: str) -> tuple[Rows, NDArray[Any]]:
        """Codes of the rows and the distinct values of a text or date column; code -1 where missing."""
        if name not in self._factors:
            codes, distinct = pd.factorize(self._values[name], sort=True)
            self._factors[name] = (codes.astype(np.int64), np.asarray(distinct, dtype=object))
        return self._factors[name]

    def rows_equal(self, name: str, value: Hashable) -> Rows:
        """Rows whose column equals the value, or whose list holds it, in row order."""
        if name not in self._indexes:
            self._indexes[name] = _inverted(self._values[name], is_list=self.columns[name].kind == "list")
        return self._indexes[name].get(value, _NO_ROWS)

    def ranks(self, name: str) -> Rows:
        """Rank of each row by a column; missing values share the greatest rank."""
        if name not in self._ranks:
            if self.columns[name].kind in {"number", "integer"}:
                codes = pd.factorize(self.numbers(name), sort=True)[0].astype(np.int64)
            else:
                codes = self.factors(name)[0]
            self._ranks[name] = np.where(codes < 0, len(codes), codes)
        return self._ranks[name]

    def view(self, crs: str) -> View:
        """The geometries in a reference system, made on first use and kept."""
        if crs not in self._views:
            if crs == CRS84:
                self._views[crs] = View(self._geometries)
            else:
                moved = shapely.transform(self._geometries, lambda points: transform_points(points, to=crs))
                # A point that the projection cannot hold has no coordinates in it, which GeoJSON writes as null.
                held = moved.copy()
                held[~np.isfinite(shapely.bounds(moved)).all(axis=1)] = None
                self._views[crs] = View(held)
        return self._views[crs]

    def prepare(self) -> None:
        """Make now what the first spatial question would have to wait for."""
        _ = self.view(CRS84).tree, self.has_geometry, self.geocentric, self.schemas

    @cached_property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """JSON Schema of each column; not to be changed by the caller."""
        return {name: json_schema(column) for name, column in self.columns.items()}

    @cached_property
    def has_geometry(self) -> NDArray[np.bool_]:
        """Whether each row has a geometry."""
        return np.asarray(~shapely.is_missing(self._geometries), dtype=np.bool_)

    @cached_property
    def lon_lat(self) -> NDArray[np.float64]:
        """Longitude and latitude of each point, NaN where missing; shape (n, 2)."""
        return np.column_stack([shapely.get_x(self._geometries), shapely.get_y(self._geometries)])

    @cached_property
    def geocentric(self) -> NDArray[np.float64]:
        """Geocentric metres of each point, NaN where missing; shape (n, 3)."""
        return geocentric_m(self.lon_lat[:, 0], self.lon_lat[:, 1])

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all geometries; the whole world when there is none."""
        if not self.has_geometry.any():
            return (-180.0, -90.0, 180.0, 90.0)
        west, south, east, north = (float(part) for part in shapely.total_bounds(self._geometries))
        return (west, south, east, north)

    @cached_property
    def interval(self) -> tuple[str | None, str | None]:
        """First and last day of the date column, None when there is none."""
        days = [day for day in self._values[self.date_column] if day] if self.date_column else []
        return (min(days), max(days)) if days else (None, None)

    def feature(self, row: int) -> dict[str, Any]:
        """One feature as plain data, in CRS84."""
        feature: dict[str, Any] = orjson.loads(self._blob[self._starts[row] : self._ends[row]])
        return feature

    def features_json(self, rows: Rows) -> bytes | memoryview:
        """Features of these rows in CRS84, joined by commas; those that lie side by side are not copied."""
        if len(rows) == 0:
            return b""
        first, last = int(rows[0]), int(rows[-1])
        # The usual page is a run of neighbours, which lies in the blob exactly as it is to be sent.
        if last - first == len(rows) - 1 and (len(rows) < 3 or bool((np.diff(rows) == 1).all())):
            return memoryview(self._blob)[self._starts[first] : self._ends[last]]
        blob, starts, ends = self._blob, self._starts, self._ends
        return b",".join([blob[starts[row] : ends[row]] for row in rows.tolist()])

    def properties_json(self, row: int) -> bytes:
        """One feature up to the end of its properties: everything but `,"geometry":...}`."""
        return self._blob[self._starts[row] : self._middles[row]]

    def _write_fragments(self) -> None:
        names = list(self.columns)
        geometry_texts = View(self._geometries).geojson(self.all_rows)
        parts: list[bytes] = []
        starts, middles, ends = [], [], []
        position = 0
        columns = [self._values[name] for name in names]
        for row, values in enumerate(zip(*columns, strict=True)):
            head = orjson.dumps({"type": "Feature", "id": self.ids[row], "properties": dict(zip(names, values, strict=True))})[
                :-1
            ]
            tail = b',"geometry":' + geometry_texts[row] + b"}"
            starts.append(position)
            middles.append(position + len(head))
            ends.append(position + len(head) + len(tail))
            parts.append(head + tail)
            position = ends[-1] + 1
        self._blob = b",".join(parts)
        self._starts, self._middles, self._ends = starts, middles, ends


_NO_ROWS: Rows = np.empty(0, dtype=np.int64)


def _plain_values(frame: pd.DataFrame, column: Column) -> NDArray[Any]:
    values = np.full(len(frame), None, dtype=object)
    if column.name not in frame.columns:
        return values
    series = frame[column.name]
    match column.kind:
        case "date":
            series = pd.to_datetime(series).dt.strftime("%Y-%m-%d")
        case "list":
            values[:] = [_plain_list(each) for each in series.to_numpy(dtype=object)]
            return values
        case _:
            pass
    known = series.notna().to_numpy()
    plain = series[known].tolist()
    values[known] = [int(each) for each in plain] if column.kind == "integer" else plain
    return values


def _plain_list(value: Any) -> list[str] | None:
    # From Parquet a list may be an array; an empty one says no more than a missing one.
    return [str(each) for each in value] if isinstance(value, list | tuple | np.ndarray) and len(value) else None


def _inverted(values: Iterable[Any], *, is_list: bool) -> dict[Hashable, Rows]:
    found: dict[Hashable, list[int]] = {}
    for row, value in enumerate(values):
        if value is None:
            continue
        for each in dict.fromkeys(value) if is_list else (value,):
            found.setdefault(each, []).append(row)
    return {value: np.asarray(rows, dtype=np.int64) for value, rows in found.items()}
