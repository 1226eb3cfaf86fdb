"""
Where a result comes from: every frame of this room carries the steps that made it, and writes them beside its CSV.

A result goes in with the name of the function, its parameters and the frames it was made from; the same result comes out with
`attrs["provenance"]` filled. Nothing here computes a figure.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

import mediation_geo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["file_input", "provenance_of", "recorded", "write_table"]

Frame = TypeVar("Frame", bound=pd.DataFrame)
_KEY = "provenance"
_BLOCK_BYTES = 1 << 20


def file_input(path: Path | str, **facts: Any) -> dict[str, Any]:
    """
    What identifies an input file: its name, size and SHA-256, and the facts known about it (quarter, vintage, CRS).

    The folder is left out, so that the same inputs give the same provenance on every machine.

    Examples
    --------
    >>> from mediation_geo.datasets import dataset_path
    >>> entry = file_input(dataset_path("communes.parquet"), vintage="COG 2026")
    >>> entry["file"], len(entry["sha256"]), entry["vintage"]
    ('communes.parquet', 64, 'COG 2026')
    """
    file = Path(path)
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return {"file": file.name, "bytes": file.stat().st_size, "sha256": digest.hexdigest(), **_plain(facts)}


def recorded(
    result: Frame,
    step: str,
    *,
    inputs: Iterable[pd.DataFrame] = (),
    files: Iterable[Mapping[str, Any]] = (),
    **parameters: Any,
) -> Frame:
    """
    Same frame with its provenance: the steps of its inputs, then this one.

    Parameters
    ----------
    result : pandas.DataFrame
        A frame made by the caller; its `attrs` are replaced.
    step : str
        Name of the function that made it.
    inputs : iterable of DataFrame
        Frames it was made from; their steps come first, each once.
    files : iterable of mapping
        Entries of `file_input` read by this step.
    **parameters
        What the caller was asked for: numbers, texts, definitions.

    Examples
    --------
    >>> cells = recorded(pd.DataFrame({"population": [3.0]}), "read_grid", epsg=3035)
    >>> curve = recorded(pd.DataFrame({"share": [1.0]}), "coverage_curve", inputs=[cells], distances_m=[1000])
    >>> [step["step"] for step in provenance_of(curve)]
    ['read_grid', 'coverage_curve']
    """
    steps: list[dict[str, Any]] = []
    for frame in inputs:
        steps.extend(each for each in frame.attrs.get(_KEY, ()) if each not in steps)
    entry: dict[str, Any] = {"step": step, "version": mediation_geo.__version__}
    if parameters:
        entry["parameters"] = _plain(parameters)
    if listed := [_plain(dict(each)) for each in files]:
        entry["files"] = listed
    result.attrs = {_KEY: [*steps, entry]}
    return result


def provenance_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Steps that made a frame, oldest first; empty for a frame that is not a result of this room.

    Examples
    --------
    >>> provenance_of(pd.DataFrame())
    []
    """
    return list(frame.attrs.get(_KEY, ()))


def write_table(frame: pd.DataFrame, path: Path | str) -> Path:
    r"""
    Write a result as CSV (UTF-8) and its provenance beside it, as `<name>.provenance.json`; geometries are left out.

    Returns
    -------
    pathlib.Path
        Path of the CSV file.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> path = write_table(recorded(pd.DataFrame({"share": [0.5]}), "coverage_curve"), Path(folder) / "curve.csv")
    >>> path.read_text(), sorted(each.name for each in Path(folder).iterdir())
    ('share\n0.5\n', ['curve.csv', 'curve.provenance.json'])
    """
    target = Path(path)
    table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    table.to_csv(target, index=False)
    note = {"table": target.name, "rows": len(table), "sha256": file_input(target)["sha256"], "steps": provenance_of(frame)}
    target.with_suffix(".provenance.json").write_text(json.dumps(note, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return target


def _plain(value: Any) -> Any:
    """Value made of what JSON knows, so that it survives Parquet metadata and compares by content."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"definition": type(value).__name__, **_plain(asdict(value))}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
