"""Stateless replicas over a store: one may die, one may swap under requests, the store may go: only the operator notices."""

from __future__ import annotations

import pytest

from mediation_geo.release import open_release, write_release
from mediation_geo.release.remote import Store, send_release
from tests.clients_under_swaps import ITEMS, Clients, wait_until
from tests.release.tables import town
from tests.scale.replicas import proxy, replica
from tests.scale.stores import WebFolder

FIRST, SECOND, THIRD = "2026-11-19", "2026-11-20", "2026-11-21"
MARKS = {FIRST: "Lieu du jeudi", SECOND: "Lieu du vendredi", THIRD: "Lieu du samedi"}


@pytest.fixture
def published(tmp_path):
    """What publishes a release of sixty places into a folder; a web server hands it out."""
    behind = tmp_path / "behind"
    behind.mkdir()

    def publish(day):
        tables = town(60, as_of=day)
        tables["places"]["nom"] = MARKS[day]
        write_release(tmp_path / "home", **tables)
        send_release(open_release(tmp_path / "home"), Store(f"file://{behind}"))

    publish.folder = behind
    return publish


def test_one_replica_is_killed_and_releases_swap_under_requests_without_a_failed_answer(published, tmp_path):
    published(FIRST)
    web = WebFolder(published.folder)
    try:
        with (
            replica(web.address, tmp_path / "one") as one,
            replica(web.address, tmp_path / "two") as two,
            proxy([one.url, two.url]) as url,
            Clients(url, MARKS, paths=[ITEMS]) as clients,
        ):
            clients.answered(10, release_id=FIRST)
            published(SECOND)
            clients.answered(10, release_id=SECOND)
            one.kill()
            clients.answered(10, release_id=SECOND)
            published(THIRD)
            clients.answered(10, release_id=THIRD)
            # It comes back with the copy it had, and takes up what it missed.
            with replica(web.address, tmp_path / "one", port=one.port) as again:
                wait_until(lambda: again.status()["instantane"] == THIRD, "the replica that died has caught up")
                clients.answered(10, release_id=THIRD)
    finally:
        web.stop()
    assert clients.faults == []
    assert min(clients.answers.values()) >= 10


@pytest.mark.parametrize("workers", [1, 2])
def test_while_the_store_is_away_the_old_release_is_served_and_the_status_says_so(published, tmp_path, workers):
    published(FIRST)
    web = WebFolder(published.folder)
    stopped = False
    try:
        with replica(web.address, tmp_path / "one", workers=workers) as one:
            before = one.status()
            assert (before["instantane"], before["magasin"]["injoignable_depuis"]) == (FIRST, None)
            port = web.stop()
            stopped = True
            wait_until(lambda: one.status()["magasin"]["injoignable_depuis"], "the status tells that the store is away")
            away = one.status()
            assert (away["instantane"], away["etat"]) == (FIRST, "degrade")
            published(SECOND)
            whole = (published.folder / SECOND / "places.parquet").read_bytes()
            (published.folder / SECOND / "places.parquet").unlink()
            web, stopped = WebFolder(published.folder, port), False
            wait_until(lambda: one.status()["magasin"]["instantane_refuse"] == SECOND, "the status names the half release")
            assert (one.status()["instantane"], one.status()["etat"]) == (FIRST, "degrade")
            (published.folder / SECOND / "places.parquet").write_bytes(whole)
            published(THIRD)
            wait_until(lambda: one.status()["instantane"] == THIRD, "the next release is taken up")
            assert one.status()["magasin"]["instantane_refuse"] is None
    finally:
        if not stopped:
            web.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_when_the_process_that_follows_the_store_is_killed_another_takes_its_place(published, tmp_path, workers):
    published(FIRST)
    with replica(f"file://{published.folder}", tmp_path / "one", workers=workers) as one:
        one.kill_follower()
        published(SECOND)
        wait_until(lambda: one.status()["instantane"] == SECOND, "the release that came afterwards is served")


def test_a_store_that_cannot_be_followed_stops_the_service_with_one_sentence(tmp_path):
    sentence = r"gopher://127\.0\.0\.1/lieux: unknown protocol 'gopher'"
    with pytest.raises(RuntimeError, match=sentence), replica("gopher://who:hush@127.0.0.1/lieux", tmp_path / "one"):
        pass
    assert "hush" not in (tmp_path / "one.log").read_text()
