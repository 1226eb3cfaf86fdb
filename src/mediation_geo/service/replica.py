"""
A replica: a service that keeps nothing but a copy of the release of a store, which a process of its own keeps up to date.

Settings in; the folder they name is then a folder of releases like any other, and the rest of the service knows of no store.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mediation_geo.errors import SettingsError
from mediation_geo.release.remote.follow import COMMAND, order
from mediation_geo.release.remote.store import shown_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mediation_geo.settings import Settings

__all__ = ["following"]

# Longer than a store may be silent.
_ENDING_S = 60


@contextmanager
def following(settings: Settings) -> Iterator[None]:
    """
    Keep the folder of releases equal to the store as long as the block lasts; nothing to do where there is no store.

    The first look is taken before the block begins: a store that is away leaves what was copied before.

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
        yield
        return
    # A process and not a thread: the supervisor of several workers forks, and must have no other threads.
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None  # both are pipes
    assert process.stdout is not None
    try:
        process.stdin.write(order(settings.store, str(settings.releases), every_s=settings.store_poll_s))
        process.stdin.flush()
        if not process.stdout.readline():
            message = f"{shown_address(settings.store)}: this store cannot be followed; the line above says why"
            raise SettingsError(message)
        yield
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(timeout=_ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
