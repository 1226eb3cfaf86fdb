"""
Spatial predicates of CQL2 between geometries of features and geometries of the filter, in the filter's reference system.

Both sides are compared in the system and axis order the filter names, so nothing is lost to reprojected edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import orjson
import shapely

from mediation_geo.service.cql.scalars import CqlError, Mask
from mediation_geo.service.features.crs import CRS84, is_geographic

if TYPE_CHECKING:
    from collections.abc import Callable

    from mediation_geo.service.features.table import FeatureTable, Rows, View

    Truth = Callable[[FeatureTable], tuple[Mask, Mask]]

__all__ = ["GEOMETRY", "OPERATORS", "read_literal", "related"]

GEOMETRY = "geometry"

_Predicate = Literal["intersects", "touches", "contains", "overlaps", "crosses", "within"]

# The tree asks `filter geometry PREDICATE feature`; CQL2 is written the other way round.
OPERATORS: dict[str, _Predicate] = {
    "s_intersects": "intersects",
    "s_disjoint": "intersects",
    "s_equals": "intersects",
    "s_touches": "touches",
    "s_within": "contains",
    "s_overlaps": "overlaps",
    "s_crosses": "crosses",
    "s_contains": "within",
}
_SWAPPED = {"s_within": "s_contains", "s_contains": "s_within"}
# Without a tree: a geometry with itself, or two geometries of the filter.
_PREDICATES: dict[str, Callable[[Any, Any], Any]] = {
    "s_intersects": shapely.intersects,
    "s_disjoint": shapely.disjoint,
    "s_equals": shapely.equals,
    "s_touches": shapely.touches,
    "s_within": shapely.within,
    "s_overlaps": shapely.overlaps,
    "s_crosses": shapely.crosses,
    "s_contains": shapely.contains,
}
# Greatest coordinates of degrees, by axis order.
_LIMITS = {True: (180.0, 90.0), False: (90.0, 180.0)}


def related(op: str, left: Any, right: Any, *, crs: str) -> Truth:
    """
    Which rows satisfy a spatial relation, and for which it can be told.

    Each side is the geometry property or a literal geometry.

    Raises
    ------
    CqlError
        If a side is neither, or a literal cannot be read.
    """
    if _is_property(left) and _is_property(right):
        _check_geometry(op, left)
        _check_geometry(op, right)
        return lambda table: _own(op, table, crs=crs)
    if _is_property(right):
        left, right, op = right, left, _SWAPPED.get(op, op)
    if not _is_property(left):
        same = bool(_PREDICATES[op](read_literal(left, crs=crs), read_literal(right, crs=crs)))
        return lambda table: (np.full(len(table), same), np.ones(len(table), dtype=np.bool_))
    _check_geometry(op, left)
    literal = read_literal(right, crs=crs)

    def truth(table: FeatureTable) -> tuple[Mask, Mask]:
        true = np.zeros(len(table), dtype=np.bool_)
        true[_rows(op, literal, table, crs=crs)] = True
        return true, table.has_geometry

    return truth


def read_literal(tree: Any, *, crs: str) -> shapely.Geometry:
    """
    A geometry of the filter, GeoJSON or a box.

    Raises
    ------
    CqlError
        If it cannot be read, is empty, crosses itself or lies outside its reference system.
    """
    geometry: shapely.Geometry
    if isinstance(tree, dict) and isinstance(tree.get("bbox"), list):
        return _box(tree["bbox"], crs=crs)
    if not isinstance(tree, dict) or "type" not in tree:
        message = "attendu la propriété geometry ou une géométrie"
        raise CqlError(message)
    try:
        geometry = shapely.from_geojson(orjson.dumps(tree))
    except (shapely.GEOSException, orjson.JSONEncodeError) as error:
        message = "géométrie illisible"
        raise CqlError(message) from error
    if geometry is None or shapely.is_empty(geometry) or not np.isfinite(shapely.bounds(geometry)).all():
        message = "géométrie vide ou hors de portée"
        raise CqlError(message)
    _check_reach(shapely.bounds(geometry).tolist(), crs=crs)
    if not shapely.is_valid(geometry):
        message = f"géométrie incorrecte ({shapely.is_valid_reason(geometry).split('[')[0]})"
        raise CqlError(message)
    return geometry


def _is_property(tree: Any) -> bool:
    return isinstance(tree, dict) and "property" in tree


def _check_geometry(op: str, tree: Any) -> None:
    if tree["property"] != GEOMETRY:
        message = f"{op} : propriété inconnue ou non spatiale : {str(tree['property'])[:60]}"
        raise CqlError(message)


def _box(numbers: list[Any], *, crs: str) -> shapely.Geometry:
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(isinstance(each, int | float) and np.isfinite(each) for each in numbers):
        message = "BBOX : attendu 4 ou 6 nombres"
        raise CqlError(message)
    west, south, east, north = numbers
    _check_reach(numbers, crs=crs)
    if crs == CRS84 and west > east:
        return shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
    box: shapely.Geometry = shapely.box(west, south, east, north)
    return box


def _check_reach(bounds: list[float], *, crs: str) -> None:
    """Refuse degrees that no place on Earth has, the usual sign of swapped axes or of metres taken for degrees."""
    if is_geographic(crs) and any(abs(each) > most for each, most in zip(bounds, _LIMITS[crs == CRS84] * 2, strict=True)):
        message = "coordonnées hors de portée, attendu des degrés dans l'ordre des axes de filter-crs"
        raise CqlError(message)


def _own(op: str, table: FeatureTable, *, crs: str) -> tuple[Mask, Mask]:
    """Relation of each geometry with itself."""
    geometries = table.view(crs).geometries
    return np.asarray(_PREDICATES[op](geometries, geometries), dtype=np.bool_), table.has_geometry


def _rows(op: str, literal: shapely.Geometry, table: FeatureTable, *, crs: str) -> Rows:
    view: View = table.view(crs)
    found: Rows = np.sort(view.tree.query(literal, predicate=OPERATORS[op])).astype(np.int64)
    if op == "s_disjoint":
        apart = table.has_geometry.copy()
        apart[found] = False
        return np.flatnonzero(apart).astype(np.int64)
    if op == "s_equals":
        equal: Rows = found[shapely.equals(view.geometries[found], literal)]
        return equal
    return found
