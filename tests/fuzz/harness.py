"""
What the fuzz targets share: seeds on disk, a dictionary of words, and libFuzzer's loop over one function.

    python tests/fuzz/<target>.py -max_total_time=60

Options are libFuzzer's own; a folder named on the command line keeps the corpus between runs. An input that breaks a law is
written as `crash-...` in the working directory; name that file on the command line to run it again.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import atheris

MEMORY = Path("/dev/shm")


def fuzz(one_input: Callable[[bytes], None], *, seeds: Iterable[bytes], words: Iterable[str] = ()) -> None:
    """Run libFuzzer over a function with the options of the command line; never returns."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=_place()))
    corpus = folder / "seeds"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / f"{number:03d}").write_bytes(seed)
    dictionary = folder / "words"
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words), encoding="ascii")
    # The memory limit of libFuzzer counts the whole interpreter with its libraries.
    arguments = [*sys.argv, f"-dict={dictionary}", "-rss_limit_mb=4096"]
    # New inputs go to the first folder named: one of the user's before ours. Inputs to run again go without a folder.
    if not any(Path(each).is_file() for each in sys.argv[1:]):
        arguments.append(str(corpus))
    atheris.Setup(arguments, one_input)
    atheris.Fuzz()


def broken(law: str) -> NoReturn:
    """Tell libFuzzer that an input broke a law."""
    raise AssertionError(law)


@contextmanager
def file_of(content: bytes, *, suffix: str) -> Iterator[Path]:
    """A file with this content, in memory where there is such a disk."""
    with tempfile.NamedTemporaryFile(suffix=suffix, prefix="fuzz-", dir=_place()) as file:
        file.write(content)
        file.flush()
        yield Path(file.name)


def _place() -> Path | None:
    return MEMORY if MEMORY.is_dir() else None


def _escaped(word: str) -> str:
    return "".join(chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word.encode())
