"""
The folder of releases: which are there, which one is current, and moving between them.

    releases/
      2026-11-20/  2026-11-21/  2026-11-21.2/     complete releases, never changed
      current -> 2026-11-21.2                     swapped in one step by `os.replace`
      2026-11-21.3.tmp-812/                       a build at work, or what a killed one left: swept by the next
      2026-11-21.3.refused/                       the last build that a gate stopped, kept for inspection
      .lock                                       held by whoever writes
      .build.lock                                 held by a build from its first look at the last release to the end

A name without suffix appears by one rename of a folder that was written and flushed to the end, so whatever is listed here can
be opened, also after `kill -9` or a power cut.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mediation_geo.errors import ReleaseNotFound
from mediation_geo.release.errors import StoreError
from mediation_geo.release.folder import clear_disk_errors, locked, point, remove
from mediation_geo.release.manifest import RELEASE_ID, release_order
from mediation_geo.release.reading import MANIFEST, Release

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "accept_refused",
    "building",
    "current_id",
    "last_release",
    "open_release",
    "prune",
    "refused_path",
    "release_ids",
    "rollback",
]

CURRENT = "current"
LOCK = ".lock"
BUILD_LOCK = ".build.lock"
STAGING = ".tmp-"
REFUSED = ".refused"


def release_ids(directory: str | Path) -> list[str]:
    """
    Ids of the complete releases of a folder, oldest first; empty when the folder is not there.

    Examples
    --------
    >>> release_ids("no/such/folder")
    []
    """
    folder = Path(directory)
    if not folder.is_dir():
        return []
    names = (each.name for each in folder.iterdir() if each.is_dir() and not each.is_symlink())
    return sorted(filter(RELEASE_ID.fullmatch, names), key=release_order)


def current_id(directory: str | Path) -> str | None:
    """
    Id of the release that is served, None when nothing was published yet.

    Examples
    --------
    >>> current_id("no/such/folder") is None
    True
    """
    try:
        return (Path(directory) / CURRENT).readlink().name
    except OSError:
        return None


def open_release(directory: str | Path, release_id: str | None = None) -> Release:
    """
    Release of a folder, by default the current one; tables are read when they are first asked for.

    Parameters
    ----------
    directory : str or pathlib.Path
        Folder of releases, or the folder of one release that was copied elsewhere.
    release_id : str, optional
        `YYYY-MM-DD` or `YYYY-MM-DD.n`.

    Raises
    ------
    ReleaseNotFound
        If there is no such release; the message lists those that are there.
    ChecksumMismatch
        If a file of the release is absent or has another size than its manifest says.

    Examples
    --------
    >>> open_release("no/such/folder")
    Traceback (most recent call last):
        ...
    mediation_geo.errors.ReleaseNotFound: no/such/folder: no release is current; nothing was published here yet
    """
    folder = Path(directory)
    if release_id is None and (folder / MANIFEST).is_file():
        return Release(folder)
    wanted = current_id(folder) if release_id is None else release_id
    known = release_ids(folder)
    if wanted is None or wanted not in known:
        asked = "no release is current" if wanted is None else f"no release {wanted!r}"
        there = f"there are {', '.join(known[-10:])}" if known else "nothing was published here yet"
        message = f"{directory}: {asked}; {there}"
        raise ReleaseNotFound(message)
    return Release(folder / wanted)


def last_release(directory: str | Path) -> Release | None:
    """
    Release that the next one follows: the current one, or the newest where somebody removed that by hand; None before the first.

    Raises
    ------
    ChecksumMismatch
        See `open_release`.

    Examples
    --------
    >>> last_release("no/such/folder") is None
    True
    """
    known, current = release_ids(directory), current_id(directory)
    if not known:
        return None
    return open_release(directory, current if current in known else known[-1])


@contextmanager
def building(directory: str | Path) -> Iterator[None]:
    """
    Hold the folder for a whole build, so that two builds never start from the same release and one forgets what the other did.

    Raises
    ------
    StoreBusy
        If another build is at work.
    StoreUnwritable
        If the disk refuses.
    """
    folder = Path(directory)
    with ExitStack() as held:
        with clear_disk_errors(folder):
            held.enter_context(locked(folder / BUILD_LOCK))
        yield


def rollback(directory: str | Path, release_id: str | None = None) -> Release:
    """
    Make an earlier release current, by default the one before the current; its checksums are verified first.

    Raises
    ------
    ReleaseNotFound
        If there is no such release, or none before the current one.
    ChecksumMismatch
        If the release is damaged; `current` then stays where it is.
    StoreBusy, StoreUnwritable
        If another process writes, or the disk refuses.
    """
    folder = Path(directory)
    with exclusive(folder):
        target = release_id if release_id is not None else _before_current(folder)
        release = open_release(folder, target)
        release.verify()
        point_current(folder, release.id)
    return release


def prune(directory: str | Path, *, keep_last: int, keep_months: int) -> list[str]:
    """
    Remove old releases; return the ids that went.

    Parameters
    ----------
    directory : str or pathlib.Path
        Folder of releases.
    keep_last : int
        How many of the newest releases stay.
    keep_months : int
        For how many of the newest months with a release the last one of the month stays as well.

    Notes
    -----
    The current release always stays. Readers that hold a removed release keep it whole.
    """
    folder = Path(directory)
    with exclusive(folder):
        ids = release_ids(folder)
        last_of_month = {each[:7]: each for each in ids}
        months = sorted(last_of_month)[max(len(last_of_month) - keep_months, 0) :]
        kept = {*ids[max(len(ids) - keep_last, 0) :], *(last_of_month[month] for month in months), current_id(folder)}
        gone = [each for each in ids if each not in kept]
        for each in gone:
            # Renamed first: a removal that is interrupted half-way must not look like a release.
            doomed = folder / f"{each}{STAGING}removed"
            (folder / each).rename(doomed)
            shutil.rmtree(doomed)
    return gone


def refused_path(directory: str | Path) -> Path | None:
    """
    Folder of the last build that a gate stopped, None when there is none.

    Examples
    --------
    >>> refused_path("no/such/folder") is None
    True
    """
    return max(Path(directory).glob(f"*{REFUSED}"), default=None)


def accept_refused(directory: str | Path) -> Release:
    """
    Publish the build that a gate stopped, after somebody looked at it and found it right.

    Raises
    ------
    ReleaseNotFound
        If no refused build is waiting.
    StoreError
        If its id was taken in the meantime.
    """
    folder = Path(directory)
    with exclusive(folder):
        waiting = refused_path(folder)
        if waiting is None:
            message = f"{directory}: no refused build is waiting"
            raise ReleaseNotFound(message)
        release = Release(waiting)
        release.verify()
        if (folder / release.id).exists():
            message = f"{directory}: release {release.id} was published since; build again"
            raise StoreError(message)
        waiting.rename(folder / release.id)
        point_current(folder, release.id)
    return open_release(folder, release.id)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """
    Hold the folder for writing: one writer at a time, and what killed writers left is swept away.

    Raises
    ------
    StoreBusy, StoreUnwritable
        If another process writes, or the disk refuses.
    """
    with clear_disk_errors(folder), locked(folder / LOCK):
        for leftover in folder.glob(f"*{STAGING}*"):
            remove(leftover)
        yield


def point_current(folder: Path, release_id: str) -> None:
    """Make a release current in one step."""
    point(folder / CURRENT, release_id)


def _before_current(folder: Path) -> str:
    ids, current = release_ids(folder), current_id(folder)
    earlier = [each for each in ids if current is not None and release_order(each) < release_order(current)]
    if not earlier:
        message = f"{folder}: no release before {current or 'the first'}"
        raise ReleaseNotFound(message)
    return earlier[-1]
