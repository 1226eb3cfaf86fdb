"""
Where the sources of a night come from: files and folders, names of the catalogue, the national export, or the demo.

Names in, paths of complete files out. What is in them is read elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from mediation_geo.datasets import dataset_path
from mediation_geo.errors import SourceUnavailable
from mediation_geo.ingest.catalogue import catalogue_entry
from mediation_geo.ingest.download import fetch, fetch_source

__all__ = ["DATA_SUFFIXES", "Progress", "Report", "demo_sources", "fetch_sources", "source_files"]

DATA_SUFFIXES = frozenset({".csv", ".json", ".geojson", ".xlsx", ".parquet", ".ndjson"})

Report = Callable[[str], None]
Progress = Callable[[int, int | None], None] | None


def fetch_sources(
    sources: Iterable[str | Path],
    *,
    downloads: Path,
    tokens: Mapping[str, str],
    report: Report = lambda _line: None,
    progress: Progress = None,
) -> list[Path]:
    """
    Paths of sources: files and folders as they are, addresses and names of the catalogue after their download.

    Parameters
    ----------
    sources : iterable of str or Path
        Paths, addresses on hosts of the catalogue, or names that `mediation-geo sources` lists with an address; an existing
        path comes before a name.
    downloads : Path
        Folder in which downloads are kept between nights.
    tokens : mapping of str to str
        Access tokens by the variable that the mapping of a source names.
    report, progress
        See `build` and `build_default`.

    Raises
    ------
    SourceUnavailable
        If a source that should be fetched does not give a complete file.
    SettingsError
        If something is neither a path, an address nor a name of the catalogue.
    SourceError
        If an address is not on a host of the catalogue.

    Examples
    --------
    >>> fetch_sources(["."], downloads=Path("downloads"), tokens={})
    [PosixPath('.')]
    """
    paths = []
    for source in sources:
        if str(source).startswith(("http://", "https://")):
            got = fetch(str(source), downloads / _file_name(str(source)), progress=progress)
            report(f"{got.path.name}: {'fetched' if got.changed else 'unchanged since the last download'}")
            paths.append(got.path)
            continue
        path = Path(source)
        # Something with a suffix or a slash was meant as a path: say that it is missing, not that no source has that name.
        if path.exists() or path.suffix or len(path.parts) > 1:
            paths.append(path)
            continue
        entry = catalogue_entry(str(source))
        token = tokens.get(entry.fetch.token_variable) if entry.fetch.token_variable else None
        got = fetch_source(entry, downloads, token=token, progress=progress)
        report(f"{entry.name}: {'fetched' if got.changed else 'unchanged since the last download'}")
        paths.append(got.path)
    return paths


def source_files(sources: Iterable[str | Path]) -> list[Path]:
    """
    Files named, and the data files of the folders named, in order and once each.

    Raises
    ------
    SourceUnavailable
        If a path does not exist, or a folder holds no data file.

    Examples
    --------
    >>> sorted({path.suffix for path in source_files(demo_sources())})
    ['.csv', '.json']
    """
    found: dict[Path, None] = {}
    for source in sources:
        path = Path(source)
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in DATA_SUFFIXES and each.is_file())
            if not inside:
                msg = f"no data file in it; expected {', '.join(sorted(DATA_SUFFIXES))}"
                raise SourceUnavailable(msg, path=str(path))
            found.update(dict.fromkeys(inside))
        elif path.is_file():
            found[path] = None
        else:
            msg = "no such file or folder"
            raise SourceUnavailable(msg, path=str(path))
    if not found:
        message = "no source was named"
        raise SourceUnavailable(message)
    return list(found)


def demo_sources() -> list[Path]:
    """
    Files of the invented demo network that ships with the package.

    Examples
    --------
    >>> len(demo_sources()) >= 4
    True
    """
    folder = dataset_path("demo")
    return sorted(each for each in folder.iterdir() if each.suffix in DATA_SUFFIXES and each.stem != "planted")


def _file_name(address: str) -> str:
    """Name under which an address is kept: its own last part, told apart from other addresses that end alike."""
    name = PurePosixPath(urlsplit(address).path).name or "download"
    return f"{hashlib.sha256(address.encode()).hexdigest()[:8]}-{name}"
