"""
The coordinate reference systems the service speaks: their URIs, and transformers made once.

WGS 84 in both axis orders, Web Mercator, and the legal projection of each territory (décret 2006-272 and its successors).
Axis order on the wire is the one each system defines, as OGC API - Features Part 2 demands.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import CRS, Transformer

from mediation_geo.standard.territories import DEPARTEMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CRS84", "SUPPORTED_CRS", "is_geographic", "transform_points"]

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def _epsg(code: int) -> str:
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


SUPPORTED_CRS: tuple[str, ...] = (
    CRS84,
    _epsg(4326),
    _epsg(3857),
    *(_epsg(code) for code in sorted({each.legal_epsg for each in DEPARTEMENTS.values()})),
)


@cache
def _crs(uri: str) -> CRS:
    authority, code = uri.rsplit("/", maxsplit=3)[1::2]
    return CRS.from_authority(authority, code)


@cache
def _transformer(uri: str) -> Transformer:
    return Transformer.from_crs(_crs(CRS84), _crs(uri), always_xy=False)


@cache
def is_geographic(uri: str) -> bool:
    """
    Whether coordinates of this system are degrees.

    Examples
    --------
    >>> is_geographic(CRS84), is_geographic("http://www.opengis.net/def/crs/EPSG/0/2154")
    (True, False)
    """
    return bool(_crs(uri).is_geographic)


def transform_points(points: NDArray[Any], *, to: str) -> NDArray[np.float64]:
    """
    Coordinates of CRS84 points in another system, in the axis order of that system.

    Parameters
    ----------
    points : numpy.ndarray of float64, shape (n, 2)
        Longitude and latitude in degrees; NaN where missing.
    to : str
        URI of one of `SUPPORTED_CRS`.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 2)
        NaN where the system has no coordinates for the point. Metres are rounded to the millimetre, degrees to 1e-9.

    Examples
    --------
    >>> transform_points(np.array([[3.0, 46.5]]), to="http://www.opengis.net/def/crs/EPSG/0/2154").tolist()
    [[700000.0, 6600000.0]]
    """
    if to == CRS84:
        return np.asarray(points, dtype=np.float64)
    first, second = _transformer(to).transform(points[:, 0], points[:, 1])
    moved = np.column_stack([first, second]).astype(np.float64)
    moved[~np.isfinite(moved).all(axis=1)] = np.nan
    return np.round(moved, 9 if is_geographic(to) else 3)
