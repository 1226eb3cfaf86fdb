"""Too few places: the question is widened in order, says so, and nothing else is loosened."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from mediation_geo.search import Need, PlaceIndex, answer
from mediation_geo.search.criteria import criteria_of
from mediation_geo.search.relax import relaxations, relaxed
from tests.search.drawn import INSTANTS, needs, places

HERE = {"lon": 3.87, "lat": 43.61}
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@given(table=places(), need=needs(), at=INSTANTS)
def test_asking_the_widened_question_strictly_gives_the_same_places(table, need, at):
    index = PlaceIndex.from_places(table)
    found = answer(index, need, at=at, **HERE)
    search = found["recherche"]
    widened = dict(search["demande"])
    for step in search["elargissements"]:
        # What is reported is what was changed: value by value, in order.
        assert widened.get(step["critere"], step["de"]) == step["de"]
        widened[step["critere"]] = step["a"]
    if search["elargissements"]:
        assert Need(**widened).asked() == search["demande_elargie"]
    again = answer(index, Need(**{**widened, "elargir": "jamais"}), at=at, **HERE)
    assert [each["id"] for each in again["features"]] == [each["id"] for each in found["features"]]


@given(table=places(), need=needs(), at=INSTANTS)
def test_nothing_widened_stands_above_what_fits_entirely(table, need, at):
    index = PlaceIndex.from_places(table)
    outcome = relaxed(index, need, at=at, **HERE)
    fitting = relaxed(index, need.model_copy(update={"elargir": "jamais"}), at=at, **HERE).found.rows
    levels = [criterion.levels(index.facts, fitting) for criterion in criteria_of(need, at)]
    strict = fitting[np.all(np.array(levels) == 0, axis=0)].tolist()
    found = outcome.found.rows.tolist()
    assert found[: outcome.strict] == strict
    assert len(found) <= need.k


@given(table=places(), need=needs(), at=INSTANTS)
def test_never_relaxed_criteria_hold_for_every_place_shown(table, need, at):
    index = PlaceIndex.from_places(table)
    found = answer(index, need, at=at, **HERE)
    shown = [*found["features"], *found["a_distance"]]
    rows = np.array([index.place_ids.tolist().index(each["id"]) for each in shown], dtype=np.int64)
    never = {"sans_public", "accueil", "langue", "public", "contact", "dispositif", "fauteuil", "source", "maj_depuis"}
    for criterion in criteria_of(need, at):
        if criterion.name in never:
            assert (criterion.levels(index.facts, rows) == 0).all()
    for each in shown:
        assert "Ce lieu n'accueille pas de public" not in each["properties"]["acces"]["modalites"]


@given(table=places(), need=needs(), at=INSTANTS)
def test_the_counts_are_those_of_a_count_by_hand(table, need, at):
    index = PlaceIndex.from_places(table)
    found = answer(index, need, at=at, **HERE)
    counts = found["recherche"]["compte"]
    inside = index.within(**HERE, radius_m=1000 * found["recherche"]["rayon_utilise_km"])
    assert counts["dans_rayon"] == len(inside)
    rows = np.array([index.place_ids.tolist().index(each) for each in inside.place_id], dtype=np.int64)
    fits = np.ones(len(rows), dtype=bool)
    for criterion in criteria_of(need, at):
        passed = criterion.levels(index.facts, rows) == 0
        fits &= passed
        name = {"ouvert": "ferme", "maj_depuis": "trop_ancien"}.get(criterion.name, criterion.name)
        assert counts["exclus"].get(name, 0) == int((~passed).sum())
    assert counts["stricts"] == int(fits.sum())


def test_the_order_of_the_steps_is_the_published_one():
    need = Need(besoin="demarches,equiper", rayon=5, ouvert="maintenant", sans_rdv="oui", gratuit="oui", accompagnement="atelier")
    assert [(step.criterion, step.after) for step, _ in relaxations(need)] == [
        ("rayon", 10),
        ("rayon", 20),
        ("rayon", 40),
        ("rayon", 50),
        ("rayon", 100),
        ("ouvert", ["maintenant", "~48h"]),
        ("ouvert", ["maintenant", "~48h", "~indifferent"]),
        ("sans_rdv", ["oui", "~rdv"]),
        ("gratuit", ["oui", "~inconnu"]),
        ("gratuit", ["oui", "~inconnu", "~conditions"]),
        ("accompagnement", ["atelier", "~indifferent"]),
        ("besoin_requis", "~un"),
    ]


def network(**columns: list[object]) -> PlaceIndex:
    count = len(next(iter(columns.values())))
    frame = pd.DataFrame(
        {
            "place_id": [f"p{number}" for number in range(count)],
            "longitude": [3.87 + 0.01 * number for number in range(count)],
            "latitude": [43.61] * count,
            **columns,
        }
    )
    return PlaceIndex.from_places(frame)


def ids(index: PlaceIndex, need: Need, at: datetime = FRIDAY) -> list[str]:
    return [each["id"] for each in answer(index, need, at=at, **HERE)["features"]]


def test_every_step_is_reported_and_can_be_asked_again():
    index = network(
        services=[["Aide aux démarches administratives"]],
        longitude=[4.6],
        frais_a_charge=[["Gratuit sous condition"]],
        telephone=["+33467000001"],
    )
    need = Need(besoin="demarches,equiper", rayon=5, ouvert="maintenant", sans_rdv="oui", gratuit="oui", accompagnement="atelier")
    search = answer(index, need, at=FRIDAY, **HERE)["recherche"]
    assert [step["critere"] for step in search["elargissements"]] == [step.criterion for step, _ in relaxations(need)]
    assert ids(index, Need(**{**search["demande_elargie"], "elargir": "jamais"})) == ["p0"]


def test_what_is_listed_is_an_alternative_and_what_is_marked_ranks_after():
    index = network(frais_a_charge=[["Gratuit sous condition"], None, ["Gratuit"]])
    assert ids(index, Need(gratuit="oui,inconnu,conditions")) == ["p0", "p1", "p2"]
    assert ids(index, Need(gratuit="oui,~inconnu,~conditions")) == ["p2", "p1", "p0"]


def test_two_conditions_of_a_person_need_both():
    index = network(prise_en_charge_specifique=[["Surdité"], ["Surdité", "Illettrisme"], ["Illettrisme"]])
    assert ids(index, Need(accueil="surdite,illettrisme")) == ["p1"]


def test_an_open_place_stands_above_nearer_ones_that_open_later():
    index = network(horaires=["Sa 09:00-12:00", None, "Mo-Fr 09:00-18:00"])
    assert ids(index, Need(ouvert="maintenant")) == ["p2", "p0", "p1"]


def test_a_closed_place_is_not_shown_when_widening_is_forbidden():
    index = network(horaires=["Sa 09:00-12:00", None, "Mo-Fr 09:00-18:00"])
    assert ids(index, Need(ouvert="maintenant", elargir="jamais")) == ["p2"]


def test_free_comes_before_unknown_before_conditions_and_never_paid():
    index = network(frais_a_charge=[["Payant"], ["Gratuit sous condition"], None, ["Gratuit"]])
    assert ids(index, Need(gratuit="oui")) == ["p3", "p2", "p1"]


def test_a_place_for_all_needs_stands_above_places_for_one():
    first, second = "Aide aux démarches administratives", "Insertion professionnelle via le numérique"
    index = network(services=[[first], [second], [first, second]])
    assert ids(index, Need(besoin="demarches,emploi")) == ["p2", "p0", "p1"]


def test_a_preference_for_free_orders_places_of_the_same_building_only():
    index = network(frais_a_charge=[["Payant"], None, ["Gratuit"]], longitude=[3.87, 3.87, 3.88])
    assert ids(index, Need()) == ["p0", "p1", "p2"]
    index = network(frais_a_charge=[["Payant"], None, ["Gratuit"]], longitude=[3.87, 3.87, 3.87])
    assert ids(index, Need(k=1)) == ["p2"]


def test_enough_strict_results_are_not_widened():
    index = network(frais_a_charge=[["Gratuit"]] * 3 + [None] * 3)
    assert ids(index, Need(gratuit="oui")) == ["p0", "p1", "p2"]


@pytest.mark.parametrize("value", ["oui", "oui,inconnu"])
def test_a_step_that_finds_nothing_is_not_reported(value):
    index = network(frais_a_charge=[["Payant"], ["Gratuit"]])
    found = answer(index, Need(gratuit=value), at=FRIDAY, **HERE)
    assert found["recherche"]["elargissements"] == []
