"""
Help at a distance: places that help by phone or video, apart from those one can walk to, and never ranked among kilometres.

An index and a need in, row numbers out: first those of the département of the person, then the most recently updated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mediation_geo.search.criteria import admitted

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from mediation_geo.search.index import PlaceIndex
    from mediation_geo.search.need import Need

__all__ = ["remote_rows"]


def remote_rows(index: PlaceIndex, need: Need, *, lon: float, lat: float, at: datetime) -> NDArray[np.int64]:
    """
    Rows of at most k places that offer help at a distance for a need.

    Hours, appointments and the kind of support are not asked of them: they are about going there.

    Parameters
    ----------
    index : PlaceIndex
    need : Need
        With `a_distance="exclure"` there are none.
    lon, lat : float
        Decimal degrees, EPSG:4326; only to know the département, by its nearest place.
    at : datetime
        The instant of the question, with its zone.
    """
    if need.a_distance == "exclure":
        return np.empty(0, dtype=np.int64)
    remote_need = need.model_copy(
        update={"accompagnement": ("distance",), "ouvert": (), "sans_rdv": ("indifferent",), "besoin_requis": "tous"}
    )
    rows: NDArray[np.int64] = index.remembered(("remote", remote_need.filter_key(at)), lambda: _by_date(index, remote_need, at))
    departement = _departement(index, lon, lat)
    if departement is None or not len(rows):
        return rows[: need.k]
    here = index.departements[rows] == departement
    return np.concatenate([rows[here], rows[~here]])[: need.k]


def _by_date(index: PlaceIndex, need: Need, at: datetime) -> NDArray[np.int64]:
    rows = np.flatnonzero(admitted(index.facts, need, at))
    updated = index.facts.updated[rows].astype(np.int64)
    # An unknown date is the least integer, so that it comes last among the most recent first.
    return np.asarray(rows[np.lexsort((rows, -np.maximum(updated, -(2**62))))])


def _departement(index: PlaceIndex, lon: float, lat: float) -> str | None:
    found = index.find(lon, lat, 1, index.everything)
    if not len(found.rows):
        return None
    code = index.departements[found.rows[0]]
    return code if isinstance(code, str) else None
