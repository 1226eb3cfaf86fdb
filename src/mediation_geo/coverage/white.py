"""
How much of each cell or commune is a white zone: operators counted pixel by pixel, or areas cut exactly.

ARCEP's polygons and a named definition go in, shares between 0 and 1 come out. What the definition does not say (a level, a
quarter, an operator that is missing) is an error, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from mediation_geo.coverage.definitions import FixedWhiteZone, MobileWhiteZone, levels_at_least, quarter_index
from mediation_geo.coverage.frames import check_territory_crs, positions, require_columns, same_projection
from mediation_geo.coverage.grid import subpoints
from mediation_geo.coverage.provenance import provenance_of, recorded
from mediation_geo.coverage.scanline import PixelGrid, pixel_sums
from mediation_geo.errors import CRSMismatch, SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from mediation_geo.coverage.frames import Floats

__all__ = ["OperatorRaster", "commune_operator_shares", "operator_raster", "white_shares", "white_shares_exact"]

PIXEL_M = 50
_CELLS_AT_ONCE = 50_000
_TILE_M = 10_000.0
_ONE_BIT_EACH = 8


@dataclass(frozen=True)
class OperatorRaster:
    """
    Which operators are received in each pixel of 50 m.

    Attributes
    ----------
    masks : numpy.ndarray of uint8, shape (rows, columns)
        One bit for each of `operators`; row 0 is the south.
    grid : PixelGrid
        Where the pixels lie, in the projection `epsg`.
    epsg : int
        Projection.
    operators : tuple of str
        MCC-MNC codes.
    definition : MobileWhiteZone
        What the layers were chosen by.
    steps : list of dict
        Provenance.
    """

    masks: NDArray[np.uint8]
    grid: PixelGrid
    epsg: int
    operators: tuple[str, ...]
    definition: MobileWhiteZone
    steps: list[dict[str, Any]] = field(repr=False)

    @property
    def counts(self) -> NDArray[np.uint8]:
        """Number of operators received in each pixel."""
        return np.bitwise_count(self.masks)

    @property
    def white(self) -> NDArray[np.bool_]:
        """Pixels with at most as many operators as the definition says."""
        white: NDArray[np.bool_] = self.counts <= self.definition.max_operators
        return white

    def white_at(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """
        Whether the pixels that hold points are white.

        Raises
        ------
        CRSMismatch
            If a point lies outside the pixels: unknown is not white.
        """
        row, column = self.grid.slots(x, y)
        outside = (row < 0) | (column < 0) | (row >= self.grid.rows) | (column >= self.grid.columns)
        if outside.any():
            first = int(np.flatnonzero(outside)[0])
            message = (
                f"a point at {x.ravel()[first]:.0f}, {y.ravel()[first]:.0f} lies outside the raster "
                f"(EPSG:{self.epsg}); give operator_raster wider bounds"
            )
            raise CRSMismatch(message)
        table = np.bitwise_count(np.arange(256, dtype=np.uint8)) <= self.definition.max_operators
        white: NDArray[np.bool_] = table[self.masks[row, column]]
        return white


def operator_raster(
    layers: gpd.GeoDataFrame,
    *,
    definition: MobileWhiteZone,
    operators: Sequence[str],
    bounds: tuple[float, float, float, float],
    oldest_quarter: str | None = None,
) -> OperatorRaster:
    """
    Pixels of 50 m with the operators received there, at the level and technology of a definition.

    Parameters
    ----------
    layers : geopandas.GeoDataFrame
        Polygons of `read_mobile_layers`, in a projection in metres.
    definition : MobileWhiteZone
        Chooses technology and level, and names the quarter.
    operators : sequence of str
        MCC-MNC of all operators that count: one whose map is missing would make everything whiter.
    bounds : tuple of float
        West, south, east, north of the study in the projection of the layers.
    oldest_quarter : str, optional
        Maps back to this quarter are accepted too; else only those of the definition's.

    Raises
    ------
    SchemaMismatch
        If an operator has no map of this technology, a map is of another quarter, or a level is asked that the maps do not have.
    CRSMismatch
        If the layers have no known projection.

    Notes
    -----
    The published maps are pixels of 50 m turned into polygons on multiples of 50 m: putting them back loses nothing.

    Examples
    --------
    >>> import geopandas as gpd
    >>> zone = MobileWhiteZone(name="z", techno="4G", level="BC", max_operators=0, quarter="2026_T2", population="none")
    >>> layer = {"operator": ["20801"], "techno": ["4G"], "usage": ["data"], "niveau": ["TBC"], "quarter": ["2026_T2"]}
    >>> layers = gpd.GeoDataFrame(layer, geometry=[shapely.box(700_000, 6_600_000, 700_100, 6_600_050)], crs=2154)
    >>> raster = operator_raster(layers, definition=zone, operators=["20801"], bounds=(700_000, 6_600_000, 700_150, 6_600_100))
    >>> raster.counts.tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    epsg = layers.crs.to_epsg() if layers.crs is not None and layers.crs.is_projected else None
    if epsg is None:
        message = f"layers are in {layers.crs}; expected a projection with an EPSG code, such as EPSG:2154"
        raise CRSMismatch(message)
    if len(operators) > _ONE_BIT_EACH or len(set(operators)) != len(operators):
        message = f"operators are {list(operators)}; expected at most {_ONE_BIT_EACH}, each once"
        raise SchemaMismatch(message)
    chosen = _layers_of(layers, definition, operators, oldest_quarter or definition.quarter)
    grid = PixelGrid.around(bounds, pixel_m=PIXEL_M)
    masks = np.zeros((grid.rows, grid.columns), dtype=np.uint8)
    for bit, operator in enumerate(operators):  # four of them
        polygons = np.asarray(chosen.geometry[chosen["operator"] == operator].array, dtype=object)
        masks |= (pixel_sums(polygons, np.ones(len(polygons)), grid) > 0).astype(np.uint8) << np.uint8(bit)
    parameters: dict[str, Any] = {"operators": list(operators), "bounds": bounds, "epsg": epsg, "pixel_m": PIXEL_M}
    dated = chosen.groupby("operator")["quarter"].agg(lambda each: sorted(set(each))).to_dict()
    noted = recorded(pd.DataFrame(), "operator_raster", inputs=[layers], definition=definition, quarters=dated, **parameters)
    return OperatorRaster(masks, grid, epsg, tuple(operators), definition, provenance_of(noted))


