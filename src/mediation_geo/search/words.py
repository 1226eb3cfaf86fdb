"""
How the words of a question are read: one list however it is written, accents and English forms forgiven, typing errors not.

What a person wrote in, the normal form out. Which words exist is told by `vocabulary.py`; a value of another type is handed on
as it is, for the model to refuse.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BeforeValidator

from mediation_geo.search.vocabulary import ADMITTED, DAYS, WIDER_OPENINGS
from mediation_geo.text import slug

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["folded", "in_order", "known", "openings", "radius", "rounded", "slugs", "words", "yes"]

_SLOT = re.compile(rf"({'|'.join(DAYS)}):(\d{{1,2}}:\d{{2}})-(\d{{1,2}}:\d{{2}})")
# Opening hours of other years mean nothing to anybody.
_CALENDAR_YEARS = range(2000, 2100)
_YES = frozenset({"oui", "yes", "true", "1"})


def words(value: Any) -> Any:
    """
    Words of a list, of text with commas, or of a lone `True`, which says `oui`; each once.

    Examples
    --------
    >>> words("a, b"), words(["a", "b,a"]), words(True), words(None)
    (('a', 'b'), ('a', 'b'), ('oui',), ())
    """
    if isinstance(value, bool):
        return ("oui",) if value else ()
    if value is None:
        return ()
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple | set | frozenset):
        return value
    parts = [part.strip() for each in value for part in str(each).split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


def slugs(value: Any) -> Any:
    """
    Words without accents and capitals, with hyphens.

    Examples
    --------
    >>> slugs("Démarches,France Services")
    ('demarches', 'france-services')
    """
    listed = words(value)
    if not isinstance(listed, tuple):
        return listed
    return tuple(dict.fromkeys(f"~{slug(word)}" if word.startswith("~") else slug(word) for word in listed))


def folded(value: Any) -> Any:
    """
    Words in small letters, with every way to say yes as `oui`.

    Examples
    --------
    >>> folded("Yes")
    ('oui',)
    """
    listed = words(value)
    if not isinstance(listed, tuple):
        return listed
    return tuple("oui" if word.lower() in _YES else word.lower() for word in listed)


def in_order(name: str, read: Callable[[Any], Any]) -> BeforeValidator:
    """Validator that reads a list and puts it in the order of its table, so that equal questions are written alike."""
    order = {word: position for position, word in enumerate(ADMITTED[name])}

    def ordered(value: Any) -> Any:
        listed = read(value)
        if not isinstance(listed, tuple):
            return listed
        return tuple(sorted(listed, key=lambda word: order.get(word, len(order))))

    return BeforeValidator(ordered)


def known(table: Mapping[str, str]) -> Callable[[Any], Any]:
    """Reader of slugs that must be in a table too long to be written as a type."""

    def check(value: Any) -> Any:
        listed = slugs(value)
        for word in listed if isinstance(listed, tuple) else ():
            if word not in table:
                message = f"unknown value {word!r}"
                raise ValueError(message)
        return listed

    return check


def yes(value: Any) -> Any:
    """
    Every way to say yes as `oui`, and nothing for no answer.

    Examples
    --------
    >>> yes(True), yes("yes"), yes(False)
    ('oui', 'oui', None)
    """
    if value is True or str(value).lower() in _YES:
        return "oui"
    return None if value in (None, False, "") else value


def openings(value: Any) -> Any:
    """
    Instants and weekly slots in normal form, then what may be accepted instead of them.

    Examples
    --------
    >>> openings("48h,now,Jeu:9:00-12:00")
    ('jeu:09:00-12:00', 'maintenant', '48h')
    """
    listed = words(value)
    if not isinstance(listed, tuple):
        return listed
    normal = {_opening(word) for word in listed}
    return (*sorted(normal.difference(WIDER_OPENINGS)), *(opening for opening in WIDER_OPENINGS if opening in normal))


def _opening(word: str) -> str:
    lowered = word.lower()
    if lowered in {"maintenant", "now", "oui"}:
        return "maintenant"
    if lowered in WIDER_OPENINGS:
        return lowered
    slot = _SLOT.fullmatch(lowered)
    if slot:
        return _slot(*slot.groups())
    if "T" not in word.upper():
        message = "neither an instant nor a weekly slot"
        raise ValueError(message)
    # A plus sign in a web address that was not escaped arrives as a blank.
    instant = datetime.fromisoformat(word.replace(" ", "+"))
    if instant.year not in _CALENDAR_YEARS:
        message = f"{instant.year} is outside the calendars of holidays"
        raise ValueError(message)
    return instant.isoformat(timespec="minutes")


def _slot(day: str, start: str, end: str) -> str:
    begin, finish = _clock(start), _clock(end)
    if begin >= finish:
        message = f"the slot ends at {finish}, before it begins"
        raise ValueError(message)
    return f"{day}:{begin}-{finish}"


def _clock(text: str) -> str:
    hours, minutes = (int(part) for part in text.split(":"))
    if hours * 60 + minutes > 24 * 60 or minutes > 59:
        message = f"{text} is not a time of day"
        raise ValueError(message)
    return f"{hours:02d}:{minutes:02d}"


def radius(value: Any) -> Any:
    """Nothing for an adaptive radius, otherwise the value."""
    return None if value in ("adaptatif", "adaptive") else value


def rounded(value: Any) -> Any:
    """Degrees with 3 decimals, about 110 m: enough for "near", too coarse for a home."""
    return round(float(value), 3) if value is not None else None
