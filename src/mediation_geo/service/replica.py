"""
A replica: a service that keeps nothing but a copy of the release of a store, which a process of its own keeps up to date.

Settings in; the folder they name is then a folder of releases like any other, and the rest of the service knows of no store.
"""

from __future__ import annotations

import logging
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mediation_geo.errors import SettingsError
from mediation_geo.release.remote.follow import COMMAND, order
from mediation_geo.release.remote.store import shown_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mediation_geo.settings import Settings

__all__ = ["following"]

_LOG = logging.getLogger(__name__)
# Longer than a store may be silent.
_ENDING_S = 60
# One that dies as soon as it is begun, for want of memory perhaps, is not begun again at every look.
_BETWEEN_BEGINNINGS_S = 5.0


@contextmanager
def following(settings: Settings) -> Iterator[Callable[[], None]]:
    """
    Keep the folder of releases equal to the store as long as the block lasts; nothing to do where there is no store.

    The first look is taken before the block begins: a store that is away leaves what was copied before. What the block is given
    is to be called now and then: it begins the process that follows the store anew when that one is gone.

    Parameters
    ----------
    settings : Settings
        `store`, `releases` and `store_poll_s`.

    Raises
    ------
    SettingsError
        If the address cannot be followed at all.
    """
    if not settings.store:
        yield lambda: None
        return
    follower = _Follower(settings)
    try:
        follower.wait_for_the_first_look()
        yield follower.keep
    finally:
        follower.end()


class _Follower:
    """A process and not a thread: the supervisor of several workers forks, and must have no other threads."""

    def __init__(self, settings: Settings) -> None:
        self._shown = shown_address(settings.store)
        self._order = order(settings.store, str(settings.releases), every_s=settings.store_poll_s)
        self._begin()

    def _begin(self) -> None:
        self._begun = time.monotonic()
        self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        # One that is gone already is found gone at the next look.
        with suppress(BrokenPipeError):
            self._input.write(self._order)
            self._input.flush()

    def wait_for_the_first_look(self) -> None:
        if not self._output.readline():
            message = f"{self._shown}: this store cannot be followed; the line above says why"
            raise SettingsError(message)

    def keep(self) -> None:
        """Begin the process anew when it is gone; never waits."""
        if self._process.poll() is None or time.monotonic() < self._begun + _BETWEEN_BEGINNINGS_S:
            return
        _LOG.error("the process that follows %s ended with %s and is begun anew", self._shown, self._process.returncode)
        self._close()
        self._begin()

    def end(self) -> None:
        """The end of its input tells the process to end."""
        self._close()
        try:
            self._process.wait(timeout=_ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _close(self) -> None:
        # What could not be written to one that is gone is given up.
        with suppress(BrokenPipeError):
            self._input.close()
        self._output.close()
