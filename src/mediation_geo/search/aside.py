"""
What stands beside the ranked answer and never in it: help at a distance, and places that do not say whom they can receive.

An index and a need in, row numbers out. Nothing here relaxes a question.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from mediation_geo.search.criteria import admitted
from mediation_geo.search.facets import label_bit, mask_of
from mediation_geo.search.need import FILTERS, MOST_PLACES
from mediation_geo.search.relax import nearest_selected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from mediation_geo.search.index import Neighbours, PlaceIndex
    from mediation_geo.search.need import Need
    from mediation_geo.search.selection import Selection

__all__ = ["remote_rows", "silent_places"]

_SUPPORT_SILENT = np.uint64(mask_of([label_bit("prise_en_charge_specifique", "")]))


# What is not asked of help at a distance, because it is about going there.
_FROM_AFAR: Mapping[str, Any] = {
    "accompagnement": ("distance",),
    "ouvert": (),
    "sans_rdv": ("indifferent",),
    "besoin_requis": "tous",
}
_filters_from_afar = attrgetter(*(name for name in FILTERS if name not in _FROM_AFAR))


def remote_rows(index: PlaceIndex, need: Need, *, around_row: int | None, at: datetime) -> NDArray[np.int64]:
    """
    Rows of at most k places that offer help at a distance for a need: those of the person's département first, then by date.

    Places that tell no way to reach them come after all others: such help begins with a call. Hours, appointments and the kind
    of support are not asked of them: they are about going there.

    Parameters
    ----------
    index : PlaceIndex
    need : Need
        With `a_distance="exclure"` there are none.
    around_row : int, optional
        Row of the place nearest to the person, which tells their département.
    at : datetime
        The instant of the question, with its zone.
    """
    if need.a_distance == "exclure":
        return np.empty(0, dtype=np.int64)
    day = at.date() if need.maj_depuis is not None else None
    kept: _Remote = index.remembered(("remote", _filters_from_afar(need), day), lambda: _Remote(index, need, at))
    code = None if around_row is None else index.departements[around_row]
    return kept.for_people_of(code if isinstance(code, str) else None)[: need.k]


class _Remote:
    """Places that offer help at a distance for a need, in the order for people of each département, made when one asks."""

    def __init__(self, index: PlaceIndex, need: Need, at: datetime) -> None:
        self._rows = _by_date(index, need.model_copy(update=_FROM_AFAR), at)
        self._index = index
        self._kept: dict[str | None, NDArray[np.int64]] = {}

    def for_people_of(self, departement: str | None) -> NDArray[np.int64]:
        kept = self._kept.get(departement)
        if kept is None:
            rows = self._rows
            elsewhere = self._index.departements[rows] != departement
            order = np.argsort(2 * ~self._index.facts.reachable[rows] + elsewhere, kind="stable")
            kept = self._kept[departement] = rows[order][:MOST_PLACES]
        return kept


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
