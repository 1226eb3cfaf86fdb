"""
What every reader hands over: a raw source, read in chunks of text cells, and notes on what was odd about the file.

Cells are text as the file has them; an empty cell is missing. Nothing here knows the national standard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["MAX_COLUMNS", "Note", "RawChunk", "RawSource", "chunk_of_cells", "header_position", "unique_headers"]

# The widest real source has 86 columns; a file with more than this is an attack or a matrix, not a list of places.
MAX_COLUMNS = 2_000


@dataclass(frozen=True)
class Note:
    """
    Something odd about the file (`row` is None) or about one row of it, to become an issue.

    Parameters
    ----------
    code : str
        Issue code.
    row : int or None
        1-based row of the file, None for the whole file.
    value, corrected : str or None
        What was found, and what was read instead.
    """

    code: str
    row: int | None = None
    value: str | None = None
    corrected: str | None = None


@dataclass(frozen=True)
class RawChunk:
    """Consecutive rows of a source: `frame` holds text, its index is the 1-based row of the file."""

    frame: pd.DataFrame
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class RawSource:
    """
    A file that was recognised and can be read, as often as needed, in chunks.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    format : str
        `csv`, `json`, `ndjson`, `geojson`, `xlsx` or `parquet`.
    columns : tuple of str
        Column names, unique, in the order of the file.
    read : callable
        `read(rows)` yields chunks of at most that many rows.
    notes : tuple of Note
        What was odd about the file as a whole.
    detail : dict of str to str
        Encoding, delimiter, key of the rows: whatever was found out, for the report.
    """

    path: Path
    format: str
    columns: tuple[str, ...]
    read: Callable[[int], Iterator[RawChunk]]
    notes: tuple[Note, ...] = ()
    detail: dict[str, str] = field(default_factory=dict)


def header_position(rows: Sequence[Sequence[str]]) -> int:
    """
    Which of the first rows holds the column names: the first, unless it is a nearly empty banner above them.

    Examples
    --------
    >>> header_position([["id", "nom"], ["1", "Mairie"]]), header_position([["", "", "Modalités"], ["id", "nom", "acces"]])
    (0, 1)
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    return 0 if filled[0] * 2 >= max(filled) else filled.index(max(filled))


def unique_headers(names: Sequence[str | None], *, path: str) -> tuple[str, ...]:
    """
    Column names without blanks around them, nameless ones numbered, repeated ones suffixed.

    Examples
    --------
    >>> unique_headers(["id", " nom ", "", "nom"], path="x.csv")
    ('id', 'nom', 'column_3', 'nom_2')
    """
    if len(names) > MAX_COLUMNS:
        message = f"{len(names):,} columns where a list of places has at most {MAX_COLUMNS:,}"
        raise SchemaMismatch(message, path=path, line=1)
    seen: set[str] = set()
    unique = []
    for position, name in enumerate(names, start=1):
        base = (name or "").strip() or f"column_{position}"
        candidate, count = base, 1
        while candidate in seen:
            count += 1
            candidate = f"{base}_{count}"
        seen.add(candidate)
        unique.append(candidate)
    return tuple(unique)


def chunk_of_cells(
    rows: Sequence[Sequence[str | None]],
    *,
    columns: Sequence[str],
    first_row: int,
    notes: Sequence[Note] = (),
) -> RawChunk:
    """
    Chunk made of rows that all have one cell a column.

    Examples
    --------
    >>> chunk_of_cells([["1", ""]], columns=["id", "nom"], first_row=7).frame
      id  nom
    7  1  NaN
    """
    index = pd.RangeIndex(first_row, first_row + len(rows))
    cells = zip(*rows, strict=True) if rows else [()] * len(columns)
    data = {
        name: pd.Series([cell or None for cell in column], index=index, dtype="str")
        for name, column in zip(columns, cells, strict=True)
    }
    return RawChunk(pd.DataFrame(data, index=index, columns=list(columns)), tuple(notes))
