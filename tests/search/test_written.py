"""Answers whose places are written once are the answers themselves, to the byte."""

from __future__ import annotations

from datetime import timedelta

import orjson
from hypothesis import given

from mediation_geo.search import Need, PlaceIndex, answer, answer_to_send
from tests.search.drawn import INSTANTS, needs, places

HERE = {"lon": 3.87, "lat": 43.61}


@given(table=places(max_size=12), need=needs(), at=INSTANTS)
def test_an_answer_to_send_is_the_answer_to_the_byte(table, need, at):
    index = PlaceIndex.from_places(table)
    assert orjson.dumps(answer_to_send(index, need, at=at, **HERE)) == orjson.dumps(answer(index, need, at=at, **HERE))


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
