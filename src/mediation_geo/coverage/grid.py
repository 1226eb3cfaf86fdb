"""
Identifiers of INSPIRE grid cells: from `CRS3035RES200mN2029800E4252400` to a square, its centre, and back.

Text goes in, coordinates come out. The geometry of a cell is always rebuilt from its id, because the files that carry one
have been published in another projection than their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import check_territory_crs, project
from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mediation_geo.coverage.frames import Floats

__all__ = ["grid_ids", "parse_grid_ids", "squares_at", "subpoints"]

_PATTERN = r"^CRS(?P<epsg>\d{4,5})RES(?P<size>\d+)mN(?P<north>-?\d+)E(?P<east>-?\d+)$"


def parse_grid_ids(ids: Sequence[str] | pd.Series) -> pd.DataFrame:
    """
    Squares named by INSPIRE grid ids.

    Parameters
    ----------
    ids : sequence of str
        Such as `CRS3035RES200mN2029800E4252400`: reference system, side, northing and easting of the south-west corner.

    Returns
    -------
    pandas.DataFrame
        Columns `grid_epsg, size_m` (int64), `x, y` (float64, south-west corner in that system), `lon, lat` (centre, EPSG:4326).

    Raises
    ------
    SchemaMismatch
        If an id is missing or has another form.
    CRSMismatch
        If the system is a national one and the cell lies elsewhere.

    Examples
    --------
    >>> parse_grid_ids(["CRS3035RES200mN2029800E4252400"]).round(3).to_dict("records")
    [{'grid_epsg': 3035, 'size_m': 200, 'x': 4252400.0, 'y': 2029800.0, 'lon': 9.185, 'lat': 41.367}]
    """
    series = pd.Series(ids, dtype="str").reset_index(drop=True)
    parts = series.str.extract(_PATTERN)
    wrong = np.flatnonzero(parts["epsg"].isna().to_numpy())
    if wrong.size:
        row = int(wrong[0])
        found = "is missing" if pd.isna(series[row]) else f"is {series[row]!r}"
        message = f"cell id of row {row} {found}; expected a form such as 'CRS3035RES200mN2029800E4252400'"
        raise SchemaMismatch(message)
    cells = pd.DataFrame(
        {
            "grid_epsg": parts["epsg"].astype("int64"),
            "size_m": parts["size"].astype("int64"),
            "x": parts["east"].astype("float64"),
            "y": parts["north"].astype("float64"),
        }
    )
    return cells.assign(**_centres(cells))


def grid_ids(x: Floats, y: Floats, *, epsg: int, size_m: int) -> pd.Series:
    """
    Ids of the cells that hold points.

    Parameters
    ----------
    x, y : numpy.ndarray of float, shape (n,)
        Metres in the system `epsg`.

    Examples
    --------
    >>> grid_ids(np.array([4252500.0]), np.array([2029900.0]), epsg=3035, size_m=200).tolist()
    ['CRS3035RES200mN2029800E4252400']
    """
    east = pd.Series((np.floor(x / size_m) * size_m).astype(np.int64)).astype("str")
    north = pd.Series((np.floor(y / size_m) * size_m).astype(np.int64)).astype("str")
    return f"CRS{epsg}RES{size_m}mN" + north + "E" + east


def squares_at(x: Floats, y: Floats, *, epsg: int, size_m: int) -> pd.DataFrame:
    """
    Cells that hold points, each with its `cell_id`: what `parse_grid_ids` says of the ids, without reading them again.

    Parameters
    ----------
    x, y : numpy.ndarray of float, shape (n,)
        Metres in the system `epsg`.

    Examples
    --------
    >>> squares_at(np.array([4252500.0]), np.array([2029900.0]), epsg=3035, size_m=200).round(3).to_dict("records")[0]["lon"]
    9.185
    """
    ids = grid_ids(x, y, epsg=epsg, size_m=size_m)
    corners = {"x": np.floor(x / size_m) * size_m, "y": np.floor(y / size_m) * size_m}
    squares = pd.DataFrame({"grid_epsg": np.int64(epsg), "size_m": np.int64(size_m), **corners}, index=ids.index)
    return pd.concat([ids.rename("cell_id"), squares.assign(**_centres(squares))], axis=1)


def subpoints(cells: pd.DataFrame, *, per_side: int) -> tuple[Floats, Floats]:
    """
    Centres of the `per_side` x `per_side` equal squares that make up each cell, in the system of the grid.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns `x, y` (south-west corner) and `size_m`.
    per_side : int
        4 for a cell of 200 m gives 16 points of 50 m, the pixels of the operators' maps.

    Returns
    -------
    tuple of numpy.ndarray of float64, shape (n, per_side ** 2)
        Eastings and northings.

    Examples
    --------
    >>> x, y = subpoints(pd.DataFrame({"x": [0.0], "y": [0.0], "size_m": [200]}), per_side=2)
    >>> x.tolist(), y.tolist()
    ([[50.0, 150.0, 50.0, 150.0]], [[50.0, 50.0, 150.0, 150.0]])
    """
    steps = (np.arange(per_side) + 0.5) / per_side
    east, north = np.tile(steps, per_side), np.repeat(steps, per_side)
    size = cells["size_m"].to_numpy(dtype=np.float64)[:, None]
    x, y = (cells[name].to_numpy(dtype=np.float64)[:, None] for name in ("x", "y"))
    return x + east * size, y + north * size


def _centres(cells: pd.DataFrame) -> dict[str, Floats]:
    lon, lat = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    half = cells["size_m"].to_numpy(dtype=np.float64) / 2
    x, y = cells["x"].to_numpy() + half, cells["y"].to_numpy() + half
    epsgs = cells["grid_epsg"].to_numpy()
    # One file may hold several territories, each in its own system: a handful, not one per cell.
    for epsg in np.unique(epsgs):
        here = epsgs == epsg
        lon[here], lat[here] = project(x[here], y[here], source_epsg=int(epsg), target_epsg=4326)
        check_territory_crs(lon[here], lat[here], epsg=int(epsg), what="cells")
    return {"lon": lon, "lat": lat}
