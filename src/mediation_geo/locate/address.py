"""
French address lines taken apart: house number, suffix, street words, postcode, what is noise.

Text in, small values out, the same for what is stored and for what is asked, so that one spelling never depends on the engine.
Nothing here knows which streets or communes exist.
"""

from __future__ import annotations

import re
from string import ascii_lowercase
from typing import NamedTuple

from mediation_geo.text import SAINT_ABBREVIATIONS, STREET_ABBREVIATIONS, strip_accents

__all__ = [
    "NORMALISER_VERSION",
    "STREET_TYPES",
    "SUFFIXES",
    "SUFFIX_NAMES",
    "StreetLine",
    "fold_quick",
    "parse_street",
    "split_street",
    "street_words",
    "tokenise",
]

# Part of the cache key and of built street tables: raise it when the same text may give other words.
NORMALISER_VERSION = 1

STREET_TYPES = frozenset({
    "allee", "avenue", "boulevard", "carrefour", "chaussee", "chemin", "cite", "corniche", "cour", "cours", "descente",
    "domaine", "esplanade", "faubourg", "grande", "hameau", "impasse", "lotissement", "mail", "montee", "parc", "parvis",
    "passage", "place", "placette", "pont", "porte", "promenade", "quai", "quartier", "residence", "rocade", "rond",
    "rotonde", "route", "rue", "ruelle", "sente", "sentier", "square", "traverse", "venelle", "villa", "voie", "zone",
    "lieu",
})  # fmt: skip
_MORE = {
    "g": "grand", "gd": "grand", "gde": "grande", "grd": "grand", "gds": "grands", "hlm": "", "ld": "lieu dit",
    "lieudit": "lieu dit", "mte": "montee", "qua": "quartier", "quart": "quartier", "rle": "ruelle", "sen": "sente",
    "sent": "sentier", "trav": "traverse", "vla": "villa", "chs": "chaussee", "cite": "cite", "n": "", "no": "",
    "cdg": "charles gaulle", "capt": "capitaine", "cne": "capitaine", "lt": "lieutenant", "sgt": "sergent",
    "amal": "amiral", "abb": "abbe", "mgr": "monseigneur", "dept": "departementale", "rd": "route departementale",
    "rn": "route nationale", "vc": "voie communale", "cr": "chemin rural", "fr": "francois", "pte": "porte",
    "fbourg": "faubourg", "bvard": "boulevard", "boulv": "boulevard", "aven": "avenue",
}  # fmt: skip
_NUMBER_WORDS = {
    "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6", "sept": "7", "huit": "8", "dix": "10", "onze": "11",
    "douze": "12", "treize": "13", "quatorze": "14", "quinze": "15", "seize": "16", "vingt": "20", "trente": "30",
    "premier": "1", "premiere": "1", "1er": "1", "1ere": "1", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7",
    "viii": "8", "ix": "9", "xi": "11", "xii": "12", "xiii": "13", "xiv": "14", "xv": "15", "xvi": "16", "xxiii": "23",
}  # fmt: skip
_WORDS = {**STREET_ABBREVIATIONS, **SAINT_ABBREVIATIONS, **_MORE, **_NUMBER_WORDS}
_STOP = frozenset({
    "de", "du", "des", "la", "le", "les", "l", "d", "et", "a", "au", "aux", "en", "sur", "sous", "pour", "par", "un",
    "une", "the", "dans", "del", "dela",
})  # fmt: skip

SUFFIXES = {"bis": "B", "ter": "T", "quater": "Q", "quinquies": "C"} | {letter: letter for letter in ascii_lowercase}
# Apart from its number a letter is a suffix only when it is not likely to be an initial or an article.
_LOOSE_SUFFIXES = frozenset({"bis", "ter", "quater", "quinquies", *"abcdefgh"})
SUFFIX_NAMES = {letter: name for name, letter in SUFFIXES.items() if len(name) > 1}
_NUMBER = re.compile(r"^(\d{1,4})(bis|ter|quater|quinquies|[a-z])?$")
_ORDINAL = re.compile(r"^(\d{1,4})(?:e|eme|er|ere|nd|nde)$")
_SEPARATORS = re.compile(r"[,;\n]| [-–—] |\(|\)")
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_NOISE = re.compile(
    r"\b(?:bp|b p|cs|tsa|cidex|boite postale|case postale) ?\d+\b"
    r"|\bcedex(?: \d{1,2})?\b"
    r"|\b(?:\d{1,2} ?(?:er|e|eme|ere)|premier|deuxieme|troisieme) etage\b|\betage \d{1,2}\b|\brez de chaussee\b"
    r"|\b(?:batiment|bat|entree|escalier|esc|appartement|appt|apt|apart) (?:[a-z]|[a-z]?\d{1,3})\b"
    r"(?! (?:rue|avenue|boulevard|place)\b)"
    r"|\b(?:porte|bureau|local|lot|etg) (?:[a-z]?\d{1,3})\b"
)


class StreetLine(NamedTuple):
    """
    A street line taken apart.

    Attributes
    ----------
    number : int or None
        House number.
    suffix : str
        `B` (bis), `T` (ter), `Q` (quater), `C` (quinquies), a small letter, or empty.
    words : tuple of str
        Street words written in full, without articles, type first where there is one.
    text : str
        The same words as they were written, folded: tells Grande Rue from Grand'rue where a commune has both.
    """

    number: int | None
    suffix: str
    words: tuple[str, ...]
    text: str = ""


