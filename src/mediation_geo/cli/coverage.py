"""The command `coverage`: where help is out of reach, for a département or the country, as a report, tables and files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediation_geo.cli.console import print_json, say
from mediation_geo.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from mediation_geo.coverage import Report

__all__ = ["register"]

_PEOPLE = "Where people live"
_WHITE = "White zones"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("coverage", epilog="Example: mediation-geo coverage --departement 48 --out coverage-48")(coverage)


def coverage(
    departement: Annotated[str | None, typer.Option(help="Code, such as 48 or 974; the whole country where absent.")] = None,
    releases: Annotated[Path | None, typer.Option(help="Folder of releases.")] = None,
    places: Annotated[Path | None, typer.Option(help="Places from a CSV or Parquet file instead of a release.")] = None,
    service: Annotated[str | None, typer.Option(help="Only places that list this service of the standard.")] = None,
    grid: Annotated[Path | None, typer.Option(help="INSEE grid (CSV, Parquet, zip, 7z).", rich_help_panel=_PEOPLE)] = None,
    vintage: Annotated[str | None, typer.Option(help="Edition of the grid: Filosofi 2019.", rich_help_panel=_PEOPLE)] = None,
    spread_m: Annotated[
        int, typer.Option(help="Side in metres of the squares where no grid is given.", rich_help_panel=_PEOPLE)
    ] = 1000,
    definition: Annotated[
        list[Path] | None,
        typer.Option(help="TOML file that names white zones and the maps or lists they are measured on.", rich_help_panel=_WHITE),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write CSV, GeoParquet, HTML and provenance to this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Report how far people live from help: distances, people beyond 2, 5, 10 and 20 km, communes out of reach."""
    from mediation_geo.coverage import (
        cells_with_communes,
        coverage_report,
        land_border,
        measure_zones,
        read_zones,
        shipped_communes,
        write_report,
    )

    country = shipped_communes()
    communes = country if departement is None else shipped_communes(departement=departement)
    zones = [zone for file in definition or [] for zone in read_zones(file)]
    cells = cells_with_communes(_cells(communes, grid, vintage, spread_m), communes)
    inside = cells[cells["code_insee"].isin(communes["code_insee"])].reset_index(drop=True)
    report = coverage_report(
        communes,
        measure_zones(inside, zones),
        _places(places, releases, service),
        border=land_border(country),
        title=_title(departement),
        white={zone.column: zone.definition for zone in zones},
    )
    if as_json:
        print_json(report.summary.to_dict("records")[0])
    else:
        _show(report)
    if out is not None:
        for path in write_report(report, out):
            say(f"written {path}")


def _title(departement: str | None) -> str:
    from mediation_geo.standard.territories import DEPARTEMENTS

    return "France" if departement is None else f"{DEPARTEMENTS[departement].nom} ({departement})"


def _cells(communes: Any, grid: Path | None, vintage: str | None, spread_m: int) -> pd.DataFrame:
    from mediation_geo.coverage import read_grid, spread_population

    if grid is None:
        return spread_population(communes[communes.geometry.notna()], size_m=spread_m)
    if vintage is None:
        message = "say which edition the grid is, such as --vintage 'Filosofi 2019': a result without it cannot be reproduced"
        msg = "--vintage"
        raise RequestError(msg, message)
    return read_grid(grid, vintage=vintage)


def _places(path: Path | None, releases: Path | None, service: str | None) -> pd.DataFrame:
    from mediation_geo.coverage import places_offering, read_places, release_places
    from mediation_geo.settings import Settings

    found = release_places(releases or Settings.from_environment().releases) if path is None else read_places(path)
    return found if service is None else places_offering(found, service=service)


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    row = report.summary.iloc[0]
    console.print(f"[bold]{report.title}[/bold]: {row['population']:,.0f} people, {row['places']} places")
    console.print(
        f"  distance: mean {row['mean_distance_m'] / 1000:.1f} km, median {row['median_distance_m'] / 1000:.1f}, "
        f"p90 {row['p90_distance_m'] / 1000:.1f}, p99 {row['p99_distance_m'] / 1000:.1f}; Gini {row['gini_distance']:.2f}"
    )
    table = Table("beyond", "people", "share", box=None)
    for name in row.index:
        if name.startswith("people_beyond_"):
            table.add_row(name.removeprefix("people_beyond_"), f"{row[name]:,.0f}", f"{row[name] / row['population']:.1%}")
        if name.startswith("white_share_"):
            table.add_row(name, f"{row[name] * row['population']:,.0f}", f"{row[name]:.2%}")
    console.print(table)
    worst = Table("commune", "people", "beyond 5 km", "from the town hall", box=None)
    for each in report.worst.to_dict("records"):
        name, distance = f"{each['nom']} ({each['code_insee']})", f"{each['nearest_distance_m'] / 1000:.1f} km"
        worst.add_row(name, f"{each['population']:,.0f}", f"{each['people_beyond_5km']:,.0f}", distance)
    console.print(worst)
    for warning in report.warnings:
        console.print(f"[yellow]! {warning}[/yellow]")
