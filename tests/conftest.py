"""Fixtures shared by all rooms: the real data beside the checkout, and the optional parts of the system."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real source files, which are not ours to redistribute: `../shared/data`."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data (../shared/data beside the checkout) is absent")
    return folder


@pytest.fixture(scope="session")
def needs_system() -> Callable[..., str]:
    """
    Return a function that finds an optional program of the system, or skips the test.

    `needs_system("chromium", "google-chrome")` is the path of the first of these programs that is installed. Where
    MEDIATION_GEO_REQUIRE_SYSTEM=1, as in `.ci/run`, a missing program fails the test instead: a skipped test is no test.
    """

    def find(*programs: str) -> str:
        for program in programs:
            path = shutil.which(program)
            if path is not None:
                return path
        reason = f"needs {' or '.join(programs)}, which `.ci/run` installs"
        if os.environ.get("MEDIATION_GEO_REQUIRE_SYSTEM") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    return find
