"""
Records in the form in which they are compared: folded names, kinds, streets, digits of phones, positions in metres.

Located records in, one `Prepared` of plain columns out. Nothing here compares two records.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mediation_geo.dedupe.lexicon import lexicon
from mediation_geo.dedupe.trust import source_names
from mediation_geo.geodesy import geocentric_m
from mediation_geo.text import STOP_WORDS, STREET_ABBREVIATIONS, expand, fold

__all__ = ["Name", "Prepared", "Street", "prepare", "prepare_mail", "prepare_name", "prepare_phone", "prepare_street"]

# What is kept between two runs of one process: most values of a night were there the night before.
_CACHE_SIZE = 1_000_000
# A point that stands for a whole commune says nothing about where in it a place is.
_COARSE_PRECISIONS = ("municipality",)
_COARSE_UNCERTAINTY_M = 1_000.0

_POSTCODE_TAIL = re.compile(r"\b\d{5}\b.*$", flags=re.DOTALL)
_NUMBER = re.compile(r"\b(\d{1,4})\b")
_NOT_STREET = frozenset({"bis", "ter", "quater", "b", "t", "cs", "bp", "cedex", "etage"})
_NOT_DIGIT = re.compile(r"\D")
_SEVERAL = re.compile(r"[/|;,]")
_PREFIXES = re.compile(r"^(?:00)?(?:33|262|590|594|596|508|687|689)(?=0?\d{6,9}$)")
_SHORTEST_ACRONYM, _LONGEST_ACRONYM = 3, 7
# The desk of France services under the name of its host: the mail box tells.
_FRANCE_SERVICES_MAIL = re.compile(r"france[-_.]?se?r+vices?|(?:^|[-_.])(?:msap|mfs|efs)(?:[-_.@]|$)")
_AT_FOR_A = re.compile(r"(?<=[a-zA-Z])@(?=[a-zA-Z])")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


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
    """An address taken apart: house number, street words, and the last word, the most telling one."""

    number: str | None
    street: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    Comparable columns, one entry a record.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns `full`, `core`, `specific`, `numbers`, `kinds` (int64 bits), `mobile`, `number`, `street`, `last`, `phone`,
        `site`, `siret`, `siren`, `insee`, `source` (text or missing).
    mails : numpy.ndarray of object
        A frozenset of addresses for each record.
    acronyms, initials : numpy.ndarray of object
        Short words of each name, and the initials of all its words: "UDAF" and "Union départementale des associations
        familiales" meet there.
    points : numpy.ndarray of float64, shape (n, 3)
        Geocentric metres, NaN where the position is unknown or stands for a commune.
    """

    frame: pd.DataFrame
    mails: NDArray[np.object_]
    acronyms: NDArray[np.object_]
    initials: NDArray[np.object_]
    points: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frame)


