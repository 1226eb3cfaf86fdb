"""What people carry away: messages that fit, cards that escape, contacts and waypoints that other programs read."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.search import Need, PlaceIndex, answer, card_html, easy_html, print_sheet, render
from mediation_geo.search.cards import json_ld, vcards
from mediation_geo.search.easy import LONGEST_SENTENCE, easy_sentences
from mediation_geo.search.sketch import map_html
from mediation_geo.search.sms import gsm7, gsm7_length, place_sms
from mediation_geo.search.vocabulary import ADMITTED
from mediation_geo.standard import PLACES, conform
from tests.search.drawn import INSTANTS, places

HERE = {"lon": 3.87, "lat": 43.61}
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)

NASTY = {
    "place_id": ["p000000000001"],
    "nom": ['Cœur d’Hérault "</script><script>alert(1)</script>" & Cie – Évry'],
    "adresse": ["12, rue de l'Église"],
    "code_postal": ["34000"],
    "commune": ["Montpellier"],
    "telephone": ["+33467000001"],
    "courriels": [["accueil@exemple.fr"]],
    "site_web": [["javascript:alert(1)"]],
    "horaires": ["Mo-Fr 09:00-12:00,14:00-18:00"],
    "longitude": [3.87],
    "latitude": [43.62],
    "typologie": [["MUNI"]],
    "services": [["Aide aux démarches administratives"]],
}


@pytest.fixture(scope="module")
def nasty() -> dict:
    index = PlaceIndex.from_places(conform(pd.DataFrame(NASTY), PLACES))
    return answer(index, Need(besoin="demarches"), at=FRIDAY, **HERE)


@given(
    name=st.text(max_size=300),
    address=st.text(max_size=300),
    phone=st.none() | st.sampled_from(["04 67 00 00 01", "0590 00 00 01"]),
    mail=st.none() | st.emails(),
)
def test_a_message_always_fits_one_sms_and_never_loses_the_phone(name, address, phone, mail):
    message = place_sms({"nom": name, "adresse": {"label": address}, "contact": {"tel_affiche": phone, "courriel": mail}})
    assert gsm7_length(message) <= 160
    assert set(message) <= GSM
    assert phone is None or phone in message


@given(text=st.text(max_size=50))
def test_folding_for_sms_leaves_only_letters_of_the_alphabet_and_is_done_once(text):
    assert set(gsm7(text)) <= GSM
    assert gsm7(gsm7(text)) == gsm7(text)


def test_every_place_of_the_real_files_fits_one_message(shared_data):
    rows = []
    for path in sorted((shared_data / "places/official/transformed_v1").glob("*.json")):
        rows += json.loads(path.read_text(encoding="utf-8"))
    names = ("nom", "adresse", "code_postal", "commune", "telephone", "horaires", "latitude", "longitude")
    table = pd.DataFrame([{name: each.get(name) for name in names} for each in rows])
    table["place_id"] = [f"p{number:012d}" for number in range(len(table))]
    index = PlaceIndex.from_places(conform(table, PLACES))
    messages = [place_sms(index.features.get(row)) for row in range(0, len(index), 7)]
    assert len(messages) > 2000
    assert max(map(gsm7_length, messages)) <= 160
    assert all(set(message) <= GSM for message in messages)


@given(table=places(max_size=8), at=INSTANTS)
def test_easy_sentences_have_at_most_twelve_words(table, at):
    found = answer(PlaceIndex.from_places(table), Need(lang="facile"), at=at, **HERE)
    for feature in [*found["features"], *found["a_distance"]]:
        texts = [sentence for _, sentence in easy_sentences(feature["properties"])]
        texts += [reason["texte"] for reason in feature["properties"]["correspondance"]["raisons"]]
        texts += [message["texte"] for message in found["messages"]]
        for sentence in re.split(r"(?<=[.!?]) ", " ".join(texts)):
            assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


def test_a_hostile_name_stays_text_in_every_page(nasty):
    feature = nasty["features"][0]
    for page in (
        card_html(feature),
        easy_html(feature),
        print_sheet([feature], url="https://exemple.fr/proches"),
        map_html(nasty),
    ):
        assert "<script>alert" not in page
        assert "javascript:" not in page.replace("&#39;", "'").split("application/ld+json")[0]
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', card_html(feature), re.DOTALL)
    assert json.loads(data[1])["name"] == NASTY["nom"][0]


def test_a_town_hall_is_a_public_service_for_search_engines(nasty):
    described = json_ld(nasty["features"][0])
    assert described["@type"] == "GovernmentService"
    place = described["availableChannel"]["serviceLocation"]
    assert place["geo"] == {"@type": "GeoCoordinates", "latitude": 43.62, "longitude": 3.87}
    assert {"Monday", "Friday"} <= {each["dayOfWeek"] for each in place["openingHoursSpecification"]}


def test_a_contact_card_has_lines_of_75_octets_and_escaped_text(nasty):
    text = vcards(nasty["features"])
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines[:2] == ["BEGIN:VCARD", "VERSION:4.0"]
    assert lines[-2:] == ["END:VCARD", ""]
    assert "TEL;VALUE=uri:tel:+33467000001" in lines
    assert "GEO:geo:43.620000,3.870000" in lines
    assert r"ADR:;;12 rue de l'Église;Montpellier;;34000;France" in lines


def test_waypoints_are_well_formed_and_where_the_place_is(nasty):
    root = ET.fromstring(render(nasty, f="gpx").text)
    point = root.find("{http://www.topografix.com/GPX/1/1}wpt")
    assert (point.get("lon"), point.get("lat")) == ("3.870000", "43.620000")


def test_a_table_for_a_spreadsheet_holds_no_formula():
    table = NASTY | {"nom": ["=cmd|' /C calc'!A0"]}
    found = answer(PlaceIndex.from_places(conform(pd.DataFrame(table), PLACES)), Need(), at=FRIDAY, **HERE)
    rows = list(csv.reader(io.StringIO(render(found, f="csv").text)))
    assert rows[1][1] == "'=cmd|' /C calc'!A0"


def test_a_printed_sheet_has_three_places_a_code_and_a_line_for_a_name(nasty):
    sheet = print_sheet(nasty["features"] * 5, url="https://exemple.fr/proches?k=5")
    assert sheet.count("<article>") == 3
    assert "<svg" in sheet
    assert 'class="pour"' in sheet
    assert "<input" not in sheet


@given(table=places(max_size=6))
def test_every_form_of_the_answer_can_be_written(table):
    found = answer(PlaceIndex.from_places(table), Need(), at=FRIDAY, **HERE)
    shown = [*found["features"], *found["a_distance"]]
    written = {form: render(found, f=form).text for form in ADMITTED["f"]}
    assert json.loads(written["geojson"]) == json.loads(written["json"]) == found
    assert written["html"].count("<article") == len(shown)
    assert written["vcf"].count("BEGIN:VCARD") == len(shown)
    assert len(written["txt"].splitlines()) == len(shown)
    assert len(written["csv"].splitlines()) == len(shown) + 1
    assert written["gpx"].count("<wpt ") == len(found["features"])


def test_a_map_asks_nobody_for_anything(nasty):
    page = map_html(nasty)
    head = page.split("<main>")[0]
    assert "<script" not in head
    assert "src=" not in page
    assert "url(" not in page
    assert "<link" not in page
