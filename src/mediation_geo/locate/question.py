"""
One line of text read in every sensible way: which words are the street, which the commune, which postcode.

Text in, readings out, each with the communes it may mean. A line such as "rue de Paris Saint-Mandé" has more than one
reading; which is right is decided by the streets that exist, not here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mediation_geo.locate.address import STREET_TYPES, StreetLine, fold_quick, split_street, tokenise
from mediation_geo.locate.names import key_of_folded
from mediation_geo.standard.territories import DEPARTEMENTS, departements_of_postcode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mediation_geo.locate.finder import CommuneFinder, Scored

__all__ = ["Reading", "misspelt_readings", "readings", "whole_line"]

_LONGEST_NAME, _LONGEST_DEPARTEMENT = 7, 4
_DEPARTEMENTS = {key_of_folded(fold_quick(each.nom)): code for code, each in DEPARTEMENTS.items()}
# A name and its département agree; only a postcode says more.
_TOLD = 0.98
# "NattierVersailles", "Flourens92150": words run together are parted again.
_GLUED = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý][a-zà-ÿ])|(?<=[A-Za-zà-ÿ])(?=\d{5}\b)")
_COUNTRY = frozenset({"france"})


class Reading(NamedTuple):
    """
    A way to read a line.

    Attributes
    ----------
    line : StreetLine
        The street part; without words when the line names a commune only.
    places : tuple of (str, float)
        Communes it may mean, with their shares.
    postcode : str
    name : str
        The words taken for the commune, folded; they tell the arrondissement.
    raw : str
        The line as it was written: between streets of one name, the one spelt just so is meant.
    """

    line: StreetLine
    places: Scored
    postcode: str
    name: str
    raw: str = ""


def readings(q: str, *, finder: CommuneFinder) -> list[Reading]:
    """
    Readings of a line that name a commune or a postcode.

    Examples
    --------
    >>> from mediation_geo.locate.communes import load_communes
    >>> from mediation_geo.locate.finder import CommuneFinder
    >>> finder = CommuneFinder(load_communes())
    >>> [(each.line.words, each.places[0][0]) for each in readings("73 rue de Paris Saint-Mandé", finder=finder)]
    [(('rue', 'paris'), '94067')]
    """
    words, starts = _words(q)
    at = next((each for each in range(len(words) - 1, -1, -1) if _is_postcode(words[each])), None)
    if at is None:
        told = _by_departement(words, starts, finder)
        return [*told, *_by_tail(words, starts, "", finder), *_by_head(words, starts, "", finder)]
    postcode, left, right = words[at], words[:at], words[at + 1 :]
    if not right:
        found = [*_by_tail(left, starts, postcode, finder), *_by_head(left, starts, postcode, finder)]
        return [*found, _reading(left, starts, finder.by_fields("", postcode), postcode, [])]
    if not left:
        return [*_by_head(right, [0], postcode, finder), _reading([], [], _named(right, postcode, finder), postcode, right)]
    return [_reading(left, starts, _named(right, postcode, finder), postcode, right)]


def whole_line(q: str, *, places: Scored = (), postcode: str = "") -> Reading:
    """
    Reading of a line as a street alone, in communes that something else tells.

    Examples
    --------
    >>> whole_line("34 av. de l'Opéra", places=(("75056", 1.0),)).line.words
    ('avenue', 'opera')
    """
    words, starts = _words(q)
    return _reading([each for each in words if not _is_postcode(each)], starts, places, postcode, [])


def misspelt_readings(q: str, *, finder: CommuneFinder) -> list[Reading]:
    """
    Readings in which the last words are nearly the name of a commune, or a postcode that lost a digit.

    Slower than `readings`: for lines that have no good one.

    Examples
    --------
    >>> from mediation_geo.locate.communes import load_communes
    >>> from mediation_geo.locate.finder import CommuneFinder
    >>> finder = CommuneFinder(load_communes())
    >>> misspelt_readings("12 rue Foch Montpelier", finder=finder)[0].places[0][0]
    '34172'
    """
    words, starts = _words(q)
    found = []
    if len(words) > 1 and len(words[-1]) == 4 and words[-1].isdigit():
        places = finder.by_short_postcode(words[-1])
        if places and _can_stand(words[:-1]):
            found.append(_reading(words[:-1], starts, places, "", []))
    for size in range(1, min(4, len(words)) + 1):
        tail = words[-size:]
        key = key_of_folded(" ".join(tail))
        if len(key) >= 4 and not tail[0].isdigit() and _can_stand(words[:-size]):
            places = finder.misspelt(key, ())
            if places:
                found.append(_reading(words[:-size], starts, tuple((code, share * 0.9) for code, share in places), "", tail))
    return found


def _words(q: str) -> tuple[list[str], list[int]]:
    words, starts = tokenise(_GLUED.sub(" ", q))
    while words and words[-1] in _COUNTRY and (len(words) < 2 or words[-2] not in {"en", "de", "ile"}):
        words.pop()
    return words, starts


def _is_postcode(word: str) -> bool:
    return len(word) == 5 and word.isdigit() and bool(departements_of_postcode(word))


def _named(words: list[str], postcode: str, finder: CommuneFinder) -> Scored:
    key = key_of_folded(" ".join(words))
    return finder.by_fields(key, postcode)


def _by_tail(words: list[str], starts: list[int], postcode: str, finder: CommuneFinder) -> Iterator[Reading]:
    """Readings whose last words are the name of a commune, the longest name of the same communes only."""
    last: Reading | None = None
    for size in range(1, min(_LONGEST_NAME, len(words)) + 1):
        tail = words[-size:]
        key = key_of_folded(" ".join(tail))
        if not key or key not in finder.communes.by_name or not _can_stand(words[:-size]):
            continue
        reading = _reading(words[:-size], starts, finder.by_fields(key, postcode), postcode, tail)
        if last is not None and last.places != reading.places:
            yield last
        last = reading
    if last is not None:
        yield last


def _by_departement(words: list[str], starts: list[int], finder: CommuneFinder) -> Iterator[Reading]:
    """Readings that end in a département, by name or code, which tells communes of one name apart: "Saint-Denis 974"."""
    for size in range(1, min(_LONGEST_DEPARTEMENT, len(words) - 1) + 1):
        tail = " ".join(words[-size:])
        departement = _DEPARTEMENTS.get(key_of_folded(tail)) or (tail.upper() if tail.upper() in DEPARTEMENTS else None)
        if departement is None:
            continue
        for reading in _by_tail(words[:-size], starts, "", finder):
            communes = finder.communes.by_code
            places = tuple((code, _TOLD) for code, _ in reading.places if communes[code].departement == departement)
            if places:
                yield reading._replace(places=places)


def _by_head(words: list[str], starts: list[int], postcode: str, finder: CommuneFinder) -> Iterator[Reading]:
    """Readings whose first words are the name of a commune: "Paris 10 rue de Rivoli"."""
    for size in range(min(_LONGEST_NAME, len(words) - 1), 0, -1):
        key = key_of_folded(" ".join(words[:size]))
        if words[0].isdigit() or key not in finder.communes.by_name or key in STREET_TYPES:
            continue
        yield _reading(words[size:], [each - size for each in starts], finder.by_fields(key, postcode), postcode, words[:size])
        return


def _can_stand(words: list[str]) -> bool:
    """Whether what is left of a line can be a street: nothing at all, or more than a number and a type ("Grande Rue" is)."""
    names = [word for word in words if not word[0].isdigit() and len(word) > 1]
    return not words or len(names) > 1 or any(word not in STREET_TYPES for word in names)


def _reading(words: list[str], starts: list[int], places: Scored, postcode: str, name: list[str]) -> Reading:
    inside = [each for each in starts if 0 <= each < len(words)]
    line = split_street(words, inside) if words else StreetLine(None, "", ())
    return Reading(line, places, postcode, " ".join(name))