def white_shares(cells: pd.DataFrame, raster: OperatorRaster, *, per_side: int = 4) -> pd.DataFrame:
    """
    Cells with `white_share_<definition>`: the share of a cell's sub-points that lie in white pixels.

    Parameters
    ----------
    cells : pandas.DataFrame
        Layout `CELLS`: positions and squares.
    raster : OperatorRaster
        In the legal projection of the cells' territory, and at least as wide as the cells.
    per_side : int
        Sub-points a side; 4 x 4 points of a cell of 200 m are the centres of pixels of 50 m. One, the centre of the cell,
        counts 2 to
        3 % too few white people.

    Raises
    ------
    CRSMismatch
        If the raster's projection is not for the cells' territory (Lambert-93 overseas), or a cell lies outside the pixels.

    Examples
    --------
    >>> import geopandas as gpd
    >>> zone = MobileWhiteZone(name="z", techno="4G", level="BC", max_operators=0, quarter="2026_T2", population="none")
    >>> layer = {"operator": ["20801"], "techno": ["4G"], "usage": ["data"], "niveau": ["TBC"], "quarter": ["2026_T2"]}
    >>> layers = gpd.GeoDataFrame(layer, geometry=[shapely.box(700_000, 6_600_000, 700_100, 6_600_200)], crs=2154)
    >>> raster = operator_raster(layers, definition=zone, operators=["20801"], bounds=(700_000, 6_600_000, 700_200, 6_600_200))
    >>> from mediation_geo.coverage import parse_grid_ids
    >>> white_shares(parse_grid_ids(["CRS2154RES200mN6600000E700000"]), raster).white_share_z.tolist()
    [0.5]
    """
    require_columns(cells, ["x", "y", "size_m", "grid_epsg"], what="cells")
    lon, lat = positions(cells, what="cells")
    check_territory_crs(lon, lat, epsg=raster.epsg, what="cells")
    shares = np.full(len(cells), np.nan)
    epsgs = cells["grid_epsg"].to_numpy()
    for epsg in np.unique(epsgs):
        here = np.flatnonzero(epsgs == epsg)
        same = int(epsg) == raster.epsg
        transformer = None if same else Transformer.from_crs(int(epsg), raster.epsg, always_xy=True)
        for start in range(0, len(here), _CELLS_AT_ONCE):  # blocks, so that memory does not grow with the country
            rows = here[start : start + _CELLS_AT_ONCE]
            x, y = subpoints(cells.iloc[rows], per_side=per_side)
            if transformer is not None:
                x, y = transformer.transform(x, y)
            shares[rows] = raster.white_at(x, y).mean(axis=1)
    found = cells.assign(**{f"white_share_{raster.definition.name}": shares})
    origin = pd.DataFrame()
    origin.attrs = {"provenance": raster.steps}
    return recorded(found, "white_shares", inputs=[cells, origin], per_side=per_side)


