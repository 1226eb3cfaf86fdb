"""Open, closed or unknown: sixty schedules at one instant each, then what a change and a week look like."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.search.schedule import Schedule, Territory

ZONES = {
    "974": "Indian/Reunion", "976": "Indian/Mayotte", "971": "America/Guadeloupe", "972": "America/Martinique",
    "973": "America/Cayenne", "975": "America/Miquelon", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
}  # fmt: skip
WEEK = "Mo-Fr 09:00-12:00,14:00-18:00"
OFF = "Mo-Sa 09:00-12:00; PH off"


def schedule(text: str, departement: str = "75") -> Schedule:
    zone = ZONES.get(departement, "Europe/Paris")
    return Schedule(text, Territory.of(timezone=zone, code_departement=departement))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


CASES = [
    # an ordinary week; an instant without a zone is local
    (WEEK, "75", datetime(2026, 11, 20, 9, 0), "ouvert"),
    (WEEK, "75", datetime(2026, 11, 20, 8, 59), "ferme"),
    (WEEK, "75", datetime(2026, 11, 20, 11, 59), "ouvert"),
    (WEEK, "75", datetime(2026, 11, 20, 12, 0), "ferme"),
    (WEEK, "75", datetime(2026, 11, 20, 13, 0), "ferme"),
    (WEEK, "75", datetime(2026, 11, 21, 10, 0), "ferme"),
    # the zone of the place decides, not that of the server
    ("Mo-Fr 09:00-10:00", "75", utc(2026, 11, 20, 9, 30), "ferme"),
    ("Mo-Fr 09:00-10:00", "75", utc(2026, 11, 20, 8, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "974", utc(2026, 11, 20, 5, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "974", utc(2026, 11, 20, 8, 30), "ferme"),
    ("Mo-Fr 09:00-10:00", "976", utc(2026, 11, 20, 6, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "971", utc(2026, 11, 20, 13, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "972", utc(2026, 11, 20, 13, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "973", utc(2026, 11, 20, 12, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "975", utc(2026, 11, 20, 12, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "987", utc(2026, 11, 20, 19, 30), "ouvert"),
    ("Mo-Fr 09:00-10:00", "988", utc(2026, 11, 19, 22, 30), "ouvert"),
    # public holidays: what the schedule says holds, and silence is unknown while it would be open
    (OFF, "75", datetime(2026, 11, 11, 10, 0), "ferme"),
    (OFF, "75", datetime(2026, 5, 8, 10, 0), "ferme"),
    (OFF, "75", datetime(2026, 11, 12, 10, 0), "ouvert"),
    (WEEK, "75", datetime(2026, 11, 11, 10, 0), "inconnu"),
    (WEEK, "75", datetime(2026, 5, 8, 10, 0), "inconnu"),
    (WEEK, "75", datetime(2026, 11, 11, 20, 0), "ferme"),
    (WEEK, "75", datetime(2026, 8, 15, 10, 0), "ferme"),
    ("Mo-Fr 09:00-12:00; PH 10:00-11:00", "75", datetime(2026, 11, 11, 10, 30), "ouvert"),
    ("Mo-Fr 09:00-12:00; PH 10:00-11:00", "75", datetime(2026, 11, 11, 9, 30), "ferme"),
    ("Mo-Fr,PH 09:00-12:00", "75", datetime(2026, 11, 11, 10, 0), "ouvert"),
    ("Mo-Fr 09:00-12:00; Sa,PH off", "75", datetime(2026, 7, 14, 10, 0), "ferme"),
    ("24/7", "75", datetime(2026, 11, 11, 3, 0), "ouvert"),
    # regional holidays
    (OFF, "67", datetime(2026, 12, 26, 10, 0), "ferme"),
    (OFF, "57", datetime(2026, 4, 3, 10, 0), "ferme"),
    (OFF, "75", datetime(2026, 12, 26, 10, 0), "ouvert"),
    (OFF, "75", datetime(2026, 4, 3, 10, 0), "ouvert"),
    (WEEK, "68", datetime(2026, 4, 3, 10, 0), "inconnu"),
    (OFF, "974", datetime(2027, 12, 20, 10, 0), "ferme"),
    (OFF, "971", datetime(2026, 5, 27, 10, 0), "ferme"),
    (OFF, "972", datetime(2026, 5, 22, 10, 0), "ferme"),
    (OFF, "973", datetime(2026, 6, 10, 10, 0), "ferme"),
    (OFF, "976", datetime(2026, 4, 27, 10, 0), "ferme"),
    (OFF, "974", datetime(2026, 5, 22, 10, 0), "ouvert"),
    # school holidays, by zone; without a table they are unknown where it matters
    ("Mo-Fr 09:00-12:00; SH off", "34", datetime(2026, 10, 20, 10, 0), "ferme"),
    ("Mo-Fr 09:00-12:00; SH off", "34", datetime(2026, 10, 6, 10, 0), "ouvert"),
    ("SH Mo-Fr 10:00-12:00", "34", datetime(2026, 10, 20, 10, 30), "ouvert"),
    ("SH Mo-Fr 10:00-12:00", "34", datetime(2026, 10, 24, 10, 30), "ferme"),
    ("SH Mo-Fr 10:00-12:00", "34", datetime(2026, 10, 6, 10, 30), "ferme"),
    ("Mo-Fr 09:00-12:00; SH off", "75", datetime(2027, 2, 10, 10, 0), "ferme"),
    ("Mo-Fr 09:00-12:00; SH off", "69", datetime(2027, 2, 10, 10, 0), "ouvert"),
    ("Mo-Fr 09:00-12:00; SH off", "2A", datetime(2026, 10, 20, 10, 0), "inconnu"),
    ("Mo-Fr 09:00-12:00; SH off", "974", datetime(2026, 10, 20, 20, 0), "ferme"),
    ("Mo-Fr 09:00-12:00; SH off", "34", datetime(2029, 10, 23, 10, 0), "inconnu"),
    # nights, months, weeks, numbered days
    ("Fr 20:00-02:00", "75", datetime(2026, 11, 21, 1, 0), "ouvert"),
    ("Fr 20:00-02:00", "75", datetime(2026, 11, 22, 1, 0), "ferme"),
    ("Jul-Aug Mo-Fr 10:00-12:00", "75", datetime(2026, 7, 15, 10, 30), "ouvert"),
    ("Jul-Aug Mo-Fr 10:00-12:00", "75", datetime(2026, 9, 15, 10, 30), "ferme"),
    ("Mo[1] 14:00-16:00", "75", datetime(2026, 12, 7, 15, 0), "ouvert"),
    ("Mo[1] 14:00-16:00", "75", datetime(2026, 12, 14, 15, 0), "ferme"),
    ("week 01-53/2 Tu 09:00-12:00", "75", datetime(2026, 11, 17, 10, 0), "ouvert"),
    ("week 01-53/2 Tu 09:00-12:00", "75", datetime(2026, 11, 24, 10, 0), "ferme"),
    # the days on which the clock changes
    ("Su 01:00-05:00", "75", utc(2026, 3, 29, 2, 30), "ouvert"),
    ("Su 01:00-05:00", "75", utc(2026, 3, 29, 3, 30), "ferme"),
    ("Su 01:00-05:00", "75", utc(2026, 10, 25, 3, 30), "ouvert"),
    ("Su 01:00-05:00", "75", utc(2026, 10, 25, 4, 30), "ferme"),
    # what nobody can know
    ("sur rendez-vous", "75", datetime(2026, 11, 20, 10, 0), "inconnu"),
    ('"sur rendez-vous"', "75", datetime(2026, 11, 20, 10, 0), "inconnu"),
    ("Mo-Fr", "75", datetime(2026, 11, 20, 3, 0), "inconnu"),
    ("Mo-Fr 12:00-09:00", "75", datetime(2026, 11, 20, 3, 0), "inconnu"),
    ("Mo-Fr 09:00-12:00; Sa 10:00", "75", datetime(2026, 11, 21, 10, 0), "inconnu"),
    ("Mo-Fr 09:00-12:00; Sa 10:00", "75", datetime(2026, 11, 20, 10, 0), "ouvert"),
    ("Lundi au vendredi 9h-12h / 14h-17h30", "75", datetime(2026, 11, 20, 17, 0), "ouvert"),
]


@pytest.mark.parametrize(("text", "departement", "instant", "expected"), CASES)
def test_a_place_is_open_closed_or_unknown_at_an_instant(text, departement, instant, expected):
    assert schedule(text, departement).state(instant) == expected


@pytest.mark.parametrize(
    ("text", "departement", "instant", "expected"),
    [
        (WEEK, "75", datetime(2026, 11, 20, 10, 0), datetime(2026, 11, 20, 12, 0)),
        (WEEK, "75", datetime(2026, 11, 20, 19, 0), datetime(2026, 11, 23, 9, 0)),
        # the day before a holiday that the schedule does not mention: the next change is to "unknown"
        (WEEK, "75", datetime(2026, 11, 10, 19, 0), datetime(2026, 11, 11, 9, 0)),
        (OFF, "75", datetime(2026, 11, 10, 19, 0), datetime(2026, 11, 12, 9, 0)),
        ("24/7", "75", datetime(2026, 11, 10, 19, 0), None),
        ("illisible", "75", datetime(2026, 11, 10, 19, 0), None),
        ("Sa 22:00-04:00", "75", datetime(2026, 10, 24, 23, 0), datetime(2026, 10, 25, 4, 0)),
    ],
)
def test_the_next_change_is_told_in_local_time(text, departement, instant, expected):
    change = schedule(text, departement).next_change(instant)
    assert (None if change is None else change.replace(tzinfo=None)) == expected


def test_a_week_shows_spans_nights_holidays_and_what_is_unknown():
    week = schedule("Mo-Th 09:00-12:00,14:00-18:00; Fr 20:00-02:00; Su unknown").week(datetime(2026, 11, 9, 15, 0))
    assert [(each.state, each.spans, each.public_holiday) for each in week] == [
        ("ouvert", (("09:00", "12:00"), ("14:00", "18:00")), False),
        ("ouvert", (("09:00", "12:00"), ("14:00", "18:00")), False),
        ("inconnu", (), True),
        ("ouvert", (("09:00", "12:00"), ("14:00", "18:00")), False),
        ("ouvert", (("20:00", "02:00"),), False),
        ("ferme", (), False),
        ("inconnu", (), False),
    ]


def test_a_place_that_never_closes_is_shown_day_by_day():
    week = schedule("24/7").week(datetime(2026, 11, 9, 15, 0))
    assert {each.spans for each in week} == {(("00:00", "24:00"),)}


TEXTS = st.sampled_from([WEEK, OFF, "24/7", "Fr 20:00-02:00", "SH Mo-Fr 10:00-12:00", "Mo-Fr 09:00-12:00; SH off", "Sa 10:00"])
DEPARTEMENTS = st.sampled_from(["75", "67", "974", "987", "2A"])
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(text=TEXTS, departement=DEPARTEMENTS, instant=INSTANTS)
def test_nothing_changes_before_the_next_change_and_something_does_then(text, departement, instant):
    subject = schedule(text, departement)
    state, change = subject.state(instant), subject.next_change(instant)
    until = instant + timedelta(days=10) if change is None else change.astimezone(UTC)
    step = (until - instant) / 7
    assert {subject.state(instant + number * step) for number in range(7)} == {state}
    if change is not None:
        assert subject.state(change) != state


@given(text=TEXTS, departement=DEPARTEMENTS, instant=INSTANTS)
def test_the_next_opening_is_the_first_instant_of_being_open(text, departement, instant):
    subject = schedule(text, departement)
    opening = subject.next_opening(instant, within=timedelta(hours=48))
    probes = [instant + timedelta(minutes=30 * number) for number in range(96)]
    open_probes = [probe for probe in probes if subject.state(probe) == "ouvert"]
    if opening is None:
        assert not open_probes
    else:
        assert subject.state(opening) == "ouvert"
        assert not open_probes or opening <= open_probes[0]


@given(text=TEXTS, departement=DEPARTEMENTS, day=st.dates(date(2026, 1, 1), date(2027, 12, 1)))
def test_the_week_says_what_the_instants_say(text, departement, day):
    subject = schedule(text, departement)
    shown = subject.week(datetime(day.year, day.month, day.day, 12))[0]
    for start, end in shown.spans:
        opening = datetime.combine(day, datetime.strptime(start, "%H:%M").time())
        assert subject.state(opening) == "ouvert"
        if end != "24:00" and end > start:
            assert subject.state(datetime.combine(day, datetime.strptime(end, "%H:%M").time())) != "ouvert"
    if shown.state == "ferme":
        noon = datetime.combine(day, datetime.min.time())
        assert all(subject.state(noon + timedelta(hours=hour)) != "ouvert" or hour < 3 for hour in range(24))


@given(text=TEXTS, departement=DEPARTEMENTS, instant=INSTANTS)
def test_one_look_says_what_the_single_questions_say(text, departement, instant):
    subject = schedule(text, departement)
    look = subject.look(instant, soon=timedelta(hours=48))
    assert look.state == subject.state(instant)
    assert look.changes_at == subject.next_change(instant)
    assert look.opens_at == subject.next_opening(instant, within=timedelta(hours=48, microseconds=1))
