"""A power cut: whatever a name leads to was on the disk before the name did."""

from __future__ import annotations

import os
import stat

import pytest

from mediation_geo.release import open_release, write_release
from mediation_geo.release.exports import write_exports
from mediation_geo.release.publication import write_publication
from tests.release.tables import town


@pytest.fixture
def disk(monkeypatch):
    """What the disk is asked, in order: the inode of each flush, the name that each rename gives."""
    asked = []
    fsync, rename, replace = os.fsync, os.rename, os.replace

    def flushed(handle):
        asked.append(os.fstat(handle).st_ino)
        return fsync(handle)

    def named(move):
        def noted(source, target, **options):
            asked.append(str(target))
            return move(source, target, **options)

        return noted

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", named(rename))
    monkeypatch.setattr(os, "replace", named(replace))
    return asked


def assert_flushed_before(name, disk, folder):
    before = set(disk[: disk.index(str(name))])
    everything = [folder, *folder.rglob("*")]
    assert len(everything) > 3
    # A folder inside the folder is as good as absent when its own names are not on the disk.
    assert [each for each in everything if not stat.S_ISLNK(each.lstat().st_mode) and each.stat().st_ino not in before] == []


def test_a_release_is_on_the_disk_before_its_name_appears(tmp_path, disk):
    path = write_release(tmp_path, **town(5))
    assert_flushed_before(tmp_path / path.name, disk, path)
    assert disk.index(str(tmp_path / path.name)) < disk.index(str(tmp_path / "current"))


def test_exports_are_on_the_disk_before_the_link_leads_to_them(tmp_path, disk):
    write_release(tmp_path / "releases", **town(5))
    folder = write_exports(open_release(tmp_path / "releases"), tmp_path / "exports", formats=["csv", "geojson"])
    assert_flushed_before(tmp_path / "exports", disk, folder.resolve())


def test_a_publication_is_on_the_disk_before_the_link_leads_to_it(tmp_path, disk):
    write_release(tmp_path / "releases", **town(5, as_of="2026-11-20"))
    write_release(tmp_path / "releases", **town(6, as_of="2026-11-21"))
    site = write_publication(tmp_path / "releases", tmp_path / "site", base_url="https://x.fr", publisher="x", formats=["csv"])
    assert_flushed_before(tmp_path / "site", disk, site.resolve())