def white_shares_exact(
    cells: pd.DataFrame, covered: gpd.GeoDataFrame, *, definition: MobileWhiteZone | FixedWhiteZone
) -> pd.DataFrame:
    """
    Cells with `white_share_<definition>`: the share of a cell's area outside every covered polygon.

    Slower than the pixels and free of any choice of points: for checks, and for maps that are no pixels (fixed networks).

    Parameters
    ----------
    cells : pandas.DataFrame
        Layout `CELLS`.
    covered : geopandas.GeoDataFrame
        Polygons where the definition's service is received, of any operator, in the legal projection of the territory.
    definition : MobileWhiteZone or FixedWhiteZone
        Names the result; a mobile one must say `max_operators=0`, since the union of all operators leaves only that.

    Examples
    --------
    >>> import geopandas as gpd
    >>> zone = FixedWhiteZone(name="f", min_mbps=8, quarter="2026_T2", population="none")
    >>> covered = gpd.GeoDataFrame(geometry=[shapely.box(700_000, 6_600_000, 700_050, 6_600_200)], crs=2154)
    >>> from mediation_geo.coverage import parse_grid_ids
    >>> white_shares_exact(parse_grid_ids(["CRS2154RES200mN6600000E700000"]), covered, definition=zone).white_share_f.tolist()
    [0.75]
    """
    if isinstance(definition, MobileWhiteZone) and definition.max_operators != 0:
        message = (
            f"max_operators is {definition.max_operators}; polygons of all operators together only tell 0 (use white_shares)"
        )
        raise SchemaMismatch(message)
    require_columns(cells, ["x", "y", "size_m", "grid_epsg"], what="cells")
    epsg = covered.crs.to_epsg() if covered.crs is not None and covered.crs.is_projected else None
    if epsg is None:
        message = f"covered polygons are in {covered.crs}; expected a projection with an EPSG code, such as EPSG:2154"
        raise CRSMismatch(message)
    lon, lat = positions(cells, what="cells")
    check_territory_crs(lon, lat, epsg=epsg, what="cells")
    squares = _squares(cells, epsg=epsg)
    shares = np.ones(len(cells))
    polygons = np.asarray(covered.geometry.array, dtype=object)
    tree = shapely.STRtree(polygons)
    centres = shapely.get_coordinates(shapely.centroid(squares))
    tiles = pd.DataFrame(np.floor(centres / _TILE_M), columns=["column", "row"]).groupby(["column", "row"]).indices
    for rows in tiles.values():  # tiles of 10 km: cutting giant polygons cell by cell takes minutes
        bounds = shapely.total_bounds(squares[rows])
        near = polygons[tree.query(shapely.box(*bounds))]
        union = shapely.union_all(shapely.clip_by_rect(near, *bounds))
        shapely.prepare(union)
        shares[rows] = 1 - shapely.area(shapely.intersection(squares[rows], union)) / shapely.area(squares[rows])
    found = cells.assign(**{f"white_share_{definition.name}": np.clip(shares, 0.0, 1.0)})
    return recorded(found, "white_shares_exact", inputs=[cells, covered], definition=definition)


