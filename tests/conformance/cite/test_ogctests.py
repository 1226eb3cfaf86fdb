"""
The abstract tests of OGC API - Features Part 1 as another project wrote them: ogctests, all 29 of them.

`MEDIATION_GEO_OGCTESTS` names the Python that has it, which `environment` makes: it wants older libraries than ours. The official
suite (CITE) runs in Java and is not published where packages are; our own tests of the standard are the other modules of
`tests/conformance`.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest


def test_ogctests_finds_nothing(site_url: str, tmp_path: Path) -> None:
    python = os.environ.get("MEDIATION_GEO_OGCTESTS", "")
    if not python:
        pytest.skip("MEDIATION_GEO_OGCTESTS names no Python with ogctests: `make conformance` does")
    # The suite takes the landing page with a slash at its end, and writes into the folder it runs in.
    command = [python, "-m", "ogctests", "features/core", "--instance-url", f"{site_url}/ogcapi/", "--verbose", "True"]
    # Its own pytest must see its fixtures, which stand above the folder of the tests, and none of our settings.
    home = Path(python).parent.parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment["PYTEST_ADDOPTS"] = f"--rootdir={home} --confcutdir={home}"
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path, env=environment)
    told = re.findall(r"(\d+) (passed|failed|errors?|skipped)", run.stdout.splitlines()[-1] if run.stdout else "")
    assert [(int(count), word) for count, word in told] == [(29, "passed")], run.stdout[-4000:] + run.stderr[-2000:]
