"""The folder of releases: opening, rollback, retention, two writers, damage."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from mediation_geo.errors import ChecksumMismatch, PublishRefused, ReleaseNotFound
from mediation_geo.release import (
    StoreBusy,
    StoreError,
    accept_refused,
    current_id,
    open_release,
    prune,
    refused_path,
    release_ids,
    rollback,
    write_release,
)
from mediation_geo.release.store import exclusive
from tests.release.tables import town


def publish(folder, *days, size=10):
    for number, day in enumerate(days):
        write_release(folder, **town(size + number, as_of=day))


def test_opening_where_nothing_was_published_says_so(tmp_path):
    with pytest.raises(ReleaseNotFound, match="nothing was published here yet"):
        open_release(tmp_path)


def test_an_unknown_release_is_answered_with_those_that_are_there(tmp_path):
    publish(tmp_path, "2026-11-20", "2026-11-21")
    with pytest.raises(ReleaseNotFound, match=r"no release '2026-11-19'; there are 2026-11-20, 2026-11-21"):
        open_release(tmp_path, "2026-11-19")


def test_a_release_id_cannot_lead_out_of_the_folder(tmp_path):
    publish(tmp_path / "releases", "2026-11-20")
    publish(tmp_path / "other", "2026-11-21")
    with pytest.raises(ReleaseNotFound):
        open_release(tmp_path / "releases", "../other/2026-11-21")


def test_one_release_copied_elsewhere_opens_by_itself(tmp_path):
    publish(tmp_path / "releases", "2026-11-20")
    copy = shutil.copytree(tmp_path / "releases" / "2026-11-20", tmp_path / "download")
    assert open_release(copy).id == "2026-11-20"


def test_a_reader_keeps_its_release_while_current_moves_on_and_the_old_one_goes(tmp_path):
    publish(tmp_path, "2026-11-20")
    held = open_release(tmp_path)
    publish(tmp_path, "2026-11-21", size=12)
    prune(tmp_path, keep_last=1, keep_months=0)
    assert release_ids(tmp_path) == ["2026-11-21"]
    assert len(held.places) == 10
    assert len(open_release(tmp_path).places) == 12


def test_rollback_serves_the_release_before(tmp_path):
    publish(tmp_path, "2026-11-19", "2026-11-20", "2026-11-21")
    assert rollback(tmp_path).id == "2026-11-20"
    assert rollback(tmp_path).id == "2026-11-19"
    assert open_release(tmp_path).id == "2026-11-19"
    assert rollback(tmp_path, "2026-11-21").id == "2026-11-21"
    with pytest.raises(ReleaseNotFound):
        rollback(tmp_path, "2026-11-01")


def test_rollback_before_the_first_release_changes_nothing(tmp_path):
    publish(tmp_path, "2026-11-19")
    with pytest.raises(ReleaseNotFound, match="no release before 2026-11-19"):
        rollback(tmp_path)
    assert current_id(tmp_path) == "2026-11-19"


def test_rollback_to_a_damaged_release_is_refused(tmp_path):
    publish(tmp_path, "2026-11-19", "2026-11-20")
    victim = tmp_path / "2026-11-19" / "places.parquet"
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(content)
    with pytest.raises(ChecksumMismatch, match=r"places\.parquet: sha256 is"):
        rollback(tmp_path)
    assert current_id(tmp_path) == "2026-11-20"


@pytest.mark.parametrize("name", ["places.parquet", "events.ndjson", "manifest.json"])
def test_a_cut_file_is_noticed_when_the_release_is_opened(tmp_path, name):
    publish(tmp_path, "2026-11-19")
    victim = tmp_path / "2026-11-19" / name
    victim.chmod(0o644)
    victim.write_bytes(victim.read_bytes()[:-20])
    with pytest.raises(ChecksumMismatch, match=name):
        open_release(tmp_path)


def test_a_release_of_another_version_of_the_layout_is_named_as_such(tmp_path):
    publish(tmp_path, "2026-11-19")
    manifest = tmp_path / "2026-11-19" / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text().replace('"format": "1"', '"format": "2"'))
    with pytest.raises(StoreError, match="format '2'; this version of mediation-geo reads format '1'"):
        open_release(tmp_path)


def test_pruning_keeps_the_newest_and_the_last_of_each_month(tmp_path):
    publish(tmp_path, "2026-08-30", "2026-09-01", "2026-09-30", "2026-10-15", "2026-11-19", "2026-11-20", "2026-11-21")
    gone = prune(tmp_path, keep_last=2, keep_months=3)
    assert gone == ["2026-08-30", "2026-09-01", "2026-11-19"]
    assert release_ids(tmp_path) == ["2026-09-30", "2026-10-15", "2026-11-20", "2026-11-21"]


def test_pruning_never_removes_the_release_that_is_served(tmp_path):
    publish(tmp_path, "2026-11-19", "2026-11-20", "2026-11-21")
    rollback(tmp_path, "2026-11-19")
    prune(tmp_path, keep_last=1, keep_months=0)
    assert open_release(tmp_path).id == "2026-11-19"


def test_a_refused_build_can_be_accepted_after_a_look(tmp_path):
    publish(tmp_path, "2026-11-20", size=100)
    with pytest.raises(PublishRefused):
        publish(tmp_path, "2026-11-21", size=20)
    assert accept_refused(tmp_path).id == "2026-11-21"
    assert len(open_release(tmp_path).places) == 20
    assert refused_path(tmp_path) is None
    with pytest.raises(ReleaseNotFound, match="no refused build is waiting"):
        accept_refused(tmp_path)


def test_a_refused_build_whose_name_was_taken_since_is_not_accepted(tmp_path):
    publish(tmp_path, "2026-11-20", size=100)
    with pytest.raises(PublishRefused):
        publish(tmp_path, "2026-11-21", size=20)
    shutil.copytree(tmp_path / "2026-11-20", tmp_path / "2026-11-21")
    with pytest.raises(StoreError, match="published since"):
        accept_refused(tmp_path)


def test_a_build_beside_another_one_is_told_to_wait(tmp_path):
    program = (
        "import sys; from pathlib import Path; from mediation_geo.release.store import exclusive\n"
        "with exclusive(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusy, match="another build or publication is at work"):
            publish(tmp_path, "2026-11-20")
        holder.kill()
    publish(tmp_path, "2026-11-20")
    assert current_id(tmp_path) == "2026-11-20"


def test_what_a_killed_build_left_is_swept_by_the_next(tmp_path):
    publish(tmp_path, "2026-11-20")
    (tmp_path / "2026-11-21.tmp-4711").mkdir()
    (tmp_path / "2026-11-21.tmp-4711" / "places.parquet").write_bytes(b"PAR1")
    (tmp_path / "current.tmp-4711").symlink_to("2026-11-19")
    with exclusive(tmp_path):
        assert not list(tmp_path.glob("*.tmp-*"))
    assert release_ids(tmp_path) == ["2026-11-20"]


def test_a_release_complete_but_not_yet_current_when_its_builder_died_is_taken_up(tmp_path):
    publish(tmp_path, "2026-11-20", "2026-11-21")
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("2026-11-20")
    assert write_release(tmp_path, **town(11, as_of="2026-11-21")).name == "2026-11-21"
    assert release_ids(tmp_path) == ["2026-11-20", "2026-11-21"]
    assert current_id(tmp_path) == "2026-11-21"
