"""Commands about what is published: `status`, `rollback`, `accept`, `prune`, `diff`, `export`, `publish`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediation_geo.cli.console import AsJson, Releases, print_json, say

if TYPE_CHECKING:
    from mediation_geo.release import Release

__all__ = ["KEEP_LAST", "KEEP_MONTHS", "register"]

# A month of nights to go back to, and a year of months to compare with.
KEEP_LAST = 30
KEEP_MONTHS = 12


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("status", epilog="Example: mediation-geo status --releases releases --json")(status)
    app.command("rollback", epilog="Example: mediation-geo rollback 2026-11-20")(rollback)
    app.command("accept", epilog="Example: mediation-geo accept --releases releases")(accept)
    app.command("prune", epilog="Example: mediation-geo prune --keep-last 30 --keep-months 12")(prune)
    app.command("diff", epilog="Example: mediation-geo diff 2026-11-20 2026-11-21 --departement 34")(diff)
    app.command("export", epilog="Example: mediation-geo export --format csv --format xlsx --out exports")(export)
    app.command(
        "publish", epilog="Example: mediation-geo publish --out site --base-url https://donnees.exemple.fr/lieux --to datagouv"
    )(publish)


def status(
    releases: Releases = Path("releases"),
    verify: Annotated[bool, typer.Option("--verify", help="Also compare every file with its checksum.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which release is current, what it holds, which sources are not of its night, and whether a refused build is waiting."""
    from mediation_geo.release import open_release, refused_path, release_ids

    release = open_release(releases)
    if verify:
        release.verify()
    waiting = refused_path(releases)
    answer = {
        "current": release.id,
        "demo": bool(release.manifest.get("demo")),
        "counts": release.manifest["counts"],
        "releases": release_ids(releases),
        "held": release.manifest.get("held", []),
        "refused": waiting.name if waiting else None,
        "verified": verify,
    }
    if as_json:
        print_json(answer)
        return
    _print_release(release)
    print(f"releases  {', '.join(answer['releases'][-10:])}")
    for each in answer["held"]:
        print(f"held      {each['source']} since {each['since']}, taken from the {each['kept']}: {each['why']}")
    if waiting:
        print(f"refused   {waiting.name}: look at it, then `mediation-geo accept` or build again")
    if verify:
        print("checksums correct")


def rollback(
    release_id: Annotated[str | None, typer.Argument(help="Release to serve; none: the one before the current.")] = None,
    releases: Releases = Path("releases"),
    as_json: AsJson = False,
) -> None:
    """Serve an earlier release again; its checksums are verified first."""
    from mediation_geo.release import rollback as run

    _say_current(run(releases, release_id), as_json=as_json)


def accept(releases: Releases = Path("releases"), as_json: AsJson = False) -> None:
    """Publish the build that a gate refused, after you looked at it and found it right."""
    from mediation_geo.release import accept_refused

    _say_current(accept_refused(releases), as_json=as_json)


def prune(
    releases: Releases = Path("releases"),
    keep_last: Annotated[int, typer.Option(min=1, help="How many of the newest releases stay.")] = KEEP_LAST,
    keep_months: Annotated[int, typer.Option(min=0, help="How many months keep their last release.")] = KEEP_MONTHS,
    as_json: AsJson = False,
) -> None:
    """Remove old releases; the current one always stays."""
    from mediation_geo.release import prune as run

    gone = run(releases, keep_last=keep_last, keep_months=keep_months)
    if as_json:
        print_json({"removed": gone})
    else:
        print(f"removed {len(gone)}: {', '.join(gone)}" if gone else "nothing to remove")


