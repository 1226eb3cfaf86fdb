"""
Several processes over one copy of the release: the parent loads it and forks, the children serve it.

Memory that nobody writes to stays shared. When a newer release is published the parent loads it, forks new children over the same
listening socket, and tells the old ones to finish: nobody waits, and no answer mixes two releases.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from mediation_geo.release import current_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from mediation_geo.service.snapshot import SnapshotStore

__all__ = ["LEAVE", "leave_when_told", "listening_socket", "supervise"]

_POLL_SECONDS = 0.5

# A child told to leave takes no new connection, closes each that it has after its next answer, and ends when none is left. One
# that a client keeps open without asking is closed in the end, as it is in any server.
LEAVE = signal.SIGUSR1
_LEAVING_SECONDS = 20.0
# A connection may have been taken, and not yet be counted.
_SETTLING_SECONDS = 0.5

_SIGNALS = (signal.SIGTERM, signal.SIGINT, LEAVE)

# A little more than `timeout_graceful_shutdown` of the server.
_ENDING_SECONDS = 25.0
_REAPING_SECONDS = 0.02


def leave_when_told(begin: Callable[[], None], *, is_idle: Callable[[], bool]) -> None:
    """
    In a child: begin to close connections when the parent says so, and end when none is left.

    Parameters
    ----------
    begin : callable
        Takes no new connection from now on, and makes every answer the last of its connection.
    is_idle : callable
        Whether no connection is open.
    """

    def end() -> None:
        deadline = time.monotonic() + _LEAVING_SECONDS
        time.sleep(_SETTLING_SECONDS)
        while not is_idle() and time.monotonic() < deadline:
            time.sleep(_REAPING_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    def leave(_signal: int, _frame: FrameType | None) -> None:
        begin()
        threading.Thread(target=end, name="leaving", daemon=True).start()

    signal.signal(LEAVE, leave)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that children inherit."""
    return socket.create_server((host, port), backlog=2048, reuse_port=False)


def supervise(store: SnapshotStore, *, workers: int, work: Callable[[], None]) -> None:
    """
    Keep this many children at work until told to stop.

    Parameters
    ----------
    store : SnapshotStore
        Already loaded; children inherit what it holds.
    workers : int
        Number of children.
    work : callable
        What a child does; returns when the child is told to stop.
    """
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # All that children may need of a release is made here: what one of them made for itself would not be shared.
    store.refresh()
    children = _forked(workers, work)
    while not stopping:
        time.sleep(_POLL_SECONDS)
        store.tend()
        gone = _reaped(children)
        served = store.snapshot.id if store.snapshot else None
        if current_id(store.directory) not in {served, store.failed_id}:
            store.refresh()
            renewed = _forked(workers, work)
            _told(children - gone, LEAVE)
            children = renewed | _still_there(children - gone)
        else:
            children = (children - gone) | _forked(max(0, workers - len(children - gone)), work)
    _ended(children)


def _forked(count: int, work: Callable[[], None]) -> set[int]:
    # What is alive now is not looked at again by the collector, so children do not copy it page by page.
    gc.collect()
    gc.freeze()
    children = set()
    parent = os.getpid()
    # A signal that reached a child before it has handlers of its own would run the parent's there, and be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        for _ in range(count):
            child = os.fork()
            if child == 0:
                _run(work, parent=parent)
            children.add(child)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    return children


def _run(work: Callable[[], None], *, parent: int) -> NoReturn:
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
        work()
    finally:
        os._exit(0)


def _end_with(parent: int) -> None:
    """End when the parent is gone: children left behind would hold the port and serve their release for ever."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _reaped(children: set[int]) -> set[int]:
    gone = set()
    for child in children:
        try:
            found, _status = os.waitpid(child, os.WNOHANG)
        except ChildProcessError:
            found = child
        if found:
            gone.add(child)
    return gone


def _ended(children: set[int]) -> None:
    """All told to finish what they are answering; those that do not within the time uvicorn gives them are ended."""
    _told(children, signal.SIGTERM)
    deadline = time.monotonic() + _ENDING_SECONDS
    while children and time.monotonic() < deadline:
        children = _still_there(children)
        time.sleep(_REAPING_SECONDS)
    _told(children, signal.SIGKILL)
    for child in children:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _still_there(children: set[int]) -> set[int]:
    return children - _reaped(children)


def _told(children: set[int], what: signal.Signals) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, what)
