"""Answers whose places are written once are the answers themselves, to the byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.search import Need, PlaceIndex, answer, answer_to_send
from tests.search.drawn import INSTANTS, needs, places

HERE = {"lon": 3.87, "lat": 43.61}

# What has to be escaped in JSON, what a message cannot say, and lengths at which a message drops its hours or cuts a name.
TEXTS = (
    st.none()
    | st.text(max_size=20)
    | st.sampled_from(['a "b" \\ c', "ligne\nautre\tfin", "\x01\u2028", "Ζωή", "x" * 60, "é" * 200])
)


@given(table=places(max_size=12), texts=st.lists(TEXTS, min_size=1, max_size=12), need=needs(), at=INSTANTS)
def test_whatever_places_are_called_an_answer_to_send_is_the_answer_to_the_byte(table, texts, need, at):
    for shift, name in enumerate(("nom", "adresse", "commune", "prise_rdv")):
        table[name] = pd.Series([texts[(row + shift) % len(texts)] for row in range(len(table))], dtype="str")
    index = PlaceIndex.from_places(table)
    assert orjson.dumps(answer_to_send(index, need, at=at, **HERE)) == orjson.dumps(answer(index, need, at=at, **HERE))


def test_a_name_of_any_length_is_written():
    index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a"], "nom": ["x" * 40_000], "lon": [3.87], "lat": [43.61]}))
    asked = {"at": datetime(2026, 11, 20, 10, tzinfo=UTC), **HERE}
    assert orjson.dumps(answer_to_send(index, Need(), **asked)) == orjson.dumps(answer(index, Need(), **asked))


@given(table=places(max_size=12), at=INSTANTS)
def test_chosen_properties_and_help_at_a_distance_are_the_same_to_the_byte(table, at):
    index = PlaceIndex.from_places(table)
    for need in (Need(champs=("nom", "horaires")), Need(a_distance="seulement"), Need(accueil=("surdite",), lang="facile")):
        assert orjson.dumps(answer_to_send(index, need, at=at, **HERE)) == orjson.dumps(answer(index, need, at=at, **HERE))


@given(table=places(max_size=12), need=needs(), at=INSTANTS)
def test_an_index_prepared_for_one_minute_answers_rightly_in_the_next(table, need, at):
    prepared, plain = PlaceIndex.from_places(table), PlaceIndex.from_places(table)
    prepared.prepare(at=at)
    later = at + timedelta(minutes=1)
    assert orjson.dumps(answer_to_send(prepared, need, at=later, **HERE)) == orjson.dumps(answer(plain, need, at=later, **HERE))
