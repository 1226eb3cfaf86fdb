"""Commands that make a release: `build`, and `up`, which builds if needed and serves."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mediation_geo.cli.console import download_progress, say
from mediation_geo.cli.days import day

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("build", epilog="Example: mediation-geo build lieux.csv hub.json --out releases")(build)
    app.command("up", epilog="Example: mediation-geo up --port 5000")(up)


def build(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, or names of the catalogue (see `sources`); none: the national export."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of releases.")] = None,
    rule: Annotated[str, typer.Option(help="How records are matched: model or official.")] = "model",
    overrides: Annotated[Path | None, typer.Option(help="CSV of human decisions on what is one place.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Day of the build, YYYY-MM-DD; today where absent.")] = None,
) -> None:
    """Build one register from sources and publish it as the current release."""
    from mediation_geo import pipeline
    from mediation_geo.locate import EmbeddedGeocoder
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    out, on = out or settings.releases, day(as_of)
    with download_progress() as progress:
        if sources:
            files = pipeline.fetch_sources(
                sources, downloads=settings.downloads, tokens=os.environ, report=say, progress=progress
            )
            geocoder = EmbeddedGeocoder(settings.streets) if settings.streets else None
            path = pipeline.build(files, out=out, as_of=on, rule=rule, overrides=overrides, geocoder=geocoder, report=say)
        else:
            path = pipeline.build_default(out, as_of=on, downloads=settings.downloads, report=say, progress=progress)
    print(path)


def up(
    releases: Annotated[Path | None, typer.Option("--releases", help="Folder of releases.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Build a release if there is none, then serve it: the main job in one word."""
    from mediation_geo.pipeline import ensure_release
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    settings = replace(settings, releases=releases or settings.releases, port=port or settings.port)
    with download_progress() as progress:
        ensure_release(settings.releases, as_of=day(None), downloads=settings.downloads, report=say, progress=progress)

    from mediation_geo.service import serve

    say(f"Serving {settings.releases} at {settings.public_url} (Ctrl+C to stop)")
    serve(settings)
