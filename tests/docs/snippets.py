"""The fenced blocks of a page, and what each promises: commands with their answers, Python, files to save, addresses."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"^```(?P<language>\w*)(?:[ ]+title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", flags=re.DOTALL | re.MULTILINE
)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+[^\s\"'<>]*")


@dataclass(frozen=True)
class Snippet:
    """A fenced block: `answer` is what the page says the block, or its last command, prints; None where it says nothing."""

    language: str
    title: str | None
    text: str
    line: int
    answer: str | None

    def commands(self) -> Iterator[tuple[str, str | None]]:
        """Each command of a console block, with what is printed below it."""
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        for number, part in enumerate(parts, start=1):
            command, _, printed = part.replace("\\\n", " ").partition("\n")
            last = self.answer if number == len(parts) else None
            yield command.strip(), printed if printed.strip() else last

    def addresses(self) -> list[str]:
        """Return every address of the service in the block."""
        return _ADDRESS.findall(self.text)


def snippets(page: Path, *, served_at: str) -> list[Snippet]:
    """Return the blocks of a page in order, for a service at this address instead of the printed one."""
    text = page.read_text(encoding="utf-8").replace("http://127.0.0.1:5000", served_at).replace(".venv/bin/", "")
    blocks = list(_FENCE.finditer(text))
    following = [*blocks, None][1:]
    return [
        Snippet(
            language=block["language"],
            title=block["title"],
            text=block["text"],
            line=text.count("\n", 0, block.start()) + 1,
            answer=after["text"] if after is not None and after["language"] == "text" else None,
        )
        for block, after in zip(blocks, following, strict=True)
    ]


def is_answer(got: str, *, promised: str) -> bool:
    """Whether a page told the truth: `...` stands for anything, and blanks may differ."""
    return doctest.OutputChecker().check_output(promised, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
