"""
The night: sources in, one published release out, with the row ledger checked after each stage.

This module orders the stages and owns nothing else: reading, locating, uniting and writing live in their rooms. It reads no
clock; the day of the build is a parameter.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo import __version__
from mediation_geo.dedupe import Deduplication, Previous, deduplicate, read_overrides
from mediation_geo.errors import ReleaseNotFound
from mediation_geo.ingest import read_source
from mediation_geo.ingest.quality import quality_by_feed
from mediation_geo.locate import locate
from mediation_geo.pipeline.obtain import Report, source_files
from mediation_geo.release import Release, open_release, write_release
from mediation_geo.standard import StageResult, check_row_ledger, concat_issues, issue_table, rejected_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from mediation_geo.locate import Geocoder

__all__ = ["build"]


@dataclass(frozen=True, slots=True)
class _Source:
    """One file on its way through the night, with what the manifest says of it."""

    path: Path
    feed: str | None
    sha256: str


def build(
    sources: Iterable[str | Path],
    *,
    out: str | Path,
    as_of: date,
    rule: str = "model",
    overrides: str | Path | None = None,
    geocoder: Geocoder | None = None,
    demo: bool = False,
    trust: Collection[str] = (),
    late: Mapping[str, str] = NOTHING_LATE,
    report: Report = lambda _line: None,
) -> Path:
    """
    Path of the release built from source files, published as `current` in a folder of releases.

    Parameters
    ----------
    sources : iterable of str or Path
        Files, or folders whose data files are all read.
    out : str or Path
        Folder of releases; created where absent.
    as_of : datetime.date
        The day of the build: names the release and dates the freshness of places.
    rule : {"model", "official"}
        How records are matched; `official` is the rule of the national pipeline.
    overrides : str or Path, optional
        CSV of human decisions on which records are, or are not, one place.
    geocoder : Geocoder, optional
        Asked for records whose point is missing or contradicts their commune; without one they get the centre of their commune.
    demo : bool
        Whether the sources are invented: says so in the manifest, and from there on every page and answer.
    trust : collection of str
        Sources that are taken as they are, however far they are from the last release.
    late : mapping of str to str
        Name of a file -> why it is not of tonight, as `fetch_sources` gives it; goes into the manifest.
    report : callable
        Receives one line of progress for people after each stage.

    Returns
    -------
    pathlib.Path
        Folder of the release. When sources, rule and day are those of the current release, that one, untouched.

    Raises
    ------
    SourceError
        If a source is missing or is not one of the known dialects; nothing is published then.
    PublishRefused
        If a gate fails, or no source at all can be believed; the previous release stays current.
    SettingsError
        If the day is before that of the current release.
    StoreBusy
        If another build is at work in the folder.
    OverrideConflict
        If human decisions contradict each other.
    RowLedgerError
        If a stage loses or invents a record: a bug.

    Notes
    -----
    A source that cannot be read, or is too far from what it was (`mediation_geo.pipeline.held`), is taken from the last release
    instead; the manifest says which and why under `held`.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import date
    >>> from mediation_geo.pipeline import demo_sources
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = build(demo_sources()[:1], out=folder, as_of=date(2026, 1, 1), demo=True)
    ...     path.name
    '2026-01-01'
    """
    out = Path(out)
    with building(out):
        return _build(
            sources,
            out=out,
            as_of=as_of,
            rule=rule,
            overrides=overrides,
            geocoder=geocoder,
            demo=demo,
            trust=trust,
            late=late,
            report=report,
        )


def _build(
    sources: Iterable[str | Path],
    *,
    out: Path,
    as_of: date,
    rule: str,
    overrides: str | Path | None,
    geocoder: Geocoder | None,
    demo: bool,
    trust: Collection[str],
    late: Mapping[str, str],
    report: Report,
) -> Path:
    # A demo file must never pass for the real feed whose shape it has.
    inputs = [_Source(path, path.stem if demo else None, _sha256(path)) for path in source_files(sources)]
    decisions = None if overrides is None else read_overrides(Path(overrides))
    key = _input_key(
        inputs,
        as_of.isoformat(),
        rule,
        "" if overrides is None else _sha256(Path(overrides)),
        "" if geocoder is None else geocoder.version,
    )
    previous = _current(out)
    if previous is not None and previous.manifest.get("input_key") == key:
        report(f"nothing changed since release {previous.id}")
        return previous.path

    records, issues, counts = _read_all(inputs, report=report)
    located = locate(records, geocoder=geocoder)
    _check("locate", records, located.table, located.issues)
    report(f"located {len(located.table):,} records")

    united = deduplicate(located.table, rule=rule, previous=_identity(previous), overrides=decisions, as_of=as_of)
    _check("dedupe", located.table, united.members, united.issues)
    report(f"united {len(located.table):,} records into {len(united.places):,} places")

    all_issues = concat_issues([issues, located.issues, united.issues])
    manifest = _manifest(inputs, counts, located=located, united=united, issues=all_issues, as_of=as_of, rule=rule)
    before = {} if previous is None else previous.manifest.get("quality", {})
    quality = quality_by_feed(located.table, all_issues, as_of=as_of, previous=before)
    path = write_release(
        out,
        places=united.places,
        records=located.table.merge(united.members, on="record_id", how="left", validate="one_to_one"),
        links=united.links,
        issues=all_issues,
        # Each release carries the whole history of ids, so that old releases can be pruned without forgetting any.
        events=united.events if previous is None else pd.concat([previous.events, united.events], ignore_index=True),
        manifest={**manifest, "quality": {each.feed: each.to_dict() for each in quality}, "demo": demo, "input_key": key},
    )
    report(f"published release {path.name}")
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _input_key(inputs: Sequence[_Source], *parameters: str) -> str:
    """One text for all that decides what a build gives: when it is that of the current release, nothing needs to run."""
    parts = [__version__, *parameters, *sorted(f"{each.path.name}:{each.sha256}" for each in inputs)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _current(out: Path) -> Release | None:
    try:
        return open_release(out)
    except ReleaseNotFound:
        return None


def _identity(previous: Release | None) -> Previous | None:
    if previous is None:
        return None
    return Previous.from_places(
        previous.places, links=previous.links, events=previous.events.sort_values("release_id", kind="stable")
    )


def _check(stage: str, before: pd.DataFrame, after: pd.DataFrame, issues: pd.DataFrame) -> None:
    check_row_ledger(stage, came_in=before["record_id"], went_on=after["record_id"], rejected=rejected_ids(issues))


def _read_all(inputs: Sequence[_Source], *, report: Report) -> tuple[pd.DataFrame, pd.DataFrame, list[dict[str, Any]]]:
    """Records of all files, their issues, and the rows each file gave; older editions of one record are rejected."""
    results: list[StageResult] = []
    counts: list[dict[str, Any]] = []
    for each in inputs:
        result = read_source(each.path, feed=each.feed)
        results.append(result)
        rejected = len(rejected_ids(result.issues))
        feeds = sorted(set(result.table["feed"]) | set(result.issues["feed"].dropna()))
        counts.append({"feeds": feeds, "rows": len(result.table) + rejected, "records": len(result.table), "rejected": rejected})
        report(f"read {each.path.name}: {len(result.table):,} records, {rejected:,} rejected")
    return *_newest_editions(results), counts


def _newest_editions(results: Sequence[StageResult]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    One record for each `record_id`: of several editions of one source the newest wins, the others are rejected by name.

    The newest is the one with the latest `date_maj`; on equal dates the file that comes last, as editions sort by their date.
    """
    tables = [result.table.assign(edition=number) for number, result in enumerate(results)]
    records = pd.concat(tables, ignore_index=True).sort_values(
        ["record_id", "date_maj", "edition"], kind="stable", na_position="first", ignore_index=True
    )
    older = records["record_id"].duplicated(keep="last")
    gone = records.loc[older]
    superseded = issue_table(
        "superseded_edition",
        feed=gone["feed"],
        record_id=gone["record_id"] + "@" + gone["edition"].astype("str"),
        field="id",
        value=gone["date_maj"].dt.strftime("%Y-%m-%d"),
    )
    kept = records.loc[~older].drop(columns="edition").reset_index(drop=True)
    return kept, concat_issues([*(result.issues for result in results), superseded])


def _manifest(
    inputs: Sequence[_Source],
    counts: Sequence[dict[str, Any]],
    *,
    located: StageResult,
    united: Deduplication,
    issues: pd.DataFrame,
    as_of: date,
    rule: str,
) -> dict[str, Any]:
    """What the release says of how it was made; no clock and no path, so that equal builds have equal bytes."""
    return {
        "as_of": as_of.isoformat(),
        "rule": rule,
        "software": f"mediation-geo {__version__}",
        "sources": [
            {"file": each.path.name, "sha256": each.sha256, "bytes": each.path.stat().st_size, **count}
            for each, count in zip(inputs, counts, strict=True)
        ],
        "ledger": {
            "rows": sum(count["rows"] for count in counts),
            "records": len(located.table),
            "places": len(united.places),
            "rejected": len(rejected_ids(issues)),
        },
        "issues": json.loads(issues["code"].value_counts().sort_index().to_json()),
    }
