"""
The opening hours of all places: each distinct schedule is read once and evaluated at most once a minute.

A places frame in, states of schedules and of places out. One schedule is the work of `schedule.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import orjson
import pandas as pd

from mediation_geo.search.schedule import DayHours, OpenState, Schedule, Territory
from mediation_geo.search.sms import gsm7_length, hours_today
from mediation_geo.search.vocabulary import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["HoursBook", "HoursReport", "HoursText", "hours_line", "instant_of"]

# Openings kept, one boolean for each schedule: the current minute for everybody, and a few asked instants.
_KEPT_INSTANTS = 32

_SOON = timedelta(hours=48)


_DAY_NAMES = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


class HoursText(NamedTuple):
    """Opening hours as JSON text: as they are shown, in one line, and as a message ends with them, in so many places of it."""

    shown: bytes
    line: bytes
    today: bytes
    today_places: int


@dataclass(frozen=True)
class HoursReport:
    """
    What the opening hours of a place say from an instant until they say something else.

    `valid_from` and `valid_until` are seconds since 1970; `opens_at` is the next opening within 48 hours of a place that is not
    open, as far as it was known at `valid_from`.
    """

    raw: str | None
    text: str | None
    state: OpenState
    opens_at: datetime | None
    changes_at: datetime | None
    week: tuple[DayHours, ...]
    knows_public_holidays: bool
    timezone: str | None
    valid_from: float
    valid_until: float

    def opens_soon(self, at: datetime) -> bool:
        """Whether the place, not open at an instant, opens within 48 hours."""
        return self.state != "ouvert" and self.opens_at is not None and self.opens_at - at <= _SOON

    @property
    def shown(self) -> dict[str, Any]:
        """The report in the words of the public answer."""
        return {
            "osm": self.text,
            "brut": self.raw,
            "etat": self.state,
            "change_a": self.changes_at.isoformat() if self.changes_at else None,
            "semaine": [
                {
                    "jour": _DAY_NAMES[each.day.weekday()],
                    "date": each.day.isoformat(),
                    "etat": each.state,
                    "plages": [list(span) for span in each.spans],
                    "ferie": each.public_holiday,
                }
                for each in self.week
            ],
            "ferie_pris_en_compte": self.knows_public_holidays,
            "fuseau": self.timezone,
        }

    @cached_property
    def written(self) -> HoursText:
        """What answers say of these hours, as JSON text; texts without their quotes."""
        shown = self.shown
        today = hours_today(shown)
        line, today_inside = (orjson.dumps(text)[1:-1] for text in (hours_line(shown), today))
        return HoursText(orjson.dumps(shown), line, today_inside, gsm7_length(today))


NO_HOURS = HoursReport(None, None, "inconnu", None, None, (), False, None, 0.0, 0.0)


class HoursBook:
    """
    Schedules of a places table.

    Parameters
    ----------
    places : pandas.DataFrame
        `horaires`, `timezone`, `code_departement`, each optional.

    Examples
    --------
    >>> book = HoursBook(pd.DataFrame({"horaires": ["Mo-Fr 09:00-12:00", None], "code_departement": ["75", "974"]}))
    >>> book.open_at(np.array([0, 1]), "2026-11-20T10:00", now=None).tolist()
    [True, False]
    """

    def __init__(self, places: pd.DataFrame) -> None:
        columns = pd.DataFrame({name: _text_column(places, name) for name in ("horaires", "timezone", "code_departement")})
        columns["horaires"] = columns["horaires"].where(columns["horaires"].str.strip().str.len() > 0)
        written = columns["horaires"].notna()
        groups = columns[written].groupby(["horaires", "timezone", "code_departement"], dropna=False, sort=True)
        keys = [_key(*cast("tuple[str, object, object]", each)) for each in groups.groups]
        # Départements with the same holidays share their schedules.
        self._keys: list[tuple[str, Territory]] = list(dict.fromkeys(keys))
        number_of = {key: number for number, key in enumerate(self._keys)}
        numbers = np.array([number_of[key] for key in keys], dtype=np.int64)
        # Row -> schedule; -1 where nothing is written.
        self.schedule_of: NDArray[np.int64] = np.full(len(places), -1, dtype=np.int64)
        self.schedule_of[written.to_numpy()] = numbers[groups.ngroup().to_numpy(dtype=np.int64)]
        self._schedules: dict[int, Schedule] = {}
        self._kept: OrderedDict[tuple[object, ...], NDArray[np.bool_]] = OrderedDict()
        self._reports: dict[int, HoursReport] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def schedule(self, row: int) -> Schedule | None:
        """Schedule of a place, or None when it has none."""
        number = int(self.schedule_of[row])
        return None if number < 0 else self._schedule(number)

    def open_at(self, rows: NDArray[np.int64], opening: str, *, now: datetime | None) -> NDArray[np.bool_]:
        """
        Which places are open at an opening as `ouvert` writes it.

        Parameters
        ----------
        rows : numpy.ndarray of int64
            Places.
        opening : str
            `maintenant`, an ISO instant (one without a zone is local at each place), or a slot such as `jeu:09:00-12:00` of
            the seven days from `now` on.
        now : datetime, optional
            The instant of the question, with its zone; needed for `maintenant` and slots.
        """
        states = self._evaluated(("open", opening, _minute(now)), lambda schedule: _open(schedule, opening, now))
        return np.asarray(states[self.schedule_of[rows]])

    def opens_soon(self, rows: NDArray[np.int64], opening: str, *, now: datetime | None) -> NDArray[np.bool_]:
        """Which places are open within the 48 hours after an opening; those open at the opening included."""
        states = self._evaluated(("soon", opening, _minute(now)), lambda schedule: _soon(schedule, opening, now))
        return np.asarray(states[self.schedule_of[rows]])

    def report(self, row: int, at: datetime) -> HoursReport:
        """State, next change and week of one place at an instant."""
        return self.reports(np.array([row]), at)[0]

    def reports(self, rows: NDArray[np.int64], at: datetime) -> list[HoursReport]:
        """State, next change and week of places at an instant; kept while they hold."""
        seconds = at.timestamp()
        return [self._report(number, at, seconds) for number in self.schedule_of[rows].tolist()]

    def _report(self, number: int, at: datetime, seconds: float) -> HoursReport:
        if number < 0:
            return NO_HOURS
        kept = self._reports.get(number)
        if kept is None or not kept.valid_from <= seconds < kept.valid_until:
            kept = _report(self._schedule(number), at)
            self._reports[number] = kept
        return kept

    def _schedule(self, number: int) -> Schedule:
        found = self._schedules.get(number)
        if found is None:
            found = Schedule(*self._keys[number])
            self._schedules[number] = found
        return found

    def _evaluated(self, key: tuple[object, ...], test: Callable[[Schedule], bool]) -> NDArray[np.bool_]:
        """One answer a schedule, and a last one for places without: row number -1 finds it."""
        kept = self._kept.get(key)
        if kept is None:
            # One Python call a schedule, not a place: the evaluator takes one instant at a time.
            states = [test(self._schedule(number)) for number in range(len(self._keys))]
            kept = np.array([*states, False])
            self._kept[key] = kept
            while len(self._kept) > _KEPT_INSTANTS:
                self._kept.popitem(last=False)
        return kept


def hours_line(hours: Mapping[str, Any]) -> str:
    """
    Opening state in one line for people.

    Examples
    --------
    >>> hours_line({"etat": "inconnu"})
    'Horaires inconnus : appelez'
    >>> hours_line({"etat": "ouvert", "change_a": "2026-11-20T17:00:00+01:00"})
    "Ouvert jusqu'à 17:00"
    """
    state, change = hours.get("etat"), hours.get("change_a")
    today = (hours.get("semaine") or [{}])[0]
    if state == "inconnu":
        return "Jour férié : appelez" if today.get("ferie") and hours.get("osm") else "Horaires inconnus : appelez"
    if state == "ouvert":
        return f"Ouvert jusqu'à {change[11:16]}" if change else "Ouvert"
    if state != "ferme":
        return ""
    if not change:
        return "Fermé"
    day = next((each["jour"] for each in hours.get("semaine", ()) if each["date"] == change[:10]), change[:10])
    when = f"à {change[11:16]}" if today.get("date") == change[:10] else f"{day} à {change[11:16]}"
    return f"Fermé, ouvre {when}"


def _text_column(places: pd.DataFrame, name: str) -> pd.Series[str]:
    if name not in places.columns:
        return pd.Series([None] * len(places), dtype="str")
    return places[name].astype("str").reset_index(drop=True)


def _key(raw: str, timezone: object, code_departement: object) -> tuple[str, Territory]:
    zone = timezone if isinstance(timezone, str) else None
    code = code_departement if isinstance(code_departement, str) else None
    return raw, Territory.of(timezone=zone, code_departement=code)


def _report(schedule: Schedule, at: datetime) -> HoursReport:
    now = schedule.local(at.replace(second=0, microsecond=0))
    tomorrow = schedule.midnight(now.date() + timedelta(days=1))
    # A day further than asked, so that it still holds at the end of the day.
    look = schedule.look(now, soon=_SOON + timedelta(days=1))
    ends = tomorrow.timestamp() if look.changes_at is None else min(look.changes_at.timestamp(), tomorrow.timestamp())
    return HoursReport(
        raw=schedule.raw,
        text=schedule.repaired.text,
        state=look.state,
        opens_at=look.opens_at,
        changes_at=look.changes_at,
        week=look.week,
        knows_public_holidays=schedule.knows_public_holidays,
        timezone=schedule.territory.timezone,
        valid_from=now.timestamp(),
        valid_until=ends,
    )


def _minute(now: datetime | None) -> object:
    return None if now is None else now.replace(second=0, microsecond=0)


def _open(schedule: Schedule, opening: str, now: datetime | None) -> bool:
    slot = _slot(schedule, opening, now)
    if slot is not None:
        return schedule.open_during(*slot)
    return schedule.state(instant_of(opening, now)) == "ouvert"


def _soon(schedule: Schedule, opening: str, now: datetime | None) -> bool:
    slot = _slot(schedule, opening, now)
    if slot is not None:
        return schedule.open_during(slot[0], slot[0] + _SOON)
    return schedule.next_opening(instant_of(opening, now), within=_SOON) is not None


def instant_of(opening: str, now: datetime | None) -> datetime:
    """
    The instant an opening names.

    Examples
    --------
    >>> instant_of("2026-11-20T10:00", None)
    datetime.datetime(2026, 11, 20, 10, 0)
    """
    if opening != "maintenant":
        return datetime.fromisoformat(opening)
    if now is None:
        message = "'maintenant' needs the instant of the question"
        raise ValueError(message)
    return now


def _slot(schedule: Schedule, opening: str, now: datetime | None) -> tuple[datetime, datetime] | None:
    """Local begin and end of a weekly slot, in the seven days from today on; None when the opening is an instant."""
    if opening[:3] not in DAYS or opening[3:4] != ":":
        return None
    if now is None:
        message = f"{opening!r} needs the instant of the question"
        raise ValueError(message)
    today = schedule.local(now)
    ahead = (DAYS.index(opening[:3]) - today.weekday()) % 7
    start, end = opening[4:].split("-")
    midnight = datetime(today.year, today.month, today.day) + timedelta(days=ahead)
    begins, ends = (midnight + timedelta(hours=int(part[:2]), minutes=int(part[3:])) for part in (start, end))
    return begins, ends
