"""The pages as Jinja templates, compiled once; every value is escaped and no page asks another site for anything."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import phonenumbers
from jinja2 import ChainableUndefined, Environment, FileSystemLoader, select_autoescape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FOLDER", "STATIC", "Templates"]

FOLDER = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent.parent / "static"

_DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
_DAYS_EN = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
_MONTHS_EN = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
              "December"]  # fmt: skip


class Templates:
    """
    The templates of one site.

    Parameters
    ----------
    base_url : str
        Public address, without a slash at the end.
    basemap : str
        Background of the map, `none` or `ign`.
    """

    def __init__(self, *, base_url: str, basemap: str) -> None:
        self._environment = _environment()
        self._shared = {"base_url": base_url, "basemap": basemap}

    def render(self, name: str, **values: Any) -> bytes:
        """One page as bytes."""
        return self._environment.get_template(name).render({**self._shared, **values}).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(("html", "svg")),
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        jour=day_in_words,
        jour_court=weekday,
        plages=spans_in_words,
        poids=readable_size,
        lien_sur=safe_link,
        court=short_link,
        moment=moment_in_words,
        telephone=readable_phone,
    )
    environment.globals.update(
        dict_without=lambda values, names: {name: value for name, value in values.items() if name not in names},
        dict_with=lambda values, **others: {**values, **others},
    )
    return environment


def day_in_words(day: str | None, language: str) -> str:
    """
    A day in words.

    Examples
    --------
    >>> day_in_words("2026-05-01", "fr"), day_in_words(None, "fr"), day_in_words("2026-05-01", "en")
    ('1er mai 2026', 'date inconnue', '1 May 2026')
    """
    if not day:
        return "unknown date" if language == "en" else "date inconnue"
    moment = date.fromisoformat(day[:10])
    if language == "en":
        return f"{moment.day} {_MONTHS_EN[moment.month - 1]} {moment.year}"
    number = "1er" if moment.day == 1 else str(moment.day)
    return f"{number} {_MONTHS[moment.month - 1]} {moment.year}"


def weekday(day: str, language: str) -> str:
    """
    A day of the coming week in words.

    Examples
    --------
    >>> weekday("2026-11-20", "fr"), weekday("2026-11-20", "en")
    ('vendredi 20', 'Friday 20')
    """
    moment = date.fromisoformat(day)
    return f"{(_DAYS_EN if language == 'en' else _DAYS)[moment.weekday()]} {moment.day}"


def spans_in_words(spans: Sequence[Sequence[str]], language: str) -> str:
    r"""
    Opening times of a day as people read them aloud.

    Examples
    --------
    >>> spans_in_words([["08:30", "12:00"], ["14:00", "18:00"]], "fr")
    'de 8\xa0h\xa030 à 12\xa0h et de 14\xa0h à 18\xa0h'
    """
    if language == "en":
        return " and ".join(f"{start}–{end}" for start, end in spans)
    return " et ".join(f"de {_clock(start)} à {_clock(end)}" for start, end in spans)


def _clock(time: str) -> str:
    hours, minutes = time.split(":")
    return f"{int(hours)}\xa0h" + (f"\xa0{minutes}" if minutes != "00" else "")


def readable_size(size: int, language: str) -> str:
    r"""
    Bytes as people compare them.

    Examples
    --------
    >>> readable_size(1_590_990, "fr"), readable_size(420, "en")
    ('1,6\xa0Mo', '1\xa0kB')
    """
    unit = "B" if language == "en" else "o"
    if size < 1_000_000:
        return f"{-(-size // 1000)}\xa0k{unit}"
    number = f"{size / 1_000_000:.1f}"
    return f"{number if language == 'en' else number.replace('.', ',')}\xa0M{unit}"


def moment_in_words(instant: str, language: str) -> str:
    r"""
    Local day and time of an instant with its zone.

    Examples
    --------
    >>> moment_in_words("2026-11-20T14:00:00+01:00", "fr")
    'vendredi 14\xa0h'
    """
    moment = datetime.fromisoformat(instant)
    if language == "en":
        return f"{_DAYS_EN[moment.weekday()]} {moment:%H:%M}"
    return f"{_DAYS[moment.weekday()]} {_clock(f'{moment:%H:%M}')}"


def readable_phone(number: str) -> str:
    """
    A phone number in pairs of digits, as people read it aloud.

    Examples
    --------
    >>> readable_phone("+33467000000")
    '04 67 00 00 00'
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def safe_link(address: str | None) -> str:
    """
    An address that may stand in a link: http and https only, empty for anything else.

    Examples
    --------
    >>> safe_link("https://example.org/a"), safe_link("javascript:alert(1)")
    ('https://example.org/a', '')
    """
    if not address:
        return ""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    return address.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""


def short_link(address: str) -> str:
    """
    An address as people read it.

    Examples
    --------
    >>> short_link("https://www.example.org/")
    'example.org'
    """
    bare = address.split("://", 1)[-1].removeprefix("www.").rstrip("/")
    return bare if len(bare) <= 48 else f"{bare[:47]}…"
