"""The whole answer: complete, deterministic, and what the public contract says."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import pandas as pd
import pytest
from hypothesis import given

from mediation_geo.errors import RequestError
from mediation_geo.search import Need, PlaceIndex, answer
from mediation_geo.search.vocabulary import FIELDS_OF_A_FEATURE
from tests.search.drawn import INSTANTS, needs, places

HERE = {"lon": 3.87, "lat": 43.61}
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@given(table=places(max_size=12), need=needs(), at=INSTANTS)
def test_the_same_question_gives_the_same_bytes_from_an_index_with_and_without_memory(table, need, at):
    first, second = PlaceIndex.from_places(table), PlaceIndex.from_places(table.sample(frac=1, random_state=1))
    answer(first, Need(ouvert="maintenant"), at=at, **HERE)
    told = orjson.dumps(answer(first, need, at=at, **HERE))
    assert orjson.dumps(answer(first, need, at=at, **HERE)) == told
    assert orjson.dumps(answer(second, need, at=at, **HERE)) == told


@given(table=places(max_size=12), need=needs(), at=INSTANTS)
def test_the_answer_is_plain_geojson_with_every_promised_property(table, need, at):
    found = answer(PlaceIndex.from_places(table), need, at=at, **HERE)
    assert orjson.loads(orjson.dumps(found)) == found
    assert list(found) == [
        "type", "features", "recherche", "a_distance", "a_verifier", "donnees", "messages", "links",
    ]  # fmt: skip
    for feature in found["features"]:
        assert set(feature["properties"]) == set(FIELDS_OF_A_FEATURE)
        lon, lat = feature["geometry"]["coordinates"]
        assert -180 <= lon <= 180
        assert -90 <= lat <= 90
        assert isinstance(feature["properties"]["distance_m"], int)
        assert len(feature["properties"]["horaires"]["semaine"]) in {0, 7}
    assert len(found["features"]) <= need.k
    assert len(found["a_distance"]) <= need.k


@given(table=places(max_size=12), at=INSTANTS)
def test_a_plain_question_is_answered_nearest_first(table, at):
    found = answer(PlaceIndex.from_places(table), Need(k=20), at=at, **HERE)
    distances = [each["properties"]["distance_m"] for each in found["features"]]
    assert distances == sorted(distances)


def test_how_recent_a_place_must_be_does_not_change_with_the_hour():
    # Six months are 182 days and 15 hours.
    asked = {"need": Need(maj_depuis=6), **HERE}
    for days in (181, 182, 183):
        index = one(date_maj=pd.Timestamp(2026, 11, 20) - pd.Timedelta(days=days))
        found = [len(answer(index, at=FRIDAY.replace(hour=hour), **asked)["features"]) for hour in (1, 23)]
        again = one(date_maj=pd.Timestamp(2026, 11, 20) - pd.Timedelta(days=days))
        assert found == [len(answer(again, at=FRIDAY.replace(hour=23), **asked)["features"])] * 2


def one(**columns) -> PlaceIndex:
    base = {"place_id": ["a"], "longitude": [3.87], "latitude": [43.61]}
    return PlaceIndex.from_places(pd.DataFrame(base | {name: [value] for name, value in columns.items()}))


def test_only_the_fields_asked_for_come_back():
    found = answer(one(nom="Mairie"), Need(champs="nom,distance_m"), at=FRIDAY, **HERE)
    assert found["features"][0]["properties"] == {"nom": "Mairie", "distance_m": 0}


def test_the_origin_is_told_only_to_about_a_hundred_metres():
    found = answer(one(), Need(), at=FRIDAY, lon=3.8765432, lat=43.6123456, origin={"precision": "street", "score": 0.9})
    assert found["recherche"]["origin"] == {"lat": 43.612, "lon": 3.877, "precision": "street", "score": 0.9}


def test_the_radius_used_is_the_first_step_that_holds_the_answer():
    places = pd.DataFrame({"place_id": list("abc"), "lon": [3.87, 3.9, 4.0], "lat": [43.61] * 3})
    index = PlaceIndex.from_places(places)
    used = [answer(index, Need(k=k), at=FRIDAY, **HERE)["recherche"]["rayon_utilise_km"] for k in (1, 2, 3, 4)]
    assert used == [5, 5, 20, 100]


def test_places_that_do_not_say_whom_they_can_receive_stand_apart_to_be_called():
    places = pd.DataFrame(
        {
            "place_id": ["deaf", "other", "silent", "wrong"],
            "longitude": [4.3, 3.87, 3.88, 3.87],
            "latitude": [43.61] * 4,
            "services": [["Aide aux démarches administratives"]] * 3 + [None],
            "prise_en_charge_specifique": [["Surdité"], ["Illettrisme"], None, None],
        }
    )
    found = answer(PlaceIndex.from_places(places), Need(besoin="demarches", accueil="surdite"), at=FRIDAY, **HERE)
    assert [each["id"] for each in found["features"]] == ["deaf"]
    assert [each["id"] for each in found["a_verifier"]] == ["silent"]
    assert found["a_verifier"][0]["properties"]["correspondance"]["inconnus"] == ["accueil"]
    assert [each["code"] for each in found["messages"]] == ["accueil_non_precise"]


def test_invented_places_are_said_to_be_invented():
    found = answer(one(), Need(), at=FRIDAY, release_info={"demo": True, "publie_le": "2026-11-18"}, **HERE)
    assert found["messages"][0]["code"] == "demo"
    assert found["donnees"]["age_jours"] == 2


def test_help_at_a_distance_comes_from_the_own_departement_first_then_the_most_recent():
    index = PlaceIndex.from_places(
        pd.DataFrame(
            {
                "place_id": ["far-new", "far-old", "here", "undated"],
                "lon": [2.35, 2.35, 3.87, None],
                "lat": [48.85, 48.85, 43.61, None],
                "code_departement": ["75", "75", "34", "75"],
                "date_maj": pd.to_datetime(["2026-11-01", "2026-01-01", "2020-01-01", None]),
                "modalites_accompagnement": [["À distance"]] * 4,
            }
        )
    )
    found = answer(index, Need(), at=FRIDAY, **HERE)
    assert [each["id"] for each in found["a_distance"]] == ["here", "far-new", "far-old", "undated"]


def test_help_at_a_distance_that_cannot_be_reached_comes_after_all_that_can():
    index = PlaceIndex.from_places(
        pd.DataFrame(
            {
                "place_id": ["here-silent", "far-called", "far-silent", "here-site"],
                "lon": [3.87, 2.35, 2.35, 3.87],
                "lat": [43.61, 48.85, 48.85, 43.61],
                "code_departement": ["34", "75", "75", "34"],
                "telephone": [None, "+33123456789", None, None],
                "site_web": [None, None, None, ["https://exemple.fr"]],
                "modalites_accompagnement": [["À distance"]] * 4,
            }
        )
    )
    found = answer(index, Need(), at=FRIDAY, **HERE)
    assert [each["id"] for each in found["a_distance"]] == ["here-site", "far-called", "here-silent", "far-silent"]


@pytest.mark.parametrize(
    ("age_days", "level"), [(10, "recent"), (182, "recent"), (183, "a_verifier"), (540, "a_verifier"), (560, "ancien")]
)
def test_freshness_follows_the_published_limits(age_days, level):
    index = one(date_maj=pd.Timestamp(FRIDAY.date()) - pd.Timedelta(days=age_days))
    shown = answer(index, Need(), at=FRIDAY, **HERE)["features"][0]["properties"]["fraicheur"]
    assert (shown["niveau"], shown["age_jours"]) == (level, age_days)


def test_a_place_of_unknown_date_has_an_unknown_freshness_and_fails_an_age_limit():
    found = answer(one(), Need(), at=FRIDAY, **HERE)["features"][0]["properties"]["fraicheur"]
    assert (found["niveau"], found["date_maj"]) == (None, None)
    assert answer(one(), Need(maj_depuis=12), at=FRIDAY, **HERE)["features"] == []


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(RequestError, match="no time zone"):
        answer(one(), Need(), at=datetime(2026, 11, 20, 10), **HERE)


def test_a_slot_fits_when_the_place_is_open_during_part_of_it():
    index = one(horaires="Th 11:00-12:00", code_departement="34")
    at = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Europe/Paris"))
    assert len(index.nearest(**HERE, where=Need(ouvert="jeu:09:00-11:30"), at=at)) == 1
    assert index.nearest(**HERE, where=Need(ouvert="jeu:09:00-11:00"), at=at).empty
    assert len(index.nearest(**HERE, where=Need(ouvert="lun:09:00-12:00,jeu:11:30-12:30"), at=at)) == 1


def test_sources_can_be_chosen_and_left_out_whatever_the_case():
    index = one(sources=["Hinaura", "Aidants Connect"])
    assert len(index.nearest(**HERE, where=Need(source="hinaura"))) == 1
    assert index.nearest(**HERE, where=Need(exclure_source="HINAURA")).empty
    assert index.nearest(**HERE, where=Need(source="autre")).empty


def test_a_place_of_which_only_the_commune_is_known_stands_behind_the_one_whose_door_is_known():
    places = pd.DataFrame(
        {
            "place_id": ["vague", "known"],
            "nom": ["Association", "Médiathèque"],
            "lon": [2.0, 2.01],
            "lat": [48.0, 48.0],
            "position_precision": ["municipality", "housenumber"],
            "position_uncertainty_m": [3000.0, 10.0],
        }
    )
    found = answer(PlaceIndex.from_places(places), Need(k=2), lon=2.0, lat=48.0, at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    shown = [(each["id"], each["properties"]["distance_label"]) for each in found["features"]]
    assert shown == [("known", "à 750 m à vol d'oiseau"), ("vague", "à environ 2,1 km, adresse à vérifier")]
    only = answer(PlaceIndex.from_places(places), Need(k=1), lon=2.0, lat=48.0, at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert [each["id"] for each in only["features"]] == ["known"]
