"""
One opening-hours schedule in one territory: its state at an instant, when that changes, and the week as a table.

Readable `opening_hours` text and a territory in, three states out: open, closed, unknown. Regional public holidays and
school holidays, which the evaluator does not know, are written into the text as dates before it is evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

from mediation_geo.search.holidays import holiday_zone, public_holidays, school_calendar_end, school_holidays, school_zone
from mediation_geo.search.repair import Repaired, repair_hours, split_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DayHours", "Look", "OpenState", "Schedule", "Territory"]

OpenState = Literal["ouvert", "ferme", "inconnu"]

_STATES: dict[State, OpenState] = {State.OPEN: "ouvert", State.CLOSED: "ferme", State.UNKNOWN: "inconnu"}

# A change further away than this is no help to anybody.
_HORIZON = timedelta(days=60)

# An opening that ends before noon of the next day is one night, not two days.
_NIGHT = timedelta(hours=12)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOLIDAY_RULE = re.compile(
    r"^(?P<before>(?:[A-Z][a-z](?:-[A-Z][a-z])?,)*)(?P<token>[PS]H)"
    r"(?P<after>(?:,[A-Z][a-zH](?:-[A-Z][a-z])?)*)(?P<rest>(?:\s.*)?)$"
)


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


class Look(NamedTuple):
    """What a schedule says at an instant."""

    state: OpenState
    changes_at: datetime | None
    opens_at: datetime | None
    week: tuple[DayHours, ...]


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
    On a public holiday a schedule that says nothing about holidays is unknown while it would be open. A schedule with
    school-holiday rules is unknown where no school calendar is at hand and the two readings differ.

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
        horizon = now + _HORIZON
        _, end, _ = next(self._segments(now, horizon))
        return end if end < horizon else None

    def next_opening(self, instant: datetime, *, within: timedelta) -> datetime | None:
        """Local instant, at most so much later, from which the place is open; the instant itself when it is open already."""
        if self.repaired.text is None:
            return None
        now = self.local(instant)
        return next((begin for begin, _, state in self._segments(now, now + within) if state == "ouvert"), None)

    def open_during(self, start: datetime, end: datetime) -> bool:
        """Whether the place is open at some time from start (included) to end (excluded)."""
        if self.repaired.text is None:
            return False
        return any(state == "ouvert" for _, _, state in self._segments(self.local(start), self.local(end)))

    def look(self, instant: datetime, *, soon: timedelta) -> Look:
        """State, next change, next opening at most so much later, and the week, in one pass over the schedule."""
        now = self.local(instant)
        today = now.date()
        if self.repaired.text is None:
            return Look("inconnu", None, None, self._days(today, []))
        # A night further than the week, so that its last opening is shown with its end.
        horizon = self.midnight(today + timedelta(days=7)) + _NIGHT
        segments = list(self._segments(self.midnight(today), horizon))
        state = self._state(now)
        changes_at = next((begin for begin, _, _ in segments if begin > now), None) or self.next_change(now)
        opens_at = (
            now if state == "ouvert" else next((begin for begin, _, each in segments if begin > now and each == "ouvert"), None)
        )
        if opens_at is not None and opens_at - now > soon:
            opens_at = None
        return Look(state, changes_at, opens_at, self._days(today, segments))

    def week(self, instant: datetime) -> tuple[DayHours, ...]:
        """
        Hours of seven days, from the local day of an instant on.

        An opening that runs past midnight is shown whole on the day it begins.
        """
        return self.look(instant, soon=timedelta()).week

    def _days(self, today: date, segments: list[tuple[datetime, datetime, OpenState]]) -> tuple[DayHours, ...]:
        days = [today + timedelta(days=ahead) for ahead in range(7)]
        spans: dict[date, list[tuple[str, str]]] = {day: [] for day in days}
        unknown: set[date] = set(days) if not segments else set()
        for begin, finish, state in segments:
            if state == "inconnu":
                last = finish.date() if finish.time() > time() else finish.date() - timedelta(days=1)
                unknown.update(day for day in days if begin.date() <= day <= last)
            elif state == "ouvert":
                for day, span in self._by_day(begin, finish):
                    spans.setdefault(day, []).append(span)
        return tuple(
            DayHours(
                day,
                tuple(spans[day]),
                "ouvert" if spans[day] else ("inconnu" if day in unknown else "ferme"),
                self.is_public_holiday(day),
            )
            for day in days
        )

    def is_public_holiday(self, day: date) -> bool:
        """Whether a day is a public holiday here."""
        return day in public_holidays(self.territory.holidays, day.year)

    def _segments(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, OpenState]]:
        """Stretches of one state from start to end, ascending, neighbours different; the last is cut at the end."""
        pending: tuple[datetime, datetime, OpenState] | None = None
        for piece in self._pieces(start, end):
            if pending is None:
                pending = piece
            elif pending[2] == piece[2]:
                pending = (pending[0], piece[1], piece[2])
            else:
                yield pending
                pending = piece
        if pending is not None:
            yield pending

    def _pieces(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, OpenState]]:
        """Stretches as the evaluator gives them, cut where a holiday begins or ends."""
        compiled = self._for_year(start.year)
        if compiled.in_term is not None and compiled.in_holidays is not None:
            edges = {moment for each in compiled if each is not None for moment, *_ in each.intervals(start, end)}
            edges.update(self._midnights(start, end))
            moments = sorted({start, *edges})
            for begin, finish in zip(moments, [*moments[1:], end], strict=True):
                yield begin, finish, self._state(begin)
            return
        for begin, finish, state, _ in compiled.known.intervals(start, end):
            if state == State.OPEN and not self.knows_public_holidays and self._touches_holiday(begin, finish):
                moments = [begin, *self._midnights(begin, finish)]
                for each, after in zip(moments, [*moments[1:], finish], strict=True):
                    yield each, after, self._state(each)
            else:
                yield begin, finish, _STATES[state]

    def _midnights(self, start: datetime, end: datetime) -> list[datetime]:
        days = (end.date() - start.date()).days
        found = (self.midnight(start.date() + timedelta(days=ahead)) for ahead in range(1, days + 1))
        return [moment for moment in found if moment < end]

    def _touches_holiday(self, begin: datetime, finish: datetime) -> bool:
        days = (finish.date() - begin.date()).days
        return any(self.is_public_holiday(begin.date() + timedelta(days=ahead)) for ahead in range(days + 1))

    def _by_day(self, begin: datetime, finish: datetime) -> Iterator[tuple[date, tuple[str, str]]]:
        """One opening as spans of local time: cut at midnight when it lasts into the next afternoon, whole when it is a night."""
        day = begin.date()
        midnight = self.midnight(day + timedelta(days=1))
        while finish >= midnight + _NIGHT:
            yield day, (_clock(begin), "24:00")
            begin, day = midnight, day + timedelta(days=1)
            midnight = self.midnight(day + timedelta(days=1))
        yield day, (_clock(begin), "24:00" if finish == midnight else _clock(finish))

    def midnight(self, day: date) -> datetime:
        """First instant of a local day."""
        return datetime.combine(day, time(), tzinfo=self.zone)

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
        public = [_selector(day, day) for each in years for day in sorted(public_holidays(self.territory.holidays, each))]
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


def _clock(moment: datetime) -> str:
    return f"{moment.hour:02d}:{moment.minute:02d}"
