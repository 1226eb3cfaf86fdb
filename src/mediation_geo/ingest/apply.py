"""
A mapping applied to raw rows: text cells of the source in, text cells under the names of the standard out.

Nothing is cleaned here: values are chosen, joined, cut and searched, never corrected. List fields come out joined with `|`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.standard.fields import FIELD_NAMES, LIST_SEPARATOR
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mediation_geo.ingest.mapping import FieldRule, HalfDay, Mapping, TermRule

__all__ = ["apply_mapping", "holds_for_pairs", "is_no", "map_distinct"]

# What producers write for "no" in columns of ticks.
_NO = frozenset({"", "non", "no", "false", "faux", "0", "n", "nr", "sans", "aucun", "aucune"})


def is_no(value: str) -> bool:
    """
    Whether a tick-box cell says no.

    Examples
    --------
    >>> [is_no(each) for each in ("Non", "-", "0", "Oui", "x")]
    [True, True, True, False, False]
    """
    return fold(value) in _NO


def map_distinct(values: pd.Series, function: Callable[[Any], Any]) -> pd.Series:
    """Result of a function of each distinct text, as a column of objects; missing values stay missing."""
    codes, distinct = pd.factorize(values)
    results = np.empty(len(distinct) + 1, dtype=object)
    if not len(distinct):
        return pd.Series([None] * len(values), index=values.index, dtype=object)
    results[:-1] = [function(value) for value in distinct]
    results[-1] = None
    return pd.Series(results[codes], index=values.index, dtype=object)


def holds_for_pairs(left: pd.Series, right: pd.Series, function: Callable[[str, str], bool]) -> pd.Series:
    """Whether a function of two texts holds, row by row; false where one of them is missing."""
    both = left.notna() & right.notna()
    answers = np.zeros(len(left), dtype=bool)
    pairs = zip(left[both], right[both], strict=True)
    answers[both.to_numpy()] = np.fromiter((function(one, other) for one, other in pairs), dtype=bool, count=int(both.sum()))
    return pd.Series(answers, index=left.index)


def apply_mapping(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """
    Rows under the names of the standard.

    Parameters
    ----------
    frame : pandas.DataFrame
        Raw text cells; not changed.
    mapping : Mapping
        The mapping of the source.

    Returns
    -------
    pandas.DataFrame
        `str` columns: the fields of the standard, those of its version 0.1 that the mapping names, helpers, and
        `hours.<day>` where the source has a
        column a day. Same index.
    """
    frame = unsplit_rows(frame, mapping)
    columns = {name: _field(frame, rule) for name, rule in mapping.fields.items()}
    for name, rules in mapping.terms.items():
        found = _terms(frame, rules)
        columns[name] = _union(columns[name], found) if name in columns else found
    columns |= {f"hours.{day}": _hours_of_day(frame, halves) for day, halves in mapping.hours.items()}
    columns |= {name: _missing(frame) for name in FIELD_NAMES if name not in columns}
    return pd.DataFrame(columns, index=frame.index)


def unsplit_rows(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """
    Rows whose cells moved one column to the right because one text was cut in two, moved back.

    A row is moved only when the postcode's cell holds no postcode and the next one does.
    """
    rule = mapping.unsplit
    if rule is None or rule.column not in frame.columns or rule.postcode not in frame.columns:
        return frame
    names = list(frame.columns)
    first, postcode = names.index(rule.column), names.index(rule.postcode)
    here = frame[rule.postcode].str.fullmatch(r"\d{4,5}").eq(True)
    moved = ~here & frame[names[postcode + 1]].str.fullmatch(r"\d{4,5}").eq(True)
    if not moved.any():
        return frame
    rows = frame.loc[moved].copy()
    rows[rule.column] = _join_two(rows[rule.column], rows[names[first + 1]], separator=", ")
    rest = rows[names[first + 2 :]].to_numpy(dtype=object)
    rows[names[first + 1 : -1]] = rest
    rows[names[-1]] = None
    return pd.concat([frame.loc[~moved], rows.astype("str")]).loc[frame.index]


def _missing(frame: pd.DataFrame) -> pd.Series:
    return pd.Series([None] * len(frame), index=frame.index, dtype="str")


def _field(frame: pd.DataFrame, rule: FieldRule) -> pd.Series:
    if rule.constant is not None:
        values = pd.Series([rule.constant] * len(frame), index=frame.index, dtype="str")
        return values.where(_ticked(frame, [rule.when])) if rule.when else values
    if rule.split is not None:
        if rule.split not in frame.columns:
            return _missing(frame)
        return map_distinct(frame[rule.split], lambda text: _part(text, rule)).astype("str")
    if rule.join:
        return _joined(frame, rule.join, separator=rule.separator)
    return _coalesced(frame, rule.columns)


def _part(text: str, rule: FieldRule) -> str | None:
    parts = text.split(rule.separator)
    inside = -len(parts) <= rule.part < len(parts)
    return (parts[rule.part].strip() or None) if inside else None


def _coalesced(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    found = [_filled(frame[name]) for name in names if name in frame.columns]
    if not found:
        return _missing(frame)
    result = found[0]
    for following in found[1:]:
        result = result.where(result.notna(), following)
    return result


def _filled(values: pd.Series) -> pd.Series:
    return values.where(values.str.strip().ne(""))


def _joined(frame: pd.DataFrame, names: Sequence[str], *, separator: str) -> pd.Series:
    result = _missing(frame)
    for name in names:
        if name in frame.columns:
            result = _join_two(result, _filled(frame[name]), separator=separator)
    return result


def _join_two(left: pd.Series, right: pd.Series, *, separator: str) -> pd.Series:
    return (left + separator + right).where(left.notna() & right.notna(), left.where(left.notna(), right))


def _union(left: pd.Series, right: pd.Series) -> pd.Series:
    return _join_two(left, right, separator=LIST_SEPARATOR)


def _ticked(frame: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    ticked = pd.Series(False, index=frame.index)
    for name in names:
        if name in frame.columns:
            ticked |= map_distinct(frame[name], lambda text: not is_no(text)).eq(True)
    return ticked


def _terms(frame: pd.DataFrame, rules: Sequence[TermRule]) -> pd.Series:
    result = _missing(frame)
    for rule in rules:
        label = LIST_SEPARATOR.join(rule.value)
        given = pd.Series(label, index=frame.index, dtype="str").where(_matches(frame, rule))
        result = _union(result, given)
    return result


def _matches(frame: pd.DataFrame, rule: TermRule) -> pd.Series:
    if not rule.columns:
        return pd.Series(True, index=frame.index)
    if not rule.terms and not rule.codes:
        return _ticked(frame, rule.columns)
    codes = {fold(code) for code in rule.codes}
    terms = [fold(term) for term in rule.terms]
    unless = [fold(term) for term in rule.unless]

    def found(text: str) -> bool:
        if codes:
            return not codes.isdisjoint(fold(text).split())
        folded = f" {fold(text)}"
        return any(f" {term}" in folded for term in terms) and not any(f" {term}" in folded for term in unless)

    matched = pd.Series(False, index=frame.index)
    for name in rule.columns:
        if name in frame.columns:
            matched |= map_distinct(frame[name], found).eq(True)
    return matched


def _hours_of_day(frame: pd.DataFrame, halves: HalfDay) -> pd.Series:
    result = _joined(frame, halves.ranges, separator=", ")
    for opens, closes in halves.times:
        both = _joined(frame, (opens, closes), separator="-")
        complete = both.where(both.str.contains("-", regex=False).eq(True))
        result = _join_two(result, complete, separator=", ")
    return result
