"""Nobody who asks waits for what can be made before: the release when it is loaded, each minute before it comes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.service.minutes import kept_ahead, wait_s
from mediation_geo.service.snapshot import SnapshotStore

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@given(now=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_the_next_minute_is_made_within_a_minute_and_before_it_comes(now: datetime) -> None:
    waited = wait_s(now)
    assert 0 < waited <= 60
    assert 39.9 < (now + timedelta(seconds=waited)).timestamp() % 60 < 40.1


def test_a_release_is_served_only_once_what_questions_need_is_made(releases: Path) -> None:
    store = SnapshotStore(releases)
    store.refresh()
    made = vars(store.current.index)
    assert {"facts", "written"} <= made.keys()
    assert len(store.current.index.facts.hours._kept) == 1


def test_a_prepared_minute_is_not_evaluated_again(releases: Path) -> None:
    store = SnapshotStore(releases)
    store.refresh()
    hours = store.current.index.facts.hours
    store.current.prepare_minute(AT)
    before = list(hours._kept)
    store.current.index.prepare(at=AT + timedelta(seconds=59))
    assert list(hours._kept) == before


def test_the_thread_of_the_minutes_ends_with_the_application(releases: Path) -> None:
    def names() -> list[str]:
        return [each.name for each in threading.enumerate()]

    with kept_ahead(SnapshotStore(releases)):
        assert "minutes" in names()
    assert "minutes" not in names()


def test_what_a_process_does_after_a_swap_is_done_after_each_release_and_only_then(releases: Path) -> None:
    store = SnapshotStore(releases)
    done: list[str | None] = []
    store.after_swap.append(lambda: done.append(store.snapshot.id if store.snapshot else None))
    store.refresh()
    store.refresh()
    assert done == [store.current.id]
