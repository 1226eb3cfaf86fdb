"""
Opening hours in French prose, read strictly: a text is read as a whole, or not at all.

A word that is not understood makes the text unreadable, since hours that are half right send people to closed doors. What only
adds a remark ("sur rendez-vous", a remark in brackets) is left out and said to be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from mediation_geo.ingest.clean.week import Ranges, Week, add_ranges, format_week, pair_times
from mediation_geo.text import strip_accents

__all__ = ["Reading", "read_day", "read_monthly", "read_prose"]

_DAYS = (
    r"lundis?|lun(?=\W|$)|lu(?=\W|$)", r"mardis?|mar(?=\W|$)|ma(?=\W|$)", r"mercredis?|mer(?=\W|$)|me(?=\W|$)",
    r"jeudis?|jeu(?=\W|$)|je(?=\W|$)", r"vendredis?|vend?(?=\W|$)|ve(?=\W|$)", r"samedis?|sam(?=\W|$)|sa(?=\W|$)",
    r"dimanches?|dim(?=\W|$)|di(?=\W|$)",
)  # fmt: skip
_TIME = r"(?P<hour>[01]?\d|2[0-4])\s?(?:heures?|hrs?|h|:)(?:\s?(?P<minute>[0-5]\d)(?!\d|\s?h|\s?:)(?:\s?(?:mn|min)\b)?)?(?!\d)"
_TOKENS = re.compile(
    "|".join(
        (
            *(f"(?P<day{number}>\\b(?:{names}))" for number, names in enumerate(_DAYS)),
            f"(?P<time>(?<!\\d){_TIME})",
            r"(?P<noon>\bmidi\b(?!\w))",
            r"(?P<midnight>\bminuit\b)",
            r"(?P<bare>(?<![\d.])(?:[01]?\d|2[0-4])(?![\d.]|\s?(?:er|e|eme|ieme|%|euros?|ans?|postes?|places?)\b))",
            r"(?P<everyday>\btous les jours\b(?: de la semaine)?|\b(?:toute )?la semaine\b|\ben semaine\b|"
            r"\b7\s?j(?:ours)?\s?(?:/|sur)\s?7\b|\bdu lundi au dimanche\b)",
            r"(?P<closed>\bfermee?s?\b|\bfermetures?\b)",
            r"(?P<unless>\bsauf\b|\bexcepte\b|\bhors\b)",
            r"(?P<to>\ba(?=\d|\b)|\bau\b|\bjusqu'?\s?(?:a|au)\b|-|>)",
            r"(?P<and>\bet\b|\bou\b|\bpuis\b|[,/&;+|\n])",
            r"(?P<word>[a-z]+'?)",
            r"(?P<other>\d+|[^\s.:])",
        )
    )
)
_FILLERS_TEXT = """
tous de du des le la les l d' l' d le' en un une pour par sur h matin matins matinee apres midi apresmidi am pm journee
continue non stop sans interruption ouvert ouverte ouverts ouverture ouvertures horaire horaires accueil public publics
jour jours semaine toute permanence permanences physique telephonique heures uniquement tel aux chaque toutes tout
service est ainsi que aussi soir soirs soiree soirees espace lieu
"""
_FILLERS = frozenset(_FILLERS_TEXT.split())
_NOTES = re.compile(
    r"\b(?:sur|avec|prise? de|uniquement sur|et sur|ou sur|de preference sur)?\s?(?:rendez[- ]?vous|rdv|r\.d\.v\.?|"
    r"inscriptions?|reservations?)(?: uniquement| possible| conseillee?| obligatoire| prealable)?\b"
    r"|\bsans rendez[- ]?vous\b|\bhors (?:jours )?feries?\b|\b(?:hors|sauf) (?:les )?(?:vacances(?: scolaires)?|jours "
    r"feries)\b|\b(?:sauf|hors) (?:le )?jours? feries?\b|\bfermee?s? (?:les )?jours? feries?\b"
    r"|\ben periode scolaire\b|\bperiode scolaire\b|\ben (?:acces )?libre\b|\bacces libre\b"
)
_SEASON = re.compile(
    r"[\s.,;(\-]*\b(?:pendant les vacances|vacances|horaires? d['e ]+\s?(?:ete|vacances)|en ete|ete :|juillet|aout|"
    r"(?:et )?(?:les )?(?:\w+ )?(?:premiere|derniere)s semaines d'\s?aout|fermeture annuelle)\b.*",
    re.DOTALL,
)
# A last sentence that speaks of no day, hour, season or condition says nothing of when a place is open.
_ASIDE = re.compile(
    rf"(?<=[\w ])\.\s+(?!.*(?:\d|{'|'.join(_DAYS)}|ferm|sauf|seulement|uniquement|saison|semaine|vacances|mois|\bete\b|hiver|"
    r"deux|pair|reserv|adheren|abonn|inscri|suspen|provisoire|temporaire|actuel|depuis|jusqu|partir|excep|hors|selon|varia|change))"
    r"[a-z][^.]*\.?\s*$",
    re.DOTALL,
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_MATTER_IN_BRACKETS = re.compile(r"\b(?:ferme|sauf|uniquement|semaines?|mois|sur deux|pair)")
_PHONE = re.compile(r"(?<!\d)0[1-9](?:[\s./\-]?\d{2}){4}(?!\d)|\S+@\S+|https?://\S+|www\.\S+")
# "9h-12hMardi": a line break that was lost.
_GLUED_DAY = re.compile(r"(?<=[a-z0-9])(?=lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)")
_COMPACT_RANGE = re.compile(r"(?<!\d)(\d{1,2})h(\d{2})?-?(?=(\d{1,2})h)")
_CLOSED_DAY = re.compile(r"^(?:ferme\w*|-+|x+|/|neant|non|0|00:00\s?-\s?00:00)$")
_BRACES = str.maketrans('{}"', "   ")
_NOON = 12 * 60
_WEEKS = {"premier": 1, "premiers": 1, "1er": 1, "1ers": 1, "dernier": -1, "derniers": -1}
_LATER_WEEKS = ((2, ("deuxieme", "2e", "2eme")), (3, ("troisieme", "3e", "3eme")), (4, ("quatrieme", "4e", "4eme")))
_WEEKS |= {f"{stem}{end}": week for week, stems in _LATER_WEEKS
           for stem in stems for end in ("", "s")}  # fmt: skip
_WEEK_WORD = "|".join(sorted(_WEEKS, key=len, reverse=True))
_MONTHLY = re.compile(
    rf"^\W*(?:(?:tous |chaque |permanence )?(?:les?|chaque)\s+)?(?P<weeks>(?:{_WEEK_WORD})(?:\s*(?:et|,)\s*(?:les? "
    rf")?(?:{_WEEK_WORD}))*)\s+"
    rf"(?P<day>{'|'.join(_DAYS)})\s+(?:du|de chaque) mois\s*[,:]?\s*(?P<hours>.*)$"
)
_MAX_CHARS = 600


@dataclass
class Reading:
    """Hours that were read: a week, and whether a remark was left out."""

    week: Week
    note_dropped: bool = False


@dataclass
class _State:
    week: Week = field(default_factory=dict)
    days: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    bare: bool = False
    times_first: bool = False
    broad: set[int] = field(default_factory=set)


def _plain(text: str) -> str:
    plain = _GLUED_DAY.sub(" ", strip_accents(text).lower().replace("’", "'"))
    for dash in "–—−‐‑→":
        plain = plain.replace(dash, "-")
    plain = re.sub(r"apres[- ]?midis?", "apresmidi", plain).replace("h:", "h").translate(_BRACES)
    return _COMPACT_RANGE.sub(lambda found: f"{found.group(1)}h{found.group(2) or ''}-", plain)


def _without_notes(text: str) -> tuple[str, bool] | None:
    """Text without brackets, phones and remarks, and whether there were any; None when a bracket changes the hours."""
    dropped = False
    for bracket in _BRACKETS.findall(text):
        if _MATTER_IN_BRACKETS.search(_NOTES.sub(" ", bracket)):
            return None
        dropped = True
    rest = _BRACKETS.sub(" ", text)
    shorter = _NOTES.sub(" ", _PHONE.sub(" ", rest))
    season = _SEASON.search(shorter)
    if season and season.start() > 0:
        shorter = shorter[: season.start()]
        dropped = True
    aside = _ASIDE.search(shorter)
    if aside:
        shorter = shorter[: aside.start()]
        dropped = True
    return shorter, dropped or shorter != rest


@lru_cache(maxsize=1 << 15)
def read_prose(text: str) -> Reading | None:
    """
    Week that a French text describes, or None when it is not understood as a whole.

    "Tous les jours" is read as Monday to Friday, the narrower meaning.

    Examples
    --------
    >>> from mediation_geo.ingest.clean.week import format_week
    >>> format_week(read_prose("Du lundi au vendredi de 8h15 à 12h et de 14h15 à 17h00").week)
    'Mo-Fr 08:15-12:00,14:15-17:00'
    >>> format_week(read_prose("9h-12h et 14h-17h du lundi au jeudi, 9h-12h le vendredi").week)
    'Mo-Th 09:00-12:00,14:00-17:00; Fr 09:00-12:00'
    >>> read_prose("1er samedi du mois de 9h à 12h") is None
    True
    """
    if len(text) > _MAX_CHARS:
        return None
    cleaned = _without_notes(_plain(text))
    if cleaned is None:
        return None
    week = _read_tokens(list(_TOKENS.finditer(cleaned[0])))
    return Reading(week, cleaned[1]) if week and any(week.values()) else None


@lru_cache(maxsize=1 << 15)
def read_monthly(text: str) -> str | None:
    """
    Hours on certain weeks of the month, in OSM syntax; None for any other text.

    Examples
    --------
    >>> read_monthly("Les deuxième et quatrième jeudis du mois de 14h à 17h")
    'Th[2,4] 14:00-17:00'
    >>> read_monthly("Le dernier mardi du mois de 9h00 à 12h00")
    'Tu[-1] 09:00-12:00'
    >>> read_monthly("Un mercredi sur deux de 9h à 12h") is None
    True
    """
    found = _MONTHLY.match(_plain(text))
    if not found:
        return None
    weeks = [_WEEKS[word] for word in re.findall(_WEEK_WORD, found.group("weeks"))]
    day = next(number for number, names in enumerate(_DAYS) if re.match(names, found.group("day")))
    hours = read_day(found.group("hours"))
    if hours is None or not hours[0]:
        return None
    return (format_week({day: hours[0]}) or "").replace(" ", f"[{','.join(map(str, weeks))}] ", 1)


def _read_tokens(tokens: list[re.Match[str]]) -> Week | None:
    state = _State()
    position = 0
    while position < len(tokens):
        kind = tokens[position].lastgroup or ""
        if kind.startswith("day") or kind == "everyday":
            days, position = _day_expression(tokens, position)
            if not _take_days(state, days):
                return None
            continue
        if kind in {"time", "hour", "minute", "noon", "midnight", "bare"}:
            state.times_first = state.times_first or not (state.days or state.week)
            state.times.append(_minutes(tokens[position]))
            state.bare = state.bare or kind == "bare"
        elif kind in {"closed", "unless"}:
            outcome = _exception(tokens, position, state)
            if outcome is None:
                return None
            position = outcome
            continue
        elif (kind == "word" and tokens[position].group() not in _FILLERS) or kind == "other":
            return None
        position += 1
    return state.week if _flush(state) else None


def _minutes(token: re.Match[str]) -> int:
    if token.group("noon"):
        return 12 * 60
    if token.group("midnight"):
        return 24 * 60
    if token.group("bare"):
        return int(token.group("bare")) * 60
    return int(token.group("hour")) * 60 + int(token.group("minute") or 0)


def _day_of(token: re.Match[str]) -> int | None:
    return next((number for number in range(7) if token.group(f"day{number}")), None)


def _day_expression(tokens: list[re.Match[str]], start: int) -> tuple[list[int], int]:
    """Days of "lundi", "lundi au jeudi", "lundi, mardi et jeudi", and the position after them."""
    days: list[int] = []
    position = start
    chained = False
    while position < len(tokens):
        if tokens[position].group("everyday"):
            days += range(7) if "7" in tokens[position].group() or "dimanche" in tokens[position].group() else range(5)
            position += 1
        else:
            day = _day_of(tokens[position])
            if day is None:
                break
            position += 1
            after = _skip(tokens, position, {"to"})
            last = _day_of(tokens[after]) if after is not None and after < len(tokens) else None
            chained = chained or (after is not None and _is_dash_chain(tokens, after))
            if after is not None and last is not None and not chained:
                days += range(day, last + 1) if day <= last else [*range(day, 7), *range(last + 1)]
                position = after + 1
            else:
                days.append(day)
        following = _skip(tokens, position, {"and", "to"} if chained else {"and"})
        joins = following is not None and following < len(tokens) and _day_of(tokens[following]) is not None
        if joins and following is not None:
            position = following
        elif position >= len(tokens) or _day_of(tokens[position]) is None:
            break
    return days, position


def _is_dash_chain(tokens: list[re.Match[str]], second: int) -> bool:
    """Whether the second day of a span is followed by a dash and a third: "lundi-mercredi-vendredi" is a list."""
    return (
        second + 2 < len(tokens)
        and tokens[second - 1].group() == "-"
        and tokens[second + 1].group() == "-"
        and _day_of(tokens[second + 2]) is not None
    )


def _skip(tokens: list[re.Match[str]], position: int, kinds: set[str]) -> int | None:
    """Position after one separator of some kinds, articles around it included; None when there is no such separator."""
    seen = False
    while position < len(tokens):
        kind, text = tokens[position].lastgroup or "", tokens[position].group()
        if kind in kinds and not seen:
            seen = True
        elif not (kind == "word" and text in {"le", "les", "du"}):
            break
        position += 1
    return position if seen else None


def _take_days(state: _State, days: list[int]) -> bool:
    if state.times_first:
        state.days = days
        return _flush(state)
    if state.times:
        if not _flush(state):
            return False
        state.days = days
    else:
        state.days = [*state.days, *days]
    return True


def _flush(state: _State) -> bool:
    """Give the times collected so far to the days collected so far."""
    if not state.times:
        return True
    ranges = pair_times(state.times)
    if ranges is None or not state.days:
        return False
    days, state.days, state.times = state.days, [], []
    if len(days) > 1:
        state.broad |= set(days)
    elif days[0] in state.broad and any(
        start < end and first < end and start < last for start, end in state.week.get(days[0], ()) for first, last in ranges
    ):
        # "mardi à vendredi 10h-17h, mercredi 10h-18h": the day named alone replaces what the span said of it.
        state.week[days[0]] = ranges
        return True
    return add_ranges(state.week, days, ranges)


def _exception(tokens: list[re.Match[str]], position: int, state: _State) -> int | None:
    """After "fermé" or "sauf": take out the days it names, or their mornings or afternoons; None when it says anything finer."""
    closing = tokens[position].group("closed") is not None
    if closing and state.days and not state.times and not state.times_first:
        half_day = _skip_words(tokens, position + 1, {"au", "public", "le", "l'"})
        if half_day < len(tokens) and tokens[half_day].group() in {"matin", "apresmidi"}:
            # "mardi : fermé le matin, 14h-17h": the hours that follow are all that the day has.
            return half_day + 1
        # "lundi : fermé": the days before it get no hours.
        state.days = []
        return position + 1
    following = _skip_words(tokens, position + 1, {"le", "les", "du", "l'", "au", "public", ","})
    if following >= len(tokens) or _day_of(tokens[following]) is None or not _flush(state):
        return None
    days, after = _day_expression(tokens, following)
    half = tokens[after].group() if after < len(tokens) else ""
    if half and tokens[after].lastgroup in {"time", "hour", "minute", "bare"}:
        if closing or state.times_first or not state.week:
            return None
        # "8h-17h sauf le vendredi 8h-16h": the hours that follow replace what was said of that day.
        for each in days:
            state.week.pop(each, None)
        state.days = days
        return after
    state.days = []
    if half not in {"matin", "matins", "apresmidi"}:
        for each in days:
            state.week.pop(each, None)
        return after
    return after + 1 if _remove_half(state.week, days, morning=half != "apresmidi") else None


def _skip_words(tokens: list[re.Match[str]], position: int, words: set[str]) -> int:
    while position < len(tokens) and tokens[position].group() in words:
        position += 1
    return position


def _remove_half(week: Week, days: list[int], *, morning: bool) -> bool:
    """Take the morning or the afternoon out of days; false when a range crosses noon, so that nobody knows what is left."""
    for day in days:
        ranges = week.get(day, ())
        if any(start < _NOON and end > _NOON + 120 for start, end in ranges):
            return False
        week[day] = tuple(each for each in ranges if (each[0] >= _NOON) == morning)
    return True


@lru_cache(maxsize=1 << 15)
def read_day(text: str) -> tuple[Ranges, bool] | None:
    """
    Ranges of one day's cell and whether a remark was left out; empty ranges when closed, None when not understood.

    Examples
    --------
    >>> read_day("9h30 - 12h / 13:30 à 17h")
    (((570, 720), (810, 1020)), False)
    >>> read_day("Fermé"), read_day("1er et 3e du mois") is None
    (((), False), True)
    """
    plain = _plain(text).strip(" .,;:/")
    if not plain or _CLOSED_DAY.match(plain):
        return (), False
    cleaned = _without_notes(plain)
    if cleaned is None:
        return None
    tokens = list(_TOKENS.finditer(cleaned[0]))
    times = []
    for token in tokens:
        kind = token.lastgroup or ""
        if kind in {"time", "hour", "minute", "noon", "midnight", "bare"}:
            times.append(_minutes(token))
        elif kind not in {"to", "and"} and not (kind == "word" and token.group() in _FILLERS):
            return None
    ranges = pair_times(times) or pair_times([time for pair in _distinct_pairs(times) for time in pair])
    return None if ranges is None else (ranges, cleaned[1])


def _distinct_pairs(times: list[int]) -> list[tuple[int, int]]:
    """Pairs in order, those without length and repeated ones left out: forms fill both halves of a day with the same hours."""
    return (
        sorted({pair for pair in zip(times[::2], times[1::2], strict=False) if pair[0] < pair[1]}) if len(times) % 2 == 0 else []
    )
