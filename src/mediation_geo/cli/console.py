"""
What every command shares: how it says that something went wrong, and how it prints machine-readable answers.

With `--json` every command prints one JSON document on standard output and nothing else there: an object, or an array where the
answer is a list; names as in the tables, paths as text, days as YYYY-MM-DD. Progress and errors go to standard error in any case.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediation_geo.errors import MediationGeoError, PublishRefused, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["AsJson", "Releases", "download_progress", "fail", "print_json", "say"]

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Releases = Annotated[Path, typer.Option("--releases", envvar="MEDIATION_GEO_RELEASES", help="Folder of releases.")]


def say(message: str) -> None:
    """Print a line for people on standard error, so that standard output stays machine-readable."""
    print(message, file=sys.stderr, flush=True)


def fail(error: MediationGeoError) -> int:
    """Print an error and what would be right; return the exit code."""
    say(f"mediation-geo: {error}")
    if isinstance(error, RequestError) and error.allowed:
        say(f"  expected one of: {', '.join(error.allowed)}")
    if isinstance(error, PublishRefused):
        say("  the previous release stays current")
    return 2


def print_json(value: Any) -> None:
    """Print a value as indented JSON in UTF-8 on standard output."""
    # Flushed: a command that serves prints its answer first and then goes on for good.
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str), flush=True)


@contextmanager
def download_progress() -> Iterator[Callable[[int, int | None], None] | None]:
    """Show a bar on standard error while bytes arrive, on a terminal only; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("download"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("download", total=None, visible=False)

        def show(done: int, expected: int | None) -> None:
            bar.update(task, completed=done, total=expected, visible=True)

        yield show
