"""
The stage: from a source file to records in the national standard and issues, whole or in chunks.

`stream_source` holds one chunk at a time and serves files of any length; `read_source` puts the chunks together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.errors import SchemaMismatch
from mediation_geo.ingest.apply import apply_mapping, map_distinct
from mediation_geo.ingest.clean import clean_fields
from mediation_geo.ingest.clean.rules import IssueLog
from mediation_geo.ingest.keys import KeySurvey, row_keys, survey_keys
from mediation_geo.ingest.lookup import LookupTable, attach, open_lookup
from mediation_geo.ingest.mapping import Mapping, shipped_mappings
from mediation_geo.ingest.personal import mask_personal
from mediation_geo.ingest.read import Note, RawChunk, RawSource, open_raw
from mediation_geo.ingest.recognise import recognise
from mediation_geo.ingest.validate import reject_reasons, report_gaps
from mediation_geo.standard import RECORDS, StageResult, check_row_ledger, concat_issues, conform, issue_table, rejected_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CHUNK_ROWS", "SourceFile", "open_source", "read_source", "source_rows", "stream_source"]

CHUNK_ROWS = 20_000


@dataclass(frozen=True)
class SourceFile:
    """A file whose format and mapping are known: what was found out about it, before its rows are read."""

    raw: RawSource
    mapping: Mapping
    feed: str
    lookups: tuple[LookupTable, ...] = ()
    # All rows of a file that is short enough to be held while it is gone through more than once.
    whole: RawChunk | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was odd about the file as a whole."""
        return (*self.raw.notes, *(note for table in self.lookups for note in table.notes))

    def chunks(self, rows: int) -> Iterator[RawChunk]:
        """Rows of the file, at most so many at a time, with what they look up in other files."""
        whole = self.whole
        chunks = self.raw.read(rows) if whole is None or len(whole.frame) > rows else iter([whole])
        return (attach(chunk, self.lookups) for chunk in chunks)


def open_source(
    path: Path | str,
    *,
    feed: str | None = None,
    mappings: Iterable[Mapping] | None = None,
    beside: Iterable[Path] | None = None,
) -> SourceFile:
    """
    A file with its format, mapping and feed name found.

    Parameters
    ----------
    path : path-like
        The file.
    feed : str, optional
        Name of the feed; that of a shipped source also chooses its mapping.
    mappings : iterable of Mapping, optional
        Mappings to choose from beside the shipped ones.
    beside : iterable of path, optional
        Files in which a mapping that joins another file looks for it; those in the folder of the file when absent.

    Raises
    ------
    SourceError
        If the file cannot be read or is of no known source.
    """
    path = Path(path)
    raw = open_raw(path)
    first = next(raw.read(CHUNK_ROWS), None)
    if first is None:
        message = "a header without rows; expected at least one place"
        raise SchemaMismatch(message, path=str(path), line=1)
    known = {**shipped_mappings(), **{mapping.name: mapping for mapping in mappings or ()}}
    mapping, name = recognise(first.frame, path=path, mappings=known.values(), feed=feed)
    others = path.parent.iterdir() if beside is None and mapping.lookup else beside or ()
    choice = [each for each in others if each.is_file()]
    lookups = tuple(open_lookup(rule, path=path, beside=choice) for rule in mapping.lookup)
    return SourceFile(raw, mapping, name, lookups, first if len(first.frame) < CHUNK_ROWS else None)


def read_source(
    path: Path | str,
    *,
    feed: str | None = None,
    mappings: Iterable[Mapping] | None = None,
    beside: Iterable[Path] | None = None,
) -> StageResult:
    """
    All records of a source file in the national standard, and what was wrong with them.

    Parameters
    ----------
    path : path-like
        CSV, JSON, GeoJSON, XLSX or Parquet file of a known source or in any version of the standard.
    feed : str, optional
        Name of the feed; found from the file when absent.
    mappings : iterable of Mapping, optional
        Mappings to choose from beside the shipped ones.
    beside : iterable of path, optional
        Files in which a mapping that joins another file looks for it; those in the folder of the file when absent.

    Returns
    -------
    StageResult
        `table` in the layout `RECORDS`, sorted by `record_id`; `issues`. Each row of the file is in one of them: as a
        record, or as an issue of severity
        `reject`.

    Raises
    ------
    SourceError
        If the file cannot be read or is of no known source; names file, line and expectation.
    """
    results = list(stream_source(path, feed=feed, mappings=mappings, beside=beside))
    records = pd.concat([result.table for result in results], ignore_index=True)
    ordered = records.sort_values("record_id", kind="stable", ignore_index=True)
    return StageResult(ordered, concat_issues([result.issues for result in results]))


