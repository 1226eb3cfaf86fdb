from __future__ import annotations

import string
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.errors import GeocoderError
from mediation_geo.locate import EmbeddedGeocoder, load_communes
from mediation_geo.locate.names import commune_key

COMMUNES_ONLY = EmbeddedGeocoder()


def ask(geocoder: EmbeddedGeocoder, **fields: str) -> dict[str, object]:
    return geocoder.batch(pd.DataFrame([fields])).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("q", "code", "label"),
    [
        ("34000 Montpellier", "34172", "34000 Montpellier"),
        ("Montpellier 34000", "34172", "34000 Montpellier"),
        ("montpellier", "34172", "34000 Montpellier"),
        ("69003", "69123", "69003 Lyon 3e Arrondissement"),
        ("Paris 11e", "75056", "75011 Paris 11e Arrondissement"),
        ("75011 PARIS CEDEX 11", "75056", "75011 Paris 11e Arrondissement"),
        ("97400", "97411", "97400 Saint-Denis"),
        ("Nouméa", "98818", "98800 Nouméa"),
        ("st etienne", "42218", "42000 Saint-Étienne"),
        ("Marseile", "13055", "13001 Marseille"),
    ],
)
def test_a_town_or_postcode_is_found_without_any_street_table(q: str, code: str, label: str) -> None:
    best = COMMUNES_ONLY.search(q)[0]
    assert (best.code_insee, best.label, best.precision) == (code, label, "municipality")


def test_towns_of_one_name_are_all_offered_the_largest_first() -> None:
    found = COMMUNES_ONLY.search("Saint-Denis", limit=5)
    assert {each.departement for each in found[:2]} == {"93", "974"}
    assert all(each.confidence < 0.8 for each in found)


@pytest.mark.parametrize(
    ("q", "departement"), [("Saint-Denis La Réunion", "974"), ("Saint-Denis 93", "93"), ("Saint-Denis (974)", "974")]
)
def test_a_departement_beside_the_name_decides(q: str, departement: str) -> None:
    assert COMMUNES_ONLY.search(q)[0].departement == departement


def test_nonsense_has_no_answer() -> None:
    assert COMMUNES_ONLY.search("zzzz qqqq") == []
    assert COMMUNES_ONLY.search("") == []
    assert ask(COMMUNES_ONLY, adresse="", commune="")["status"] == "skipped"


