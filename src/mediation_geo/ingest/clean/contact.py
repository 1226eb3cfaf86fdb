"""
Rules for phone numbers: E.164 with the prefixes of all French territories, one number, the others named in the issue.

The context of a phone is the postcode of its place, which tells which territory a local number belongs to.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from mediation_geo.ingest.clean.rules import Check, Repair, Rule, settled
from mediation_geo.standard.fields import FIELDS

__all__ = ["PHONE_RULES", "is_mobile", "region_of", "to_e164"]

_PATTERN = next(each.pattern for each in FIELDS if each.name == "telephone")
_TERRITORIES = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF", "986": "WF",
    "987": "PF", "988": "NC",
}  # fmt: skip
# Prefixes of national numbers of the overseas départements, which the postcode need not confirm.
_PREFIXES = {
    "0590": "GP", "0690": "GP", "0691": "GP", "0596": "MQ", "0696": "MQ", "0697": "MQ", "0594": "GF", "0694": "GF",
    "0262": "RE", "0263": "RE", "0692": "RE", "0693": "RE", "0269": "YT", "0639": "YT",
}  # fmt: skip
_NINE_DIGITS = {33, 262, 590, 594, 596}
# Mayotte had the prefix of the Comoros until 2007, and some still write it.
_MAYOTTE = re.compile(r"^\+269(?=(?:269|639)\d{6}$)")
_SIX_DIGITS = {"NC", "PF", "WF", "PM"}
# Short numbers and the ordinary ones under which the same services answer, as the services publish them for calls from abroad.
_SHORT_NUMBERS = {
    "3230": "+33969322121", "3646": "+33184903646", "3939": "+33173603939", "3949": "+33177863949", "3960": "+33971103960",
}  # fmt: skip
_SHORT = re.compile(r"^(?:\+33|0033)?(1\d|3\d{2}|11)\d{1,3}$|^1\d{1,2}$")
_BETWEEN_NUMBERS = re.compile(r"\s*(?:[|;\n]|//|\bou\b|\bet\b|\bpuis\b|\s/\s|\s-\s|,)\s*", re.IGNORECASE)
_NUMBER_TEXT = re.compile(r"(?:\+|00)?\(?\d(?:[\s.\-_/()\u00a0\u202f]*\d){2,14}")
_WHOLE_NUMBER = re.compile(r"(?<!\d)0[1-9](?:[\s.\-/\u00a0]*\d{2}){4}(?!\d)")


@lru_cache(maxsize=1 << 15)
def region_of(code_postal: str) -> str:
    """
    Calling region of a postcode, `FR` when it says nothing else.

    Examples
    --------
    >>> region_of("97490"), region_of("98800"), region_of("33000"), region_of("")
    ('RE', 'NC', 'FR', 'FR')
    """
    return _TERRITORIES.get(code_postal[:3], "FR")


def _digits(text: str) -> str:
    international = text.strip().startswith(("+", "00"))
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    return "+" + digits.removeprefix("00") if international else digits


@lru_cache(maxsize=1 << 15)
def to_e164(text: str, code_postal: str) -> str | None:
    """
    One number in international form, or None when it cannot be one.

    Examples
    --------
    >>> to_e164("02 41 73 44 22", "49000"), to_e164("0262 28 07 91", ""), to_e164("471271", "98860")
    ('+33241734422', '+262262280791', '+687471271')
    >>> to_e164("06 00 00 11 37", "97400"), to_e164("0692 12 34 56", "97400")
    ('+33600001137', '+262692123456')
    >>> to_e164("556376895", "33000"), to_e164("+3315873272", "75011"), to_e164("+33 (0)5 56 00 00 00", "")
    ('+33556376895', None, '+33556000000')
    """
    digits = _digits(text)
    region = _PREFIXES.get(digits[:4]) or region_of(code_postal)
    if re.fullmatch(r"[1-9]\d{8}", digits) and region not in _SIX_DIGITS:
        # A spreadsheet dropped the leading zero.
        digits = f"0{digits}"
        region = _PREFIXES.get(digits[:4]) or region_of(code_postal)
    elif re.fullmatch(r"(33|262|590|594|596)0?[1-9]\d{8}|(687|689)\d{6,8}", digits):
        digits = f"+{digits}"
    digits = _MAYOTTE.sub("+262", digits)
    attempts = [number for region in dict.fromkeys((region, "FR")) if (number := _number(digits, region))]
    # A number that exists in mainland France is no unknown number of the island where its place lies.
    return next((found for read in (_listed, _of_right_length) for number in attempts if (found := read(number))), None)


def _number(digits: str, region: str) -> PhoneNumber | None:
    """Number as the numbering plan of a region reads it, when the standard has a form for it."""
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException:
        return None
    fits = _PATTERN is not None and _PATTERN.fullmatch(_e164(number)) and len(set(str(number.national_number))) > 1
    return number if fits else None


def _e164(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _listed(number: PhoneNumber) -> str | None:
    """Number in international form when it lies in a range of the numbering plan."""
    if phonenumbers.is_valid_number(number):
        return _e164(number)
    national = str(number.national_number)
    # Numbers of no territory, written with the prefix of the island.
    return "+33" + national if number.country_code == 262 and national[0] in "89" else None


def _of_right_length(number: PhoneNumber) -> str | None:
    """Number in international form when its length is right: numbering plans grow faster than the library."""
    national = str(number.national_number)
    believed = number.country_code in _NINE_DIGITS and len(national) == 9 and national[0] in "12345679"
    return _e164(number) if believed else None


def is_mobile(number: str) -> bool:
    """
    Whether a number in international form is that of a mobile phone.

    Examples
    --------
    >>> is_mobile("+33600002186"), is_mobile("+262692000000"), is_mobile("+33241734422")
    (True, True, False)
    """
    return bool(re.match(r"\+33[67]|\+262(692|693|639)|\+590(690|691)|\+594694|\+596(696|697)|\+687[789]|\+6898[79]", number))


def _numbers(value: str, code_postal: str) -> list[str]:
    """Every number of a cell in international form, in order, each once."""
    found = []
    for part in _BETWEEN_NUMBERS.split(value):
        whole = to_e164(part, code_postal) if re.fullmatch(r"[\d\s.+()\-/_\u00a0]+", part) else None
        texts = [part] if whole else [match.group() for match in (_WHOLE_NUMBER.finditer(part))] or _NUMBER_TEXT.findall(part)
        found += [number for text in texts if (number := to_e164(text, code_postal))]
    # "05/56/00/00/00": the separator of two numbers was used inside one.
    return list(dict.fromkeys(found)) or [number for number in [to_e164(value, code_postal)] if number]


@settled
def expand_short_number(value: str, _context: str = "") -> str:
    """
    Ordinary number behind a short one, since the standard admits no short numbers.

    Examples
    --------
    >>> expand_short_number("39 49"), expand_short_number("3949 (prix d'un appel)"), expand_short_number("0241000000")
    ('+33177863949', '+33177863949', '0241000000')
    """
    short = re.match(r"^\D{0,20}(\d{2})\s?(\d{2})(?!\s*[.\d])", value)
    return _SHORT_NUMBERS.get(short.group(1) + short.group(2), value) if short else value


@settled
def choose_number(value: str, context: str = "") -> str:
    """
    One number of a cell that holds several: the first fixed line, else the first.

    Examples
    --------
    >>> choose_number("06 00 00 11 37 / 02 41 43 16 15"), choose_number("02 41 43 16 15")
    ('02 41 43 16 15', '02 41 43 16 15')
    """
    texts = [text for part in _BETWEEN_NUMBERS.split(value) for text in (_WHOLE_NUMBER.findall(part) or [part])]
    known = {text: number for text in texts if (number := to_e164(text, context))}
    if len(set(known.values())) < 2:
        return value
    fixed = [text for text, number in known.items() if not is_mobile(number)]
    return str((fixed or list(known))[0]).strip()


@settled
def format_number(value: str, context: str = "") -> str:
    """
    Number in international form; a text without a number is left for the next rule.

    Examples
    --------
    >>> format_number("Tél. : 05.55.69.41.11", "87000"), format_number("voir site")
    ('+33555694111', 'voir site')
    """
    numbers = _numbers(value, context)
    return numbers[0] if numbers else value


def remove_wrong_number(value: str, context: str = "") -> str | None:
    """
    None for what is not a number of a French territory.

    Examples
    --------
    >>> remove_wrong_number("+3315873272"), remove_wrong_number("+687"), remove_wrong_number("+33241734422")
    (None, None, '+33241734422')
    """
    return value if _PATTERN is not None and _PATTERN.fullmatch(value) and to_e164(value, context) else None


def is_mobile_number(value: str, _context: str = "") -> bool:
    """
    Whether the number is a mobile one, so that somebody should check that it is not private.

    Examples
    --------
    >>> is_mobile_number("+33600001137")
    True
    """
    return is_mobile(value)


PHONE_RULES: tuple[Rule, ...] = (
    Repair("phone_short_expanded", expand_short_number),
    Repair("phone_several", choose_number),
    Repair("phone_rewritten", format_number),
    Repair("phone_invalid", remove_wrong_number),
    Check("phone_is_mobile", is_mobile_number),
)
