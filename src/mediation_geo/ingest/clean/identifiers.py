"""
Rules for codes: SIRET, RNA, postcode, commune code.

Codes are text and keep their zeros; a code that cannot be right is removed.
"""

from __future__ import annotations

import re

from mediation_geo.ingest.clean.rules import Check, Repair, Rule, settled

__all__ = [
    "COMMUNE_CODE_RULES",
    "PIVOT_RULES",
    "POSTCODE_RULES",
    "is_siret",
    "pad_postcode",
    "passes_luhn",
]

_NOT_CODE = re.compile(r"[\s.\-_/\u00a0\u202f]")
_FLOAT_TAIL = re.compile(r"(?:[.,]0+|\s)+$")
_RNA = re.compile(r"^W\d{9}$")
_RIDET = re.compile(r"^\d{7}(\d{3})?$")
_LA_POSTE = "356000000"
_POSTCODE = re.compile(r"(?<!\d)(\d{2})\s?(\d{3})(?!\d)")
_CODE_INSEE = re.compile(r"^([013-9]\d|2[AB1-9])\d{3}$")


def passes_luhn(digits: str) -> bool:
    """
    Whether the last digit is the Luhn check of the others.

    Examples
    --------
    >>> passes_luhn("73282932000074"), passes_luhn("73282932000075")
    (True, False)
    """
    doubled = [int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_siret(value: str) -> bool:
    """
    Whether 14 digits are a SIRET; establishments of La Poste follow a rule of their own.

    Notes
    -----
    INSEE, SIRENE: Luhn over the 14 digits; for SIREN 356000000 the plain sum of the digits is a multiple of 5.

    Examples
    --------
    >>> is_siret("73282932000074"), is_siret("35600000049837"), is_siret("79200000000000")
    (True, True, False)
    """
    if len(value) != 14 or not value.isdigit() or value.endswith("00000"):
        return False
    return passes_luhn(value) or (value.startswith(_LA_POSTE) and sum(map(int, value)) % 5 == 0)


@settled
def compact_code(value: str, _context: str = "") -> str:
    """
    Code without blanks, points, hyphens, and without the `.0` that spreadsheets add.

    Examples
    --------
    >>> compact_code("22 630 001 000 262"), compact_code("21370050300015.0")
    ('22630001000262', '21370050300015')
    """
    return _NOT_CODE.sub("", _FLOAT_TAIL.sub("", value.strip())).upper()


def remove_zero_pivot(value: str, _context: str = "") -> str | None:
    """
    None for the row of zeros that means "unknown" in the standard.

    Examples
    --------
    >>> remove_zero_pivot("00000000000000") is None
    True
    """
    return value if value.strip("0") else None


def pad_siret(value: str, _context: str = "") -> str:
    """
    SIRET that lost its leading zero.

    Examples
    --------
    >>> pad_siret("5880014800015"), pad_siret("1234567890123")
    ('05880014800015', '1234567890123')
    """
    return value.zfill(14) if len(value) == 13 and is_siret(value.zfill(14)) else value


def remove_rounded_siret(value: str, _context: str = "") -> str | None:
    """
    None for a SIRET that a spreadsheet rounded.

    Examples
    --------
    >>> remove_rounded_siret("36750100000000") is None, remove_rounded_siret("7.92E+13") is None
    (True, True)
    """
    rounded = re.fullmatch(r"\d{14}", value) and value.endswith("0000000")
    return None if rounded or re.fullmatch(r"\d[\d.,]*E\+?\d+", value) else value


def remove_siren(value: str, _context: str = "") -> str | None:
    """
    None for a SIREN: it names an organisation, which may have many places.

    Examples
    --------
    >>> remove_siren("732829320") is None, remove_siren("73282932000074")
    (True, '73282932000074')
    """
    return None if re.fullmatch(r"\d{9}", value) and passes_luhn(value) else value


def remove_wrong_pivot(value: str, context: str = "") -> str | None:
    """
    None for what is neither SIRET, RNA nor (in New Caledonia) RIDET.

    Examples
    --------
    >>> remove_wrong_pivot("NICE"), remove_wrong_pivot("W751234567"), remove_wrong_pivot("73282932000075")
    (None, 'W751234567', None)
    """
    known = is_siret(value) or _RNA.match(value) or (context.startswith("98") and _RIDET.match(value))
    return value if known else None


def take_postcode(value: str, _context: str = "") -> str:
    """
    First postcode of a text.

    Examples
    --------
    >>> take_postcode("F-33 000"), take_postcode("38000 / 38100"), take_postcode("Nice")
    ('33000', '38000', 'Nice')
    """
    found = _POSTCODE.search(_FLOAT_TAIL.sub("", value))
    return found.group(1) + found.group(2) if found else _FLOAT_TAIL.sub("", value).strip()


def pad_postcode(value: str, _context: str = "") -> str:
    """
    Postcode or commune code that lost its leading zero.

    Examples
    --------
    >>> pad_postcode("6830"), pad_postcode("33000")
    ('06830', '33000')
    """
    return value.zfill(5) if re.fullmatch(r"[1-9]\d{3}", value) else value


def remove_wrong_postcode(value: str, _context: str = "") -> str | None:
    """
    None for what cannot be a French postcode.

    Examples
    --------
    >>> remove_wrong_postcode("99123"), remove_wrong_postcode("97490"), remove_wrong_postcode("NICE")
    (None, '97490', None)
    """
    right = re.fullmatch(r"(0[1-9]|[1-8]\d|9[0-5]|97|98)\d{3}", value)
    return value if right and not value.endswith("0000000") else None


def remove_wrong_commune_code(value: str, _context: str = "") -> str | None:
    """
    None for what does not have the form of a commune code.

    Examples
    --------
    >>> remove_wrong_commune_code("MISSING"), remove_wrong_commune_code("2A004"), remove_wrong_commune_code("20004")
    (None, '2A004', None)
    """
    return value if _CODE_INSEE.match(value) and not value.startswith("00") else None


def is_the_postcode(value: str, context: str = "") -> bool:
    """
    Whether a commune code repeats the postcode, the usual sign that a postcode was typed instead.

    Examples
    --------
    >>> is_the_postcode("09100", "09100"), is_the_postcode("09225", "09100")
    (True, False)
    """
    return value == context


PIVOT_RULES: tuple[Rule, ...] = (
    Repair("pivot_compacted", compact_code),
    Repair("siret_zero_restored", pad_siret),
    Repair("siret_rounded", remove_rounded_siret),
    Repair("pivot_is_siren", remove_siren),
    Repair("pivot_invalid", remove_wrong_pivot),
)
POSTCODE_RULES: tuple[Rule, ...] = (
    Repair("postcode_extracted", take_postcode),
    Repair("postcode_zero_restored", pad_postcode),
    Repair("postcode_invalid", remove_wrong_postcode),
)
COMMUNE_CODE_RULES: tuple[Rule, ...] = (
    Repair("commune_code_compacted", compact_code),
    Repair("commune_code_zero_restored", pad_postcode),
    Repair("commune_code_invalid", remove_wrong_commune_code),
    Check("commune_code_is_postcode", is_the_postcode),
)
