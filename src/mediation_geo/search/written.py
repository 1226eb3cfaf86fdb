"""
Features of an answer as JSON text: the same bytes as `present.py` would give, most of them written once for a release.

Rows of the index in, JSON fragments out. What is always true of a place lies in one block of bytes, which a server's processes
can share: nobody writes to it, not even a count of references. What a schedule says until it changes is written once, and so is
each way to answer a question; what is left to each question is to join these around its distances.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from mediation_geo.search.cards import card_text
from mediation_geo.search.present import Match, freshness, label_of_distance, match_properties, present, told_places
from mediation_geo.search.sms import without_hours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mediation_geo.search.features import FeatureStore
    from mediation_geo.search.index import PlaceIndex
    from mediation_geo.search.need import Need
    from mediation_geo.search.present import Told

__all__ = ["WrittenPlaces", "written"]

# Ways to answer a question, and ages in days, of which the text is kept.
_KEPT_MATCHES = 4096
_KEPT_AGES = 4096

_NEW_LINE = rb"\n"


class WrittenPlaces:
    """
    What does not depend on the question, of all places, as JSON text.

    Parameters
    ----------
    index : PlaceIndex
        The places.
    features : FeatureStore
        Where their properties come from; nothing is kept there.
    """

    def __init__(self, index: PlaceIndex, features: FeatureStore) -> None:
        parts: list[bytes] = []
        self._room = array("h")
        for row in range(len(index)):
            properties = features.make(row)
            message, room = without_hours(properties)
            # How much was cut does not matter, and a name may be longer than any number kept here.
            self._room.append(max(room, -1))
            parts.extend(_parts(index, row, properties, message))
        self._text = b"".join(parts)
        self._ends = array("q", [0, *accumulate(map(len, parts))])

    def feature(self, told: Told, *, lang: str) -> bytes:
        """A place of an answer as a GeoJSON feature."""
        text, first = self._text, told.row * _PARTS
        begin, point, place, updated, sources, name, reach, message, end = self._ends[first : first + _PARTS + 1]
        hours, match = told.hours.written, _match_text(told.match, lang)
        if told.distance_m is None:
            head, distance, label = b"%bnull%b" % (text[begin:point], text[place:updated]), b"", b""
        else:
            head = text[begin:updated]
            label = label_of_distance(told.distance_m, in_commune=told.in_commune).encode()
            distance = b',"distance_m":%d,"distance_label":"%b"' % (round(told.distance_m), label)
        lines = (text[name:reach], label, text[reach:message], hours.line, match.reasons)
        return b"".join(
            (
                head,
                hours.shown,
                text[updated:sources],
                _age_text(told.age_days),
                text[sources:name],
                distance,
                match.properties,
                b',"carte":{"texte":"',
                _NEW_LINE.join([line for line in lines if line]),
                b'","sms":"',
                text[message:end],
                hours.today if hours.today_places <= self._room[told.row] else b"",
                b'"}}}',
            )
        )


def written(
    index: PlaceIndex,
    need: Need,
    rows: NDArray[np.int64],
    distance_m: Sequence[float | None],
    *,
    at: datetime,
    nearest_row: int | None,
) -> list[Any]:
    """
    What `present` returns, as fragments for `orjson.dumps`; same parameters.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from datetime import UTC, datetime
    >>> from mediation_geo.search import Need, PlaceIndex
    >>> index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a"], "nom": ["Mairie"], "lon": [2.0], "lat": [48.0]}))
    >>> asked = index, Need(), np.array([0]), [120.0]
    >>> now = {"at": datetime(2026, 11, 20, 9, tzinfo=UTC), "nearest_row": 0}
    >>> orjson.dumps(written(*asked, **now)) == orjson.dumps(present(*asked, **now))
    True
    """
    if need.champs:
        return present(index, need, rows, distance_m, at=at, nearest_row=nearest_row)
    places = index.written
    told = told_places(index, need, rows, distance_m, at=at, nearest_row=nearest_row)
    return [orjson.Fragment(places.feature(each, lang=need.lang)) for each in told]


# Parts of each place, in this order, each as it stands in the feature.
_PARTS = 8


def _parts(index: PlaceIndex, row: int, properties: dict[str, Any], message: str) -> tuple[bytes, ...]:
    sources = properties.pop("sources")
    point = {"type": "Point", "coordinates": [float(index.lon[row]), float(index.lat[row])]}
    updated = index.facts.updated[row]
    return (
        b'{"type":"Feature","id":%b,"geometry":' % orjson.dumps(index.place_ids[row]),
        orjson.dumps(point),
        b',"properties":%b,"horaires":' % orjson.dumps(properties)[:-1],
        b',"fraicheur":{"date_maj":%b,' % orjson.dumps(None if np.isnat(updated) else str(updated)),
        b',"source":%b}' % orjson.dumps(sources),
        _inside(card_text({"nom": properties["nom"], "adresse": properties["adresse"]})),
        _inside(card_text({"contact": properties["contact"]})),
        _inside(message),
    )


class _MatchText(NamedTuple):
    properties: bytes
    reasons: bytes


@lru_cache(maxsize=_KEPT_MATCHES)
def _match_text(match: Match, lang: str) -> _MatchText:
    shown = match_properties(match, lang=lang)
    return _MatchText(b',"correspondance":%b' % orjson.dumps(shown), _inside(card_text({"correspondance": shown})))


@lru_cache(maxsize=_KEPT_AGES)
def _age_text(days: int | None) -> bytes:
    return orjson.dumps(freshness(days))[1:-1]


def _inside(text: str) -> bytes:
    """Text as it stands between the quotes of a JSON text."""
    return orjson.dumps(text)[1:-1]
