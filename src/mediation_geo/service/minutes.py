"""
The minute ahead, made before it comes: which places are open changes every minute, and nobody who asks should wait for it.

Takes the store of snapshots; acts on the current one from a thread of its own.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mediation_geo.service.snapshot import SnapshotStore

__all__ = ["kept_ahead", "wait_s"]

# Seconds into each minute at which the next one is made.
_AT_SECOND = 40


@contextmanager
def kept_ahead(store: SnapshotStore) -> Iterator[None]:
    """While inside, each coming minute is made ready for the snapshot being served."""
    stopping = threading.Event()

    def follow() -> None:
        while not stopping.wait(wait_s(datetime.now(UTC))):
            snapshot = store.snapshot
            if snapshot is not None:
                snapshot.prepare_minute(datetime.now(UTC) + timedelta(minutes=1))

    thread = threading.Thread(target=follow, name="minutes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def wait_s(now: datetime) -> float:
    """
    Seconds until the minute after this one should be made.

    Examples
    --------
    >>> wait_s(datetime(2026, 11, 20, 9, 30, 10)), wait_s(datetime(2026, 11, 20, 9, 30, 40))
    (30.0, 60.0)
    """
    ahead = _AT_SECOND - now.second - now.microsecond / 1e6
    return ahead if ahead > 0 else ahead + 60
