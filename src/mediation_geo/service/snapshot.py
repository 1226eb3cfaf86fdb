"""
The release being served: loaded once, shared by every request of the process, replaced whole when a newer one is published.

A request takes the current snapshot once and keeps it to its end, so no answer mixes two releases.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediation_geo.errors import MediationGeoError
from mediation_geo.release import Release, current_id, open_release, release_ids
from mediation_geo.search import PlaceIndex
from mediation_geo.service.features.columns import PLACE_COLUMNS
from mediation_geo.service.features.derived import COVERAGE, QUALITY, coverage_table, quality_table
from mediation_geo.service.features.table import FeatureTable
from mediation_geo.service.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PLACES", "SERVING", "Snapshot", "SnapshotStore", "store_of"]

PLACES = "lieux-mediation-numerique"
_POLL_SECONDS = 1.0
_LOG = logging.getLogger(__name__)
# What a release can do to its reader: absent, damaged, of another layout, or too large for this machine.
_UNREADABLE = (MediationGeoError, OSError, ValueError, LookupError, TypeError, MemoryError)


class Snapshot:
    """
    One release, in the forms requests need.

    Parameters
    ----------
    release : Release
        An open release; only its manifest and places are read here.
    """

    def __init__(self, release: Release) -> None:
        self.release = release
        self.id = release.id
        self.manifest = release.manifest
        self.demo = bool(release.manifest.get("demo", False))
        # Looked at now: the folder may be gone when the first request asks.
        written_s = int((release.path / "manifest.json").stat().st_mtime)
        self.published = datetime.fromtimestamp(written_s, tz=UTC)
        places = release.places
        geometries = places.geometry.to_numpy(dtype=object)
        geometries = geometries.copy()
        geometries[[each is None or each.is_empty for each in geometries]] = None
        ids = places["place_id"].tolist()
        self._lock = threading.Lock()
        self._tables = {PLACES: FeatureTable(places, PLACE_COLUMNS, ids=ids, geometries=geometries, date_column="date_maj")}
        self.index = PlaceIndex.from_places(places)
        self.id_of_alias = {
            alias: place_id
            for place_id, aliases in zip(ids, places["aliases"], strict=True)
            if isinstance(aliases, list)
            for alias in aliases
        }

    @cached_property
    def digest(self) -> str:
        """Short hash of the content of the release, the root of every ETag."""
        files = sorted((name, entry["sha256"]) for name, entry in self.manifest["files"].items())
        return hashlib.sha256(repr((self.id, self.demo, files)).encode()).hexdigest()[:16]

    @property
    def places(self) -> FeatureTable:
        """The places of the release."""
        return self._tables[PLACES]

    def table(self, collection: str) -> FeatureTable:
        """
        The features of a collection; counted on first use where they are not the places themselves.

        Raises
        ------
        KeyError
            If the release has no such collection.
        """
        with self._lock:
            if collection not in self._tables:
                self._tables[collection] = self._counted(collection)
            return self._tables[collection]

    def _counted(self, collection: str) -> FeatureTable:
        if collection == QUALITY:
            return quality_table(self.release)
        if collection == COVERAGE:
            return coverage_table(self.release, self.index)
        raise KeyError(collection)

    def prepare(self) -> None:
        """Make now what requests would have to wait for, before anybody asks or a child is forked."""
        self.prepare_minute(datetime.now(UTC))
        for table in (self.places, *map(self.table, (QUALITY, COVERAGE))):
            table.prepare()

    def prepare_minute(self, at: datetime) -> None:
        """Make now what changes with the minute: which schedules are open."""
        self.index.prepare(at=at)

    def about(self) -> dict[str, Any]:
        """What every answer says about the data it comes from."""
        return {"instantane": self.id, "demonstration": self.demo}


# The snapshot of the request at hand; pygeoapi makes its plugins anew for each request and they find it here.
SERVING: ContextVar[Snapshot | None] = ContextVar("SERVING", default=None)


class SnapshotStore:
    """
    The current snapshot of a folder of releases, kept up to date by one thread.

    Parameters
    ----------
    directory : Path
        Folder of releases; may still be empty.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.failed_id: str | None = None
        # What the process does before each look at the folder, such as tending whoever fills it.
        self.before_look: list[Callable[[], object]] = []
        # What the process does once a newer release is served, such as tidying its memory.
        self.after_swap: list[Callable[[], object]] = []
        self._snapshot: Snapshot | None = None
        self._lock = threading.Lock()
        self._held = False
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot being served, None before the first release."""
        return self._snapshot

    @property
    def current(self) -> Snapshot:
        """
        The snapshot being served.

        Raises
        ------
        Problem
            503 when there is no release yet: never an empty list in place of an error.
        """
        if self._snapshot is None:
            detail = "Aucune donnée n'est encore publiée. Réessayez dans quelques instants."
            raise Problem(503, "aucun_instantane", detail, headers={"Retry-After": "10"})
        return self._snapshot

    def refresh(self) -> None:
        """Load the current release when it is not the one being served; a release that cannot be read changes nothing."""
        with self._lock:
            wanted = current_id(self.directory)
            served = self._snapshot.id if self._snapshot else None
            if wanted is None or wanted in {served, self.failed_id}:
                return
            snapshot = self._loaded(wanted)
            # The release before goes on being served; /status tells the operator which one could not be loaded.
            self.failed_id = None if snapshot else wanted
            if snapshot is None and self._snapshot is None:
                older = (each for each in reversed(release_ids(self.directory)) if each != wanted)
                # Somebody who needs a place is better served by an older release than by none.
                snapshot = next(filter(None, map(self._loaded, older)), None)
            self._snapshot = snapshot or self._snapshot
        for act in self.after_swap:
            act()

    def _loaded(self, release_id: str) -> Snapshot | None:
        """A release whose bytes are those that were published, ready to serve; or None, and the log says why."""
        try:
            release = open_release(self.directory, release_id)
            release.verify()
            snapshot = Snapshot(release)
            snapshot.prepare()
        except _UNREADABLE as error:
            _LOG.error("release %s cannot be served: %s", release_id, error or type(error).__name__)
            return None
        return snapshot

    def tend(self) -> None:
        """Do what is to be done before each look at the folder."""
        for act in self.before_look:
            act()

    def hold(self) -> None:
        """Leave following the folder to the parent of this process."""
        self._held = True

    def watch(self) -> None:
        """Follow the folder until `stop`."""
        if self._held:
            return
        self.refresh()
        self._watcher = threading.Thread(target=self._follow, name="releases", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop following the folder."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()

    def _follow(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            self.tend()
            self.refresh()


_STORES: dict[Path, SnapshotStore] = {}
_STORES_LOCK = threading.Lock()


def store_of(directory: str | Path) -> SnapshotStore:
    """The one store of a folder of releases in this process."""
    path = Path(directory).resolve()
    with _STORES_LOCK:
        if path not in _STORES:
            _STORES[path] = SnapshotStore(path)
        return _STORES[path]
