"""Commands that make a release: `build`, and `up`, which builds if needed and serves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mediation_geo.cli.console import say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("build", epilog="Example: mediation-geo build lieux.csv hub.json --out releases")(build)
    app.command("up", epilog="Example: mediation-geo up --port 5000")(up)


def build(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, addresses or names of the catalogue; none: the national export, else the demo."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of releases.")] = Path("releases"),
    rule: Annotated[str, typer.Option(help="How records are matched: model or official.")] = "model",
    as_of: Annotated[str | None, typer.Option(help="Day of the build, YYYY-MM-DD; today where absent.")] = None,
) -> None:
    """Build one register from sources and publish it as the current release."""
    from mediation_geo.cli.days import day
    from mediation_geo.pipeline import build as run
    from mediation_geo.pipeline import build_default

    on = day(as_of)
    path = run(sources, out=out, as_of=on, rule=rule, report=say) if sources else build_default(out, as_of=on, report=say)
    print(path)


def up(
    releases: Annotated[Path | None, typer.Option("--releases", help="Folder of releases.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Build a release if there is none, then serve it: the main job in one word."""
    from dataclasses import replace

    from mediation_geo.cli.days import day
    from mediation_geo.pipeline import ensure_release
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    settings = replace(settings, releases=releases or settings.releases, port=port or settings.port)
    ensure_release(settings.releases, as_of=day(None), report=say)

    from mediation_geo.service import serve

    serve(settings)
