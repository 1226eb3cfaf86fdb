"""
All files of a night read: one table of records, one of issues, and what was in each file.

Of several editions of one source the newest record wins and the others are rejected by name. A file that cannot be read stops the
night, unless the last release knows what was in it: then its sources are named as unread and the others go on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo.errors import SourceError
from mediation_geo.ingest import read_source
from mediation_geo.standard import StageResult, concat_issues, issue_table, rejected_ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mediation_geo.pipeline.obtain import Report

__all__ = ["Reading", "SourceFile", "read_all", "sha256_of"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file on its way through the night, with what the manifest says of it; `feed` where it is not found from the file."""

    path: Path
    feed: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What the files of a night gave.

    Attributes
    ----------
    records, issues : pandas.DataFrame
        Layouts `RECORDS` and `ISSUES`.
    counts : list of dict
        For each file, in order: its feeds, and how many rows were read, kept and rejected.
    unread : dict of str to str
        Feed whose file cannot be read -> why.
    turned : dict of str to str
        Feed of a file that was one of another feed in the last release, and that other feed -> what happened.
    """

    records: pd.DataFrame
    issues: pd.DataFrame
    counts: list[dict[str, Any]]
    unread: dict[str, str]
    turned: dict[str, str]

    @property
    def feeds(self) -> set[str]:
        """Every source that tonight's files are about, read or not."""
        return {feed for count in self.counts for feed in count["feeds"]} | set(self.turned)


def sha256_of(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_all(files: Sequence[SourceFile], *, known: Mapping[str, Sequence[str]], report: Report) -> Reading:
    """
    Records of all files, their issues, and the rows each file gave.

    Parameters
    ----------
    files : sequence of SourceFile
        In the order in which editions follow each other.
    known : mapping of str to sequence of str
        Name of a file -> its feeds in the last release; empty for the first.
    report : callable
        Receives one line for each file.

    Raises
    ------
    SourceError
        If a file cannot be read and the last release does not know it, or if none can be read.
    """
    results: list[StageResult] = []
    counts: list[dict[str, Any]] = []
    unread: dict[str, str] = {}
    turned: dict[str, str] = {}
    fault: SourceError | None = None
    # A source that needs another one finds it among the files of this night, whose checksums name the build, and nowhere else.
    beside = [each.path for each in files]
    for each in files:
        expected = known.get(each.path.name, ())
        try:
            result = read_source(each.path, feed=each.feed, beside=beside)
        except SourceError as error:
            if not expected:
                raise
            fault = error
            unread.update(dict.fromkeys(expected, _without_folder(error, each.path)))
            counts.append({"feeds": list(expected), "rows": 0, "records": 0, "rejected": 0})
            continue
        results.append(result)
        rejected = len(rejected_ids(result.issues))
        feeds = sorted(set(result.table["feed"]) | set(result.issues["feed"].dropna()))
        counts.append({"feeds": feeds, "rows": len(result.table) + rejected, "records": len(result.table), "rejected": rejected})
        turned.update(_other_feeds(each.path.name, feeds=feeds, expected=expected))
        report(f"read {each.path.name}: {len(result.table):,} records, {rejected:,} rejected")
    if fault is not None and not results:
        raise fault
    return Reading(*_newest_editions(results), counts, unread, turned)


def _without_folder(error: SourceError, path: Path) -> str:
    """What is wrong with a file, in words that can be published: they do not say where on this machine it lies."""
    return str(SourceError(error.message, path=path.name, line=error.line))


def _other_feeds(name: str, *, feeds: Sequence[str], expected: Sequence[str]) -> dict[str, str]:
    """A file that became one of another source: neither that source nor the one it was is believed."""
    if not set(expected) - set(feeds):
        return {}
    message = f"{name} looks like a file of {', '.join(feeds) or 'no source'} and was one of {', '.join(expected)}"
    return dict.fromkeys(sorted({*expected, *feeds}), message)


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
