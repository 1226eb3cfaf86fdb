"""Errors that other referral systems make, pinned so that we never make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from mediation_geo.errors import RequestError
from mediation_geo.search import Need, PlaceIndex, answer, card_html
from mediation_geo.search.cards import card_text
from mediation_geo.search.schedule import Schedule, Territory

HERE = {"lon": 3.87, "lat": 43.61}
PARIS = Territory.of(timezone="Europe/Paris", code_departement="75")


def index_of(**columns) -> PlaceIndex:
    count = len(next(iter(columns.values())))
    frame = {"place_id": [f"p{n}" for n in range(count)], "longitude": [3.87] * count, "latitude": [43.61] * count}
    return PlaceIndex.from_places(pd.DataFrame(frame | columns))


def first(index: PlaceIndex, need: Need, *parts: int) -> dict:
    at = datetime(*(parts or (2026, 11, 20, 10)), tzinfo=UTC)
    return answer(index, need, at=at, **HERE)["features"][0]["properties"]


def codes(properties: dict) -> set[str]:
    return {each["code"] for each in properties["correspondance"]["raisons"]}


def test_a_place_one_may_walk_into_is_not_shown_as_by_appointment():
    walk_in = first(index_of(modalites_acces=[["Se présenter"]]), Need())
    assert walk_in["acces"]["sans_rdv"] == "oui"
    assert "walk_in" in codes(walk_in)
    assert "by_appointment" not in codes(walk_in)
    booked = first(index_of(modalites_acces=[["Prendre un RDV en ligne"]]), Need())
    assert booked["acces"]["sans_rdv"] == "non"
    assert "by_appointment" in codes(booked)


def test_opening_is_judged_in_the_zone_of_the_place():
    """Friday 10:30 in Paris is 09:30 UTC: a server without a zone would say open."""
    index = index_of(horaires=["Mo-Fr 09:00-10:00"], timezone=["Europe/Paris"], code_departement=["75"])
    assert first(index, Need(), 2026, 11, 20, 9, 30)["horaires"]["etat"] == "ferme"


def test_public_holidays_off_does_not_break_the_schedule():
    schedule = Schedule("Mo-Fr 09:00-12:00; PH off", PARIS)
    assert schedule.repaired.complete
    assert schedule.state(datetime(2026, 11, 20, 10)) == "ouvert"
    assert schedule.state(datetime(2026, 11, 11, 10)) == "ferme"


def test_the_eleventh_of_november_is_not_a_weekday():
    index = index_of(horaires=["Mo-Fr 09:00-18:00"], code_departement=["75"])
    shown = first(index, Need(), 2026, 11, 11, 10)
    assert shown["horaires"]["etat"] == "inconnu"
    assert not shown["horaires"]["ferie_pris_en_compte"]
    assert "férié" in card_text(shown)
    assert "open_now" not in codes(shown)


def test_places_without_public_are_never_listed_whatever_is_asked():
    label = "Ce lieu n'accueille pas de public"
    index = index_of(modalites_acces=[[label], [label, "Se présenter"], None], modalites_accompagnement=[["À distance"]] * 3)
    found = answer(index, Need(accompagnement="distance"), at=datetime(2026, 11, 20, tzinfo=UTC), **HERE)
    assert [each["id"] for each in found["features"]] == ["p2"]
    assert [each["id"] for each in found["a_distance"]] == ["p2"]
    assert found["recherche"]["compte"]["exclus"]["sans_public"] == 2


def test_a_place_that_names_no_public_is_open_to_every_public():
    index = index_of(publics_specifiquement_adresses=[None, ["Seniors"], ["Jeunes"]])
    found = index.nearest(**HERE, where=Need(public="jeunes")).place_id.tolist()
    assert found == ["p0", "p2"]


def test_a_misspelt_filter_is_an_error_and_not_no_filter():
    with pytest.raises(RequestError):
        Need.from_query({"accueil": "handicaps moteur"})
    with pytest.raises(RequestError):
        Need.from_query({"acceuil": "moteur"})


def test_the_card_shows_the_number_once_and_the_street_once():
    index = index_of(adresse=["12 bis Rue des Lilas"], code_postal=["34000"], commune=["Montpellier"], nom=["Mairie"])
    shown = first(index, Need())
    assert (shown["adresse"]["numero"], shown["adresse"]["voie"]) == ("12 bis", "Rue des Lilas")
    assert card_text(shown).count("Rue des Lilas") == 1
    assert card_text(shown).count("12 bis") == 1


def test_names_and_private_addresses_of_helpers_are_not_shown():
    index = index_of(courriels=[["prenom.nom@exemple.fr", "accueil@exemple.fr"]], telephone=["+33600000001"])
    feature = answer(index, Need(), at=datetime(2026, 11, 20, tzinfo=UTC), **HERE)["features"][0]
    assert feature["properties"]["contact"]["courriel"] == "accueil@exemple.fr"
    assert "prenom.nom" not in str(feature)
    assert "600000001" not in str(feature) + card_html(feature)
    # A place without any other way keeps the one it has.
    alone = index_of(telephone=["+33600000001"])
    assert first(alone, Need())["contact"]["tel_e164"] == "+33600000001"


def test_foreign_languages_are_matched_by_the_labels_of_the_standard():
    index = index_of(prise_en_charge_specifique=[["Langues étrangères (anglais)"], ["Langues étrangères (autres)"], None])
    assert index.nearest(**HERE, where=Need(langue="en")).place_id.tolist() == ["p0"]
    assert index.nearest(**HERE, where=Need(langue="autre")).place_id.tolist() == ["p1"]
    assert len(index.nearest(**HERE, where=Need(langue="fr"))) == 3


def test_an_open_state_is_computed_when_it_is_asked_and_not_stored():
    index = index_of(horaires=["Mo-Fr 09:00-10:00"], code_departement=["75"])
    at = datetime(2026, 11, 20, 8, 59, tzinfo=UTC)
    before = answer(index, Need(), at=at, **HERE)["features"][0]["properties"]["horaires"]["etat"]
    after = answer(index, Need(), at=at + timedelta(minutes=1), **HERE)["features"][0]["properties"]["horaires"]["etat"]
    assert (before, after) == ("ouvert", "ferme")
    assert len(index.nearest(**HERE, where=Need(ouvert="maintenant"), at=at)) == 1
    assert index.nearest(**HERE, where=Need(ouvert="maintenant"), at=at + timedelta(minutes=1)).empty


def test_a_missing_position_is_not_a_distance_of_zero():
    index = index_of(longitude=[np.nan, 4.0], latitude=[np.nan, 43.61])
    assert index.nearest(**HERE).place_id.tolist() == ["p1"]
    assert index.nearest(**HERE).distance_m[0] > 10_000


def test_distances_are_not_measured_in_degrees():
    """At 46 degrees north, 0.013 degree east is nearer than 0.010 degree north."""
    index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["north", "east"], "lon": [3.0, 3.013], "lat": [46.010, 46.0]}))
    assert index.nearest(3.0, 46.0).place_id.tolist() == ["east", "north"]
    assert index.nearest(3.0, 46.0).distance_m[0] == pytest.approx(Geod(ellps="WGS84").inv(3.0, 46.0, 3.013, 46.0)[2])


def test_help_at_a_distance_is_never_ranked_among_kilometres():
    index = index_of(modalites_accompagnement=[["À distance"], ["En autonomie"]])
    found = answer(index, Need(), at=datetime(2026, 11, 20, tzinfo=UTC), **HERE)
    assert [each["id"] for each in found["a_distance"]] == ["p0"]
    remote = found["a_distance"][0]
    assert "distance_m" not in remote["properties"]
    assert remote["geometry"] is None
    only = answer(index, Need(a_distance="seulement"), at=datetime(2026, 11, 20, tzinfo=UTC), **HERE)
    assert only["features"] == []
    none = answer(index, Need(a_distance="exclure"), at=datetime(2026, 11, 20, tzinfo=UTC), **HERE)
    assert none["a_distance"] == []


def test_a_filled_accessibility_sheet_alone_is_not_an_accessible_place():
    shown = first(index_of(fiche_acces_libre=["https://acceslibre.beta.gouv.fr/app/x/"]), Need(fauteuil="oui"))
    assert shown["accessibilite"]["fauteuil"] == "inconnu"
    assert shown["correspondance"]["inconnus"] == ["fauteuil"]
    assert "wheelchair_yes" not in codes(shown)


def test_known_wheelchair_access_counts_and_known_steps_exclude():
    index = index_of(fauteuil=["oui", "non", None])
    assert index.nearest(**HERE, where=Need(fauteuil="oui")).place_id.tolist() == ["p0", "p2"]
    assert "wheelchair_yes" in codes(first(index, Need(fauteuil="oui")))


def test_a_place_that_fits_is_not_called_unknown():
    """Open on the day that was asked, while today is a holiday about which the place says nothing."""
    index = index_of(horaires=["Mo-Fr 09:00-18:00"], code_departement=["75"])
    shown = first(index, Need(ouvert="2026-11-24T10:00"), 2026, 11, 11, 10)
    assert shown["correspondance"]["inconnus"] == []
    assert shown["correspondance"]["score"] == 1.0
