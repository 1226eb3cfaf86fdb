"""
Human decisions about pairs of records: read, checked against each other, and turned into constraints.

A CSV under version control in, pairs of positions out. A decision names source records, never places, so it outlives rebuilds.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from mediation_geo.errors import OverrideConflict, SchemaMismatch, SourceUnavailable
from mediation_geo.standard import issue_table, no_issues

__all__ = ["OVERRIDE_COLUMNS", "Decisions", "append_override", "decisions_for", "read_overrides"]

OVERRIDE_COLUMNS = ("left_record_id", "right_record_id", "decision", "who", "when", "why")
_SAME, _DIFFERENT = "same", "different"


class Decisions(NamedTuple):
    """Constraints that people set, as positions of records, and issues about decisions that no longer apply."""

    must: list[tuple[int, int]]
    cannot: list[tuple[int, int]]
    issues: pd.DataFrame


def read_overrides(path: str | Path) -> pd.DataFrame:
    r"""
    Human decisions from a CSV file with the columns `left_record_id, right_record_id, decision, who, when, why`.

    Parameters
    ----------
    path : str or pathlib.Path
        UTF-8, comma separated. `decision` is `same` or `different`.

    Returns
    -------
    pandas.DataFrame
        The columns above, as text.

    Raises
    ------
    SourceUnavailable
        If the file is not there.
    SchemaMismatch
        If a column is missing, a decision unknown, or a record id empty; names the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "overrides.csv")
    >>> _ = path.write_text("left_record_id,right_record_id,decision,who,when,why\na/1,b/1,same,ana,2026-01-01,visited\n")
    >>> read_overrides(path)["decision"].tolist()
    ['same']
    """
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    except FileNotFoundError as error:
        message = "no such file; expected the CSV of human decisions"
        raise SourceUnavailable(message, path=str(path)) from error
    missing = [name for name in OVERRIDE_COLUMNS if name not in table.columns]
    if missing:
        message = f"missing column(s) {', '.join(missing)}; expected {', '.join(OVERRIDE_COLUMNS)}"
        raise SchemaMismatch(message, path=str(path), line=1)
    named = table["left_record_id"].ne("") & table["right_record_id"].ne("")
    faulty = ~named | ~table["decision"].isin([_SAME, _DIFFERENT])
    if faulty.any():
        first = int(faulty.to_numpy().argmax())
        found = table.iloc[first][["left_record_id", "right_record_id", "decision"]].to_list()
        message = f"found {found}; expected two record ids and a decision 'same' or 'different'"
        raise SchemaMismatch(message, path=str(path), line=first + 2)
    return table[list(OVERRIDE_COLUMNS)]


def append_override(path: str | Path, decision: dict[str, str]) -> None:
    """
    Add one decision to the end of the CSV file, with its header when the file is new.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    decision : dict
        One text for each of `OVERRIDE_COLUMNS`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "overrides.csv")
    >>> append_override(path, dict(zip(OVERRIDE_COLUMNS, ["a/1", "b/1", "same", "ana", "2026-01-01", "visited"])))
    >>> len(read_overrides(path))
    1
    """
    target = Path(path)
    row = pd.DataFrame([decision], columns=list(OVERRIDE_COLUMNS))
    text = row.to_csv(header=not target.exists(), index=False, lineterminator="\n")
    with target.open("a+b") as file:
        # An editor may have saved the file without its last line break: two decisions on one line would be neither.
        if file.tell() and target.read_bytes()[-1:] != b"\n":
            file.write(b"\n")
        file.write(text.encode())


def decisions_for(record_ids: pd.Series[Any], overrides: pd.DataFrame | None) -> Decisions:
    """
    Decisions as pairs of positions, once it is sure that they do not contradict each other.

    Parameters
    ----------
    record_ids : pandas.Series of str
        Ids by position.
    overrides : pandas.DataFrame or None
        As `read_overrides` returns it.

    Returns
    -------
    Decisions
        A decision about a record that no longer exists becomes an issue.

    Raises
    ------
    OverrideConflict
        If records declared different are declared the same through a path of decisions; the message shows the path.

    Examples
    --------
    >>> table = pd.DataFrame([["a/1", "b/1", "same", "ana", "2026-01-01", ""]], columns=OVERRIDE_COLUMNS)
    >>> decisions_for(pd.Series(["a/1", "b/1"]), table).must
    [(0, 1)]
    """
    if overrides is None or overrides.empty:
        return Decisions([], [], no_issues())
    same = overrides[overrides["decision"].eq(_SAME)]
    different = overrides[overrides["decision"].eq(_DIFFERENT)]
    _check_consistent(same, different)
    position = {record_id: row for row, record_id in enumerate(record_ids)}
    named = pd.concat([overrides["left_record_id"], overrides["right_record_id"]]).drop_duplicates()
    unknown = sorted(set(named) - set(position))
    issues = no_issues()
    if unknown:
        issues = issue_table("override_unknown_record", feed=None, record_id=unknown, field="record_id", value=unknown)
    return Decisions(_positions(same, position), _positions(different, position), issues)


def _positions(table: pd.DataFrame, position: dict[str, int]) -> list[tuple[int, int]]:
    pairs = zip(table["left_record_id"], table["right_record_id"], strict=True)
    known = {tuple(sorted((position[a], position[b]))) for a, b in pairs if a in position and b in position and a != b}
    return sorted((low, high) for low, high in known)


def _check_consistent(same: pd.DataFrame, different: pd.DataFrame) -> None:
    neighbours: dict[str, list[str]] = {}
    for a, b in zip(same["left_record_id"], same["right_record_id"], strict=True):
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    for a, b in zip(different["left_record_id"], different["right_record_id"], strict=True):
        path = _path(neighbours, a, b)
        if path:
            message = f"{a} and {b} are declared different, but the same through {' = '.join(path)}"
            raise OverrideConflict(message)


def _path(neighbours: dict[str, list[str]], start: str, goal: str) -> list[str]:
    """Shortest path of `same` decisions, empty when there is none."""
    came_from: dict[str, str | None] = {start: None}
    waiting = deque([start])
    while waiting:
        each = waiting.popleft()
        if each == goal:
            path = []
            step: str | None = each
            while step is not None:
                path.append(step)
                step = came_from[step]
            return path[::-1]
        for neighbour in sorted(neighbours.get(each, ())):
            if neighbour not in came_from:
                came_from[neighbour] = each
                waiting.append(neighbour)
    return []
