"""How a copy of a store stands: a small file beside the releases, written by who follows the store, read by who serves."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

__all__ = ["MirrorState", "mirror_state", "write_state"]

_FILE = ".mirror.json"


@dataclass(frozen=True, slots=True)
class MirrorState:
    """
    What following a store came to.

    Attributes
    ----------
    address : str
        Of the store, without secrets.
    checked : str or None
        When the store last answered, UTC, ISO 8601.
    failing_since : str or None
        Since when it does not; None while it does.
    reason : str or None
        Why not.
    refused : str or None
        Release that the store points to and that could not be taken over.
    refused_reason : str or None
        What is wrong with it.
    """

    address: str
    checked: str | None = None
    failing_since: str | None = None
    reason: str | None = None
    refused: str | None = None
    refused_reason: str | None = None


def mirror_state(directory: str | Path) -> MirrorState | None:
    """
    State of the local copy of a store; None for a folder that follows none.

    Examples
    --------
    >>> mirror_state("no/such/folder") is None
    True
    """
    try:
        return MirrorState(**orjson.loads((Path(directory) / _FILE).read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        # Absent, or written by another version: the next check writes it anew.
        return None


def write_state(directory: Path, state: MirrorState) -> None:
    """Write the state in one step."""
    waiting = directory / f"{_FILE}.{os.getpid()}"
    waiting.write_bytes(orjson.dumps(asdict(state), option=orjson.OPT_INDENT_2))
    waiting.replace(directory / _FILE)
