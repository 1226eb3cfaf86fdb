"""
What stands beside the ranked answer and never in it: help at a distance, and places that do not say whom they can receive.

An index and a need in, row numbers out. Nothing here relaxes a question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mediation_geo.search.criteria import admitted
from mediation_geo.search.facets import label_bit, mask_of
from mediation_geo.search.relax import nearest_selected

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from mediation_geo.search.index import Neighbours, PlaceIndex
    from mediation_geo.search.need import Need
    from mediation_geo.search.selection import Selection

__all__ = ["remote_rows", "silent_places"]

_SUPPORT_SILENT = np.uint64(mask_of([label_bit("prise_en_charge_specifique", "")]))


def remote_rows(index: PlaceIndex, need: Need, *, lon: float, lat: float, at: datetime) -> NDArray[np.int64]:
    """
    Rows of at most k places that offer help at a distance for a need: those of the person's département first, then by date.

    Places that tell no way to reach them come after all others: such help begins with a call. Hours, appointments and the kind
    of support are not asked of them: they are about going there.

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
    elsewhere = np.ones(len(rows), dtype=bool) if departement is None else index.departements[rows] != departement
    return rows[np.argsort(2 * ~index.facts.reachable[rows] + elsewhere, kind="stable")][: need.k]


def silent_places(index: PlaceIndex, need: Need, *, lon: float, lat: float, at: datetime) -> Neighbours:
    """
    The nearest places that fit a need in everything but `accueil` and `langue`, about which they say nothing at all.

    One place in seventeen of the published files says whom it can receive: somebody who needs that should know which of the
    others to call, without ever being sent there as if they fitted.

    Parameters
    ----------
    index : PlaceIndex
    need : Need
        As asked; it is not widened.
    lon, lat : float
        Decimal degrees, EPSG:4326.
    at : datetime
        The instant of the question, with its zone.
    """
    others = need.model_copy(update={"accueil": (), "langue": ()})

    def select() -> Selection:
        silent = (index.facts.bits & _SUPPORT_SILENT) != 0
        return index.subset(admitted(index.facts, others, at) & silent)

    selection: Selection = index.remembered(("silent", others.filter_key(at)), select)
    return nearest_selected(index, need, selection, lon=lon, lat=lat)


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