def commune_operator_shares(communes: gpd.GeoDataFrame, raster: OperatorRaster) -> pd.DataFrame:
    """
    Share of each commune's area with exactly n operators, as ARCEP's `nbope` gives it, and `white_share_<definition>`.

    Parameters
    ----------
    communes : geopandas.GeoDataFrame
        Columns `code_insee`, polygons in the projection of the raster, not overlapping.
    raster : OperatorRaster
        At least as wide as the communes.

    Returns
    -------
    pandas.DataFrame
        `code_insee, pixels, couv_0 ... couv_<operators>` between 0 and 1, and the white share; missing where no pixel's
        centre lies in
        a commune.

    Raises
    ------
    CRSMismatch
        If the communes are in another projection.
    """
    if not same_projection(communes.crs, epsg=raster.epsg):
        message = f"communes are in {communes.crs}; expected EPSG:{raster.epsg}, as the raster (reproject them with to_crs)"
        raise CRSMismatch(message)
    polygons = np.asarray(communes.geometry.array, dtype=object)
    owner = pixel_sums(polygons, np.arange(1.0, len(communes) + 1), raster.grid)
    inside = owner > 0
    kinds = len(raster.operators) + 1
    slots = (owner[inside] - 1).astype(np.int64) * kinds + raster.counts[inside]
    pixels = np.bincount(slots, minlength=len(communes) * kinds).reshape(len(communes), kinds)
    total = pixels.sum(axis=1)
    with np.errstate(invalid="ignore"):
        shares = pixels / total[:, None]
    white = shares[:, : raster.definition.max_operators + 1].sum(axis=1)
    table = pd.DataFrame({"code_insee": communes["code_insee"].to_numpy(), "pixels": total})
    table = table.assign(**{f"couv_{n}": shares[:, n] for n in range(kinds)}, **{f"white_share_{raster.definition.name}": white})
    origin = pd.DataFrame()
    origin.attrs = {"provenance": raster.steps}
    return recorded(table, "commune_operator_shares", inputs=[communes, origin])


def _layers_of(layers: gpd.GeoDataFrame, definition: MobileWhiteZone, operators: Sequence[str], oldest: str) -> gpd.GeoDataFrame:
    require_columns(layers, ["operator", "techno", "niveau", "quarter"], what="layers")
    chosen = layers[(layers["techno"] == definition.techno) & layers["operator"].isin(list(operators))]
    absent = [each for each in operators if not (chosen["operator"] == each).any()]
    if absent:
        there = ", ".join(sorted(layers.loc[layers["techno"] == definition.techno, "operator"].unique())) or "none"
        message = f"no map of {definition.techno} for operator {absent[0]}; there are: {there}"
        raise SchemaMismatch(message)
    first, last = quarter_index(oldest), quarter_index(definition.quarter)
    for quarter in sorted(chosen["quarter"].unique()):
        if not first <= quarter_index(quarter) <= last:
            wanted = definition.quarter if first == last else f"{oldest} to {definition.quarter}"
            message = f"a map of {quarter} among those for {definition.name!r}; expected {wanted}: quarters are not mixed unasked"
            raise SchemaMismatch(message)
    levels = levels_at_least(definition.level)
    there_are = set(chosen["niveau"].unique())
    odd = there_are - {"NONE"} if definition.level is None else there_are & {"NONE"}
    if odd:
        message = (
            f"maps of {definition.techno} have the levels {', '.join(sorted(there_are))}; level {definition.level!r} does not fit"
        )
        raise SchemaMismatch(message)
    return chosen[chosen["niveau"].isin(levels)]


def _squares(cells: pd.DataFrame, *, epsg: int) -> NDArray[np.object_]:
    """Squares of the cells in another projection, sides kept straight: a few centimetres off at 1 km."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
    size = cells["size_m"].to_numpy(dtype=np.float64)[:, None]
    x = cells["x"].to_numpy()[:, None] + corners[:, 0] * size
    y = cells["y"].to_numpy()[:, None] + corners[:, 1] * size
    epsgs = cells["grid_epsg"].to_numpy()
    for each in np.unique(epsgs[epsgs != epsg]):
        here = epsgs == each
        x[here], y[here] = Transformer.from_crs(int(each), epsg, always_xy=True).transform(x[here], y[here])
    return np.asarray(shapely.polygons(np.stack([x, y], axis=-1)), dtype=object)
