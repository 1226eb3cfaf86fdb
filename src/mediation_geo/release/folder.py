"""
A folder that is there whole or not at all, and what is said when the disk refuses one.

The name is a symbolic link to a folder beside it: a new one is filled, the disk is made to hold it, the link moves in one step,
and the old one goes. Who reads through the link finds all of the old files or all of the new ones, also after `kill -9` or a
power cut.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mediation_geo.release.errors import ExportError, StoreBusy, StoreUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["clear_disk_errors", "flush", "flush_tree", "locked", "point", "remove", "replaced_folder"]

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and run it again",
    errno.EDQUOT: "the quota of the disk is used up: free some space and run it again",
    errno.EFBIG: "a file grew beyond what is allowed here: raise the limit and run it again",
    errno.EROFS: "the disk is read-only: choose another folder, or remount it for writing",
    errno.EACCES: "writing is forbidden here: choose another folder, or change its permissions",
    errno.EPERM: "writing is forbidden here: choose another folder, or change its permissions",
}


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """
    Give an empty folder to fill, which then takes the place of the target; on an error the target stays as it was.

    Parameters
    ----------
    target : pathlib.Path
        The name to make or move.

    Raises
    ------
    ExportError
        If the target is there and is no link that was made here: a folder of somebody else is never replaced.
    StoreBusy
        If another process is filling the same folder.
    StoreUnwritable
        If the disk is full, read-only or forbidden.
    """
    if target.exists() and not target.is_symlink():
        message = f"{target} is there and was not made by this command; choose another folder"
        raise ExportError(message)
    with clear_disk_errors(target), locked(target.with_name(f".{target.name}.lock")):
        generations = f".{target.name}.d-"
        current = target.readlink().name if target.is_symlink() else None
        for leftover in [*target.parent.glob(f"{generations}*"), *target.parent.glob(f"{target.name}.tmp-*")]:
            if leftover.name != current:
                remove(leftover)
        number = int(current.removeprefix(generations)) + 1 if current and current.startswith(generations) else 1
        fresh = target.with_name(f"{generations}{number}")
        fresh.mkdir()
        try:
            yield fresh
            flush_tree(fresh)
            flush(target.parent)
            point(target, fresh.name)
        except BaseException:
            remove(fresh)
            raise
        if current is not None:
            remove(target.with_name(current))


def point(link: Path, name: str) -> None:
    """Make a symbolic link lead to a name beside it, in one step: readers find the old one or the new one, never none."""
    # A relative target, so that the whole folder can be moved or mounted elsewhere.
    waiting = link.with_name(f"{link.name}.tmp-{os.getpid()}")
    waiting.symlink_to(name)
    waiting.replace(link)
    flush(link.parent)


def flush(path: Path) -> None:
    """Wait until the disk holds a file or the names in a folder, so that a power cut cannot undo it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_tree(folder: Path) -> None:
    """Wait until the disk holds every file below a folder and the names in it, the folder itself last."""
    for below, _, names in os.walk(folder, topdown=False):
        for name in names:
            flush(Path(below, name))
        flush(Path(below))


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """
    Hold a lock file; it belongs to the process and is free the moment the process ends, however it ends.

    Raises
    ------
    StoreBusy
        If another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        message = f"{path.parent}: another build or publication is at work; wait for it to end"
        raise StoreBusy(message) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def clear_disk_errors(target: Path) -> Iterator[None]:
    """
    Turn what the disk refuses into one sentence with the next step.

    Raises
    ------
    StoreUnwritable
        In place of any `OSError`.
    """
    try:
        yield
    except OSError as error:
        reason = _ADVICE.get(error.errno or 0, error.strerror or str(error))
        message = f"{target}: {reason}; what was published before is untouched"
        raise StoreUnwritable(message) from error
