"""
Positions: text in degrees or Lambert-93 metres to longitude and latitude, EPSG:4326.

Swapped axes are found by the boxes of the territories. A position that cannot be one is removed; whether it is the right one for
its commune is for the next stage to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Transformer

from mediation_geo.standard.territories import BOXES

if TYPE_CHECKING:
    from mediation_geo.ingest.clean.rules import IssueLog

__all__ = ["clean_positions"]

_POWERS = tuple(10.0**power for power in range(3, 17))


def clean_positions(frame: pd.DataFrame, *, log: IssueLog) -> pd.DataFrame:
    """
    Numbers for `latitude` and `longitude`, NaN when unknown.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text columns `latitude` and `longitude`.
    log : IssueLog
        Receives what was changed.

    Returns
    -------
    pandas.DataFrame
        float64 columns `latitude`, `longitude`, same index.
    """
    texts = frame["latitude"].str.cat(frame["longitude"], sep=", ", na_rep="")
    given = frame[["latitude", "longitude"]].notna().any(axis=1)
    lat, lon = _numbers(frame["latitude"]), _numbers(frame["longitude"])

    unreadable = given & (lat.isna() | lon.isna())
    zero = given & ~unreadable & ((lat == 0) | (lon == 0))
    lat, lon = lat.mask(unreadable | zero), lon.mask(unreadable | zero)
    log.add("position_unreadable", rows=unreadable, field="latitude", value=texts)
    log.add("position_zero", rows=zero, field="latitude", value=texts)

    for code, candidates in (
        ("position_axes_swapped", _swapped(lat, lon)),
        ("position_from_lambert93", _from_lambert(lat, lon)),
        ("position_point_restored", _rescaled(lat, lon)),
    ):
        new_lat, new_lon = candidates
        changed = new_lat.notna()
        lat, lon = lat.mask(changed, new_lat), lon.mask(changed, new_lon)
        log.add(code, rows=changed, field="latitude", value=texts, corrected=_as_text(lat, lon))

    impossible = (lat.abs() > 90) | (lon.abs() > 180)
    log.add("position_impossible", rows=impossible, field="latitude", value=texts)
    lat, lon = lat.mask(impossible), lon.mask(impossible)
    return pd.DataFrame({"latitude": lat, "longitude": lon})


def _numbers(texts: pd.Series) -> pd.Series:
    plain = texts.str.strip().str.replace(",", ".", regex=False).str.replace("\u202f", "", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _as_text(lat: pd.Series, lon: pd.Series) -> pd.Series:
    return lat.round(7).astype("str").str.cat(lon.round(7).astype("str"), sep=", ")


def _in_france(lat: pd.Series, lon: pd.Series) -> pd.Series:
    north, east = lat.to_numpy(), lon.to_numpy()
    inside = np.zeros(len(lat), dtype=bool)
    for box in BOXES.values():
        inside |= (north >= box.south) & (north <= box.north) & (east >= box.west) & (east <= box.east)
    return pd.Series(inside, index=lat.index)


def _only(rows: pd.Series, lat: pd.Series, lon: pd.Series) -> tuple[pd.Series, pd.Series]:
    return lat.where(rows), lon.where(rows)


def _swapped(lat: pd.Series, lon: pd.Series) -> tuple[pd.Series, pd.Series]:
    return _only(~_in_france(lat, lon) & _in_france(lon, lat), lon, lat)


def _from_lambert(lat: pd.Series, lon: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Lambert-93 metres in either order of the axes: northings of the mainland are above 6,000,000."""
    north = lat.where(lat > lon, lon)
    east = lon.where(lat > lon, lat)
    metres = north.between(6_000_000, 7_200_000) & east.between(50_000, 1_300_000)
    new_lat, new_lon = pd.Series(np.nan, index=lat.index), pd.Series(np.nan, index=lat.index)
    if metres.any():
        transformer = Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)
        lons, lats = transformer.transform(east[metres].to_numpy(), north[metres].to_numpy())
        new_lat[metres], new_lon[metres] = np.round(lats, 7), np.round(lons, 7)
    return _only(metres & _in_france(new_lat, new_lon), new_lat, new_lon)


def _rescaled(lat: pd.Series, lon: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Degrees whose decimal point was lost: the one power of ten for each axis that puts the point on the mainland."""
    box = BOXES["metropole"]
    lost = (lat.abs() > 90) & ~_in_france(lat, lon)
    new_lat, new_lon = lat.where(lost), pd.Series(np.nan, index=lat.index)
    if not lost.any():
        return new_lon, new_lon
    for power in _POWERS:
        fits = lost & (lat / power).between(box.south, box.north)
        new_lat = new_lat.mask(fits, lat / power)
    fits_lon = lost & lon.abs().le(180)
    new_lon = new_lon.mask(fits_lon, lon)
    return _only(lost & _in_france(new_lat, new_lon), new_lat, new_lon)