def export(
    releases: Releases = Path("releases"),
    out: Annotated[Path | None, typer.Option("--out", help="Folder to make; default: `exports` inside the release.")] = None,
    formats: Annotated[list[str] | None, typer.Option("--format", help="Format, repeatable; none: all of them.")] = None,
    release_id: Annotated[str | None, typer.Option("--release", help="Release to export; none: the current one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the register in the formats that others use, with an index and checksums."""
    from mediation_geo.release import open_release
    from mediation_geo.release.exports import write_exports

    release = open_release(releases, release_id)
    folder = write_exports(release, out or release.path / "exports", formats=formats or None)
    if as_json:
        print((folder / "index.json").read_text(encoding="utf-8"))
    else:
        print(folder)


def diff(
    before: Annotated[
        str | None, typer.Argument(help="Earlier release; none: the one that the current was compared with.")
    ] = None,
    after: Annotated[str | None, typer.Argument(help="Later release; none: the current one.")] = None,
    releases: Releases = Path("releases"),
    departement: Annotated[str | None, typer.Option(help="Only this département, for example 34.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what changed between two releases, place by place."""
    from mediation_geo.errors import ReleaseNotFound
    from mediation_geo.release import open_release
    from mediation_geo.release.feeds import tell

    later = open_release(releases, after)
    earlier_id = before or later.manifest.get("previous")
    if earlier_id is None:
        message = f"{releases}: release {later.id} is the first; name two releases to compare"
        raise ReleaseNotFound(message)
    step = tell(open_release(releases, earlier_id), later)
    if departement:
        step = step.within(departement)
    if as_json:
        print_json(
            {"before": earlier_id, "after": later.id, "changes": [json.loads(line) for line in step.ndjson().splitlines()]}
        )
        return
    for line in step.lines():
        print(line)


def publish(
    base_url: Annotated[str | None, typer.Option("--base-url", help="Public address of the folder that is written.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to make for a web server.")] = Path("publication"),
    releases: Releases = Path("releases"),
    publisher: Annotated[str, typer.Option(help="Name of who publishes.")] = "mediation-geo",
    formats: Annotated[list[str] | None, typer.Option("--format", help="Format, repeatable; none: all of them.")] = None,
    allowed: Annotated[
        list[str] | None,
        typer.Option("--allow-licence", help="Source that you answer for, its licence being share-alike or unknown; repeatable."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="datagouv: also send the files there. postgis, or s3://...: send the release itself, at once."),
    ] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Id of the dataset on the catalogue.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Really send; without it the plan is only printed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write exports, descriptions, changes and feeds of the current release into one folder, or send the release to a store."""
    from mediation_geo.cli.destinations import send_to
    from mediation_geo.errors import RequestError
    from mediation_geo.release.exports import FORMATS
    from mediation_geo.release.publication import write_publication

    if to is not None and to != "datagouv":
        send_to(releases, to, allowed=allowed or [], publisher=publisher, as_json=as_json)
        return
    if base_url is None:
        option, message = "--base-url", "missing; it is the address under which people will find the folder that is written"
        raise RequestError(option, message)
    if to and not dataset:
        option, message = "--dataset", "missing; it is the id in the address of the dataset on data.gouv.fr"
        raise RequestError(option, message)
    if to:
        _check_datagouv(formats, send=send)
    folder = write_publication(
        releases, out, base_url=base_url, publisher=publisher, formats=formats or FORMATS, allowed=allowed or []
    )
    uploads = _to_datagouv(folder, str(dataset), formats=formats, send=send) if to else []
    if as_json:
        print_json({"path": str(folder), "uploads": uploads, "sent": bool(to and send)})
        return
    print(folder)
    for each in uploads:
        state = "same bytes, not sent" if not each["needed"] else "sent" if send else "would be sent"
        print(f"{each['file']:<40} {each['bytes']:>12,} bytes  {state}")
    if to and not send:
        say("nothing was sent: add --send, with the key of the platform in MEDIATION_GEO_DATAGOUV_KEY")


def _check_datagouv(formats: list[str] | None, *, send: bool) -> None:
    """Say what is missing before minutes go into writing files."""
    import os

    from mediation_geo.errors import RequestError
    from mediation_geo.release import CatalogueError
    from mediation_geo.release.datagouv import DEFAULT_FORMATS

    if formats and not set(formats) & set(DEFAULT_FORMATS):
        option, message = "--format", "none of these goes to data.gouv.fr"
        raise RequestError(option, message, allowed=DEFAULT_FORMATS)
    if send and not os.environ.get("MEDIATION_GEO_DATAGOUV_KEY"):
        message = "no key: set MEDIATION_GEO_DATAGOUV_KEY to the API key of your profile on data.gouv.fr"
        raise CatalogueError(message)


def _to_datagouv(folder: Path, dataset: str, *, formats: list[str] | None, send: bool) -> list[dict[str, Any]]:
    """Plan the uploads, and send them if asked; the one place of the release commands that opens a connection."""
    import os
    from dataclasses import asdict

    import httpx

    from mediation_geo.release import CatalogueError, datagouv

    address = os.environ.get("MEDIATION_GEO_DATAGOUV_URL", "https://www.data.gouv.fr/api/1/")
    key = os.environ.get("MEDIATION_GEO_DATAGOUV_KEY", "")
    chosen = [each for each in datagouv.DEFAULT_FORMATS if not formats or each in formats]
    try:
        with httpx.Client(base_url=address, headers={"X-API-KEY": key} if key else {}, timeout=120) as client:
            uploads = datagouv.plan_uploads(folder, datagouv.fetch_dataset(client, dataset), formats=chosen)
            if send:
                datagouv.send(client, dataset, folder, uploads)
    except httpx.TransportError as error:
        message = (
            f"{address} does not answer ({error}); the files are in {folder}, run the command again later to send what is missing"
        )
        raise CatalogueError(message) from error
    return [asdict(each) for each in uploads]


def _say_current(release: Release, *, as_json: bool) -> None:
    answer: dict[str, Any] = {"current": release.id, "path": str(release.path)}
    if as_json:
        print_json(answer)
    else:
        say("this release is current now; a running service takes it up by itself")
        print(release.path)


def _print_release(release: Release) -> None:
    counts = release.manifest["counts"]
    demo = "  DEMO: every place is invented" if release.manifest.get("demo") else ""
    print(f"current   {release.id}{demo}")
    print(f"places    {counts['places']:,}, {counts['places_with_position']:,} with a position")
    print(f"records   {counts['records']:,} from {len(counts['records_by_feed'])} sources, {counts['issues']:,} issues")
