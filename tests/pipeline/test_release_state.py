"""Whatever is done to a folder of releases, in whatever order: `current` is a whole release, and nothing published changes."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mediation_geo.errors import ChecksumMismatch, PublishRefused, ReleaseNotFound
from mediation_geo.release import (
    StoreError,
    accept_refused,
    current_id,
    last_release,
    open_release,
    prune,
    refused_path,
    release_ids,
    rollback,
    write_release,
)
from mediation_geo.release.manifest import release_order
from tests.release.tables import town

# In memory where there is such a disk: the store waits for the disk at each step.
MEMORY = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
SIZES = st.sampled_from([20, 21, 30, 10])
PICK = st.integers(0, 99)


class Store(RuleBasedStateMachine):
    """A model of ids and sizes beside the folder itself."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="store-", dir=MEMORY))
        self.sizes: dict[str, int] = {}
        self.damaged: set[str] = set()
        self.current: str | None = None
        self.refused: int | None = None
        self.day = date(2026, 11, 20)
        self.publish(20)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def _write(self, size: int) -> str:
        path = write_release(self.folder, **town(size, as_of=self.day.isoformat()))
        return path.name

    @rule(size=SIZES)
    def publish(self, size: int) -> None:
        same = [each for each in self.sizes if release_order(each)[0] == self.day.isoformat() and self.sizes[each] == size]
        if any(each in self.damaged for each in same):
            return
        if not same and self.current is not None and size < 0.95 * self.sizes[self.current]:
            with pytest.raises(PublishRefused, match="places after"):
                self._write(size)
            self.refused = size
            return
        self.current = self._write(size)
        assert self.current in same or not same
        # A night that is published takes the place of one that was set aside; one that repeats a release does not.
        self.refused = self.refused if same else None
        self.sizes[self.current] = size

    @rule()
    def another_day(self) -> None:
        self.day += timedelta(days=1)

    @rule()
    def go_back(self) -> None:
        earlier = [each for each in sorted(self.sizes, key=release_order) if release_order(each) < release_order(self.current)]
        if not earlier:
            with pytest.raises(ReleaseNotFound):
                rollback(self.folder)
        elif earlier[-1] in self.damaged:
            with pytest.raises(ChecksumMismatch):
                rollback(self.folder)
        else:
            self.current = rollback(self.folder).id
            assert self.current == earlier[-1]

    @rule(pick=PICK)
    def go_to(self, pick: int) -> None:
        wanted = sorted(self.sizes)[pick % len(self.sizes)]
        if wanted in self.damaged:
            with pytest.raises(ChecksumMismatch):
                rollback(self.folder, wanted)
        else:
            self.current = rollback(self.folder, wanted).id

    @rule()
    def accept(self) -> None:
        waiting = refused_path(self.folder)
        if waiting is None:
            with pytest.raises(ReleaseNotFound):
                accept_refused(self.folder)
        elif waiting.name.removesuffix(".refused") in self.sizes:
            with pytest.raises(StoreError, match="published since"):
                accept_refused(self.folder)
        else:
            self.current = accept_refused(self.folder).id
            self.sizes[self.current], self.refused = self.refused, None

    @rule(keep=st.integers(1, 3))
    def remove_old_ones(self, keep: int) -> None:
        gone = prune(self.folder, keep_last=keep, keep_months=0)
        newest = sorted(self.sizes, key=release_order)[-keep:]
        assert set(gone) == set(self.sizes) - {*newest, self.current}
        for each in gone:
            del self.sizes[each]
            self.damaged.discard(each)

    @rule(pick=PICK)
    def a_killed_build_leaves_its_remains(self, pick: int) -> None:
        staging = self.folder / f"{self.day}.9.tmp-{pick}"
        staging.mkdir(exist_ok=True)
        (staging / "places.parquet").write_bytes(b"PAR1 half")
        waiting = self.folder / f"current.tmp-{pick}"
        if not waiting.is_symlink():
            waiting.symlink_to(f"{self.day}.9")

    @precondition(lambda self: len(self.sizes) > 1)
    @rule(pick=PICK)
    def a_disk_flips_a_bit(self, pick: int) -> None:
        others = sorted(set(self.sizes) - {self.current})
        unlucky = others[pick % len(others)]
        path = self.folder / unlucky / "places.parquet"
        path.chmod(0o644)
        content = bytearray(path.read_bytes())
        if unlucky not in self.damaged:
            content[len(content) // 2] ^= 1
        path.write_bytes(content)
        self.damaged.add(unlucky)

    @invariant()
    def the_current_release_is_whole_and_the_others_are_there(self) -> None:
        assert release_ids(self.folder) == sorted(self.sizes, key=release_order)
        assert current_id(self.folder) == self.current
        release = open_release(self.folder)
        release.verify()
        assert len(release.places) == self.sizes[self.current] == release.manifest["counts"]["places"]
        assert last_release(self.folder).id == self.current

    @invariant()
    def a_refused_build_waits_until_the_next_good_one(self) -> None:
        waiting = refused_path(self.folder)
        assert (waiting is None) == (self.refused is None)


Store.TestCase.settings = settings(max_examples=12, stateful_step_count=10, deadline=None)
test_a_folder_of_releases_survives_whatever_is_done_to_it = Store.TestCase
