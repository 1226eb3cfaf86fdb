"""The question: every parameter has its rule, and a typing error is an error that names it."""

from __future__ import annotations

import pytest
from hypothesis import given

from mediation_geo.errors import RequestError
from mediation_geo.search import Need
from mediation_geo.search.vocabulary import ADMITTED, ALIASES, BESOINS, DISPOSITIFS, SERVICES
from mediation_geo.standard import VOCABULARIES
from tests.search.drawn import needs


def test_each_plain_word_stands_for_one_service_of_the_standard():
    assert sorted(BESOINS.values()) == sorted(VOCABULARIES["services"])
    assert sorted(SERVICES.values()) == sorted(VOCABULARIES["services"])
    assert sorted(DISPOSITIFS.values()) == sorted(VOCABULARIES["dispositif_programmes_nationaux"])


def test_comma_repetition_and_order_are_the_same_list():
    comma = Need.from_query([("besoin", "emploi,demarches")])
    repeated = Need.from_query([("besoin", "demarches"), ("besoin", "emploi"), ("besoin", "demarches")])
    assert comma == repeated == Need(besoin=["emploi", "demarches"])


def test_english_names_and_accents_are_understood():
    need = Need.from_query({"need": "Démarches", "wheelchair": "yes", "radius": "20", "limit": "3"})
    assert need == Need(besoin="demarches", fauteuil="oui", rayon=20, k=3)
    assert set(ALIASES.values()) <= set(Need.model_fields)


def test_an_empty_field_of_a_form_is_no_filter():
    assert Need.from_query([("accueil", ""), ("ouvert", " "), ("besoin", "")]) == Need()


@pytest.mark.parametrize(
    ("pairs", "parameter"),
    [
        ({"beson": "demarches"}, "beson"),
        ({"besoin": "cafe"}, "besoin"),
        ({"accueil": "illetrisme"}, "accueil"),
        ({"public": "tous"}, "public"),
        ({"services": "coiffure"}, "services"),
        ({"dispositif": "inconnu"}, "dispositif"),
        ({"gratuit": "peut-etre"}, "gratuit"),
        ({"gratuit": "prefere,oui"}, "gratuit"),
        ({"k": "0"}, "k"),
        ({"k": "51"}, "k"),
        ({"k": "trois"}, "k"),
        ({"rayon": "101"}, "rayon"),
        ({"rayon": "-1"}, "rayon"),
        ({"rayon": "nan"}, "rayon"),
        ({"lat": "91", "lon": "2"}, "lat"),
        ({"lat": "nan", "lon": "2"}, "lat"),
        ({"lat": "48"}, "lon"),
        ({"lon": "2"}, "lat"),
        ({"lat": "48", "lon": "2", "q": "Lyon"}, "q"),
        ({"code_insee": "3417"}, "code_insee"),
        ({"code_postal": "34 000"}, "code_postal"),
        ({"ouvert": "demain"}, "ouvert"),
        ({"ouvert": "jeu:12:00-09:00"}, "ouvert"),
        ({"ouvert": "jeu:12:00-25:00"}, "ouvert"),
        ({"ouvert": "2026-11-24"}, "ouvert"),
        ({"ouvert": "0001-01-01T10:00"}, "ouvert"),
        ({"ouvert": ",".join(f"2026-11-24T10:{minute:02d}" for minute in range(15))}, "ouvert"),
        ({"source": ",".join(f"s{number}" for number in range(21))}, "source"),
        ({"maj_depuis": "0"}, "maj_depuis"),
        ({"elargir": "toujours"}, "elargir"),
        ({"champs": "nom,mot_de_passe"}, "champs"),
        ({"lang": "de"}, "lang"),
        ({"f": "xml"}, "f"),
        ({"a_distance": "oui"}, "a_distance"),
        ({"fauteuil": "non"}, "fauteuil"),
        ({"besoin_requis": "deux"}, "besoin_requis"),
    ],
)
def test_an_unknown_parameter_or_value_is_refused_by_name(pairs, parameter):
    with pytest.raises(RequestError) as caught:
        Need.from_query(pairs)
    assert caught.value.parameter == parameter


def test_a_wrong_value_is_answered_with_the_admitted_ones():
    with pytest.raises(RequestError) as caught:
        Need.from_query({"accueil": "illetrisme"})
    assert caught.value.allowed == ADMITTED["accueil"]
    assert "illetrisme" in str(caught.value)


@pytest.mark.parametrize(
    ("pairs", "private"),
    [
        ({"q": "x" * 201}, "xxx"),
        ({"lat": "48.8566123x", "lon": "2"}, "48.8"),
        ({"q": "12 rue Secrète", "lat": "1", "lon": "2"}, "Secrète"),
        ({"q": "12 rue Secrète", "besoin": "cafe"}, "Secrète"),
    ],
)
def test_an_address_or_a_position_never_comes_back_in_an_error(pairs, private):
    with pytest.raises(RequestError) as caught:
        Need.from_query(pairs)
    assert private not in str(caught.value)


def test_one_value_given_twice_differently_is_refused():
    with pytest.raises(RequestError, match="more than once"):
        Need.from_query([("k", "3"), ("k", "4")])
    assert Need.from_query([("k", "3"), ("k", "3")]).k == 3


def test_a_web_question_needs_a_position():
    assert Need(q="Lyon").require_position() == "q"
    assert Need(lat=1, lon=2).require_position() == "lat"
    with pytest.raises(RequestError, match="no position"):
        Need().require_position()


def test_a_position_is_rounded_to_about_a_hundred_metres():
    need = Need(lat=48.8566123, lon=2.3522219)
    assert (need.lat, need.lon) == (48.857, 2.352)


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        ("2026-11-24T10:00", ("2026-11-24T10:00",)),
        ("2026-11-24T10:00 01:00", ("2026-11-24T10:00+01:00",)),
        ("Jeu:9:00-12:00", ("jeu:09:00-12:00",)),
        ("~indifferent,~48h,now", ("maintenant", "~48h", "~indifferent")),
    ],
)
def test_instants_and_slots_are_kept_in_one_form(given_value, kept):
    assert Need(ouvert=given_value).ouvert == kept


@given(need=needs())
def test_the_normal_form_asks_the_same_question(need):
    again = Need(**need.asked())
    assert again.asked() == need.asked()
    assert again.filter_key(None) == need.filter_key(None)


def test_the_normal_form_holds_no_position():
    shown = str(Need(q="12 rue Secrète", besoin="demarches").asked()) + str(Need(lat=48.123, lon=2.345).asked())
    assert "Secrète" not in shown
    assert "48.123" not in shown


def test_the_schema_of_the_model_lists_every_parameter_for_openapi():
    schema = Need.model_json_schema()
    assert set(schema["properties"]) == set(Need.model_fields)
    assert schema["properties"]["besoin"]["items"]["enum"] == list(BESOINS)
