"""
What a release says about itself: identifier, counts, files with size and checksum, and what the builder passed on.

Everything here is a function of the tables and the builder's own words; there is no clock, so two builds of one input
say the same. JSON has sorted keys and ends with a line break.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from mediation_geo.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

__all__ = [
    "LICENCE",
    "LICENCE_URL",
    "RELEASE_ID",
    "TITLE",
    "as_of_day",
    "attribution_line",
    "content_digest",
    "file_entry",
    "next_release_id",
    "release_order",
    "row_counts",
    "to_json",
]

RELEASE_ID = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:\.(?P<number>[1-9]\d*))?")
# Written by the store; a manifest that was read from a release may be passed in again, and these are then made anew.
OWN_KEYS = frozenset({"id", "as_of", "counts", "files", "content_sha256", "gates", "previous", "format"})
FORMAT = "1"
TITLE = "Lieux de médiation numérique en France"
LICENCE = "Licence Ouverte 2.0"
LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
_CHUNK_BYTES = 1 << 20


def as_of_day(manifest: Mapping[str, Any]) -> str:
    """
    Day of the release as `YYYY-MM-DD`.

    Raises
    ------
    SettingsError
        If `as_of` is absent or is not a day.

    Examples
    --------
    >>> as_of_day({"as_of": date(2026, 11, 21)}), as_of_day({"as_of": "2026-11-21"})
    ('2026-11-21', '2026-11-21')
    """
    given = manifest.get("as_of")
    try:
        return date.fromisoformat(str(given)).isoformat()
    except ValueError as error:
        message = f"manifest['as_of'] is {given!r}; expected the day of the release, YYYY-MM-DD"
        raise SettingsError(message) from error


def release_order(release_id: str) -> tuple[str, int]:
    """
    Key that sorts release ids by day, then by number within the day.

    Examples
    --------
    >>> sorted(["2026-11-21.10", "2026-11-21.2", "2026-11-21"], key=release_order)
    ['2026-11-21', '2026-11-21.2', '2026-11-21.10']
    """
    match = RELEASE_ID.fullmatch(release_id)
    if match is None:
        message = f"{release_id!r} is not a release id; expected YYYY-MM-DD or YYYY-MM-DD.n"
        raise ValueError(message)
    return match["day"], int(match["number"] or 1)


def next_release_id(day: str, taken: Iterable[str]) -> str:
    """
    First free id of a day: the day itself, then `.2`, `.3` and so on.

    Examples
    --------
    >>> next_release_id("2026-11-21", ["2026-11-20", "2026-11-21", "2026-11-21.2"])
    '2026-11-21.3'
    """
    numbers = [number for that_day, number in map(release_order, taken) if that_day == day]
    return f"{day}.{max(numbers) + 1}" if numbers else day


def attribution_line(day: str, feeds: Iterable[str]) -> str:
    """
    What the Licence Ouverte asks of whoever passes the data on: the sources and the day, in one line.

    Examples
    --------
    >>> attribution_line("2026-11-21", ["cnfs", "angers"])
    'Lieux de médiation numérique en France, mise à jour du 2026-11-21, Licence Ouverte 2.0, sources : angers, cnfs'
    """
    return f"{TITLE}, mise à jour du {day}, {LICENCE}, sources : {', '.join(sorted(feeds))}"


def row_counts(
    *,
    places: pd.DataFrame,
    records: pd.DataFrame,
    links: pd.DataFrame,
    issues: pd.DataFrame,
    events: pd.DataFrame,
) -> dict[str, Any]:
    """
    Counts that the manifest carries and the gates of the next release compare with.

    Examples
    --------
    >>> import pandas as pd
    >>> empty = pd.DataFrame({"feed": [], "severity": [], "record_id": [], "geometry": []})
    >>> row_counts(places=empty, records=empty, links=empty, issues=empty, events=empty)["places"]
    0
    """
    rejects = issues.loc[issues["severity"].eq("reject"), ["feed", "record_id"]].drop_duplicates()
    return {
        "places": len(places),
        "places_with_position": int(places["geometry"].notna().sum()),
        "records": len(records),
        "records_by_feed": _by_feed(records),
        "rejects_by_feed": _by_feed(rejects),
        "links": len(links),
        "issues": len(issues),
        "events": len(events),
    }


def _by_feed(frame: pd.DataFrame) -> dict[str, int]:
    return {str(feed): int(size) for feed, size in frame.groupby("feed").size().items()}


def file_entry(path: Path, *, rows: int) -> dict[str, Any]:
    """Size, checksum and number of rows of one file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return {"bytes": path.stat().st_size, "rows": rows, "sha256": digest.hexdigest()}


def content_digest(files: Mapping[str, Mapping[str, Any]], said: Mapping[str, Any]) -> str:
    """
    Checksum by which two builds are known to hold the same.

    Events are left out: they tell the way from the release before, so a build that changes nothing has none where the release it
    repeats had some.

    Examples
    --------
    >>> files = {"places.parquet": {"sha256": "00"}, "events.ndjson": {"sha256": "11"}}
    >>> content_digest(files, {}) == content_digest({"places.parquet": {"sha256": "00"}}, {})
    True
    """
    tables = {name: entry["sha256"] for name, entry in files.items() if name != "events.ndjson"}
    return hashlib.sha256(to_json({"tables": tables, "said": said})).hexdigest()


def to_json(value: object) -> bytes:
    r"""
    JSON text with sorted keys, two blanks of indentation and a final line break.

    Examples
    --------
    >>> to_json({"b": 1, "a": date(2026, 11, 21)})
    b'{\n  "a": "2026-11-21",\n  "b": 1\n}\n'
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    return orjson.dumps(value, option=options)
