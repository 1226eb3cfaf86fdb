"""
Fetching sources over HTTPS: time limits, retries, conditional requests, size limits, checksums, allow-listed hosts.

The only module of this room that reaches the network. A download takes its place when it is whole, so that an interrupted one
never replaces a good file. Addresses found in data are never fetched.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx

from mediation_geo.errors import ChecksumMismatch, SourceError, SourceUnavailable
from mediation_geo.ingest.catalogue import CatalogueEntry, allowed_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Progress = Callable[[int, int | None], None] | None

__all__ = ["PATIENCE", "Download", "Patience", "fetch", "fetch_source"]

MAX_BYTES = 600 * 1024 * 1024
_ATTEMPTS = 4
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_MAX_REDIRECTS = 5
_MAX_PAGES = 10_000
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_USER_AGENT = "mediation-geo (+open data of digital inclusion)"


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How long a source is waited for.

    Attributes
    ----------
    answer_s : float
        Seconds without a byte after which an attempt is given up.
    whole_s : float
        Seconds after which a download that still trickles in is given up for good.
    pause : callable
        Waits so many seconds between attempts.
    """

    answer_s: float = 20.0
    whole_s: float = 900.0
    pause: Callable[[float], None] = time.sleep


PATIENCE = Patience()


@dataclass(frozen=True)
class Download:
    """
    Outcome of a download.

    Attributes
    ----------
    path : pathlib.Path
        The file, whole.
    changed : bool
        False when the server said that our copy is the newest.
    sha256 : str
        Checksum of the file.
    declared_rows : int or None
        How many rows the source says that it has, when it says so.
    received_rows : int or None
        How many arrived, for sources read page by page.
    """

    path: Path
    changed: bool
    sha256: str
    declared_rows: int | None = None
    received_rows: int | None = None


def fetch_source(
    entry: CatalogueEntry,
    folder: Path,
    *,
    token: str | None = None,
    hosts: frozenset[str] | None = None,
    progress: Progress = None,
    patience: Patience = PATIENCE,
) -> Download:
    """
    File of a catalogue entry, fetched into a folder under the entry's name; pages are put together into one list.

    Parameters
    ----------
    entry : CatalogueEntry
        What to fetch.
    folder : pathlib.Path
        Where the file and the notes on it are kept.
    token : str, optional
        Sent as a bearer token; never written anywhere.
    hosts : frozenset of str, optional
        Hosts that may be asked; those of the catalogue when absent.
    progress : callable, optional
        Called with bytes received and expected.
    patience : Patience
        How long the source is waited for.

    Raises
    ------
    SourceUnavailable
        If the source does not answer, or sends fewer rows than it declares.
    SourceError
        If the answer is too large or comes from a host that is not allowed.
    """
    target = folder / entry.file_name
    if entry.fetch.next is None:
        return fetch(entry.fetch.url, target, token=token, hosts=hosts, progress=progress, patience=patience)
    return _fetch_pages(entry, target, token=token, hosts=hosts or allowed_hosts(), patience=patience)


def fetch(
    url: str,
    target: Path,
    *,
    sha256: str | None = None,
    token: str | None = None,
    hosts: frozenset[str] | None = None,
    max_bytes: int = MAX_BYTES,
    progress: Progress = None,
    patience: Patience = PATIENCE,
) -> Download:
    """
    File behind an address, asked for only when it changed since last time.

    Parameters
    ----------
    url : str
        HTTPS address on an allowed host.
    target : pathlib.Path
        Where the file goes; what the server said of it is kept in a `.meta.json` beside it.
    sha256 : str, optional
        Promised checksum.
    token, hosts, progress, patience
        See `fetch_source`.
    max_bytes : int
        Largest size, after decompression, that is accepted.

    Raises
    ------
    ChecksumMismatch
        If the bytes are not those that were promised; the file in place stays.
    SourceUnavailable, SourceError
        See `fetch_source`.
    """
    allowed = hosts or allowed_hosts()
    known = _read_notes(target)
    headers = _headers(token)
    # A copy that is not the one the notes speak of is fetched anew, whatever the server remembers.
    if target.exists() and known.get("sha256") == _digest(target):
        headers |= {
            name: known[key] for key, name in (("etag", "If-None-Match"), ("modified", "If-Modified-Since")) if known.get(key)
        }
    deadline = time.monotonic() + patience.whole_s
    with _kept(target) as partial, _client(patience) as client:
        target.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(_ATTEMPTS):
            try:
                with _Answer(client, url, headers=headers, allowed=allowed) as response:
                    if response.status_code == httpx.codes.NOT_MODIFIED:
                        return Download(target, False, str(known.get("sha256", "")))
                    digest = _save(response, partial, max_bytes=max_bytes, deadline=deadline, progress=progress)
                    notes = {
                        "etag": response.headers.get("etag"),
                        "modified": response.headers.get("last-modified"),
                        "sha256": digest,
                    }
                break
            except (httpx.TransportError, _TryAgain) as error:
                _wait_or_give_up(attempt, url, error, pause=patience.pause)
        if sha256 not in (None, digest):
            message = f"checksum {digest}; promised was {sha256}"
            raise ChecksumMismatch(message, path=url)
        partial.replace(target)
        _notes_path(target).write_text(json.dumps(notes), encoding="utf-8")
    return Download(target, True, digest)


