"""
Data shipped with the package: where each file lies.

In: the name of a shipped file. Out: its path. Nothing is read here; what each file holds, and its licence, is in the note
beside it.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["dataset_path"]


def dataset_path(name: str) -> Path:
    """
    Path of a file shipped with the package.

    Parameters
    ----------
    name : str
        File name relative to this folder, with ``/`` between folders.

    Returns
    -------
    pathlib.Path
        An existing file or folder.

    Raises
    ------
    FileNotFoundError
        If the package ships no such file; the message lists those it ships.

    Examples
    --------
    >>> dataset_path("communes.parquet").suffix
    '.parquet'
    """
    folder = Path(str(files(__name__)))
    path = (folder / name).resolve()
    if not path.exists() or not path.is_relative_to(folder.resolve()):
        shipped = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*") if p.suffix != ".pyc")
        message = f"{name!r} is no shipped dataset; expected one of {', '.join(shipped)}"
        raise FileNotFoundError(message)
    return path
