"""
A CSV file with addresses, written again with what a geocoder says beside each row.

Comes in: a CSV file of any usual delimiter and encoding. Goes out: the same bytes, with columns added at the end of each row; an
interrupted run goes on where it stopped.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from mediation_geo.errors import SchemaMismatch, SourceUnavailable
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mediation_geo.locate.geocoder import Geocoder

__all__ = ["ADDED_COLUMNS", "Counts", "geocode_csv"]

ADDED_COLUMNS = {
    "geocode_status": "status",
    "geocode_latitude": "lat",
    "geocode_longitude": "lon",
    "geocode_precision": "precision",
    "geocode_confidence": "confidence",
    "geocode_uncertainty_m": "uncertainty_m",
    "geocode_label": "label",
    "geocode_code_insee": "code_insee",
    "geocode_code_postal": "code_postal",
    "geocode_commune": "commune",
}
_SYNONYMS = {
    "adresse": ("adresse", "voie", "address", "rue", "adresse postale", "adresse complete"),
    "code_postal": ("code postal", "cp", "codepostal", "postcode", "code post"),
    "commune": ("commune", "ville", "city", "nom commune", "localite"),
    "code_insee": ("code insee", "insee", "citycode", "code commune", "code commune insee"),
}
_ROWS_AT_ONCE = 2_000
_LONGEST_ROW = 200


class Counts(NamedTuple):
    """Rows of the file, and how many of them got an answer."""

    rows: int
    answered: int


class _Dialect(NamedTuple):
    encoding: str
    delimiter: str
    newline: bytes


def geocode_csv(
    path: str | Path,
    out: str | Path,
    *,
    geocoder: Geocoder,
    columns: Mapping[str, str] | None = None,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Counts:
    """
    Write a CSV file again with the columns `ADDED_COLUMNS`.

    Parameters
    ----------
    path, out : path
        File to read, file to write. While it is being written it is called `<out>.part`; a part left by an interrupted run is
        continued.
    geocoder : Geocoder
    columns : mapping of str to str, optional
        Which column of the file is `adresse`, `code_postal`, `commune`, `code_insee`; guessed from the header where absent.
    progress : callable, optional
        Called with the number of rows done so far.

    Returns
    -------
    Counts

    Raises
    ------
    SourceUnavailable
        If the file is not there.
    SchemaMismatch
        If it is empty, has no column with addresses, or names a column that is not there.
    """
    source, target = Path(path), Path(out)
    if not source.is_file():
        message = "the file is not there"
        raise SourceUnavailable(message, path=str(path))
    with source.open("rb") as lines:
        rows = _rows(lines, str(path))
        header = next(rows, b"")
        dialect = _dialect(source, header)
        names = _fields(header, dialect)
        positions = _positions(names, columns or {}, str(path))
        part = target.with_name(target.name + ".part")
        head = _joined(header, list(ADDED_COLUMNS), dialect)
        done = _done(part, head)
        rows_written, answered = 0, 0
        with part.open("ab" if done else "wb") as output:
            if not done:
                output.write(head)
            for chunk in _chunks(rows, skip=max(done - 1, 0)):
                answers = geocoder.batch(_questions(chunk, positions, dialect))
                output.write(
                    b"".join(_answered(row, values, dialect) for row, values in zip(chunk, _values(answers), strict=True))
                )
                output.flush()
                rows_written += len(chunk)
                answered += int(answers["status"].eq("ok").sum())
                progress(max(done - 1, 0) + rows_written)
    part.replace(target)
    return Counts(max(done - 1, 0) + rows_written, answered)


def _rows(lines: io.BufferedReader, path: str) -> Iterator[bytes]:
    """Rows as bytes: lines, joined while a quote is open."""
    row: list[bytes] = []
    quotes = 0
    for number, line in enumerate(lines, start=1):
        row.append(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            yield b"".join(row)
            row, quotes = [], 0
        elif len(row) > _LONGEST_ROW:
            message = f"a quote that opens here is not closed within {_LONGEST_ROW} lines"
            raise SchemaMismatch(message, path=path, line=number - len(row) + 1)
    if row:
        yield b"".join(row)


def _dialect(source: Path, header: bytes) -> _Dialect:
    if not header.strip():
        message = "the file is empty, expected a header with the names of the columns"
        raise SchemaMismatch(message, path=str(source), line=1)
    encoding = "utf-8"
    with source.open("rb") as stream:
        while block := stream.readline():
            try:
                block.decode("utf-8")
            except UnicodeDecodeError:
                encoding = "cp1252"
                break
    delimiter = max(",;\t|", key=lambda mark: header.count(mark.encode()))
    return _Dialect(encoding, delimiter, b"\r\n" if header.endswith(b"\r\n") else b"\n")


def _fields(row: bytes, dialect: _Dialect) -> list[str]:
    text = row.decode(dialect.encoding, errors="replace").lstrip("\ufeff")
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter), [])


def _positions(names: Sequence[str], columns: Mapping[str, str], path: str) -> dict[str, int]:
    folded = [fold(name) for name in names]
    positions = {}
    for field, synonyms in _SYNONYMS.items():
        if field in columns:
            if columns[field] not in names:
                message = f"no column {columns[field]!r}; the file has {', '.join(names)}"
                raise SchemaMismatch(message, path=path, line=1)
            positions[field] = names.index(columns[field])
        else:
            found = next((folded.index(each) for each in synonyms if each in folded), None)
            if found is not None:
                positions[field] = found
    if not positions:
        message = f"no column of addresses, expected one of {', '.join(_SYNONYMS)}; the file has {', '.join(names)}"
        raise SchemaMismatch(message, path=path, line=1)
    return positions


def _done(part: Path, head: bytes) -> int:
    """Whole rows of a part that an earlier run left, its header included; a row that was cut is removed."""
    if not part.is_file():
        return 0
    with part.open("rb") as lines:
        whole = [row for row in _rows(lines, str(part)) if row.endswith(b"\n")]
    if not whole or whole[0] != head:
        return 0
    with part.open("rb+") as output:
        output.truncate(sum(map(len, whole)))
    return len(whole)


def _chunks(rows: Iterator[bytes], *, skip: int) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for number, row in enumerate(rows):
        if number < skip:
            continue
        chunk.append(row)
        if len(chunk) == _ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _questions(chunk: list[bytes], positions: Mapping[str, int], dialect: _Dialect) -> pd.DataFrame:
    fields = [_fields(row, dialect) for row in chunk]
    return pd.DataFrame(
        {name: [row[at] if at < len(row) else "" for row in fields] for name, at in positions.items()}, dtype="str"
    )


def _values(answers: pd.DataFrame) -> Iterator[list[str]]:
    columns = [answers[name].astype(object).where(answers[name].notna(), "") for name in ADDED_COLUMNS.values()]
    for row in zip(*columns, strict=True):
        yield [f"{value:.7g}" if isinstance(value, float) else str(value) for value in row]


def _answered(row: bytes, values: list[str], dialect: _Dialect) -> bytes:
    # A blank line is no row of a CSV file: it stays blank.
    return row if not row.strip() else _joined(row, values, dialect)


def _joined(row: bytes, values: list[str], dialect: _Dialect) -> bytes:
    body = row.rstrip(b"\r\n")
    text = io.StringIO()
    csv.writer(text, delimiter=dialect.delimiter, lineterminator="").writerow(values)
    added = dialect.delimiter.encode() + text.getvalue().encode(dialect.encoding, errors="replace")
    return body + added + (row[len(body) :] or dialect.newline)
