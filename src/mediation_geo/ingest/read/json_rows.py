"""
JSON in the shapes portals publish: a list of rows, rows under a key, rows keyed by id, GeoJSON, Opendatasoft, NDJSON.

Nested objects become columns with dotted names; lists of plain values are joined with `|`; anything deeper stays JSON text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mediation_geo.errors import SchemaMismatch, SourceError
from mediation_geo.ingest.read.sniff import detect_encoding
from mediation_geo.ingest.read.table import Note, RawChunk, RawSource, chunk_of_cells, unique_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["open_json"]

# A national export is 40 MB; parsed JSON takes about eight times its size in memory.
MAX_JSON_BYTES = 512 * 1024 * 1024
_FLATTEN_DEPTH = 6
_WRAPPERS = ("properties", "fields")


def open_json(path: Path) -> RawSource:
    """
    A JSON file whose rows were found.

    Raises
    ------
    SourceError
        If the text is not JSON: cut off, badly nested or in a wrong encoding; names the line.
    SchemaMismatch
        If it is JSON but holds no list of objects.
    """
    if path.stat().st_size > MAX_JSON_BYTES:
        message = f"more than {MAX_JSON_BYTES // 1024**2} MB of JSON; expected less, or the CSV form, which is streamed"
        raise SourceError(message, path=str(path))
    document, notes = _document(path)
    found, shape, key = _find_rows(document, path=path)
    flat = [_flatten(row) for row in found]
    names = list(dict.fromkeys(name for row in flat for name in row))
    columns = unique_headers(names, path=str(path))

    def read(rows: int) -> Iterator[RawChunk]:
        for start in range(0, len(flat), rows):
            cells = [[row.get(name) for name in names] for row in flat[start : start + rows]]
            yield chunk_of_cells(cells, columns=columns, first_row=start + 1)

    return RawSource(path, shape, columns, read, notes, {"key": key} if key else {})


def _document(path: Path) -> tuple[Any, tuple[Note, ...]]:
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    notes: tuple[Note, ...] = ()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        encoding = detect_encoding(path)
        name = encoding.fallback or encoding.name
        content = content.decode(name, errors="replace").encode("utf-8")
        notes = (Note("encoding_not_utf8", value=f"line {encoding.first_bad_line}: not UTF-8", corrected=name),)
    try:
        return orjson.loads(content), notes
    except orjson.JSONDecodeError as error:
        lines = _ndjson(content)
        if lines is not None:
            return lines, notes
        message = f"not readable as JSON: {error.msg}; expected a complete list of objects"
        raise SourceError(message, path=str(path), line=error.lineno) from error


def _ndjson(content: bytes) -> list[Any] | None:
    """One object a line, or None when that is not what the text is."""
    lines = [line for line in content.splitlines() if line.strip()]
    try:
        return [orjson.loads(line) for line in lines] if len(lines) > 1 else None
    except orjson.JSONDecodeError:
        return None


def _find_rows(document: Any, *, path: Path) -> tuple[list[dict[str, Any]], str, str]:
    """Rows, shape and key; a value that is no object among the rows is kept under the column `value`."""
    key = ""
    rows = document
    if isinstance(document, dict):
        lists = {name: value for name, value in document.items() if _is_rows(value)}
        if lists:
            key = max(lists, key=lambda name: len(lists[name]))
            rows = lists[key]
        elif document and all(isinstance(value, dict) for value in document.values()):
            rows = [{"_key": name, **value} for name, value in document.items()]
    if not _is_rows(rows):
        kinds = f"an object with the keys {list(document)[:6]}" if isinstance(document, dict) else "no list of objects"
        message = f"JSON without rows ({kinds}); expected a list of objects, or one under a key"
        raise SchemaMismatch(message, path=str(path), line=1)
    objects = [row if isinstance(row, dict) else {"value": row} for row in rows]
    return objects, "geojson" if key == "features" else "json", key


def _is_rows(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return sum(isinstance(row, dict) for row in value) * 2 > len(value)


def _flatten(row: dict[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in row.items():
        if name in _WRAPPERS and isinstance(value, dict):
            _add(flat, value, prefix="", depth=1)
        elif name == "geometry" and isinstance(value, dict):
            _add_point(flat, value)
        else:
            _add(flat, {name: value}, prefix="", depth=0)
    return flat


def _add_point(flat: dict[str, str], geometry: dict[str, Any]) -> None:
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(coordinates, list) and len(coordinates) >= 2:
        flat["geometry.lon"], flat["geometry.lat"] = _text(coordinates[0]), _text(coordinates[1])
    else:
        flat["geometry"] = _text(geometry)


def _add(flat: dict[str, str], values: dict[str, Any], *, prefix: str, depth: int) -> None:
    for name, value in values.items():
        column = f"{prefix}{name}"
        if isinstance(value, dict) and depth < _FLATTEN_DEPTH:
            _add(flat, value, prefix=f"{column}.", depth=depth + 1)
        else:
            flat[column] = _text(value)


def _text(value: Any) -> str:
    """Cell of one JSON value: numbers as written, lists of plain values joined with `|`."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        return "|".join(text for text in map(_text, value) if text)
    return orjson.dumps(value).decode("utf-8")
