"""Command that serves releases: `serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mediation_geo.cli.console import AsJson, print_json, say

if TYPE_CHECKING:
    from mediation_geo.settings import Settings

__all__ = ["announce", "register"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("serve", epilog="Example: mediation-geo serve --releases releases --port 5000")(serve)


def serve(
    releases: Annotated[
        str | None, typer.Option("--releases", help="Folder of releases, or address of a store: s3://..., https://...")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes, which share one copy of the release.")] = 1,
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics; none where absent.")] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the current release: OGC API, /proches and pages, on one port."""
    from dataclasses import replace

    from mediation_geo.errors import SettingsError
    from mediation_geo.service import serve as run
    from mediation_geo.service import serve_workers
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    settings = settings if releases is None else settings.at(releases)
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    announce(settings, as_json=as_json)
    if workers > 1:
        if metrics_port is not None:
            message = "--metrics-port counts one process; leave it out or serve with one worker"
            raise SettingsError(message)
        serve_workers(settings, workers=workers)
        return
    run(settings, metrics_port=metrics_port)


def announce(settings: Settings, *, as_json: bool) -> None:
    """Say what is served where, before the port is opened."""
    from mediation_geo.release.remote import shown_address

    what = shown_address(settings.store) if settings.store else str(settings.releases)
    if as_json:
        print_json({"url": settings.public_url, "releases": what})
    else:
        say(f"Serving {what} at {settings.public_url} (Ctrl+C to stop)")
