"""Opening hours as producers write them become OSM syntax, or stay unread: never half right."""

from __future__ import annotations

import opening_hours
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.ingest.clean.hours import _read_text, normalise_osm
from mediation_geo.ingest.clean.prose import read_day, read_prose
from mediation_geo.ingest.clean.week import format_week, pair_times

READ = {
    "Du lundi au vendredi de 8h15 à 12h00 et de 14h15 à 17h00": "Mo-Fr 08:15-12:00,14:15-17:00",
    "9h-12h et 14h-17h du lundi au vendredi": "Mo-Fr 09:00-12:00,14:00-17:00",
    "Lundi : 15h18h / Mardi : 10h-12h30 - 15h-18h": "Mo 15:00-18:00; Tu 10:00-12:30,15:00-18:00",
    "Lun au jeu: 8h30/12h 14h/17h ven: 8h/12h 14h/16h": "Mo-Th 08:30-12:00,14:00-17:00; Fr 08:00-12:00,14:00-16:00",
    "Mardi : 15h à18h30 Mercredi : 9h30 à 12h30": "Tu 15:00-18:30; We 09:30-12:30",
    "Lundi-mercredi-vendredi 9h-12h": "Mo 09:00-12:00; We 09:00-12:00; Fr 09:00-12:00",
    "tous les mardi de 9h à 12h et de 13h à 17h": "Tu 09:00-12:00,13:00-17:00",
    "tous les jours 9h-17h": "Mo-Fr 09:00-17:00",
    "La semaine de 9h00 à 12h30, le samedi de 9h00 à 12h00": "Mo-Fr 09:00-12:30; Sa 09:00-12:00",
    "Lundi 9h à 12h Mardi fermé Mercredi 9h-12h": "Mo 09:00-12:00; We 09:00-12:00",
    "Lundi à vendredi 9h-18h sauf mercredi": "Mo-Tu 09:00-18:00; Th-Fr 09:00-18:00",
    "Du lundi au mardi de 9h à 12h et de 14h à 17h, fermé le mardi après-midi": "Mo 09:00-12:00,14:00-17:00; Tu 09:00-12:00",
    "Mar à ven : 10h/17h mer : 10h/18h": "Tu 10:00-17:00; We 10:00-18:00; Th-Fr 10:00-17:00",
    "Lundi au vendredi, 9h à 12h30 (17h00 pendant les vacances scolaires)": "Mo-Fr 09:00-12:30",
    "lundi de 10h à midi": "Mo 10:00-12:00",
    "Horaires d’ouverture : du lundi au vendredi de 9h à 12h.": "Mo-Fr 09:00-12:00",
    "Lundi au mardi 8h-12h 13h-17h sauf le mardi 8h-12h 13h-16h30": "Mo 08:00-12:00,13:00-17:00; Tu 08:00-12:00,13:00-16:30",
    "Lundi : 9h-12h\nMardi : Fermé au public le matin / 14h-17h": "Mo 09:00-12:00; Tu 14:00-17:00",
    "Du lundi au vendredi 9h-12h. De nombreux services offerts dont borne de visio.": "Mo-Fr 09:00-12:00",
    "du lundi au vendredi, de 9h à 12h. Fermé les jours fériés et les trois premières semaines d'août.": "Mo-Fr 09:00-12:00",
    "Lundi 9h-12h Mercredi (uniquement sur rendez-vous) : 9h-12h": "Mo 09:00-12:00; We 09:00-12:00",
    "Lundi : 14H - 17HMardi : 9H30 - 12HVendredi : 9H30 - 12H": "Mo 14:00-17:00; Tu 09:30-12:00; Fr 09:30-12:00",
    "Espace ouvert de 8h30 à 19h du lundi au vendredi; en soirée sur rendez-vous": "Mo-Fr 08:30-19:00",
    "Les deuxième et quatrième jeudis du mois de 14h à 17h": "Th[2,4] 14:00-17:00",
    "Mo 09:00-12:30, 14:00-16:30;Tu 9h30-12h": "Mo 09:00-12:30,14:00-16:30; Tu 09:30-12:00",
    "Tu,Th 15:00-19:00, We 10:00-12:00": "Tu,Th 15:00-19:00; We 10:00-12:00",
    "Mo-Sun 00:00-00:00": "24/7",
    "Tu 18:00-18:00; We 10:00-18:00": "We 10:00-18:00",
}
NOT_READ = [
    "Sur rendez-vous",
    "Un mercredi sur deux de 9h à 12h",
    "Les mardis toutes les trois semaines de 14h à 17h",
    "Lundi au vendredi : 9h à 18h (lundi et jeudi matin fermé)",
    "Hiver : lundi 9h-12h Eté : lundi 9h-11h",
    "lundi à partir de 14h",
    "lundi 14h-12h",
    "lundi 9h-12h lundi 10h-11h",
    "Se rapprocher de l'organisme",
    "02 41 73 44 22",
    "9h-12h",
    "Tous les jours sauf lundi 9h-12h",
    "9h-12h du lundi au vendredi sauf mercredi 10h-12h",
    "Lundi 9h-12h ; samedi 10h-12h (2e et 4e du mois)",
    "Mardis et vendredis de 16h à 18h. En saison uniquement.",
    "Lundi 9h-12h. Ouvert une semaine sur deux.",
]


@pytest.mark.parametrize("text", READ)
def test_hours_that_are_clear_are_read(text):
    assert _read_text(text)[0] == READ[text]
    assert opening_hours.validate(READ[text])


@pytest.mark.parametrize("text", NOT_READ)
def test_hours_that_are_not_clear_stay_unread(text):
    assert _read_text(text)[0] is None


@pytest.mark.parametrize("text", READ)
def test_hours_in_osm_syntax_stay_as_they_are(text):
    assert normalise_osm(READ[text]) == READ[text]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("09:00 - 12:00 / 13:30 - 17:30", ((540, 720), (810, 1050))),
        ("9h00–12h00", ((540, 720),)),
        ("8h30-12h", ((510, 720),)),
        ("9h12h", ((540, 720),)),
        ("08:45-16:30,08:45-16:30", ((525, 990),)),
        ("Fermé", ()),
        ("-", ()),
        ("x", ()),
    ],
)
def test_a_day_is_read_from_its_cell(cell, expected):
    ranges, _ = read_day(cell)
    assert ranges == expected


DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@given(
    st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 95), min_size=2, max_size=4, unique=True).map(sorted), min_size=1)
)
def test_a_week_written_in_french_is_read_back(quarters):
    week = {day: ranges for day, marks in quarters.items() if (ranges := pair_times(mark * 15 for mark in marks))}
    text = " ; ".join(
        f"{DAYS[day]} {' et '.join(f'{a // 60}h{a % 60:02d} à {b // 60}h{b % 60:02d}' for a, b in week[day])}"
        for day in sorted(week)
    )
    reading = read_prose(text)
    assert (reading.week if reading else {}) == week
    if week:
        assert opening_hours.validate(format_week(week))
        assert normalise_osm(format_week(week)) == format_week(week)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_and_what_it_reads_is_valid(text):
    found, _ = _read_text(text)
    assert found is None or opening_hours.validate(found)
