"""
Exports for maps: GeoJSON, FlatGeobuf, GeoPackage, PMTiles, KML, GPX.

Places go in, one file comes out. Formats of the GDAL family are written by pyogrio, which carries its own GDAL.
"""

from __future__ import annotations

from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd
import pyogrio

from mediation_geo.release.exports.flat import PUBLIC_COLUMNS, flat, positioned
from mediation_geo.standard import conform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd

__all__ = ["write_flatgeobuf", "write_geojson", "write_geopackage", "write_gpx", "write_kml", "write_pmtiles"]

LAYER = "lieux"
# The whole of France fits a screen at zoom 4; beyond 10 a viewer enlarges the tiles of 10, which place a point within 10 m.
TILES = MappingProxyType({"MINZOOM": 4, "MAXZOOM": 10, "MAX_SIZE": 8_000_000, "NAME": LAYER})
_TILE_COLUMNS = ["id", "nom", "commune", "telephone", "services", "geometry"]


def write_geojson(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write an RFC 7946 FeatureCollection; lists are arrays, a place without a position has the geometry null."""
    conformed = conform(pd.DataFrame(places), PUBLIC_COLUMNS)
    days = [name for name, kind in PUBLIC_COLUMNS.items() if kind == "date"]
    conformed = conformed.assign(**{name: conformed[name].dt.strftime("%Y-%m-%d") for name in days})
    rows = conformed.astype(object).where(conformed.notna(), None).to_dict(orient="records")
    points = zip(places.geometry.x, places.geometry.y, places.geometry.notna(), strict=True)
    with path.open("wb") as stream:
        stream.write(b'{"type":"FeatureCollection","features":[\n')
        for number, (row, (lon, lat, known)) in enumerate(zip(rows, points, strict=True)):
            stream.write(b",\n" if number else b"")
            stream.write(orjson.dumps(_feature(row, (lon, lat) if known else None)))
        stream.write(b"\n]}\n")


def _feature(row: Mapping[Any, Any], position: tuple[float, float] | None) -> dict[str, Any]:
    geometry = None if position is None else {"type": "Point", "coordinates": position}
    return {"type": "Feature", "id": row["id"], "geometry": geometry, "properties": row}


def write_flatgeobuf(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write an indexed FlatGeobuf, which can be read by range over HTTP; its index has no room for a place without a position."""
    _write(flat(positioned(places)), path, driver="FlatGeobuf", layer=LAYER)


def write_geopackage(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write a GeoPackage, the format of QGIS."""
    # The format notes when it was written; the day of no night in particular keeps two builds equal.
    with _gdal(OGR_CURRENT_DATE="1970-01-01T00:00:00.000Z"):
        _write(flat(places), path, driver="GPKG", layer=LAYER)


def write_pmtiles(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write vector tiles in one file for maps without a tile server, with the few columns a popup shows."""
    _write(flat(positioned(places))[_TILE_COLUMNS], path, driver="PMTiles", layer=LAYER, **TILES)


def write_kml(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write a KML with name and description, for the viewers that take nothing else."""
    table = flat(places)
    named = table.assign(Name=table["nom"], Description=_described(table))[["Name", "Description", "id", "geometry"]]
    _write(named, path, driver="KML", layer=LAYER)


def write_gpx(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write waypoints with name and description for navigation devices."""
    table = flat(positioned(places))
    named = table.assign(name=table["nom"], desc=_described(table))[["name", "desc", "geometry"]]
    _write(named, path, driver="GPX", layer="waypoints")


def _described(table: pd.DataFrame) -> pd.Series[str]:
    """Address, phone and hours in one line, from what is known."""
    city = table["code_postal"].fillna("") + " " + table["commune"].fillna("")
    parts = [table["adresse"].fillna(""), city.str.strip(), table["telephone"].fillna(""), table["horaires"].fillna("")]
    lines = zip(*parts, strict=True)
    return pd.Series([", ".join(filter(None, line)) for line in lines], index=table.index, dtype="str")


def _write(table: gpd.GeoDataFrame, path: Path, *, driver: str, layer: str, **options: Any) -> None:
    pyogrio.write_dataframe(table, path, driver=driver, layer=layer, geometry_type="Point", **options)


@contextmanager
def _gdal(**options: str) -> Iterator[None]:
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
