"""
A place in one text message: at most 160 characters of the GSM 7-bit alphabet, whatever the place is called.

Properties of a feature in, a message out. One letter outside the alphabet would make three messages of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mediation_geo.text import strip_accents

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["gsm7", "gsm7_length", "hours_today", "place_sms", "without_hours"]

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Letters behind an escape: two places each.
_EXTENDED = frozenset("^{}\\[~]|€")

_ALPHABET = _BASIC | _EXTENDED

_PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "–": "-", "—": "-", "‑": "-", "…": "...", "«": '"', "»": '"', "“": '"', "”": '"', "°": "o", "•": "-"}
    | {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "œ": "oe", "Œ": "OE"}
)
_LONGEST = 160
_SHORTEST_NAME = 12
_NAMELESS = "Lieu d'aide"


def gsm7(text: str) -> str:
    """
    Text with every letter outside the GSM alphabet folded to one inside, and blanks collapsed.

    Examples
    --------
    >>> gsm7("À côté de l’hôtel – Évry, cœur de ville")
    "A coté de l'hotel - Évry, coeur de ville"
    """
    folded = text.translate(_PLAIN)
    if not _ALPHABET.issuperset(folded):
        folded = "".join(map(_fold_letter, folded))
    return re.sub(r"\s+", " ", folded).strip()


def gsm7_length(text: str) -> int:
    """
    Places that a text takes in a message: letters of the extension count twice.

    Examples
    --------
    >>> gsm7_length("5 €")
    4
    """
    return len(text) + sum(map(text.count, _EXTENDED))


def place_sms(properties: Mapping[str, Any]) -> str:
    """
    Message that says where a place is and how to reach it.

    Parameters
    ----------
    properties : mapping
        Properties of a feature of the answer.

    Returns
    -------
    str
        At most 160 characters of GSM 7-bit. What does not fit goes in this order: the hours, the end of the name, the end of
        the address; the phone number never.

    Examples
    --------
    >>> place_sms({"nom": "Mairie", "adresse": {"label": "1 rue Foch"}, "contact": {"tel_affiche": "04 67 00 00 00"}})
    'Mairie, 1 rue Foch. Tel 04 67 00 00 00'
    """
    text, room = without_hours(properties)
    today = hours_today(properties.get("horaires") or {})
    return text + today if gsm7_length(today) <= room else text


def without_hours(properties: Mapping[str, Any]) -> tuple[str, int]:
    """
    Message without the hours, and how many places are left in it; below 0 when it had to be cut already.

    Examples
    --------
    >>> without_hours({"nom": "Mairie", "adresse": {"label": "1 rue Foch"}})
    ('Mairie, 1 rue Foch', 142)
    """
    # A name may have no letter of the alphabet.
    name = gsm7(properties.get("nom") or "") or _NAMELESS
    address = gsm7((properties.get("adresse") or {}).get("label") or "")
    reach = _reach(properties.get("contact") or {})
    whole = _joined(name, address, reach)
    room = _LONGEST - gsm7_length(whole)
    if room >= 0:
        return whole, room
    short_name = _cut(name, -room) if len(name) + room >= _SHORTEST_NAME else _cut(name, len(name) - _SHORTEST_NAME)
    excess = gsm7_length(_joined(short_name, address, reach)) - _LONGEST
    return _joined(short_name, _cut(address, excess) if excess > 0 else address, reach), room


def hours_today(hours: Mapping[str, Any]) -> str:
    """
    What a message says at its end of the opening hours of today.

    Examples
    --------
    >>> hours_today({"semaine": [{"plages": [["09:00", "12:00"]]}]})
    ". Aujourd'hui 09:00-12:00"
    """
    week = hours.get("semaine") or []
    spans = week[0]["plages"] if week else []
    return ". Aujourd'hui " + ", ".join(f"{start}-{end}" for start, end in spans) if spans else ""


def _fold_letter(letter: str) -> str:
    if letter in _ALPHABET:
        return letter
    return "".join(part for part in strip_accents(letter) if part in _BASIC)


def _reach(contact: Mapping[str, Any]) -> str:
    if contact.get("tel_affiche"):
        return gsm7(f"Tel {contact['tel_affiche']}")
    # A long e-mail would push the address out of the message.
    mail = gsm7(contact.get("courriel") or "")
    return mail if len(mail) <= 50 else ""


def _joined(name: str, address: str, reach: str) -> str:
    place = ", ".join(part for part in (name, address) if part)
    return ". ".join(part for part in (place, reach) if part)


def _cut(text: str, excess: int) -> str:
    """Text without its last letters, at least so many places fewer, ending in a full stop."""
    if excess <= 0:
        return text
    kept = text[: max(len(text) - excess - 1, 0)].rstrip(" ,.-")
    return f"{kept}." if kept else ""
