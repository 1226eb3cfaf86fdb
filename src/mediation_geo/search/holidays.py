"""
Public and school holidays by territory: the days on which the weekly hours of a place may not hold.

A département code in, dates out. The dates come from the libraries jours-feries-france (computed, any year) and
vacances-scolaires-france (tables, which end); beyond a table the answer is "unknown", never "no holiday".
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from jours_feries_france import JoursFeries
from vacances_scolaires_france import SchoolHolidayDates

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["holiday_zone", "public_holidays", "school_calendar_end", "school_holidays", "school_zone"]

_HOLIDAY_ZONES: Mapping[str, str] = {
    "57": "Alsace-Moselle", "67": "Alsace-Moselle", "68": "Alsace-Moselle",
    "971": "Guadeloupe", "972": "Martinique", "973": "Guyane", "974": "La Réunion", "976": "Mayotte",
    "975": "Saint-Pierre-et-Miquelon", "977": "Saint-Barthélémy", "978": "Saint-Martin",
    "986": "Wallis-et-Futuna", "987": "Polynésie Française", "988": "Nouvelle-Calédonie",
}  # fmt: skip

# Académies of each zone, as in the arrêté of the national school calendar; Corsica and overseas have their own calendars.
_SCHOOL_ZONES: Mapping[str, str] = {
    "A": "01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40 42 43 47 58 63 64 69 70 71 73 74 79 86 87 89 90",
    "B": "02 04 05 06 08 10 13 14 18 22 27 28 29 35 36 37 41 44 45 49 50 51 52 53 54 55 56 57 59 60 61 62 67 68 72 76 80"
    " 83 84 85 88",
    "C": "09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95",
}
_SCHOOL_ZONE_OF = {code: zone for zone, codes in _SCHOOL_ZONES.items() for code in codes.split()}


def holiday_zone(code_departement: str | None) -> str:
    """
    Zone whose public holidays hold in a département; the mainland's where the département is unknown.

    Examples
    --------
    >>> holiday_zone("67"), holiday_zone("974"), holiday_zone(None)
    ('Alsace-Moselle', 'La Réunion', 'Métropole')
    """
    return _HOLIDAY_ZONES.get(code_departement or "", "Métropole")


def school_zone(code_departement: str | None) -> str | None:
    """
    School zone of a département (`A`, `B`, `C`), or None where no table is at hand: Corsica, overseas, unknown.

    Examples
    --------
    >>> school_zone("34"), school_zone("2A"), school_zone("972")
    ('C', None, None)
    """
    return _SCHOOL_ZONE_OF.get(code_departement or "")


@cache
def public_holidays(zone: str, year: int) -> frozenset[date]:
    """
    Public holidays of a zone in a year.

    Examples
    --------
    >>> date(2026, 12, 26) in public_holidays("Alsace-Moselle", 2026), date(2026, 12, 26) in public_holidays("Métropole", 2026)
    (True, False)
    """
    return frozenset(JoursFeries.for_year(year, zone).values())


@cache
def _school_calendar() -> SchoolHolidayDates:
    return SchoolHolidayDates()


@cache
def school_calendar_end() -> date:
    """
    Last day of the school calendar at hand; later days are unknown.

    Examples
    --------
    >>> school_calendar_end() >= date(2028, 8, 31)
    True
    """
    last: date = max(_school_calendar().data)
    return last


@cache
def school_holidays(zone: str, year: int) -> tuple[tuple[date, date], ...] | None:
    """
    School holidays of a zone in a year, as first and last days; None when the table does not cover the year.

    Examples
    --------
    >>> school_holidays("C", 2026)[0][1] < date(2026, 1, 10), school_holidays("C", 2099) is None
    (True, True)
    """
    calendar = _school_calendar()
    if not calendar.min_year < year <= school_calendar_end().year:
        return None
    ranges: list[tuple[date, date]] = []
    for day in sorted(calendar.holidays_for_year_and_zone(year, zone)):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return tuple(ranges)
