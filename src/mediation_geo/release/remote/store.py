"""
A store of releases anywhere: S3, HTTP, a mounted folder, whatever fsspec reaches.

    <address>/current/manifest.json     the pointer: the manifest of the release that is current, written last
    <address>/<id>/manifest.json        and the tables beside it

Names and bytes in, bytes and local files out. Nothing is ever listed, since HTTP cannot; a folder of releases that a web server
hands out as it is on the disk is such a store. Every way in which a store can fail is one `StoreUnavailable`.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mediation_geo.errors import SettingsError
from mediation_geo.release.errors import StoreUnavailable
from mediation_geo.release.reading import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["POINTER", "Store", "is_store_address", "shown_address"]

POINTER = f"current/{MANIFEST}"
# A store that hangs is as good as absent; a large file may take as long as it keeps coming.
_CONNECT_S, _SILENCE_S = 10, 30
# What the library of a protocol raises beside OSError.
_FAILURES = {
    "http": [("aiohttp", "ClientError")],
    "https": [("aiohttp", "ClientError")],
    "s3": [("botocore.exceptions", "BotoCoreError"), ("botocore.exceptions", "ClientError")],
}


def is_store_address(text: str) -> bool:
    """
    Whether a text is the address of a store and not a folder.

    Examples
    --------
    >>> is_store_address("s3://bucket/lieux"), is_store_address("releases"), is_store_address("C:/releases")
    (True, False, False)
    """
    return "://" in text


def shown_address(address: str) -> str:
    """
    Address without the name and password it may carry, for people and logs.

    Examples
    --------
    >>> shown_address("https://who:secret@data.example/lieux/")
    'https://data.example/lieux'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


class Store:
    """
    One store.

    Parameters
    ----------
    address : str
        For example `s3://bucket/lieux`, `https://data.example/releases`, `file:///mnt/releases`. Keys and endpoints come from the
        environment, as each protocol has it (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `FSSPEC_S3`).

    Raises
    ------
    SettingsError
        If the protocol is unknown, its library is not installed, or the address has a query.

    Examples
    --------
    >>> store = Store("memory://lieux")
    >>> store.write(b"x", "2026-11-21/manifest.json")
    >>> store.read("2026-11-21/manifest.json")
    b'x'
    """

    def __init__(self, address: str) -> None:
        self.shown = shown_address(address)
        self.protocol = urlsplit(address).scheme
        if urlsplit(address).query:
            message = f"{self.shown}: the address of a store has no part after '?'"
            raise SettingsError(message)
        self._root = address.rstrip("/")
        try:
            fsspec = import_module("fsspec")
            self._files: Any = fsspec.filesystem(self.protocol, skip_instance_cache=True, **_options(self.protocol))
        except ImportError as error:
            message = f"{self.shown}: stores of releases need an extra: pip install 'mediation-geo[store]' ({error})"
            raise SettingsError(message) from error
        except ValueError as error:
            message = f"{self.shown}: unknown protocol {self.protocol!r}; expected for example s3, https or file"
            raise SettingsError(message) from error
        failures = [getattr(import_module(module), name) for module, name in _FAILURES.get(self.protocol, [])]
        self._failures: tuple[type[Exception], ...] = (OSError, NotImplementedError, *failures)

    def version(self, name: str) -> str | None:
        """
        What the store calls the state of a file: equal texts are equal bytes; None where it does not tell.

        Parameters
        ----------
        name : str
            Relative to the address.

        Raises
        ------
        StoreUnavailable
            If the store does not answer, or does not have the file.
        """
        with self._clear(name):
            told: dict[str, Any] = self._files.info(self._path(name))
        tag = told.get("ETag")
        return None if tag is None else str(tag)

    def size(self, name: str) -> int | None:
        """Bytes of a file, None when it is not there."""
        with self._clear(name):
            self._files.invalidate_cache()
            try:
                return int(self._files.info(self._path(name))["size"])
            except FileNotFoundError:
                return None

    def read(self, name: str) -> bytes:
        """
        Bytes of a small file.

        Raises
        ------
        StoreUnavailable
            If the store does not answer, or does not have the file.
        """
        with self._clear(name):
            return bytes(self._files.cat_file(self._path(name)))

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file of the store to this machine."""
        with self._clear(name):
            self._files.get_file(self._path(name), str(target))

    def send(self, source: Path, name: str) -> None:
        """Copy a file of this machine into the store."""
        with self._clear(name):
            self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(source), self._path(name))

    def write(self, content: bytes, name: str) -> None:
        """Write a small file in one step."""
        with self._clear(name):
            self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(self._path(name), content)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _clear(self, name: str) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            # The text of the library may hold the address with its password: only the kind of failure is told.
            reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be reached ({_kind(error)})"
            message = f"{self.shown}/{name} {reason}"
            raise StoreUnavailable(message) from error


def _kind(error: Exception) -> str:
    told = getattr(error, "strerror", None)
    return str(told) if told else type(error).__name__


def _options(protocol: str) -> dict[str, Any]:
    if protocol in {"http", "https"}:
        timeout = import_module("aiohttp").ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENCE_S)
        return {"client_kwargs": {"timeout": timeout}, "use_listings_cache": False}
    if protocol == "s3":
        import_module("s3fs")
        waits = {"connect_timeout": _CONNECT_S, "read_timeout": _SILENCE_S, "retries": {"max_attempts": 2}}
        return {"config_kwargs": waits, "use_listings_cache": False}
    return {}
