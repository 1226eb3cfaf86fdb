"""A folder that is there whole or not at all: it is made beside its place and takes it in one step."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mediation_geo.release.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["replaced_folder"]


@contextmanager
def replaced_folder(target: Path, *, marker: str) -> Iterator[Path]:
    """
    Give an empty folder to fill, which then takes the place of the target; on an error the target stays as it was.

    Parameters
    ----------
    target : pathlib.Path
        The folder to make or replace.
    marker : str
        File by which a folder made here is known: anything else is never replaced.

    Raises
    ------
    ExportError
        If the target holds something that was not made here.
    """
    if target.exists() and not (target / marker).is_file():
        message = f"{target} is there and was not made by this command; choose another folder"
        raise ExportError(message)
    for leftover in target.parent.glob(f"{target.name}.tmp-*"):
        shutil.rmtree(leftover)
    staging = target.with_name(f"{target.name}.tmp-{os.getpid()}")
    staging.mkdir(parents=True)
    try:
        yield staging
        if target.exists():
            # A folder cannot be renamed over another one: the old one steps aside first.
            aside = target.with_name(f"{target.name}.tmp-old")
            target.rename(aside)
            staging.rename(target)
            shutil.rmtree(aside)
        else:
            staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
