"""Nothing that is written is out of reach: every page is in the navigation, every link of the README leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_page_is_in_the_navigation() -> None:
    navigation = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert navigation == {str(each.relative_to(ROOT / "docs")) for each in (ROOT / "docs").rglob("*.md")}


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)[^)]*\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [each for each in links if not (ROOT / each).exists()] == []
