"""
The files people can take away: those of the release, and those of the folder that `publish` wrote.

Folders in, a table of files by the name they have in an address out; a name that is not in the table is not served, whatever is
on the disk. A folder is read once for each time it was published.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from mediation_geo.release.changes import KINDS
from mediation_geo.release.feeds import line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mediation_geo.release import Release

__all__ = ["CHANGES_FOLDER", "Changes", "Publication", "ServedFile", "changes_of", "publication_in", "release_files"]

CHANGES_FOLDER = "changements"
INDEX = "index.json"
CHANGES = f"{CHANGES_FOLDER}/changements.ndjson"
# What the index of exports does not say: descriptions, checksums, changes.
_MEDIA_TYPES = {
    ".atom": "application/atom+xml",
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    "": "text/plain",
}
_RELEASE_FILES = ("places.parquet", "records.parquet", "links.parquet", "issues.parquet", "events.ndjson", "manifest.json")


@dataclass(frozen=True, slots=True)
class ServedFile:
    """
    One file, and what is told of it.

    Attributes
    ----------
    name : str
        In the address, below `/telechargements/`.
    path : pathlib.Path
        On the disk.
    media_type : str
        As registered with IANA where it is.
    title : str
        French; empty where the name says enough.
    size : int
        Bytes.
    sha256 : str or None
        Where a manifest or an index knows it.
    rows : int or None
        Places in it, where it is a table of places.
    departement : str or None
        Code, where it is the part of one département.
    """

    name: str
    path: Path
    media_type: str
    title: str
    size: int
    sha256: str | None = None
    rows: int | None = None
    departement: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """What `publish` wrote: the release it is about, whether that is invented, and its files by name."""

    release: str
    demo: bool
    files: Mapping[str, ServedFile]


@dataclass(frozen=True, slots=True)
class Changes:
    """
    From the release before to the published one.

    Attributes
    ----------
    release, previous : str
        Ids of the two; empty where nothing changed.
    rows : tuple of dict
        One for each change: `change`, `place_id`, `code_departement`, `name` of the place with its commune, `detail` in French.
    departements : tuple of str
        Codes that have a feed.
    """

    release: str
    previous: str
    rows: tuple[Mapping[str, Any], ...]
    departements: tuple[str, ...]


def release_files(release: Release) -> dict[str, ServedFile]:
    """Files of a release that are published as they are, by name."""
    known = release.manifest["files"]
    return {
        name: ServedFile(
            name=name,
            path=release.path / name,
            media_type=_media_type(name),
            title="",
            size=(release.path / name).stat().st_size,
            sha256=known.get(name, {}).get("sha256"),
        )
        for name in _RELEASE_FILES
        if (release.path / name).is_file()
    }


def publication_in(folder: Path) -> Publication | None:
    """What was last published into a folder; None where nothing was yet."""
    try:
        # The name is a link that moves in one step: what it points to is one whole publication.
        whole = folder.resolve(strict=True)
        return _publication(whole, (whole / INDEX).stat().st_mtime_ns)
    except FileNotFoundError:
        return None


def changes_of(publication: Publication) -> Changes:
    """What the published release changed; empty where it was the first one."""
    served = publication.files.get(CHANGES)
    if served is None:
        return Changes("", "", (), ())
    return _changes(served.path, served.path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _publication(folder: Path, _written_ns: int) -> Publication:
    index = orjson.loads((folder / INDEX).read_bytes())
    told = {entry["file"]: entry for entry in index["files"]}
    there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    # Exports in the order of their index, which puts first what most people want.
    names = [name for name in told if name in set(there)] + [name for name in there if name not in told]
    files = {name: _published_file(folder / name, name, told.get(name, {})) for name in names}
    return Publication(release=index["release"], demo=index["demo"], files=files)


def _published_file(path: Path, name: str, told: Mapping[str, Any]) -> ServedFile:
    return ServedFile(
        name=name,
        path=path,
        media_type=told.get("media_type", _media_type(name)),
        title=told.get("title", ""),
        size=path.stat().st_size,
        sha256=told.get("sha256"),
        rows=told.get("rows"),
        departement=told.get("departement"),
    )


def _media_type(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if name == "record.json" or (stem.startswith("stac/") and not stem.endswith("collection")):
        return "application/geo+json"
    return _MEDIA_TYPES.get(dot + ending if dot else "", "application/octet-stream")


@lru_cache(maxsize=2)
def _changes(path: Path, _written_ns: int) -> Changes:
    rows = [orjson.loads(each) for each in path.read_bytes().splitlines()]
    # What is unknown is left out of the file, and asked for by whoever tells it.
    known = dict.fromkeys(("nom", "commune", "before", "after", "distance_m", "other_place_id", "code_departement"))
    told = [{**known, **row} for row in rows]
    order = list(KINDS)
    shown = tuple(_told(row) for row in sorted(told, key=lambda row: order.index(row["change"])))
    feeds = sorted(each.stem for each in (path.parent / "departements").glob("*.atom"))
    first = told[0] if told else {}
    return Changes(first.get("release", ""), first.get("previous_release", ""), shown, tuple(feeds))


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    place_id = row["place_id"]
    name, _, detail = line(dict(row)).partition(f" ({place_id})")
    return {
        "change": row["change"],
        "place_id": place_id,
        "code_departement": row["code_departement"],
        "name": name,
        "detail": detail.removeprefix(" :").strip(),
    }
