"""What the handlers of one application share: settings, the store of snapshots, the host over the current one, the templates."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mediation_geo.service.http.answers import HTML, problem_response
from mediation_geo.service.http.metrics import Metrics
from mediation_geo.service.http.problems import Problem
from mediation_geo.service.ogc.host import Host, configuration
from mediation_geo.service.pages.rendering import Templates
from mediation_geo.service.snapshot import SERVING, Snapshot, SnapshotStore

if TYPE_CHECKING:
    from contextvars import Token

    from mediation_geo.settings import Settings

__all__ = ["Handler", "Site"]

Handler = Callable[[Request, Snapshot], Awaitable[Response]]


class Site:
    """
    One running service.

    Parameters
    ----------
    store : SnapshotStore
        Where the current release is.
    settings : Settings
        What the operator chose.
    """

    def __init__(self, store: SnapshotStore, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.metrics = Metrics()
        self.templates = Templates(base_url=settings.public_url, basemap=settings.basemap)
        self.leaving = False
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}
        self._documents: dict[tuple[str, ...], Any] = {}

    def leave(self) -> None:
        """Make every answer from now on the last of its connection."""
        self.leaving = True

    def host(self, snapshot: Snapshot) -> Host:
        """Pygeoapi over a snapshot, made once for each."""
        with self._lock:
            if snapshot.digest not in self._hosts:
                self._hosts[snapshot.digest] = Host(
                    configuration(snapshot, directory=self.store.directory, base_url=self.settings.public_url)
                )
                # One release is served, one may still be finishing its last requests.
                for old in list(self._hosts)[:-2]:
                    del self._hosts[old]
            return self._hosts[snapshot.digest]

    def document(self, snapshot: Snapshot, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        """A document that depends on the release and a few words only, made once."""
        full = (snapshot.digest, *key)
        if full not in self._documents:
            if len(self._documents) > 500:
                self._documents.clear()
            self._documents[full] = make()
        return self._documents[full]

    def endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A Starlette endpoint that gives its handler one snapshot, and turns problems into answers."""

        async def endpoint(request: Request) -> Response:
            token: Token[Snapshot | None] | None = None
            try:
                snapshot = self.store.current
                request.scope["mediation_geo.snapshot"] = snapshot
                token = SERVING.set(snapshot)
                if snapshot.digest not in self._hosts and request.scope["path"].startswith("/ogcapi"):
                    # Counting the collections takes a second or two: elsewhere, so that nobody else waits.
                    await run_in_threadpool(self.host, snapshot)
                return await handler(request, snapshot)
            except Problem as problem:
                return self.problem(request, problem)
            finally:
                if token is not None:
                    SERVING.reset(token)

        return endpoint

    def problem(self, request: Request, problem: Problem) -> Response:
        """An error as a page for people who browse, as a problem document for programs."""
        response = problem_response(problem)
        accepted = request.headers.get("accept", "")
        form = request.query_params.get("f")
        if form == "html" or (form is None and accepted.startswith(HTML)):
            body = self.templates.render("probleme.html", problem=problem, snapshot=self.store.snapshot)
            headers = {name: value for name, value in response.headers.items() if name != "content-length"}
            return Response(body, status_code=problem.status, headers={**headers, "content-type": f"{HTML}; charset=utf-8"})
        return response
