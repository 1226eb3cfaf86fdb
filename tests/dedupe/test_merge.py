import json

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.dedupe.merge import ADDRESS_FIELDS, merge_records
from mediation_geo.standard import LIST_FIELDS
from tests.dedupe.registers import located, registers


def _merged(*rows):
    return merge_records(located(list(rows)), np.zeros(len(rows), dtype=np.int64)).iloc[0]


@settings(max_examples=8)
@given(registers())
def test_address_and_position_come_from_one_record(records):
    place = merge_records(records, np.zeros(len(records), dtype=np.int64))
    spots = records[list(ADDRESS_FIELDS)].astype(object)
    spot = place[list(ADDRESS_FIELDS)].astype(object).iloc[0]
    assert any(all(a == b or (pd.isna(a) and pd.isna(b)) for a, b in zip(row, spot, strict=True)) for row in spots.to_numpy())


@settings(max_examples=8)
@given(registers())
def test_no_value_of_a_list_is_lost_and_none_is_invented(records):
    place = merge_records(records, np.zeros(len(records), dtype=np.int64)).iloc[0]
    for name in LIST_FIELDS:
        had = {value for values in records[name] if isinstance(values, list) for value in values}
        has = place[name] if isinstance(place[name], list) else []
        assert len(has) == len(set(has))
        assert set(has) == had


@settings(max_examples=8)
@given(registers())
def test_provenance_names_a_member_for_every_value(records):
    place = merge_records(records, np.zeros(len(records), dtype=np.int64)).iloc[0]
    told = json.loads(place["provenance"])
    members = set(records["record_id"])
    assert all(each in members for origin in told.values() for each in origin["record_id"].split("|"))
    if len(records) > 1:
        for name in ("nom", "telephone", "adresse", "pivot"):
            assert (name in told) == isinstance(place[name], str)


@settings(max_examples=8)
@given(registers())
def test_a_place_of_one_record_says_what_the_record_says(records):
    places = merge_records(records, np.arange(len(records)))
    for name in ("nom", "adresse", "telephone", "latitude", "pivot", "date_maj"):
        pd.testing.assert_series_equal(places[name], records[name], check_names=False)


@settings(max_examples=8)
@given(registers(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(records, random):
    order = list(range(len(records)))
    random.shuffle(order)
    clusters = np.arange(len(records)) // 3
    told = merge_records(records, clusters)
    shuffled = merge_records(records.iloc[order].reset_index(drop=True), clusters[order])
    pd.testing.assert_frame_equal(told, shuffled)


def test_the_most_precise_position_wins_over_the_newest():
    place = _merged(
        {"adresse": "Lattes", "longitude": 3.9, "latitude": 43.5, "position_precision": "municipality", "date_maj": "2024-06-01"},
        {
            "adresse": "1 rue Foch",
            "longitude": 3.91,
            "latitude": 43.57,
            "position_precision": "housenumber",
            "date_maj": "2021-01-01",
        },
    )
    assert (place["adresse"], place["longitude"]) == ("1 rue Foch", 3.91)


def test_a_legal_name_gives_way_to_the_name_of_the_place():
    assert _merged({"nom": "COMMUNE DE ROSPORDEN", "date_maj": "2024-06-01"}, {"nom": "Médiathèque", "date_maj": "2022-01-01"})[
        "nom"
    ] == ("Médiathèque")


def test_a_mobile_phone_gives_way_to_a_desk_phone_of_about_the_same_age():
    place = _merged(
        {"telephone": "+33600000001", "date_maj": "2024-06-01"}, {"telephone": "+33467000000", "date_maj": "2023-12-01"}
    )
    assert place["telephone"] == "+33467000000"


def test_age_counts_without_a_cliff():
    old = {"nom": "Médiathèque du Port", "date_maj": "2019-01-01"}
    new = {"nom": "Médiathèque Aimé Césaire", "date_maj": "2024-01-01"}
    assert _merged(old, new)["nom"] == new["nom"]
    assert _merged(new, old)["nom"] == new["nom"]


def test_no_siret_is_kept_when_the_legal_persons_differ():
    assert pd.isna(_merged({"pivot": "21340129200012"}, {"pivot": "20006699100013"})["pivot"])
    assert (
        _merged({"pivot": "21340129200012"}, {"pivot": "21340129200020"}, {"pivot": "21340129200020"})["pivot"]
        == "21340129200020"
    )


def test_an_exact_point_is_kept_rather_than_one_that_stands_for_the_commune():
    middle = {
        "nom": "Mairie",
        "longitude": 3.9,
        "latitude": 43.57,
        "position_precision": "municipality",
        "date_maj": "2024-05-01",
    }
    place = _merged(middle, {"nom": "Mairie", "longitude": 3.904612, "latitude": 43.567634})
    assert place["longitude"] == 3.904612