@given(st.text(alphabet=string.printable + "éàç’–œ", max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_search(q: str) -> None:
    assert all(0 <= each.confidence <= 1 for each in COMMUNES_ONLY.search(q, limit=3))


@pytest.mark.parametrize(
    "q",
    [
        "12 bis rue de la Mairie 34000 Montpellier",
        "12bis, RUE DE LA MAIRIE, MONTPELLIER",
        "Mairie - 12 bis r. de la mairie, 34000 Montpellier cedex 3",
        "Bâtiment B, 12 bis Rue de la Mairie BP 47 34000 MONTPELLIER FRANCE",
        "12 bis rue de la maiire montpellier",
    ],
)
def test_the_door_is_found_however_the_line_is_written(geocoder: EmbeddedGeocoder, q: str) -> None:
    best = geocoder.search(q)[0]
    assert (best.numero, best.voie, best.code_insee, best.precision) == ("12bis", "Rue de la Mairie", "34172", "housenumber")
    assert best.confidence >= 0.8
    assert best.uncertainty_m == 10.0


def test_a_missing_number_lies_between_its_neighbours_or_on_the_street(geocoder: EmbeddedGeocoder) -> None:
    between = geocoder.search("5 avenue des Essais Montpellier")[0]
    assert between.precision == "interpolated"
    assert 3.8702 < between.lon < 3.8708
    assert geocoder.search("1800 avenue des Essais Montpellier")[0].precision == "street"


def test_the_street_of_another_town_is_not_believed(geocoder: EmbeddedGeocoder) -> None:
    answer = ask(geocoder, adresse="5 rue des Moulins", code_postal="34070", commune="Montpellier")
    assert answer["confidence"] < 0.8


def test_a_slip_of_the_pen_is_believed(geocoder: EmbeddedGeocoder) -> None:
    answer = ask(geocoder, adresse="7 rue Zéphirrin Cobaye", code_postal="69003", commune="Lyno")
    assert (answer["voie"], answer["precision"]) == ("Rue Zéphirin Cobaye", "housenumber")
    assert answer["confidence"] >= 0.8


def test_a_given_code_is_never_answered_in_another_commune(geocoder: EmbeddedGeocoder) -> None:
    for code in ("34172", "34057", "69123", "97411", "94067"):
        for adresse in ("1 Place de la Mairie", "4 rue des Filaos", "2 rue de la Mairie", "73 rue de Paris"):
            answer = ask(geocoder, adresse=adresse, code_insee=code, code_postal="42600", commune="Bard")
            assert answer["code_insee"] == code
            assert all(each.code_insee == code for each in geocoder.search(adresse, code_insee=code, limit=5))


def test_an_address_of_two_towns_is_ambiguous_not_a_guess(geocoder: EmbeddedGeocoder) -> None:
    assert ask(geocoder, adresse="1 Place de la Mairie", code_postal="42600")["status"] == "ambiguous"
    offered = geocoder.search("1 place de la mairie 42600", limit=2)
    assert {each.code_insee for each in offered} == {"42038", "42122"}
    assert all(each.confidence < 0.8 for each in offered)


def test_where_the_person_is_decides_between_streets_of_one_name(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.search("4 rue des Filaos", lon=2.35, lat=48.93)[0].departement == "93"
    assert geocoder.search("4 rue des Filaos", lon=55.45, lat=-20.88)[0].departement == "974"


def test_the_town_at_the_end_is_not_the_town_in_the_street(geocoder: EmbeddedGeocoder) -> None:
    best = geocoder.search("73 rue de Paris Saint-Mandé")[0]
    assert (best.voie, best.code_insee) == ("Rue de Paris", "94067")


def test_words_run_together_are_parted(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.search("7 Rue Zéphirin CobayeLyon")[0].numero == "7"
    assert geocoder.search("7 Rue Zéphirin Cobaye69003")[0].numero == "7"


def test_a_postcode_that_lost_a_digit_still_helps(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.search("7 Rue Zéphirin Cobaye 6900")[0].numero == "7"


def test_a_line_being_typed_is_completed(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.complete("7 rue zephi", 5)[0].label == "7 Rue Zéphirin Cobaye 69003 Lyon"
    assert geocoder.complete("montpel", 3)[0].commune == "Montpellier"
    assert len(geocoder.complete("rue", 5)) <= 5


def test_one_letter_begins_the_town_and_not_a_word_already_typed(geocoder: EmbeddedGeocoder) -> None:
    assert [each.commune for each in geocoder.complete("rue de la Mairie M", 1)] == ["Montpellier"]
    assert geocoder.complete("rue de la Mairie L", 1)[0].commune.startswith("Lyon")


def test_the_nearest_door_to_a_point(geocoder: EmbeddedGeocoder) -> None:
    first, *others = geocoder.reverse(3.8761, 43.61105)
    assert (first.numero, first.voie) == ("12bis", "Rue de la Mairie")
    assert others[-1].precision == "municipality"
    assert COMMUNES_ONLY.reverse(3.876, 43.611)[0].code_insee == "34172"


def test_rows_keep_their_places_and_company_changes_nothing(geocoder: EmbeddedGeocoder) -> None:
    rows = pd.DataFrame(
        {
            "adresse": ["4 rue des Filaos", "12 rue de la Mairie", "2 rue de la Mairie", "4 rue des Filaos"],
            "commune": ["Saint-Denis", "Montpellier", "Lyon", "Saint-Denis"],
            "code_postal": ["97400", "34000", "69001", "93200"],
        },
        index=[30, 10, 20, 40],
    )
    answers = geocoder.batch(rows)
    assert answers.index.tolist() == [30, 10, 20, 40]
    assert answers["departement"].tolist() == ["974", "34", "69", "93"]
    pd.testing.assert_frame_equal(geocoder.batch(rows.sample(frac=1, random_state=1)).loc[rows.index], answers)


def test_every_commune_is_found_by_postcode_and_name() -> None:
    some = [each for each in load_communes().communes if each.postcodes][::97]
    for commune in some:
        found = COMMUNES_ONLY.search(f"{commune.postcodes[0]} {commune.nom}", limit=3)
        same = [each.code_insee for each in found if commune_key(each.commune) == commune_key(commune.nom)]
        assert commune.code in same


def test_a_table_that_is_not_there_or_not_one_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(GeocoderError, match="geocoder build"):
        EmbeddedGeocoder(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("no table" * 500)
    with pytest.raises(GeocoderError, match="not a street table"):
        EmbeddedGeocoder(tmp_path / "text.sqlite")
