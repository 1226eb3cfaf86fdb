"""
Columns of another file of the same source, looked up by key: services that name their structure, rooms that name their house.

Rows in, the same rows with more columns out. Which file and which key is data, see `mapping.Lookup`; what is not found is noted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.errors import SchemaMismatch
from mediation_geo.ingest.read import Note, RawChunk, open_raw
from mediation_geo.ingest.recognise import file_slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mediation_geo.ingest.mapping import Lookup

__all__ = ["LookupTable", "attach", "open_lookup"]

_ROWS = 20_000
_BETWEEN = "\x1f"


@dataclass(frozen=True)
class LookupTable:
    """Rows of the other file under their key, column names with the prefix; None when there is no such file."""

    rule: Lookup
    rows: pd.DataFrame | None

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is to be said of the file that was looked for."""
        return (Note("lookup_missing", value=self.rule.file.pattern),) if self.rows is None else ()


def open_lookup(rule: Lookup, *, path: Path, beside: Iterable[Path]) -> LookupTable:
    """
    The other file that a rule speaks of, read whole.

    Parameters
    ----------
    rule : Lookup
        Which file, which key.
    path : pathlib.Path
        The file whose rows look something up; never taken for the other one.
    beside : iterable of pathlib.Path
        Files to choose from; of several editions the one whose name comes last, as names begin with their date.

    Raises
    ------
    SourceError
        If the other file cannot be read.
    SchemaMismatch
        If it has not the columns of the key.
    """
    fitting = [each for each in beside if rule.file.fullmatch(file_slug(each)) and each != path]
    if not fitting:
        return LookupTable(rule, None)
    newest = max(fitting, key=lambda each: each.name)
    raw = open_raw(newest)
    absent = [name for name in rule.on.values() if name not in raw.columns]
    if absent:
        message = f"no column {', '.join(map(repr, absent))} to look rows up by; found {', '.join(raw.columns[:12])}"
        raise SchemaMismatch(message, path=str(newest), line=1)
    table = pd.concat([chunk.frame for chunk in raw.read(_ROWS)])
    keyed = table.set_axis(_keys(table, list(rule.on.values())).rename(None))
    keyed = keyed[keyed.index.notna()].sort_values(list(table.columns), kind="stable")
    return LookupTable(rule, keyed[~keyed.index.duplicated()].add_prefix(f"{rule.prefix}."))


def attach(chunk: RawChunk, tables: Iterable[LookupTable]) -> RawChunk:
    """
    Rows with the columns that were looked up, missing where nothing was found; such rows are noted.

    Columns that the rows have already stay as they are.
    """
    frame, notes = chunk.frame, list(chunk.notes)
    for table in tables:
        if table.rows is None:
            continue
        keys = _keys(frame, list(table.rule.on))
        lost = keys[keys.notna() & ~keys.isin(table.rows.index)].str.replace(_BETWEEN, " ")
        notes += [Note("lookup_missing", row=row, value=key) for row, key in zip(lost.index.tolist(), lost, strict=True)]
        found = table.rows.reindex(keys).set_axis(frame.index)
        frame = pd.concat([frame, found[[name for name in found.columns if name not in frame.columns]]], axis=1)
    return RawChunk(frame, tuple(notes))


def _keys(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Texts of the key columns as one, missing where one of them is."""
    if not set(names) <= set(frame.columns):
        return pd.Series([None] * len(frame), index=frame.index, dtype="str")
    key = frame[names[0]].str.strip()
    for name in names[1:]:
        key = key + _BETWEEN + frame[name].str.strip()
    return key
