"""Every reason can be derived again from the raw row, the question and the instant, by rules written here a second time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from mediation_geo.search import Need, PlaceIndex, answer
from mediation_geo.search.contacts import visible_contacts
from mediation_geo.search.reasons import REASONS
from mediation_geo.search.schedule import Schedule, Territory
from mediation_geo.search.vocabulary import ACCUEILS, LANGUES, PUBLICS
from tests.search.drawn import INSTANTS, needs, places

HERE = {"lon": 3.87, "lat": 43.61}


def derived(row, need: Need, at: datetime, *, nearest: bool) -> set[str]:
    def labels(field):
        return set(row[field] or ())

    asked, offered = set(need.services_asked), labels("services")
    publics, support = labels("publics_specifiquement_adresses"), labels("prise_en_charge_specifique")
    fees, ways = labels("frais_a_charge"), labels("modalites_acces")
    text = row["horaires"] if isinstance(row["horaires"], str) else None
    hours = Schedule(text or "", Territory.of(timezone=row["timezone"], code_departement=row["code_departement"]))
    phone = visible_contacts(row["telephone"] if isinstance(row["telephone"], str) else None, row["courriels"] or []).phone
    age = None if row["date_maj"] != row["date_maj"] else (at.date() - row["date_maj"].date()).days
    from datetime import timedelta

    opening = hours.next_opening(at, within=timedelta(hours=48))
    rules = {
        "need_exact": bool(asked) and asked <= offered,
        "need_partial": bool(asked & offered) and not asked <= offered,
        "free": fees == {"Gratuit"},
        "free_unknown": not fees,
        "walk_in": "Se présenter" in ways,
        "by_appointment": "Prendre un RDV en ligne" in ways or isinstance(row["prise_rdv"], str),
        "reachable_by_phone": phone is not None and ("Téléphoner" in ways or not ways),
        "open_now": hours.state(at) == "ouvert",
        "opens_soon": hours.state(at) == "ferme" and opening is not None,
        "hours_unknown": hours.repaired.text is None,
        "public_targeted": bool({PUBLICS[each] for each in need.public} & publics),
        "public_open_to_all": bool(need.public) and not publics,
        "disability_ok": bool(need.accueil) and {ACCUEILS[each] for each in need.accueil} <= support,
        "language_ok": any(LANGUES[each] in support for each in need.langue if LANGUES[each]),
        "wheelchair_yes": False,
        "nearest_matching": nearest,
        "recent_data": age is not None and age < 6 * 365.2425 / 12,
        "old_data_call_first": age is not None and age > 18 * 365.2425 / 12,
        "position_uncertain": row["position_precision"] in {"street", "locality", "municipality"},
        "emmaus_network": bool(
            {"Emmaüs Connect", "Relais numérique (Emmaüs Connect)"} & labels("dispositif_programmes_nationaux")
        ),
    }
    assert list(rules) == list(REASONS), "the list of codes is closed"
    return {code for code, holds in rules.items() if holds}


@given(table=places(), need=needs(), at=INSTANTS)
def test_every_reason_follows_from_the_raw_row(table, need, at):
    index = PlaceIndex.from_places(table)
    found = answer(index, need, at=at, **HERE)
    met = [each["properties"]["correspondance"] for each in found["features"]]
    kept_as_unknown = {"fauteuil"}
    fitting = [not each["non_remplis"] and set(each["inconnus"]) <= kept_as_unknown for each in met]
    asked_radius = 1000 * (need.rayon or 100)
    strict_found = [
        each
        for each, fits in zip(found["features"], fitting, strict=True)
        if fits and each["properties"]["distance_m"] <= asked_radius
    ]
    distances = [each["properties"]["distance_m"] for each in strict_found]
    rows = table.set_index("place_id")
    for each in [*found["features"], *found["a_distance"]]:
        told = {reason["code"] for reason in each["properties"]["correspondance"]["raisons"]}
        # Of several at the same metre only one is called the nearest: the derivation takes the answer's word which.
        nearest = "nearest_matching" in told
        if nearest:
            assert each["properties"]["distance_m"] == min(distances)
        assert told == derived(rows.loc[each["id"]], need, at, nearest=nearest)
    called = [
        each for each in found["features"]
        if any(reason["code"] == "nearest_matching" for reason in each["properties"]["correspondance"]["raisons"])
    ]  # fmt: skip
    assert len(called) == bool(strict_found)


@pytest.mark.parametrize("lang", ["fr", "facile", "en"])
def test_each_reason_has_a_sentence_in_each_register(lang):
    from mediation_geo.search.reasons import reason_bits, reason_texts

    told = reason_texts(reason_bits(*REASONS), lang=lang)
    assert len({each["texte"] for each in told}) == len(REASONS)


def test_no_reasons_are_given_to_those_who_do_not_want_them():
    import pandas as pd

    index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a"], "lon": [3.87], "lat": [43.61]}))
    at = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    assert answer(index, Need(expliquer=False), at=at, **HERE)["features"][0]["properties"]["correspondance"]["raisons"] == []
