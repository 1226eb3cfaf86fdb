"""
Where people live: INSEE's grid of 200 m or 1 km, legal populations, or communes spread over a grid where none is published.

Files go in, frames in the layout of cells come out: `cell_id`, `lon`, `lat` (centre, EPSG:4326), `population`, `households`,
`imputed`, `code_insee`, `territory`, and the square: `grid_epsg`, `size_m`, `x`, `y`. No figure is computed here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from mediation_geo.coverage.archives import open_table
from mediation_geo.coverage.frames import (
    identifiers,
    legal_epsg,
    positions,
    project,
    require_columns,
    territory_of,
    weights,
)
from mediation_geo.coverage.grid import parse_grid_ids, squares_at
from mediation_geo.coverage.provenance import file_input, recorded
from mediation_geo.errors import CRSMismatch, SchemaMismatch

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["CELLS", "calibrate", "read_grid", "read_grid_centres", "read_legal_populations", "spread_population"]

CELLS = (
    "cell_id", "lon", "lat", "population", "households", "imputed", "code_insee", "territory", "grid_epsg", "size_m", "x", "y",
)  # fmt: skip

# The names of one thing over the editions (2015, 2017, 2019 and later), in lower case.
_ID_NAMES = ("idcar_200m", "idinspire", "id_inspire", "idcar_1km")
_IMPUTED_NAMES = ("i_est_200", "i_est_1km", "i_est_cr", "i_est")
_COMMUNE_NAMES = ("lcog_geo", "depcom", "code_insee")
_LEGAL_NAMES = {"code_insee": ("com", "codgeo", "code_insee"), "population": ("pmun", "population_municipale", "population")}


def read_grid(path: Path | str, *, vintage: str) -> pd.DataFrame:
    r"""
    Cells of an INSEE grid (Filosofi), whatever the edition calls its columns; the square comes from the id.

    Parameters
    ----------
    path : path
        CSV, Parquet or GeoPackage, or a 7z or zip archive that holds one CSV.
    vintage : str
        Edition of the data, such as `Filosofi 2019`; kept in the provenance.

    Returns
    -------
    pandas.DataFrame
        Layout `CELLS`, and the columns `ind_*` of ages as the file has them. `population` counts people in tax households.

    Raises
    ------
    SchemaMismatch
        If a column is absent, an id is missing, malformed or repeated, or a population is missing or negative.
    CRSMismatch
        If an id names a system that is not one of the territory where the cell lies.

    Notes
    -----
    `imputed` is true where INSEE approached the values because fewer than 11 households live in the cell. A cell over several
    communes keeps the first in `code_insee`. INSEE advises to read no single cell, and in rural areas nothing below the canton.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "carreaux.csv"
    >>> _ = file.write_text("Idcar_200m,I_est_200,lcog_geo,Ind,Men\nCRS3035RES200mN2529800E3752400,1,48095,12.5,5\n")
    >>> read_grid(file, vintage="Filosofi 2017")[["population", "imputed", "code_insee", "territory"]].to_dict("records")
    [{'population': 12.5, 'imputed': True, 'code_insee': '48095', 'territory': 'metropole'}]
    """
    table = open_table(path)
    table.columns = table.columns.str.lower()
    name = _first_name(table, _ID_NAMES, path)
    require_columns(table, ["ind"], what=f"{Path(path).name}: cells")
    communes = next((each for each in _COMMUNE_NAMES if each in table), None)
    imputed = next((each for each in _IMPUTED_NAMES if each in table), None)
    cells = pd.DataFrame(
        {
            "cell_id": table[name].astype("str"),
            "population": pd.to_numeric(table["ind"], errors="coerce"),
            "households": pd.to_numeric(table["men"], errors="coerce") if "men" in table else np.nan,
            "imputed": pd.to_numeric(table[imputed]).eq(1) if imputed else False,
            "code_insee": table[communes].astype("str").str[:5] if communes else pd.Series(None, index=table.index, dtype="str"),
        }
    )
    ages = table[[each for each in map(str, table.columns) if each.startswith("ind_") and each != "ind_snv"]]
    squares = parse_grid_ids(cells["cell_id"])
    whole = _finish(pd.concat([cells, squares], axis=1), what=Path(path).name)
    with_ages: pd.DataFrame = pd.concat([whole, ages.apply(pd.to_numeric)], axis=1)
    return recorded(with_ages, "read_grid", files=[file_input(path, vintage=vintage)])


def read_grid_centres(path: Path | str, *, epsg: int, size_m: int, vintage: str) -> pd.DataFrame:
    r"""
    Cells of a table that gives the centre of each square as `x`, `y`, and its `population` (or `pop`) and `code`.

    Parameters
    ----------
    path : path
        Parquet or CSV.
    epsg, size_m : int
        System of `x`, `y`, and side of the squares in metres.
    vintage : str
        Edition of the data; say `synthetic` there where nobody counted these people.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "cells.csv"
    >>> _ = file.write_text("x,y,pop,code\n3752500,2529500,12.5,48095\n")
    >>> read_grid_centres(file, epsg=3035, size_m=1000, vintage="synthetic").cell_id.tolist()
    ['CRS3035RES1000mN2529000E3752000']
    """
    table = open_table(path).rename(columns={"pop": "population", "code": "code_insee"})
    require_columns(table, ["x", "y", "population"], what=f"{Path(path).name}: cells")
    x, y = (table[each].to_numpy(dtype=np.float64) for each in ("x", "y"))
    codes = table["code_insee"].astype("str") if "code_insee" in table else pd.Series(None, index=table.index, dtype="str")
    squares = squares_at(x, y, epsg=epsg, size_m=size_m)
    cells = squares.assign(population=table["population"], households=np.nan, imputed=False, code_insee=codes)
    whole = _finish(cells, what=Path(path).name)
    return recorded(whole, "read_grid_centres", files=[file_input(path, vintage=vintage, epsg=epsg, size_m=size_m)])


def read_legal_populations(path: Path | str, *, vintage: str) -> pd.DataFrame:
    r"""
    Legal populations by commune (INSEE, `PMUN`), or those of any table with `code_insee` and `population`.

    Returns
    -------
    pandas.DataFrame
        Columns `code_insee` (text, with its zeros), `population`.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "donnees_communes.csv"
    >>> _ = file.write_text("COM;Commune;PMUN;PCAP;PTOT\n01001;L'Abergement-Clémenciat;832;14;846\n")
    >>> read_legal_populations(file, vintage="2022").to_dict("records")
    [{'code_insee': '01001', 'population': 832}]
    """
    table = open_table(path)
    table.columns = table.columns.str.lower()
    # Editions before 2020 split the code: département and commune.
    if {"coddep", "codcom"} <= set(table.columns):
        table["com"] = table["coddep"].astype("str").str[:2] + table["codcom"].astype("str").str.zfill(3)
    names = {key: _first_name(table, each, path) for key, each in _LEGAL_NAMES.items()}
    codes = table[names["code_insee"]].astype("str").str.zfill(5)
    frame = pd.DataFrame({"code_insee": codes, "population": pd.to_numeric(table[names["population"]], errors="coerce")})
    identifiers(frame, "code_insee", what=Path(path).name)
    weights(frame, "population", what=Path(path).name)
    return recorded(frame, "read_legal_populations", files=[file_input(path, vintage=vintage)])


def calibrate(cells: pd.DataFrame, legal: pd.DataFrame) -> pd.DataFrame:
    """
    Cells whose populations add up to the legal population of their commune, the spread inside the commune kept.

    Parameters
    ----------
    cells : pandas.DataFrame
        Layout `CELLS`.
    legal : pandas.DataFrame
        Columns `code_insee, population`, one row a commune.

    Returns
    -------
    pandas.DataFrame
        The cells with `population` scaled and `population_source` as it was. Cells of a commune without legal population, or
        whose
        cells hold nobody, keep their value.

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_id": ["a", "b"], "population": [1.0, 3.0], "code_insee": ["48095", "48095"]})
    >>> calibrate(cells, pd.DataFrame({"code_insee": ["48095"], "population": [8.0]})).population.tolist()
    [2.0, 6.0]
    """
    counted = weights(cells, "population", what="cells")
    known = pd.Series(weights(legal, "population", what="legal populations"), index=legal["code_insee"])
    sums = cells.assign(population=counted).groupby("code_insee")["population"].sum()
    ratio = (known / sums.where(sums > 0)).reindex(cells["code_insee"]).fillna(1.0).to_numpy()
    return recorded(cells.assign(population=counted * ratio, population_source=counted), "calibrate", inputs=[cells, legal])


def spread_population(communes: gpd.GeoDataFrame, *, size_m: int) -> pd.DataFrame:
    """
    Cells made from communes: each commune's people spread evenly over the squares whose centre it holds.

    For territories without a published grid (Guadeloupe, Guyane, Mayotte), and for demonstrations: inside a commune the spread is
    an assumption, its sum is not.

    Parameters
    ----------
    communes : geopandas.GeoDataFrame
        EPSG:4326; columns `code_insee`, `population`, `territory`, `lon, lat` (see `shipped_communes`), and polygons.
    size_m : int
        Side of the squares in metres, in the legal projection of each territory.

    Returns
    -------
    pandas.DataFrame
        Layout `CELLS`; a commune in which no square has its centre has one of 1 m, at its town hall: no square is of two
        communes, and the people of each add up.

    Examples
    --------
    >>> from mediation_geo.coverage import shipped_communes
    >>> lozere = shipped_communes(departement="48")
    >>> cells = spread_population(lozere, size_m=2000)
    >>> round(cells.population.sum()) - round(lozere.population.sum())
    0
    """
    if communes.crs != "EPSG:4326":
        message = f"communes are in {communes.crs}; expected EPSG:4326"
        raise CRSMismatch(message)
    require_columns(communes, ["code_insee", "population", "territory"], what="communes")
    counted = weights(communes, "population", what="communes")
    parts = [
        _lattice(communes[communes["territory"] == territory], territory=territory, size_m=size_m)
        for territory in sorted(communes["territory"].unique())
    ]
    cells = pd.concat(parts, ignore_index=True)
    totals = pd.Series(counted, index=communes["code_insee"])
    squares = cells.groupby("code_insee")["code_insee"].transform("size")
    cells = cells.assign(population=totals.reindex(cells["code_insee"]).to_numpy() / squares, households=np.nan, imputed=True)
    return recorded(_finish(cells, what="communes"), "spread_population", inputs=[communes], size_m=size_m)


def _lattice(communes: gpd.GeoDataFrame, *, territory: str, size_m: int) -> pd.DataFrame:
    epsg = legal_epsg(territory)
    communes = communes.sort_values("code_insee")
    polygons: gpd.GeoSeries = communes.geometry.to_crs(epsg)
    west, south, east, north = polygons.total_bounds
    columns = np.arange(np.floor(west / size_m), np.ceil(east / size_m)) * size_m
    rows = np.arange(np.floor(south / size_m), np.ceil(north / size_m)) * size_m
    x, y = (each.ravel() + size_m / 2 for each in np.meshgrid(columns, rows))
    tree = shapely.STRtree(np.asarray(shapely.points(x, y)))
    owner, square = tree.query(polygons.to_numpy(), predicate="contains")
    codes = communes["code_insee"].to_numpy(dtype=object)
    # A centre inside two outlines that overlap goes to the smaller code: a square belongs to one commune.
    order = np.lexsort((owner, square))
    taken, first = np.unique(square[order], return_index=True)
    owner = owner[order][first]
    lone = np.setdiff1d(np.arange(len(communes)), owner)
    hall_x, hall_y = project(*positions(communes.iloc[lone], what="communes"), source_epsg=4326, target_epsg=epsg)
    # Communes made anew may still be known by one town hall: their squares of 1 m lie side by side.
    hall_x += pd.DataFrame({"x": np.floor(hall_x), "y": np.floor(hall_y)}).groupby(["x", "y"]).cumcount().to_numpy()
    squares = squares_at(x[taken], y[taken], epsg=epsg, size_m=size_m).assign(code_insee=codes[owner])
    spots = squares_at(hall_x, hall_y, epsg=epsg, size_m=1).assign(code_insee=codes[lone])
    cells = pd.concat([squares, spots], ignore_index=True)
    return cells.assign(code_insee=cells["code_insee"].astype("str"))


def _finish(cells: pd.DataFrame, *, what: str) -> pd.DataFrame:
    identifiers(cells, "cell_id", what=what)
    weights(cells, "population", what=what)
    lon, lat = positions(cells, what=what)
    territories = territory_of(lon, lat)
    outside = np.flatnonzero(pd.isna(territories))
    if outside.size:
        row = int(outside[0])
        message = (
            f"{what}: cell {cells['cell_id'].iloc[row]!r} lies at {lon[row]:.4f}, {lat[row]:.4f}, outside every French territory"
        )
        raise SchemaMismatch(message)
    return cells.assign(territory=pd.Series(territories, index=cells.index, dtype="str"))[list(CELLS)].reset_index(drop=True)


def _first_name(table: pd.DataFrame, names: tuple[str, ...], path: Path | str) -> Any:
    found = next((each for each in names if each in table.columns), None)
    if found is None:
        message = f"no column {' or '.join(names)}; there are: {', '.join(map(str, table.columns))}"
        raise SchemaMismatch(message, path=Path(path).name)
    return found
