"""
White zones written down in a file, each with the maps or the list it is measured on, so that a report can be repeated from it.

A TOML file goes in, `ZoneFile`s come out; cells go in, the same cells with one white share for each come out. Measuring is done
by `white` and `arcep_tables`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pyogrio

from mediation_geo.coverage.arcep_maps import read_mobile_layers
from mediation_geo.coverage.arcep_tables import programme_shares, read_centre_bourgs
from mediation_geo.coverage.definitions import FixedWhiteZone, MobileWhiteZone, ProgrammeWhiteZone
from mediation_geo.coverage.frames import legal_epsg, project, with_territory
from mediation_geo.coverage.provenance import file_input, recorded
from mediation_geo.coverage.white import operator_raster, white_shares, white_shares_exact
from mediation_geo.errors import SchemaMismatch, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["ZoneFile", "measure_zones", "read_zones"]

Zone: TypeAlias = MobileWhiteZone | FixedWhiteZone | ProgrammeWhiteZone

_KINDS: dict[str, type[Zone]] = {"mobile": MobileWhiteZone, "fixed": FixedWhiteZone, "programme": ProgrammeWhiteZone}
# What is asked beside the parameters of the definition: where it is measured, and on what.
_ASKED = {"mobile": ("territory", "operators", "maps"), "fixed": ("territory", "covered"), "programme": ("communes",)}
_MAY = {"mobile": ("oldest_quarter",), "fixed": (), "programme": ()}
# Sub-points of a cell at the edge, and its corners in another projection, still lie inside.
_MARGIN_CELLS = 2


@dataclass(frozen=True, kw_only=True)
class ZoneFile:
    """
    A definition and the files it is measured on.

    Attributes
    ----------
    definition : MobileWhiteZone, FixedWhiteZone or ProgrammeWhiteZone
        What the white zone is.
    files : tuple of pathlib.Path
        Maps of the operators; polygons where the speed is reached; or the list of communes.
    territory : str or None
        Where the maps are valid (`metropole`, `974`, ...): cells elsewhere have no share. None for a list.
    operators : tuple of str
        MCC-MNC of the operators that count, for mobile zones.
    oldest_quarter : str or None
        Mobile maps back to this quarter are accepted.
    """

    definition: Zone
    files: tuple[Path, ...]
    territory: str | None = None
    operators: tuple[str, ...] = ()
    oldest_quarter: str | None = None

    @property
    def column(self) -> str:
        """Name of the column of shares."""
        return f"white_share_{self.definition.name}"


def read_zones(path: Path | str) -> list[ZoneFile]:
    r"""
    White zones of a TOML file: one table each, named as the results call it; paths are relative to the file.

    Raises
    ------
    SourceUnavailable
        If the file, or one it names, is not there.
    SchemaMismatch
        If it is no TOML, a kind or key is unknown, a parameter is absent or has an unknown value.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "list.csv").write_text("code_insee\n48095\n")
    >>> lines = ["[zbcb]", "kind = 'programme'", "programme = 'centre-bourgs'", "as_of = '2016'", "communes = 'list.csv'"]
    >>> _ = (folder / "zones.toml").write_text("\n".join(lines))
    >>> [zone.column for zone in read_zones(folder / "zones.toml")]
    ['white_share_zbcb']
    """
    source = Path(path)
    if not source.is_file():
        message = "the file of definitions is not there"
        raise SourceUnavailable(message, path=str(source))
    try:
        tables = tomllib.loads(source.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"is no TOML ({error})"
        raise SchemaMismatch(message, path=source.name) from error
    if not tables:
        message = "defines nothing; expected one table for each white zone, such as [sans_4g]"
        raise SchemaMismatch(message, path=source.name)
    return [_zone(name, table, source) for name, table in tables.items()]


def measure_zones(cells: pd.DataFrame, zones: Sequence[ZoneFile]) -> pd.DataFrame:
    """
    Cells with one column `white_share_<name>` for each zone; missing where its maps are not valid.

    Parameters
    ----------
    cells : pandas.DataFrame
        Layout `CELLS`.
    zones : sequence of ZoneFile
        See `read_zones`.

    Raises
    ------
    SchemaMismatch
        If two zones have one name, no cell lies in the territory of a zone, and for whatever the readers and measures refuse.
    """
    columns = [zone.column for zone in zones]
    twice = next((each for each in columns if columns.count(each) > 1), None)
    if twice is not None:
        message = f"two white zones are called {twice.removeprefix('white_share_')!r}: each needs a name of its own"
        raise SchemaMismatch(message)
    for zone in zones:  # a handful
        match zone.definition:
            case ProgrammeWhiteZone():
                cells = programme_shares(cells, read_centre_bourgs(zone.files[0]), definition=zone.definition)
            case MobileWhiteZone() | FixedWhiteZone():
                cells = _in_territory(cells, zone)
    return cells


def _in_territory(cells: pd.DataFrame, zone: ZoneFile) -> pd.DataFrame:
    placed = with_territory(cells)
    here = (placed["territory"] == zone.territory).to_numpy()
    if not here.any():
        there = ", ".join(sorted(placed["territory"].dropna().unique()))
        message = f"{zone.definition.name} is measured in {zone.territory}, where no cell lies; there are cells in {there}"
        raise SchemaMismatch(message)
    inside = placed[here]
    found = _mobile(inside, zone) if isinstance(zone.definition, MobileWhiteZone) else _fixed(inside, zone)
    shares = np.full(len(cells), np.nan)
    shares[here] = found[zone.column].to_numpy()
    return recorded(cells.assign(**{zone.column: shares}), "measure_zones", inputs=[cells, found], territory=zone.territory)


def _mobile(cells: pd.DataFrame, zone: ZoneFile) -> pd.DataFrame:
    assert isinstance(zone.definition, MobileWhiteZone)
    epsg = legal_epsg(str(zone.territory))
    layers = read_mobile_layers(zone.files, epsg=epsg)
    x, y = project(cells["lon"].to_numpy(), cells["lat"].to_numpy(), source_epsg=4326, target_epsg=epsg)
    margin = _MARGIN_CELLS * float(cells["size_m"].max())
    bounds = (float(x.min()) - margin, float(y.min()) - margin, float(x.max()) + margin, float(y.max()) + margin)
    raster = operator_raster(
        layers, definition=zone.definition, operators=zone.operators, bounds=bounds, oldest_quarter=zone.oldest_quarter
    )
    return white_shares(cells, raster)


def _fixed(cells: pd.DataFrame, zone: ZoneFile) -> pd.DataFrame:
    assert isinstance(zone.definition, FixedWhiteZone)
    path = zone.files[0]
    try:
        covered = pyogrio.read_dataframe(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        message = f"the polygons cannot be read ({error})"
        raise SourceError(message, path=path.name) from error
    if not isinstance(covered, gpd.GeoDataFrame):
        message = "holds no polygons"
        raise SchemaMismatch(message, path=path.name)
    noted = recorded(covered, "read_covered", files=[file_input(path)])
    return white_shares_exact(cells, noted, definition=zone.definition)


def _zone(name: str, table: Any, source: Path) -> ZoneFile:
    if not isinstance(table, dict) or table.get("kind") not in _KINDS:
        found = table.get("kind") if isinstance(table, dict) else table
        message = f"[{name}]: kind is {found!r}; expected one of {', '.join(_KINDS)}"
        raise SchemaMismatch(message, path=source.name)
    kind: str = table["kind"]
    parameters = [each.name for each in fields(_KINDS[kind]) if each.name != "name"]
    _check_keys(table, {"kind", *parameters, *_ASKED[kind]}, {*_MAY[kind]}, where=f"[{name}]", source=source)
    values = {key: table[key] for key in parameters}
    if values.get("level") == "none":  # TOML has no word for None
        values["level"] = None
    try:
        definition = _KINDS[kind](name=name, **values)
    except SchemaMismatch as error:
        message = f"[{name}]: {error.message}"
        raise SchemaMismatch(message, path=source.name) from error
    return ZoneFile(
        definition=definition,
        files=_files(table, source),
        territory=table.get("territory"),
        operators=tuple(map(str, table.get("operators", ()))),
        oldest_quarter=table.get("oldest_quarter"),
    )


def _check_keys(table: Mapping[str, Any], asked: set[str], may: set[str], *, where: str, source: Path) -> None:
    missing, unknown = sorted(asked - table.keys()), sorted(table.keys() - asked - may)
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has the unknown key {unknown[0]}"
        message = f"{where} {wrong}; expected {', '.join(sorted(asked))}" + (f", and perhaps {', '.join(may)}" if may else "")
        raise SchemaMismatch(message, path=source.name)


def _files(table: Mapping[str, Any], source: Path) -> tuple[Path, ...]:
    named = table.get("maps") or [table.get("covered") or table.get("communes")]
    files = tuple(source.parent / str(each) for each in named)
    for file in files:
        if not file.is_file():
            message = f"{source.name} names this file, which is not there"
            raise SourceUnavailable(message, path=str(file))
    return files
