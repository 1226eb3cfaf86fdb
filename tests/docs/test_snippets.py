"""Every command and snippet of the README, the start page, the search page and the journeys works, in order, as printed."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from mediation_geo import pipeline
from mediation_geo.datasets import dataset_path
from tests.docs.snippets import Snippet, is_answer, snippets
from tests.service.serving import running

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "docs/index.md",
    "docs/search.md",
    *sorted(f"docs/journeys/{each.name}" for each in (ROOT / "docs" / "journeys").glob("*.md")),
)


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `make run` leaves it, with the two files that the README takes for the reader's own."""
    folder = tmp_path_factory.mktemp("newcomer")
    pipeline.build(pipeline.demo_sources(), out=folder / "releases", as_of=date(2026, 11, 21), demo=True)
    shutil.copy(dataset_path("demo") / "demo-national.csv", folder / "lieux.csv")
    shutil.copy(dataset_path("demo") / "demo-territoires.json", folder / "hub.json")
    return folder


@pytest.fixture(scope="session")
def served_at(machine: Path) -> Iterator[str]:
    with running(machine / "releases") as address:
        yield address


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_as_printed(
    page: str, machine: Path, served_at: str, monkeypatch: pytest.MonkeyPatch, needs_system: Callable[..., str]
) -> None:
    monkeypatch.chdir(machine)
    names: dict[str, object] = {}
    for snippet in snippets(ROOT / page, served_at=served_at):
        if snippet.title is not None:
            Path(snippet.title).write_text(snippet.text, encoding="utf-8")
        if snippet.language == "console":
            for command, promised in snippet.commands():
                _run_command(f"{page}:{snippet.line}", command, promised, needs_system)
        if snippet.language == "python":
            _run_python(page, snippet, names)
        if snippet.language == "html":
            _follow(page, snippet)


def _run_command(place: str, command: str, promised: str | None, needs_system: Callable[..., str]) -> None:
    program = shlex.split(command)[0]
    if program == "make":  # installs and serves for good: the fixtures stand for it
        return
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80", "PYTHONUTF8": "1"
    }  # fmt: skip
    if shutil.which(program, path=environment["PATH"]) is None:
        needs_system(program)
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{place}: {command}\n{done.stderr}"
    assert promised is None or is_answer(done.stdout, promised=promised), f"{place}: {command}\n{done.stdout}"


def _run_python(page: str, snippet: Snippet, names: dict[str, object]) -> None:
    # Empty lines above keep the line numbers of a traceback those of the page.
    code = compile("\n" * snippet.line + snippet.text, page, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, names)
    got = printed.getvalue()
    assert snippet.answer is None or is_answer(got, promised=snippet.answer), f"{page}:{snippet.line}\n{got}"


def _follow(page: str, snippet: Snippet) -> None:
    for address in snippet.addresses():
        assert httpx.get(address).status_code == 200, f"{page}:{snippet.line}: {address}"


@pytest.mark.parametrize(
    ("page", "shown"),
    [("referring-site.md", "Association Atelier numérique Bellevue"), ("association.md", "leaflet-interactive")],
)
def test_the_page_to_save_shows_places_in_a_browser(
    page: str, shown: str, served_at: str, tmp_path: Path, needs_system: Callable[..., str]
) -> None:
    blocks = snippets(ROOT / "docs" / "journeys" / page, served_at=served_at)
    saved = [each for each in blocks if each.title and each.language == "html"]
    file = tmp_path / "page.html"
    file.write_text(saved[0].text, encoding="utf-8")
    done = subprocess.run(
        [
            needs_system("chromium", "google-chrome"), "--headless", "--no-sandbox", "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000", "--dump-dom", file.as_uri(),
        ],
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    # What the script wrote, not what stands in the page before it runs.
    assert shown in done.stdout
    assert shown not in saved[0].text
