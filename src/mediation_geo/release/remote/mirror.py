"""
A local copy of the current release of a store, kept up to date: what a replica serves from.

The address of a store and a folder in; the folder then is a folder of releases like any other. A release appears in it whole and
verified, or not at all: a store that does not answer, a release that is half there or whose bytes are not those of its manifest
leave what was served before, and the state says so.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from mediation_geo.errors import ChecksumMismatch, MediationGeoError, ReleaseNotFound
from mediation_geo.release.errors import StoreBusy, StoreError, StoreUnavailable, StoreUnwritable
from mediation_geo.release.folder import clear_disk_errors, flush, remove
from mediation_geo.release.manifest import FORMAT, RELEASE_ID, file_entry
from mediation_geo.release.reading import MANIFEST, TABLE_FILES, Release
from mediation_geo.release.remote.state import MirrorState, mirror_state, write_state
from mediation_geo.release.remote.store import POINTER, Store
from mediation_geo.release.store import STAGING, current_id, exclusive, point_current, prune, release_ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Mirror"]

# The release that is served and the one before, for requests that are still being answered.
_KEPT = 2


class _Refusal(NamedTuple):
    """A release that was not taken over."""

    release_id: str
    reason: str
    pointer: bytes
    moment: datetime


class Mirror:
    """
    The copy of one store in one folder.

    Parameters
    ----------
    store : Store
        Where releases are published.
    directory : str or pathlib.Path
        Folder of this copy; made if needed. Nothing else writes releases into it.
    retry_s : float
        How long a release that was refused is left alone before it is fetched again: it may be whole by then.

    Raises
    ------
    StoreUnwritable
        If the folder cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import UTC, datetime
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     state = Mirror(Store("memory://nothing-here"), folder).refresh(now=datetime(2026, 11, 21, tzinfo=UTC))
    >>> state.failing_since, state.reason
    ('2026-11-21T00:00:00+00:00', 'memory://nothing-here/current/manifest.json is not there')
    """

    def __init__(self, store: Store, directory: str | Path, *, retry_s: float = 60.0) -> None:
        self.store = store
        self.directory = Path(directory)
        with clear_disk_errors(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
        self.retry_s = retry_s
        self._taken_over: str | None = None
        self._refusal: _Refusal | None = None
        before = mirror_state(self.directory)
        self._state = before if before and before.address == store.shown else MirrorState(store.shown)

    def refresh(self, *, now: datetime) -> MirrorState:
        """
        Take over the current release of the store, if it is another one; whatever fails is said by the state and raises nothing.

        Parameters
        ----------
        now : datetime.datetime
            The moment of this check.
        """
        moment = now.isoformat(timespec="seconds")
        try:
            refusal = self._take_over(now)
        except (StoreUnavailable, StoreUnwritable) as error:
            since = self._state.failing_since or moment
            state = replace(self._state, failing_since=since, reason=str(error))
        except StoreBusy:
            # Another process copies into the same folder: its work is ours.
            state = self._state
        else:
            told = (None, None) if refusal is None else (refusal.release_id, refusal.reason)
            state = MirrorState(self.store.shown, checked=moment, refused=told[0], refused_reason=told[1])
            self._refusal = refusal
        self._state = state
        # On a full disk what is served goes on being followed; the log has the reason, and the status an old date.
        with suppress(OSError):
            write_state(self.directory, state)
        return state

    def _take_over(self, now: datetime) -> _Refusal | None:
        """Bring the current release here, or tell why it has to be refused."""
        version = self.store.version(POINTER)
        if version is not None and version == self._taken_over:
            return None
        pointer = self.store.read(POINTER)
        waiting = self._refusal
        if waiting is not None and waiting.pointer == pointer and (now - waiting.moment).total_seconds() < self.retry_s:
            return waiting
        release_id = "?"
        try:
            manifest = _manifest(pointer, where=f"{self.store.shown}/{POINTER}")
            release_id = manifest["id"]
            with exclusive(self.directory):
                self._bring(release_id, pointer, manifest["files"])
                if current_id(self.directory) != release_id:
                    point_current(self.directory, release_id)
            prune(self.directory, keep_last=_KEPT, keep_months=0)
        except (StoreBusy, StoreUnwritable):
            raise
        except StoreUnavailable as error:
            if self.store.size(POINTER) is None:
                raise
            # The store answers, so what is missing is a part of the release.
            return _Refusal(release_id, str(error), pointer, now)
        except MediationGeoError as error:
            return _Refusal(release_id, str(error), pointer, now)
        self._taken_over = version
        return None

    def _bring(self, release_id: str, pointer: bytes, files: Mapping[str, Mapping[str, Any]]) -> None:
        target = self.directory / release_id
        if target.is_dir() and self._is_whole(target, pointer):
            return
        staging = self.directory / f"{release_id}{STAGING}{os.getpid()}"
        staging.mkdir()
        here = self._files_here()
        try:
            for name, entry in files.items():
                known = here.get((name, entry["sha256"]))
                if known is not None:
                    # Tables that did not change overnight are not fetched again.
                    shutil.copyfile(known, staging / name)
                    flush(staging / name)
                else:
                    self._fetch(f"{release_id}/{name}", staging / name, entry)
            (staging / MANIFEST).write_bytes(pointer)
            flush(staging / MANIFEST)
            flush(staging)
            if target.is_dir():
                # Readers keep a damaged copy open; its name has to be free.
                doomed = self.directory / f"{release_id}{STAGING}damaged"
                target.rename(doomed)
                remove(doomed)
            staging.rename(target)
            flush(self.directory)
        finally:
            if staging.is_dir():
                remove(staging)

    def _fetch(self, name: str, target: Path, entry: Mapping[str, Any]) -> None:
        self.store.fetch(name, target)
        found = file_entry(target, rows=0)
        if (found["bytes"], found["sha256"]) != (entry["bytes"], entry["sha256"]):
            told = f"the manifest says {entry['bytes']} and {entry['sha256']}"
            message = f"has {found['bytes']} bytes and sha256 {found['sha256']}, {told}"
            raise ChecksumMismatch(message, path=f"{self.store.shown}/{name}")
        flush(target)

    def _is_whole(self, target: Path, pointer: bytes) -> bool:
        try:
            if (target / MANIFEST).read_bytes() != pointer:
                told = f"{self.store.shown}: this is not the release {target.name} that was copied before"
                message = f"{told}; an id is used once: publish under a new one, or empty {self.directory}"
                raise StoreError(message)
            Release(target).verify()
        except (ChecksumMismatch, ReleaseNotFound, FileNotFoundError):
            return False
        return True

    def _files_here(self) -> dict[tuple[str, str], Path]:
        """Verified files of the releases already copied, by name and checksum."""
        found: dict[tuple[str, str], Path] = {}
        for each in release_ids(self.directory):
            try:
                release = Release(self.directory / each)
                release.verify()
            except MediationGeoError:
                continue
            found |= {(name, entry["sha256"]): release.path / name for name, entry in release.manifest["files"].items()}
        return found


def _manifest(pointer: bytes, *, where: str) -> dict[str, Any]:
    """The manifest a pointer holds: what comes from elsewhere is believed in nothing."""
    try:
        manifest = orjson.loads(pointer)
        release_id, files = manifest["id"], manifest["files"]
        described = all(isinstance(each["bytes"], int) and isinstance(each["sha256"], str) for each in files.values())
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        message = f"{where} is no manifest of a release ({error})"
        raise StoreError(message) from error
    if manifest.get("format") != FORMAT:
        message = f"{where}: format {manifest.get('format')!r}; this version of mediation-geo reads format {FORMAT!r}"
        raise StoreError(message)
    if not isinstance(release_id, str) or not RELEASE_ID.fullmatch(release_id):
        message = f"{where}: {release_id!r} is not a release id; expected YYYY-MM-DD or YYYY-MM-DD.n"
        raise StoreError(message)
    if not described or set(files) != set(TABLE_FILES):
        message = f"{where} tells of {sorted(files)}; expected {sorted(TABLE_FILES)}, each with its size and checksum"
        raise StoreError(message)
    return dict(manifest)
