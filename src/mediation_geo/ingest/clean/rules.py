"""
The machinery of cleaning: named rules applied to the distinct values of a column, each change logged with before and after.

A rule is one small function of one text. It knows nothing of frames, so it is tested with a table of values; the engine
knows nothing of places. Rules run in their order, each on what the one before left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mediation_geo.standard.issues import concat_issues, issue_table

__all__ = ["Check", "IssueLog", "Repair", "Rule", "clean_column"]


@dataclass(frozen=True)
class Repair:
    """
    A rule that may change a value: `function(value, context)` gives the new text, or None to remove it.

    Parameters
    ----------
    code : str
        Issue code under which changes are reported.
    function : callable
        Must give its argument back when there is nothing to repair, and be idempotent.
    """

    code: str
    function: Callable[[str, str], str | None]


@dataclass(frozen=True)
class Check:
    """A rule that only reports: `function(value, context)` is true when something is wrong."""

    code: str
    function: Callable[[str, str], bool]


Rule = Repair | Check


@dataclass
class IssueLog:
    """
    Issues of one batch of rows, collected rule by rule.

    Parameters
    ----------
    feed : str
        Name of the feed.
    record_ids : pandas.Series of str
        Record id of each row, under the index of the frame being cleaned.
    """

    feed: str
    record_ids: pd.Series
    tables: list[pd.DataFrame] = field(default_factory=list)

    def add(
        self,
        code: str,
        *,
        rows: pd.Series | pd.Index | np.ndarray,
        field: str | None,
        value: pd.Series | str | None = None,
        corrected: pd.Series | str | None = None,
    ) -> None:
        """Issue of one code for some rows, given as a boolean column or as index labels; columns are aligned to them."""
        chosen = rows[rows].index if isinstance(rows, pd.Series) and rows.dtype == bool else pd.Index(rows)
        if chosen.empty:
            return
        self.tables.append(
            issue_table(
                code,
                feed=self.feed,
                record_id=self.record_ids.loc[chosen],
                field=field,
                value=value.loc[chosen] if isinstance(value, pd.Series) else value,
                corrected=corrected.loc[chosen] if isinstance(corrected, pd.Series) else corrected,
            )
        )

    def add_changes(self, code: str, *, field: str, before: pd.Series, after: pd.Series) -> None:
        """Issue for each row where two columns differ."""
        same = before.eq(after) | (before.isna() & after.isna())
        self.add(code, rows=~same.astype(bool), field=field, value=before, corrected=after)

    def table(self) -> pd.DataFrame:
        """All issues so far, in their canonical order."""
        return concat_issues(self.tables)


def clean_column(
    values: pd.Series, rules: Sequence[Rule], *, field: str, log: IssueLog, context: pd.Series | None = None
) -> pd.Series:
    """
    Column after a sequence of rules, each distinct value cleaned once.

    Parameters
    ----------
    values : pandas.Series of str
        Column to clean; not changed. Missing values stay missing.
    rules : sequence of Rule
        In the order in which they run.
    field : str
        Name of the field for the log.
    log : IssueLog
        Receives one issue for each row and rule that changed or flagged something.
    context : pandas.Series of str, optional
        Another column that the rules may look at, e.g. the postcode beside a phone number.

    Returns
    -------
    pandas.Series of str
        Same index.

    Examples
    --------
    >>> ids = pd.Series(["demo/1", "demo/2"])
    >>> log = IssueLog("demo", ids)
    >>> upper = Repair("blanks_collapsed", lambda value, context: " ".join(value.split()))
    >>> clean_column(pd.Series(["a  b", "c"], dtype="str"), [upper], field="nom", log=log).to_list()
    ['a b', 'c']
    >>> log.table()[["record_id", "value", "corrected"]].to_numpy().tolist()
    [['demo/1', 'a  b', 'a b']]
    """
    beside = pd.Series("", index=values.index) if context is None else context.fillna("")
    pairs = pd.MultiIndex.from_arrays([values.where(values.notna(), None).astype(object), beside.astype(object)])
    codes, distinct = pd.factorize(pairs)
    results = np.empty(len(distinct), dtype=object)
    events: list[tuple[str, int, str, str | None]] = []
    for position, (value, other) in enumerate(distinct):
        missing = not isinstance(value, str)
        results[position] = None if missing else _run(value, other, rules, position, events)
    _log_events(events, codes=codes, values=values, field=field, log=log)
    return pd.Series(results[codes], index=values.index, dtype="str")


def _run(
    value: str, context: str, rules: Sequence[Rule], position: int, events: list[tuple[str, int, str, str | None]]
) -> str | None:
    current = value
    for rule in rules:
        if isinstance(rule, Check):
            if rule.function(current, context):
                events.append((rule.code, position, current, None))
            continue
        repaired = rule.function(current, context)
        if repaired != current:
            events.append((rule.code, position, current, repaired or None))
        if not repaired:
            return None
        current = repaired
    return current


def _log_events(
    events: list[tuple[str, int, str, str | None]],
    *,
    codes: np.ndarray,
    values: pd.Series,
    field: str,
    log: IssueLog,
) -> None:
    if not events:
        return
    found = pd.DataFrame(events, columns=["code", "distinct", "value", "corrected"], dtype=object)
    rows = pd.DataFrame({"distinct": codes, "label": values.index})
    rows = rows[rows["distinct"].isin(set(found["distinct"]))]
    for code, group in found.astype({"distinct": "int64"}).groupby("code", sort=False):
        hit = rows.merge(group, on="distinct").set_index("label")
        log.add(str(code), rows=hit.index, field=field, value=hit["value"], corrected=hit["corrected"])
