"""The notebooks run from top to bottom on the shipped data, and are kept without outputs."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def sources(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]


def test_there_are_eight_notebooks():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{k:02d}" for k in range(1, 9)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_on_the_shipped_data(path, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)  # away from the files beside the repository, which CI runs them on (nbmake)
    names: dict[str, object] = {"__name__": "__main__"}
    # In this process: a kernel for each would take longer than what it runs.
    for number, source in enumerate(sources(path)):
        exec(compile(source, f"{path.name} cell {number}", "exec"), names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_output_and_uses_public_names_only(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert all(each["outputs"] == [] and each["execution_count"] is None for each in cells if each["cell_type"] == "code")
    modules = {
        node.module for source in sources(path) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
    }
    assert modules <= {"pathlib", "mediation_geo", "mediation_geo.datasets", "mediation_geo.errors"}
