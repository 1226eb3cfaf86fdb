"""
Publishing a build: tables are written beside the releases, pass the gates, and become current in one step.

Frames and the builder's manifest go in, the path of the published release comes out. Nothing of an earlier release is ever
touched: whatever goes wrong, it is still there and still served.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediation_geo.errors import PublishRefused
from mediation_geo.release.events import events_to_ndjson
from mediation_geo.release.folder import flush, flush_tree
from mediation_geo.release.gates import DEFAULT_LIMITS, Finding, GateLimits, check_gates
from mediation_geo.release.geoparquet import places_to_arrow, sort_by_all_columns, write_parquet
from mediation_geo.release.manifest import (
    FORMAT,
    LICENCE_URL,
    OWN_KEYS,
    as_of_day,
    attribution_line,
    content_digest,
    file_entry,
    next_release_id,
    release_order,
    row_counts,
    to_json,
)
from mediation_geo.release.reading import CHECKSUMS, MANIFEST, RELEASED_RECORDS, TABLE_FILES, Release
from mediation_geo.release.store import (
    REFUSED,
    STAGING,
    current_id,
    exclusive,
    last_release,
    point_current,
    refused_path,
    release_ids,
)
from mediation_geo.standard import ISSUES, LINKS, LOCATED_RECORDS, conform, to_arrow

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

__all__ = ["write_release"]

_READ_ONLY = 0o444


def write_release(
    directory: str | Path,
    *,
    places: gpd.GeoDataFrame,
    records: pd.DataFrame,
    links: pd.DataFrame,
    issues: pd.DataFrame,
    events: pd.DataFrame,
    manifest: Mapping[str, Any],
    limits: GateLimits = DEFAULT_LIMITS,
) -> Path:
    """
    Path of the release that holds these tables and is now current.

    Parameters
    ----------
    directory : str or pathlib.Path
        Folder of releases; made if needed.
    places : geopandas.GeoDataFrame
        Layout `PLACES`, EPSG:4326.
    records, links, issues, events : pandas.DataFrame
        Layouts `LOCATED_RECORDS`, `LINKS`, `ISSUES` and that of the events; rows in any order, except that events are a log and
        keep theirs. Records are released with the `place_id` that the `source_ids` of the places give them.
    manifest : Mapping
        What the builder has to say, JSON values; `as_of`, the day, is needed and gives the release its id.
    limits : GateLimits
        How far the release may be from the current one.

    Returns
    -------
    pathlib.Path
        Folder of the new release, or of the one that already holds the same content.

    Raises
    ------
    PublishRefused
        If a gate fails. The build is kept aside for inspection and the current release stays.
    StoreBusy
        If another build is at work in the folder.
    StoreUnwritable
        If the disk is full, read-only or forbidden.
    SettingsError
        If `manifest["as_of"]` is not a day.
    """
    folder = Path(directory)
    day = as_of_day(manifest)
    said = {name: value for name, value in manifest.items() if name not in OWN_KEYS}
    tables = _Tables(places=places, records=records, links=links, issues=issues, events=events)
    with exclusive(folder):
        previous = last_release(folder)
        release_id = next_release_id(day, release_ids(folder))
        staging = folder / f"{release_id}{STAGING}{os.getpid()}"
        staging.mkdir()
        try:
            entries = _write_tables(staging, tables, day=day, release_id=release_id)
            digest = content_digest(entries, {"as_of": day, **said})
            holder = _holding(folder, day, digest)
            if holder is None:
                counts = row_counts(**tables.by_name())
                findings = _findings(tables, counts, previous, limits)
                own = {
                    "id": release_id,
                    "as_of": day,
                    "format": FORMAT,
                    "counts": counts,
                    "files": entries,
                    "content_sha256": digest,
                    "gates": [finding.as_dict() for finding in findings],
                    "previous": previous.id if previous else None,
                }
                _seal(staging, {**said, **own})
                _judge(folder, staging, findings)
                staging.rename(folder / release_id)
                flush(folder)
                holder = release_id
            if current_id(folder) != holder:
                point_current(folder, holder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return (folder / holder).resolve()


@dataclass(frozen=True, slots=True)
class _Tables:
    """The five tables of a release on their way to the disk."""

    places: gpd.GeoDataFrame
    records: pd.DataFrame
    links: pd.DataFrame
    issues: pd.DataFrame
    events: pd.DataFrame

    def by_name(self) -> dict[str, pd.DataFrame]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _write_tables(staging: Path, tables: _Tables, *, day: str, release_id: str) -> dict[str, dict[str, Any]]:
    members = tables.places[["place_id", "source_ids"]].explode("source_ids").dropna().drop_duplicates("source_ids")
    records = conform(tables.records, LOCATED_RECORDS).sort_values("record_id", kind="stable")
    records["place_id"] = records["record_id"].map(members.set_index("source_ids")["place_id"])
    places = places_to_arrow(tables.places)
    told = dict(places.schema.metadata or {})
    told[b"attribution"] = attribution_line(day, records["feed"].dropna().unique()).encode()
    told[b"licence"] = LICENCE_URL.encode()
    files = {
        "places": places.replace_schema_metadata(told),
        "records": to_arrow(conform(records, RELEASED_RECORDS), RELEASED_RECORDS),
        "links": to_arrow(sort_by_all_columns(tables.links, LINKS), LINKS),
        "issues": to_arrow(sort_by_all_columns(tables.issues, ISSUES), ISSUES),
    }
    for name, table in files.items():
        write_parquet(table, staging / f"{name}.parquet")
    (staging / "events.ndjson").write_bytes(events_to_ndjson(tables.events, release_id=release_id))
    return {name: file_entry(staging / name, rows=len(getattr(tables, Path(name).stem))) for name in TABLE_FILES}


def _findings(tables: _Tables, counts: Mapping[str, Any], previous: Release | None, limits: GateLimits) -> list[Finding]:
    return check_gates(
        places=tables.places,
        records=tables.records,
        counts=counts,
        previous_places=previous.places if previous else None,
        previous_counts=previous.manifest["counts"] if previous else None,
        limits=limits,
    )


def _holding(folder: Path, day: str, digest: str) -> str | None:
    """Id of a release of that day with the same content: the current one, or one whose builder was killed before the swap."""
    for each in reversed(release_ids(folder)):
        if release_order(each)[0] == day:
            release = Release(folder / each)
            if release.manifest["content_sha256"] == digest:
                release.verify()
                return each
    return None


def _seal(staging: Path, manifest: Mapping[str, Any]) -> None:
    """Write manifest and checksums, make the files read-only and have the disk hold them all before the name appears."""
    (staging / MANIFEST).write_bytes(to_json(manifest))
    own = file_entry(staging / MANIFEST, rows=0)["sha256"]
    sums = {**{name: entry["sha256"] for name, entry in manifest["files"].items()}, MANIFEST: own}
    lines = [f"{digest}  {name}\n" for name, digest in sorted(sums.items())]
    (staging / CHECKSUMS).write_text("".join(lines), encoding="ascii")
    for path in staging.iterdir():
        path.chmod(_READ_ONLY)
    flush_tree(staging)


def _judge(folder: Path, staging: Path, findings: list[Finding]) -> None:
    """Set a build aside when a gate failed, in place of any that was set aside before."""
    waiting = refused_path(folder)
    if waiting is not None:
        shutil.rmtree(waiting)
    failed = [finding.message for finding in findings if not finding.passed]
    if failed:
        staging.rename(staging.with_name(staging.name.split(STAGING)[0] + REFUSED))
        raise PublishRefused(failed)
