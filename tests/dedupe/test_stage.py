import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.dedupe import Previous, deduplicate
from mediation_geo.dedupe.overrides import OVERRIDE_COLUMNS
from mediation_geo.dedupe.stability import records_of_places
from mediation_geo.standard import LINKS, MEMBERS, PLACES
from tests.dedupe.registers import located, registers

DAY = dt.date(2024, 8, 1)
# A whole night an example: few examples, each worth many.
nights = settings(max_examples=6)
rules = st.sampled_from(["model", "official"])


def _decision(left, right, decision):
    return pd.DataFrame([[left, right, decision, "ana", "2024-08-01", "visited"]], columns=list(OVERRIDE_COLUMNS))


def _pair(**other):
    base = {
        "nom": "France services de Lattes", "adresse": "1 avenue de Montpellier", "commune": "Lattes", "code_insee": "34129",
        "longitude": 3.9046, "latitude": 43.5676, "position_precision": "housenumber", "telephone": "+33467000000",
    }  # fmt: skip
    return located([{**base, "source": "cnfs"}, {**base, "source": "hub", **other}])


def _united(records, **options):
    return len(deduplicate(records, as_of=DAY, **options).places) == 1


@nights
@given(registers(), rules)
def test_every_record_is_in_exactly_one_place(records, rule):
    before = records.copy(deep=True)
    result = deduplicate(records, rule=rule, as_of=DAY)
    pd.testing.assert_frame_equal(records, before)
    assert sorted(result.members["record_id"]) == sorted(records["record_id"])
    told = [each for ids in result.places["source_ids"] for each in ids]
    assert sorted(told) == sorted(records["record_id"])
    assert set(result.members["place_id"]) == set(result.places["place_id"])
    assert list(result.places.columns) == list(PLACES)
    assert list(result.members.columns) == list(MEMBERS)
    assert list(result.links.columns) == list(LINKS)
    assert (result.links["left_record_id"] < result.links["right_record_id"]).all()


