"""
Where the sources of a night come from: files and folders, names of the catalogue, the national export, or the demo.

Names in, paths of complete files out. What is in them is read elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from mediation_geo.datasets import dataset_path
from mediation_geo.errors import SourceError, SourceUnavailable
from mediation_geo.ingest.catalogue import allowed_hosts, catalogue_entry
from mediation_geo.ingest.download import PATIENCE, Download, Patience, fetch, fetch_source

__all__ = ["DATA_SUFFIXES", "Fetched", "Progress", "Report", "demo_sources", "fetch_sources", "source_files"]

DATA_SUFFIXES = frozenset({".csv", ".json", ".geojson", ".xlsx", ".parquet", ".ndjson"})

Report = Callable[[str], None]
Progress = Callable[[int, int | None], None] | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """
    Sources on this machine.

    Attributes
    ----------
    paths : list of Path
        Files and folders, in the order in which they were named.
    late : dict of str to str
        Name of a file that could not be fetched tonight, so that the one of the last download is used -> why.
    """

    paths: list[Path] = field(default_factory=list)
    late: dict[str, str] = field(default_factory=dict)


def fetch_sources(
    sources: Iterable[str | Path],
    *,
    downloads: Path,
    tokens: Mapping[str, str],
    hosts: Iterable[str] = (),
    patience: Patience = PATIENCE,
    report: Report = lambda _line: None,
    progress: Progress = None,
) -> Fetched:
    """
    Sources on this machine: files and folders as they are, addresses and names of the catalogue after their download.

    Parameters
    ----------
    sources : iterable of str or Path
        Paths, addresses on hosts of the catalogue, or names that `mediation-geo sources` lists with an address; an existing
        path comes before a name.
    downloads : Path
        Folder in which downloads are kept between nights.
    tokens : mapping of str to str
        Access tokens by the variable that the mapping of a source names.
    hosts : iterable of str
        Hosts that may be asked beside those of the catalogue.
    patience : Patience
        How long a source is waited for.
    report, progress
        See `build` and `build_default`.

    Raises
    ------
    SourceUnavailable
        If a source does not give a complete file, and there is none of an earlier night.
    SettingsError
        If something is neither a path, an address nor a name of the catalogue.
    SourceError
        If an address is not on a host of the catalogue.

    Examples
    --------
    >>> fetch_sources(["."], downloads=Path("downloads"), tokens={}).paths
    [PosixPath('.')]
    """
    fetched = Fetched()
    allowed = allowed_hosts() | {host.strip() for host in hosts if host.strip()}

    def take(target: Path, get: Callable[[], Download]) -> None:
        fetched.paths.append(target)
        try:
            got = get()
        except SourceError as error:
            # A copy that is there is whole: downloads take their place in one step.
            if not target.is_file():
                raise
            # Without the address, which may hold a key: this is published.
            fetched.late[target.name] = error.message
            report(f"{target.name}: not fetched, the file of the last download is used: {error}")
        else:
            report(f"{target.name}: {'fetched' if got.changed else 'unchanged since the last download'}")

    for source in sources:
        if str(source).startswith(("http://", "https://")):
            url, target = str(source), downloads / _file_name(str(source))
            take(target, partial(fetch, url, target, hosts=allowed, patience=patience, progress=progress))
            continue
        path = Path(source)
        # Something with a suffix or a slash was meant as a path: say that it is missing, not that no source has that name.
        if path.exists() or path.suffix or len(path.parts) > 1:
            fetched.paths.append(path)
            continue
        entry = catalogue_entry(str(source))
        token = tokens.get(entry.fetch.token_variable) if entry.fetch.token_variable else None
        get = partial(fetch_source, entry, downloads, token=token, hosts=allowed, patience=patience, progress=progress)
        take(downloads / entry.file_name, get)
    return fetched


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
