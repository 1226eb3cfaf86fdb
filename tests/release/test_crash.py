"""Builds that die, and disks that refuse: whatever happens, `current` is a whole release."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediation_geo.release import StoreUnwritable, current_id, open_release, release_ids, write_release
from tests.release.tables import town

BUILDER = Path(__file__).with_name("builder.py")
CI = os.environ.get("CI") == "true"
# MEDIATION_GEO_KILLS=200 makes a long evening of it; the random instants are the same in every run.
KILLS = int(os.environ.get("MEDIATION_GEO_KILLS", "60" if CI else "8"))
# Every touch of the disk in CI, every few of them on a developer's machine.
EACH = 1 if CI else 4
MEMORY = Path("/dev/shm")


class Builder:
    """The other end of builder.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def publish(self, size: int, *, event: int = 0, delay_s: float = -1) -> int:
        """Exit status of a build that dies at a touch of the disk or after a while, or neither."""
        self.process.stdin.write(f"{size} {event} {delay_s}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def folder(tmp_path):
    """In memory where there is such a disk: a build waits for the disk at each step, and here are hundreds of builds."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        yield Path(name)


@contextmanager
def builder(folder):
    with subprocess.Popen([sys.executable, BUILDER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Builder(process)
        process.stdin.close()


def assert_whole(folder):
    """The current release and the newest that can be listed have all their bytes and read."""
    for release_id in {current_id(folder), release_ids(folder)[-1]}:
        release = open_release(folder, release_id)
        release.verify()
        assert len(release.places) == release.manifest["counts"]["places"]


def test_a_build_killed_at_any_touch_of_the_disk_leaves_a_whole_current(folder):
    write_release(folder, **town(20, as_of="2026-11-20"))
    with builder(folder) as build:
        for event in range(1, 500, EACH):
            if build.publish(20 + event, event=event) == 0:
                break
            assert_whole(folder)
    assert event > 20
    assert len(open_release(folder).places) == 20 + event
    assert not list(folder.glob("*.tmp-*"))


def test_a_publication_killed_at_any_touch_of_the_disk_leaves_the_old_or_the_new_one_whole(folder):
    write_release(folder, **town(20, as_of="2026-11-20"))
    site = folder / "site"
    with builder(folder) as build:
        assert build.publish(0) == 0
        old = (site / "SHA256SUMS").read_bytes()
        write_release(folder, **town(21, as_of="2026-11-21"))
        for event in range(1, 1000, 5 * EACH):
            status = build.publish(0, event=event)
            sums = (site / "SHA256SUMS").read_text().splitlines()
            for digest, name in (line.split("  ") for line in sums):
                assert hashlib.sha256((site / name).read_bytes()).hexdigest() == digest
            if status == 0:
                break
    assert event > 20
    assert (site / "SHA256SUMS").read_bytes() != old
    assert len(list(folder.glob(".site.d-*"))) == 1


def test_builds_killed_at_random_instants_leave_a_whole_current(folder):
    chance = random.Random(0)
    write_release(folder, **town(20, as_of="2026-11-20"))
    with builder(folder) as build:
        assert build.publish(21) == 0
        begun = time.monotonic()
        assert build.publish(22) == 0
        one_build_s = time.monotonic() - begun
        for number in range(KILLS):
            delay_s = chance.uniform(0, 1.2 * one_build_s)
            assert build.publish(23 + number, delay_s=delay_s) in {0, signal.SIGKILL}
            assert_whole(folder)


PROGRAM = """
import errno, resource, sys, types
sys.modules["tests"] = types.ModuleType("tests"); sys.modules["tests"].__path__ = [sys.argv[1]]
from mediation_geo.release import StoreUnwritable, open_release, rollback, write_release
from tests.release.tables import town
write_release(sys.argv[2], **town(20, as_of="2026-11-20"))
{prepare}
try:
    write_release(sys.argv[2], **town(3000, as_of="2026-11-21"))
except StoreUnwritable as error:
    print(error)
release = open_release(sys.argv[2])
release.verify()
print(release.id, len(release.places))
"""


def refused_by_the_disk(prepare, folder, *, before=()):
    program = PROGRAM.format(prepare=prepare)
    arguments = [*before, sys.executable, "-c", program, str(BUILDER.parents[1]), str(folder)]
    answer = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_files_beyond_the_allowed_size_give_a_clear_error_and_the_old_release_stays(tmp_path):
    told = refused_by_the_disk("resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))", tmp_path)
    assert "a file grew beyond what is allowed here" in told
    assert told.endswith("2026-11-20 20\n")


@pytest.mark.parametrize(
    ("options", "prepare", "reason"),
    [
        ("size=400k", "", "the disk is full: free some space and run it again"),
        ("size=90m", 'import subprocess; subprocess.run(["mount", "-o", "remount,ro", sys.argv[2]], check=True)', "read-only"),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_refuses_gives_a_clear_error_and_the_old_release_stays(tmp_path, needs_system, options, prepare, reason):
    unshare = needs_system("unshare")
    if subprocess.run([unshare, "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs the right to make a mount namespace")
    mount = f'mount -t tmpfs -o {options} tmpfs {tmp_path} && exec "$@"'
    told = refused_by_the_disk(prepare, tmp_path, before=[unshare, "-m", "sh", "-c", mount, "sh"])
    assert reason in told
    assert "what was published before is untouched" in told
    assert told.endswith("2026-11-20 20\n")


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnwritable, match="untouched"):
        write_release(tmp_path / "file" / "releases", **town(3))
