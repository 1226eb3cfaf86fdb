"""
From a body to an HTTP answer: negotiation of format and language, strong ETags, 304, compression, problem documents.

Knows nothing of places. Everything here works on values; the middleware of `gate` adds what every answer carries.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

import brotli
from starlette.responses import Response

from mediation_geo.service.http.problems import Problem, bad_parameter, not_acceptable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from mediation_geo.service.snapshot import Snapshot

__all__ = [
    "CACHE_DATA",
    "GEOJSON",
    "HTML",
    "JSON",
    "OPENAPI",
    "PROBLEM",
    "SCHEMA",
    "etag_of",
    "is_known",
    "language_of",
    "media_type_of",
    "problem_response",
    "respond",
]

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PROBLEM = "application/problem+json"

CACHE_DATA = "public, max-age=300, stale-while-revalidate=86400"
_LANGUAGES = ("fr", "en")
_LEAST_COMPRESSED = 1_000


def media_type_of(request: Request, values: Mapping[str, str], offered: Mapping[str, str]) -> str:
    """
    Name of the format to answer in.

    Parameters
    ----------
    request : Request
        For its `Accept` header.
    values : mapping
        Query parameters; `f` wins over the header.
    offered : mapping of str to str
        Format names to media types, the preferred first.

    Raises
    ------
    Problem
        400 for an unknown `f`, 406 when nothing that is accepted is served.
    """
    if "f" in values:
        if values["f"] not in offered:
            raise bad_parameter(name="f", detail="format non servi", admis=tuple(offered))
        return values["f"]
    header = request.headers.get("accept")
    return _accepted(header, tuple(offered.items())) if header else next(iter(offered))


@lru_cache(maxsize=512)
def _accepted(header: str, offered: tuple[tuple[str, str], ...]) -> str:
    best_name, best_rank = "", (0.0, 0)
    for part in header.split(","):
        wanted, _, parameters = part.strip().partition(";")
        quality = _quality(parameters)
        for name, media_type in offered:
            bare = media_type.split(";")[0]
            # A JSON client is content with any JSON, a GeoJSON client with GeoJSON only.
            exact = wanted == bare or (wanted == JSON and bare.endswith("+json"))
            loose = wanted in {"*/*", bare.split("/")[0] + "/*"}
            rank = (quality, 1 if exact else 0)
            if (exact or loose) and quality > 0 and rank > best_rank:
                best_name, best_rank = name, rank
    if not best_name:
        raise not_acceptable([media_type for _name, media_type in offered])
    return best_name


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return max(0.0, min(1.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def language_of(request: Request, values: Mapping[str, str], *, offered: Sequence[str] = _LANGUAGES) -> str:
    """
    Language to answer in: `lang`, else the header, else French.

    Raises
    ------
    Problem
        400 for a language that is not written here.
    """
    if "lang" in values:
        # pygeoapi and OGC clients write en-US for en.
        language = values["lang"].split("-")[0].lower()
        if language not in offered:
            raise bad_parameter(name="lang", detail="langue non servie", admis=tuple(offered))
        return language
    return _spoken(request.headers.get("accept-language", ""))


@lru_cache(maxsize=256)
def _spoken(header: str) -> str:
    wishes = []
    for position, part in enumerate(header.split(",")):
        tag, _, parameters = part.strip().partition(";")
        wishes.append((-_quality(parameters), position, tag.split("-")[0].lower()))
    return next((language for _quality_, _position, language in sorted(wishes) if language in _LANGUAGES), "fr")


def etag_of(snapshot: Snapshot, request: Request, *variants: str) -> str:
    """Strong ETag of an answer: what was asked of which release, in which form; the order of parameters does not matter."""
    query = "&".join(sorted(request.scope["query_string"].decode("latin-1").split("&")))
    asked = "\n".join((snapshot.digest, request.scope["path"], query, *variants))
    return hashlib.blake2b(asked.encode(), digest_size=12).hexdigest()


def respond(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    language: str | None = None,
    etag: str | None = None,
    cache: str = CACHE_DATA,
    headers: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """
    The answer with this body: compressed as the client can, empty when the client has it already or asked for the head only.

    Parameters
    ----------
    request : Request
        The request.
    body : bytes
        The whole representation.
    media_type : str
        Its media type.
    language : str, optional
        Language of the text for people in it.
    etag : str, optional
        From `etag_of`; None for answers that must not be kept.
    cache : str
        Value of `Cache-Control`.
    headers : mapping, optional
        Further headers.
    status : int
        HTTP status.
    """
    text = media_type.startswith("text/")
    fields = {
        "content-type": f"{media_type}; charset=utf-8" if text else media_type,
        "cache-control": cache,
        "vary": "Accept, Accept-Encoding, Accept-Language",
        **(headers or {}),
    }
    if language is not None:
        fields["content-language"] = language
    encoding = _encoding(request.headers.get("accept-encoding", "")) if len(body) >= _LEAST_COMPRESSED else ""
    if etag is not None:
        fields["etag"] = f'"{etag}-{encoding}"' if encoding else f'"{etag}"'
        if is_known(request.headers.get("if-none-match"), fields["etag"]):
            return Response(status_code=304, headers={name: value for name, value in fields.items() if name != "content-type"})
    if encoding:
        body = _compressed(body, encoding)
        fields["content-encoding"] = encoding
    # The server leaves the body of a HEAD answer out and keeps its length.
    return Response(body, status_code=status, headers=fields)


def is_known(header: str | None, etag: str) -> bool:
    """Whether a client that sends this `If-None-Match` has the answer already."""
    if header is None:
        return False
    known = [each.strip().removeprefix("W/") for each in header.split(",")]
    return "*" in known or etag in known


@lru_cache(maxsize=256)
def _encoding(header: str) -> str:
    accepted = {}
    for part in header.split(","):
        name, _, parameters = part.strip().partition(";")
        accepted[name.lower()] = _quality(parameters)
    return next((each for each in ("br", "gzip") if accepted.get(each, 0.0) > 0), "")


@lru_cache(maxsize=128)
def _compressed(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(body, quality=5))
    return gzip.compress(body, compresslevel=5, mtime=0)


def problem_response(problem: Problem) -> Response:
    """An error as a problem document, which no cache keeps."""
    return Response(
        problem.body(),
        status_code=problem.status,
        headers={
            "content-type": PROBLEM,
            "content-language": "fr",
            "cache-control": "no-store",
            "vary": "Accept, Accept-Encoding, Accept-Language",
            **problem.headers,
        },
    )
