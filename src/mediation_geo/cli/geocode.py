"""Commands for addresses: `geocode` a file, `geocoder build` the street table, `eval geocode`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mediation_geo.cli.console import AsJson, print_json, say

if TYPE_CHECKING:
    from mediation_geo.locate import Geocoder

__all__ = ["register", "register_eval"]

Streets = Annotated[
    Path | None, typer.Option("--streets", envvar="MEDIATION_GEO_STREETS", help="Street table made by `geocoder build`.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("geocode", epilog="Example: mediation-geo geocode lieux.csv --streets adresses.sqlite")(geocode)
    geocoder = typer.Typer(
        help="The street table behind the geocoder.",
        epilog="Example: mediation-geo geocoder build adresses-34.csv.gz --out adresses.sqlite",
        no_args_is_help=True,
    )
    geocoder.command("build", epilog="Example: mediation-geo geocoder build adresses-34.csv.gz --out adresses.sqlite")(build)
    app.add_typer(geocoder, name="geocoder")


def register_eval(app: typer.Typer) -> None:
    """Add the evaluation to `mediation-geo eval`."""
    app.command("geocode", epilog="Example: mediation-geo eval geocode ../shared/data")(evaluate)


def geocode(
    file: Annotated[Path, typer.Argument(help="CSV file with addresses.")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write; FILE.geocoded.csv where absent.")] = None,
    streets: Streets = None,
    remote: Annotated[
        str | None, typer.Option("--remote", help="Address of a geocoding service to ask where the table has no answer.")
    ] = None,
    cache: Annotated[Path | None, typer.Option("--cache", help="File that remembers answers between runs.")] = None,
    adresse: Annotated[str | None, typer.Option(help="Name of the column with the street line.")] = None,
    code_postal: Annotated[str | None, typer.Option(help="Name of the column with the postcode.")] = None,
    commune: Annotated[str | None, typer.Option(help="Name of the column with the commune.")] = None,
    code_insee: Annotated[str | None, typer.Option(help="Name of the column with the INSEE code.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add position, precision and confidence to each row of a CSV file; the rest stays byte for byte. Run again to resume."""
    from rich.console import Console
    from rich.progress import Progress

    from mediation_geo.locate.csvfile import geocode_csv

    target = out or file.with_suffix(".geocoded.csv")
    given = {"adresse": adresse, "code_postal": code_postal, "commune": commune, "code_insee": code_insee}
    with ExitStack() as opened, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=None)
        counts = geocode_csv(
            file,
            target,
            geocoder=_geocoder(opened, streets, remote, cache),
            columns={name: column for name, column in given.items() if column},
            progress=lambda rows: bar.update(task, completed=rows),
        )
    say(f"{counts.rows} rows, {counts.answered} answered in this run")
    if as_json:
        print_json({"path": str(target), "rows": counts.rows, "answered": counts.answered})
    else:
        print(target)


def _geocoder(opened: ExitStack, streets: Path | None, remote: str | None, cache: Path | None) -> Geocoder:
    from datetime import date

    from mediation_geo.locate import EmbeddedGeocoder

    embedded = opened.enter_context(closing(EmbeddedGeocoder(streets)))
    engine: Geocoder = embedded
    if remote:
        from mediation_geo.locate.chain import ChainGeocoder
        from mediation_geo.locate.remote import RemoteGeocoder

        service = opened.enter_context(closing(RemoteGeocoder(remote, streets=embedded.streets)))
        engine = ChainGeocoder([embedded, service])
    if cache:
        from mediation_geo.locate.cache import CachedGeocoder

        engine = opened.enter_context(closing(CachedGeocoder(engine, cache, today=date.today())))
    return engine


def build(
    files: Annotated[list[Path], typer.Argument(help="Address files of the BAN: CSV or NDJSON, gzipped or not.")],
    out: Annotated[Path, typer.Option("--out", help="Street table to write; parts already in it are kept.")] = Path(
        "adresses.sqlite"
    ),
    data_version: Annotated[str, typer.Option(help="Version of the addresses, e.g. their date.")] = "unknown",
    as_json: AsJson = False,
) -> None:
    """Build the street table from national address files. Run again to resume, or to add départements."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from mediation_geo.locate import load_communes
    from mediation_geo.locate.build import build_streets

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("streets")
        counts = build_streets(
            files,
            out,
            communes=load_communes(),
            data_version=data_version,
            progress=lambda path, streets: bar.update(task, description=f"{Path(path).name}: {streets:,} streets"),
        )
    say(f"{counts['streets']:,} streets, {counts['numbers']:,} numbers")
    if as_json:
        print_json({"path": str(out), **counts})
    else:
        print(out)


def evaluate(
    data: Annotated[Path, typer.Argument(help="Folder of the evaluation data, with `geocoding/` in it.")],
    streets: Streets = None,
    held_out: Annotated[bool, typer.Option(help="Only the half of the queries that was not looked at while tuning.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the invented streets.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Print how often the embedded geocoder is right, in the wrong commune, or believes in a street that does not exist."""
    from mediation_geo.locate.report import report_quality

    measures = report_quality(data / "geocoding", streets=streets, held_out=held_out, seed=seed)
    if as_json:
        print_json({each.name: each.figures for each in measures})
        return
    for each in measures:
        print(each.text, flush=True)
