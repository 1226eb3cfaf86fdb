"""
Features of an answer as JSON text: the same bytes as `present.py` would give, most of them written once for a release.

Rows of the index in, JSON fragments out. All places lie in one block of bytes, which a server's processes can share: nobody
writes to it, not even a count of references.
"""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import orjson

from mediation_geo.search.present import present, told_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from mediation_geo.search.features import FeatureStore
    from mediation_geo.search.index import PlaceIndex
    from mediation_geo.search.need import Need

__all__ = ["WrittenPlaces", "written"]


class WrittenPlaces:
    """
    What does not depend on the question, of all places, as JSON text.

    Parameters
    ----------
    features : FeatureStore
        Where the properties come from; nothing is kept there.
    count : int
        Number of places.
    """

    def __init__(self, features: FeatureStore, count: int) -> None:
        parts: list[bytes] = []
        for row in range(count):
            properties = features.make(row)
            parts.append(orjson.dumps(_brief(properties)))
            del properties["sources"]
            parts.append(orjson.dumps(properties))
        self._text = b"".join(parts)
        self._ends = array("q", [0, *accumulate(map(len, parts))])

    def brief(self, row: int) -> dict[str, Any]:
        """The few properties that cards and reasons are made of."""
        read: dict[str, Any] = orjson.loads(self._text[self._ends[2 * row] : self._ends[2 * row + 1]])
        return read

    def properties(self, row: int) -> bytes:
        """All properties but the sources, as a JSON object."""
        return self._text[self._ends[2 * row + 1] : self._ends[2 * row + 2]]


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
    features = []
    for told in told_places(index, need, rows, distance_m, at=at, nearest_row=nearest_row, read=places.brief):
        geometry = None
        if told.distance_m is not None:
            geometry = {"type": "Point", "coordinates": [float(index.lon[told.row]), float(index.lat[told.row])]}
        head = orjson.dumps({"type": "Feature", "id": index.place_ids[told.row], "geometry": geometry})
        said = orjson.dumps({"horaires": told.hours.written, **told.said})
        body = (head[:-1], b',"properties":', places.properties(told.row)[:-1], b",", said[1:], b"}")
        features.append(orjson.Fragment(b"".join(body)))
    return features


def _brief(properties: dict[str, Any]) -> dict[str, Any]:
    contact = properties["contact"]
    return {
        "nom": properties["nom"],
        "adresse": {"label": properties["adresse"]["label"]},
        "contact": {name: contact[name] for name in ("tel_affiche", "courriel", "site")},
        "geocodage": {"type": properties["geocodage"]["type"]},
        "sources": properties["sources"],
    }
