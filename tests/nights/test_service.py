"""Nights on which something happens to the server: a release gone or damaged under it, processes killed, swaps under load."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mediation_geo.release import current_id, rollback
from tests.clients_under_swaps import Clients, wait_until
from tests.nights.night import House, status_of
from tests.service.serving import COLLECTION, publish_named, running

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"
FIRST, SECOND = "2026-11-20", "2026-11-21"
MARKS = {FIRST: "Relais bleu", SECOND: "Relais rouge"}
RATE = 200
CONNECTIONS = 8
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


@pytest.fixture
def two(house: House, tmp_path: Path) -> Path:
    """A folder of two releases that can be told apart by the names in them; the older is current."""
    folder = tmp_path / "two"
    for day, mark in MARKS.items():
        publish_named(folder, day=day, mark=mark, source=house.releases)
    rollback(folder)
    return folder


def names_of(url: str) -> tuple[str, set[str]]:
    answer = httpx.get(f"{url}{ITEMS}?limit=5", timeout=60).raise_for_status()
    return answer.headers["x-dataset-snapshot"], {each["properties"]["nom"] for each in answer.json()["features"]}


def test_a_release_deleted_under_the_server_is_served_to_the_end_and_the_next_start_takes_the_newest_left(two: Path) -> None:
    with running(two) as url:
        shutil.rmtree(two / FIRST)
        for path in (f"{ITEMS}?limit=5", "/proches?lat=48.85&lon=2.35", "/ogcapi/collections?f=json", "/status?f=json"):
            assert httpx.get(f"{url}{path}", timeout=60).status_code == 200
        assert names_of(url) == (FIRST, {"Relais bleu"})
    assert current_id(two) == FIRST
    with running(two) as url:
        assert names_of(url) == (SECOND, {"Relais rouge"})
        status = status_of(url)
        assert (status["etat"], status["instantane_illisible"]) == ("degrade", FIRST)


def test_a_release_damaged_on_the_disk_is_never_served_however_whole_it_looks(two: Path) -> None:
    with running(two) as url:
        damaged = two / SECOND / "issues.parquet"
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 0xFF
        damaged.chmod(0o644)
        damaged.write_bytes(content)
        (two / "next").symlink_to(SECOND)
        (two / "next").replace(two / "current")
        wait_until(lambda: status_of(url)["instantane_illisible"] == SECOND, "the damage is found")
        assert names_of(url) == (FIRST, {"Relais bleu"})
        assert status_of(url)["etat"] == "degrade"


def children_of(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def workers(releases: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server of two workers on a port, in a process that can be killed."""
    program = (
        "from mediation_geo.service import serve_workers; from mediation_geo.settings import Settings; "
        "serve_workers(Settings.from_environment(), workers=2)"
    )
    own = {"MEDIATION_GEO_RELEASES": str(releases), "MEDIATION_GEO_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, **own}, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def test_killed_workers_are_replaced_and_a_killed_parent_leaves_the_port_free(two: Path) -> None:
    with running(two) as url:
        port = int(url.rsplit(":", 1)[1])
    with workers(two, port) as process:
        wait_until(lambda: answers(url), "the workers answer")
        before = children_of(process.pid)
        for child in before:
            os.kill(child, signal.SIGKILL)
        wait_until(lambda: len(set(children_of(process.pid)) - set(before)) == 2, "two new workers")
        wait_until(lambda: answers(url), "the new workers answer")
        orphans = children_of(process.pid)
        process.kill()
        process.wait()
        wait_until(lambda: not any(Path(f"/proc/{child}").is_dir() for child in orphans), "the workers end with their parent")
    with workers(two, port):
        wait_until(lambda: answers(url), "a new server on the same port")
        assert names_of(url) == (FIRST, {"Relais bleu"})


@pytest.mark.parametrize("processes", [1, 2])
def test_swaps_under_two_hundred_requests_a_second_cost_no_answer(two: Path, processes: int) -> None:
    with (
        running(two, workers=processes, MEDIATION_GEO_RATE_LIMIT="1000000/minute") as url,
        Clients(url, MARKS, connections=CONNECTIONS, rate=RATE) as clients,
    ):
        clients.answered(20, release_id=FIRST)
        for number in range(4):
            wanted = list(MARKS)[(number + 1) % 2]
            rollback(two, wanted)
            clients.answered(20, release_id=wanted)
    assert clients.faults == []


@pytest.mark.skipif(not FAKETIME.is_file(), reason="needs the Debian package faketime on x86_64")
def test_a_server_whose_clock_is_wrong_answers_and_says_so(two: Path) -> None:
    clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "2019-03-01 03:00:00", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with running(two, **clock) as url:
        status = status_of(url)
        assert (status["etat"], status["instantane"]) == ("degrade", FIRST)
        assert status["age_jours"] < 0
        assert httpx.get(f"{url}/proches?lat=48.85&lon=2.35&ouvert=maintenant", timeout=60).status_code == 200
