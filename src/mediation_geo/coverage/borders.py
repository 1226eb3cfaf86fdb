"""
Where a frontier distorts the figures: places in Belgium, Germany or Spain are in no French list.

Communes and cells go in; the land border as lines, and a flag on each cell near it, come out. Figures are flagged, never
corrected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mediation_geo.coverage.frames import positions
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch
from mediation_geo.geodesy import geocentric_m

if TYPE_CHECKING:
    from mediation_geo.coverage.frames import Floats

__all__ = ["border_flags", "land_border", "landmass_of"]

# Rough course of the land frontiers, EPSG:4326, to tell them from coasts; the polygons of the communes give the exact line.
_FRONTIERS = (
    ((2.55, 51.09), (2.62, 50.81), (3.2, 50.75), (3.66, 50.3), (4.2, 49.96), (4.85, 50.1), (4.9, 49.8), (5.82, 49.55),
     (6.36, 49.47), (7.05, 49.12), (8.23, 48.97), (7.6, 48.1), (7.58, 47.58), (7.0, 47.45), (6.1, 46.6), (6.1, 46.15),
     (6.85, 46.4), (7.04, 45.92), (6.7, 45.1), (7.05, 44.25), (7.7, 44.15), (7.53, 43.78)),
    ((-1.79, 43.38), (-1.4, 43.05), (-0.7, 42.85), (0.67, 42.75), (1.45, 42.55), (2.0, 42.4), (3.17, 42.43)),
    ((7.39, 43.75), (7.44, 43.73)),
    ((-54.0, 5.75), (-54.45, 4.7), (-54.2, 3.7), (-54.05, 2.5), (-52.9, 2.2), (-51.9, 3.7), (-51.65, 4.2)),
    ((-63.15, 18.06), (-63.01, 18.06)),
)  # fmt: skip
# Farther from the rough course than this, an outer edge is a coast; half of the largest error of the course.
_COURSE_DEGREES = 0.35
_COAST_STEP_DEGREES = 0.01


def land_border(communes: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """
    Outer edges of the communes that run along a land frontier of France.

    Parameters
    ----------
    communes : geopandas.GeoDataFrame
        EPSG:4326, polygons of the whole country: the edge of a part of it would be taken for the frontier.

    Returns
    -------
    geopandas.GeoSeries
        Lines, EPSG:4326; empty where no frontier is near.

    Notes
    -----
    An outer edge counts when it lies within 0.35° of a rough course of the frontier; the first kilometres of coast beside it are
    taken for frontier as well.

    Examples
    --------
    >>> from mediation_geo.coverage import shipped_communes
    >>> len(land_border(shipped_communes(departement="48")))
    0
    """
    course = shapely.MultiLineString([list(line) for line in _FRONTIERS]).buffer(_COURSE_DEGREES)
    shapely.prepare(course)
    near = communes.geometry.notna() & shapely.intersects(course, np.asarray(communes.geometry.array))
    if not near.any():
        return gpd.GeoSeries([], crs="EPSG:4326")
    # Edges inside the country are shared by two communes: what only one has is outer, unless its neighbour was left out.
    edge = shapely.boundary(shapely.union_all(np.asarray(communes.geometry[near].array), grid_size=1e-5))
    others = np.asarray(communes.geometry[communes.geometry.notna() & ~near].array)
    inner = shapely.buffer(shapely.union_all(others[shapely.intersects(others, edge)]), 1e-3)
    return gpd.GeoSeries([shapely.difference(shapely.intersection(edge, course), inner)], crs="EPSG:4326")


def border_flags(cells: pd.DataFrame, border: gpd.GeoSeries, *, within_m: float) -> pd.DataFrame:
    """
    Cells with `near_border`: true where the frontier is at most so far away that a place across it could be nearer.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns `lon, lat`.
    border : geopandas.GeoSeries
        Lines, EPSG:4326 (see `land_border`), or one's own polygons of the neighbours.
    within_m : float
        Metres.

    Examples
    --------
    >>> line = gpd.GeoSeries([shapely.LineString([(7.0, 48.0), (7.0, 49.0)])], crs=4326)
    >>> border_flags(pd.DataFrame({"lon": [6.95, 5.0], "lat": [48.5, 48.5]}), line, within_m=10_000).near_border.tolist()
    [True, False]
    """
    lon, lat = positions(cells, what="cells")
    points = _points_along(border)
    near = np.zeros(len(cells), dtype=bool)
    known = np.isfinite(lon) & np.isfinite(lat)
    if len(points) and known.any():
        from scipy.spatial import cKDTree

        distance, _ = cKDTree(points).query(geocentric_m(lon[known], lat[known]), distance_upper_bound=within_m, workers=-1)
        near[known] = np.isfinite(distance)
    return recorded(cells.assign(near_border=near), "border_flags", inputs=[cells], within_m=within_m)


def landmass_of(points: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """
    Landmass of each point: the smallest commune code of the connected communes nearest to it; missing without position.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns `lon, lat` or `longitude, latitude`: cells or places.
    communes : geopandas.GeoDataFrame
        EPSG:4326, polygons. Communes that touch are one landmass: a bridge joins nothing.

    Examples
    --------
    >>> islands = gpd.GeoDataFrame({"code_insee": ["1", "2"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(3, 0, 4, 1)])
    >>> islands = islands.set_crs(4326)
    >>> landmass_of(pd.DataFrame({"lon": [0.5, 3.2, 1.1], "lat": [0.5, 0.5, 0.5]}), islands).tolist()
    ['1', '2', '1']
    """
    known = communes[communes.geometry.notna()]
    if known.crs != "EPSG:4326" or known.empty:
        message = f"communes: {len(known)} polygons in {communes.crs}; expected some in EPSG:4326"
        raise SchemaMismatch(message)
    parts = known.geometry.explode(ignore_index=False)
    rows = known.index.get_indexer(parts.index)
    masses = _connected(parts.to_numpy())
    codes = pd.Series(known["code_insee"].to_numpy()[rows]).groupby(masses).transform("min").to_numpy()
    lon, lat = positions(points, what="points")
    placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    tree = shapely.STRtree(parts.to_numpy())
    # Off the coast, where simplified outlines leave a jetty in the sea, the nearest outline is near enough in degrees.
    found = tree.nearest(np.asarray(shapely.points(lon[placed], lat[placed])))
    names = np.full(len(points), None, dtype=object)
    names[placed] = codes[found]
    return pd.Series(names, index=points.index, dtype="str")


def _connected(polygons: np.ndarray) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Simplified outlines of neighbours may be a few metres apart.
    left, right = shapely.STRtree(polygons).query(shapely.buffer(polygons, 1e-4, quad_segs=1), predicate="intersects")
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(polygons), len(polygons)))
    return connected_components(graph, directed=False)[1]


def _points_along(border: gpd.GeoSeries) -> Floats:
    lines = [shapely.segmentize(each, _COAST_STEP_DEGREES / 4) for each in border if each is not None and not each.is_empty]
    if not lines:
        return np.zeros((0, 3))
    lonlat = shapely.get_coordinates(lines)
    return geocentric_m(lonlat[:, 0], lonlat[:, 1])
