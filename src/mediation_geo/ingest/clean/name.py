"""Rules for names of places: junk removed, capitals lowered with the accents they lost, closed places found."""

from __future__ import annotations

import re

from mediation_geo.ingest.clean.accents import accented
from mediation_geo.ingest.clean.rules import Check, Repair, Rule, settled
from mediation_geo.text import fold

__all__ = ["NAME_RULES", "is_closed", "lower_capitals"]

# Names that describe a thing or a test, not a place.
_JUNK = frozenset(
    {"ordinateur", "ordinateurs", "wifi", "wi fi", "imprimante", "test", "essai", "nom", "lieu", "exemple", "copie"}
)
_CLOSED = re.compile(
    r"\((?:closed|ferm[ée]e?)\)|\bd[ée]finitivement\s+ferm[ée]|\bferm[ée]e?\s+d[ée]finitivement|\bfermeture\s+d[ée]finitive"
    r"|\bpermanently\s+closed|^ferm[ée]e?\s*[-:]",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+[^\W\d_]*")
_SMALL_TEXT = "a à au aux d de des du en et l la le les ou où par pour sous sur un une chez dans lès lez the of"
_SMALL = frozenset(_SMALL_TEXT.split())
# Ordinary words of up to three letters; every other one in capitals is taken for an abbreviation.
_SHORT_WORDS_TEXT = "bus val rue mer lac ile vie age eau ami pop sud est bas max luc art web net pau gap vif via bar duo"
_SHORT_WORDS = frozenset(_SHORT_WORDS_TEXT.split())
_VOWELS = re.compile(r"[aeiouyàâäéèêëîïôöùûü]", re.IGNORECASE)
_BRANDS_TEXT = """
pimms afpa adapei cidff udaf ufcv creps greta aptic caf ccas cias capep assfam admr msap crij esat arpade
uriopss adie epide plie unaf ulamir
"""
_BRANDS = {"emmaus": "Emmaüs"} | {name: name.upper() for name in _BRANDS_TEXT.split()}


def remove_junk(value: str, _context: str = "") -> str | None:
    """
    None for a name that names no place.

    Examples
    --------
    >>> remove_junk("Wifi") is None, remove_junk("Mairie")
    (True, 'Mairie')
    """
    return None if fold(value) in _JUNK else value


@settled
def trim_quotes(value: str, _context: str = "") -> str:
    """
    Name without quotes around the whole of it, nor stray separators at its ends.

    Examples
    --------
    >>> trim_quotes('"Le 139"'), trim_quotes('Espace "Le 139"'), trim_quotes("Mairie -")
    ('Le 139', 'Espace "Le 139"', 'Mairie')
    """
    text = value.strip(" -–—,;:/|*•")
    while len(text) > 2 and text[0] + text[-1] in {'""', "''", "«»", "“”"} and text[0] not in text[1:-1]:
        text = text[1:-1].strip(" -–—,;:/|*•")
    return text or value


def _is_capitals(value: str) -> bool:
    letters = [char for char in value if char.isalpha()]
    return len(letters) >= 4 and all(char.isupper() for char in letters)


def _is_abbreviation(word: str) -> bool:
    lower = word.lower()
    if lower in _SMALL or lower in _SHORT_WORDS or accented(lower) != lower:
        return False
    return len(word) <= 3 or lower in _BRANDS or not _VOWELS.search(word)


def _recased(word: str, *, first: bool) -> str:
    lower = word.lower().replace("’", "'")
    head, apostrophe, _tail = lower.partition("'")
    if apostrophe and len(head) <= 2:
        return (head.upper() if first else head) + "'" + _recased(word[len(head) + 1 :], first=True)
    if lower in _BRANDS:
        return _BRANDS[lower]
    if any(char.isdigit() for char in word):
        return lower if re.fullmatch(r"\d+(er|e|eme|ème|nd)", lower) else word
    if re.fullmatch(r"[IVX]{2,}", word) or _is_abbreviation(word):
        return word
    restored = lower if lower in _SMALL else accented(lower)
    return restored if lower in _SMALL and not first else restored[0].upper() + restored[1:]


@settled
def lower_capitals(value: str, _context: str = "") -> str:
    """
    Name typed in capitals, in ordinary case; abbreviations stay, known words get their accents back.

    Examples
    --------
    >>> lower_capitals("MEDIATHEQUE DE CHAMBRAY-LES TOURS"), lower_capitals("CCAS"), lower_capitals("LA POSTE")
    ('Médiathèque de Chambray-les Tours', 'CCAS', 'La Poste')
    >>> lower_capitals("MJC DE L'ISLE"), lower_capitals("Mairie de LYON")
    ("MJC de l'Isle", 'Mairie de LYON')
    """
    if not _is_capitals(value):
        return value
    words = _WORD.findall(value)
    if all(_is_abbreviation(word) for word in words):
        return value
    return _WORD.sub(lambda match: _recased(match.group(), first=match.start() == 0), value)


def is_closed(value: str, _context: str = "") -> bool:
    """
    Whether the name says that the place has closed for good.

    Examples
    --------
    >>> is_closed("Cyber (closed)"), is_closed("Fermé définitivement"), is_closed("La maison fermée du parc")
    (True, True, False)
    """
    return bool(_CLOSED.search(value))


def is_an_address(value: str, context: str = "") -> bool:
    """
    Whether the name only repeats the address, given as context.

    Examples
    --------
    >>> is_an_address("38 bis, avenue Pasteur", "38 bis avenue Pasteur"), is_an_address("Mairie", "Mairie de Corscia")
    (True, False)
    """
    return fold(value) == fold(context)


NAME_RULES: tuple[Rule, ...] = (
    Repair("name_junk", remove_junk),
    Repair("name_trimmed", trim_quotes),
    Repair("name_in_capitals", lower_capitals),
    Check("name_is_address", is_an_address),
)
