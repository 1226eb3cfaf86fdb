"""From a file to text cells, whatever its format: CSV, JSON in its many shapes, GeoJSON, XLSX, Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mediation_geo.ingest.read.columnar import open_parquet, open_xlsx
from mediation_geo.ingest.read.delimited import open_delimited
from mediation_geo.ingest.read.json_rows import open_json
from mediation_geo.ingest.read.sniff import sniff_format
from mediation_geo.ingest.read.table import Note, RawChunk, RawSource

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Note", "RawChunk", "RawSource", "open_raw"]

_OPENERS = {"csv": open_delimited, "json": open_json, "xlsx": open_xlsx, "parquet": open_parquet}


def open_raw(path: Path) -> RawSource:
    """
    The rows of a file as text, with format, encoding and delimiter found from its bytes.

    Raises
    ------
    SourceError
        If the file cannot be read; the message names the file, the line and what was expected.
    """
    return _OPENERS[sniff_format(path)](path)
