"""
What kind of file this is and in which encoding, found from its bytes: extensions and declared encodings are often wrong.

Text files are read line by line with a limit, so that a file made of one endless line costs no memory.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mediation_geo.errors import SchemaMismatch, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["MAX_LINE_BYTES", "Encoding", "detect_encoding", "read_lines", "sniff_format"]

MAX_LINE_BYTES = 8 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Bytes that French text holds outside ASCII, by single-byte encoding; the encoding that explains most of them is taken.
_FRENCH = "éèêëàâäçùûüîïôöœÉÈÊÀÂÇÔÎ’‘“”«»°–—…€ñ\u00a0²"
_SINGLE_BYTE_ENCODINGS = ("cp1252", "mac_roman", "cp850")
# Below this share the bytes are not French in any encoding we know: reading on would invent text.
_LEAST_FRENCH_SHARE = 0.6
_MAX_NUL_SHARE = 0.01
_NO_CONTROLS = bytes(byte for byte in range(256) if byte >= 32 or byte in b"\t\n\r\x0b\x0c\x00")


@dataclass(frozen=True)
class Encoding:
    """
    How to decode a text file: `name` for each line, `fallback` for lines that are not in it.

    `first_bad_line` is the first line that is not UTF-8, None when all are.
    """

    name: str
    fallback: str | None = None
    first_bad_line: int | None = None


def sniff_format(path: Path) -> str:
    """
    Format of a file: `json`, `xlsx`, `parquet` or `csv`.

    Raises
    ------
    SourceUnavailable
        If there is no such file.
    SchemaMismatch
        If it is empty, a web page, an archive or a document that holds no rows.
    """
    if not path.is_file():
        message = "no such file; expected a CSV, JSON, GeoJSON, XLSX or Parquet file"
        raise SourceUnavailable(message, path=str(path))
    with path.open("rb") as file:
        head = file.read(4096)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        message = "the file is empty; expected a CSV, JSON, GeoJSON, XLSX or Parquet file with rows"
        raise SchemaMismatch(message, path=str(path))
    refused = {b"<": "a web page or XML", b"\x1f\x8b": "a gzip archive", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an XLS"}
    for magic, what in refused.items():
        if start.startswith(magic):
            message = f"this is {what}; expected CSV, JSON, GeoJSON, XLSX or Parquet"
            raise SchemaMismatch(message, path=str(path), line=1)
    if start.startswith((b"{", b"[")):
        return "json"
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    return "parquet" if head.startswith(b"PAR1") else "csv"


def detect_encoding(path: Path) -> Encoding:
    """
    Encoding of a text file: UTF-8 whenever it fits, else the single-byte encoding that makes it French.

    A file that is UTF-8 but for some lines is read line by line, so that one pasted line does not spoil the rest.

    Raises
    ------
    SourceError
        If the bytes are text in no encoding known here; names the first line at fault.
    """
    with path.open("rb") as file:
        head = file.read(_BLOCK_BYTES)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return _checked_utf8(path, bom_name=name) if name == "utf-8-sig" else Encoding(name)
    if head.count(0) > max(_MAX_NUL_SHARE * len(head), 8) or _controls(head) > 0.05:
        return Encoding(_utf16_without_bom(head, path=path))
    return _checked_utf8(path, bom_name="utf-8")


def _controls(head: bytes) -> float:
    """Share of bytes that no text has."""
    return len(head.translate(None, delete=_NO_CONTROLS)) / max(len(head), 1)


def _utf16_without_bom(head: bytes, *, path: Path) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.3 * len(head) and min(even, odd) < 0.05 * len(head):
        return "utf-16-le" if odd > even else "utf-16-be"
    line = head[: max(head.find(0), 0)].count(b"\n") + 1
    message = "binary data where text was expected"
    raise SourceError(message, path=str(path), line=line)


def _checked_utf8(path: Path, *, bom_name: str) -> Encoding:
    bad_bytes = bytearray()
    first_bad_line = None
    for number, line in enumerate(_binary_lines(path), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            first_bad_line = first_bad_line or number
            if len(bad_bytes) < _BLOCK_BYTES:
                bad_bytes += bytes(byte for byte in line if byte > 127)
    if first_bad_line is None:
        return Encoding(bom_name)
    scores = {name: _french_share(bytes(bad_bytes), encoding=name) for name in _SINGLE_BYTE_ENCODINGS}
    best = max(_SINGLE_BYTE_ENCODINGS, key=lambda name: scores[name])
    if scores[best] < _LEAST_FRENCH_SHARE:
        message = "bytes that are neither UTF-8, UTF-16, Windows-1252, Mac Roman nor CP850 text"
        raise SourceError(message, path=str(path), line=first_bad_line)
    return Encoding(bom_name, fallback=best, first_bad_line=first_bad_line)


def _french_share(sample: bytes, *, encoding: str) -> float:
    text = sample.decode(encoding, errors="replace")
    return sum(char in _FRENCH for char in text) / max(len(text), 1)


def read_lines(path: Path, encoding: Encoding) -> Iterator[str]:
    """
    Lines of a text file, decoded, line ends kept, byte order mark removed.

    Raises
    ------
    SourceError
        If a line is longer than `MAX_LINE_BYTES`, or cannot be decoded.
    """
    if encoding.name.startswith("utf-16"):
        yield from _wide_lines(path, encoding=encoding.name)
        return
    for number, line in enumerate(_binary_lines(path), start=1):
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        try:
            yield content.decode("utf-8")
        except UnicodeDecodeError:
            yield content.decode(encoding.fallback or "utf-8", errors="replace")


def _binary_lines(path: Path) -> Iterator[bytes]:
    number = 0
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise _line_too_long(path, line=number)
            # Files of old Macintosh programs end their lines with a lone carriage return.
            yield from line.splitlines(keepends=True) if _has_lone_returns(line) else (line,)


def _has_lone_returns(line: bytes) -> bool:
    return line.count(b"\r") > 1 and b"\n" not in line


def _wide_lines(path: Path, *, encoding: str) -> Iterator[str]:
    number = 0
    with path.open(encoding=encoding, newline="") as file:
        try:
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise _line_too_long(path, line=number)
                yield line
        except UnicodeError as error:
            message = f"not the {encoding.upper()} text that its first bytes announce"
            raise SourceError(message, path=str(path), line=number + 1) from error


def _line_too_long(path: Path, *, line: int) -> SourceError:
    message = f"a line longer than {MAX_LINE_BYTES // 1024**2} MB; expected one row of a table a line"
    return SourceError(message, path=str(path), line=line)
