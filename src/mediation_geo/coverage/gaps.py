"""
People and areas out of reach: cells beyond a distance, cells beyond it and in a white zone, and the connected areas they form.

Cells with `distance_m` and white shares go in; the cells of a gap, areas and classes for maps come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import positions, require_columns, weights
from mediation_geo.coverage.neighbours import SourceRows, neighbour_pairs
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mediation_geo.coverage.definitions import CombinedGap, MediationGap
__all__ = ["bivariate_classes", "combined_gap", "gap_areas", "mediation_gap"]


def mediation_gap(cells: pd.DataFrame, *, definition: MediationGap) -> pd.DataFrame:
    """
    Cells farther from help than the definition says, with `gap_population`: all their people.

    Parameters
    ----------
    cells : pandas.DataFrame
        `population`, `distance_m` (see `nearest_places`, on the places that offer the definition's service). A cell without
        distance
        is out of reach.

    Examples
    --------
    >>> from mediation_geo.coverage import MediationGap
    >>> cells = pd.DataFrame({"population": [30.0, 70.0], "distance_m": [500.0, 12_000.0]})
    >>> mediation_gap(cells, definition=MediationGap(name="loin", distance_m=10_000, service="any")).gap_population.tolist()
    [70.0]
    """
    require_columns(cells, ["population", "distance_m"], what="cells")
    people = weights(cells, "population", what="cells")
    far = ~(cells["distance_m"] <= definition.distance_m).to_numpy()
    gap = cells[far].assign(gap_population=people[far])
    return recorded(gap, "mediation_gap", inputs=[cells], definition=definition)


def combined_gap(cells: pd.DataFrame, *, definition: CombinedGap) -> pd.DataFrame:
    """
    Cells far from help that lie in a white zone too, at least in part, with `gap_population`: their people times the white share.

    Parameters
    ----------
    cells : pandas.DataFrame
        `population`, `distance_m`, and `white_share_<name of the white zone>`.

    Examples
    --------
    >>> from mediation_geo.coverage import CombinedGap, ProgrammeWhiteZone
    >>> from mediation_geo.coverage import MediationGap
    >>> cells = pd.DataFrame({"population": [30.0, 70.0], "distance_m": [12e3, 12e3], "white_share_zbcb": [0.0, 0.5]})
    >>> far = MediationGap(name="loin", distance_m=10_000, service="any")
    >>> listed = ProgrammeWhiteZone(name="zbcb", programme="zones blanches centre-bourgs", as_of="2016")
    >>> combined_gap(cells, definition=CombinedGap(name="both", mediation=far, white=listed)).gap_population.tolist()
    [35.0]
    """
    column = f"white_share_{definition.white.name}"
    require_columns(cells, [column], what="cells")
    share = cells[column].to_numpy(dtype=np.float64)
    if not ((share >= 0) & (share <= 1)).all():
        row = int(np.flatnonzero(~((share >= 0) & (share <= 1)))[0])
        message = f"cells: {column} is {share[row]} in row {row}; expected a share between 0 and 1"
        raise SchemaMismatch(message)
    far = mediation_gap(cells, definition=definition.mediation)
    both = far[far[column] > 0]
    both = both.assign(gap_population=both["gap_population"] * both[column])
    return recorded(both, "combined_gap", inputs=[cells], definition=definition)


def gap_areas(gap: pd.DataFrame, *, join_m: float) -> pd.DataFrame:
    """
    Connected areas of a gap: cells at most `join_m` from each other belong together.

    Parameters
    ----------
    gap : pandas.DataFrame
        Cells of `mediation_gap` or `combined_gap`.
    join_m : float
        Metres between centres; 1.5 times the side of the cells joins those that touch.

    Returns
    -------
    pandas.DataFrame
        One row an area, most people first: `area`, `cells`, `gap_population`, `lon, lat` (centre of its people),
        `max_distance_m`.

    Examples
    --------
    >>> gap = pd.DataFrame({"lon": [3.5, 3.51, 4.0], "lat": 44.5, "gap_population": [10.0, 30.0, 5.0], "distance_m": 12e3})
    >>> gap_areas(gap, join_m=1500)[["area", "cells", "gap_population"]].values.tolist()
    [[1.0, 2.0, 40.0], [2.0, 1.0, 5.0]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if gap.empty:
        message = "the gap is empty: nobody is out of reach"
        raise SchemaMismatch(message)
    lon, lat = positions(gap, what="gap")
    people = weights(gap, "gap_population", what="gap")
    left, right = neighbour_pairs(SourceRows(lon, lat, radius_m=join_m), lon, lat, radius_m=join_m)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(gap), len(gap)))
    label = connected_components(graph, directed=False)[1]
    frame = pd.DataFrame({"label": label, "gap_population": people, "lon": lon * people, "lat": lat * people})
    frame = frame.assign(cells=1, max_distance_m=gap["distance_m"].to_numpy(), west=lon, south=lat)
    sums = ["cells", "gap_population", "lon", "lat"]
    kinds = {**dict.fromkeys(sums, "sum"), "max_distance_m": "max", "west": "min", "south": "min"}
    areas = frame.groupby("label").agg(kinds)
    areas = areas.assign(lon=areas["lon"] / areas["gap_population"], lat=areas["lat"] / areas["gap_population"])
    areas = areas.sort_values(["gap_population", "west", "south"], ascending=[False, True, True], ignore_index=True)
    areas = areas.assign(area=np.arange(1, len(areas) + 1))[["area", "cells", "gap_population", "lon", "lat", "max_distance_m"]]
    return recorded(areas, "gap_areas", inputs=[gap], join_m=join_m)


