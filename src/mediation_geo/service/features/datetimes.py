"""
The `datetime` parameter of OGC API - Features: an instant or an interval, read as the days it touches.

Dates of the register are days, so an instant means its day in UTC. Follows RFC 3339 and ISO 8601 intervals, open ends
and durations.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from dateutil.relativedelta import relativedelta

__all__ = ["days_of"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,8})S)?)?"
)


def days_of(text: str) -> tuple[str | None, str | None]:
    """
    First and last day that an instant or an interval touches; None for an open end.

    Raises
    ------
    ValueError
        If the text is neither, or the interval ends before it begins.

    Examples
    --------
    >>> days_of("2024-02-10T23:30:00+01:00")
    ('2024-02-10', '2024-02-10')
    >>> days_of("../2024-02-10"), days_of("2024-01-31T00:00:00Z/P1M")
    ((None, '2024-02-10'), ('2024-01-31', '2024-02-29'))
    """
    start, slash, end = text.partition("/")
    if not slash:
        moment = _moment(start)
        return _day(moment), _day(moment)
    if _DURATION.fullmatch(end):
        first = _moment(start)
        last: datetime | None = first + _duration(end)
    elif _DURATION.fullmatch(start):
        last = _moment(end)
        first = last - _duration(start)
    else:
        first_or_open, last = _open_or_moment(start), _open_or_moment(end)
        if first_or_open is not None and last is not None and first_or_open > last:
            message = "the interval ends before it begins"
            raise ValueError(message)
        return _day(first_or_open), _day(last)
    return _day(first), _day(last)


def _open_or_moment(text: str) -> datetime | None:
    return None if text in {"", ".."} else _moment(text)


def _moment(text: str) -> datetime:
    if _DATE.fullmatch(text):
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if _DATE_TIME.fullmatch(text):
        # fromisoformat of Python 3.11 takes capitals only and a leap second never.
        return datetime.fromisoformat(text.upper().replace(":60", ":59")).astimezone(UTC)
    message = "neither a date nor a date-time"
    raise ValueError(message)


def _duration(text: str) -> relativedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        message = "not a duration"
        raise ValueError(message)
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return relativedelta(years=years, months=months, weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"