@contextmanager
def _kept(target: Path) -> Iterator[Path]:
    """Give a place beside the target, leave no half file in it, and say so when the disk refuses the download."""
    partial = target.with_name(f"{target.name}.part")
    try:
        yield partial
    except OSError as error:
        message = f"cannot be kept in {target.parent}: {error.strerror or error}"
        raise SourceUnavailable(message, path=target.name) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


class _TryAgain(Exception):
    """An answer that may be better next time, after the pause it asks for."""

    def __init__(self, reason: str, *, pause_s: float | None = None) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _client(patience: Patience) -> httpx.Client:
    return httpx.Client(timeout=httpx.Timeout(patience.answer_s), follow_redirects=False)


def _headers(token: str | None) -> dict[str, str]:
    headers = {"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip"}
    return headers | {"Authorization": f"Bearer {token}"} if token else headers


def _check_host(url: str, allowed: frozenset[str]) -> None:
    parts = urlsplit(url)
    if parts.hostname not in allowed or (parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}):
        message = f"not an HTTPS address of an allowed host; expected one of: {', '.join(sorted(allowed))}"
        raise SourceError(message, path=url)


class _Answer:
    """Answer to a request, redirects followed only to allowed hosts; the token goes to the first host alone."""

    def __init__(self, client: httpx.Client, url: str, *, headers: Mapping[str, str], allowed: frozenset[str]) -> None:
        self._client, self._url, self._headers, self._allowed = client, url, dict(headers), allowed
        self._response: httpx.Response | None = None

    def __enter__(self) -> httpx.Response:
        url, headers = self._url, self._headers
        for _ in range(_MAX_REDIRECTS):
            _check_host(url, self._allowed)
            request = self._client.build_request("GET", url, headers=headers)
            response = self._client.send(request, stream=True)
            self._response = response
            if not response.has_redirect_location:
                self._check_status(response)
                return response
            following = urljoin(url, response.headers.get("location", ""))
            if urlsplit(following).hostname != urlsplit(url).hostname:
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
            response.close()
            url = following
        message = f"more than {_MAX_REDIRECTS} redirects"
        raise SourceError(message, path=self._url)

    def _check_status(self, response: httpx.Response) -> None:
        if response.status_code in _AGAIN:
            named = response.headers.get("retry-after", "")
            pause_s = min(float(named), _LONGEST_PAUSE_S) if named.isdigit() else None
            message = f"HTTP {response.status_code}"
            raise _TryAgain(message, pause_s=pause_s)
        if response.status_code != httpx.codes.NOT_MODIFIED and not response.is_success:
            message = f"HTTP {response.status_code} where a file was expected"
            raise SourceUnavailable(message, path=self._url)

    def __exit__(self, *_: object) -> None:
        if self._response is not None:
            self._response.close()


def _save(response: httpx.Response, partial: Path, *, max_bytes: int, deadline: float, progress: Progress) -> str:
    declared = response.headers.get("content-length")
    expected = int(declared) if declared and declared.isdigit() else None
    digest = hashlib.sha256()
    received = 0
    with partial.open("wb") as file:
        for block in _blocks(response, max_bytes=max_bytes, deadline=deadline):
            received += len(block)
            digest.update(block)
            file.write(block)
            if progress is not None:
                progress(received, expected)
    if expected is not None and "content-encoding" not in response.headers and received != expected:
        message = f"{received} of {expected} bytes"
        raise _TryAgain(message)
    if not received:
        message = "an empty answer where a file was expected"
        raise SourceUnavailable(message, path=str(response.url))
    return digest.hexdigest()


