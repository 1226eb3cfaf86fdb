"""
Write the page of the command line, `docs/command-line.md`, from the code: `python docs/_build/command_line.py`.

Commands, their sentences and examples are those of `--help`; a command without either stops the script.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mediation_geo.cli import EXIT_CODES, app

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[1] / "command-line.md"

_INTRODUCTION = """\
# Command line

<!-- Written by `python docs/_build/command_line.py`: change the code, not this page. -->

`mediation-geo COMMAND --help` lists the options of a command. What is missing on this machine, and how to get it:
`mediation-geo doctor`. Completion of your shell: `mediation-geo --install-completion`.

## For scripts

* `--json`: one JSON document on standard output and nothing else there; an object, or an array where the answer is a list. Every command
  has it.
* Without `--json`, the last line of a command that makes something is its path.
* Progress and errors go to standard error; bars are drawn on a terminal only. An error is one sentence with the next step.
* Folders and addresses that every night shares are settings: [Operators](operators.md#settings).

"""

# In the order of a first week with the register.
_CHAPTERS = {
    "Use": ("up", "serve", "proches"),
    "Make": ("build", "sources", "map", "check", "quality"),
    "Releases": ("status", "diff", "rollback", "accept", "prune", "export", "publish"),
    "Duplicates": ("explain", "review", "label"),
    "Addresses": ("geocode", "geocoder build"),
    "Research": ("coverage",),
    "Quality": ("eval dedupe", "eval geocode", "eval train-dedupe"),
    "Help": ("doctor",),
}


def command_line() -> str:
    """Text of the page."""
    commands = dict(_leaves(typer.main.get_command(app)))
    told = [name for names in _CHAPTERS.values() for name in names]
    if sorted(told) != sorted(commands):
        message = f"give these commands a chapter, or take them out of theirs: {sorted(set(told) ^ set(commands))}"
        raise ValueError(message)
    return "\n".join([_INTRODUCTION + _exit_codes(), *(_chapter(each, commands) for each in _CHAPTERS)])


def _leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)  # newer versions of typer carry a click of their own: no isinstance
    if below is None:
        yield name, command
        return
    for word, each in below.items():
        yield from _leaves(each, f"{name} {word}".strip())


def _exit_codes() -> str:
    rows = "\n".join(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    return f"| exit code | meaning |\n|---|---|\n{rows}\n"


def _chapter(title: str, commands: dict[str, Any]) -> str:
    parts = [f"## {title}\n"]
    for name in _CHAPTERS[title]:
        sentence = " ".join(commands[name].help.split())
        example = " ".join(commands[name].epilog.split()).removeprefix("Example: ")
        parts.append(f"`{name}`: {sentence}\n\n```\n{example}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(command_line(), encoding="utf-8")
