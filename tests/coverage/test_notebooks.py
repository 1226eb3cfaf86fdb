"""The notebooks run from top to bottom, on the shipped data and on the grid beside the checkout; they hold no outputs."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BESIDE = ROOT.parent / "shared" / "data" / "coverage"
FIGURES = {"02", "03", "05", "06", "08"}


def sources(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """nbmake on copies of the notebooks, with and without the files beside: at once, for kernels wait more than they work."""
    pytest.importorskip("nbmake")
    started = {}
    for kind in ("shipped", "beside"):
        folder = tmp_path_factory.mktemp(kind)
        copies = folder / "checkout" / "notebooks"
        shutil.copytree(ROOT / "notebooks", copies)
        if kind == "beside":
            if not BESIDE.is_dir():
                continue
            (folder / "shared" / "data").mkdir(parents=True)
            (folder / "shared" / "data" / "coverage").symlink_to(BESIDE)
        homes = {name: os.fspath(folder / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
        command = [sys.executable, "-m", "pytest", "--nbmake", "--nbmake-timeout=900", "--overwrite", "-p", "no:cacheprovider"]
        process = subprocess.Popen(
            [*command, "-q", os.fspath(copies)],
            cwd=folder / "checkout",
            env=os.environ | homes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # kernels belong to it
        )
        started[kind] = (process, copies)
    try:
        yield {
            kind: (process.communicate(timeout=900)[0], process.returncode, copies) for kind, (process, copies) in started.items()
        }
    finally:
        for process, _ in started.values():
            if process.poll() is None:
                os.killpg(process.pid, 9)
                process.communicate()


@pytest.mark.parametrize("kind", ["shipped", "beside"])
def test_every_notebook_runs_from_top_to_bottom(kind, runs):
    if kind not in runs:
        pytest.skip("the synthetic grid (../shared/data/coverage beside the checkout) is absent")
    output, code, copies = runs[kind]
    assert code == 0, output
    assert f"{len(NOTEBOOKS)} passed" in output
    cells = json.loads((copies / NOTEBOOKS[0].name).read_text(encoding="utf-8"))["cells"]
    counted = next("".join(each["outputs"][0]["data"]["text/plain"]) for each in cells if each["cell_type"] == "code")
    assert ("25000 places" in counted) == (kind == "beside")


def test_a_notebook_that_was_run_becomes_a_page_with_its_figures(runs):
    nbformat = pytest.importorskip("nbformat")
    specification = importlib.util.spec_from_file_location("render", ROOT / "docs" / "_build" / "notebooks.py")
    render = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(render)
    for path in NOTEBOOKS:
        page, figures = render.page_of(nbformat.read(runs["shipped"][2] / path.name, as_version=4), path.stem)
        assert page.startswith("# ")
        assert page.count("```python") == len(sources(path))
        assert bool(figures) == (path.name[:2] in FIGURES)
        assert all(f"]({name})" in page and "<svg" in figure for name, figure in figures.items())
        assert re.search(r"/(home|root|tmp|work)/", page) is None, "a page names a folder of this machine"


def test_there_are_eight_notebooks_each_with_a_line_in_the_documentation():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{k:02d}" for k in range(1, 9)]
    page = (ROOT / "docs" / "notebooks" / "index.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\w+)\.md\)", page) == [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_output_and_uses_public_names_only(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert all(each["outputs"] == [] and each["execution_count"] is None for each in cells if each["cell_type"] == "code")
    modules = {
        node.module for source in sources(path) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
    }
    assert modules <= {"pathlib", "IPython.display", "mediation_geo", "mediation_geo.datasets", "mediation_geo.errors"}
