"""
Where the next places would bring help to most people: maximal covering location, quickly and almost best, or exactly.

Cells out of reach and candidate sites go in; chosen sites with the people each adds come out. Reach is geodesic.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from mediation_geo.coverage.frames import identifiers, positions, weights
from mediation_geo.coverage.neighbours import SourceRows, neighbour_pairs
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

    from mediation_geo.coverage.frames import Floats, Ints

__all__ = ["site_exact", "site_greedy"]


def site_greedy(cells: pd.DataFrame, candidates: pd.DataFrame, *, radius_m: float, count: int) -> pd.DataFrame:
    """
    Sites chosen one after the other, each the one that brings most people within reach.

    Parameters
    ----------
    cells : pandas.DataFrame
        `lon, lat`, `population`: give only the cells that no place reaches yet (`population_gap`).
    candidates : pandas.DataFrame
        `site_id`, `lon, lat`: town halls, for instance.
    radius_m : float
        Metres, geodesic, within which a site helps.
    count : int
        How many sites.

    Returns
    -------
    pandas.DataFrame
        In the order of choice: `rank`, `site_id`, `lon`, `lat`, `people_added`, `people_reached` (in all). Fewer than
        `count` rows when
        nobody is left to reach. Of equal sites the one with the smaller id is taken.

    Notes
    -----
    At least 63 % (1 - 1/e) of the best possible (Nemhauser, Wolsey & Fisher 1978).

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"lon": [3.5, 3.52, 4.5], "lat": [44.5, 44.5, 44.5], "population": [10.0, 20.0, 25.0]})
    >>> candidates = pd.DataFrame({"site_id": ["a", "b"], "lon": [4.5, 3.51], "lat": [44.5, 44.5]})
    >>> site_greedy(cells, candidates, radius_m=5_000, count=2)[["site_id", "people_added"]].values.tolist()
    [['b', 30.0], ['a', 25.0]]
    """
    ordered, reach, people = _problem(cells, candidates, radius_m=radius_m, count=count)
    chosen, added = _lazy_greedy(reach, people, count)
    table = ordered.iloc[chosen][["site_id", "lon", "lat"]].reset_index(drop=True)
    table = table.assign(rank=np.arange(1, len(chosen) + 1), people_added=added, people_reached=np.cumsum(added))
    table = table[["rank", "site_id", "lon", "lat", "people_added", "people_reached"]]
    return recorded(table, "site_greedy", inputs=[cells, candidates], radius_m=radius_m, count=count)


def site_exact(
    cells: pd.DataFrame, candidates: pd.DataFrame, *, radius_m: float, count: int, time_limit_s: float
) -> pd.DataFrame:
    """
    The best sites there are: the maximal covering location problem (Church & ReVelle 1974), solved by HiGHS.

    Parameters
    ----------
    cells, candidates, radius_m, count
        As for `site_greedy`; a département in a second, the country not at all.
    time_limit_s : float
        Seconds after which the solver gives up.

    Returns
    -------
    pandas.DataFrame
        `site_id`, `lon`, `lat`, sorted by id; `attrs["people_reached"]` is the optimum.

    Raises
    ------
    SchemaMismatch
        If the optimum was not found in time.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"lon": [3.5, 3.52, 4.5], "lat": [44.5, 44.5, 44.5], "population": [10.0, 20.0, 25.0]})
    >>> candidates = pd.DataFrame({"site_id": ["a", "b"], "lon": [4.5, 3.51], "lat": [44.5, 44.5]})
    >>> best = site_exact(cells, candidates, radius_m=5_000, count=1, time_limit_s=10)
    >>> best.site_id.tolist(), best.attrs["people_reached"]
    (['b'], 30.0)
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import eye_array, hstack

    ordered, reach, people = _problem(cells, candidates, radius_m=radius_m, count=count)
    sites, covered = reach.shape
    # Variables: sites, then cells. A cell counts only if a chosen site reaches it; sites are whole, cells follow.
    links = LinearConstraint(hstack([-reach.T, eye_array(covered)], format="csr"), ub=np.zeros(covered))
    number = LinearConstraint(np.concatenate([np.ones(sites), np.zeros(covered)])[None, :], ub=count)
    whole = np.concatenate([np.ones(sites), np.zeros(covered)])
    solved = milp(
        np.concatenate([np.zeros(sites), -people]),
        integrality=whole,
        bounds=Bounds(0, 1),
        constraints=[links, number],
        options={"time_limit": time_limit_s},
    )
    if solved.status != 0:
        message = f"no proven optimum for {sites} sites and {covered} cells within {time_limit_s} s ({solved.message})"
        raise SchemaMismatch(message)
    best: pd.DataFrame = ordered[np.round(solved.x[:sites]) == 1]
    table = best[["site_id", "lon", "lat"]].reset_index(drop=True)
    result = recorded(table, "site_exact", inputs=[cells, candidates], radius_m=radius_m, count=count)
    result.attrs["people_reached"] = float(np.round(-solved.fun, 6))
    return result


def _problem(
    cells: pd.DataFrame, candidates: pd.DataFrame, *, radius_m: float, count: int
) -> tuple[pd.DataFrame, csr_array, Floats]:
    from scipy.sparse import csr_array

    if count < 1 or not 0 < radius_m < np.inf:
        message = f"count is {count} and radius_m {radius_m}; expected at least 1 and more than 0"
        raise SchemaMismatch(message)
    identifiers(candidates, "site_id", what="candidates")
    people = weights(cells, "population", what="cells")
    lon, lat = positions(cells, what="cells")
    site_lon, site_lat = positions(candidates, what="candidates")
    if np.isnan([*site_lon, *site_lat]).any() or np.isnan(lon).any() or np.isnan(lat).any():
        message = "a cell or a candidate has no position: nobody can be sited there"
        raise SchemaMismatch(message)
    ordered = candidates.assign(lon=site_lon, lat=site_lat).sort_values("site_id")
    # The order of cells does not matter to a person: sorted by position, sums do not depend on it either.
    order = np.lexsort((lat, lon))
    rows = SourceRows(lon[order], lat[order], radius_m=radius_m)
    site, cell = neighbour_pairs(rows, ordered["lon"].to_numpy(), ordered["lat"].to_numpy(), radius_m=radius_m)
    shape = (len(ordered), len(cells))
    reach = csr_array((np.ones(len(site)), (site, cell)), shape=shape)
    return ordered, reach, people[order]


def _lazy_greedy(reach: csr_array, people: Floats, count: int) -> tuple[Ints, Floats]:
    """Sites by marginal gain; gains only shrink, so a site whose old gain is below the best new one is not looked at."""
    left = people.copy()
    first: Floats = np.asarray(reach @ left)
    heap: list[tuple[float, int]] = [(-float(gain), site) for site, gain in enumerate(first) if gain > 0]
    heapq.heapify(heap)
    chosen: list[int] = []
    added: list[float] = []
    while heap and len(chosen) < count:
        _, site = heapq.heappop(heap)
        cells = reach.indices[reach.indptr[site] : reach.indptr[site + 1]]
        gain = float(left[cells].sum())
        if gain <= 0:
            continue
        if heap and (-gain, site) > heap[0]:
            heapq.heappush(heap, (-gain, site))
            continue
        chosen.append(site)
        added.append(gain)
        left[cells] = 0.0
    return np.asarray(chosen, dtype=np.int64), np.asarray(added)
