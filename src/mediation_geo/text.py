"""
French text made comparable: folding, tokens, abbreviations, damaged encodings.

Text in, text out; nothing here knows what a place is. Rooms that compare names or streets build on these tables so that
one abbreviation means the same thing everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = [
    "NAME_ABBREVIATIONS",
    "SAINT_ABBREVIATIONS",
    "STOP_WORDS",
    "STREET_ABBREVIATIONS",
    "collapse_blanks",
    "expand",
    "fold",
    "repair_mojibake",
    "slug",
    "strip_accents",
    "tokens",
]

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "’": "'", "‘": "'", "ʼ": "'"})
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_BLANKS = re.compile(r"[\s\u00a0\u2007\u202f\u200b\ufeff]+")

SAINT_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}

# One-letter forms other than r (rue) are left alone: "c", "p" and "a" are building letters more often than street types.
STREET_ABBREVIATIONS = {
    "all": "allee", "av": "avenue", "ave": "avenue", "bat": "batiment", "bd": "boulevard", "bld": "boulevard",
    "blvd": "boulevard", "boul": "boulevard", "bvd": "boulevard", "carr": "carrefour", "cdt": "commandant",
    "ch": "chemin", "che": "chemin", "chem": "chemin", "col": "colonel", "crs": "cours", "dr": "docteur",
    "espl": "esplanade", "fbg": "faubourg", "fg": "faubourg", "gal": "general", "gen": "general", "ham": "hameau",
    "imp": "impasse", "lot": "lotissement", "mal": "marechal", "pass": "passage", "pdt": "president", "pl": "place",
    "pr": "professeur", "prof": "professeur", "prom": "promenade", "qu": "quai", "r": "rue", "res": "residence",
    "rpt": "rond point", "rte": "route", "sq": "square", "za": "zone artisanale", "zi": "zone industrielle",
}  # fmt: skip

NAME_ABBREVIATIONS = {
    "agglo": "agglomeration", "asso": "association", "assoc": "association", "biblio": "bibliotheque",
    "cc": "communaute communes", "comcom": "communaute communes", "csc": "centre socioculturel",
    "epn": "espace public numerique", "mfs": "france services", "mpt": "maison pour tous", "msap": "france services",
}  # fmt: skip

STOP_WORDS = frozenset({
    "de", "du", "des", "la", "le", "les", "l", "d", "et", "a", "au", "aux", "en", "sur", "sous", "pour", "par", "un",
    "une", "the", "dans",
})  # fmt: skip


def strip_accents(value: str) -> str:
    """
    Same text without diacritics, ligatures spelled out, case kept.

    Examples
    --------
    >>> strip_accents("Cœur d’Hérault, Œuvre")
    "Coeur d'Herault, OEuvre"
    """
    if value.isascii():
        return value
    decomposed = unicodedata.normalize("NFKD", value.translate(_LIGATURES))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=1 << 16)  # every room folds the same names, towns and labels again and again
def fold(value: str) -> str:
    """
    Lower-case ASCII letters and digits separated by single blanks: the form in which two texts are compared.

    Examples
    --------
    >>> fold("  Médiathèque de L’Haÿ-les-Roses ")
    'mediatheque de l hay les roses'
    >>> fold("—")
    ''
    """
    return _NOT_ALPHANUMERIC.sub(" ", strip_accents(value).lower()).strip()


def tokens(value: str) -> list[str]:
    """
    Words of the folded text, in order.

    Examples
    --------
    >>> tokens("12 bis, Av. Foch")
    ['12', 'bis', 'av', 'foch']
    """
    return fold(value).split()


def expand(words: list[str], *, abbreviations: dict[str, str]) -> list[str]:
    """
    Words with each known abbreviation written in full (one abbreviation may become two words).

    Examples
    --------
    >>> expand(["12", "av", "foch"], abbreviations=STREET_ABBREVIATIONS)
    ['12', 'avenue', 'foch']
    """
    return [part for word in words for part in abbreviations.get(word, word).split()]


def collapse_blanks(value: str) -> str:
    r"""
    Text with every run of blanks (no-break, narrow and zero-width ones included) as one space, trimmed.

    Examples
    --------
    >>> collapse_blanks(" 12\u202f rue\n Foch")
    '12 rue Foch'
    """
    return _BLANKS.sub(" ", value).strip()


def repair_mojibake(value: str) -> str:
    """
    Text whose UTF-8 bytes were read as Latin-1 or Windows-1252, read again as UTF-8; any other text unchanged.

    A repair is made only when the whole text decodes, so that a right text is never damaged.

    Examples
    --------
    >>> repair_mojibake("MÃ©diathÃ¨que")
    'Médiathèque'
    >>> repair_mojibake("Médiathèque")
    'Médiathèque'
    """
    if not any(mark in value for mark in ("Ã", "Â", "â", "Å")):
        return value
    for encoding in ("cp1252", "latin-1"):
        try:
            return value.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return value


def slug(value: str) -> str:
    """
    Folded text with hyphens, for file names and web addresses.

    Examples
    --------
    >>> slug("Le Havre 2024")
    'le-havre-2024'
    """
    return fold(value).replace(" ", "-")
