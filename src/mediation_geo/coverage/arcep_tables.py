"""
What ARCEP and the State publish as tables: statistics by commune, shares by number of operators, sites, targeted zones, lists.

CSV goes in, frames with lower-case columns and codes as text come out. The maps themselves are read in `arcep_maps`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from mediation_geo.coverage.archives import open_table
from mediation_geo.coverage.definitions import ProgrammeWhiteZone, check_quarter
from mediation_geo.coverage.frames import require_columns
from mediation_geo.coverage.provenance import file_input, recorded
from mediation_geo.errors import SchemaMismatch
from mediation_geo.locate import load_communes

__all__ = [
    "programme_shares",
    "read_centre_bourgs",
    "read_nbope",
    "read_operator_communes",
    "read_sites",
    "read_targeted_sites",
    "read_targeted_zones",
]

_SHARES = tuple(f"{what}_{level}" for what in ("couv", "pop") for level in ("nc", "cl", "bc", "tbc"))
_BY_COUNT = tuple(f"{what}_{count}" for what in ("pop", "couv") for count in range(5))
_QUARTER = re.compile(r"(20\d\d)_?T([1-4])", re.IGNORECASE)
# Per cent, published with two decimals: four of them may miss 100 by a few hundredths.
_SUM_TOLERANCE = 0.5


def read_operator_communes(path: Path | str, *, quarter: str | None = None) -> pd.DataFrame:
    r"""
    Shares of area and people covered in each commune, by operator and technology (`op_communes`).

    Parameters
    ----------
    path : path
        CSV as ARCEP publishes it; the quarter is read from its name unless given.

    Returns
    -------
    pandas.DataFrame
        `techno, mcc_mnc, commune` (text), `couv_nc, couv_cl, couv_bc, couv_tbc, pop_nc ...` in per cent, `quarter`.

    Raises
    ------
    SchemaMismatch
        If a column is absent, the quarter is nowhere, or shares are not between 0 and 100 or do not sum to 100.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "2026T2_op_communes.csv"
    >>> head = "techno;mcc_mnc;commune;couv_nc;couv_cl;couv_bc;couv_tbc;pop_nc;pop_cl;pop_bc;pop_tbc"
    >>> _ = file.write_text(head + "\n4G;20801;01001;10;20;30;40;0;0;0;100\n")
    >>> read_operator_communes(file)[["commune", "couv_nc", "quarter"]].values.tolist()
    [['01001', 10, '2026_T2']]
    """
    table = _lowered(path)
    require_columns(table, ["techno", "mcc_mnc", "commune", *_SHARES], what=Path(path).name)
    for what in ("couv", "pop"):
        columns = [name for name in _SHARES if name.startswith(what)]
        _check_shares(table, columns, path)
    text = {name: table[name].astype("str") for name in ("techno", "mcc_mnc")}
    found = table.assign(**text, commune=table["commune"].astype("str").str.zfill(5), quarter=_quarter(path, quarter))
    return recorded(found, "read_operator_communes", files=[file_input(path)])


def read_nbope(path: Path | str, *, quarter: str | None = None) -> pd.DataFrame:
    r"""
    Share of people and area with exactly n operators, by technology, level and territory (`nbope`).

    `pop_0` is the population of the white zone by ARCEP's own count.

    Returns
    -------
    pandas.DataFrame
        `techno, niveau, territoire` (text), `pop_0 ... pop_4`, `couv_0 ... couv_4` (and `_5` where published) in per cent,
        `quarter`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "2023T3_nbope.csv"
    >>> head = "techno;niveau;territoire;pop_0;pop_1;pop_2;pop_3;pop_4;couv_0;couv_1;couv_2;couv_3;couv_4"
    >>> _ = file.write_text(head + "\n2G3G;BC;METRO;0.04;0.06;0.2;1.7;98;3.08;2;3;8;83.92\n")
    >>> read_nbope(file)[["pop_0", "couv_0", "quarter"]].values.tolist()
    [[0.04, 3.08, '2023_T3']]
    """
    table = _lowered(path)
    require_columns(table, ["techno", "niveau", *_BY_COUNT], what=Path(path).name)
    others = [name for name in table.columns if not re.fullmatch(r"techno|niveau|(pop|couv)_\d", name)]
    if not others:
        message = f"no column says which territory a row is about; there are: {', '.join(table.columns)}"
        raise SchemaMismatch(message, path=Path(path).name)
    for what in ("pop", "couv"):
        _check_shares(table, [name for name in table.columns if re.fullmatch(rf"{what}_\d", name)], path)
    table = table.rename(columns={others[0]: "territoire"})
    found = table.assign(territoire=table["territoire"].astype("str"), quarter=_quarter(path, quarter))
    return recorded(found, "read_nbope", files=[file_input(path)])


def read_sites(path: Path | str, *, quarter: str | None = None) -> pd.DataFrame:
    r"""
    Mobile sites of the operators, with the programme each was built for.

    Returns
    -------
    pandas.DataFrame
        The file's columns in lower case; `lon, lat` (EPSG:4326); `site_zb` (centre-bourgs), `site_dcc` (targeted coverage) where
        published; `quarter`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "2026_T2_sites_Metropole.csv"
    >>> _ = file.write_text("code_op;nom_op;num_site;latitude;longitude;insee_com;site_ZB\n20801;Orange;1;44.5;3.5;48095;1\n")
    >>> read_sites(file)[["lon", "site_zb", "quarter"]].values.tolist()
    [[3.5, 1, '2026_T2']]
    """
    table = _lowered(path)
    require_columns(table, ["code_op", "latitude", "longitude"], what=Path(path).name)
    found = table.rename(columns={"longitude": "lon", "latitude": "lat"}).assign(quarter=_quarter(path, quarter))
    return recorded(found, "read_sites", files=[file_input(path)])


def read_targeted_zones(path: Path | str) -> pd.DataFrame:
    r"""
    Points of the targeted coverage programme (`dcc ... POI`): one row a point to be covered, with the decree that named it.

    Returns
    -------
    pandas.DataFrame
        The file's columns in lower case, `code_insee` as text.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "2026_T2_dcc_Metropole_POI.csv"
    >>> _ = file.write_text("id_point,code_insee,x_lambert_93,y_lambert_93,20801\n7,01002,880000,6550000,1\n")
    >>> read_targeted_zones(file).code_insee.tolist()
    ['01002']
    """
    table = _lowered(path)
    require_columns(table, ["id_point", "code_insee", "x_lambert_93", "y_lambert_93"], what=Path(path).name)
    found = table.assign(code_insee=table["code_insee"].astype("str").str.zfill(5))
    return recorded(found, "read_targeted_zones", files=[file_input(path)])


def read_targeted_sites(path: Path | str) -> pd.DataFrame:
    r"""
    Sites of the targeted coverage programme (`dcc ... sites`): asked for, in service, awaited.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "2026_T2_dcc_Metropole_sites.csv"
    >>> _ = file.write_text("numero_site;op_leader;sites_demandes;sites_mes\nS1;20801;1;0\n")
    >>> read_targeted_sites(file).sites_mes.tolist()
    [0]
    """
    table = _lowered(path)
    require_columns(table, ["numero_site", "sites_demandes", "sites_mes"], what=Path(path).name)
    return recorded(table, "read_targeted_sites", files=[file_input(path)])


def read_centre_bourgs(path: Path | str) -> pd.DataFrame:
    r"""
    Communes on a list of zones blanches centre-bourgs, with the code each has today.

    Parameters
    ----------
    path : path
        CSV with `code_insee` or `code_insee_source`: the codes of the year of the list.

    Returns
    -------
    pandas.DataFrame
        `code_insee` (current; missing where the code leads nowhere), `code_insee_source`, and the file's other columns.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "list.csv"
    >>> _ = file.write_text("code_insee,nom\n01002,L'Abergement-de-Varey\n99999,Nowhere\n")
    >>> read_centre_bourgs(file)[["code_insee", "code_insee_source"]].values.tolist()
    [['01002', '01002'], [nan, '99999']]
    """
    table = _lowered(path)
    name = "code_insee_source" if "code_insee_source" in table else "code_insee"
    require_columns(table, [name], what=Path(path).name)
    source = table[name].astype("str").str.zfill(5)
    current = source.map(load_communes().current_codes).astype("str")
    found = table.drop(columns=["code_insee"], errors="ignore").assign(code_insee_source=source, code_insee=current)
    return recorded(found, "read_centre_bourgs", files=[file_input(path)])


def programme_shares(cells: pd.DataFrame, listed: pd.DataFrame, *, definition: ProgrammeWhiteZone) -> pd.DataFrame:
    """
    Cells with `white_share_<name>`: 1 in a commune that is on the list, else 0.

    Parameters
    ----------
    cells : pandas.DataFrame
        Column `code_insee`.
    listed : pandas.DataFrame
        Column `code_insee` (see `read_centre_bourgs`, `read_targeted_zones`).
    definition : ProgrammeWhiteZone
        Names the list and its date.

    Examples
    --------
    >>> definition = ProgrammeWhiteZone(name="zbcb", programme="zones blanches centre-bourgs", as_of="2016")
    >>> cells, listed = pd.DataFrame({"code_insee": ["01002", "48095"]}), pd.DataFrame({"code_insee": ["01002"]})
    >>> programme_shares(cells, listed, definition=definition).white_share_zbcb.tolist()
    [1.0, 0.0]
    """
    require_columns(cells, ["code_insee"], what="cells")
    require_columns(listed, ["code_insee"], what="the list")
    share = cells["code_insee"].isin(listed["code_insee"].dropna()).astype("float64")
    found = cells.assign(**{f"white_share_{definition.name}": share})
    return recorded(found, "programme_shares", inputs=[cells, listed], definition=definition)


def _lowered(path: Path | str) -> pd.DataFrame:
    table = open_table(path)
    return table.set_axis(table.columns.str.lower(), axis=1)


def _quarter(path: Path | str, quarter: str | None) -> str:
    if quarter is not None:
        return check_quarter(quarter)
    found = _QUARTER.search(Path(path).name)
    if found is None:
        message = "the name says no quarter; give one, such as quarter='2026_T2'"
        raise SchemaMismatch(message, path=Path(path).name)
    return f"{found[1]}_T{found[2]}"


def _check_shares(table: pd.DataFrame, columns: list[str], path: Path | str) -> None:
    values = table[columns].apply(pd.to_numeric, errors="coerce")
    wrong = ~values.apply(lambda each: each.between(0, 100)).all(axis=1) | ((values.sum(axis=1) - 100).abs() > _SUM_TOLERANCE)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        message = f"row {row}: {', '.join(columns)} are {table[columns].iloc[row].tolist()}; expected per cents that sum to 100"
        raise SchemaMismatch(message, path=Path(path).name)
