"""
The night: sources in, one published release out, with the row ledger checked after each stage.

This module orders the stages and owns nothing else: reading, locating, uniting and writing live in their rooms. It reads no
clock; the day of the build is a parameter.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo import __version__
from mediation_geo.dedupe import Deduplication, Previous, deduplicate, read_overrides
from mediation_geo.errors import PublishRefused, SettingsError
from mediation_geo.ingest.quality import quality_by_feed
from mediation_geo.locate import locate
from mediation_geo.pipeline.held import doubts, held_sources, keep_last
from mediation_geo.pipeline.obtain import Report, source_files
from mediation_geo.pipeline.reading import Reading, SourceFile, read_all, sha256_of
from mediation_geo.release import Release, building, last_release, write_release
from mediation_geo.standard import StageResult, check_row_ledger, concat_issues, rejected_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mediation_geo.locate import Geocoder

__all__ = ["build", "check_clock"]


# A register that nobody built for so long is rarer than a machine that woke up with a wrong date.
_LONGEST_SLEEP_DAYS = 400
_NOTHING_LATE: Mapping[str, str] = MappingProxyType({})


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
    late: Mapping[str, str] = _NOTHING_LATE,
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
    # A demo file must never pass for the real feed whose shape it has.
    files = [SourceFile(path, path.stem if demo else None, sha256_of(path)) for path in source_files(sources)]
    decisions = None if overrides is None else read_overrides(Path(overrides))
    key = _input_key(
        files,
        as_of.isoformat(),
        rule,
        "" if overrides is None else sha256_of(Path(overrides)),
        "" if geocoder is None else geocoder.version,
        *sorted(trust),
        *sorted(late),
    )
    with building(out):
        previous = _previous(out, as_of=as_of)
        if previous is not None and previous.manifest.get("input_key") == key:
            report(f"nothing changed since release {previous.id}")
            return previous.path

        known = _known(previous)
        reading = read_all(files, known=known, report=report)
        located, held = _believed(reading, previous=previous, trust=trust, geocoder=geocoder, report=report)
        # From here on the located records are all that is needed: those of a country are not held twice.
        counts = reading.counts
        del reading
        united = deduplicate(located.table, rule=rule, previous=_identity(previous), overrides=decisions, as_of=as_of)
        _check("dedupe", located.table, united.members, united.issues)
        report(f"united {len(located.table):,} records into {len(united.places):,} places")

        all_issues = concat_issues([located.issues, united.issues])
        manifest = _manifest(files, counts, known=known, held=held, located=located, united=united, issues=all_issues)
        before = {} if previous is None else previous.manifest.get("quality", {})
        quality = quality_by_feed(located.table, all_issues, as_of=as_of, previous=before)
        path = write_release(
            out,
            places=united.places,
            records=located.table,
            links=united.links,
            issues=all_issues,
            # Each release carries the whole history of ids, so that old releases can be pruned without forgetting any.
            events=united.events if previous is None else pd.concat([previous.events, united.events], ignore_index=True),
            manifest={
                **manifest,
                "as_of": as_of.isoformat(),
                "rule": rule,
                "held": held_sources(held, late=late, previous=previous, as_of=as_of),
                "quality": {each.feed: each.to_dict() for each in quality},
                "demo": demo,
                "input_key": key,
            },
        )
    report(f"published release {path.name}")
    return path


def check_clock(out: str | Path, *, today: date) -> None:
    """
    Stop a night whose day only a wrong clock can have given.

    Parameters
    ----------
    out : str or Path
        Folder of releases.
    today : datetime.date
        What the clock says.

    Raises
    ------
    SettingsError
        If it is more than a year after the last release. A day before that one is refused by `build` itself.

    Examples
    --------
    >>> from datetime import date
    >>> check_clock("no/such/folder", today=date(2090, 1, 1))
    """
    previous = last_release(out)
    if previous is not None and (today - date.fromisoformat(previous.manifest["as_of"])).days > _LONGEST_SLEEP_DAYS:
        message = (
            f"the clock of this machine says {today}, more than a year after the current release of "
            f"{previous.manifest['as_of']}: is it right? Then name the day: --as-of {today}"
        )
        raise SettingsError(message)


def _believed(
    reading: Reading, *, previous: Release | None, trust: Collection[str], geocoder: Geocoder | None, report: Report
) -> tuple[StageResult, dict[str, str]]:
    """Located records and all issues so far, with the sources in doubt as the last release has them; and why each is in doubt."""
    fresh = locate(reading.records, geocoder=geocoder)
    _check("locate", reading.records, fresh.table, fresh.issues)
    report(f"located {len(fresh.table):,} records")
    located = StageResult(fresh.table, concat_issues([reading.issues, fresh.issues]))
    if previous is None:
        return located, {}
    doubted = doubts(located, previous=previous, feeds=reading.feeds) | reading.turned
    untrusted = {feed: why for feed, why in doubted.items() if feed not in trust}
    held = dict(sorted((untrusted | reading.unread).items()))
    if held and not reading.feeds - set(held):
        # Without one source that can be believed the release would be the last one under a newer date.
        raise PublishRefused([f"source {feed}: {why}" for feed, why in held.items()])
    for feed, why in held.items():
        report(f"source {feed}: {why}; its records of release {previous.id} are kept")
    return keep_last(located, previous=previous, held=held), held


def _input_key(files: Sequence[SourceFile], *parameters: str) -> str:
    """One text for all that decides what a build gives: when it is that of the current release, nothing needs to run."""
    parts = [__version__, *parameters, *sorted(f"{each.path.name}:{each.sha256}" for each in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _previous(out: Path, *, as_of: date) -> Release | None:
    """The release that tonight's follows; a day before its own would turn the history of ids around."""
    previous = last_release(out)
    if previous is not None and as_of.isoformat() < previous.manifest["as_of"]:
        message = (
            f"the day of the build is {as_of}, the current release is of {previous.manifest['as_of']}: is the clock of this "
            "machine right? Expected that day or a later one; `mediation-geo rollback` goes back to an earlier release"
        )
        raise SettingsError(message)
    return previous


