"""
A week of opening hours as minutes, and its form in OSM syntax.

Ranges of a day are pairs of minutes since midnight, in order, not overlapping.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OSM_DAYS", "Ranges", "Week", "add_ranges", "format_week", "pair_times"]

OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY_MINUTES = 24 * 60

Ranges = tuple[tuple[int, int], ...]
Week = dict[int, Ranges]


def pair_times(times: Iterable[int]) -> Ranges | None:
    """
    Opening and closing times in turn, or None when they cannot be ranges of one day.

    Examples
    --------
    >>> pair_times([540, 720, 840, 1080])
    ((540, 720), (840, 1080))
    >>> pair_times([540, 720, 840]) is None, pair_times([720, 540]) is None
    (True, True)
    """
    ordered = list(times)
    if len(ordered) % 2 or not ordered:
        return None
    rising = all(first < second for first, second in zip(ordered[::2], ordered[1::2], strict=True))
    apart = all(end <= start for end, start in zip(ordered[1:-1:2], ordered[2::2], strict=True))
    if not rising or not apart or ordered[-1] > _DAY_MINUTES:
        return None
    return tuple(zip(ordered[::2], ordered[1::2], strict=True))


def add_ranges(week: Week, days: Iterable[int], ranges: Ranges) -> bool:
    """Give ranges to days; false when they overlap what a day already has, which means that the text was misread."""
    for day in days:
        united = tuple(sorted(set(week.get(day, ()) + ranges)))
        if any(end > start for (_, end), (start, _) in itertools.pairwise(united)):
            return False
        week[day] = united
    return True


def format_week(week: Week) -> str | None:
    """
    Week in OSM syntax, equal days that follow each other together; None when it is closed all week.

    Examples
    --------
    >>> format_week({0: ((540, 720),), 1: ((540, 720),), 4: ((540, 1440),)})
    'Mo-Tu 09:00-12:00; Fr 09:00-24:00'
    >>> format_week({0: ()}) is None
    True
    """
    rules = []
    day = 0
    while day < len(OSM_DAYS):
        ranges = week.get(day, ())
        last = day
        while last + 1 < len(OSM_DAYS) and week.get(last + 1, ()) == ranges:
            last += 1
        if ranges:
            days = OSM_DAYS[day] if last == day else f"{OSM_DAYS[day]}-{OSM_DAYS[last]}"
            rules.append(f"{days} {','.join(f'{_clock(start)}-{_clock(end)}' for start, end in ranges)}")
        day = last + 1
    return "; ".join(rules) or None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
