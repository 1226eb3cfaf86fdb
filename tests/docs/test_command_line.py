"""The published page of the command line says what the commands say of themselves."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_the_command_line_is_that_of_the_code() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "_build" / "command_line.py"))
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert page == script["command_line"](), "run: python docs/_build/command_line.py"
