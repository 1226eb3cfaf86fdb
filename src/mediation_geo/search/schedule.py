"""
One opening-hours schedule in one territory: is it open at an instant, when does that change, what does the week look like?

Readable `opening_hours` text and a territory in, three states out: open, closed, unknown. Regional public holidays and
school holidays, which the evaluator does not know, are written into the text as dates before it is evaluated.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

from mediation_geo.search.holidays import holiday_zone, public_holidays, school_calendar_end, school_holidays, school_zone
from mediation_geo.search.repair import Repaired, repair_hours, split_rules

__all__ = ["DayHours", "OpenState", "Schedule", "Territory"]

OpenState = Literal["ouvert", "ferme", "inconnu"]

_STATES: dict[State, OpenState] = {State.OPEN: "ouvert", State.CLOSED: "ferme", State.UNKNOWN: "inconnu"}

# A change further away than this is no help to anybody.
_HORIZON = timedelta(days=60)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOLIDAY_RULE = re.compile(r"^(?P<before>(?:[A-Z][a-z](?:-[A-Z][a-z])?,)*)(?P<token>[PS]H)(?P<after>(?:,[A-Z][a-zH](?:-[A-Z][a-z])?)*)(?P<rest>(?:\s.*)?)$")


@dataclass(frozen=True, slots=True)
class Territory:
    """
    What a schedule needs to know about where it holds.

    Examples
    --------
    >>> Territory.of(timezone="Indian/Reunion", code_departement="974").holidays
    'La Réunion'
    """

    timezone: str
    holidays: str
    school: str | None

    @classmethod
    def of(cls, *, timezone: str | None, code_departement: str | None) -> Territory:
        """Territory of a département; Paris time where the zone is unknown."""
        return cls(timezone or "Europe/Paris", holiday_zone(code_departement), school_zone(code_departement))


class DayHours(NamedTuple):
    """Hours of one day: the spans of local time during which the place is open, or a word when that is all there is to say."""

    day: date
    spans: tuple[tuple[str, str], ...]
    state: OpenState
    public_holiday: bool


class _Compiled(NamedTuple):
    """The same schedule with school holidays as known, and, for days no table covers, both ways."""

    known: OpeningHours
    in_term: OpeningHours | None
    in_holidays: OpeningHours | None


class Schedule:
    """
    Opening hours that can be asked about an instant.

    Parameters
    ----------
    raw : str
        As the source has them.
    territory : Territory
        Where they hold.

    Notes
    -----
    On a public holiday a schedule that says nothing about holidays is unknown while it would be open: eleven million French
    people have stood before a door on 11 November. A schedule with school-holiday rules is unknown where no school calendar is
    at hand and the two readings differ.

    Examples
    --------
    >>> paris = Territory.of(timezone="Europe/Paris", code_departement="75")
    >>> schedule = Schedule("Mo-Fr 09:00-10:00", paris)
    >>> schedule.state(datetime(2026, 11, 20, 10, 30))
    'ferme'
    """

    def __init__(self, raw: str, territory: Territory) -> None:
        self.raw = raw
        self.territory = territory
        self.repaired: Repaired = repair_hours(raw)
        self.zone = ZoneInfo(territory.timezone)
        text = self.repaired.text or ""
        self.knows_public_holidays = bool(re.search(r"\bPH\b", text)) or text.strip() == "24/7"
        self._knows_school_holidays = bool(re.search(r"\bSH\b", text))
        self._compiled: dict[int, _Compiled] = {}

    def local(self, instant: datetime) -> datetime:
        """Local time of an instant; one without a zone is local already."""
        return instant.replace(tzinfo=self.zone) if instant.tzinfo is None else instant.astimezone(self.zone)

    def state(self, instant: datetime) -> OpenState:
        """Whether the place is open at an instant."""
        if self.repaired.text is None:
            return "inconnu"
        return self._state(self.local(instant))

    def next_change(self, instant: datetime) -> datetime | None:
        """Local instant at which the state changes next, or None when that is far away or unknown."""
        if self.repaired.text is None:
            return None
        now = self.local(instant)
        state = self._state(now)
        for moment in self._breaks(now, now + _HORIZON):
            if self._state(moment) != state:
                return moment
        return None

    def opens_before(self, instant: datetime, *, within: timedelta) -> bool:
        """Whether the place is open at an instant or opens at most so much later."""
        if self.repaired.text is None:
            return False
        now = self.local(instant)
        if self._state(now) == "ouvert":
            return True
        return any(self._state(moment) == "ouvert" for moment in self._breaks(now, now + within))

    def open_during(self, start: datetime, end: datetime) -> bool:
        """Whether the place is open at some time from start (included) to end (excluded)."""
        if self.repaired.text is None:
            return False
        begin, finish = self.local(start), self.local(end)
        if self._state(begin) == "ouvert":
            return True
        return any(moment < finish and self._state(moment) == "ouvert" for moment in self._breaks(begin, finish))

    def day(self, day: date) -> DayHours:
        """Hours of one local day; a span that runs past midnight is shown on the day it begins."""
        holiday = self.is_public_holiday(day)
        if self.repaired.text is None:
            return DayHours(day, (), "inconnu", holiday)
        start = datetime.combine(day, time(), tzinfo=self.zone)
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=self.zone)
        spans: list[tuple[str, str]] = []
        unknown = False
        moments = [start, *(moment for moment in self._breaks(start, midnight) if moment < midnight)]
        state_before = self._state(_shifted(start, -1))
        for moment in moments:
            state = self._state(moment)
            unknown |= state == "inconnu"
            # What began yesterday evening was shown yesterday.
            if state == "ouvert" and not (moment == start and state_before == "ouvert" and moments[1:]):
                spans.append((moment.strftime("%H:%M"), self._end_of_span(moment, midnight)))
        return DayHours(day, tuple(spans), "ouvert" if spans else ("inconnu" if unknown else "ferme"), holiday)

    def week(self, instant: datetime) -> tuple[DayHours, ...]:
        """Hours of seven days, from the local day of an instant on."""
        today = self.local(instant).date()
        return tuple(self.day(today + timedelta(days=ahead)) for ahead in range(7))

    def is_public_holiday(self, day: date) -> bool:
        """Whether a day is a public holiday here."""
        return day in public_holidays(self.territory.holidays, day.year)

    def _end_of_span(self, moment: datetime, midnight: datetime) -> str:
        closing = next((end for end in self._breaks(moment, midnight + timedelta(hours=12)) if self._state(end) != "ouvert"), None)
        if closing is None or closing == midnight:
            return "24:00"
        return closing.strftime("%H:%M")

    def _state(self, now: datetime) -> OpenState:
        compiled = self._for_year(now.year)
        if compiled.in_term is None or compiled.in_holidays is None or self._school_known(now.date()):
            state = _STATES[compiled.known.state(now)[0]]
        else:
            state = _STATES[compiled.in_term.state(now)[0]]
            if state != _STATES[compiled.in_holidays.state(now)[0]]:
                return "inconnu"
        if state == "ouvert" and not self.knows_public_holidays and self.is_public_holiday(now.date()):
            return "inconnu"
        return state

    def _breaks(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Instants after start, up to end, at which the state may change, ascending."""
        now = start
        while now < end:
            compiled = self._for_year(now.year)
            candidates = [expression.next_change(now) for expression in compiled if expression is not None]
            candidates.append(self._next_holiday_edge(now))
            ahead = [moment for moment in candidates if moment is not None and moment.timestamp() > now.timestamp()]
            if not ahead:
                return
            now = min(ahead, key=datetime.timestamp)
            if now > end:
                return
            yield now

    def _next_holiday_edge(self, now: datetime) -> datetime | None:
        """Next midnight at which a public holiday, or the school calendar, begins or ends."""
        edges = _holiday_edges(self.territory.holidays, now.year)
        position = bisect_right(edges, now.date())
        if position == len(edges):
            return None
        return datetime.combine(edges[position], time(), tzinfo=self.zone)

    def _school_known(self, day: date) -> bool:
        return self.territory.school is not None and day <= school_calendar_end()

    def _for_year(self, year: int) -> _Compiled:
        compiled = self._compiled.get(year)
        if compiled is None:
            compiled = self._compile(year)
            self._compiled[year] = compiled
        return compiled

    def _compile(self, year: int) -> _Compiled:
        years = (year - 1, year, year + 1)
        public = [_selector(day, day) for each in years for day in public_holidays(self.territory.holidays, each)]
        school = [
            _selector(first, last)
            for each in years
            for first, last in (school_holidays(self.territory.school, each) or () if self.territory.school else ())
        ]
        known = self._parsed(public, school)
        if not self._knows_school_holidays:
            return _Compiled(known, None, None)
        always = [_selector(date(years[0], 1, 1), date(years[-1], 12, 31))]
        return _Compiled(known, self._parsed(public, []), self._parsed(public, always))

    def _parsed(self, public: list[str], school: list[str]) -> OpeningHours:
        rules: list[str] = []
        for rule in split_rules(self.repaired.text or ""):
            rules.extend(_with_dates(rule, public, school))
        # An expression without rules would not parse; this one is closed for ever.
        text = "; ".join(rules) or "24/7 off"
        return OpeningHours(text, timezone=self.zone, country="FR", auto_timezone=False, auto_country=False)


