"""
What one request asks of a collection, as a value: filters, order, page and shape of the answer.

Made by `ogc.parameters` from a query string or by the pygeoapi plugin from its arguments; applied to a table by `select`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mediation_geo.service.features.crs import CRS84

if TYPE_CHECKING:
    from mediation_geo.service.features.table import FeatureTable, Rows

__all__ = ["BBox", "ItemsQuery", "Near", "Predicate", "Selection", "SortKey"]


class Predicate(Protocol):
    """A compiled filter: which rows of a table it keeps, in row order."""

    def rows(self, table: FeatureTable) -> Rows:
        """Rows kept, ascending."""
        ...


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in a reference system, in its axis order; `low` may exceed `high` on the longitude axis across 180°."""

    low: tuple[float, float]
    high: tuple[float, float]
    crs: str = CRS84


@dataclass(frozen=True, slots=True)
class Near:
    """A point to be near to, degrees, and the greatest distance in metres when there is one."""

    lon: float
    lat: float
    radius_m: float | None = None


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """
    One request to a collection.

    Attributes
    ----------
    limit, offset : int
        The page.
    bbox : BBox or None
        Keep features that intersect it.
    days : tuple of str or None
        First and last ISO day, either may be None for an open end; keep features dated between them, both included.
    equal : tuple of (str, value)
        Keep features whose column equals the value, or whose list holds it.
    matching : Predicate or None
        A compiled CQL2 filter.
    near : Near or None
        Tell the distance from a point, and order by it unless `sortby` says otherwise.
    sortby : tuple of SortKey
        Order; ties keep the order of the release.
    properties : tuple of str or None
        Properties to write, None for all.
    skip_geometry : bool
        Leave the geometries out.
    crs : str
        URI of the system to write coordinates in.
    hits : bool
        Count only.
    """

    limit: int = 10
    offset: int = 0
    bbox: BBox | None = None
    days: tuple[str | None, str | None] | None = None
    equal: tuple[tuple[str, str | float], ...] = ()
    matching: Predicate | None = None
    near: Near | None = None
    sortby: tuple[SortKey, ...] = ()
    properties: tuple[str, ...] | None = None
    skip_geometry: bool = False
    crs: str = CRS84
    hits: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of one page, how many matched in all, and how far each is when the request asked for near ones."""

    rows: Rows
    matched: int
    distances_m: tuple[float, ...] | None = None
