"""
The machinery of cleaning: named rules applied to the distinct values of a column, each change logged with before and after.

A rule is one small function of one text. It knows nothing of frames, so it is tested with a table of values; the engine
knows nothing of places. Rules run in their order, each on what the one before left.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.standard.issues import concat_issues, issue_codes, no_issues
from mediation_geo.standard.tables import ISSUES, conform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Check", "IssueLog", "Repair", "Rule", "clean_column", "settled"]


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
    entries: list[tuple[str, str | None, Any, Any, Any]] = field(default_factory=list)

    def add(
        self,
        code: str,
        *,
        rows: pd.Series | pd.Index,
        field: str | None,
        value: pd.Series | str | None = None,
        corrected: pd.Series | str | None = None,
    ) -> None:
        """Issue of one code for some rows, given as a boolean column or as index labels; columns are aligned to them."""
        chosen = rows.index[rows.to_numpy(dtype=bool)] if isinstance(rows, pd.Series) else rows
        if len(chosen):
            self.entries.append((code, field, self.record_ids.loc[chosen], _at(value, chosen), _at(corrected, chosen)))

    def table(self) -> pd.DataFrame:
        """All issues so far, in their canonical order."""
        if not self.entries:
            return no_issues()
        known = issue_codes()
        sizes = [len(ids) for _, _, ids, _, _ in self.entries]
        columns = {
            "stage": np.repeat([known[code].stage for code, *_ in self.entries], sizes),
            "feed": self.feed,
            "record_id": np.concatenate([ids.to_numpy(dtype=object) for _, _, ids, _, _ in self.entries]),
            "field": np.repeat(np.array([field for _, field, *_ in self.entries], dtype=object), sizes),
            "code": np.repeat([code for code, *_ in self.entries], sizes),
            "severity": np.repeat([known[code].severity for code, *_ in self.entries], sizes),
            "value": np.concatenate([value for *_, value, _ in self.entries]),
            "corrected": np.concatenate([corrected for *_, corrected in self.entries]),
        }
        return concat_issues([conform(pd.DataFrame(columns), ISSUES)])


def _at(values: pd.Series | str | None, chosen: pd.Index) -> Any:
    """Values of some rows as an array of objects, missing ones None."""
    if not isinstance(values, pd.Series):
        return np.full(len(chosen), values, dtype=object)
    picked = values.loc[chosen]
    return picked.astype(object).where(picked.notna(), None).to_numpy(dtype=object)


_MAX_PASSES = 20
_BETWEEN = "\x1f\x1e"


def settled(function: Callable[[str, str], str | None]) -> Callable[..., str | None]:
    """
    Rule repeated until it finds nothing more, for rules that take one layer off at a time.

    Examples
    --------
    >>> strip_one = settled(lambda value, context: value.removeprefix("x"))
    >>> strip_one("xxa", "")
    'a'
    """

    @functools.wraps(function)
    def repeated(value: str, context: str = "") -> str | None:
        current: str | None = value
        for _ in range(_MAX_PASSES):
            if not current:
                return None
            following = function(current, context)
            if following == current:
                return current
            current = following
        return current

    return repeated


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
    if values.isna().all():
        return values
    # One column of texts is far quicker to tell apart than pairs: the context is put behind a character that no cell holds.
    keys = values if context is None else values + _BETWEEN + context.fillna("")
    codes, distinct = pd.factorize(keys)
    results = np.empty(len(distinct) + 1, dtype=object)
    results[-1] = None
    events: list[tuple[str, int, str, str | None]] = []
    for position, key in enumerate(distinct):
        value, _, beside = key.partition(_BETWEEN) if context is not None else (key, "", "")
        results[position] = _run(value, beside, rules, position, events)
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
