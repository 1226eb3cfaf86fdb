"""
The command line: one file for each group of commands, parsing and printing only.

Each file has `register(app)`; nothing heavy is imported before a command runs, so that `--help` is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from mediation_geo.cli.console import fail, say
from mediation_geo.errors import MediationGeoError

__all__ = ["EXIT_CODES", "app", "main"]

_GROUPS = ("build", "proches", "serve", "sources", "quality", "geocode", "dedupe", "release", "coverage", "doctor")

EXIT_CODES = {
    0: "done",
    1: "done, and the answer is no: `proches` found no place, `doctor` misses something needed, `build` held a source back",
    2: "not done: wrong use, an unusable source, a gate that refused the release, a disk that is full; one sentence says why",
    130: "interrupted with Ctrl+C",
}

app = typer.Typer(
    name="mediation-geo",
    help="The register of places of digital help in France: build it, serve it, ask it.",
    epilog="Example: mediation-geo proches '34000 Montpellier' --besoin demarches",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

evaluations = typer.Typer(
    help="Measure the quality of a stage on labelled data.",
    epilog="Example: mediation-geo eval dedupe --data ../shared/data",
    no_args_is_help=True,
)

for _group in _GROUPS:
    _module = import_module(f"mediation_geo.cli.{_group}")
    _module.register(app)
    if hasattr(_module, "register_eval"):
        _module.register_eval(evaluations)
app.add_typer(evaluations, name="eval")


def main() -> None:
    """
    Run the command line; errors we raise on purpose end with one sentence and exit code 2.

    Notes
    -----
    The exit codes are those of `EXIT_CODES`; docs/command-line.md prints them.
    """
    try:
        app(prog_name="mediation-geo")
    except MediationGeoError as error:
        sys.exit(fail(error))
    except MemoryError as error:
        say(f"mediation-geo: not enough memory ({str(error) or 'a table did not fit'}); what was published before is untouched")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not our failure; keep the interpreter from complaining at exit.
        sys.stdout = None
        sys.exit(0)
