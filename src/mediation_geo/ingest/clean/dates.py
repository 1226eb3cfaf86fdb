"""Rules for dates: any form producers write, to `YYYY-MM-DD`. An unknown date stays unknown; it is never 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from mediation_geo.ingest.clean.rules import Repair, Rule
from mediation_geo.text import fold

__all__ = ["DATE_RULES", "read_date"]

_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_FRENCH = re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)")
_COMPACT = re.compile(r"^(20\d{2})(\d{2})(\d{2})(?:\d{6})?$")
_EPOCH = re.compile(r"^(\d{10})(?:\d{3})?(?:\.\d+)?$")
_SPREADSHEET = re.compile(r"^(4\d{4})(?:[.,]\d+)?$")
_WORDS = re.compile(r"(?:(\d{1,2})(?:er)?\s+)?([a-z]+)\s+(20\d{2})")
_YEAR_MONTH = re.compile(r"^(20\d{2})-(\d{1,2})$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("janvier janv", "fevrier fevr fev", "mars", "avril avr", "mai", "juin", "juillet juil", "aout", "septembre sept",
         "octobre oct", "novembre nov", "decembre dec"), start=1,
    )
    for name in names.split()
}  # fmt: skip
# Digital help had no open data before; a date further ahead than any edition is a typing error.
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
_SPREADSHEET_EPOCH = date(1899, 12, 30).toordinal()


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def read_date(value: str) -> date | None:
    """
    Date in a text, or None: ISO, French, in words, epoch seconds, spreadsheet days; day before month when in doubt.

    Examples
    --------
    >>> [str(read_date(each)) for each in ("2022-09-28 11:05:08", "05/03/2021", "1er mars 2021", "1657202284")]
    ['2022-09-28', '2021-03-05', '2021-03-01', '2022-07-07']
    >>> str(read_date("Espace labellisé 01/02/2020")), read_date("jamais"), read_date("31/02/2020")
    ('2020-02-01', None, None)
    """
    text = value.strip()
    if found := _ISO.search(text):
        year, second, third = map(int, found.groups())
        return _valid(year, second, third) or _valid(year, third, second)
    if found := _FRENCH.search(text):
        first, second, year = map(int, found.groups())
        return _valid(year, second, first) or _valid(year, first, second)
    if found := _COMPACT.match(text):
        return _valid(*map(int, found.groups()))
    if found := _EPOCH.match(text):
        return datetime.fromtimestamp(int(found.group(1)), tz=UTC).date()
    if found := _SPREADSHEET.match(text):
        return date.fromordinal(_SPREADSHEET_EPOCH + int(found.group(1)))
    if found := _YEAR_MONTH.match(text):
        return _valid(int(found.group(1)), int(found.group(2)), 1)
    if found := _WORDS.search(fold(text)):
        day, month, year_text = found.groups()
        return _valid(int(year_text), _MONTHS.get(month, 0), int(day or 1))
    return None


def parse_date(value: str, _context: str = "") -> str:
    """
    Date in the form of the standard; a text without a date is left for the next rule.

    Examples
    --------
    >>> parse_date("15/03/2021"), parse_date("sans date")
    ('2021-03-15', 'sans date')
    """
    found = read_date(value)
    return found.isoformat() if found else value


def remove_unreadable_date(value: str, _context: str = "") -> str | None:
    """
    None for a text that holds no date.

    Examples
    --------
    >>> remove_unreadable_date("sans date") is None
    True
    """
    return value if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) and read_date(value) else None


def remove_impossible_date(value: str, _context: str = "") -> str | None:
    """
    None for the epoch that programs write for "unknown", and for other dates before 2000 or after 2099.

    Examples
    --------
    >>> remove_impossible_date("1970-01-01") is None, remove_impossible_date("2021-03-15")
    (True, '2021-03-15')
    """
    return value if _FIRST <= date.fromisoformat(value) <= _LAST else None


DATE_RULES: tuple[Rule, ...] = (
    Repair("date_rewritten", parse_date),
    Repair("date_unreadable", remove_unreadable_date),
    Repair("date_impossible", remove_impossible_date),
)
