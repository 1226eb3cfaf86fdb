"""
Whether the point a source gives can be used, and how precise it is: checks in a fixed order, each with its issue code.

Comes in: longitudes and latitudes as the source has them. Goes out: usable points in degrees, and for each row the code of the
first check that spoke. Which commune a point should lie in is not known here before `resolve` has run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Transformer

from mediation_geo.standard.territories import BOXES, DEPARTEMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PRECISIONS", "coarser_than", "decimals", "precision_of_source", "usable_points"]

PRECISIONS = ("housenumber", "interpolated", "street", "locality", "municipality")

NULL_ISLAND_DEG = 0.01
# More different addresses than this on one point, and the point is the centre of something, not a door.
SHARED_POINT_ADDRESSES = 4
# A point that a source gives for a numbered address, for one without a number, for a hamlet, in metres.
SOURCE_UNCERTAINTY_M = {"housenumber": 50.0, "street": 150.0, "locality": 800.0}
_METRES_PER_DEGREE = 111_320.0


def usable_points(lon: pd.Series, lat: pd.Series, *, departement: pd.Series) -> pd.DataFrame:
    """
    Points in degrees after the checks that need no commune: null island, axes, projected metres, territory boxes.

    Parameters
    ----------
    lon, lat : Series of float, shape (n,)
        As the source has them; NaN when missing.
    departement : Series of str, shape (n,)
        Département the postcode or code suggests, missing when unknown: it decides which projection metres are in.

    Returns
    -------
    pandas.DataFrame, shape (n, 3)
        Same index; `lon`, `lat` (NaN when unusable) and `code`, the issue code or missing: `position_null_island`,
        `position_projected`, `position_swapped`, `position_outside_france`, `position_incomplete`.

    Examples
    --------
    >>> row = usable_points(pd.Series([48.85]), pd.Series([2.35]), departement=pd.Series(["75"])).iloc[0]
    >>> float(row["lon"]), float(row["lat"]), row["code"]
    (2.35, 48.85, 'position_swapped')
    """
    x = lon.to_numpy(dtype=float, copy=True)
    y = lat.to_numpy(dtype=float, copy=True)
    code = np.full(len(x), None, dtype=object)
    half = np.isnan(x) != np.isnan(y)
    code[half] = "position_incomplete"
    zero = (np.abs(x) < NULL_ISLAND_DEG) & (np.abs(y) < NULL_ISLAND_DEG)
    code[zero] = "position_null_island"
    x[half | zero] = y[half | zero] = np.nan
    _unproject(x, y, code, departement)
    with np.errstate(invalid="ignore"):
        swapped = ~_in_france(x, y) & _in_france(y, x)
    x[swapped], y[swapped] = y[swapped], x[swapped]
    code[swapped] = "position_swapped"
    outside = ~np.isnan(x) & ~_in_france(x, y)
    code[outside] = "position_outside_france"
    x[outside] = y[outside] = np.nan
    return pd.DataFrame({"lon": x, "lat": y, "code": code}, index=lon.index)


def _unproject(x: NDArray[np.float64], y: NDArray[np.float64], code: NDArray[np.object_], departement: pd.Series) -> None:
    """Turn metres of the département's legal projection into degrees, in place; axes in either order."""
    metres = (np.abs(x) > 1000) | (np.abs(y) > 1000)
    if not metres.any():
        return
    epsg = departement.map({key: each.legal_epsg for key, each in DEPARTEMENTS.items()}).fillna(2154).to_numpy()
    for system in np.unique(epsg[metres]):
        here = np.flatnonzero(metres & (epsg == system))
        to_degrees = Transformer.from_crs(int(system), 4326, always_xy=True)
        for first, second in ((x[here].copy(), y[here].copy()), (y[here].copy(), x[here].copy())):
            degrees_x, degrees_y = to_degrees.transform(first, second)
            right = _in_france(np.asarray(degrees_x), np.asarray(degrees_y)) & (np.abs(x[here]) > 180)
            x[here[right]], y[here[right]] = degrees_x[right], degrees_y[right]
            code[here[right]] = "position_projected"