def _blocks(response: httpx.Response, *, max_bytes: int, deadline: float) -> Iterator[bytes]:
    """Bytes of an answer as they come: a source that sends one a second would never fill a larger block."""
    received = 0
    # Decompressed bytes are counted, so that a small answer cannot unpack without end.
    for block in response.iter_bytes():
        received += len(block)
        if received > max_bytes:
            message = f"more than {max_bytes:,} bytes; expected a smaller answer"
            raise SourceError(message, path=str(response.url))
        if time.monotonic() > deadline:
            message = f"too slow: {received:,} bytes when the time for the whole answer was over"
            raise SourceUnavailable(message, path=str(response.url))
        yield block


def _wait_or_give_up(attempt: int, url: str, error: Exception, *, pause: Callable[[float], None]) -> None:
    if attempt + 1 == _ATTEMPTS:
        message = f"no complete answer after {_ATTEMPTS} attempts ({error})"
        raise SourceUnavailable(message, path=url) from error
    named = error.pause_s if isinstance(error, _TryAgain) else None
    pause(_FIRST_PAUSE_S * 2**attempt if named is None else named)


def _notes_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.meta.json")


def _read_notes(target: Path) -> dict[str, Any]:
    try:
        notes = json.loads(_notes_path(target).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _fetch_pages(
    entry: CatalogueEntry, target: Path, *, token: str | None, hosts: frozenset[str], patience: Patience
) -> Download:
    rows: list[Any] = []
    declared: int | None = None
    for page in _pages(entry, token=token, hosts=hosts, patience=patience):
        found = _value(page, entry.fetch.key) if entry.fetch.key else page
        if not isinstance(found, list):
            message = f"no list of rows under {entry.fetch.key!r}"
            raise SourceError(message, path=entry.fetch.url)
        rows += found
        total = _value(page, entry.fetch.total) if entry.fetch.total else None
        declared = total if isinstance(total, int) else declared
    if declared is not None and len(rows) < declared:
        message = f"{len(rows):,} rows received of {declared:,} declared"
        raise SourceUnavailable(message, path=entry.fetch.url)
    content = json.dumps(rows, ensure_ascii=False).encode("utf-8")
    digest = hashlib.sha256(content).hexdigest()
    changed = _read_notes(target).get("sha256") != digest or not target.exists()
    with _kept(target) as partial:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(target)
        _notes_path(target).write_text(json.dumps({"sha256": digest}), encoding="utf-8")
    return Download(target, changed, digest, declared_rows=declared, received_rows=len(rows))


def _pages(entry: CatalogueEntry, *, token: str | None, hosts: frozenset[str], patience: Patience) -> Iterator[Any]:
    url: str | None = entry.fetch.url
    seen: set[str] = set()
    deadline = time.monotonic() + patience.whole_s
    with _client(patience) as client:
        while url is not None:
            if url in seen or len(seen) >= _MAX_PAGES:
                message = "pages that never end: one names itself or an earlier one as the next"
                raise SourceUnavailable(message, path=url)
            seen.add(url)
            page = _page(client, url, token=token, hosts=hosts, deadline=deadline, patience=patience)
            yield page
            following = _value(page, entry.fetch.next)
            url = urljoin(url, following) if isinstance(following, str) and following else None


def _page(
    client: httpx.Client, url: str, *, token: str | None, hosts: frozenset[str], deadline: float, patience: Patience
) -> Any:
    for attempt in range(_ATTEMPTS):
        try:
            with _Answer(client, url, headers=_headers(token), allowed=hosts) as response:
                return json.loads(b"".join(_blocks(response, max_bytes=MAX_BYTES, deadline=deadline)))
        except (httpx.TransportError, _TryAgain) as error:
            _wait_or_give_up(attempt, url, error, pause=patience.pause)
        except ValueError as error:
            message = f"a page that is not JSON: {error}"
            raise SourceError(message, path=url) from error
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def _value(page: Any, dotted: str | None) -> Any:
    """Value under a dotted key, None when it is not there."""
    value = page
    for part in (dotted or "").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
