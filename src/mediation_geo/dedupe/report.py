"""
What somebody should look at after a run: wide places, doubles inside one source, disputed legal persons.

Records and a judgement in, rows of issues out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.dedupe.fields import prepare_street
from mediation_geo.dedupe.judge import APART_M, Judgement
from mediation_geo.dedupe.surroundings import exact_points
from mediation_geo.dedupe.trust import source_keys
from mediation_geo.standard import concat_issues, issue_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cluster_issues", "cluster_widths_m"]


def cluster_issues(records: pd.DataFrame, judgement: Judgement) -> pd.DataFrame:
    """
    Issues about the places of a judgement.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`, sorted by `record_id`.
    judgement : Judgement
        Clusters by position of record.

    Returns
    -------
    pandas.DataFrame
        Layout `ISSUES`: `place_wide`, `positions_disagree`, `same_source_united`, `pivot_disputed`, each once a record concerned.
    """
    clusters = pd.Series(judgement.clusters)
    several = clusters.groupby(clusters).transform("size").gt(1).to_numpy()
    width = cluster_widths_m(records, judgement.clusters)[judgement.clusters]
    wide = several & (width > APART_M)
    disputed_position = wide & _one_address(records, clusters, rows=wide)
    source = pd.Series(source_keys(records))
    repeated = several & pd.DataFrame({"c": clusters, "s": source}).duplicated(keep=False).to_numpy()
    siren = records["pivot"].where(records["pivot"].str.strip("0").ne("")).str[:9]
    disputed = several & siren.notna().to_numpy() & siren.groupby(clusters).transform("nunique").gt(1).to_numpy()
    metres = pd.Series(np.round(width)).astype("str").str.replace(".0", " m", regex=False)
    return concat_issues(
        [
            _rows("place_wide", records, wide & ~disputed_position, field="adresse", value=metres),
            _rows("positions_disagree", records, disputed_position, field="latitude", value=metres),
            _rows("same_source_united", records, repeated, field="source", value=source),
            _rows("pivot_disputed", records, disputed, field="pivot", value=records["pivot"]),
        ]
    )


def _one_address(records: pd.DataFrame, clusters: pd.Series[Any], *, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether all records of a place give one street and no two house numbers: then positions are at fault, not the union."""
    chosen = np.flatnonzero(rows)
    told = [prepare_street(value if isinstance(value, str) else None, None) for value in records["adresse"].iloc[chosen]]
    frame = pd.DataFrame(
        {
            "cluster": clusters.iloc[chosen].to_numpy(),
            "last": [each.last for each in told],
            "number": [each.number for each in told],
        }
    )
    one = frame.groupby("cluster")[["last", "number"]].transform("nunique").le(1).all(axis=1).to_numpy(dtype=bool)
    answer = np.zeros(len(records), dtype=bool)
    answer[chosen] = one
    return answer


def cluster_widths_m(records: pd.DataFrame, clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """
    Greatest distance between two records of each cluster, in metres; 0 where fewer than two positions are known.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`; a point that stands for a whole commune does not count.
    clusters : numpy.ndarray of int64, shape (n,)
        Cluster of each record.

    Returns
    -------
    numpy.ndarray of float64, shape (k,)
        Straight-line metres, which differ from the geodesic by less than a millimetre below 10 km.
    """
    points = exact_points(records)
    size = int(clusters.max()) + 1 if len(clusters) else 0
    widths = np.zeros(size)
    known = np.flatnonzero(~np.isnan(points[:, 0]) & (np.bincount(clusters, minlength=size) > 1)[clusters])
    order = known[np.argsort(clusters[known], kind="stable")]
    runs = np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1) if len(order) else []
    # A loop over multi-record places, each a handful of points.
    for rows in runs:
        gaps = points[rows][:, None, :] - points[rows][None, :, :]
        widths[clusters[rows[0]]] = np.sqrt((gaps**2).sum(axis=2).max())
    return widths


def _rows(code: str, records: pd.DataFrame, chosen: NDArray[np.bool_], *, field: str, value: pd.Series[Any]) -> pd.DataFrame:
    rows = records.loc[chosen]
    return issue_table(code, feed=rows["feed"], record_id=rows["record_id"], field=field, value=value[chosen])
