"""The routes beside the OGC API: `/proches` and its schema, `/adresses`, the pages, and the doors for operators."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mediation_geo.search.schema import answer_schema
from mediation_geo.service.http.answers import JSON, SCHEMA, respond
from mediation_geo.service.pages.rendering import STATIC
from mediation_geo.service.pages.routes import page_routes
from mediation_geo.service.proches.routes import ANSWER_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from mediation_geo.service.site import Site
    from mediation_geo.settings import Settings

__all__ = ["policy_of", "site_routes"]

_TILES = {"none": "", "ign": " https://data.geopf.fr"}


def site_routes(site: Site) -> list[BaseRoute]:
    """Routes of the pages and the doors."""
    return [
        *page_routes(site),
        Route(ANSWER_SCHEMA, _schema(site)),
        Route("/healthz", _healthz),
        Route("/readyz", _readyz(site)),
        Mount("/statique", StaticFiles(directory=STATIC), name="statique"),
    ]


def policy_of(settings: Settings) -> Callable[[str], bytes]:
    """Content-Security-Policy by path: pages may be framed by others only where they are made for it."""
    tiles = _TILES.get(settings.basemap, "")
    base = f"default-src 'self'; img-src 'self' data:{tiles}; object-src 'none'; base-uri 'none'; form-action 'self'"
    framed = f"{base}; frame-ancestors *".encode()
    alone = f"{base}; frame-ancestors 'self'".encode()
    return lambda path: framed if path.startswith("/integration") else alone


def _schema(site: Site) -> Callable[[Request], object]:
    body = orjson.dumps(answer_schema(f"{site.settings.public_url}{ANSWER_SCHEMA}"), option=orjson.OPT_INDENT_2)
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()

    async def schema(request: Request) -> Response:
        return respond(request, body, media_type=SCHEMA, etag=tag)

    return schema


async def _healthz(_request: Request) -> Response:
    return Response(b'{"etat":"vivant"}', media_type=JSON, headers={"cache-control": "no-store"})


def _readyz(site: Site) -> Callable[[Request], object]:
    async def readyz(_request: Request) -> Response:
        snapshot = site.store.snapshot
        ready = snapshot is not None and len(snapshot.places) > 0
        body = {"pret": ready, **(snapshot.about() if snapshot else {})}
        return Response(
            orjson.dumps(body), status_code=200 if ready else 503, media_type=JSON, headers={"cache-control": "no-store"}
        )

    return readyz
