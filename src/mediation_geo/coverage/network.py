"""
Time or distance along roads to the nearest place: one search over a graph of one's own, for every node at once.

Nodes, arcs and places go in, each node's cost and nearest place come out. Building the graph from a map is left to its owner.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import Ints, identifiers, positions, require_columns, weights
from mediation_geo.coverage.nearest import NearestIndex
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch

__all__ = ["network_nearest", "snap_to_nodes"]


def network_nearest(arcs: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """
    Cost from each node of a graph to the place that is nearest along its arcs.

    Parameters
    ----------
    arcs : pandas.DataFrame
        `from_node`, `to_node`, and `cost` (seconds or metres, above 0); a two-way road is two arcs.
    places : pandas.DataFrame
        `place_id`, `node_id`: where each place meets the graph (see `snap_to_nodes`).

    Returns
    -------
    pandas.DataFrame
        `node_id`, `cost`, `place_id` for every node of the arcs, sorted by node; both missing where no place can be reached.
        Of several
        places at one node the smallest id is named.

    Raises
    ------
    SchemaMismatch
        If a cost is not above 0, or a place lies at a node that is not in the graph.

    Notes
    -----
    One multi-source Dijkstra on the reversed graph (people travel to the place): no matrix of origins and destinations.

    Examples
    --------
    >>> arcs = pd.DataFrame({"from_node": [1, 2, 3], "to_node": [2, 3, 1], "cost": [10.0, 20.0, 5.0]})
    >>> network_nearest(arcs, pd.DataFrame({"place_id": ["a"], "node_id": [3]})).values.tolist()
    [[1, 30.0, 'a'], [2, 20.0, 'a'], [3, 0.0, 'a']]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    require_columns(arcs, ["from_node", "to_node", "cost"], what="arcs")
    require_columns(places, ["place_id", "node_id"], what="places")
    cost = weights(arcs, "cost", what="arcs")
    if (cost <= 0).any():
        row = int(np.flatnonzero(cost <= 0)[0])
        message = f"arcs: cost is {cost[row]} in row {row}; expected a number above 0"
        raise SchemaMismatch(message)
    nodes, ends = np.unique(np.concatenate([arcs["from_node"], arcs["to_node"]]), return_inverse=True)
    start, end = ends[: len(arcs)], ends[len(arcs) :]
    at = _nodes_of(places, nodes)
    # Parallel arcs: the cheapest counts, where a sparse matrix would add them up.
    cheapest = pd.DataFrame({"start": start, "end": end, "cost": cost}).groupby(["end", "start"], as_index=False)["cost"].min()
    shape = (len(nodes), len(nodes))
    reversed_graph = csr_array((cheapest["cost"], (cheapest["end"], cheapest["start"])), shape=shape)
    sources = np.unique(at)
    distance, _, source = dijkstra(reversed_graph, indices=sources, min_only=True, return_predecessors=True)
    smallest = pd.Series(places["place_id"].to_numpy()).groupby(at).min()
    reached = np.isfinite(distance)
    names = pd.Series(np.where(reached, source, -1)).map(smallest).astype("str")
    table = pd.DataFrame({"node_id": nodes, "cost": np.where(reached, distance, np.nan), "place_id": names})
    return recorded(table, "network_nearest", inputs=[arcs, places])


def snap_to_nodes(points: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """
    Points with the node of a graph nearest to each, and the metres to it: how cells and places meet the roads.

    Parameters
    ----------
    points : pandas.DataFrame
        `lon, lat` (or `longitude, latitude`).
    nodes : pandas.DataFrame
        `node_id`, `lon, lat`.

    Returns
    -------
    pandas.DataFrame
        The points with `node_id` and `snap_m`; missing without position.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node_id": [7, 8], "lon": [3.5, 4.0], "lat": [44.5, 44.5]})
    >>> snap_to_nodes(pd.DataFrame({"lon": [3.51], "lat": [44.5]}), nodes).round(0).node_id.tolist()
    [7]
    """
    identifiers(nodes, "node_id", what="nodes")
    index = NearestIndex(nodes.rename(columns={"node_id": "place_id"}))
    found = index.query(*positions(points, what="points"))
    names = pd.Series(index.place_ids).reindex(found.row).infer_objects().set_axis(points.index)
    return recorded(points.assign(node_id=names, snap_m=found.distance_m), "snap_to_nodes", inputs=[points, nodes])


def _nodes_of(places: pd.DataFrame, nodes: np.ndarray) -> Ints:
    slot = np.minimum(np.searchsorted(nodes, places["node_id"].to_numpy()), len(nodes) - 1)
    strange = np.flatnonzero(nodes[slot] != places["node_id"].to_numpy())
    if strange.size or places.empty:
        shown = "no place" if places.empty else f"place {places['place_id'].iloc[int(strange[0])]!r}"
        message = f"{shown} at a node of the graph; expected each place at one of its {len(nodes)} nodes"
        raise SchemaMismatch(message)
    found: Ints = slot.astype(np.int64)
    return found
