"""The process that serves: one port, requests at hand finished before it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from typing import TYPE_CHECKING

import uvicorn

from mediation_geo.service.app import create_app
from mediation_geo.service.http.protocol import MOST_HEADER_BYTES, Protocol
from mediation_geo.service.proches.referral import geocoder
from mediation_geo.service.replica import following
from mediation_geo.service.snapshot import store_of
from mediation_geo.service.workers import leave_when_told, listening_socket, supervise

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from mediation_geo.settings import Settings

__all__ = ["serve", "serve_workers"]

# A release is loaded, and the minute ahead made, in threads beside the one that answers: it gets the lock back this soon.
_SWITCH_SECONDS = 0.001


def serve(settings: Settings, *, metrics_port: int | None = None) -> None:
    """
    Serve the releases of `settings.releases` until interrupted; requests at hand are finished first.

    Parameters
    ----------
    settings : Settings
        Folder of releases, address, port and limits.
    metrics_port : int, optional
        Port of `/metrics`, on the same address; none where absent.
    """
    _log_to_stderr()
    sys.setswitchinterval(_SWITCH_SECONDS)
    with following(settings) as keep:
        app = create_app(settings.releases, settings=settings)
        geocoder()
        _settle()
        store_of(settings.releases).after_swap.append(_settle)
        store_of(settings.releases).before_look.append(keep)
        if metrics_port is not None:
            app.state.site.metrics.serve(metrics_port, host=settings.host)
        uvicorn.Server(_configuration(app, settings)).run()


def serve_workers(settings: Settings, *, workers: int) -> None:
    """
    Serve from several processes that share one copy of the release in memory.

    Parameters
    ----------
    settings : Settings
        Folder of releases, address, port and limits; the rate limit counts in each process.
    workers : int
        Number of processes.
    """
    _log_to_stderr()
    sys.setswitchinterval(_SWITCH_SECONDS)
    store = store_of(settings.releases)
    geocoder()
    listening = listening_socket(settings.host, settings.port)

    def work() -> None:
        store.hold()
        app = create_app(settings.releases, settings=settings)
        server = uvicorn.Server(_configuration(app, settings))

        def begin_to_leave() -> None:
            app.state.site.leave()
            # What this child does not take, one of the new ones will: taken and then closed, its request would be lost.
            for each in getattr(server, "servers", ()):
                asyncio.get_running_loop().call_soon_threadsafe(each.close)

        leave_when_told(begin_to_leave, is_idle=lambda: not server.server_state.connections)
        server.run(sockets=[listening])

    with following(settings) as keep:
        store.before_look.append(keep)
        supervise(store, workers=workers, work=work)


def _configuration(app: Starlette, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        # Its access log would print addresses and queries; ours is in `gate`.
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=20,
        http=Protocol,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
    )


def _settle() -> None:
    """What is alive now stays for the day: a garbage collector that walked through it would stop every answer for its time."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _log_to_stderr() -> None:
    """One line a request, with the route and without the query, the address or the browser."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    logger = logging.getLogger("mediation_geo.service")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
