"""
What every request passes through: rate limit, log, metrics, security headers, CORS, and the last net under an error.

Plain ASGI, around the routes. Keeps no address and no query: a client is a hash that nobody can undo tomorrow, a
request is its route.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from mediation_geo.service.http.answers import problem_response
from mediation_geo.service.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mediation_geo.service.http.limits import Limiter
    from mediation_geo.service.http.metrics import Metrics

__all__ = ["Gate"]

LOGGER = logging.getLogger("mediation_geo.service")

_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, Location, Content-Crs, Retry-After, X-Dataset-Snapshot, X-Dataset-Demo"),
)
# Requests at hand in one process; more would only wait for each other until nobody waits for them any more.
_MOST_AT_HAND = 1000
_PREFLIGHT = (
    *_CORS,
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Accept-Language, Content-Type, If-None-Match"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
)
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


class Gate:
    """
    Middleware around the whole application.

    Parameters
    ----------
    app : ASGI application
        The routes.
    limiter : Limiter
        For clients that are not this machine.
    metrics : Metrics
        Where requests are counted.
    policy_of : callable
        Content-Security-Policy for a path.
    is_leaving : callable
        Whether the process is about to end.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limiter: Limiter,
        metrics: Metrics,
        policy_of: Callable[[str], bytes],
        is_leaving: Callable[[], bool],
    ) -> None:
        self.app = app
        self.limiter = limiter
        self.metrics = metrics
        self.policy_of = policy_of
        self.is_leaving = is_leaving
        self._at_hand = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0
        self._at_hand += 1

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_CORS, *_SECURITY, *self._headers(scope)]
            await send(message)

        try:
            if scope["method"] == "OPTIONS":
                await _preflight(send)
                status = 204
                return
            await self._admitted(scope)(scope, receive, send_with_headers)
        # The border of the process: whatever happened inside, the client gets a problem document and the log
        # no word of the request.
        except Exception as error:
            LOGGER.error("error=%s at=%s", type(error).__name__, _place_of(error))
            if status == 0:
                problem = Problem(500, "erreur_interne", "Le service a rencontré une erreur. Elle a été notée.")
                await problem_response(problem)(scope, receive, send_with_headers)
            status = 500
        finally:
            self._at_hand -= 1
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "-")
            self.metrics.observe(route, status, seconds)
            LOGGER.info("method=%s route=%s status=%d ms=%.1f", scope["method"], route, status, seconds * 1000)

    def _admitted(self, scope: Scope) -> ASGIApp:
        if self._at_hand > _MOST_AT_HAND:
            detail = "Trop de requêtes sont en cours. Réessayez dans quelques instants."
            return problem_response(Problem(503, "service_sature", detail, headers={"Retry-After": "5"}))
        client = scope.get("client")
        # Requests of this machine are its operator's; behind a proxy the server puts the visitor's address here.
        if client is None or client[0] in {"127.0.0.1", "::1"} or self.limiter.admits(client[0]):
            return self.app
        wait = str(self.limiter.retry_after_s(client[0]))
        detail = "Trop de requêtes en peu de temps. Réessayez un peu plus tard."
        return problem_response(Problem(429, "trop_de_requetes", detail, headers={"Retry-After": wait}))

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        headers = [(b"content-security-policy", self.policy_of(scope["path"]))]
        snapshot = scope.get("mediation_geo.snapshot")
        if snapshot is not None:
            headers.append((b"x-dataset-snapshot", snapshot.id.encode()))
            if snapshot.demo:
                headers.append((b"x-dataset-demo", b"true"))
        if self.is_leaving():
            headers.append((b"connection", b"close"))
        return headers


async def _preflight(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT)})
    await send({"type": "http.response.body", "body": b""})


def _place_of(error: BaseException) -> str:
    """File and line where an error arose; its message may hold what a visitor typed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "-"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
