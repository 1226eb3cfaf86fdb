"""
Positions on the WGS 84 ellipsoid: geocentric metres, geodesic distance, and the bound that links the two.

Degrees in, metres out. Longitude first. No function here reads a frame, reprojects, or guesses a CRS.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Geod

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CHORD_SLACK_M",
    "SEMI_MAJOR_M",
    "SEMI_MINOR_M",
    "chord_reach_m",
    "geocentric_m",
    "geod",
    "geodesic_distance_m",
]

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING)
ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING)

# Rounding of float64 coordinates of the size of the Earth: 200 times the worst case seen over 3.6 million pairs.
CHORD_SLACK_M = 1e-6


@cache
def geod() -> Geod:
    """
    Return the WGS 84 ellipsoid of pyproj, made once.

    Examples
    --------
    >>> geod().a
    6378137.0
    """
    return Geod(ellps="WGS84")


def geocentric_m(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """
    Geocentric (earth-centred, earth-fixed) coordinates of points at ellipsoidal height 0.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        Decimal degrees, EPSG:4326, longitude first. A missing coordinate is NaN.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 3)
        Metres, EPSG:4978; a row of NaN where a coordinate is missing.

    Examples
    --------
    >>> geocentric_m([0.0], [0.0])
    array([[6378137.,       0.,       0.]])
    """
    lam = np.radians(np.asarray(lon, dtype=np.float64))
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    sin_phi = np.sin(phi)
    cos_phi = np.cos(phi)
    normal = SEMI_MAJOR_M / np.sqrt(1 - ECCENTRICITY_SQUARED * sin_phi**2)
    return np.stack(
        [
            normal * cos_phi * np.cos(lam),
            normal * cos_phi * np.sin(lam),
            normal * (1 - ECCENTRICITY_SQUARED) * sin_phi,
        ],
        axis=-1,
    )


def chord_reach_m(geodesic_m: ArrayLike) -> NDArray[np.float64]:
    """
    Longest straight chord between two points whose geodesic distance is at most the one given.

    Every point within `geodesic_m` along the surface lies within the returned distance through the Earth, so a search for
    chords up to it misses nothing.

    Parameters
    ----------
    geodesic_m : array_like of float
        Metres along the ellipsoid, not negative.

    Returns
    -------
    numpy.ndarray of float64
        Metres, including one micrometre for rounding.

    Notes
    -----
    A chord is never longer than the curve between its ends, and mapping the ellipsoid to the sphere through the parametric
    latitude stretches by at most a (chords) and shrinks paths by at least b: hence min(s, 2a sin(min(s / 2b, pi / 2))).

    Examples
    --------
    >>> float(chord_reach_m(1000.0)) <= 1000.0 + CHORD_SLACK_M
    True
    """
    distance = np.asarray(geodesic_m, dtype=np.float64)
    half_angle = np.minimum(distance / (2 * SEMI_MINOR_M), np.pi / 2)
    return np.minimum(distance, 2 * SEMI_MAJOR_M * np.sin(half_angle)) + CHORD_SLACK_M


def geodesic_distance_m(
    lon_left: ArrayLike, lat_left: ArrayLike, lon_right: ArrayLike, lat_right: ArrayLike
) -> NDArray[np.float64]:
    """
    Geodesic distance between pairs of points on the WGS 84 ellipsoid.

    Parameters
    ----------
    lon_left, lat_left, lon_right, lat_right : array_like of float, shape (n,)
        Decimal degrees, EPSG:4326, longitude first; shapes broadcast. A missing coordinate is NaN.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        Metres; NaN wherever a coordinate is NaN. A missing position is never a zero distance.

    Raises
    ------
    ValueError
        If a latitude lies outside [-90, 90], the usual sign of swapped axes.

    Examples
    --------
    >>> geodesic_distance_m([2.3522], [48.8566], [4.8357], [45.7640]).round(-3)
    array([392000.])
    """
    lon1, lat1, lon2, lat2 = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (lon_left, lat_left, lon_right, lat_right))
    )
    if lat1.size and max(np.nanmax(np.abs(lat1), initial=0.0), np.nanmax(np.abs(lat2), initial=0.0)) > 90:
        message = "a latitude lies outside [-90, 90]: are longitude and latitude swapped?"
        raise ValueError(message)
    known = ~(np.isnan(lon1) | np.isnan(lat1) | np.isnan(lon2) | np.isnan(lat2))
    distance = np.full(lon1.shape, np.nan)
    if known.any():
        _, _, metres = geod().inv(lon1[known], lat1[known], lon2[known], lat2[known])
        distance[known] = metres
    return distance
