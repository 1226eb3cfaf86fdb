"""Publishing: round trip, determinism, identical content, refusal."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings

from mediation_geo.errors import PublishRefused, SettingsError
from mediation_geo.release import open_release, refused_path, release_ids, write_release
from tests.release.tables import releases, town

if TYPE_CHECKING:
    from pathlib import Path


@settings(max_examples=8)  # each one is a release on disk
@given(tables=releases())
def test_a_release_reads_back_as_it_was_written(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    path = write_release(folder, **tables)
    release = open_release(folder)
    assert release.path == path
    pd.testing.assert_frame_equal(release.places, tables["places"])
    for name in ("records", "links", "issues"):
        pd.testing.assert_frame_equal(getattr(release, name), tables[name])
    assert release.events["place_id"].tolist() == tables["events"]["place_id"].tolist()
    assert release.events["record_ids"].tolist() == tables["events"]["record_ids"].tolist()
    assert release.manifest["demo"] is True
    release.verify()


@settings(max_examples=8)  # each one is a release on disk
@given(tables=releases())
def test_the_bytes_do_not_depend_on_the_order_of_the_rows(tables, tmp_path_factory):
    shuffled = {
        name: table.sample(frac=1, random_state=1).reset_index(drop=True) if name not in {"manifest", "events"} else table
        for name, table in tables.items()
    }
    first = write_release(tmp_path_factory.mktemp("a"), **tables)
    second = write_release(tmp_path_factory.mktemp("b"), **shuffled)
    assert checksums(first) == checksums(second)


def test_events_keep_their_order_for_the_last_one_of_a_place_counts(tmp_path):
    told = ["minted", "retired", "revived", "retired"]
    log = pd.DataFrame({"event": told, "place_id": "p", "release_id": [f"2026-11-0{day}" for day in (1, 2, 3, 4)]})
    write_release(tmp_path, **{**town(3), "events": log})
    assert open_release(tmp_path).events["event"].tolist() == told


def test_building_the_same_again_gives_the_release_that_is_there(tmp_path):
    first = write_release(tmp_path, **town(30))
    again = write_release(tmp_path, **town(30))
    assert again == first
    assert release_ids(tmp_path) == ["2026-11-21"]


def test_a_second_release_of_a_day_is_numbered_and_becomes_current(tmp_path):
    write_release(tmp_path, **town(30))
    path = write_release(tmp_path, **town(31))
    assert path.name == "2026-11-21.2"
    assert open_release(tmp_path).id == "2026-11-21.2"
    assert open_release(tmp_path).manifest["previous"] == "2026-11-21"


def test_a_manifest_read_from_a_release_may_be_written_again(tmp_path):
    first = write_release(tmp_path / "a", **town(30))
    manifest = dict(open_release(tmp_path / "a").manifest)
    second = write_release(tmp_path / "b", **{**town(30), "manifest": manifest})
    assert checksums(first) == checksums(second)


def test_a_release_a_gate_refuses_is_kept_aside_and_the_old_one_served(tmp_path):
    write_release(tmp_path, **town(30))
    with pytest.raises(PublishRefused, match=r"20 places after 30: 33\.3 % fewer") as caught:
        write_release(tmp_path, **town(20))
    assert len(caught.value.failed_gates) == 1
    assert open_release(tmp_path).id == "2026-11-21"
    assert release_ids(tmp_path) == ["2026-11-21"]
    assert open_release(refused_path(tmp_path)).manifest["counts"]["places"] == 20


def test_a_refused_build_is_forgotten_once_a_good_one_is_published(tmp_path):
    write_release(tmp_path, **town(30))
    with pytest.raises(PublishRefused):
        write_release(tmp_path, **town(20))
    write_release(tmp_path, **town(31))
    assert refused_path(tmp_path) is None


def test_a_build_goes_on_where_somebody_removed_the_current_release_by_hand(tmp_path):
    shutil.rmtree(write_release(tmp_path, **town(30, as_of="2026-11-20")))
    assert write_release(tmp_path, **town(5)).name == "2026-11-21"
    assert open_release(tmp_path).id == "2026-11-21"


@pytest.mark.parametrize("day", [None, "", "21/11/2026", "2026-13-01"])
def test_a_release_without_a_day_is_refused_before_anything_is_written(tmp_path, day):
    with pytest.raises(SettingsError, match="YYYY-MM-DD"):
        write_release(tmp_path / "releases", **{**town(3), "manifest": {"as_of": day}})
    assert not (tmp_path / "releases").exists()


def checksums(path: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in path.iterdir()}
