"""A new release replaces the old one under load without a failed or a mixed answer, and a rollback is a matter of seconds."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest

from mediation_geo.release import rollback
from tests.service.serving import COLLECTION, publish_named, running

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"


class Load:
    """Clients that ask until told to stop, and note every answer that fails or mixes releases."""

    def __init__(self, url: str, marks: dict[str, str]) -> None:
        self.url = url
        self.marks = marks
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self.count = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(3)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, release_id: str) -> float:
        started = time.monotonic()
        while release_id not in self.seen and time.monotonic() - started < 60:
            time.sleep(0.02)
        return time.monotonic() - started

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not self._stop.is_set():
                self._check(client.get(f"{ITEMS}?limit=40"), "instantane")
                self._check(client.get("/proches?lat=48.85&lon=2.35"), "snapshot")

    def _check(self, answer: httpx.Response, name: str) -> None:
        self.count += 1
        if answer.status_code != 200:
            self.faults.append(f"status {answer.status_code}")
            return
        body = answer.json()
        release_id = answer.headers["x-dataset-snapshot"]
        names = {feature["properties"]["nom"] for feature in body["features"]}
        if body["donnees"][name] != release_id or names - {self.marks[release_id]}:
            self.faults.append(f"mixed: {release_id} {names}")
        self.seen.add(release_id)


@pytest.mark.parametrize("workers", [1, 2])
def test_releases_swap_and_roll_back_under_load(releases: Path, tmp_path: Path, workers: int) -> None:
    marks = {"2026-11-01": "ancien", "2026-11-02": "nouveau"}
    publish_named(tmp_path, releases, day="2026-11-01", mark="ancien")
    with running(tmp_path, workers=workers) as url, Load(url, marks) as load:
        load.wait_for("2026-11-01")
        publish_named(tmp_path, releases, day="2026-11-02", mark="nouveau")
        load.wait_for("2026-11-02")
        load.seen.clear()
        time.sleep(0.5)
        rollback(tmp_path)
        load.wait_for("2026-11-01")
        seen = set(load.seen)
    assert load.faults == []
    assert load.count > 20
    assert "2026-11-01" in seen


def test_a_release_that_cannot_be_read_leaves_the_old_one_served(releases: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    publish_named(served, releases, day="2026-11-01", mark="ancien")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with running(served) as url, httpx.Client(base_url=url, timeout=60) as client:
        publish_named(elsewhere, releases, day="2026-11-02", mark="nouveau")
        # Torn as by a failing disk, before the server can look: it may not read a file while that is being overwritten.
        (elsewhere / "2026-11-02" / "places.parquet").write_bytes(b"PAR1 torn")
        (elsewhere / "2026-11-02").rename(served / "2026-11-02")
        (elsewhere / "current").rename(served / "current")
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            status = client.get("/status?f=json").json()
            if status["instantane_illisible"] == "2026-11-02" or status["instantane"] == "2026-11-02":
                break
            time.sleep(0.1)
        assert status["instantane_illisible"] == "2026-11-02"
        assert status["etat"] == "degrade"
        assert client.get(f"{ITEMS}?limit=1").json()["features"][0]["properties"]["nom"] == "ancien"
