"""
What was wrong with a row: one table of codes with their French sentences, and the frame in which they are reported.

Codes are data, in `issue_codes/<stage>.toml`; severity belongs to the code, so that one fault weighs the same everywhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from mediation_geo.standard.tables import ISSUES, conform

__all__ = ["SEVERITIES", "IssueCode", "concat_issues", "issue_codes", "issue_table", "no_issues"]

SEVERITIES = ("info", "warning", "reject")


@dataclass(frozen=True, slots=True)
class IssueCode:
    """
    A named fault.

    Attributes
    ----------
    code : str
        Stable English name, snake_case: a contract with the users of the issues table.
    stage : str
        `ingest`, `locate`, `dedupe` or `release`.
    severity : str
        `info` (corrected without doubt), `warning` (somebody should look), `reject` (the record is not a place).
    message : str
        French sentence for the producer of the data.
    """

    code: str
    stage: str
    severity: str
    message: str


@cache
def issue_codes() -> Mapping[str, IssueCode]:
    """
    Return every issue code by its name.

    Examples
    --------
    >>> all(each.severity in SEVERITIES for each in issue_codes().values())
    True
    """
    table: dict[str, IssueCode] = {}
    for path in sorted(files("mediation_geo.standard").joinpath("issue_codes").iterdir(), key=lambda each: each.name):
        if not path.name.endswith(".toml"):
            continue
        stage = path.name.removesuffix(".toml")
        for code, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if code in table or row["severity"] not in SEVERITIES:
                message = f"issue code {code!r} of {path.name}: defined twice, or severity not one of {SEVERITIES}"
                raise ValueError(message)
            table[code] = IssueCode(code, stage, row["severity"], row["message"])
    return table


def no_issues() -> pd.DataFrame:
    """
    Return an empty issues table.

    Examples
    --------
    >>> list(no_issues().columns)
    ['stage', 'feed', 'record_id', 'field', 'code', 'severity', 'value', 'corrected']
    """
    return conform(pd.DataFrame(), ISSUES)


def issue_table(
    code: str,
    *,
    feed: Any,
    record_id: Any,
    field: Any,
    value: Any = None,
    corrected: Any = None,
) -> pd.DataFrame:
    """
    Issues of one code, one row for each record.

    Parameters
    ----------
    code : str
        A name in `issue_codes()`; stage and severity follow from it.
    feed, record_id, field, value, corrected : Series, sequence or scalar
        Columns of the table; Series are taken by position, scalars are repeated.

    Returns
    -------
    pandas.DataFrame
        Rows in the layout `ISSUES`.

    Raises
    ------
    KeyError
        If the code is not registered.

    Examples
    --------
    >>> from mediation_geo.standard.issues import issue_codes
    >>> code = next(iter(issue_codes()), None)
    >>> code is None or len(issue_table(code, feed="demo", record_id=["demo/1"], field="nom")) == 1
    True
    """
    known = issue_codes()[code]
    columns = {"feed": feed, "record_id": record_id, "field": field, "value": value, "corrected": corrected}
    by_position = {
        name: column.to_numpy(dtype=object) if isinstance(column, pd.Series) else column for name, column in columns.items()
    }
    size = next((len(each) for each in by_position.values() if _is_column(each)), 1)
    frame = pd.DataFrame({name: each if _is_column(each) else [each] * size for name, each in by_position.items()}, dtype=object)
    return conform(frame.assign(stage=known.stage, code=known.code, severity=known.severity), ISSUES)


def _is_column(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def concat_issues(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """
    Several issues tables as one, in the order that does not depend on theirs.

    Examples
    --------
    >>> concat_issues([no_issues(), no_issues()]).empty
    True
    """
    filled = [table for table in tables if not table.empty]
    if not filled:
        return no_issues()
    together = pd.concat(filled, ignore_index=True)
    order = ["record_id", "stage", "field", "code", "value", "corrected"]
    return together.sort_values(order, kind="stable", na_position="first", ignore_index=True)
