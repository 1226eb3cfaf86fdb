"""
Tables as producers pack them: CSV of any separator, Parquet, GeoPackage, alone or inside 7z and zip archives.

A path goes in, one frame comes out with codes as text; an archive that is cut short, or holds another number of tables than one,
is an error that names it.
"""

from __future__ import annotations

import csv
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo.errors import MediationGeoError, SchemaMismatch, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["open_table", "unpacked"]

_SAMPLE_CHARACTERS = 20_000
# Columns that are codes whatever they look like: a zero at their front counts.
_CODES = frozenset({"com", "codgeo", "code_insee", "depcom", "lcog_geo", "code", "codcom", "coddep", "commune", "insee_com",
                    "insee_dep", "mcc_mnc", "code_op", "id_site_partage", "territoire", "departement", "region"})  # fmt: skip
_ARCHIVES = frozenset({".7z", ".zip"})


def open_table(path: Path | str) -> pd.DataFrame:
    r"""
    Rows of a CSV, Parquet or GeoPackage file, or of the one such file in an archive; geometries are left behind.

    Raises
    ------
    SourceUnavailable
        If the file is not there.
    SourceError
        If an archive is damaged.
    SchemaMismatch
        If the content is not one table.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "communes.csv"
    >>> _ = file.write_text("code_insee;population\n01001;832\n")
    >>> open_table(file).to_dict("records")
    [{'code_insee': '01001', 'population': 832}]
    """
    source = Path(path)
    if not source.is_file():
        message = "the file is not there"
        raise SourceUnavailable(message, path=str(source))
    match source.suffix.lower():
        case ".parquet":
            return pd.read_parquet(source)
        case ".gpkg":
            import pyogrio

            frame: pd.DataFrame = pyogrio.read_dataframe(source, read_geometry=False)
            return frame
        case ".7z" | ".zip":
            with unpacked(source) as files:
                tables = [each for each in files if each.suffix.lower() in {".csv", ".parquet", ".gpkg", ".7z"}]
                if len(tables) != 1:
                    names = ", ".join(sorted(each.name for each in files)) or "nothing"
                    message = f"expected one table in the archive; it holds {names}"
                    raise SchemaMismatch(message, path=str(source))
                return open_table(tables[0])
        case _:
            return _read_csv(source)


@contextmanager
def unpacked(path: Path) -> Iterator[list[Path]]:
    """
    Files of a 7z or zip archive, unpacked into a folder that is removed afterwards.

    Raises
    ------
    SourceError
        If the archive is damaged or cut short.
    MediationGeoError
        If it is a 7z and py7zr is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="coverage-") as folder:
        (_unpack_7z if path.suffix.lower() == ".7z" else _unpack_zip)(path, Path(folder))
        yield sorted(each for each in Path(folder).rglob("*") if each.is_file())


def _unpack_zip(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    except (zipfile.BadZipFile, EOFError) as error:
        message = f"the zip archive is damaged or cut short ({error})"
        raise SourceError(message, path=str(path)) from error


def _unpack_7z(path: Path, folder: Path) -> None:
    try:
        import py7zr
    except ImportError as error:
        message = f"{path.name} is a 7z archive: pip install 'mediation-geo[coverage]', or unpack it yourself"
        raise MediationGeoError(message) from error
    from lzma import LZMAError

    try:
        with py7zr.SevenZipFile(path) as archive:
            archive.extractall(folder)
    # py7zr answers a file that ends too early with whatever its parser stumbled over.
    except (py7zr.exceptions.ArchiveError, LZMAError, EOFError, OSError, ValueError, TypeError, AttributeError) as error:
        message = f"the 7z archive is damaged or cut short ({type(error).__name__}: {error})"
        raise SourceError(message, path=str(path)) from error


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            sample = stream.read(_SAMPLE_CHARACTERS)
        header = sample.partition("\n")[0]
        separator = max(";,\t", key=header.count)
        names = next(csv.reader([header.rstrip("\r")], delimiter=separator), [])
        types: dict[Any, str] = {name: "str" for name in names if name.lower() in _CODES or name.lower().startswith("code")}
        return pd.read_csv(path, sep=separator, dtype=types, encoding="utf-8-sig")
    except (UnicodeDecodeError, csv.Error, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        message = f"cannot be read as CSV ({error}); expected UTF-8 with ';', ',' or tabs"
        raise SchemaMismatch(message, path=str(path)) from error