def fold_quick(value: str) -> str:
    """
    Folded text, as `text.fold` gives it; plain ASCII takes a short way.

    Examples
    --------
    >>> fold_quick("12, RUE de l'Hôtel")
    '12 rue de l hotel'
    """
    plain = value if value.isascii() else strip_accents(value)
    return _NOT_ALPHANUMERIC.sub(" ", plain.lower()).strip()


def street_words(value: str) -> tuple[str, ...]:
    """
    Words of a street name, abbreviations and numbers written one way, articles left out.

    Examples
    --------
    >>> street_words("R. du Gal. de Gaulle"), street_words("Place du Douze Mai")
    (('rue', 'general', 'gaulle'), ('place', '12', 'mai'))
    >>> street_words("Grand'Rue"), street_words("La Place")
    (('grande', 'rue'), ('place',))
    """
    return _normalised(fold_quick(value).split())


def _normalised(words: list[str]) -> tuple[str, ...]:
    full: list[str] = []
    for word in words:
        known = _WORDS.get(word)
        if known is None:
            full.append(word)
        elif known:
            full.extend(known.split() if " " in known else (known,))
    kept = [word for word in full if word not in _STOP] or full
    if len(kept) > 1 and kept[0] == "grand" and kept[1] == "rue":
        kept[0] = "grande"
    for position, word in enumerate(kept):
        if word[0].isdigit() and (ordinal := _ORDINAL.match(word)):
            kept[position] = ordinal.group(1)
    return tuple(kept)


def parse_street(value: str) -> StreetLine:
    """
    Street line taken apart: a number before a street type anywhere, else a leading one, else the text from the first type.

    Examples
    --------
    >>> parse_street("Mairie - 12 bis, av. de la République BP 47")
    StreetLine(number=12, suffix='B', words=('avenue', 'republique'), text='av de la republique')
    >>> parse_street("Bâtiment B, 3 Le Bourg").words
    ('bourg',)
    >>> parse_street("8, rue du 11 Novembre 1918").words
    ('rue', '11', 'novembre', '1918')
    """
    return split_street(*tokenise(value))


def tokenise(value: str) -> tuple[list[str], list[int]]:
    """
    Folded words without postal noise, and the positions at which a part set off by a comma, dash or bracket begins.

    Examples
    --------
    >>> tokenise("Mairie - 12 rue Foch BP 47, Lyon Cedex 3")
    (['mairie', '12', 'rue', 'foch', 'lyon'], [0, 1, 4])
    """
    segments = [folded for part in _SEPARATORS.split(value) if (folded := fold_quick(part))]
    words: list[str] = []
    starts: list[int] = []
    for segment in segments:
        clean = _NOISE.sub(" ", segment).split() if _may_be_noise(segment) else segment.split()
        if clean:
            starts.append(len(words))
            words.extend(clean)
    return words, starts


def split_street(words: list[str], starts: list[int]) -> StreetLine:
    """
    Street line of words already folded; see `parse_street`.

    Examples
    --------
    >>> split_street(["12", "rue", "foch"], [0])
    StreetLine(number=12, suffix='', words=('rue', 'foch'), text='rue foch')
    """
    number, suffix, rest = _split(words, starts)
    return StreetLine(number, suffix, _normalised(rest), " ".join(rest))


_NOISE_MARKS = (
    "bp", "b p", "cs", "tsa", "cidex", "postale", "cedex", "etage", "chaussee", "bat", "entree", "esc", "ap", "porte", "bureau",
    "local", "lot", "etg",
)  # fmt: skip


def _may_be_noise(segment: str) -> bool:
    return any(mark in segment for mark in _NOISE_MARKS)


def _split(words: list[str], starts: list[int]) -> tuple[int | None, str, list[str]]:
    found = [position for position, word in enumerate(words) if word[0].isdigit() and _NUMBER.match(word)]
    for position in found:
        number, suffix, after = _number_at(words, position)
        if after < len(words) and _is_type(words[after]):
            return number, suffix, words[after:]
    for start in starts:
        if start in found:
            number, suffix, after = _number_at(words, start)
            if after < len(words) and not words[after][0].isdigit():
                return number, suffix, words[after:]
    for position, word in enumerate(words):
        if _is_type(word):
            last, letter = _trailing_number(words, position, starts)
            return last, letter, words[position : len(words) - (last is not None)]
    return None, "", words


def _trailing_number(words: list[str], position: int, starts: list[int]) -> tuple[int | None, str]:
    # "Rue Carpeaux, 119": a number alone in its segment after the street.
    last = len(words) - 1
    if last > position and last in starts and (match := _NUMBER.match(words[last])):
        return int(match.group(1)), SUFFIXES.get(match.group(2) or "", "")
    return None, ""


def _number_at(words: list[str], position: int) -> tuple[int, str, int]:
    match = _NUMBER.match(words[position])
    assert match is not None
    number, suffix = int(match.group(1)), SUFFIXES.get(match.group(2) or "", "")
    after = position + 1
    if not suffix and after < len(words) and words[after] in _LOOSE_SUFFIXES and after + 1 < len(words):
        suffix, after = SUFFIXES[words[after]], after + 1
    # "12-14 rue", "12/14/16 rue": the first number counts.
    while after < len(words) - 1 and _NUMBER.match(words[after]) and not _starts_street(words, after):
        after += 1
    return number, suffix, after


def _starts_street(words: list[str], position: int) -> bool:
    # "3 11 novembre": months follow a number that belongs to the street.
    return words[position + 1] in _MONTHS


_MONTHS = frozenset({
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
})  # fmt: skip


def _is_type(word: str) -> bool:
    full = _WORDS.get(word, word)
    return full.partition(" ")[0] in STREET_TYPES or word == "grand"
