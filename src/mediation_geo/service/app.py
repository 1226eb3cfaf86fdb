"""
The application on one port: the OGC API under `/ogcapi`, `/proches`, the pages, and the doors for operators.

Wiring only.
"""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from mediation_geo.service.http.gate import Gate
from mediation_geo.service.http.limits import Limiter
from mediation_geo.service.http.problems import Problem
from mediation_geo.service.minutes import kept_ahead
from mediation_geo.service.ogc.routes import ogc_routes
from mediation_geo.service.proches.referral import geocoder
from mediation_geo.service.proches.routes import proches_routes
from mediation_geo.service.site import Site
from mediation_geo.service.site_routes import policy_of, site_routes
from mediation_geo.service.snapshot import store_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from mediation_geo.settings import Settings

__all__ = ["create_app"]

_WORDS = {404: ("introuvable", "Cette adresse n'existe pas."), 405: ("methode_non_admise", "Cette méthode n'est pas admise ici.")}


def create_app(releases_dir: str | Path, *, settings: Settings) -> Starlette:
    """
    The ASGI application over a folder of releases.

    Parameters
    ----------
    releases_dir : str or Path
        Folder of releases; the newest is loaded at once and followed from then on.
    settings : Settings
        What the operator chose.

    Returns
    -------
    Starlette
        Serves 503 until there is a release.
    """
    store = store_of(releases_dir)
    if store.snapshot is None:
        store.refresh()
    site = Site(store, settings)

    def warm() -> None:
        geocoder()
        if store.snapshot is not None:
            site.host(store.snapshot)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        store.watch()
        # The commune table takes most of a second to load: before the first visitor asks, not while.
        threading.Thread(target=warm, name="warming", daemon=True).start()
        try:
            with kept_ahead(store):
                yield
        finally:
            store.stop()

    async def problem(request: Request, error: Exception) -> Response:
        return site.problem(request, error if isinstance(error, Problem) else _problem(error))

    app = Starlette(
        # Routes are tried in this order: what is asked most stands first.
        routes=[*proches_routes(site), *ogc_routes(site), *site_routes(site)],
        middleware=[
            Middleware(
                Gate,
                limiter=Limiter(settings.rate_limit, trusted=settings.trusted_clients),
                metrics=site.metrics,
                policy_of=policy_of(settings),
                is_leaving=lambda: site.leaving,
            )
        ],
        exception_handlers={HTTPException: problem, Problem: problem},
        lifespan=lifespan,
    )
    app.state.site = site
    return app


def _problem(error: Exception) -> Problem:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, detail = _WORDS.get(status, ("erreur", "La requête n'a pas abouti."))
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Problem(status, code, detail, headers=headers)
