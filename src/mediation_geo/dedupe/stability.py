"""
Does the register stand still when nothing happened? Its own output as input, shuffled rows, a source away and back.

Records in, rows of figures out. It prints nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mediation_geo.dedupe.identity import Previous
from mediation_geo.dedupe.stage import Deduplication, deduplicate
from mediation_geo.standard import LOCATED_RECORDS, conform

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["records_of_places", "stability_table"]

_DAY = dt.date(2024, 8, 1)
_A_NIGHT = dt.timedelta(days=1)
_SEED = 20260101


def records_of_places(places: pd.DataFrame, *, feed: str) -> pd.DataFrame:
    """
    Places as the records of a source: what somebody has who reads our register back.

    Parameters
    ----------
    places : pandas.DataFrame
        Layout `PLACES`.
    feed : str
        Name of the source.

    Returns
    -------
    pandas.DataFrame
        Layout `LOCATED_RECORDS`, one record a place.

    Examples
    --------
    >>> records_of_places(pd.DataFrame({"place_id": ["wvjskayf4onqs"], "nom": ["Mairie"]}), feed="register")["record_id"].tolist()
    ['register/wvjskayf4onqs']
    """
    named = pd.DataFrame(places).assign(
        id=places["place_id"], record_id=feed + "/" + places["place_id"], feed=feed, row=np.arange(len(places)) + 1
    )
    return conform(named, LOCATED_RECORDS)


def stability_table(records: pd.DataFrame, *, feeds: Sequence[str]) -> pd.DataFrame:
    """
    What changes when nothing did.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`.
    feeds : sequence of str
        Sources that go away for a night and come back.

    Returns
    -------
    pandas.DataFrame
        Columns `what`, `places`, `changed`: the number of places that are no longer the same.
    """
    first = deduplicate(records, as_of=_DAY)
    again = deduplicate(records_of_places(first.places, feed="register"), as_of=_DAY)
    shuffled = deduplicate(records.sample(frac=1, random_state=_SEED), as_of=_DAY)
    rows = [
        _row("its own output as records", first, len(first.places) - len(again.places)),
        _row("rows shuffled", first, _changed(first, shuffled)),
    ]
    for feed in feeds:
        without = deduplicate(records[records["feed"].ne(feed)], previous=_memory(first), as_of=_DAY + _A_NIGHT)
        back = deduplicate(records, previous=_memory(without, before=first), as_of=_DAY + 2 * _A_NIGHT)
        rows.append(_row(f"{feed} away and back", first, _changed(first, back)))
    return pd.DataFrame(rows)


def _memory(result: Deduplication, *, before: Deduplication | None = None) -> Previous:
    events = result.events if before is None else pd.concat([before.events, result.events], ignore_index=True)
    return Previous.from_places(result.places, events=events)


def _changed(first: Deduplication, other: Deduplication) -> int:
    """Places of the first run whose records are not exactly those of the place of the same id in the other."""
    one, two = (result.members.groupby("place_id")["record_id"].agg(frozenset) for result in (first, other))
    return int((one.reindex(two.index.union(one.index)) != two.reindex(two.index.union(one.index))).sum())


def _row(what: str, first: Deduplication, changed: int) -> dict[str, object]:
    return {"what": what, "places": len(first.places), "changed": changed}
