"""Opening hours as sources write them: what is made readable, and what stays unknown."""

from __future__ import annotations

import json
from collections import Counter

import opening_hours
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.search.repair import repair_hours


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Mo-Fr 09:00-12:00 14:00-17:00", "Mo-Fr 09:00-12:00,14:00-17:00"),
        ("Mo-Fr 09:00-12:00;", "Mo-Fr 09:00-12:00"),
        ("Mo-Fr 09:00-12:00; ; Sa 10:00-12:00,", "Mo-Fr 09:00-12:00; Sa 10:00-12:00"),
        ("Mo–Fr 09:00 – 12:00", "Mo-Fr 09:00-12:00"),
        ("Lu-Ve 09:00-12:00", "Mo-Fr 09:00-12:00"),
        ("Mon-Fri 09:00-12:00", "Mo-Fr 09:00-12:00"),
        ("Mo-Fr 9h-12h", "Mo-Fr 09:00-12:00"),
        ("Mo-Fr 9-12", "Mo-Fr 09:00-12:00"),
        ("Mo-Fr 09.00-12.00", "Mo-Fr 09:00-12:00"),
        ("Mo 09:00-12:00 Tu 14:00-17:00", "Mo 09:00-12:00; Tu 14:00-17:00"),
        ("Mo-Fr 09:00-12:00/14:00-17:00", "Mo-Fr 09:00-12:00,14:00-17:00"),
        ("Mo-Sun 00:00-00:00", "24/7"),
        ("Tu-Th-Fr 14:00-18:00", "Tu,Th,Fr 14:00-18:00"),
        ("Du lundi au vendredi : de 8h30 - 12h30 et de 13h30 - 18h45", "Mo-Fr 08:30-12:30,13:30-18:45"),
        ("Mar, Jeu et Ven : 13-18h et Mer et Sam : 10-18h", "Tu,Th,Fr 13:00-18:00; We,Sa 10:00-18:00"),
        ("<ul><li>mardi 14H00-17H45</li><li>mercredi 15H00-17H45</li></ul>", "Tu 14:00-17:45; We 15:00-17:45"),
        # a part that cannot be read is unknown on its days, and only there
        ("Mo-Fr 09:00-12:00; Tu 09:00-12:00-13:30", "Mo-Fr 09:00-12:00; Tu unknown"),
        ("We-Sa 09:30-12:30; Mo,Tu :undefined-16:00", "We-Sa 09:30-12:30; Mo,Tu unknown"),
        # accepted by the grammar, but not meant
        ("Mo-Fr 12:00-09:00", "Mo-Fr unknown"),
        ("Mo-Fr", "Mo-Fr unknown"),
        # never guessed
        ("9h à 12h / 14h à 18h", None),
        ("sur rendez-vous", None),
        ('"sur rendez-vous"', None),
        ("Une fois par mois", None),
        ("Vendredi matin sur RDV 1 fois par mois", None),
        ("Mo,Fr :undefined-undefined:undefined", None),
        ("", None),
    ],
)
def test_hours_are_made_readable_or_left_unknown(raw, text):
    assert repair_hours(raw).text == text


def test_readable_hours_are_left_as_they_are():
    for raw in ("Mo-Fr 09:00-12:00,14:00-18:00", "Mo[1] 14:00-16:00; PH off", "24/7", "Fr 20:00-02:00", "Mo-Fr 09:00+"):
        assert repair_hours(raw) == (raw, (), True)


def test_the_rules_that_were_needed_are_told():
    assert repair_hours("Lundi 9h-12h;").rules == ("separators", "days", "times")
    assert not repair_hours("Mo-Fr 09:00-12:00; Tu 10:00").complete


@given(raw=st.text(max_size=60) | st.text(alphabet='MoTuWeFrLundi 0123456789:-h,;/àPHS"', max_size=40))
def test_no_text_breaks_the_repair_and_what_it_gives_can_be_read(raw):
    repaired = repair_hours(raw)
    assert repaired.text is None or opening_hours.validate(repaired.text)


@given(raw=st.sampled_from(["Lundi au vendredi 9h-12h / 14h-17h30", "Mo-Fr 09:00-12:00; Sa 10:00", "Mo-Fr", "Mar : 9-11h"]))
def test_repairing_twice_changes_nothing_more(raw):
    once = repair_hours(raw).text
    assert repair_hours(once or "").text == once


def real_hours(folder) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in sorted((folder / "places").rglob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(rows, list):
            found.update(str(row["horaires"]) for row in rows if isinstance(row, dict) and row.get("horaires"))
    return found


def test_98_of_100_hours_of_the_real_files_can_be_read(shared_data):
    hours = real_hours(shared_data)
    total = sum(hours.values())
    read = sum(count for raw, count in hours.items() if repair_hours(raw).text is not None)
    assert total > 20_000
    assert read / total >= 0.98, f"{read} of {total}"
