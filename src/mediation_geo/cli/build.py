"""Commands that make a release: `build`, which is the night, and `up`, which builds if needed and serves."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mediation_geo.cli.console import AsJson, download_progress, print_json, say
from mediation_geo.cli.days import day
from mediation_geo.cli.release import KEEP_LAST, KEEP_MONTHS
from mediation_geo.cli.serve import announce

if TYPE_CHECKING:
    from mediation_geo.ingest.download import Patience
    from mediation_geo.settings import Settings

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
    trust: Annotated[
        list[str] | None, typer.Option("--trust", help="Source to take as it is, however much it changed; repeatable.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Day of the build, YYYY-MM-DD; today where absent.")] = None,
    keep_last: Annotated[int, typer.Option(min=1, help="How many of the newest releases stay.")] = KEEP_LAST,
    keep_months: Annotated[int, typer.Option(min=0, help="How many months keep their last release.")] = KEEP_MONTHS,
    as_json: AsJson = False,
) -> None:
    """Build one register from sources, publish it as the current release, and remove releases that are too old."""
    from mediation_geo import pipeline
    from mediation_geo.locate import EmbeddedGeocoder
    from mediation_geo.release import open_release
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    out, on = out or _folder_of(settings), day(as_of)
    if as_of is None:
        pipeline.check_clock(out, today=on)
    with download_progress() as progress:
        if sources:
            fetched = pipeline.fetch_sources(
                sources,
                downloads=settings.downloads,
                tokens=os.environ,
                hosts=settings.source_hosts.split(","),
                patience=_patience(settings),
                report=say,
                progress=progress,
            )
            geocoder = EmbeddedGeocoder(settings.streets) if settings.streets else None
            path = pipeline.build(
                fetched.paths,
                out=out,
                as_of=on,
                rule=rule,
                overrides=overrides,
                geocoder=geocoder,
                trust=trust or (),
                late=fetched.late,
                report=say,
            )
        else:
            path = pipeline.build_default(
                out,
                as_of=on,
                downloads=settings.downloads,
                trust=trust or (),
                patience=_patience(settings),
                report=say,
                progress=progress,
            )
    # A night that a gate stopped ends before this line: nothing is removed then.
    removed = _pruned(out, keep_last=keep_last, keep_months=keep_months)
    manifest = open_release(path).manifest
    held = manifest.get("held", [])
    if as_json:
        print_json({"release": path.name, "path": str(path), "counts": manifest["counts"], "held": held, "removed": removed})
    else:
        print(path)
    for each in held:
        say(f"not of tonight: {each['source']}, {each['kept']} used since {each['since']}: {each['why']}")
    if held:
        say("published all the same; when a source is right, take it as it is with --trust SOURCE")
        raise typer.Exit(1)


def _patience(settings: Settings) -> Patience:
    from mediation_geo.ingest.download import Patience

    return Patience(answer_s=settings.download_timeout_s, whole_s=settings.download_limit_s)


def _folder_of(settings: Settings) -> Path:
    """Where builds are written: the copy of a store is none of theirs."""
    from mediation_geo.errors import SettingsError

    if settings.store:
        message = "MEDIATION_GEO_RELEASES is the address of a store: name a folder to build in, `publish --to` then sends it"
        raise SettingsError(message)
    return settings.releases


def _pruned(out: Path, *, keep_last: int, keep_months: int) -> list[str]:
    from mediation_geo.release import StoreBusy, prune

    try:
        removed = prune(out, keep_last=keep_last, keep_months=keep_months)
    except StoreBusy as error:
        # The release is out: that another build began meanwhile must not turn this night into a failure.
        say(f"old releases stay for now: {error}")
        return []
    if removed:
        say(f"removed {len(removed)} old releases: {', '.join(removed)}")
    return removed


def up(
    releases: Annotated[Path | None, typer.Option("--releases", help="Folder of releases.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes, which share one copy of the release.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Build a release if there is none, then serve it: the main job in one word."""
    from mediation_geo.pipeline import ensure_release
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    settings = replace(settings, releases=releases or _folder_of(settings), store="", port=port or settings.port)
    with download_progress() as progress:
        ensure_release(settings.releases, as_of=day(None), downloads=settings.downloads, report=say, progress=progress)

    from mediation_geo.service import serve, serve_workers

    announce(settings, as_json=as_json)
    if workers > 1:
        serve_workers(settings, workers=workers)
    else:
        serve(settings)
