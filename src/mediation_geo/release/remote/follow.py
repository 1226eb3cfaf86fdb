"""
Following a store in a process of its own, so that copying and checking a release never slows an answer down.

The first line of standard input says what to follow, a line on standard output that the first check was made; the end of standard
input is the end of the work. Thus the process never outlives the one it works for, however that one ends.
"""

from __future__ import annotations

import logging
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from mediation_geo.errors import MediationGeoError
from mediation_geo.release.remote.mirror import Mirror
from mediation_geo.release.remote.store import Store

if TYPE_CHECKING:
    from mediation_geo.release.remote.state import MirrorState

__all__ = ["COMMAND", "main", "order"]

COMMAND = (sys.executable, "-c", "from mediation_geo.release.remote.follow import main; main()")
_LOG = logging.getLogger(__name__)


def order(address: str, directory: str, *, every_s: float) -> bytes:
    r"""
    First line of the input of the process; not an argument, since the address may hold a password.

    Parameters
    ----------
    address : str
        Of the store.
    directory : str
        Folder of the copy.
    every_s : float
        Seconds between two looks at the pointer.

    Examples
    --------
    >>> order("s3://bucket/lieux", "replica", every_s=10)
    b'{"address":"s3://bucket/lieux","directory":"replica","every_s":10}\n'
    """
    return orjson.dumps({"address": address, "directory": directory, "every_s": every_s}) + b"\n"


def main() -> None:
    """Follow what standard input says until it ends."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z", level=logging.WARNING)
    asked = orjson.loads(sys.stdin.buffer.readline())
    try:
        mirror = Mirror(Store(asked["address"]), asked["directory"])
    except MediationGeoError as error:
        sys.exit(str(error))
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    before = None
    while not ended.is_set():
        state = mirror.refresh(now=datetime.now(UTC))
        if before is None:
            sys.stdout.write("checked\n")
            sys.stdout.flush()
        _tell(before, state)
        before = state
        ended.wait(asked["every_s"])


def _tell(before: MirrorState | None, state: MirrorState) -> None:
    """One line for each change, not one for each look."""
    if state.reason and (before is None or before.reason != state.reason):
        _LOG.warning("%s; what was served before is served on", state.reason)
    if state.refused_reason and (before is None or before.refused_reason != state.refused_reason):
        _LOG.warning("release %s refused: %s", state.refused, state.refused_reason)
    if before is not None and before.failing_since and not state.failing_since:
        _LOG.warning("%s answers again", state.address)
