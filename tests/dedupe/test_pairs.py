import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.dedupe.blocks import pairs_sharing_key, unique_pairs
from mediation_geo.dedupe.features import FEATURES, feature, pair_features
from mediation_geo.dedupe.fields import prepare_name, prepare_phone, prepare_street
from mediation_geo.dedupe.model import load_model
from mediation_geo.dedupe.normalise import prepare
from mediation_geo.dedupe.pairs import candidate_pairs
from mediation_geo.dedupe.surroundings import exact_points
from tests.dedupe.registers import located, registers


@given(st.lists(st.one_of(st.none(), st.sampled_from("abcd")), max_size=15))
def test_pairs_of_a_key_are_all_pairs_of_equal_keys(keys):
    found = pairs_sharing_key(pd.Series(keys, dtype=object))
    expected = {(a, b) for a in range(len(keys)) for b in range(a + 1, len(keys)) if keys[a] is not None and keys[a] == keys[b]}
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == expected
    assert len(found.left) == len(expected)


def test_a_key_above_its_cap_is_skipped_and_told():
    found = pairs_sharing_key(pd.Series(["x"] * 5 + ["y"] * 2), cap=4)
    assert (found.left.tolist(), found.right.tolist()) == ([5], [6])
    assert found.skipped.to_dict("records") == [{"key": "x", "size": 5}]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_each_pair_is_kept_once_and_ordered(pairs):
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    low, high = unique_pairs(left, right, n=10)
    expected = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == expected


@settings(max_examples=15)
@given(registers())
def test_close_records_and_shared_contacts_are_always_compared(records):
    found = candidate_pairs(prepare(records))
    compared = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    phones = records["telephone"]
    for a in range(len(records)):
        for b in range(a + 1, len(records)):
            if isinstance(phones[a], str) and phones[a] == phones[b]:
                assert (a, b) in compared


@settings(max_examples=15)
@given(registers())
def test_features_are_finite_and_do_not_depend_on_the_order_of_the_pair(records):
    prepared, tokens = prepare(records), load_model().tokens
    left, right = np.triu_indices(len(records), 1)
    one = pair_features(prepared, left, right, tokens=tokens)
    other = pair_features(prepared, right, left, tokens=tokens)
    assert one.shape == (len(left), len(FEATURES))
    assert np.isfinite(one).all()
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_phone_given_for_many_communes_is_no_evidence():
    rows = [{"nom": f"Mairie {i}", "code_insee": f"3400{i}", "telephone": "+33467000000"} for i in range(6)]
    few, many = prepare(located(rows[:2])), prepare(located(rows))
    pair = np.array([0]), np.array([1])
    tokens = load_model().tokens
    assert feature(pair_features(few, *pair, tokens=tokens), "tel_eq").tolist() == [1.0]
    assert feature(pair_features(many, *pair, tokens=tokens), "tel_eq").tolist() == [0.0]


@pytest.mark.parametrize(
    ("nom", "commune", "core"),
    [
        ("Maison de services au public du Giffre", "Taninges", "franceservices giffre"),
        ("Hôtel de ville", "Lattes", "mairie"),
        ("Commune de Lattes", "Lattes", "mairie"),
        ("Centre ville", "Lattes", "centre ville"),
        ("Centre Communal d'Action Sociale de St-Étienne", "Saint-Étienne", "ccas"),
        ("M@ison du Numérique", "Gauchy", "maison numerique"),
        ("Médiathèque &amp; Ludothèque", "Lattes", "mediatheque ludotheque"),
        ("Lattes", "Lattes", "lattes"),
        (None, None, ""),
    ],
)
def test_names_are_taken_apart(nom, commune, core):
    assert prepare_name(nom, commune).core == core


@pytest.mark.parametrize(
    ("adresse", "number", "street"),
    [
        ("12 bis, Av. du Gal Leclerc 34000 Montpellier", "12", "general leclerc"),
        ("Place de l'Église", None, "eglise"),
        ("7 - 9 Rue Pablo Picasso", "7", "pablo picasso"),
        ("R. St Jean", None, "saint jean"),
        ("Place", None, "place"),
        (None, None, None),
    ],
)
def test_addresses_are_taken_apart(adresse, number, street):
    told = prepare_street(adresse, None)
    assert (told.number, told.street) == (number, street)


@pytest.mark.parametrize(
    ("telephone", "digits"),
    [
        ("+33467000000", "467000000"), ("04 67 00 00 00", "467000000"), ("04.67.00.00.00 / 06 00", "467000000"),
        ("0033467000000", "467000000"), ("467000000", "467000000"), ("+262262000001", "262000001"), ("+687 26 00 01", "260001"),
        ("+596 26 00 01", "596260001"), ("0596 26 00 01", "596260001"),
        ("0000000000", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_phones_are_compared_by_their_significant_digits(telephone, digits):
    assert prepare_phone(telephone) == digits


def _signs(*rows, name):
    tokens = load_model().tokens
    return feature(pair_features(prepare(located(list(rows))), np.array([0]), np.array([1]), tokens=tokens), name)[0]


def test_an_address_that_only_names_the_village_contradicts_no_street():
    here = {"code_insee": "71291", "commune": "Melay", "source": "cnfs"}
    assert _signs({**here, "adresse": "Le Bourg"}, {**here, "adresse": "Route de Charlieu"}, name="street_ne") == 0
    assert _signs({**here, "adresse": "Rue des Acacias"}, {**here, "adresse": "Route de Charlieu"}, name="street_ne") == 1


def test_initials_are_found_in_the_mail_box_of_the_full_name():
    short = {"nom": "OSPA", "code_insee": "42218"}
    full = {"nom": "Office stéphanois pour les aînés", "code_insee": "42218"}
    assert _signs(short, {**full, "courriels": ["ospa@wanadoo.fr"]}, name="handle") == 1
    assert _signs(short, {**full, "courriels": ["accueil@wanadoo.fr"]}, name="handle") == 0


def test_the_mail_box_of_the_desk_makes_its_host_the_desk():
    desk = {"nom": "France services de Lattes", "code_insee": "34129", "courriels": ["emploi@lattes.invalid"]}
    assert _signs(desk, {**desk, "nom": "Maison de l'emploi"}, name="label_mail") == 1
    assert _signs(desk, {**desk, "nom": "Maison de l'emploi", "courriels": None}, name="label_mail") == 0


def test_a_point_rounder_than_the_rest_of_its_feed_is_the_middle_of_the_commune():
    exact = {"code_insee": "34129", "longitude": 3.904612, "latitude": 43.567634}
    rounded = {**exact, "longitude": 3.9046, "latitude": 43.5676}
    told = exact_points(located([*[exact] * 11, rounded]))
    assert np.isnan(told[-1]).all()
    assert not np.isnan(told[:-1]).any()
    assert not np.isnan(exact_points(located([rounded] * 12))).any()