def _known(previous: Release | None) -> dict[str, list[str]]:
    """Feeds of each file of the last release."""
    return {} if previous is None else {each["file"]: each["feeds"] for each in previous.manifest.get("sources", [])}


def _identity(previous: Release | None) -> Previous | None:
    if previous is None:
        return None
    return Previous.from_places(
        previous.places, links=previous.links, events=previous.events.sort_values("release_id", kind="stable")
    )


def _check(stage: str, before: pd.DataFrame, after: pd.DataFrame, issues: pd.DataFrame) -> None:
    check_row_ledger(stage, came_in=before["record_id"], went_on=after["record_id"], rejected=rejected_ids(issues))


def _manifest(
    files: Sequence[SourceFile],
    counts: Sequence[Mapping[str, Any]],
    *,
    known: Mapping[str, list[str]],
    held: Collection[str],
    located: StageResult,
    united: Deduplication,
    issues: pd.DataFrame,
) -> dict[str, Any]:
    """What the release says of how it was made; no clock and no path, so that equal builds have equal bytes."""
    rejected = len(rejected_ids(issues))
    return {
        "software": f"mediation-geo {__version__}",
        "sources": [
            # A file that is held keeps the feeds it had, so that it is compared with them the next night too.
            {"file": each.path.name, "sha256": each.sha256, "bytes": each.path.stat().st_size, **count}
            | ({"feeds": known[each.path.name]} if set(held) & set(known.get(each.path.name, ())) else {})
            for each, count in zip(files, counts, strict=True)
        ],
        "ledger": {
            # What a held file had tonight is not in the release; the rows it had last time are.
            "rows": len(located.table) + rejected if held else sum(count["rows"] for count in counts),
            "records": len(located.table),
            "places": len(united.places),
            "rejected": rejected,
        },
        "issues": json.loads(issues["code"].value_counts().sort_index().to_json()),
    }
