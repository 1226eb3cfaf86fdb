"""
Single values in the form in which they are compared: a name, an address, a phone, a mail, taken apart.

Text in, small tuples out; each distinct name and address is worked on once in the life of a process.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import NamedTuple

from mediation_geo.dedupe.lexicon import lexicon
from mediation_geo.text import STOP_WORDS, STREET_ABBREVIATIONS, expand, fold

__all__ = [
    "Name",
    "Street",
    "prepare_handle",
    "prepare_mail",
    "prepare_name",
    "prepare_phone",
    "prepare_siret",
    "prepare_street",
    "prepare_town",
    "upstream_id",
]

# What is kept between two runs of one process: most names and addresses of a night were there the night before. The rest is
# cut to shape faster than it is looked up.
_CACHE_SIZE = 131_072

_POSTCODE_TAIL = re.compile(r"\b\d{5}\b.*$", flags=re.DOTALL)
_NUMBER = re.compile(r"\b(\d{1,4})\b")
_NOT_STREET = frozenset({"bis", "ter", "quater", "b", "t", "cs", "bp", "cedex", "etage"})
_NOT_DIGIT = re.compile(r"\D")
_SEVERAL = re.compile(r"[/|;,]")
_PREFIXES = re.compile(r"^(?:00)?(?:33|262|590|594|596|508|687|689)(?=0?\d{6,9}$)")
# The four overseas regions whose numbers begin with the digits of their country code, which some write only once.
_SHORT_OVERSEAS = re.compile(r"^(?:00)?(262|590|594|596)(\d{6})$")
_SIRET_LENGTH = 14
_SHORTEST_ACRONYM, _LONGEST_ACRONYM = 3, 7
_AT_FOR_A = re.compile(r"(?<=[a-zA-Z])@(?=[a-zA-Z])")
_OPAQUE_ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f])")
_LETTERS = re.compile(r"[a-z]{3,}")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# Letters with dots or blanks between them are one word: "C.C.A.S.", "A C I A H".
_SPELT_OUT = re.compile(r"\b(?:[a-z] ){2,}[a-z]\b")


class Name(NamedTuple):
    """A name taken apart: all words, words without the commune, and what tells this place from its kind."""

    full: str
    core: str
    specific: str
    numbers: str
    kinds: int
    mobile: bool
    acronyms: frozenset[str]
    initials: frozenset[str]


class Street(NamedTuple):
    """
    An address taken apart: house number, the street's own words, the last word, the most telling one, whether it is no street.

    "Rue" and "avenue" are not among the words: they make streets alike that have nothing else in common.
    """

    number: str | None
    street: str | None
    last: str | None
    vague: bool


@lru_cache(maxsize=_CACHE_SIZE)
def prepare_name(nom: str | None, commune: str | None) -> Name:
    """
    Take a name apart.

    Parameters
    ----------
    nom, commune : str or None
        As in the record.

    Examples
    --------
    >>> name = prepare_name("Maison France Services de Duras", "Duras")
    >>> name.full, name.core, name.specific
    ('franceservices duras', 'franceservices', '')
    >>> prepare_name("A.C.I.A.H.", None).full
    'aciah'
    >>> prepare_name("Union départementale des associations familiales", None).initials & prepare_name("UDAF", None).acronyms
    frozenset({'udaf'})
    """
    words = lexicon()
    raw = _words(nom) if nom else []
    tokens = words.rewrite(raw)
    town = set(prepare_town(commune))
    core = [token for token in tokens if token not in town] or tokens
    kinds = 0
    for token in tokens:
        kinds |= words.kinds.get(token, 0)
    specific = [token for token in core if token not in town and token not in words.generic and token not in words.kinds]
    numbers = sorted({token for token in tokens if token.isdigit()})
    mobile = any(token in words.mobile for token in raw)
    # "EDS" stands for a kind of place, and says as little about which one as its words.
    short_words = [word for word in raw if _SHORTEST_ACRONYM <= len(word) <= _LONGEST_ACRONYM and word.isalpha()]
    acronyms = frozenset(word for word in short_words if word not in STOP_WORDS and word not in words.words)
    short = "".join(word[0] for word in raw if word not in STOP_WORDS)
    initials = frozenset(each for each in (short, "".join(word[0] for word in raw)) if len(each) >= _SHORTEST_ACRONYM)
    return Name(" ".join(tokens), " ".join(core), " ".join(specific), " ".join(numbers), kinds, mobile, acronyms, initials)


def _words(nom: str) -> list[str]:
    folded = fold(_AT_FOR_A.sub("a", html.unescape(nom)))
    return _SPELT_OUT.sub(lambda letters: letters.group().replace(" ", ""), folded).split()


@lru_cache(maxsize=_CACHE_SIZE)
def prepare_town(commune: str | None) -> tuple[str, ...]:
    """
    Words of a commune's name that are left out of the names of its places.

    Examples
    --------
    >>> prepare_town("St-Étienne CEDEX 2")
    ('saint', 'etienne')
    """
    if not commune:
        return ()
    words = lexicon().words
    skipped = STOP_WORDS | {"cedex", "cs", "bp"}
    return tuple(words.get(each, each) for each in fold(commune).split() if each not in skipped and not each.isdigit())


@lru_cache(maxsize=_CACHE_SIZE)
def prepare_street(adresse: str | None, commune: str | None) -> Street:
    """
    Take an address apart; what follows the postcode is left out.

    Parameters
    ----------
    adresse, commune : str or None
        As in the record. An address without other words than "le bourg" and the commune is `vague`: it contradicts no street.

    Examples
    --------
    >>> prepare_street("12 bis, av. du Gal Leclerc 34000 Montpellier", "Montpellier")
    Street(number='12', street='general leclerc', last='leclerc', vague=False)
    >>> prepare_street("Le Bourg, Melay", "Melay").vague
    True
    """
    if not adresse:
        return Street(None, None, None, vague=False)
    text = fold(_POSTCODE_TAIL.sub("", html.unescape(adresse)))
    found = _NUMBER.search(text)
    full = expand(text.split(), abbreviations=STREET_ABBREVIATIONS)
    saints = lexicon().words
    words = [
        saints.get(word, word) if word in ("st", "ste", "sts", "stes") else word
        for word in full
        if word not in STOP_WORDS and word not in _NOT_STREET and not any(char.isdigit() for char in word)
    ]
    number = found.group(1).lstrip("0") or None if found else None
    vague = bool(words) and lexicon().vague_street.issuperset(set(words).difference(prepare_town(commune)))
    own = [word for word in words if word not in lexicon().ways] or words
    return Street(number, " ".join(own) or None, words[-1] if words else None, vague)


def prepare_phone(telephone: str | None) -> str | None:
    """
    Nine significant digits of the first number (six to nine overseas), None when there are not so many.

    Examples
    --------
    >>> prepare_phone("+33 4 67 00 00 00"), prepare_phone("0467000000 / 0600000000"), prepare_phone("467000000.0")
    ('467000000', '467000000', '467000000')
    >>> prepare_phone("+596 554130"), prepare_phone("0596 55 41 30")
    ('596554130', '596554130')
    """
    if not telephone:
        return None
    digits = _NOT_DIGIT.sub("", _SEVERAL.split(telephone.removesuffix(".0"))[0].replace("(0)", ""))
    digits = _PREFIXES.sub("", _SHORT_OVERSEAS.sub(r"\1\1\2", digits)).lstrip("0")
    return digits if 6 <= len(digits) <= 9 and len(set(digits)) > 1 else None


def prepare_siret(pivot: str | None) -> str | None:
    """
    SIRET that names an establishment; None for another identifier or one that a spreadsheet rounded.

    Examples
    --------
    >>> prepare_siret("21340129200012"), prepare_siret("79200000000000"), prepare_siret("W123456789")
    ('21340129200012', None, None)
    """
    if pivot is None or len(pivot) != _SIRET_LENGTH or not pivot.isdigit() or pivot.endswith("00000"):
        return None
    return pivot


def upstream_id(published: str | None) -> str | None:
    """
    The opaque id a record carries from its first source, wherever it was copied; None for a number or a name.

    Examples
    --------
    >>> upstream_id("Conseiller-Numérique_62592a1d05457b0790816e6c"), upstream_id("France-Services_268")
    ('62592a1d05457b0790816e6c', None)
    """
    found = _OPAQUE_ID.findall(published.lower()) if published else []
    # A compound id names several records: none of them speaks for the whole.
    return found[0] if len(set(found)) == 1 else None


def prepare_mail(courriel: str) -> str | None:
    """
    Address in lower case; None for a box that a whole programme shares.

    Examples
    --------
    >>> prepare_mail("Mairie@Lattes.fr "), prepare_mail("contact@conseiller-numerique.fr")
    ('mairie@lattes.fr', None)
    """
    found = _MAIL.search(courriel.lower())
    if found is None:
        return None
    mail = found.group()
    local, _, domain = mail.rpartition("@")
    anonymous = local == "contact" and domain in lexicon().free_mail
    return None if anonymous or domain in lexicon().shared_domains else mail


def prepare_handle(mails: frozenset[str], site: str | None, commune: str | None) -> str | None:
    """
    Words of mail boxes and of a site that may be somebody's name; None where there are none.

    Parameters
    ----------
    mails : frozenset of str
        As `prepare_mail` returns them.
    site : str or None
        Host of a site, without `www`.
    commune : str or None
        As in the record: its words name nobody.

    Examples
    --------
    >>> prepare_handle(frozenset({"ospa@wanadoo.fr", "contact@duras.fr"}), "ospa42.org", "Duras")
    'ospa'
    >>> prepare_handle(frozenset({"accueil@gmail.com"}), None, None) is None
    True
    """
    free = lexicon().free_mail
    texts = [local if domain in free else f"{local} {domain.rpartition('.')[0]}" for local, _, domain in map(_parted, mails)]
    if site is not None:
        texts.append(site.rpartition(".")[0])
    words = {word for text in texts for word in _LETTERS.findall(text)}
    told = words - lexicon().generic - lexicon().kinds.keys() - lexicon().common_boxes - set(prepare_town(commune))
    return " ".join(sorted(told)) or None


def _parted(mail: str) -> tuple[str, str, str]:
    return mail.rpartition("@")