def prepare(records: pd.DataFrame) -> Prepared:
    """
    Bring records into the form in which they are compared.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`.

    Returns
    -------
    Prepared

    Examples
    --------
    >>> from mediation_geo.standard import LOCATED_RECORDS, conform
    >>> records = pd.DataFrame({"record_id": ["a/1"], "feed": ["a"], "row": [1], "nom": ["Mairie de Lattes"], "commune": ["Lattes"]})
    >>> prepare(conform(records, LOCATED_RECORDS)).frame["core"].tolist()
    ['mairie']
    """
    names = _by_distinct(prepare_name, records["nom"], _commune_names(records))
    streets = _by_distinct(prepare_street, records["adresse"])
    siret = records["pivot"].where(records["pivot"].str.fullmatch(r"\d{14}") & ~records["pivot"].str.endswith("00000"))
    typology = _typology_kinds(records["typologie"])
    kinds = np.array([name.kinds for name in names], dtype=np.int64)
    mails = _objects([_mail_set(value) for value in records["courriels"].to_numpy(dtype=object)])
    travelling = np.array(["Itinérant" in value and "Fixe" not in value if isinstance(value, list) else False
                           for value in records["itinerance"].to_numpy(dtype=object)], dtype=bool)  # fmt: skip
    frame = pd.DataFrame(
        {
            "full": _text([name.full for name in names]),
            "core": _text([name.core for name in names]),
            "specific": _text([name.specific for name in names]),
            "numbers": _text([name.numbers for name in names]),
            "kinds": np.where(kinds == 0, typology, kinds) | _mail_kinds(mails),
            "mobile": np.array([name.mobile for name in names], dtype=bool) | travelling,
            "number": _text([street.number for street in streets]),
            "street": _text([street.street for street in streets]),
            "last": _text([street.last for street in streets]),
            "phone": _text(_by_distinct(prepare_phone, records["telephone"])),
            "site": _text([_site(value) for value in records["site_web"].to_numpy(dtype=object)]),
            "siret": _text(siret.to_numpy(dtype=object)),
            "siren": _text(siret.str[:9].to_numpy(dtype=object)),
            "insee": _text(records["code_insee"].to_numpy(dtype=object)),
            "source": _text(source_names(records)),
        }
    )
    acronyms = _objects([name.acronyms for name in names])
    initials = _objects([name.initials for name in names])
    return Prepared(frame, mails, acronyms, initials, _points(records))


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
    >>> prepare_name("Union départementale des associations familiales", None).initials & prepare_name("UDAF", None).acronyms
    frozenset({'udaf'})
    """
    words = lexicon()
    raw = fold(_AT_FOR_A.sub("a", html.unescape(nom))).split() if nom else []
    tokens = words.rewrite(raw)
    town = set(prepare_town(commune))
    core = [token for token in tokens if token not in town] or tokens
    kinds = 0
    for token in tokens:
        kinds |= words.kinds.get(token, 0)
    specific = [token for token in core if token not in town and token not in words.generic and token not in words.kinds]
    numbers = sorted({token for token in tokens if token.isdigit()})
    mobile = any(token in words.mobile for token in raw)
    acronyms = frozenset(word for word in raw if 3 <= len(word) <= _LONGEST_ACRONYM and word.isalpha() and word not in STOP_WORDS)
    short = "".join(word[0] for word in raw if word not in STOP_WORDS)
    initials = frozenset(each for each in (short, "".join(word[0] for word in raw)) if len(each) >= _SHORTEST_ACRONYM)
    return Name(
        " ".join(tokens), " ".join(core), " ".join(specific), " ".join(numbers), kinds, mobile, acronyms, initials
    )


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
def prepare_street(adresse: str | None) -> Street:
    """
    Take an address apart; what follows the postcode is left out.

    Examples
    --------
    >>> prepare_street("12 bis, av. du Gal Leclerc 34000 Montpellier")
    Street(number='12', street='avenue general leclerc', last='leclerc')
    """
    if not adresse:
        return Street(None, None, None)
    text = fold(_POSTCODE_TAIL.sub("", html.unescape(adresse)))
    found = _NUMBER.search(text)
    full = expand(text.split(), abbreviations=STREET_ABBREVIATIONS)
    saints = lexicon().words
    words = [
        saints.get(word, word) if word in ("st", "ste", "sts", "stes") else word
        for word in full
        if word not in STOP_WORDS and word not in _NOT_STREET and not any(char.isdigit() for char in word)
    ]
    return Street(found.group(1).lstrip("0") or None if found else None, " ".join(words) or None, words[-1] if words else None)


@lru_cache(maxsize=_CACHE_SIZE)
def prepare_phone(telephone: str | None) -> str | None:
    """
    Nine significant digits of the first number (six to nine overseas), None when there are not so many.

    Examples
    --------
    >>> prepare_phone("+33 4 67 00 00 00"), prepare_phone("0467000000 / 0600000000"), prepare_phone("467000000.0")
    ('467000000', '467000000', '467000000')
    """
    if not telephone:
        return None
    digits = _NOT_DIGIT.sub("", _SEVERAL.split(telephone.removesuffix(".0"))[0].replace("(0)", ""))
    digits = _PREFIXES.sub("", digits).lstrip("0")
    return digits if 6 <= len(digits) <= 9 and len(set(digits)) > 1 else None


@lru_cache(maxsize=_CACHE_SIZE)
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


def _commune_names(records: pd.DataFrame) -> pd.Series[Any]:
    """Name of the commune, from another record of the same code where the record itself names none."""
    known = records[["code_insee", "commune"]].dropna().sort_values(["code_insee", "commune"], kind="stable")
    by_code = known.drop_duplicates("code_insee").set_index("code_insee")["commune"]
    return records["commune"].where(records["commune"].notna(), records["code_insee"].map(by_code))


def _by_distinct(function: Callable[..., Any], *columns: pd.Series[Any]) -> list[Any]:
    """Apply a function once to each distinct combination of values; missing values come as None."""
    cleaned = [column.to_numpy(dtype=object) for column in columns]
    known: dict[Hashable, Any] = {}
    results = []
    for key in zip(*cleaned, strict=True):
        if key not in known:
            known[key] = function(*(value if isinstance(value, str) else None for value in key))
        results.append(known[key])
    return results


def _objects(values: list[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _mail_kinds(mails: NDArray[np.object_]) -> NDArray[np.int64]:
    france_services = lexicon().kinds["franceservices"]
    return np.array(
        [france_services if any(_FRANCE_SERVICES_MAIL.search(mail) for mail in each) else 0 for each in mails], dtype=np.int64
    )


def _text(values: Any) -> pd.Series[Any]:
    series = pd.Series(values, dtype=object)
    return series.where(series.notna(), None)


def _typology_kinds(typologie: pd.Series[Any]) -> NDArray[np.int64]:
    bits = lexicon().typologies
    kinds = np.zeros(len(typologie), dtype=np.int64)
    for row, codes in enumerate(typologie.to_numpy(dtype=object)):
        for code in codes if isinstance(codes, list) else ():
            kinds[row] |= bits.get(code, 0)
    return kinds


def _site(value: Any) -> str | None:
    if not isinstance(value, list):
        return None
    host = re.sub(r"^(?:https?:/*)?(?:www\.)?", "", value[0].strip().lower()).split("/")[0].split("?")[0]
    return None if not host or "." not in host or host in lexicon().shared_sites else host


def _mail_set(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        return frozenset()
    return frozenset(mail for mail in map(prepare_mail, value) if mail is not None)


def _points(records: pd.DataFrame) -> NDArray[np.float64]:
    coarse = records["position_precision"].isin(_COARSE_PRECISIONS) | records["position_origin"].eq("commune")
    coarse |= records["position_uncertainty_m"].gt(_COARSE_UNCERTAINTY_M)
    points = geocentric_m(records["longitude"], records["latitude"])
    points[coarse.to_numpy(dtype=bool)] = np.nan
    return points
