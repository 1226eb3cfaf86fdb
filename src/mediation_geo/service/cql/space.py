"""
Spatial predicates of CQL2 between the geometry of a feature and a geometry of the filter, in the filter's reference system.

Both sides are compared in the system and axis order the filter names, so nothing is lost to reprojected edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import orjson
import shapely

from mediation_geo.service.cql.scalars import CqlError
from mediation_geo.service.features.crs import CRS84

if TYPE_CHECKING:
    from collections.abc import Callable

    from mediation_geo.service.features.table import FeatureTable, Rows, View

__all__ = ["GEOMETRY", "OPERATORS", "related"]

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


def related(op: str, left: Any, right: Any, *, crs: str) -> Callable[[FeatureTable], Rows]:
    """
    Rows whose geometry stands in a relation to a literal geometry, which may be written on either side.

    Raises
    ------
    CqlError
        If the sides are not the geometry property and a literal that can be read.
    """
    if _is_property(right) and not _is_property(left):
        left, right, op = right, left, _SWAPPED.get(op, op)
    if not _is_property(left) or _is_property(right):
        message = f"{op} : attendu la propriété geometry et une géométrie"
        raise CqlError(message)
    if left["property"] != GEOMETRY:
        message = f"propriété inconnue ou non spatiale : {str(left['property'])[:60]}"
        raise CqlError(message)
    literal = _geometry(right, crs=crs)
    return lambda table: _rows(op, literal, table, crs=crs)


def _is_property(tree: Any) -> bool:
    return isinstance(tree, dict) and "property" in tree


def _geometry(tree: Any, *, crs: str) -> shapely.Geometry:
    geometry: shapely.Geometry
    if isinstance(tree, dict) and isinstance(tree.get("bbox"), list):
        return _box(tree["bbox"], crs=crs)
    try:
        geometry = shapely.from_geojson(orjson.dumps(tree))
    except (shapely.GEOSException, orjson.JSONEncodeError) as error:
        message = "géométrie illisible"
        raise CqlError(message) from error
    if geometry is None or shapely.is_empty(geometry) or not np.isfinite(shapely.bounds(geometry)).all():
        message = "géométrie vide ou hors de portée"
        raise CqlError(message)
    if not shapely.is_valid(geometry):
        message = f"géométrie incorrecte ({shapely.is_valid_reason(geometry).split('[')[0]})"
        raise CqlError(message)
    return geometry


def _box(numbers: list[Any], *, crs: str) -> shapely.Geometry:
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(isinstance(each, int | float) and np.isfinite(each) for each in numbers):
        message = "BBOX : attendu 4 ou 6 nombres"
        raise CqlError(message)
    west, south, east, north = numbers
    if crs == CRS84 and west > east:
        return shapely.MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
    box: shapely.Geometry = shapely.box(west, south, east, north)
    return box


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
