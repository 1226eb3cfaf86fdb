import numpy as np
import pandas as pd
import pytest

from mediation_geo.dedupe.explain import SIGNS
from mediation_geo.dedupe.features import FEATURES, feature, pair_features
from mediation_geo.dedupe.model import load_model
from mediation_geo.dedupe.normalise import prepare
from tests.dedupe.registers import located

LATTES = {"code_insee": "34129", "commune": "Lattes"}


def sign(name, one, other):
    """Value of a sign for two records of Lattes, of two sources."""
    records = located([{**LATTES, "source": "a", **one}, {**LATTES, "source": "b", **other}])
    features = pair_features(prepare(records), np.array([0]), np.array([1]), tokens=load_model().tokens)
    return float(feature(features, name)[0])


@pytest.mark.parametrize(("pivot", "told"), [("49362350800030", 1.0), ("21340129200012", 0.0)])
def test_the_siret_of_an_association_at_one_address_counts_and_that_of_a_town_does_not(pivot, told):
    place = {"adresse": "3 rue Berthelot", "pivot": pivot}
    assert sign("siret_here", {"nom": "La Base", **place}, {"nom": "Formations solidaires", **place}) == told


def test_a_siret_at_two_addresses_does_not_count():
    one, other = ({"nom": "La Base", "adresse": street, "pivot": "49362350800030"} for street in ("3 rue Foch", "8 rue Baudin"))
    assert sign("siret_here", one, other) == 0.0


def test_a_commune_has_one_town_hall_under_any_name_but_no_one_annexe():
    assert sign("town_hall", {"nom": "Mairie de Lattes"}, {"nom": "COMMUNE DE LATTES"}) == 1.0
    assert sign("town_hall", {"nom": "Mairie de Lattes"}, {"nom": "Mairie de Lattes - Port Ariane"}) == 0.0


def test_mails_that_share_a_name_count_and_those_that_share_the_commune_do_not():
    box, other = {"nom": "L'Oustal", "courriels": ["oustal.accueil@orange.fr"]}, {"courriels": ["oustal.msap@orange.fr"]}
    assert sign("handle_shared", box, {"nom": "France services", **other}) == 1.0
    town = [{"nom": "Mairie", "courriels": [f"{who}@lattes.fr"]} for who in ("ccas", "numerique")]
    assert sign("handle_shared", *town) == 0.0


def test_a_name_says_less_where_the_phone_differs_unless_the_street_is_the_same():
    one = {"nom": "France services de Lattes", "telephone": "+33467000000", "adresse": "1 rue Foch"}
    other = {**one, "telephone": "+33467111111"}
    assert sign("name_other_contact", one, {**other, "adresse": "9 place du Canal"}) == pytest.approx(1.0)
    assert sign("name_other_contact", one, other) == 0.0
    assert sign("name_other_contact", one, {**one, "adresse": "9 place du Canal"}) == 0.0


def test_letters_with_dots_are_one_word():
    assert sign("specific_same", {"nom": "A.C.I.A.H."}, {"nom": "Aciah"}) == 1.0


def test_every_sign_has_words_for_the_people_who_review():
    assert set(SIGNS) == set(FEATURES)
    assert pd.Series(SIGNS).is_unique
