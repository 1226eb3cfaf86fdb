"""The night: many files in, one release out, nothing lost, and a bad file never costs the good release."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pandas as pd
import pytest

from mediation_geo.errors import SourceError, SourceUnavailable
from mediation_geo.pipeline import build, demo_sources, source_files
from mediation_geo.release import open_release, release_ids

DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("releases")
    build(demo_sources(), out=out, as_of=DAY, demo=True)
    return out


def test_every_row_of_every_file_is_in_the_release_or_rejected_with_a_reason(demo):
    release = open_release(demo)
    ledger = release.manifest["ledger"]
    assert ledger["rows"] == ledger["records"] + ledger["rejected"]
    assert sorted(release.records["record_id"]) == sorted(source_id for ids in release.places["source_ids"] for source_id in ids)


def test_the_demo_says_that_it_is_a_demo(demo):
    assert open_release(demo).manifest["demo"] is True


def test_building_again_from_the_same_files_runs_nothing(demo):
    lines = []
    path = build(reversed(demo_sources()), out=demo, as_of=DAY, demo=True, report=lines.append)
    assert path == open_release(demo).path
    assert [line for line in lines if "read" in line] == []


def test_two_builds_of_the_same_files_have_the_same_bytes(demo, tmp_path):
    build(demo_sources(), out=tmp_path, as_of=DAY, demo=True)
    first, second = open_release(demo).path, open_release(tmp_path).path
    names = sorted(each.name for each in first.iterdir() if each.is_file())
    assert names == sorted(each.name for each in second.iterdir() if each.is_file())
    assert [name for name in names if (first / name).read_bytes() != (second / name).read_bytes()] == []


def test_places_keep_their_ids_the_next_night(demo, tmp_path):
    shutil.copytree(demo, tmp_path / "releases", symlinks=True)
    build(demo_sources(), out=tmp_path / "releases", as_of=date(2026, 1, 2), demo=True)
    before, after = open_release(demo), open_release(tmp_path / "releases")
    assert set(before.places["place_id"]) == set(after.places["place_id"])
    assert after.events.equals(before.events)
    assert release_ids(tmp_path / "releases") == ["2026-01-01", "2026-01-02"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("prose.csv", b"Bonjour, voici la liste.\nMerci.\n"),
        ("cut.json", b'[{"id": "1", "nom": "Mairie", "adresse": "1 pl'),
        ("photo.csv", bytes(range(256)) * 50),
    ],
)
def test_a_file_that_is_no_source_stops_the_build_and_the_old_release_stays(demo, tmp_path, name, content):
    bad = tmp_path / name
    bad.write_bytes(content)
    with pytest.raises(SourceError, match=name):
        build([*demo_sources(), bad], out=demo, as_of=date(2026, 1, 3), demo=True)
    assert open_release(demo).id == "2026-01-01"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceUnavailable, match=r"nowhere\.csv"):
        build([tmp_path / "nowhere.csv"], out=tmp_path, as_of=DAY)


def test_a_folder_without_data_files_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("rien")
    with pytest.raises(SourceUnavailable, match="no data file"):
        source_files([tmp_path])


def test_of_two_editions_of_one_source_the_newest_is_kept_and_the_older_is_accounted_for(tmp_path):
    old = {
        "id": "1",
        "nom": "Mairie de Lattes",
        "commune": "Lattes",
        "code_postal": "34970",
        "adresse": "1 avenue de Montpellier",
        "services": "Aide aux démarches administratives",
        "pivot": "00000000000000",
        "source": "hub",
        "date_maj": "2024-01-01",
    }
    new = old | {"nom": "Médiathèque de Lattes", "date_maj": "2025-01-01"}
    for folder, row in (("a", new), ("b", old)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "hub.json").write_text(json.dumps([row]), encoding="utf-8")
    build([tmp_path / "a" / "hub.json", tmp_path / "b" / "hub.json"], out=tmp_path / "out", as_of=DAY)
    release = open_release(tmp_path / "out")
    assert release.places["nom"].tolist() == ["Médiathèque de Lattes"]
    assert release.manifest["ledger"] == {"rows": 2, "records": 1, "places": 1, "rejected": 1}
    assert "superseded_edition" in set(release.issues["code"])


def test_the_twins_of_charente_give_the_same_places_from_either_version(shared_data, tmp_path):
    tables = []
    for version in ("v0.1", "v1"):
        out = tmp_path / version
        build([shared_data / f"places/raw/charente/2023-07-11_charente_{version}.json"], out=out, as_of=DAY)
        tables.append(pd.DataFrame(open_release(out).places))
    old, new = tables
    for field in ("place_id", "nom", "commune", "code_insee", "adresse", "telephone", "latitude", "longitude"):
        assert old[field].equals(new[field])
    # The published v1 twin lost labels that v0.1 has a counterpart for, in three places; nothing else differs.
    for field, lost_upstream in (("services", 1), ("frais_a_charge", 0), ("modalites_accompagnement", 2)):
        labels = [(set(left or ()), set(right or ())) for left, right in zip(old[field], new[field], strict=True)]
        assert all(right <= left for left, right in labels)
        assert sum(right != left for left, right in labels) == lost_upstream


def test_the_real_files_lose_no_row(shared_data, tmp_path):
    raw = shared_data / "places/raw"
    build([raw / "cnfs", raw / "charente", raw / "data-inclusion/2023-02-06_data-inclusion.json"], out=tmp_path, as_of=DAY)
    ledger = open_release(tmp_path).manifest["ledger"]
    assert ledger["rows"] == 4930 + 1373 + 188 + 188 + 3811 == ledger["records"] + ledger["rejected"]
