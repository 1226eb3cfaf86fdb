"""
Which exports there are, and writing them for one release.

A release goes in; a folder of files with an index and checksums comes out, in one step: it is there whole or not at all. Every
file holds every place, or the index says how many it had to leave out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediation_geo.release import geoparquet
from mediation_geo.release.errors import ExportError
from mediation_geo.release.exports import data_inclusion, hsds, maps, office, official
from mediation_geo.release.folder import replaced_folder
from mediation_geo.release.manifest import file_entry, to_json
from mediation_geo.release.reading import CHECKSUMS, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

__all__ = ["BY_DEPARTEMENT", "FORMATS", "INDEX", "Format", "chosen_formats", "fill_exports", "write_exports"]

INDEX = "index.json"
STEM = "lieux-mediation-numerique"
PARQUET = "application/vnd.apache.parquet"


def _every_place(places: gpd.GeoDataFrame) -> pd.Series[bool]:
    return places["place_id"].notna()


def _with_position(places: gpd.GeoDataFrame) -> pd.Series[bool]:
    return places.geometry.notna()


def _with_services(places: gpd.GeoDataFrame) -> pd.Series[bool]:
    return places["services"].notna()


@dataclass(frozen=True, slots=True)
class Format:
    """
    One kind of export.

    Attributes
    ----------
    name : str
        What the command line calls it.
    file : str
        Name of the file.
    media_type : str
        As registered with IANA where it is.
    title : str
        French, for the page of downloads and the catalogues.
    write : callable
        Writes places into a file.
    holds : callable
        Which of the places have room in it, as booleans.
    """

    name: str
    file: str
    media_type: str
    title: str
    write: Callable[[gpd.GeoDataFrame, Path], None]
    holds: Callable[[gpd.GeoDataFrame], pd.Series[bool]] = _every_place


_ALL = (
    Format("csv", f"{STEM}.csv", "text/csv", "CSV du standard national", official.write_official_csv),
    Format("json", f"{STEM}.json", "application/json", "JSON du standard national", official.write_official_json),
    Format("geojson", f"{STEM}.geojson", "application/geo+json", "GeoJSON", maps.write_geojson),
    Format("geoparquet", f"{STEM}.parquet", PARQUET, "GeoParquet 1.1", geoparquet.write_geoparquet),
    Format("geoparquet-2", f"{STEM}.v2.parquet", PARQUET, "GeoParquet 2.0", geoparquet.write_geoparquet_2),
    Format(
        "flatgeobuf",
        f"{STEM}.fgb",
        "application/vnd.flatgeobuf",
        "FlatGeobuf indexé",
        maps.write_flatgeobuf,
        holds=_with_position,
    ),
    Format("geopackage", f"{STEM}.gpkg", "application/geopackage+sqlite3", "GeoPackage", maps.write_geopackage),
    Format(
        "pmtiles",
        f"{STEM}.pmtiles",
        "application/vnd.pmtiles",
        "Tuiles vectorielles PMTiles",
        maps.write_pmtiles,
        holds=_with_position,
    ),
    Format("kml", f"{STEM}.kml", "application/vnd.google-earth.kml+xml", "KML", maps.write_kml),
    Format("gpx", f"{STEM}.gpx", "application/gpx+xml", "GPX", maps.write_gpx, holds=_with_position),
    Format("vcard", f"{STEM}.vcf", "text/vcard", "Carnet d'adresses vCard 4.0", office.write_vcard),
    Format(
        "xlsx",
        f"{STEM}.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Classeur Excel",
        office.write_xlsx,
    ),
    Format(
        "data-inclusion-structures",
        "data-inclusion-structures.json",
        "application/json",
        "Structures au schéma data·inclusion v1",
        data_inclusion.write_structures,
    ),
    Format(
        "data-inclusion-services",
        "data-inclusion-services.json",
        "application/json",
        "Services au schéma data·inclusion v1",
        data_inclusion.write_services,
        holds=_with_services,
    ),
    Format("hsds", "hsds.zip", "application/zip", "Open Referral HSDS 3 (CSV)", hsds.write_hsds),
)
FORMATS: Mapping[str, Format] = {each.name: each for each in _ALL}
# The cuts people ask for by name of a département: a table, and a map.
BY_DEPARTEMENT = ("csv", "geojson")


def write_exports(release: Release, out: str | Path, *, formats: Iterable[str] | None = None) -> Path:
    """
    Folder with the exports of a release, their index and their checksums.

    Parameters
    ----------
    release : Release
        The release to export.
    out : str or pathlib.Path
        Folder to make; one that was made here before is replaced as a whole.
    formats : iterable of str, optional
        Names in `FORMATS`; all of them by default. `csv` and `geojson` are also cut by département.

    Raises
    ------
    ExportError
        If a format is unknown, or `out` holds something that is no export.
    StoreBusy, StoreUnwritable
        If another process exports to the same folder, or the disk refuses; what was there before is then untouched.
    """
    chosen = chosen_formats(formats)
    target = Path(out)
    with replaced_folder(target) as staging:
        fill_exports(release, staging, formats=chosen)
    return target


def fill_exports(release: Release, folder: Path, *, formats: Sequence[Format]) -> dict[str, Any]:
    """Write the exports, their index and their checksums into a folder that is there; return the index."""
    index = _write_all(release, folder, formats)
    (folder / INDEX).write_bytes(to_json(index))
    sums = [f"{entry['sha256']}  {entry['file']}\n" for entry in index["files"]]
    (folder / CHECKSUMS).write_text("".join(sums), encoding="utf-8")
    return index


def chosen_formats(formats: Iterable[str] | None) -> list[Format]:
    """Formats by their names, all of them for None; an unknown name is an `ExportError`."""
    names = list(FORMATS) if formats is None else list(formats)
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        message = f"unknown format {', '.join(unknown)}; expected some of {', '.join(FORMATS)}"
        raise ExportError(message)
    return [FORMATS[name] for name in names]


def _write_all(release: Release, folder: Path, formats: Sequence[Format]) -> dict[str, Any]:
    places = release.places
    files = [_entry(each, places, folder, each.file) for each in formats]
    cuts = [each for each in formats if each.name in BY_DEPARTEMENT]
    for code in sorted(places["code_departement"].dropna().unique()) if cuts else []:
        part = places[places["code_departement"].eq(code)].reset_index(drop=True)
        (folder / "departements").mkdir(exist_ok=True)
        for each in cuts:
            files.append(_entry(each, part, folder, f"departements/{code}{Path(each.file).suffix}", departement=code))
    return {
        "release": release.id,
        "as_of": release.manifest["as_of"],
        "demo": bool(release.manifest.get("demo")),
        "places": len(places),
        "files": files,
    }


def _entry(kind: Format, places: gpd.GeoDataFrame, folder: Path, name: str, *, departement: str | None = None) -> dict[str, Any]:
    kind.write(places, folder / name)
    held = int(kind.holds(places).sum())
    return {
        "file": name,
        "format": kind.name,
        "media_type": kind.media_type,
        "title": kind.title,
        "departement": departement,
        "left_out": len(places) - held,
        **file_entry(folder / name, rows=held),
    }