def stream_source(
    path: Path | str,
    *,
    feed: str | None = None,
    mappings: Iterable[Mapping] | None = None,
    beside: Iterable[Path] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Iterator[StageResult]:
    """
    Records and issues of a source file, chunk by chunk; see `read_source`.

    The file is read twice, first for the record ids, so that an id never depends on the chunk its row falls in.
    """
    source = open_source(path, feed=feed, mappings=mappings, beside=beside)
    survey = _survey(source, chunk_rows=chunk_rows)
    notes = source.notes if survey.gives_ids else (*source.notes, Note("source_without_ids"))
    yield StageResult(conform(pd.DataFrame({"row": []}), RECORDS), _file_issues(notes, feed=source.feed))
    for chunk in source.chunks(chunk_rows):
        yield _chunk_result(chunk, source, survey=survey)


def source_rows(path: Path | str, *, feed: str | None = None, mappings: Iterable[Mapping] | None = None) -> pd.Series:
    """
    Row of the file by record id, rejected rows included, so that a producer finds what an issue speaks of.

    Parameters
    ----------
    path, feed, mappings
        See `read_source`.

    Returns
    -------
    pandas.Series of int64
        1-based rows under the index `record_id`; the header is not counted.
    """
    source = open_source(path, feed=feed, mappings=mappings)
    survey = _survey(source, chunk_rows=CHUNK_ROWS)
    chunks = (row_keys(chunk.frame, source.mapping) for chunk in source.chunks(CHUNK_ROWS))
    ids = pd.concat([survey.record_ids(keys, feed=source.feed) for keys in chunks])
    return pd.Series(ids.index, index=pd.Index(ids, name="record_id"), name="row", dtype="int64")


def _survey(source: SourceFile, *, chunk_rows: int) -> KeySurvey:
    return survey_keys(lambda: (chunk.frame for chunk in source.chunks(chunk_rows)), source.mapping)


def _file_issues(notes: Iterable[Note], *, feed: str) -> pd.DataFrame:
    tables = [
        issue_table(note.code, feed=feed, record_id=[None], field=None, value=note.value, corrected=note.corrected)
        for note in notes
    ]
    return concat_issues(tables)


def _chunk_result(chunk: RawChunk, source: SourceFile, *, survey: KeySurvey) -> StageResult:
    keys = row_keys(chunk.frame, source.mapping)
    ids = survey.record_ids(keys, feed=source.feed)
    log = IssueLog(source.feed, ids)
    for note in chunk.notes:
        log.add(note.code, rows=pd.Index([note.row]), field=None, value=note.value, corrected=note.corrected)
    _log_keys(keys, survey=survey, log=log)
    clean = clean_fields(apply_mapping(chunk.frame, source.mapping), log=log)
    rejected = reject_reasons(chunk.frame, clean, log=log)
    kept = clean[~rejected]
    report_gaps(kept, log=log)
    records = conform(kept.assign(record_id=ids[~rejected], feed=source.feed, row=kept.index), RECORDS)
    issues = _masked(log.table())
    check_row_ledger("ingest", came_in=ids, went_on=records["record_id"], rejected=rejected_ids(issues))
    return StageResult(records, issues)


def _log_keys(keys: pd.DataFrame, *, survey: KeySurvey, log: IssueLog) -> None:
    numbered = pd.Series(keys.index.isin(survey.numbers.index), index=keys.index)
    if survey.gives_ids:
        log.add("id_missing", rows=~keys["has_id"], field="id", corrected=log.record_ids)
    log.add("id_repeated", rows=numbered & keys["has_id"], field="id", value=keys["key"], corrected=log.record_ids)
    log.add("row_repeated", rows=numbered & ~keys["has_id"], field=None, corrected=log.record_ids)


def _masked(issues: pd.DataFrame) -> pd.DataFrame:
    """Issues without personal data in their values: the table is published."""
    private = {name: map_distinct(issues[name], mask_personal).astype("str") for name in ("value", "corrected")}
    return issues.assign(**private)
