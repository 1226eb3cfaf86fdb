"""What changed between two releases, and how it is told."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given, settings

from mediation_geo.release import open_release, write_release
from mediation_geo.release.changes import CHANGES, KINDS, changes_between, changes_to_ndjson
from mediation_geo.release.feeds import steps, write_changes
from tests.release.tables import place_id, releases, town

ATOM = "{http://www.w3.org/2005/Atom}"


def told(before, after):
    table = changes_between(before["places"], after["places"])
    return list(zip(table["change"], table["place_id"], strict=True))


@settings(max_examples=6)
@given(tables=releases())
def test_a_release_has_no_change_from_itself(tables):
    assert changes_between(tables["places"], tables["places"]).empty


@settings(max_examples=6)
@given(before=releases(), after=releases())
def test_every_place_that_comes_or_goes_is_told_exactly_once(before, after):
    table = changes_between(before["places"], after["places"])
    old, new = set(before["places"]["place_id"]), set(after["places"]["place_id"])
    gone = table[table["change"].isin(["removed", "merged"])]["place_id"]
    come = table[table["change"].isin(["added", "split"])]["place_id"]
    assert sorted(gone) == sorted(old - new)
    assert sorted(come) == sorted(new - old)
    back = changes_between(after["places"], before["places"])
    assert (table["change"] == "renamed").sum() == (back["change"] == "renamed").sum()


@settings(max_examples=6)
@given(before=releases(), after=releases())
def test_changes_do_not_depend_on_the_order_of_the_places(before, after):
    shuffled = after["places"].sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(changes_between(before["places"], after["places"]), changes_between(before["places"], shuffled))


def test_each_kind_of_change_is_told():
    before, after = town(10), town(11)
    places = after["places"]
    places.loc[0, "nom"] = "Nouveau nom"
    places.loc[1, "horaires"] = "Mo 09:00-12:00"
    places.loc[2, ["latitude", "longitude"]] = [43.7, 3.9]
    places.loc[3, "telephone"] = "+33467111111"
    assert told(before, after) == [
        ("added", place_id(10)),
        ("moved", place_id(2)),
        ("renamed", place_id(0)),
        ("hours", place_id(1)),
        ("contact", place_id(3)),
    ]


def test_a_move_within_a_hundred_metres_is_no_news():
    before, near, far = town(1), town(1), town(1)
    near["places"].loc[0, "latitude"] += 0.0008
    far["places"].loc[0, "latitude"] += 0.0010
    assert told(before, near) == []
    assert told(before, far) == [("moved", place_id(0))]


def test_a_position_that_appears_is_a_move_of_unknown_length():
    before, after = town(1, longitude=None, latitude=None), town(1)
    table = changes_between(before["places"], after["places"])
    assert table["change"].tolist() == ["moved"]
    assert table["distance_m"].isna().all()


def test_a_place_taken_in_by_another_is_merged_and_not_removed():
    before, after = town(3), town(2)
    after["places"].at[0, "aliases"] = [place_id(2)]  # noqa: PD008 (a list in one cell)
    table = changes_between(before["places"], after["places"])
    assert table[["change", "place_id", "other_place_id"]].to_numpy().tolist() == [["merged", place_id(2), place_id(0)]]


def test_a_place_made_from_a_record_of_another_is_split_and_not_added():
    before, after = town(2), town(3)
    before["places"].at[0, "source_ids"] = ["demo/00000", "demo/00002"]  # noqa: PD008 (a list in one cell)
    table = changes_between(before["places"], after["places"])
    assert table[["change", "place_id", "other_place_id"]].to_numpy().tolist() == [["split", place_id(2), place_id(0)]]


def test_withdrawn_contacts_do_not_live_on_in_the_changes():
    before, after = town(1, telephone="+33600000001", courriels=[["retire@exemple.fr"]]), town(1)
    text = changes_to_ndjson(changes_between(before["places"], after["places"]), release_id="b", previous_id="a").decode()
    assert "retire" not in text
    assert "+33" not in text
    assert json.loads(text)["after"] == "telephone, courriels"


@pytest.fixture
def published(tmp_path):
    folder = tmp_path / "releases"
    write_release(folder, **town(30, as_of="2026-11-20"))
    after = town(31, as_of="2026-11-21")
    after["places"].loc[0, "nom"] = "<script>alert(1)</script> & Cie\x0b"
    after["places"].loc[30, "code_departement"] = "30"
    write_release(folder, **after)
    write_release(folder, **town(32, as_of="2026-11-22"))
    releases_told = [open_release(folder, day) for day in ("2026-11-20", "2026-11-21", "2026-11-22")]
    write_changes(steps(releases_told), tmp_path / "out", base_url="https://exemple.fr/changements")
    return tmp_path / "out"


def test_feeds_tell_the_last_releases_newest_first_with_ids_of_their_own(published):
    feed = ET.parse(published / "changements.atom").getroot()
    assert feed.find(f"{ATOM}updated").text == "2026-11-22T00:00:00Z"
    entries = feed.findall(f"{ATOM}entry")
    moments = [entry.find(f"{ATOM}updated").text for entry in entries]
    assert moments == sorted(moments, reverse=True)
    ids = [entry.find(f"{ATOM}id").text for entry in entries]
    assert len(set(ids)) == len(ids) == 4
    assert all(each.startswith("urn:uuid:") for each in ids)
    assert feed.find(f"{ATOM}link").get("href") == "https://exemple.fr/changements/changements.atom"


def test_the_feed_of_a_departement_tells_its_own_changes_only(published):
    entries = ET.parse(published / "departements" / "30.atom").getroot().findall(f"{ATOM}entry")
    assert [entry.find(f"{ATOM}category").get("term") for entry in entries] == ["added"]


def test_names_cannot_break_the_page_or_the_feed(published):
    assert "<script>" not in (published / "changements.html").read_text()
    titles = [each.text for each in ET.parse(published / "changements.atom").getroot().iter(f"{ATOM}title")]
    assert any("<script>alert(1)</script> & Cie" in title for title in titles)


def test_the_page_counts_every_kind_in_french(published):
    page = (published / "changements.html").read_text()
    assert all(title.replace("'", "&#39;") in page for title in KINDS.values())
    assert "Données de démonstration" in page
    lines = (published / "changements.ndjson").read_text().splitlines()
    assert {json.loads(each)["release"] for each in lines} == {"2026-11-22"}
    assert set(json.loads(lines[0])) <= {*CHANGES, "release", "previous_release"}
