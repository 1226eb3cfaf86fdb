"""
Rules for the street line and the town: what belongs to another field is cut off, and handed to that field by `clean/moves.py`.

`split_address` takes a street line apart without changing it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mediation_geo.ingest.clean.rules import Repair, Rule, settled
from mediation_geo.text import collapse_blanks, fold

__all__ = ["ADDRESS_RULES", "COMMUNE_RULES", "AddressParts", "Tail", "cut_complement", "cut_tail", "split_address"]

_TAIL = re.compile(
    r"[\s,;\-–(]*(?<![\d/])(?<!BP )(?<!CS )(?<!BP)(?<!CS)(?:F-?)?(?P<cp>(?:0[1-9]|[1-8]\d|"
    r"9[0-578])\s?\d{3})(?!\d)[\s,\-–]+(?P<town>[^\W\d_][^\d]*?)"
    r"(?P<cedex>\s+cedex(?:\s+\d{1,2})?)?[\s).,;\-–]*$",
    re.IGNORECASE,
)
_POSTCODE_TAIL = re.compile(r"(?<!BP)(?<!CS)[\s,;\-–]+(?P<cp>(?:0[1-9]|[1-8]\d|9[0-578])\d{3})[\s,.]*$")
_NUMBER = re.compile(
    r"^(?P<numero>\d{1,5}(?:\s*(?:[-/]|et|à|au)\s*\d{1,5})?)\s*(?P<repetition>bis|ter|quater|quinquies|[a-dA-D](?![\w']))?[\s,.\-–]+(?P<voie>\D.*)$",
    re.IGNORECASE,
)
_STREET_WORD = re.compile(
    r"\b(rue|r\.|avenue|av|ave|boulevard|bd|bvd|place|pl|chemin|che|route|rte|impasse|imp|all[ée]es?|cours|quai|square|sq|passage|esplanade|"
    r"faubourg|fbg|mont[ée]e|lotissement|voie|venelle|ruelle|rond[ -]point|promenade|traverse|chauss[ée]e|sentier|parvis|"
    r"villa|mail|"
    r"lieu[ -]dit|hameau|r[ée]sidence|z\.?a\.?c?|z\.?i|parc|cit[ée]|clos|cour|domaine|carrefour|c[oô]te|grande rue|esp|crs)\b",
    re.IGNORECASE,
)
_NOT_A_STREET = re.compile(
    r"(janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre|km)\b", re.IGNORECASE
)
_COMPLEMENT = re.compile(
    r"[\s,;\-–]*\b(?P<part>B\.?\s?P\.?\s?(?:n°\s*)?[\d\s\-]*\d|C\.?S\.?\s?\d[\d\s\-]*\d|T\.?S\.?A\.?\s?\d[\d\s\-]*\d|CEDEX(?:\s+\d{1,2})?)(?=$|[\s,;\-–])",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\s*\((?P<part>[^()]{3,})\)")
_COUNTRY = re.compile(r"[\s,;\-–]+france\.?$", re.IGNORECASE)
_COMMA_AFTER_NUMBER = re.compile(
    r"^(\d{1,5}(?:[-/]\d{1,5})?)\s*[,.;]\s*(?=\D)|^(\d{1,5}(?:\s?(?:bis|ter|quater))?)\s*[,.;]\s*(?=\D)", re.IGNORECASE
)
_LEADING_ZEROS = re.compile(r"^0+\s*(?=[1-9]\d*\s+\D)|^0+[\s,]+(?=\D)")
_NULL_NUMBER = re.compile(r"^(?:null|none|nan|#n/d|-)[\s,]+", re.IGNORECASE)
_ARRONDISSEMENT = re.compile(
    r"[\s\-]+\(?\d{1,2}\s*(?:er|e|eme|ème|ième|nd)?\s*(?:arr(?:ondissement|dt|\.)?)?\.?\)?$", re.IGNORECASE
)
_COMMUNE_TAIL = re.compile(r"\s*(?:\bcedex\b.*|\([^)]*\)|[,;/|].*)$", re.IGNORECASE)
_COMMUNE_HEAD = re.compile(r"^(?:F-)?\d{5}[\s\-,]*|^\d{4}\s+(?=\D)")
_SAINT = re.compile(r"(?<![^\W\d_])(s(?:ain)?t(?:e)?)[.\s\-]+(?=[^\W\d_])", re.IGNORECASE)


@dataclass(frozen=True)
class AddressParts:
    """House number, its suffix and the street of a street line; None for what it does not have."""

    numero: str | None
    repetition: str | None
    voie: str | None


@dataclass(frozen=True)
class Tail:
    """A street line without its end, and the postcode and town that stood there."""

    adresse: str
    code_postal: str | None
    commune: str | None


def split_address(value: str) -> AddressParts:
    """
    Number, repetition and street of a street line.

    Examples
    --------
    >>> split_address("12 bis, rue de la Gare")
    AddressParts(numero='12', repetition='bis', voie='rue de la Gare')
    >>> split_address("5-9 Rue des Papetiers").numero, split_address("11 Novembre").numero, split_address("Le bourg").numero
    ('5-9', None, None)
    >>> split_address("Centre social, 3B rue des Lilas")
    AddressParts(numero='3', repetition='B', voie='rue des Lilas')
    """
    text = collapse_blanks(value)
    found = _NUMBER.match(text)
    # "11 Novembre" and "8 mai 1945" are names: a number counts at the start, or before a word for a street.
    if found and (_NOT_A_STREET.match(found.group("voie")) or not found.group("numero").strip("0")):
        found = None
    if not found:
        inside = re.search(
            r"(?<![\w°])\d{1,4}\s*(?:bis|ter|quater|[a-d])?[\s,]+(?=" + _STREET_WORD.pattern + ")", text, re.IGNORECASE
        )
        found = _NUMBER.match(text[inside.start() :]) if inside else None
    if not found:
        return AddressParts(None, None, text or None)
    repetition = found.group("repetition")
    return AddressParts(re.sub(r"\s", "", found.group("numero")), repetition, found.group("voie"))


def cut_tail(value: str) -> Tail:
    """
    Street line up to a postcode and town at its end.

    Examples
    --------
    >>> cut_tail("7 Bis rue Max Linder - 33500 LIBOURNE")
    Tail(adresse='7 Bis rue Max Linder', code_postal='33500', commune='LIBOURNE')
    >>> cut_tail("1 av. de la Paix 69000 Lyon cedex 03").commune, cut_tail("Route de 20000 lieues")
    ('Lyon', Tail(adresse='Route de 20000 lieues', code_postal=None, commune=None))
    """
    found = _TAIL.search(value)
    # "Route de 20000 lieues" names no town; "7 avenue X 20250 corte", with a number in the street, does.
    if found and (not found.group("town").islower() or found.start() == 0 or _NUMBER.match(value)):
        town = found.group("town").strip(" -–,()")
        return Tail(value[: found.start()].strip(" ,;-–"), re.sub(r"\s", "", found.group("cp")), town or None)
    if alone := _POSTCODE_TAIL.search(value):
        return Tail(value[: alone.start()].strip(" ,;-–"), alone.group("cp"), None)
    return Tail(value, None, None)


def cut_complement(value: str) -> tuple[str, str | None]:
    """
    Street line without postal boxes, CEDEX and remarks in brackets, and these.

    Examples
    --------
    >>> cut_complement("24 place Roosevelt BP 123"), cut_complement("4 rue René Demarne (locaux de Microstor)")
    (('24 place Roosevelt', 'BP 123'), ('4 rue René Demarne', 'locaux de Microstor'))
    >>> cut_complement("BP 12"), cut_complement("8 rue du BPM")
    (('BP 12', None), ('8 rue du BPM', None))
    """
    parts = []
    rest = value
    for pattern in (_PARENTHESES, _COMPLEMENT):
        for found in pattern.finditer(rest):
            parts.append(collapse_blanks(found.group("part")))
        rest = pattern.sub(" ", rest)
    street = collapse_blanks(rest).strip(" ,;-–")
    kept = [part for part in parts if not part.lower().startswith("cedex")]
    if not parts or len(fold(street)) < 3:
        return value, None
    return street, ", ".join(kept) or None


@settled
def remove_null_number(value: str, _context: str = "") -> str:
    """
    Street line without a number that is none.

    Examples
    --------
    >>> remove_null_number("null rue de la Paix"), remove_null_number("00 Rue X"), remove_null_number("09 Av. Y")
    ('rue de la Paix', 'Rue X', '9 Av. Y')
    """
    return _LEADING_ZEROS.sub("", _NULL_NUMBER.sub("", value))


@settled
def remove_comma_after_number(value: str, _context: str = "") -> str:
    """
    Street line as the national address base writes it, without a comma after the number.

    Examples
    --------
    >>> remove_comma_after_number("2, rue Duclaux"), remove_comma_after_number("38 bis, avenue Pasteur")
    ('2 rue Duclaux', '38 bis avenue Pasteur')
    """
    return _COMMA_AFTER_NUMBER.sub(lambda found: f"{found.group(1) or found.group(2)} ", value)


@settled
def remove_country(value: str, _context: str = "") -> str:
    """
    Street line without "France" at its end.

    Examples
    --------
    >>> remove_country("3 rue X, 75011 Paris, France"), remove_country("Rue de France")
    ('3 rue X, 75011 Paris', 'Rue de France')
    """
    rest = _COUNTRY.sub("", value)
    return rest if re.search(r"\d{5}", rest) else value


@settled
def trim_separators(value: str, _context: str = "") -> str | None:
    """
    Street line without stray separators at its ends.

    Examples
    --------
    >>> trim_separators("8 rue de la Boétie -"), trim_separators('"Le bourg"')
    ('8 rue de la Boétie', 'Le bourg')
    """
    return value.strip(' ,;-–—/"|*:') or None


@settled
def remove_commune_extras(value: str, _context: str = "") -> str | None:
    """
    Town without postcode, CEDEX, brackets or district.

    Examples
    --------
    >>> remove_commune_extras("33500 LIBOURNE CEDEX 2"), remove_commune_extras("Lyon 7e arrondissement")
    ('LIBOURNE', 'Lyon')
    >>> [remove_commune_extras(each) for each in ("MARSEILLE 13EME", "Sainte-Anne (97180)", "AGEN, Nérac")]
    ['MARSEILLE', 'Sainte-Anne', 'AGEN']
    """
    text = _COMMUNE_TAIL.sub("", _COMMUNE_HEAD.sub("", value.strip()))
    return _ARRONDISSEMENT.sub("", text).strip(" -–.,") or None


@settled
def expand_saint(value: str, _context: str = "") -> str:
    """
    Town with "Saint" and "Sainte" in full.

    Examples
    --------
    >>> expand_saint("ST BRICE"), expand_saint("Bourg-St-Maurice"), expand_saint("Ste Livrade"), expand_saint("Stains")
    ('SAINT-BRICE', 'Bourg-Saint-Maurice', 'Sainte-Livrade', 'Stains')
    """

    def full(found: re.Match[str]) -> str:
        short = found.group(1)
        if len(short) > 3:
            return found.group(0)
        word = "Sainte-" if short.lower() == "ste" else "Saint-"
        return word.upper() if short.isupper() and value.isupper() else word

    return _SAINT.sub(full, value)


ADDRESS_RULES: tuple[Rule, ...] = (
    Repair("address_number_removed", remove_null_number),
    Repair("address_country_removed", remove_country),
    Repair("address_comma_removed", remove_comma_after_number),
    Repair("address_trimmed", trim_separators),
)
COMMUNE_RULES: tuple[Rule, ...] = (
    Repair("commune_extras_removed", remove_commune_extras),
    Repair("commune_saint_expanded", expand_saint),
)
