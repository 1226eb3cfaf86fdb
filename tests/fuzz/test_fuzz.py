"""Each fuzz target for a few seconds, the same inputs in every run; and what fuzzing has found so far."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mediation_geo.ingest.clean.hours import normalise_osm

FOLDER = Path(__file__).parent
# Runs that take a second or two on a quiet machine.
TARGETS = {"csv_reader": 200, "json_reader": 300, "cql2_filter": 3_000, "hours_text": 600, "web_parameters": 1_500}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_finds_nothing_in_a_short_run(tmp_path: Path, target: str) -> None:
    pytest.importorskip("atheris", reason="atheris has wheels for Linux on x86_64")
    options = [f"-runs={TARGETS[target]}", "-seed=1", "-timeout=300"]
    done = subprocess.run(
        [sys.executable, FOLDER / f"{target}.py", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "Done " in done.stderr


@pytest.mark.parametrize(
    "written",
    ["week 1-53/2 Mo SH  ofef;1erc 24-J; SH off;1erc 24-J\x00", "Mo; Jan 1 off", "SH off", '",Mo\x1f\x1f\x1f2\x1f1h9hh9nl"'],
)
def test_hours_that_were_rewritten_need_no_rewriting(written: str) -> None:
    canonical = normalise_osm(written)
    assert canonical is None or normalise_osm(canonical) == canonical
