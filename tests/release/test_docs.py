"""Every command and snippet of docs/releases.md works as it is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mediation_geo.cli import app
from mediation_geo.errors import PublishRefused
from mediation_geo.release import Release, write_release
from mediation_geo.release.exports import FORMATS
from mediation_geo.release.gates import DEFAULT_LIMITS, check_gates
from tests.release.tables import town

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "releases.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, flags=re.DOTALL)
LINES = [line.split("  ")[0].strip() for _, block in BLOCKS for line in block.splitlines()]
# A line with an ellipsis or a key is a pattern to fill in, not a command to copy.
COMMANDS = [line for line in LINES if line.startswith("mediation-geo ") and "…" not in line]


@pytest.fixture
def night(tmp_path, monkeypatch):
    """Two releases and a refused build, in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_release("releases", **town(40, as_of="2026-11-20"))
    write_release("releases", **town(41, as_of="2026-11-21"))
    with pytest.raises(PublishRefused):
        write_release("releases", **town(10, as_of="2026-11-22"))


@pytest.mark.usefixtures("night")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_works_as_printed(command):
    answer = CliRunner().invoke(app, shlex.split(command)[1:])
    assert answer.exit_code == 0, (answer.output, answer.exception)


def test_the_page_has_the_commands_that_are_checked_here():
    assert {shlex.split(command)[1] for command in COMMANDS} == {
        "accept", "diff", "export", "prune", "publish", "rollback", "status"
    }  # fmt: skip


@pytest.mark.usefixtures("night")
def test_the_snippet_of_the_page_opens_a_release():
    snippet = next(block for language, block in BLOCKS if language == "python")
    names = {}
    exec(compile(snippet, "docs/releases.md", "exec"), names)
    assert isinstance(names["release"], Release)


def test_the_page_names_every_format_and_every_gate():
    told = set(re.findall(r"`([\w-]+)`", PAGE))
    assert set(FORMATS) <= told
    before, after = town(30), town(30)
    findings = check_gates(
        places=after["places"],
        records=after["records"],
        counts=(counts := {"places": 30, "places_with_position": 30, "records_by_feed": {"demo": 30}, "rejects_by_feed": {}}),
        previous_places=before["places"],
        previous_counts=counts,
        limits=DEFAULT_LIMITS,
    )
    assert {finding.gate for finding in findings} <= told
