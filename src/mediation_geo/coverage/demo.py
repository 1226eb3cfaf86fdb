"""
Invented coverage maps in the form of ARCEP's, for notebooks and tests where no real file is at hand.

Bounds go in, polygons on multiples of 50 m come out. No figure made from them says anything about France.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from mediation_geo.coverage.arcep_maps import OPERATORS
from mediation_geo.coverage.provenance import recorded

__all__ = ["demo_mobile_layers"]

_CODES = tuple(sorted(set(OPERATORS.values())))
_LEVEL_RADIUS = {"TBC": 0.5, "BC": 0.8, "CL": 1.0}


def demo_mobile_layers(
    bounds: tuple[float, float, float, float], *, epsg: int, quarter: str, sites: int, seed: int
) -> gpd.GeoDataFrame:
    """
    Invented maps of 4G of four operators: discs of pixels around random sites, in the three levels.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north in the projection `epsg`.
    epsg : int
        A projection in metres.
    quarter : str
        Written into the maps, such as `2026_T2`.
    sites : int
        Sites of each operator.
    seed : int
        The same seed gives the same maps.

    Returns
    -------
    geopandas.GeoDataFrame
        As `read_mobile_layers`; its provenance says that it is synthetic.

    Examples
    --------
    >>> layers = demo_mobile_layers((700_000, 6_600_000, 720_000, 6_620_000), epsg=2154, quarter="2026_T2", sites=3, seed=1)
    >>> sorted(layers.operator.unique()), sorted(layers.niveau.unique())
    (['20801', '20810', '20815', '20820'], ['BC', 'CL', 'TBC'])
    """
    generator = np.random.default_rng(seed)
    rows = []
    for operator in _CODES:
        x = generator.uniform(bounds[0], bounds[2], sites)
        y = generator.uniform(bounds[1], bounds[3], sites)
        reach = generator.uniform(2_000, 9_000, sites)
        inner: shapely.Geometry = shapely.Polygon()
        for level, share in _LEVEL_RADIUS.items():
            discs = [_disc(*each) for each in zip(x, y, reach * share, strict=True)]
            outer = shapely.union_all([inner, *discs])
            rows.append((operator, level, shapely.difference(outer, inner)))
            inner = outer
    codes, levels, shapes = zip(*rows, strict=True)
    layers = {"operator": codes, "techno": "4G", "usage": "data", "niveau": levels, "quarter": quarter}
    frame = gpd.GeoDataFrame(layers, geometry=list(shapes), crs=epsg)
    return recorded(frame, "demo_mobile_layers", synthetic=True, epsg=epsg, quarter=quarter, sites=sites, seed=seed)


def _disc(x: float, y: float, radius: float) -> shapely.Geometry:
    """Pixels of 50 m whose rows fit into a disc, as one polygon with corners on multiples of 50 m."""
    edges = np.arange(-np.floor(radius / 50), np.floor(radius / 50) + 1) * 50
    outward = np.maximum(np.abs(edges[:-1]), np.abs(edges[1:]))
    half = np.floor(np.sqrt(np.maximum(radius**2 - outward**2, 0)) / 50) * 50 + 50
    right = np.stack([np.repeat(half, 2), np.repeat(edges, 2)[1:-1]], axis=1)
    left = np.stack([-right[::-1, 0], right[::-1, 1]], axis=1)
    corner = np.array([np.round(x / 50) * 50, np.round(y / 50) * 50])
    disc: shapely.Geometry = shapely.polygons(np.concatenate([right, left]) + corner)
    return disc
