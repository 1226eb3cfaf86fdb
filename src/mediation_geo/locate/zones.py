"""
Labels that a place gets from where it lies: QPV (priority districts) and FRR (communes in France Ruralités Revitalisation).

Comes in: located records and the zones, which the operator brings. Goes out: the records with the labels in
`autres_formations_labels`. Nothing is fetched and no zone is shipped here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from shapely import STRtree, points

from mediation_geo.errors import CRSMismatch

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

__all__ = ["add_zone_labels"]

_OLD_LABEL = "zrr"


def add_zone_labels(
    records: pd.DataFrame, *, qpv: gpd.GeoDataFrame | None = None, frr: Collection[str] = frozenset()
) -> pd.DataFrame:
    """
    Records with the labels `QPV` and `FRR` put first where they hold; the old label ZRR is left out.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`; not changed.
    qpv : GeoDataFrame, optional
        Polygons of the priority districts, EPSG:4326, with the column `code_insee` of their commune: a place counts only in a
        district of its own commune.
    frr : collection of str, optional
        Codes of the communes.

    Returns
    -------
    pandas.DataFrame
        Same rows.

    Raises
    ------
    CRSMismatch
        If the polygons are not in EPSG:4326.

    Notes
    -----
    The rule of the national pipeline: same commune and point in polygon; a label is never there twice. Points that are only the
    centre of a commune (`municipality`) say nothing about a district and get no QPV.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"code_insee": ["01001"], "longitude": [4.9], "latitude": [46.1], "position_precision": ["street"],
    ...      "autres_formations_labels": [["ZRR", "Label"]]}
    ... )
    >>> add_zone_labels(rows, frr={"01001"})["autres_formations_labels"].tolist()
    [['FRR', 'Label']]
    """
    in_qpv = np.zeros(len(records), dtype=bool) if qpv is None else _inside(records, qpv)
    in_frr = records["code_insee"].isin(list(frr)).to_numpy()
    # Lists live in object columns: one pass in Python is the only way to look inside.
    labels = [
        _labels(own, qpv=bool(district), frr=bool(rural))
        for own, district, rural in zip(records["autres_formations_labels"], in_qpv, in_frr, strict=True)
    ]
    return records.assign(autres_formations_labels=pd.Series(labels, index=records.index, dtype=object))


def _inside(records: pd.DataFrame, qpv: gpd.GeoDataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if qpv.crs is None or qpv.crs.to_epsg() != 4326:
        message = f"the districts are in {qpv.crs}, expected EPSG:4326"
        raise CRSMismatch(message)
    precise = records["longitude"].notna() & records["position_precision"].ne("municipality")
    rows = np.flatnonzero(precise.to_numpy())
    here = points(records["longitude"].to_numpy(dtype=float)[rows], records["latitude"].to_numpy(dtype=float)[rows])
    which, district = STRtree(qpv.geometry.to_numpy()).query(here, predicate="within")
    own = records["code_insee"].to_numpy(dtype=object)[rows[which]] == qpv["code_insee"].to_numpy(dtype=object)[district]
    found = np.zeros(len(records), dtype=bool)
    found[rows[which[own]]] = True
    return found


def _labels(own: object, *, qpv: bool, frr: bool) -> list[str] | None:
    kept = [each for each in own if each.casefold() != _OLD_LABEL] if isinstance(own, list) else []
    told = [name for name, holds in (("QPV", qpv), ("FRR", frr)) if holds]
    return list(dict.fromkeys([*told, *kept])) or None