def _in_france(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside = np.zeros(len(lon), dtype=bool)
    for box in BOXES.values():
        inside |= (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)
    return inside


def decimals(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """
    Decimals that numbers were written with, at most 6; 0 for NaN.

    Examples
    --------
    >>> decimals(np.array([48.0, 2.35, 43.610769])).tolist()
    [0, 2, 6]
    """
    found = np.full(len(values), 6, dtype=np.int64)
    for places in range(5, -1, -1):
        found[np.abs(np.round(values, places) - values) < 1e-9] = places
    found[np.isnan(values)] = 0
    return found


def precision_of_source(
    points: pd.DataFrame, *, adresse: pd.Series, at_centre: pd.Series, centre_radius_m: pd.Series
) -> pd.DataFrame:
    """
    How precise the points of sources are, judged by decimals, address, repetition and the commune's centre.

    Parameters
    ----------
    points : pandas.DataFrame, shape (n, ...)
        Columns `lon`, `lat`, degrees, NaN when there is no point.
    adresse : Series of str, shape (n,)
    at_centre : Series of bool, shape (n,)
        Whether the point is the centre of its commune.
    centre_radius_m : Series of float, shape (n,)
        Radius of the commune in metres.

    Returns
    -------
    pandas.DataFrame, shape (n, 3)
        `position_precision`, `position_uncertainty_m`, and `code` of the issue when the point is less than it seems
        (`position_coarse`, `position_shared`, `position_commune_centre`).

    Examples
    --------
    >>> points = pd.DataFrame({"lon": [3.87, 3.876716], "lat": [43.61, 43.610769]})
    >>> precision_of_source(
    ...     points, adresse=pd.Series(["1 rue Foch"] * 2), at_centre=pd.Series([False] * 2), centre_radius_m=pd.Series([6e3] * 2)
    ... )["position_precision"].tolist()
    ['locality', 'housenumber']
    """
    written = np.maximum(decimals(points["lon"].to_numpy()), decimals(points["lat"].to_numpy()))
    known = points["lon"].notna()
    numbered = adresse.fillna("").str.contains(r"^\D{0,40}\d{1,4}\b(?!\d)", regex=True)
    shared = points.assign(adresse=adresse.fillna("").str.casefold()).groupby(["lon", "lat"])["adresse"].transform("nunique")
    crowded = shared.gt(SHARED_POINT_ADDRESSES).fillna(value=False)
    precision = pd.Series(np.where(numbered, "housenumber", "street"), index=points.index, dtype=object)
    precision = precision.mask(written == 3, "street").mask((written < 3) | crowded, "locality")
    precision = precision.mask(at_centre | (written < 2), "municipality")
    rounding = 0.5 * 10.0 ** -written.astype(float) * _METRES_PER_DEGREE * np.sqrt(2)
    base = precision.map(SOURCE_UNCERTAINTY_M).astype(float).fillna(centre_radius_m).fillna(5_000.0)
    code = pd.Series(None, index=points.index, dtype=object)
    code = code.mask(written < 4, "position_coarse").mask(crowded, "position_shared").mask(at_centre, "position_commune_centre")
    return pd.DataFrame(
        {
            "position_precision": precision.where(known),
            "position_uncertainty_m": np.maximum(base, rounding).where(known),
            "code": code.where(known),
        }
    )


def coarser_than(left: pd.Series, right: pd.Series) -> pd.Series:
    """
    Whether each precision on the left says less than the one on the right; no precision is the coarsest.

    Examples
    --------
    >>> coarser_than(pd.Series(["street", "street", None]), pd.Series(["housenumber", "street", "municipality"])).tolist()
    [True, False, True]
    """
    rank = {name: position for position, name in enumerate(PRECISIONS)}
    return left.map(rank).fillna(len(rank)) > right.map(rank).fillna(len(rank))
