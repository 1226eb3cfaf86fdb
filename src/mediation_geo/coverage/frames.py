"""
What every function here asks of a frame: positions in degrees, weights that are populations, the territory of a point.

Frames go in, arrays come out, or an error that names the column, the row and what was expected. Nothing is reprojected or
dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from mediation_geo.errors import CRSMismatch, SchemaMismatch
from mediation_geo.standard.territories import BOXES, DEPARTEMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Floats",
    "Ints",
    "check_territory_crs",
    "identifiers",
    "legal_epsg",
    "positions",
    "project",
    "require_columns",
    "same_projection",
    "territory_of",
    "weights",
    "with_territory",
]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

LAMBERT_93 = 2154
_POSITION_NAMES = (("lon", "lat"), ("longitude", "latitude"))
# Parameters of two definitions of one projection differ in their last digits only.
_PARAMETER_TOLERANCE = 1e-6


def require_columns(frame: pd.DataFrame, columns: Sequence[str], *, what: str) -> None:
    """
    Refuse a frame that lacks columns.

    Raises
    ------
    SchemaMismatch
        Naming the missing columns and those that are there.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"lon": [2.0]}), ["lon", "lat"], what="cells")
    Traceback (most recent call last):
    ...
    mediation_geo.errors.SchemaMismatch: cells lack the columns lat; there are: lon
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        message = f"{what} lack the columns {', '.join(missing)}; there are: {', '.join(map(str, frame.columns))}"
        raise SchemaMismatch(message)


def positions(frame: pd.DataFrame, *, what: str) -> tuple[Floats, Floats]:
    """
    Longitudes and latitudes of a frame of cells, places or communes.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the columns `lon, lat` or `longitude, latitude`, decimal degrees, EPSG:4326; NaN where unknown.
    what : str
        What the rows are, for the message.

    Raises
    ------
    CRSMismatch
        If a GeoDataFrame is not in EPSG:4326, or a value cannot be degrees.
    SchemaMismatch
        If neither pair of columns is there.

    Examples
    --------
    >>> positions(pd.DataFrame({"lon": [3.5], "lat": [44.5]}), what="cells")
    (array([3.5]), array([44.5]))
    >>> positions(pd.DataFrame({"lon": [735000.0], "lat": [6371000.0]}), what="cells")
    Traceback (most recent call last):
    ...
    mediation_geo.errors.CRSMismatch: cells: latitude 6371000.0 in row 0 is no degree; expected EPSG:4326, not projected metres
    """
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None and frame.crs != "EPSG:4326":
        message = f"{what} are in {_crs_name(frame.crs)}; expected EPSG:4326 (reproject them yourself, knowing from what)"
        raise CRSMismatch(message)
    pair = next((names for names in _POSITION_NAMES if set(names) <= set(frame.columns)), None)
    if pair is None:
        require_columns(frame, _POSITION_NAMES[0], what=what)
        raise AssertionError
    lon, lat = (frame[name].to_numpy(dtype=np.float64) for name in pair)
    for name, values, limit in (("latitude", lat, 90.0), ("longitude", lon, 180.0)):
        wrong = np.flatnonzero(np.abs(values) > limit)
        if wrong.size:
            message = (
                f"{what}: {name} {values[wrong[0]]} in row {wrong[0]} is no degree; expected EPSG:4326, not projected metres"
            )
            raise CRSMismatch(message)
    return lon, lat


def weights(frame: pd.DataFrame, column: str, *, what: str) -> Floats:
    """
    A column of weights: finite numbers, none negative.

    Raises
    ------
    SchemaMismatch
        If the column is absent, or a value is missing or negative.

    Examples
    --------
    >>> weights(pd.DataFrame({"population": [3, 0]}), "population", what="cells")
    array([3., 0.])
    >>> weights(pd.DataFrame({"population": [3.0, -1.0]}), "population", what="cells")
    Traceback (most recent call last):
    ...
    mediation_geo.errors.SchemaMismatch: cells: population is -1.0 in row 1; expected a number of at least 0
    """
    require_columns(frame, [column], what=what)
    values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if wrong.size:
        message = f"{what}: {column} is {values[wrong[0]]} in row {wrong[0]}; expected a number of at least 0"
        raise SchemaMismatch(message)
    return values


def identifiers(frame: pd.DataFrame, column: str, *, what: str) -> NDArray[np.object_]:
    """
    A column of identifiers: none missing, none twice.

    Raises
    ------
    SchemaMismatch
        If the column is absent, or an identifier is missing or repeated.

    Examples
    --------
    >>> identifiers(pd.DataFrame({"cell_id": ["a", None]}), "cell_id", what="cells")
    Traceback (most recent call last):
    ...
    mediation_geo.errors.SchemaMismatch: cells: row 1 has no cell_id
    """
    require_columns(frame, [column], what=what)
    missing = np.flatnonzero(frame[column].isna().to_numpy())
    if missing.size:
        message = f"{what}: row {missing[0]} has no {column}"
        raise SchemaMismatch(message)
    repeated = frame[column].duplicated().to_numpy()
    if repeated.any():
        message = f"{what}: {column} {frame[column].iloc[int(repeated.argmax())]!r} comes twice"
        raise SchemaMismatch(message)
    return frame[column].to_numpy(dtype=object)


