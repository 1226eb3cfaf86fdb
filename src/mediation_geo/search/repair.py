"""
Opening hours as sources write them, made readable where that takes no guess.

Text in; readable text, and the ids of the rules that were needed, out. The raw text stays with the place. What cannot be
read stays unknown: never closed, never open.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import opening_hours

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Repaired", "repair_hours", "split_rules"]


class Repaired(NamedTuple):
    """
    Opening hours after the repair pass.

    Attributes
    ----------
    text : str or None
        Readable `opening_hours`, or None when the whole is unknown.
    rules : tuple of str
        Ids of the rules that changed the text or its meaning, in order.
    complete : bool
        Whether every part was read; False when a part became "unknown".
    """

    text: str | None
    rules: tuple[str, ...]
    complete: bool


_DAY_NAMES = {
    "Mo": "lundis?|lun|lu|monday|mon",
    "Tu": "mardis?|mar|ma|tuesday|tue",
    "We": "mercredis?|mer|me|wednesday|wed",
    "Th": "jeudis?|jeu|je|thursday|thu",
    "Fr": "vendredis?|ven|ve|friday|fri",
    "Sa": "samedis?|sam|saturday|sat",
    "Su": "dimanches?|dim|di|sunday|sun",
}
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d"
_SPAN = rf"{_TIME}-{_TIME}"
_DAY_WORDS = [(re.compile(rf"\b(?:{names})\b\.?", re.IGNORECASE), day) for day, names in _DAY_NAMES.items()]
# What the national pipeline writes for a place that never closes.
_ALWAYS = re.compile(r"Mo-Sun? 00:00-(?:00|24):00")
_MODIFIER = re.compile(r"\b(?:off|closed|unknown|open)\b")


def _blanks(text: str) -> str:
    plain = re.sub(r"<[^>]*>", "; ", html.unescape(html.unescape(text)))
    return re.sub(r"\s+", " ", plain.replace("＂", '"')).strip()


def _dashes(text: str) -> str:
    return re.sub(r"\s*-\s*", "-", re.sub(r"[‐‑‒–—−]", "-", text))


def _separators(text: str) -> str:
    return re.sub(r"(?:\s*;)+\s*", "; ", text).strip(" ;,.")


def _days(text: str) -> str:
    for pattern, day in _DAY_WORDS:
        text = pattern.sub(day, text)
    text = re.sub(rf"\b(?:tous les|du|de|les?)\s+(?={_DAY}\b)", "", text, flags=re.IGNORECASE)
    text = re.sub(rf"\b({_DAY})\s*(?:-|\bau\b|\bà\b)\s*({_DAY})\b", r"\1-\2", text, flags=re.IGNORECASE)
    # Three days joined by hyphens are a list: a range has two ends.
    text = re.sub(rf"\b{_DAY}(?:-{_DAY}){{2,}}\b", lambda found: found[0].replace("-", ","), text)
    text = re.sub(rf"\b({_DAY})\s*(?:,|/|&|\bet\b)\s*(?={_DAY}\b)", r"\1,", text, flags=re.IGNORECASE)
    return re.sub(rf"\b({_DAY})\s*:\s*", r"\1 ", text)


def _times(text: str) -> str:
    text = re.sub(r"\b(\d{1,2})\s*[hH]\s*(\d{2})\b", r"\1:\2", text)
    text = re.sub(r"\b(\d{1,2})\s*(?:[hH]|heures?)(?![a-zà-ÿ\d])", r"\1:00", text)
    text = re.sub(r"\b([01]?\d|2[0-4])\.([0-5]\d)\b", r"\1:\2", text)
    text = re.sub(rf"\b(?:de|entre)\s+(?={_TIME})", "", text, flags=re.IGNORECASE)
    text = re.sub(rf"(?<![\d:])([01]?\d|2[0-4])-({_TIME})", r"\1:00-\2", text)
    text = re.sub(rf"({_TIME})\s*(?:\bà\b|/)\s*({_TIME})", r"\1-\2", text)
    # `9-12` alone after a day, never inside a longer run of numbers whose meaning is anybody's guess.
    text = re.sub(
        rf"(?<=[a-z] |, )(\d{{1,2}})-(\d{{1,2}})(?=$|;|, ?\d|, ?{_DAY}| {_DAY})",
        lambda found: f"{found[1]}:00-{found[2]}:00" if int(found[1]) < int(found[2]) <= 24 else found[0],
        text,
    )
    return re.sub(r"\b(\d):(\d\d)\b", r"0\1:\2", text)


def _spans(text: str) -> str:
    return re.sub(rf"({_SPAN})\s*(?:/|&|,|\bet\b|\bpuis\b|-| )\s*(?={_SPAN}(?!-))", r"\1,", text, flags=re.IGNORECASE)


def _groups(text: str) -> str:
    text = re.sub(rf"({_SPAN})\s*(?:[-,./]|\bet\b)?\s*(?={_DAY}\b)", r"\1; ", text, flags=re.IGNORECASE)
    text = re.sub(rf"({_SPAN})\s*;\s*(?={_SPAN})", r"\1,", text)
    return _separators(text)


_RULES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("blanks", _blanks),
    ("dashes", _dashes),
    ("separators", _separators),
    ("days", _days),
    ("times", _times),
    ("spans", _spans),
    ("groups", _groups),
)


@lru_cache(maxsize=65_536)
def repair_hours(raw: str) -> Repaired:
    """
    Opening hours in the form that can be evaluated.

    Parameters
    ----------
    raw : str
        As the source has them.

    Returns
    -------
    Repaired
        The text is read again after each rule, so that no rule touches what is already readable.

    Notes
    -----
    Accepted by the parser but not meant are: a comment alone (open all the time), days without a time (open all day), and a
    long span that ends before it starts (open all night). Their part becomes "unknown".

    Examples
    --------
    >>> repair_hours("Lundi au vendredi 9h-12h / 14h-17h30").text
    'Mo-Fr 09:00-12:00,14:00-17:30'
    >>> repair_hours("Mo-Fr 09:00-12:00; Sa 10:00").text
    'Mo-Fr 09:00-12:00; Sa unknown'
    >>> repair_hours("Une fois par mois").text is None
    True
    """
    if _ALWAYS.fullmatch(raw.strip()):
        return Repaired("24/7", ("always",), complete=True)
    text = raw
    used: list[str] = []
    readable = _reads(text)
    for name, rule in _RULES:
        if readable:
            break
        changed = rule(text)
        if changed != text:
            used.append(name)
            text = changed
            readable = _reads(text)
    if used and readable and not all(re.search(rf"\b{_DAY}\b|\b[PS]H\b|24/7", rule) for rule in split_rules(text)):
        # Times without days would read as every day of the week, which nobody said.
        return Repaired(None, (*used, "no_days"), complete=False)
    if not readable:
        partial = _partial(text)
        if partial is None:
            return Repaired(None, (*used, "unread"), complete=False)
        return _meant(partial, [*used, "partial"], complete=False)
    return _meant(text, used, complete=True)


def split_rules(text: str) -> list[str]:
    """
    Rules of an `opening_hours` text, at the semicolons outside quotes.

    Examples
    --------
    >>> split_rules('Mo 09:00-12:00 "a; b"; PH off')
    ['Mo 09:00-12:00 "a; b"', 'PH off']
    """
    parts = re.findall(r'(?:"[^"]*"|[^;"])+', text)
    return [part.strip() for part in parts if part.strip()]


def _reads(text: str) -> bool:
    return bool(text) and bool(opening_hours.validate(text))


def _partial(text: str) -> str | None:
    """Text with each unreadable rule as "unknown" on its days; None when no rule, or not the days of each, can be read."""
    rules = split_rules(text)
    kept: list[str] = []
    understood = 0
    for rule in rules:
        if _reads(rule):
            kept.append(rule)
            understood += 1
            continue
        days = re.match(rf"{_DAY}(?:[-,]\s*{_DAY})*(?=[\s:]|$)", rule)
        if days is None or not _reads(f"{days[0]} unknown"):
            return None
        # A second day later in the rule would be lost, and a lost day reads as closed.
        if re.search(rf"\b{_DAY}\b", rule[days.end() :]):
            return None
        kept.append(f"{days[0]} unknown")
    text = "; ".join(kept)
    return text if understood and _reads(text) else None


def _meant(text: str, used: list[str], *, complete: bool) -> Repaired:
    """Text whose surprising parts say "unknown" instead of what the grammar would make of them."""
    bare = re.sub(r'"[^"]*"', "", text).strip(" ;")
    if not bare:
        return Repaired(None, (*used, "comment_only"), complete=False)
    rules: list[str] = []
    for rule in split_rules(text):
        words = re.sub(r'"[^"]*"', "", rule).strip()
        if words and not re.search(r"\d:\d|24/7|sun|dawn|dusk", words) and not _MODIFIER.search(words):
            used.append("no_time")
            rule = f"{words} unknown"
        elif any(_reversed(*span) for span in re.findall(rf"({_TIME})-({_TIME})", words)):
            used.append("reversed")
            rule = re.sub(rf"{_SPAN}(?:\s*,\s*{_SPAN})*", "", words).strip() + " unknown"
        rules.append(rule)
    meant = "; ".join(rules)
    if meant == "; ".join(split_rules(text)):
        return Repaired(text, tuple(used), complete)
    if not _reads(meant):
        return Repaired(None, (*used, "unread"), complete=False)
    return Repaired(meant, tuple(used), complete=False)


def _reversed(start: str, end: str) -> bool:
    """Whether a span ends before it starts and still lasts more than half a day: a slip, not a night."""
    (start_hour, start_minute), (end_hour, end_minute) = (map(int, part.split(":")) for part in (start, end))
    minutes = end_hour * 60 + end_minute - start_hour * 60 - start_minute
    return -12 * 60 < minutes <= 0
