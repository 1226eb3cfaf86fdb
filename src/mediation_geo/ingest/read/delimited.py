"""CSV of any delimiter and encoding, read in chunks; rows of the wrong length are read all the same and noted."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from mediation_geo.errors import SchemaMismatch, SourceError
from mediation_geo.ingest.read.sniff import Encoding, detect_encoding, read_lines
from mediation_geo.ingest.read.table import Note, RawChunk, RawSource, chunk_of_cells, header_position, unique_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["open_delimited"]

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
_HEADER_SEARCH_ROWS = 5
_MAX_CELL_CHARS = 1024 * 1024


def open_delimited(path: Path) -> RawSource:
    """
    A CSV file with its encoding, delimiter and header row found out.

    Raises
    ------
    SchemaMismatch
        If the file is not a table of at least two columns.
    SourceError
        If it is not text, or a line or cell is endless.
    """
    # The csv module keeps this limit for the whole process; its default is below real cells with geometries.
    csv.field_size_limit(_MAX_CELL_CHARS)
    encoding = detect_encoding(path)
    delimiter = _delimiter(path, encoding)
    sample = [row for _, row in islice(_rows(path, encoding, delimiter), _HEADER_SEARCH_ROWS)]
    header_at = header_position(sample)
    columns = unique_headers(sample[header_at], path=str(path))
    if len(columns) < 2:
        message = f"one column only ({columns[0][:60]!r}); expected a table with ',', ';', '|' or tabs"
        raise SchemaMismatch(message, path=str(path), line=1)
    notes = []
    if encoding.fallback:
        line = f"line {encoding.first_bad_line}: not UTF-8"
        notes.append(Note("encoding_not_utf8", value=line, corrected=encoding.fallback))
    if header_at:
        notes.append(Note("header_not_first", value=delimiter.join(sample[0])[:200]))
    detail = {"encoding": encoding.fallback or encoding.name, "delimiter": delimiter}

    def read(rows: int) -> Iterator[RawChunk]:
        return _chunks(path, encoding, delimiter, columns=columns, skip=header_at + 1, size=rows)

    return RawSource(path, "csv", columns, read, tuple(notes), detail)


def _delimiter(path: Path, encoding: Encoding) -> str:
    """Delimiter that cuts most rows of the sample into the same number of cells, more than one."""

    def score(delimiter: str) -> tuple[float, int]:
        try:
            widths = Counter(len(row) for _, row in islice(_rows(path, encoding, delimiter), _SAMPLE_ROWS))
        except SourceError:
            return (-1.0, 0)
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        return (count / widths.total() if width > 1 else 0.0, width)

    scores = {delimiter: score(delimiter) for delimiter in _DELIMITERS}
    # Commas inside the text of a `;` file can cut a few rows alike: prefer the wider table when both are regular.
    best = max(_DELIMITERS, key=lambda delimiter: (scores[delimiter][0] > 0.5, scores[delimiter][1]))
    if scores[best][0] < 0:
        next(_rows(path, encoding, best))
    return best


def _rows(path: Path, encoding: Encoding, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Pairs of line number and cells, blank lines left out."""
    reader = csv.reader(read_lines(path, encoding), delimiter=delimiter)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        message = f"not readable as CSV with {delimiter!r}: {error}; expected quotes that close"
        raise SourceError(message, path=str(path), line=reader.line_num) from error


def _chunks(
    path: Path, encoding: Encoding, delimiter: str, *, columns: tuple[str, ...], skip: int, size: int
) -> Iterator[RawChunk]:
    rows = islice(_rows(path, encoding, delimiter), skip, None)
    first_row = 1
    while batch := list(islice(rows, size)):
        notes: list[Note] = []
        cells = [
            _fitted(row, width=len(columns), number=first_row + offset, notes=notes, delimiter=delimiter)
            for offset, (_, row) in enumerate(batch)
        ]
        yield chunk_of_cells(cells, columns=columns, first_row=first_row, notes=notes)
        first_row += len(batch)


def _fitted(row: list[str], *, width: int, number: int, notes: list[Note], delimiter: str) -> list[str]:
    """Row of exactly `width` cells; what is cut off is kept in the note."""
    if len(row) == width:
        return row
    if len(row) > width:
        extra = delimiter.join(row[width:])
        if extra.strip(delimiter + " "):
            notes.append(Note("row_too_long", row=number, value=extra))
        return row[:width]
    notes.append(Note("row_too_short", row=number, value=f"{len(row)} of {width}"))
    return row + [""] * (width - len(row))