def territory_of(lon: Floats, lat: Floats) -> NDArray[np.object_]:
    """
    Territory in whose box each point lies: `metropole`, or the code of an overseas département or collectivity.

    Returns
    -------
    numpy.ndarray of object, shape (n,)
        None outside every box and where a coordinate is missing.

    Examples
    --------
    >>> territory_of(np.array([3.5, 55.5, 0.0]), np.array([44.5, -21.1, 0.0])).tolist()
    ['metropole', '974', None]
    """
    found: NDArray[np.object_] = np.full(len(lon), None, dtype=object)
    for name, box in BOXES.items():
        inside = (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)
        found[inside] = name
    return found


def with_territory(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Frame with the column `territory` told by its positions, unless it has one.

    Examples
    --------
    >>> with_territory(pd.DataFrame({"lon": [55.5, None], "lat": [-21.1, None]})).territory.tolist()
    ['974', nan]
    """
    if "territory" in frame:
        return frame
    names = pd.Series(territory_of(*positions(frame, what="the frame")), index=frame.index, dtype="str")
    return frame.assign(territory=names)


def legal_epsg(territory: str) -> int:
    """
    EPSG code of the legal projection of a territory, the one for areas and overlays.

    Examples
    --------
    >>> legal_epsg("metropole"), legal_epsg("974")
    (2154, 2975)
    """
    for each in DEPARTEMENTS.values():
        if each.territory == territory:
            return each.legal_epsg
    message = f"{territory!r} is no territory; expected one of {', '.join(BOXES)}"
    raise CRSMismatch(message)


def check_territory_crs(lon: Floats, lat: Floats, *, epsg: int, what: str) -> None:
    """
    Refuse a national projection outside the territory it was made for: Lambert-93 overseas above all.

    Raises
    ------
    CRSMismatch
        Naming the projection, the territory and the legal projection there.

    Examples
    --------
    >>> check_territory_crs(np.array([55.5]), np.array([-21.1]), epsg=2154, what="cells")
    Traceback (most recent call last):
    ...
    mediation_geo.errors.CRSMismatch: cells in 974 (row 0) cannot be used in EPSG:2154; there the legal projection is EPSG:2975
    """
    legal = {each.legal_epsg for each in DEPARTEMENTS.values()}
    if epsg not in legal:
        return
    territories = territory_of(lon, lat)
    for territory in sorted({each for each in territories if each is not None}):
        if legal_epsg(territory) != epsg:
            row = int(np.flatnonzero(territories == territory)[0])
            message = (
                f"{what} in {territory} (row {row}) cannot be used in EPSG:{epsg}; "
                f"there the legal projection is EPSG:{legal_epsg(territory)}"
            )
            raise CRSMismatch(message)
    outside = np.flatnonzero(pd.isna(territories) & np.isfinite(lon))
    if outside.size:
        row = int(outside[0])
        message = (
            f"{what}: row {row} at {lon[row]:.4f}, {lat[row]:.4f} lies outside every French territory; is EPSG:{epsg} right?"
        )
        raise CRSMismatch(message)


def project(x: Floats, y: Floats, *, source_epsg: int, target_epsg: int) -> tuple[Floats, Floats]:
    """
    Coordinates in another reference system, easting or longitude first.

    Examples
    --------
    >>> x, y = project(np.array([3.0]), np.array([46.5]), source_epsg=4326, target_epsg=2154)
    >>> x.round(), y.round()
    (array([700000.]), array([6600000.]))
    """
    transformer = Transformer.from_crs(source_epsg, target_epsg, always_xy=True)
    east, north = transformer.transform(x, y)
    return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)


def same_projection(found: Any, *, epsg: int) -> bool:
    """
    Whether a reference system is the one of an EPSG code, by its parameters where it has a home-made name or code.

    Examples
    --------
    >>> home_made = CRS.from_proj4("+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80")
    >>> same_projection(home_made, epsg=2154), same_projection(home_made, epsg=3035)
    (True, False)
    """
    if found is None:
        return False
    left, right = CRS.from_user_input(found), CRS.from_epsg(epsg)
    return left.to_epsg() == epsg or _parameters(left) == _parameters(right) != ()


def _parameters(crs: CRS) -> tuple[Any, ...]:
    operation = crs.coordinate_operation
    if operation is None or crs.ellipsoid is None:
        return ()
    values = {
        str(each.code): round(float(each.value) * each.unit_conversion_factor / _PARAMETER_TOLERANCE) for each in operation.params
    }
    method = (operation.method_code, tuple(sorted(values.items())))
    return (*method, round(crs.ellipsoid.semi_major_metre, 3), round(crs.ellipsoid.inverse_flattening, 6))


def _crs_name(crs: CRS | None) -> str:
    return "no known reference system" if crs is None else (f"EPSG:{code}" if (code := crs.to_epsg()) else crs.name)
