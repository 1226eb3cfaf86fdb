"""The published data dictionary says what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_data_dictionary_is_that_of_the_code() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "_build" / "data_dictionary.py"))
    page = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == script["data_dictionary"](), "run: python docs/_build/data_dictionary.py"
