"""
The tables of a release as Parquet files: places as GeoParquet 1.1, the others as plain Parquet.

Frames in the layouts of `standard.tables` go in, files come out, and back. The bytes depend on the rows alone: not on their
order, the clock or the machine. Nothing here knows of folders, releases or gates.

GeoParquet: geometry as WKB in OGC:CRS84 (the default of the format, longitude first), a `bbox` covering in float64, rows along a
Hilbert curve over the whole world, zstd, 16,384 rows a group. The curve's bounds are fixed so that a place keeps its spot in the
file when another one is added.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from mediation_geo.errors import CRSMismatch
from mediation_geo.standard import PLACES, Layout, conform, from_arrow, to_arrow

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "places_from_arrow",
    "places_to_arrow",
    "sort_by_all_columns",
    "write_geoparquet",
    "write_geoparquet_2",
    "write_parquet",
]

ROWS_PER_GROUP = 16_384
WORLD_BOUNDS = (-180.0, -90.0, 180.0, 90.0)
HILBERT_LEVEL = 16
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_BBOX_TYPE = pa.struct([(corner, pa.float64()) for corner in _CORNERS])
_GEO_METADATA = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {
        "geometry": {
            "encoding": "WKB",
            "geometry_types": ["Point"],
            "covering": {"bbox": {corner: ["bbox", corner] for corner in _CORNERS}},
        }
    },
}
# GeoParquet 2.0 leaves the box to the statistics of Parquet's own geometry type.
_GEO_METADATA_2 = {
    "version": "2.0.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}


class _Geometry(pa.ExtensionType):
    """WKB that pyarrow writes as the Parquet type GEOMETRY; without a reference system of its own it means OGC:CRS84."""

    def __init__(self) -> None:
        super().__init__(pa.binary(), "geoarrow.wkb")

    def __arrow_ext_serialize__(self) -> bytes:
        return b"{}"

    @classmethod
    def __arrow_ext_deserialize__(cls, _storage: pa.DataType, _serialized: bytes) -> _Geometry:
        return cls()


def write_geoparquet(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write places as GeoParquet 1.1, laid out as in the release."""
    write_parquet(places_to_arrow(places), path)


def write_geoparquet_2(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write places as GeoParquet 2.0, with the geometry type of Parquet itself, for readers that know it."""
    table = places_to_arrow(places).drop_columns(["bbox"])
    points = table.column("geometry").combine_chunks()
    native = pa.ExtensionArray.from_storage(_Geometry(), points)
    table = table.set_column(table.column_names.index("geometry"), "geometry", native)
    write_parquet(table.replace_schema_metadata({"geo": json.dumps(_GEO_METADATA_2, sort_keys=True)}), path)


def write_parquet(table: pa.Table, path: Path) -> None:
    """
    Write an Arrow table with the settings shared by every file of a release.

    Raises
    ------
    OSError
        If the disk refuses; the file may then be there in part.
    """
    pq.write_table(table.combine_chunks(), path, compression="zstd", row_group_size=ROWS_PER_GROUP, version="2.6")


def places_to_arrow(places: gpd.GeoDataFrame) -> pa.Table:
    """
    Arrow table of the places with the metadata of GeoParquet 1.1, in Hilbert order; places without a position come last.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        Layout `PLACES`, EPSG:4326; a geometry may be missing.

    Raises
    ------
    CRSMismatch
        If the frame is in another coordinate reference system.

    Examples
    --------
    >>> frame = conform(pd.DataFrame({"place_id": ["b", "a"]}), PLACES)
    >>> places = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([2.35, 3.88], [48.86, 43.61]), crs=4326)
    >>> table = places_to_arrow(places)
    >>> table.column_names[-2:], json.loads(table.schema.metadata[b"geo"])["version"]
    (['geometry', 'bbox'], '1.1.0')
    """
    if places.crs != "EPSG:4326":
        message = f"places are in {places.crs}; a release is written from EPSG:4326"
        raise CRSMismatch(message)
    ordered = places.take(_hilbert_order(places))
    points = ordered.geometry.to_numpy()
    table = to_arrow(conform(pd.DataFrame(ordered.drop(columns="geometry")), PLACES), PLACES)
    # A missing geometry has NaN bounds; Arrow's null says "no box", a NaN would break the statistics of the row group.
    missing = shapely.is_missing(points)
    bounds = shapely.bounds(points)
    corners = [pa.array(bounds[:, i], type=pa.float64()) for i in range(len(_CORNERS))]
    bbox = pa.StructArray.from_arrays(corners, fields=list(_BBOX_TYPE), mask=pa.array(missing))
    table = table.append_column("geometry", pa.array(shapely.to_wkb(points), type=pa.binary()))
    table = table.append_column("bbox", bbox)
    return table.replace_schema_metadata({"geo": json.dumps(_GEO_METADATA, sort_keys=True)})


def places_from_arrow(table: pa.Table) -> gpd.GeoDataFrame:
    """
    Places in the layout of the house, sorted by `place_id`; the inverse of `places_to_arrow`.

    Examples
    --------
    >>> frame = conform(pd.DataFrame({"place_id": ["b", "a"]}), PLACES)
    >>> places = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([2.35, 3.88], [48.86, 43.61]), crs=4326)
    >>> places_from_arrow(places_to_arrow(places)).place_id.tolist()
    ['a', 'b']
    """
    geometry = shapely.from_wkb(table.column("geometry").to_numpy())
    frame = from_arrow(table.drop_columns(["geometry", "bbox"]), PLACES).assign(geometry=geometry)
    ordered = frame.sort_values("place_id", kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(ordered, geometry="geometry", crs="EPSG:4326")


def sort_by_all_columns(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """
    Same rows in the layout, in the one order that does not depend on the order in which they came.

    Examples
    --------
    >>> from mediation_geo.standard import MEMBERS
    >>> sort_by_all_columns(pd.DataFrame({"record_id": ["b", "a"], "place_id": ["p", "q"]}), MEMBERS).record_id.tolist()
    ['a', 'b']
    """
    conformed = conform(frame, layout)
    keys: dict[str, Any] = {
        name: conformed[name].map(_joined, na_action="ignore") if kind == "list" else conformed[name]
        for name, kind in layout.items()
    }
    order = pd.DataFrame(keys).sort_values(list(layout), kind="stable", na_position="first").index
    return conformed.loc[order].reset_index(drop=True)


def _joined(values: list[str]) -> str:
    return "\x1f".join(values)


def _hilbert_order(places: gpd.GeoDataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    positioned = ~places.geometry.isna().to_numpy()
    distance = np.full(len(places), np.iinfo(np.int64).max, dtype=np.int64)
    if positioned.any():
        curve = gpd.GeoSeries(places.geometry.loc[positioned]).hilbert_distance(total_bounds=WORLD_BOUNDS, level=HILBERT_LEVEL)
        distance[positioned] = curve.to_numpy(dtype=np.int64)
    # Places of one cell of the curve, about 600 m by 300 m, are told apart by their id.
    return np.lexsort((places["place_id"].to_numpy(dtype=str), distance))