def _with_dates(rule: str, public: list[str], school: list[str]) -> list[str]:
    """
    A rule with its holiday token as dates; `SH Mo-Fr` then means both at once, as the specification says.

    A token in a list of days (`Su,PH`) becomes a rule of its own. What has another shape is left to the evaluator.
    """
    found = _HOLIDAY_RULE.match(rule)
    if found is None:
        return [rule]
    dates = public if found["token"] == "PH" else school
    days = ",".join(part for part in (found["before"].strip(","), found["after"].strip(",")) if part)
    rules = _with_dates(f"{days}{found['rest']}", public, school) if days else []
    if dates:
        rules.append(f"{','.join(dates)}{found['rest']}")
    return rules


def _selector(first: date, last: date) -> str:
    start = f"{first.year} {_MONTHS[first.month - 1]} {first.day:02d}"
    if first == last:
        return start
    return f"{start}-{last.year} {_MONTHS[last.month - 1]} {last.day:02d}"


@cache
def _holiday_edges(zone: str, year: int) -> tuple[date, ...]:
    days = {day for each in (year, year + 1) for day in public_holidays(zone, each)}
    edges = days | {day + timedelta(days=1) for day in days} | {school_calendar_end() + timedelta(days=1)}
    return tuple(sorted(edges))


def _shifted(moment: datetime, minutes: int) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() + 60 * minutes, tz=moment.tzinfo)
