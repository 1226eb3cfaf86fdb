"""
ARCEP's maps of mobile coverage: GeoPackage files, alone or in 7z, one for each operator, technology and quarter.

Files go in, one frame of polygons comes out with `operator`, `techno`, `usage`, `niveau`, `quarter`. Levels and quarters are
checked, the reference system is recognised by its parameters, nothing is reprojected.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio

from mediation_geo.coverage.archives import unpacked
from mediation_geo.coverage.definitions import LEVELS, check_quarter, quarter_index
from mediation_geo.coverage.frames import require_columns, same_projection
from mediation_geo.coverage.provenance import file_input, recorded
from mediation_geo.errors import CRSMismatch, SchemaMismatch, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OPERATORS", "LayerName", "newest_layers", "parse_layer_name", "read_mobile_layer", "read_mobile_layers"]

# MCC-MNC by the letters in the names of files, over the years.
OPERATORS = {"OF": "20801", "ORANGE": "20801", "SFR": "20810", "SFR0": "20810", "FREE": "20815", "BOUY": "20820", "BYT": "20820"}
_NAME = re.compile(
    r"^(?P<year>20\d\d)_T(?P<quarter>[1-4])_couv_(?P<territory>[^_]+)_(?P<operator>[^_]+)_(?P<techno>[^_]+)_(?P<usage>[^_.]+)"
    r"\.gpkg(\.7z)?$",
    re.IGNORECASE,
)
# NONE: covered, at a level nobody published (3G data, 5G).
_KNOWN_LEVELS = frozenset({*LEVELS, "NONE"})
_COLUMNS = ["operator", "techno", "usage", "niveau", "quarter", "geometry"]


class LayerName(NamedTuple):
    """What the name of a file of ARCEP says."""

    path: Path
    quarter: str
    territory: str
    operator: str
    techno: str
    usage: str


def parse_layer_name(path: Path | str) -> LayerName:
    """
    Quarter, territory, operator, technology and use that a file's name says.

    Raises
    ------
    SchemaMismatch
        If the name has another form, or the operator is unknown.

    Examples
    --------
    >>> parse_layer_name("2026_T2_couv_Metropole_OF_4G_data.gpkg.7z")[1:]
    ('2026_T2', 'Metropole', '20801', '4G', 'data')
    """
    source = Path(path)
    found = _NAME.match(source.name)
    if found is None:
        message = "is no name of a coverage map; expected a form such as 2026_T2_couv_Metropole_OF_4G_data.gpkg.7z"
        raise SchemaMismatch(message, path=source.name)
    operator = OPERATORS.get(found["operator"].upper(), found["operator"] if found["operator"].isdigit() else None)
    if operator is None:
        message = f"operator {found['operator']!r} is unknown; expected one of {', '.join(OPERATORS)} or an MCC-MNC code"
        raise SchemaMismatch(message, path=source.name)
    quarter = f"{found['year']}_T{found['quarter']}"
    return LayerName(source, quarter, found["territory"], operator, found["techno"].upper(), found["usage"].lower())


def newest_layers(paths: Iterable[Path | str], *, quarter: str, window: int) -> list[Path]:
    """
    Newest map of each operator, technology and use, among those of a quarter and the ones before.

    4G is published each quarter, 2G and 3G twice a year, 5G irregularly: the newest of each layer is what is known.

    Parameters
    ----------
    paths : iterable of path
        Files named as ARCEP names them.
    quarter : str
        Newest quarter to look at; later ones are left aside.
    window : int
        How many quarters to look back on, 1 for that quarter alone.

    Returns
    -------
    list of pathlib.Path
        One file a layer, in order of name.

    Raises
    ------
    SchemaMismatch
        If a name has another form, or no file lies in the window.

    Examples
    --------
    >>> names = ["2026_T1_couv_Metropole_OF_2G_voix.gpkg.7z", "2025_T4_couv_Metropole_OF_2G_voix.gpkg.7z"]
    >>> [each.name for each in newest_layers(names, quarter="2026_T2", window=2)]
    ['2026_T1_couv_Metropole_OF_2G_voix.gpkg.7z']
    """
    last = quarter_index(check_quarter(quarter))
    chosen: dict[tuple[str, ...], LayerName] = {}
    names = sorted((parse_layer_name(each) for each in paths), key=lambda each: each.quarter)
    for name in names:  # a few dozen files
        if last - window < quarter_index(name.quarter) <= last:
            chosen[name.territory, name.operator, name.techno, name.usage] = name
    if not chosen:
        message = (
            f"no map within {window} quarters up to {quarter}; there are those of {', '.join(sorted({n.quarter for n in names}))}"
        )
        raise SchemaMismatch(message)
    return sorted(name.path for name in chosen.values())


def read_mobile_layer(path: Path | str, *, epsg: int) -> gpd.GeoDataFrame:
    """
    Polygons of one map.

    Parameters
    ----------
    path : path
        GeoPackage, or a 7z archive with one.
    epsg : int
        The legal projection of the territory: 2154 in metropole. ARCEP's files name it in their own way.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns `operator, techno, usage, niveau, quarter, geometry`, in that projection.

    Raises
    ------
    SourceUnavailable, SourceError
        If the file is absent, damaged or cut short.
    CRSMismatch
        If its reference system has other parameters.
    SchemaMismatch
        If the name or a level is unknown, or a column is absent.
    """
    name = parse_layer_name(path)
    if not name.path.is_file():
        message = "the file is not there"
        raise SourceUnavailable(message, path=str(name.path))
    if name.path.suffix.lower() == ".7z":
        with unpacked(name.path) as files:
            packages = [each for each in files if each.suffix.lower() == ".gpkg"]
            if len(packages) != 1:
                message = f"expected one GeoPackage in the archive; it holds {', '.join(e.name for e in files) or 'nothing'}"
                raise SchemaMismatch(message, path=name.path.name)
            frame = _read_package(packages[0], name.path.name)
    else:
        frame = _read_package(name.path, name.path.name)
    if not same_projection(frame.crs, epsg=epsg):
        message = f"{name.path.name} is in {frame.crs.name if frame.crs else 'no reference system'}; expected that of EPSG:{epsg}"
        raise CRSMismatch(message)
    require_columns(frame, ["niveau"], what=name.path.name)
    levels = frame["niveau"].fillna("NONE").astype("str").str.upper()
    _check_levels(levels, what=name.path.name)
    facts = {"operator": name.operator, "techno": name.techno, "usage": name.usage, "quarter": name.quarter}
    layer = frame.set_crs(epsg, allow_override=True).assign(**facts, niveau=levels)[_COLUMNS]
    return recorded(layer, "read_mobile_layer", files=[file_input(name.path, **facts, epsg=epsg)])


def read_mobile_layers(paths: Iterable[Path | str], *, epsg: int) -> gpd.GeoDataFrame:
    """Polygons of several maps as one frame; see `read_mobile_layer`."""
    layers = [read_mobile_layer(path, epsg=epsg) for path in paths]
    if not layers:
        message = "no map was given"
        raise SchemaMismatch(message)
    whole = gpd.GeoDataFrame(pd.concat(layers, ignore_index=True), crs=layers[0].crs)
    return recorded(whole, "read_mobile_layers", inputs=layers)


def _read_package(path: Path, shown: str) -> gpd.GeoDataFrame:
    try:
        frame = pyogrio.read_dataframe(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        message = f"the GeoPackage is damaged or cut short ({error})"
        raise SourceError(message, path=shown) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        message = "the GeoPackage holds no polygons"
        raise SchemaMismatch(message, path=shown)
    return frame.rename(columns=str.lower)


def _check_levels(levels: pd.Series, *, what: str) -> None:
    unknown = sorted(set(levels) - _KNOWN_LEVELS)
    if unknown:
        message = f"{what}: level {unknown[0]!r} is unknown; expected one of {', '.join(sorted(_KNOWN_LEVELS))}"
        raise SchemaMismatch(message)