def bivariate_classes(
    table: pd.DataFrame, *, x: str, y: str, x_breaks: Sequence[float], y_breaks: Sequence[float]
) -> pd.DataFrame:
    """
    Table with `x_class`, `y_class` (1 upwards) and `bivariate` such as `2-3`: two variables for one map of 3 by 3 colours.

    Parameters
    ----------
    x, y : str
        Columns of numbers.
    x_breaks, y_breaks : sequence of float
        Upper limits of all classes but the last, ascending and named in the legend; a value on a limit is below it.

    Returns
    -------
    pandas.DataFrame
        Classes are missing where either number is.

    Examples
    --------
    >>> table = pd.DataFrame({"distance_m": [800.0, 9_000.0], "white": [0.0, 0.4]})
    >>> bivariate_classes(table, x="distance_m", y="white", x_breaks=[2000, 5000], y_breaks=[0.01, 0.1]).bivariate.tolist()
    ['1-1', '3-3']
    """
    require_columns(table, [x, y], what="table")
    known = table[x].notna() & table[y].notna()
    x_class = _classes(table[x], x_breaks, "x_breaks")
    y_class = _classes(table[y], y_breaks, "y_breaks")
    pair = (
        pd.Series(x_class, index=table.index).astype("str") + "-" + pd.Series(y_class, index=table.index).astype("str")
    ).where(known)
    classes = {
        name: pd.Series(each, index=table.index).where(known) for name, each in (("x_class", x_class), ("y_class", y_class))
    }
    result = table.assign(**classes, bivariate=pair)
    parameters: dict[str, Any] = {"x": x, "y": y, "x_breaks": list(x_breaks), "y_breaks": list(y_breaks)}
    return recorded(result, "bivariate_classes", inputs=[table], **parameters)


def _classes(values: pd.Series, breaks: Sequence[float], what: str) -> pd.Series:
    limits = np.asarray(breaks, dtype=np.float64)
    if not len(limits) or (np.diff(limits) <= 0).any() or np.isnan(limits).any():
        message = f"{what} is {list(breaks)}; expected ascending numbers"
        raise SchemaMismatch(message)
    return pd.Series(np.searchsorted(limits, values.to_numpy(dtype=np.float64), side="left") + 1, index=values.index)