@nights
@given(registers(), rules, st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_places(records, rule, random):
    order = list(range(len(records)))
    random.shuffle(order)
    one = deduplicate(records, rule=rule, as_of=DAY)
    other = deduplicate(records.iloc[order].reset_index(drop=True), rule=rule, as_of=DAY)
    pd.testing.assert_frame_equal(one.places.drop(columns="geometry"), other.places.drop(columns="geometry"))
    pd.testing.assert_frame_equal(one.links, other.links)
    pd.testing.assert_frame_equal(one.issues, other.issues)


@nights
@given(registers(), rules)
def test_a_second_night_without_news_changes_nothing(records, rule):
    first = deduplicate(records, rule=rule, as_of=DAY)
    second = deduplicate(records, rule=rule, previous=Previous.from_places(first.places), as_of=DAY + dt.timedelta(days=1))
    pd.testing.assert_frame_equal(first.members, second.members)
    assert second.events.empty
    kept = [name for name in PLACES if name not in ("geometry", "freshness", "last_seen")]
    pd.testing.assert_frame_equal(first.places[kept], second.places[kept])


@nights
@given(registers())
def test_its_own_places_as_records_are_the_same_places(records):
    first = deduplicate(records, as_of=DAY)
    again = deduplicate(records_of_places(first.places, feed="register"), as_of=DAY)
    assert len(again.places) == len(first.places)
    assert again.members["record_id"].str.removeprefix("register/").tolist() == first.places["place_id"].tolist()


def test_places_of_a_published_register_are_never_united_with_each_other():
    twins = _pair().assign(feed="register", id=["wvjskayf4onqs", "a0b1c2d3e4f5g"])
    assert len(deduplicate(twins, as_of=DAY).places) == 2
    assert _united(twins.assign(id=["1", "2"]))
    assert _united(twins, overrides=_decision(*twins["record_id"], "same"))


@nights
@given(registers(), st.sampled_from(["cnfs", "hub", "france-services"]))
def test_a_source_that_leaves_and_comes_back_changes_nothing(records, feed):
    if records["feed"].eq(feed).all():
        return
    first = deduplicate(records, as_of=DAY)
    before = Previous.from_places(first.places, events=first.events)
    without = deduplicate(records[records["feed"].ne(feed)], previous=before, as_of=DAY)
    meanwhile = Previous.from_places(without.places, events=pd.concat([first.events, without.events]))
    again = deduplicate(records, previous=meanwhile, as_of=DAY)
    pd.testing.assert_frame_equal(first.members, again.members)


def test_two_sources_of_one_france_services_become_one_place():
    assert _united(_pair(nom="MSAP Lattes", adresse="1 av. de Montpellier"))


def test_the_town_hall_in_the_same_building_stays_another_place_and_is_linked():
    result = deduplicate(_pair(nom="Mairie de Lattes", telephone="+33467000099"), as_of=DAY)
    assert len(result.places) == 2
    assert result.links["decision"].tolist()[0] in ("located_with", "review")


def test_a_bus_and_its_base_are_two_places():
    assert not _united(_pair(nom="Bus France services de Lattes", itinerance=["Itinérant"], telephone="+33600000000"))


def test_a_shared_phone_alone_unites_nothing():
    elsewhere = {"nom": "Médiathèque Aimé Césaire", "adresse": "3 rue du Port", "longitude": 3.93, "latitude": 43.58}
    assert not _united(_pair(**elsewhere))


def test_a_shared_siret_alone_unites_nothing():
    records = _pair(nom="Centre médico-social du Port", adresse="3 rue du Port", longitude=3.93, latitude=43.58, telephone=None)
    records["pivot"] = "22740001700074"
    assert not _united(records)


def test_an_unknown_position_is_not_near():
    records = located(
        [
            {"source": "cnfs", "nom": "Médiathèque", "adresse": "1 rue Foch", "code_insee": "34172", "commune": "Montpellier"},
            {"source": "hub", "nom": "Fablab", "adresse": "9 quai du Verdanson", "code_insee": "34172", "commune": "Montpellier"},
        ]
    )
    result = deduplicate(records, as_of=DAY)
    assert len(result.places) == 2
    assert result.places.geometry.isna().all()


def test_a_point_that_stands_for_the_commune_does_not_make_neighbours():
    rows = [
        {"source": "cnfs", "nom": "Secours populaire", "adresse": "4 rue des Lilas"},
        {"source": "hub", "nom": "Atelier du Lez", "adresse": "18 rue du Moulin"},
    ]
    place = {
        "code_insee": "34129",
        "commune": "Lattes",
        "longitude": 3.9,
        "latitude": 43.57,
        "position_precision": "municipality",
    }
    result = deduplicate(located([{**row, **place} for row in rows]), as_of=DAY)
    assert len(result.places) == 2
    assert not result.links["decision"].eq("located_with").any()


def test_a_person_can_part_what_the_model_unites_and_unite_what_it_parts():
    same = _pair()
    left, right = same["record_id"]
    assert _united(same)
    assert not _united(same, overrides=_decision(left, right, "different"))
    other = _pair(nom="Mairie de Lattes", telephone=None)
    assert not _united(other)
    assert _united(other, overrides=_decision(left, right, "same"))
    assert _united(other, overrides=_decision(left, right, "same"), rule="official")


def test_a_persons_word_is_told_in_the_link():
    records = _pair()
    links = deduplicate(records, overrides=_decision(*records["record_id"], "different"), as_of=DAY).links
    assert json.loads(links.loc[0, "reasons"])["override"] == "different"
    assert links.loc[0, "decision"] == "review"


def test_copies_of_one_upstream_record_stay_together_when_everything_was_edited():
    records = _pair(nom="Espace numérique", adresse="9 rue du Port", telephone="+33467000042", courriels=None)
    assert len(deduplicate(records, as_of=DAY).places) == 2
    records["id"] = ["62592a1d05457b0790816e6c", "Conseiller-Numérique_62592a1d05457b0790816e6c"]
    result = deduplicate(records, as_of=DAY)
    assert len(result.places) == 1
    assert "upstream_id" in json.loads(result.links.loc[0, "reasons"])


def test_a_shared_mail_box_is_not_published_in_the_issues():
    mayors = [
        {"nom": f"Mairie {i}", "code_insee": "34172", "courriels": ["someone@lattes.invalid"], "source": "hub"} for i in range(45)
    ]
    issues = deduplicate(located(mayors), as_of=DAY).issues
    assert issues["field"].eq("mail").any()
    assert not issues["value"].str.contains("someone", na=False).any()


def test_every_merge_can_be_explained_from_the_links():
    result = deduplicate(_pair(), as_of=DAY)
    link = result.links.iloc[0]
    assert link["decision"] == "match"
    assert 0.5 < link["score"] <= 1
    assert link["reasons"].startswith("{")


def test_freshness_follows_the_day_of_the_release():
    records = _pair().assign(date_maj=pd.Timestamp("2024-05-01"))
    told = [deduplicate(records, as_of=day).places["freshness"].tolist()
            for day in (dt.date(2024, 10, 1), dt.date(2025, 6, 1), dt.date(2026, 1, 1))]  # fmt: skip
    assert told == [["recent"], ["a_verifier"], ["ancien"]]


def test_an_unknown_rule_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown rule 'best': expected one of \['model', 'official'\]"):
        deduplicate(_pair(), rule="best", as_of=DAY)


def test_an_empty_register_is_a_register():
    result = deduplicate(_pair().iloc[:0], as_of=DAY)
    assert len(result.places) == len(result.members) == len(result.links) == 0


def test_a_place_ten_records_strong_answers_to_every_id():
    records = located(
        [{**row, "id": f"x{i}__y{i}"} for i, row in enumerate(_pair().drop(columns=["record_id", "id"]).to_dict("records"))]
    )
    place = deduplicate(records, as_of=DAY).places.iloc[0]
    assert {"x0__y0", "x0", "y0", "x1", "y1", *records["record_id"]} <= set(place["aliases"])
    assert np.isfinite(place.geometry.x)
