"""Pages that say how a step works name only commands, options and functions that exist."""

from __future__ import annotations

import ast
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from mediation_geo.cli import app
from tests.docs.snippets import Snippet, snippets

DOCS = Path(__file__).resolve().parents[2] / "docs"
# The contract between the rooms writes signatures, not Python.
PAGES = sorted(each.name for each in DOCS.glob("*.md") if each.name != "architecture.md")


def blocks(page: str) -> list[Snippet]:
    return snippets(DOCS / page, served_at="http://127.0.0.1:5000")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_exists_with_its_options(page: str) -> None:
    lines = [line.removeprefix("$ ").split("  ")[0] for block in blocks(page) for line in block.text.splitlines()]
    for line in lines:
        words = re.sub(r"^(\w+=\S+ )+", "", line)
        if words.startswith("mediation-geo "):
            _parse(typer.main.get_command(app), shlex.split(words)[1:], line)


def _parse(command: Any, words: list[str], line: str) -> None:
    names = words
    while hasattr(command, "commands"):  # newer versions of typer carry a click of their own: no isinstance
        assert names[0] in command.commands, f"no such command: {line}"
        command, names = command.commands[names[0]], names[1:]
    known = {option for each in command.params for option in [*each.opts, *each.secondary_opts]} | {"--help", "-h"}
    asked = {word.partition("=")[0] for word in names if word.startswith("--")}
    assert asked <= known, f"{line}: unknown {sorted(asked - known)}"


@pytest.mark.parametrize("page", PAGES)
def test_every_name_a_page_takes_from_the_package_exists(page: str) -> None:
    modules: dict[str, object] = {}
    for block in blocks(page):
        if block.language != "python":
            continue
        for node in ast.walk(ast.parse(block.text)):
            if isinstance(node, ast.Import):
                modules |= {each.asname or each.name: import_module(each.name) for each in node.names}
            if isinstance(node, ast.ImportFrom):
                home = import_module(str(node.module))
                found = {each.asname or each.name: getattr(home, each.name) for each in node.names}
                modules |= {name: value for name, value in found.items() if hasattr(value, "__path__")}
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                assert hasattr(modules[node.value.id], node.attr), f"{page}: {ast.unparse(node)}"
