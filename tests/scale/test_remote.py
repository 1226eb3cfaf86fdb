"""A release goes to a store and comes to a replica whole and verified, or the replica keeps what it had and says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.errors import ChecksumMismatch, SettingsError
from mediation_geo.release import StoreError, StoreUnwritable, current_id, open_release, release_ids, rollback, write_release
from mediation_geo.release.remote import Mirror, Store, is_store_address, mirror_state, send_release, shown_address
from tests.release.tables import town
from tests.scale.stores import WebFolder, bucket

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
TABLES = ["places.parquet", "records.parquet", "links.parquet", "issues.parquet", "events.ndjson"]


def publish(folder, size, *, day):
    write_release(folder, **town(size, as_of=day))
    return open_release(folder)


@pytest.fixture(params=["file", "s3", "http"])
def shelf(request, tmp_path):
    """A store as who publishes reaches it, and as a replica does."""
    behind = tmp_path / "behind"
    behind.mkdir()
    if request.param == "s3":
        with pytest.MonkeyPatch.context() as patch, bucket(patch) as address:
            yield Store(address), Store(address)
    elif request.param == "http":
        web = WebFolder(behind)
        try:
            yield Store(f"file://{behind}"), Store(web.address)
        finally:
            web.stop()
    else:
        yield Store(f"file://{behind}"), Store(f"file://{behind}")


def test_a_release_that_was_sent_is_served_from_the_copy_and_the_next_one_replaces_it(shelf, tmp_path):
    writing, reading = shelf
    mirror = Mirror(reading, tmp_path / "replica")
    first = publish(tmp_path / "home", 5, day="2026-11-20")
    assert send_release(first, writing)[-1] == "current/manifest.json"
    assert mirror.refresh(now=NOW).failing_since is None
    copy = open_release(tmp_path / "replica")
    assert (copy.id, len(copy.places), copy.manifest["content_sha256"]) == ("2026-11-20", 5, first.manifest["content_sha256"])
    copy.verify()
    second = publish(tmp_path / "home", 6, day="2026-11-21")
    assert current_id(tmp_path / "replica") == "2026-11-20"
    send_release(second, writing)
    mirror.refresh(now=NOW)
    assert current_id(tmp_path / "replica") == "2026-11-21"
    # Who still reads the old one has it whole.
    assert len(copy.records) == 5


def test_sending_again_sends_nothing_and_going_back_moves_the_pointer_only(shelf, tmp_path):
    writing, reading = shelf
    home = tmp_path / "home"
    for day in ("2026-11-20", "2026-11-21"):
        send_release(publish(home, 5, day=day), writing)
    assert send_release(open_release(home), writing) == []
    mirror = Mirror(reading, tmp_path / "replica")
    mirror.refresh(now=NOW)
    assert send_release(rollback(home), writing) == ["current/manifest.json"]
    mirror.refresh(now=NOW)
    assert current_id(tmp_path / "replica") == "2026-11-20"


def test_a_corrupt_release_is_refused_by_name_and_taken_once_it_is_whole(shelf, tmp_path):
    writing, reading = shelf
    home = tmp_path / "home"
    send_release(publish(home, 5, day="2026-11-20"), writing)
    mirror = Mirror(reading, tmp_path / "replica", retry_s=60)
    mirror.refresh(now=NOW)
    second = publish(home, 6, day="2026-11-21")
    send_release(second, writing)
    whole = (second.path / "places.parquet").read_bytes()
    writing.write(whole[:-1] + b"?", "2026-11-21/places.parquet")
    state = mirror.refresh(now=NOW)
    assert (state.refused, state.failing_since) == ("2026-11-21", None)
    assert "2026-11-21/places.parquet" in state.refused_reason
    assert "sha256" in state.refused_reason
    assert (current_id(mirror.directory), release_ids(mirror.directory)) == ("2026-11-20", ["2026-11-20"])
    writing.write(whole, "2026-11-21/places.parquet")
    # Not asked again at once: a store full of rubbish is not fetched every few seconds.
    assert mirror.refresh(now=NOW + timedelta(seconds=10)).refused == "2026-11-21"
    assert mirror.refresh(now=NOW + timedelta(seconds=61)).refused is None
    assert current_id(mirror.directory) == "2026-11-21"


@pytest.mark.parametrize("name", TABLES)
def test_a_half_uploaded_release_is_refused_by_name(tmp_path, name):
    store = Store(f"file://{tmp_path / 'behind'}")
    send_release(publish(tmp_path / "home", 5, day="2026-11-20"), store)
    (tmp_path / "behind" / "2026-11-20" / name).unlink()
    state = Mirror(store, tmp_path / "replica").refresh(now=NOW)
    assert state.refused == "2026-11-20"
    assert f"2026-11-20/{name} is not there" in state.refused_reason
    assert release_ids(tmp_path / "replica") == []


def test_a_store_that_is_away_leaves_what_was_served_and_the_state_tells_since_when(tmp_path):
    behind = tmp_path / "behind"
    send_release(publish(tmp_path / "home", 5, day="2026-11-20"), Store(f"file://{behind}"))
    web = WebFolder(behind)
    address = web.address
    try:
        mirror = Mirror(Store(address), tmp_path / "replica")
        mirror.refresh(now=NOW)
    finally:
        port = web.stop()
    later = NOW + timedelta(minutes=3)
    for moment in (later, later + timedelta(minutes=1)):
        state = mirror.refresh(now=moment)
        assert (state.failing_since, state.checked) == ("2026-11-21T06:03:00+00:00", "2026-11-21T06:00:00+00:00")
        assert state.reason.startswith(address)
    # A replica that starts anew while the store is away serves what it had, and remembers since when.
    assert Mirror(Store(address), tmp_path / "replica").refresh(now=later).failing_since == state.failing_since
    assert mirror_state(tmp_path / "replica") == state
    assert open_release(tmp_path / "replica").id == "2026-11-20"
    web = WebFolder(behind, port)
    try:
        assert mirror.refresh(now=later + timedelta(minutes=2)).failing_since is None
    finally:
        web.stop()


def test_an_unchanged_pointer_costs_no_download(tmp_path):
    behind = tmp_path / "behind"
    send_release(publish(tmp_path / "home", 5, day="2026-11-20"), Store(f"file://{behind}"))
    web = WebFolder(behind)
    try:
        mirror = Mirror(Store(web.address), tmp_path / "replica")
        mirror.refresh(now=NOW)
        web.asked.clear()
        mirror.refresh(now=NOW)
        assert web.asked == []
        # Tables that are the same in the next release are not fetched again: here all but those that tell places and records.
        send_release(publish(tmp_path / "home", 6, day="2026-11-21"), Store(f"file://{behind}"))
        mirror.refresh(now=NOW)
    finally:
        web.stop()
    fetched = sorted(each.rpartition("/")[2] for each in web.asked)
    assert fetched == ["events.ndjson", "manifest.json", "places.parquet", "records.parquet"]


def test_a_folder_of_releases_behind_a_web_server_is_a_store_as_it_is(tmp_path):
    publish(tmp_path / "home", 5, day="2026-11-20")
    web = WebFolder(tmp_path / "home")
    try:
        assert Mirror(Store(web.address), tmp_path / "replica").refresh(now=NOW).refused is None
    finally:
        web.stop()
    assert open_release(tmp_path / "replica").id == "2026-11-20"


def test_a_damaged_copy_is_fetched_again(tmp_path):
    store = Store(f"file://{tmp_path / 'behind'}")
    send_release(publish(tmp_path / "home", 5, day="2026-11-20"), store)
    Mirror(store, tmp_path / "replica").refresh(now=NOW)
    damaged = tmp_path / "replica" / "2026-11-20" / "places.parquet"
    damaged.chmod(0o644)
    damaged.write_bytes(b"rubbish")
    assert Mirror(store, tmp_path / "replica").refresh(now=NOW).refused is None
    open_release(tmp_path / "replica").verify()


def test_another_release_under_a_used_id_is_refused_on_both_sides(tmp_path):
    store = Store(f"file://{tmp_path / 'behind'}")
    send_release(publish(tmp_path / "home", 5, day="2026-11-20"), store)
    mirror = Mirror(store, tmp_path / "replica")
    mirror.refresh(now=NOW)
    other = publish(tmp_path / "elsewhere", 9, day="2026-11-20")
    with pytest.raises(StoreError, match="holds another release 2026-11-20"):
        send_release(other, store)
    store.write((other.path / "manifest.json").read_bytes(), "current/manifest.json")
    assert "an id is used once" in mirror.refresh(now=NOW).refused_reason
    assert len(open_release(tmp_path / "replica").places) == 5


def test_a_damaged_release_is_not_sent(tmp_path):
    release = publish(tmp_path / "home", 5, day="2026-11-20")
    places = release.path / "places.parquet"
    places.chmod(0o644)
    places.write_bytes(places.read_bytes()[:-1] + b"?")
    store = Store(f"file://{tmp_path / 'behind'}")
    with pytest.raises(ChecksumMismatch, match=r"places\.parquet"):
        send_release(release, store)
    assert store.size("current/manifest.json") is None


def test_an_upload_that_was_cut_short_leaves_the_pointer_and_can_be_repeated(tmp_path):
    behind = tmp_path / "behind"
    store = Store(f"file://{behind}")
    send_release(publish(tmp_path / "home", 5, day="2026-11-20"), store)
    second = publish(tmp_path / "home", 6, day="2026-11-21")

    class Dying(Store):
        def send(self, source, name):
            if name.endswith("places.parquet"):
                raise KeyboardInterrupt
            super().send(source, name)

    with pytest.raises(KeyboardInterrupt):
        send_release(second, Dying(f"file://{behind}"))
    mirror = Mirror(store, tmp_path / "replica")
    mirror.refresh(now=NOW)
    assert current_id(mirror.directory) == "2026-11-20"
    assert "places.parquet" in send_release(second, store)
    mirror.refresh(now=NOW)
    assert current_id(mirror.directory) == "2026-11-21"


@pytest.fixture(scope="module")
def a_manifest(tmp_path_factory):
    return json.loads((publish(tmp_path_factory.mktemp("home"), 2, day="2026-11-20").path / "manifest.json").read_text())


@settings(max_examples=60)
@given(damage=st.dictionaries(st.sampled_from(["id", "files", "format"]), st.none() | st.text() | st.integers(), min_size=1))
def test_no_pointer_whatever_it_says_writes_outside_the_copy_or_stops_the_replica(a_manifest, tmp_path_factory, damage):
    folder = tmp_path_factory.mktemp("pointer")
    store = Store(f"file://{folder / 'behind'}")
    store.write(json.dumps({**a_manifest, **damage}).encode(), "current/manifest.json")
    assert Mirror(store, folder / "replica").refresh(now=NOW).refused
    assert sorted(each.name for each in folder.iterdir()) == ["behind", "replica"]
    assert release_ids(folder / "replica") == []


@pytest.mark.parametrize("files", [{"../../escape": {"bytes": 1, "sha256": "0"}}, {"places.parquet": {}}, []])
def test_files_that_are_not_those_of_a_release_are_refused(a_manifest, tmp_path, files):
    store = Store(f"file://{tmp_path / 'behind'}")
    store.write(json.dumps({**a_manifest, "files": files}).encode(), "current/manifest.json")
    assert Mirror(store, tmp_path / "replica").refresh(now=NOW).refused
    assert not Path(tmp_path / "escape").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "replica").write_text("a file is in the way")
    with pytest.raises(StoreUnwritable, match="replica"):
        Mirror(Store(f"file://{tmp_path / 'behind'}"), tmp_path / "replica")


def test_http_is_read_only(tmp_path):
    release = publish(tmp_path / "home", 2, day="2026-11-20")
    with pytest.raises(StoreError, match="over HTTP is only read"):
        send_release(release, Store("https://127.0.0.1:9/releases"))


def test_a_wrong_address_is_named_without_its_password():
    with pytest.raises(SettingsError, match="unknown protocol 'gopher'"):
        Store("gopher://who:hush@127.0.0.1/lieux")
    with pytest.raises(SettingsError, match="no part after") as caught:
        Store("https://who:hush@127.0.0.1/lieux?token=hush")
    assert "hush" not in str(caught.value)
    assert shown_address("https://who:hush@127.0.0.1/lieux") == "https://127.0.0.1/lieux"


def test_a_password_is_never_in_the_state(tmp_path):
    state = Mirror(Store("http://who:hush@127.0.0.1:9/lieux"), tmp_path / "replica").refresh(now=NOW)
    assert state.failing_since
    assert "hush" not in (tmp_path / "replica" / ".mirror.json").read_text()


def test_an_address_is_told_from_a_folder():
    assert [is_store_address(each) for each in ("releases", "/srv/releases", "s3://b/p")] == [False, False, True]
