"""
A published release, opened: its tables are read when they are first asked for.

A folder goes in, frames in the layouts of `standard.tables` come out. Files are mapped when the release is opened, so a reader
keeps its release whole while `current` moves on, even when the folder is removed under it.
"""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from mediation_geo.errors import ChecksumMismatch, ReleaseNotFound
from mediation_geo.release.errors import StoreError
from mediation_geo.release.events import events_from_ndjson
from mediation_geo.release.geoparquet import places_from_arrow
from mediation_geo.release.manifest import FORMAT, LICENCE, attribution_line, file_entry
from mediation_geo.standard import ISSUES, LINKS, LOCATED_RECORDS, Layout, from_arrow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

__all__ = ["CHECKSUMS", "MANIFEST", "RELEASED_RECORDS", "TABLE_FILES", "Release"]

MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"
# A released record also says which place it became part of: that is the table of members.
RELEASED_RECORDS: Layout = MappingProxyType({**LOCATED_RECORDS, "place_id": "text"})
TABLE_FILES = ("places.parquet", "records.parquet", "links.parquet", "issues.parquet", "events.ndjson")


class Release:
    """
    One release of the register, read lazily.

    Parameters
    ----------
    path : pathlib.Path
        Folder of the release itself, with its manifest.

    Attributes
    ----------
    id : str
        `YYYY-MM-DD` or `YYYY-MM-DD.n`.
    path : pathlib.Path
        The folder.
    manifest : Mapping
        Content of `manifest.json`.

    Raises
    ------
    ReleaseNotFound
        If there is no manifest in the folder.
    ChecksumMismatch
        If a file is absent or has another size than the manifest says.
    StoreError
        If the release has the layout of another version of the package.

    Notes
    -----
    The frames are kept after the first reading and handed out as they are: copy before changing one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.manifest: Mapping[str, Any] = MappingProxyType(_read_manifest(self.path))
        if self.manifest.get("format") != FORMAT:
            message = f"{path}: format {self.manifest.get('format')!r}; this version of mediation-geo reads format {FORMAT!r}"
            raise StoreError(message)
        self.id: str = self.manifest["id"]
        self._maps = {name: self._map(name) for name in TABLE_FILES}

    def __repr__(self) -> str:
        return f"<Release {self.id}: {self.manifest['counts']['places']} places, {self.path}>"

    @cached_property
    def credit(self) -> Mapping[str, Any]:
        """What every answer says of its data: `snapshot`, `publie_le`, `licence`, `attribution`, `sha256`, `demo`."""
        day = self.manifest["as_of"]
        return MappingProxyType(
            {
                "snapshot": self.id,
                "publie_le": day,
                "licence": LICENCE,
                "attribution": attribution_line(day, self.manifest["counts"]["records_by_feed"]),
                "sha256": self.manifest["files"]["places.parquet"]["sha256"],
                "demo": bool(self.manifest.get("demo")),
            }
        )

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """Places, sorted by `place_id`, EPSG:4326."""
        return places_from_arrow(self._parquet("places.parquet"))

    @cached_property
    def records(self) -> pd.DataFrame:
        """Located records of every source with the `place_id` they became part of, sorted by `record_id`."""
        return self._frame("records.parquet", RELEASED_RECORDS)

    @cached_property
    def links(self) -> pd.DataFrame:
        """Scored pairs of records."""
        return self._frame("links.parquet", LINKS)

    @cached_property
    def issues(self) -> pd.DataFrame:
        """What was wrong with which row."""
        return self._frame("issues.parquet", ISSUES)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Identity events of this release."""
        return events_from_ndjson(self._maps["events.ndjson"].to_pybytes())

    def verify(self) -> None:
        """
        Compare every file with its checksum in the manifest.

        Raises
        ------
        ChecksumMismatch
            If the bytes of a file are not those that were published.
        """
        for name, expected in self.manifest["files"].items():
            found = file_entry(self.path / name, rows=expected["rows"])
            if found["sha256"] != expected["sha256"]:
                message = f"sha256 is {found['sha256']}, the manifest of release {self.id} says {expected['sha256']}"
                raise ChecksumMismatch(message, path=str(self.path / name))

    def _map(self, name: str) -> pa.Buffer:
        path, expected = self.path / name, self.manifest["files"][name]["bytes"]
        found = path.stat().st_size if path.is_file() else None
        if found != expected:
            state = "is absent" if found is None else f"has {found} bytes"
            message = f"{state}, the manifest of release {self.id} says {expected} bytes"
            raise ChecksumMismatch(message, path=str(path))
        # An empty file cannot be mapped; a first release without events has one.
        return pa.memory_map(str(path)).read_buffer() if expected else pa.py_buffer(b"")

    def _parquet(self, name: str) -> pa.Table:
        return pq.read_table(pa.BufferReader(self._maps[name]))

    def _frame(self, name: str, layout: Layout) -> pd.DataFrame:
        return from_arrow(self._parquet(name), layout)


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        content = orjson.loads((path / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"{path}: no {MANIFEST}, so this is not a release"
        raise ReleaseNotFound(message) from error
    except orjson.JSONDecodeError as error:
        message = f"is not JSON ({error})"
        raise ChecksumMismatch(message, path=str(path / MANIFEST)) from error
    return dict(content)
