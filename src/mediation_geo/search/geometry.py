"""
One point at a time, fast: the scalar twins of `mediation_geo.geodesy` for the inner loop of a single query.

An array of one element costs ten times the arithmetic it holds; a test pins these functions to the vectorised ones.
"""

from __future__ import annotations

from math import asin, cos, inf, pi, radians, sin, sqrt
from typing import TYPE_CHECKING

import numpy as np

from mediation_geo.geodesy import CHORD_SLACK_M, ECCENTRICITY_SQUARED, SEMI_MAJOR_M, SEMI_MINOR_M, geod

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["chord_reach", "chord_surely_within", "distances_from", "geocentric_point", "longest_geodesic"]

# Below this many points one call each is cheaper than an array call of pyproj (0.8 µs a point against 7 µs a call).
_SCALAR_CALLS = 10

# Least radius of curvature of the ellipsoid: no arc bends more than a circle of this radius.
_LEAST_RADIUS_M = SEMI_MINOR_M**2 / SEMI_MAJOR_M


def geocentric_point(lon: float, lat: float) -> NDArray[np.float64]:
    """
    Geocentric coordinates of one point at height 0, in metres.

    Examples
    --------
    >>> geocentric_point(0.0, 0.0).tolist()
    [6378137.0, 0.0, 0.0]
    """
    phi, lam = radians(lat), radians(lon)
    sin_phi, cos_phi = sin(phi), cos(phi)
    normal = SEMI_MAJOR_M / sqrt(1 - ECCENTRICITY_SQUARED * sin_phi * sin_phi)
    return np.array(
        (
            normal * cos_phi * cos(lam),
            normal * cos_phi * sin(lam),
            normal * (1 - ECCENTRICITY_SQUARED) * sin_phi,
        )
    )


def chord_reach(geodesic_m: float) -> float:
    """
    Longest chord, in metres, between points whose geodesic distance is at most the one given; see `geodesy.chord_reach_m`.

    Examples
    --------
    >>> chord_reach(1000.0) < 1000.001
    True
    """
    half_angle = min(geodesic_m / (2 * SEMI_MINOR_M), pi / 2)
    return min(geodesic_m, 2 * SEMI_MAJOR_M * sin(half_angle)) + CHORD_SLACK_M


def longest_geodesic(chord_m: float) -> float:
    """
    Longest geodesic distance, in metres, between points that a chord of this length joins; infinite where no bound is known.

    Notes
    -----
    Schur's theorem: among arcs whose curvature is at most 1/r, the circle of radius r has the shortest chord, hence
    s <= 2r asin(c / 2r) for c < 2r, with r = b²/a the least radius of curvature of the ellipsoid.

    Examples
    --------
    >>> 1000.0 < longest_geodesic(1000.0) < 1000.001
    True
    """
    ratio = (chord_m + CHORD_SLACK_M) / (2 * _LEAST_RADIUS_M)
    return 2 * _LEAST_RADIUS_M * asin(ratio) if ratio < 1 else inf


def chord_surely_within(radius_m: float) -> float:
    """
    A chord so short that its ends are surely within a geodesic distance.

    Examples
    --------
    >>> longest_geodesic(chord_surely_within(5000.0)) <= 5000.0
    True
    """
    # The excess of the bound grows with the cube of the chord: its own excess at the radius is more than enough.
    chord = radius_m - 2 * (longest_geodesic(radius_m) - radius_m) - 2 * CHORD_SLACK_M
    return chord if chord > 0 and longest_geodesic(chord) <= radius_m else 0.0


def distances_from(lon: float, lat: float, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Geodesic distances, in metres, from one point to others; no missing coordinates.

    Examples
    --------
    >>> distances_from(2.0, 48.0, np.array([2.0]), np.array([48.0])).tolist()
    [0.0]
    """
    ellipsoid = geod()
    count = len(lons)
    if count <= _SCALAR_CALLS:
        pairs = zip(lons.tolist(), lats.tolist(), strict=True)
        return np.array([ellipsoid.inv(lon, lat, other_lon, other_lat)[2] for other_lon, other_lat in pairs])
    return np.asarray(ellipsoid.inv(np.full(count, lon), np.full(count, lat), lons.copy(), lats.copy(), inplace=True)[2])
