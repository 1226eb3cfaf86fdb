"""The command `doctor`: what this installation has, what is missing, and how to get it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

import typer

from mediation_geo.cli.console import AsJson, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["register"]

_OWN = "mediation-geo"
_EXTRAS = {
    "coverage": "figures, maps and archives of coverage",
    "postgis": "a release in PostGIS",
    "scale": "work beyond one machine",
    "store": "releases read from an object store",
}
_PROGRAMS = {
    "chromium": "tests of the pages in a real browser: apt install chromium",
    "redis-server": "comparison with addok: apt install redis-server",
    "ogr2ogr": "command-line access to the endpoint: apt install gdal-bin",
    "mvn": "the OGC conformance suite: apt install maven",
}
_NAME = re.compile(r"^[\w.-]+")
_EXTRA = re.compile(r"extra == ['\"](\w+)['\"]")


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that was looked for.

    Attributes
    ----------
    name, kind : str
        What it is: a `package`, a `program`, a `setting` or `data`.
    found : str or None
        Version, path or state; None where it is missing.
    help : str
        What it is for and how to get it.
    needed : bool
        Whether nothing works without it.
    """

    name: str
    kind: str
    found: str | None
    help: str
    needed: bool = False


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("doctor", epilog="Example: mediation-geo doctor --json")(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Say what this installation can do, what is missing and how to get it; ends with 1 when something needed is missing."""
    findings = [_python(), *_packages(), *_programs(), *_settings()]
    # Looking at a release takes the packages: without one of them that would be an error instead of a diagnosis.
    if not _missing(findings):
        findings += _data()
    broken = _missing(findings)
    if as_json:
        print_json([asdict(each) for each in findings])
    else:
        _show(findings, broken)
    raise typer.Exit(1 if broken else 0)


def _missing(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.needed and each.found is None]


def _show(findings: list[Finding], broken: list[Finding]) -> None:
    present = [each for each in findings if each.kind == "package" and each.needed and each.found]
    if present:
        print(f"ok {'packages':<22} {len(present)} that come with {_OWN}; --json lists them")
    for each in findings:
        if each in present:
            continue
        mark = "ok" if each.found else "!!" if each.needed else "--"
        print(f"{mark} {each.name:<22} {each.found or each.help}")
    if broken:
        print(f"\n{len(broken)} needed and missing (!!): mediation-geo cannot work before that is mended.")
    elif any(each.found is None for each in findings):
        print("\nEverything needed is there; what is marked -- is for those who want what stands behind it.")


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "program", found, "Python 3.11 to 3.14", needed=True)


def _packages() -> Iterator[Finding]:
    """What the package says it needs, each with the version that is here."""
    try:
        declared = requires(_OWN) or []
    except PackageNotFoundError:
        yield Finding(_OWN, "package", None, f"run from a folder, not installed: pip install {_OWN}", needed=True)
        return
    seen: set[str] = set()
    for line in declared:
        name = _NAME.match(line)
        extra = _EXTRA.search(line)
        if name is None or name[0] in seen or (extra and extra[1] not in _EXTRAS):
            continue
        seen.add(name[0])
        if extra is None:
            advice = f"comes with {_OWN}: pip install --force-reinstall {_OWN}"
        else:
            advice = f"{_EXTRAS[extra[1]]}: pip install '{_OWN}[{extra[1]}]'"
        yield Finding(name[0], "package", _installed(name[0]), advice, needed=extra is None)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _programs() -> Iterator[Finding]:
    for name, advice in _PROGRAMS.items():
        yield Finding(name, "program", "found" if shutil.which(name) else None, advice)


def _settings() -> Iterator[Finding]:
    """The settings, only when they cannot be read."""
    from mediation_geo.errors import SettingsError
    from mediation_geo.settings import Settings

    try:
        Settings.from_environment()
    except SettingsError as error:
        yield Finding("settings", "setting", None, str(error), needed=True)


def _data() -> Iterator[Finding]:
    """What stands under the settings: releases, a folder that can be written, the street table."""
    from mediation_geo.release import current_id
    from mediation_geo.settings import Settings

    settings = Settings.from_environment()
    releases, streets = settings.releases, settings.streets
    advice = f"none in {releases}: mediation-geo build, or mediation-geo up"
    if settings.store:
        advice = f"nothing fetched from {settings.store} yet: mediation-geo serve"
    yield Finding("current release", "data", current_id(releases), advice)
    advice = f"{releases} cannot be written: MEDIATION_GEO_RELEASES names another folder"
    yield Finding("folder of releases", "data", _free(releases), advice)
    advice = "addresses are found to the commune; to the house: mediation-geo geocoder build, then MEDIATION_GEO_STREETS"
    told = str(streets) if streets and streets.is_file() else None
    yield Finding("street table", "data", told, advice if streets is None else f"{streets} is not there; {advice}")


def _free(releases: Path) -> str | None:
    """Room on the disk of the folder, or of the nearest one above that is there; None where nothing may be written."""
    there = next(each for each in [releases.absolute(), *releases.absolute().parents] if each.exists())
    return f"{shutil.disk_usage(there).free / 1e9:.1f} GB free" if os.access(there, os.W_OK) else None
