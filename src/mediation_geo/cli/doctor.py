"""The command `doctor`: what this installation has, what is missing, and how to get it."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from mediation_geo.cli.console import print_json

__all__ = ["register"]

# Distribution -> what is lost without it and how to get it.
_PACKAGES = {
    "pygeoapi": "the OGC API (comes with mediation-geo)",
    "geopandas": "reading and writing places (comes with mediation-geo)",
    "pyogrio": "exports to GeoPackage, FlatGeobuf, GeoJSON (comes with mediation-geo)",
    "matplotlib": "figures of coverage: pip install 'mediation-geo[coverage]'",
    "py7zr": "ARCEP coverage archives: pip install 'mediation-geo[coverage]'",
    "numba": "faster catchments: pip install 'mediation-geo[scale]'",
    "dask": "coverage beyond one machine: pip install 'mediation-geo[scale]'",
}
_PROGRAMS = {
    "chromium": "tests of the pages in a real browser: apt install chromium",
    "redis-server": "comparison with addok: apt install redis-server",
    "ogr2ogr": "command-line access to the endpoint: apt install gdal-bin",
    "mvn": "the OGC conformance suite: apt install maven",
}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("doctor", epilog="Example: mediation-geo doctor --json")(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False) -> None:
    """Say what this installation can do, what is missing and how to get it."""
    findings = [*_packages(), *_programs()]
    if as_json:
        print_json(findings)
        return
    for each in findings:
        found = each["found"]
        print(f"{'ok ' if found else '-- '} {each['name']:<14} {found or each['help']}")


def _packages() -> list[dict[str, str | None]]:
    rows = []
    for name, help_text in _PACKAGES.items():
        try:
            found: str | None = version(name)
        except PackageNotFoundError:
            found = None
        rows.append({"name": name, "kind": "package", "found": found, "help": help_text})
    return rows


def _programs() -> list[dict[str, str | None]]:
    return [
        {"name": name, "kind": "program", "found": "found" if shutil.which(name) else None, "help": help_text}
        for name, help_text in _PROGRAMS.items()
    ]
