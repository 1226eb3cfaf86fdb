"""
Identity events as NDJSON: one JSON object a line, keys sorted, lines in the order of the rows.

Events are a log: what happened to a place last is told by the line that comes last, so their order is never changed.
"""

from __future__ import annotations

from types import MappingProxyType

import orjson
import pandas as pd

from mediation_geo.standard import Layout, conform

__all__ = ["EVENTS", "events_from_ndjson", "events_to_ndjson"]

EVENTS: Layout = MappingProxyType(
    {
        "event": "text",
        "place_id": "text",
        "release_id": "text",
        "record_ids": "list",
        "other_place_ids": "list",
    }
)


def events_to_ndjson(events: pd.DataFrame, *, release_id: str) -> bytes:
    r"""
    NDJSON text of events; an event that names no release happened in this one.

    Examples
    --------
    >>> events = pd.DataFrame({"event": ["minted"], "place_id": ["p"], "record_ids": [["a/1"]]})
    >>> events_to_ndjson(events, release_id="2026-11-21").decode()
    '{"event":"minted","other_place_ids":[],"place_id":"p","record_ids":["a/1"],"release_id":"2026-11-21"}\n'
    """
    ordered = conform(events, EVENTS)
    ordered["release_id"] = ordered["release_id"].fillna(release_id)
    rows = ordered.astype(object).where(ordered.notna(), None).to_dict(orient="records")
    lists = [name for name, kind in EVENTS.items() if kind == "list"]
    lines = ({**row, **{name: row[name] or [] for name in lists}} for row in rows)
    return b"".join(orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for line in lines)


def events_from_ndjson(text: bytes) -> pd.DataFrame:
    r"""
    Events in their layout; the inverse of `events_to_ndjson`.

    Examples
    --------
    >>> events_from_ndjson(b'{"event":"minted","place_id":"p","record_ids":["a/1"]}\n').record_ids.tolist()
    [['a/1']]
    """
    return conform(pd.DataFrame([orjson.loads(line) for line in text.splitlines()]), EVENTS)
