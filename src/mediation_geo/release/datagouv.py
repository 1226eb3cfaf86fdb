"""
Putting the exports on data.gouv.fr: deciding what to send, and sending it through a client that the caller gives.

The index of a folder of exports and the dataset as the platform describes it go in; a list of uploads comes out. A file goes to
the resource that held it before, so that the address others use never changes; a file that is there already with the same bytes
is not sent; nothing is ever deleted. Stopped half-way, the next run sends what is missing.

This module opens no connection of its own. Source: API of udata, version 1, https://www.data.gouv.fr/api/1/.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from mediation_geo.release.errors import CatalogueError, ExportError
from mediation_geo.release.exports.catalogue import INDEX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["DEFAULT_FORMATS", "Client", "Upload", "fetch_dataset", "plan_uploads", "send"]

# What goes to the platform: one file for each use, not the cuts by département.
DEFAULT_FORMATS = ("csv", "json", "geojson", "geoparquet", "xlsx")
# Under this name a resource carries our name of the format: titles are edited by people.
MARK = "mediation-geo:format"
_OK = range(200, 300)


class Response(Protocol):
    """What is read of an answer; that of httpx will do."""

    @property
    def status_code(self) -> int:
        """Return the HTTP status."""

    @property
    def text(self) -> str:
        """Return the body."""

    @property
    def content(self) -> bytes:
        """Return the body as bytes."""


class Client(Protocol):
    """What is asked of a client: `httpx.Client` with base address and key set will do."""

    def request(self, method: str, url: str, *, json: Any = None, files: Any = None) -> Response:
        """Send a request and return the answer."""


@dataclass(frozen=True, slots=True)
class Upload:
    """
    One file and where it goes.

    Attributes
    ----------
    format, file, title, media_type : str
        As in the index of exports.
    bytes : int
        Size of the file.
    resource_id : str or None
        Resource that is replaced; None where a new one is made.
    needed : bool
        False when the platform holds the same bytes already.
    """

    format: str
    file: str
    title: str
    media_type: str
    bytes: int
    resource_id: str | None
    needed: bool


def fetch_dataset(client: Client, dataset_id: str) -> dict[str, Any]:
    """
    Dataset as the platform describes it.

    Raises
    ------
    CatalogueError
        If the platform does not answer with it.
    """
    return _asked(client, "GET", f"datasets/{dataset_id}/")


def plan_uploads(folder: Path, dataset: Mapping[str, Any], *, formats: Sequence[str] = DEFAULT_FORMATS) -> list[Upload]:
    """
    Uploads that bring a dataset to the state of a folder of exports, in the order of its index.

    Raises
    ------
    ExportError
        If the exports are those of invented places, or a format was not exported.
    """
    index = orjson.loads((folder / INDEX).read_bytes())
    if index["demo"]:
        message = f"{folder} holds invented places: a demonstration is never published"
        raise ExportError(message)
    entries = {each["format"]: each for each in index["files"] if each["departement"] is None}
    absent = [name for name in formats if name not in entries]
    if absent:
        message = f"{folder} has no {', '.join(absent)}; export these formats first"
        raise ExportError(message)
    return [_upload(folder, entries[name], dataset) for name in formats]


def _upload(folder: Path, entry: Mapping[str, Any], dataset: Mapping[str, Any]) -> Upload:
    resource = _resource(dataset, entry)
    return Upload(
        format=entry["format"],
        file=entry["file"],
        title=entry["title"],
        media_type=entry["media_type"],
        bytes=entry["bytes"],
        resource_id=resource["id"] if resource else None,
        needed=resource is None or not _holds(resource, folder / entry["file"]),
    )


def _resource(dataset: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Resource that carries our mark, or else our title: a dataset that was first filled by hand is taken over as it is."""
    resources = dataset.get("resources", [])
    marked = [each for each in resources if (each.get("extras") or {}).get(MARK) == entry["format"]]
    titled = [each for each in resources if each.get("title") == entry["title"] and MARK not in (each.get("extras") or {})]
    return next(iter([*marked, *titled]), None)


def _holds(resource: Mapping[str, Any], path: Path) -> bool:
    checksum = resource.get("checksum") or {}
    kind = str(checksum.get("type"))
    if kind not in hashlib.algorithms_guaranteed:
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest() == checksum.get("value")


def send(client: Client, dataset_id: str, folder: Path, uploads: Sequence[Upload]) -> list[str]:
    """
    Send the uploads that are needed; return the ids of the resources that were written.

    Raises
    ------
    CatalogueError
        If the platform refuses one; those before it are there, and the next run goes on from here.
    """
    return [_sent(client, dataset_id, folder, each) for each in uploads if each.needed]


def _sent(client: Client, dataset_id: str, folder: Path, upload: Upload) -> str:
    where = f"datasets/{dataset_id}"
    target = f"{where}/upload/" if upload.resource_id is None else f"{where}/resources/{upload.resource_id}/upload/"
    with (folder / upload.file).open("rb") as stream:
        resource = _asked(client, "POST", target, files={"file": (upload.file, stream, upload.media_type)})
    described = {"title": upload.title, "type": "main", "extras": {**(resource.get("extras") or {}), MARK: upload.format}}
    _asked(client, "PUT", f"{where}/resources/{resource['id']}/", json=described)
    return str(resource["id"])


def _asked(client: Client, method: str, url: str, *, json: Any = None, files: Any = None) -> dict[str, Any]:
    answer = client.request(method, url, json=json, files=files)
    if answer.status_code not in _OK:
        message = f"data.gouv.fr answered {answer.status_code} to {method} {url}: {answer.text[:200]}"
        raise CatalogueError(message)
    try:
        content = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        message = f"data.gouv.fr answered {method} {url} with something that is not JSON: {answer.text[:200]}"
        raise CatalogueError(message) from error
    return dict(content)
