"""A new release replaces the old one under load without a failed or a mixed answer, and a rollback is a matter of seconds."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from mediation_geo.release import rollback
from tests.clients_under_swaps import Clients, wait_until
from tests.service.serving import COLLECTION, publish_named, running

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"


@pytest.mark.parametrize("workers", [1, 2])
def test_releases_swap_and_roll_back_under_load(releases: Path, tmp_path: Path, workers: int) -> None:
    marks = {"2026-11-01": "ancien", "2026-11-02": "nouveau"}
    publish_named(tmp_path, releases, day="2026-11-01", mark="ancien")
    with running(tmp_path, workers=workers) as url, Clients(url, marks) as clients:
        clients.answered(10, release_id="2026-11-01")
        publish_named(tmp_path, releases, day="2026-11-02", mark="nouveau")
        clients.answered(10, release_id="2026-11-02")
        rollback(tmp_path)
        clients.answered(10, release_id="2026-11-01")
    assert clients.faults == []


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
        wait_until(lambda: client.get("/status?f=json").json()["instantane_illisible"] == "2026-11-02", "the damage is found")
        status = client.get("/status?f=json").json()
        assert status["instantane"] == "2026-11-01"
        assert status["etat"] == "degrade"
        assert client.get(f"{ITEMS}?limit=1").json()["features"][0]["properties"]["nom"] == "ancien"
