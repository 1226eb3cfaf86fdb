"""
XLSX and Parquet files as text cells.

A spreadsheet gives the values it last computed, never its formulas; an archive that unpacks to far more than its size is refused.
"""

from __future__ import annotations

import datetime
import zipfile
from itertools import islice
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from mediation_geo.errors import SchemaMismatch, SourceError
from mediation_geo.ingest.read.table import RawChunk, RawSource, chunk_of_cells, header_position, unique_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["open_parquet", "open_xlsx"]

# A sheet of 25,000 places unpacks to about 60 MB.
MAX_UNPACKED_BYTES = 400 * 1024 * 1024
_MAX_UNPACKED_RATIO = 200
_HEADER_SEARCH_ROWS = 5


def open_xlsx(path: Path) -> RawSource:
    """
    The first sheet of a workbook that holds rows.

    Raises
    ------
    SourceError
        If the archive is damaged or unpacks to an absurd size.
    SchemaMismatch
        If no sheet has a header and a row.
    """
    _check_archive(path)
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, zipfile.BadZipFile, SyntaxError) as error:
        message = f"not readable as an XLSX workbook: {error}"
        raise SourceError(message, path=str(path)) from error
    try:
        names = [sheet.title for sheet in workbook.worksheets if len(list(islice(_sheet_rows(sheet), 2))) == 2]
        if not names:
            message = "a workbook without a header and a row; expected a table in its first sheet"
            raise SchemaMismatch(message, path=str(path))
        head = list(islice(_sheet_rows(workbook[names[0]]), _HEADER_SEARCH_ROWS))
    finally:
        workbook.close()
    header_at = header_position(head)
    columns = unique_headers(head[header_at], path=str(path))

    def read(rows: int) -> Iterator[RawChunk]:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            cells = islice(_sheet_rows(book[names[0]]), header_at + 1, None)
            first_row = 1
            while batch := list(islice(cells, rows)):
                padded = [(row + [""] * len(columns))[: len(columns)] for row in batch]
                yield chunk_of_cells(padded, columns=columns, first_row=first_row)
                first_row += len(batch)
        finally:
            book.close()

    return RawSource(path, "xlsx", columns, read, (), {"sheet": names[0]})


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            is_workbook = any(entry.filename.startswith("xl/") for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        message = "a damaged or cut-off archive; expected an XLSX workbook"
        raise SourceError(message, path=str(path)) from error
    if not is_workbook:
        message = "a zip archive; expected its content: CSV, JSON, GeoJSON, XLSX or Parquet"
        raise SchemaMismatch(message, path=str(path))
    if unpacked > MAX_UNPACKED_BYTES or unpacked > _MAX_UNPACKED_RATIO * path.stat().st_size + 10_000_000:
        message = f"an archive that unpacks to {unpacked:,} bytes; at most {MAX_UNPACKED_BYTES:,} are read"
        raise SourceError(message, path=str(path))


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        cells = [_text(value) for value in row]
        if any(cells):
            yield cells


def open_parquet(path: Path) -> RawSource:
    """
    A Parquet file, its list columns joined with `|`; binary columns such as a geometry are left out.

    Raises
    ------
    SourceError
        If the file is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        message = f"not readable as Parquet: {error}"
        raise SourceError(message, path=str(path)) from error
    kept = [item.name for item in schema if not pa.types.is_binary(item.type) and not pa.types.is_struct(item.type)]
    columns = unique_headers(kept, path=str(path))

    def read(rows: int) -> Iterator[RawChunk]:
        first_row = 1
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows, columns=kept):
                lists = [batch.column(name).to_pylist() for name in kept]
                cells = [[_text(value) for value in row] for row in zip(*lists, strict=True)]
                yield chunk_of_cells(cells, columns=columns, first_row=first_row)
                first_row += len(cells)

    return RawSource(path, "parquet", columns, read)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else value.isoformat()
    if isinstance(value, list):
        return "|".join(text for text in map(_text, value) if text)
    return str(value)
