"""
Opening hours to OSM syntax: values that are already OSM, a column a day, or French prose.

What is not understood stays in the issues.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import opening_hours
import pandas as pd

from mediation_geo.ingest.apply import map_distinct
from mediation_geo.ingest.clean.prose import read_day, read_monthly, read_prose
from mediation_geo.ingest.clean.week import Week, add_ranges, format_week
from mediation_geo.ingest.mapping import DAYS

if TYPE_CHECKING:
    from mediation_geo.ingest.clean.rules import IssueLog

__all__ = ["clean_hours", "normalise_osm"]

_OSM_DAY = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)\b")
_LONG_DAYS = {"Sun": "Su", "Mon": "Mo", "Tue": "Tu", "Wed": "We", "Thu": "Th", "Fri": "Fr", "Sat": "Sa"}
# Digits right after an hour are its minutes, however few: they are no hour of their own.
_HOUR = re.compile(r"(?<![\d:])(?<!\d[hH])(\d{1,2})\s?[hH:]\s?(\d{2})?(?!\d)")
_ALWAYS = re.compile(r"^(?:24\s?/\s?7|7j?/7.*24h?/24|Mo-Su 00:00-(?:00|24):00)$", re.IGNORECASE)
_RULE_COMMA = re.compile(r"(?<=\d)\s*,\s*(?=(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)\b)")
_ONLY_TIMES = re.compile(r"^\d{2}:\d{2}-\d{2}:\d{2}(,\d{2}:\d{2}-\d{2}:\d{2})*$")
# A range that closes when it opens lasts no time: forms write it for "closed".
_NO_TIME = re.compile(r"(?<=[ ,])(\d\d:\d\d)-\1(,|(?=;|$))")
_LINE_BREAKS = re.compile(r"\s*\n\s*")


@lru_cache(maxsize=1 << 15)
def normalise_osm(value: str) -> str | None:
    """
    Value in canonical OSM syntax, or None when it is not OSM, even after small repairs.

    Examples
    --------
    >>> normalise_osm("Mo 09:00-12:30, 14:00-16:30;Tu 9h30-12h")
    'Mo 09:00-12:30,14:00-16:30; Tu 09:30-12:00'
    >>> normalise_osm("24/7"), normalise_osm("Lundi 9h-12h"), normalise_osm("Mo-Sun 00:00-00:00")
    ('24/7', None, '24/7')
    """
    text = _LINE_BREAKS.sub(" ", value.strip().strip(";. "))
    for long, short in _LONG_DAYS.items():
        text = re.sub(rf"\b{long}\w*\b", short, text)
    if _ALWAYS.match(text):
        return "24/7"
    if not _names_days(text):
        return None
    for dash in "–—−‐‑":
        text = text.replace(dash, "-")
    text = _HOUR.sub(lambda found: f"{int(found.group(1)):02d}:{found.group(2) or '00'}", text)
    text = _RULE_COMMA.sub("; ", text)
    text = re.sub(r"\s*,\s*", ",", re.sub(r"\s*;\s*", "; ", text))
    text = re.sub(r"\s*-\s*", "-", text)
    text = re.sub(r"\s+", " ", text)
    text = "; ".join(
        rule for part in _NO_TIME.sub("", text).split(";") if (rule := part.strip(" ,")) and (":" in rule or "off" in rule)
    )
    # The rules that named a day may all have been left out.
    return text if _names_days(text) and opening_hours.validate(text) else None


def _names_days(text: str) -> bool:
    return bool(_OSM_DAY.search(text) or _ONLY_TIMES.match(text))


@lru_cache(maxsize=1 << 15)
def _read_text(value: str) -> tuple[str | None, bool]:
    """Hours in OSM syntax from free text, and whether a remark was left out."""
    osm = normalise_osm(value)
    if osm is not None:
        return osm, False
    monthly = read_monthly(value)
    if monthly is not None:
        return monthly, False
    reading = read_prose(value)
    return (format_week(reading.week), reading.note_dropped) if reading else (None, False)


def clean_hours(frame: pd.DataFrame, *, log: IssueLog) -> pd.Series:
    """
    Opening hours in OSM syntax: from the columns a day where there are any, else from the text, else from the raw text.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text columns `horaires`, and where the source has them `horaires_brut` and `hours.<day>`.
    log : IssueLog
        Receives what was rewritten, what was left out, and what was not understood.

    Returns
    -------
    pandas.Series of str
        Same index.
    """
    result = _from_days(frame, log=log)
    texts = [frame[name] for name in ("horaires", "horaires_brut") if name in frame.columns]
    for text in texts:
        result = _from_text(text, result, log=log)
    given = texts[0].where(texts[0].notna(), texts[-1])
    log.add("hours_unreadable", rows=given.notna() & result.isna(), field="horaires", value=given)
    return result


def _from_text(texts: pd.Series, result: pd.Series, *, log: IssueLog) -> pd.Series:
    open_ = texts.where(result.isna())
    read = map_distinct(open_, _read_text)
    found = map_distinct(read, lambda pair: pair[0]).astype("str")
    dropped = map_distinct(read, lambda pair: pair[1]).eq(True)
    log.add("hours_rewritten", rows=found.notna() & found.ne(open_), field="horaires", value=open_, corrected=found)
    log.add("hours_remark_dropped", rows=dropped, field="horaires", value=open_, corrected=found)
    return result.where(result.notna(), found).astype("str")


def _from_days(frame: pd.DataFrame, *, log: IssueLog) -> pd.Series:
    names = [f"hours.{day}" for day in DAYS]
    if not any(name in frame.columns for name in names):
        return pd.Series([None] * len(frame), index=frame.index, dtype="str")
    empty = pd.Series([None] * len(frame), index=frame.index, dtype="str")
    cells = pd.DataFrame({name: frame.get(name, empty) for name in names})
    first, *others = (cells[name].fillna("") for name in names)
    joined = first.str.cat(pd.DataFrame(dict(enumerate(others))), sep="\x1f").where(cells.notna().any(axis=1))
    read = map_distinct(joined.astype("str"), _read_week)
    shown = map_distinct(joined.astype("str"), _shown).astype("str")
    found = map_distinct(read, lambda triple: triple[0]).astype("str")
    log.add("hours_rewritten", rows=found.notna(), field="horaires", value=shown, corrected=found)
    log.add(
        "hours_remark_dropped",
        rows=map_distinct(read, lambda triple: triple[1]).eq(True),
        field="horaires",
        value=shown,
        corrected=found,
    )
    unread = map_distinct(read, lambda triple: triple[2]).astype("str")
    log.add("hours_day_unreadable", rows=unread.notna(), field="horaires", value=unread, corrected=found)
    return found


def _shown(joined: str) -> str:
    return " ; ".join(f"{day} {text}" for day, text in zip(DAYS, joined.split("\x1f"), strict=True) if text)


def _read_week(joined: str) -> tuple[str | None, bool, str | None]:
    """OSM week of seven cells, whether a remark was left out, and the cells that were not understood."""
    week: Week = {}
    dropped = False
    unread = []
    for number, text in enumerate(joined.split("\x1f")):
        day = read_day(text)
        if day is None or not add_ranges(week, [number], day[0]):
            unread.append(f"{DAYS[number]} {text}")
        else:
            dropped = dropped or day[1]
    return format_week(week), dropped, " ; ".join(unread) or None
