"""
Scalar expressions of CQL2 over the columns of a table: literals, properties, casei, accenti, arithmetic, and how two compare.

An expression knows its kind before it meets a table, so that a comparison of a text with a number is refused, not empty.
"""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mediation_geo.service.features.datetimes import days_of

if TYPE_CHECKING:
    from mediation_geo.service.features.columns import Column
    from mediation_geo.service.features.table import FeatureTable

__all__ = ["CqlError", "Mask", "Scalar", "compared", "day", "like", "scalar"]

Mask = NDArray[np.bool_]
Compare = Callable[[Any, Any], Any]

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "div": operator.floordiv,
    "%": operator.mod,
    "^": operator.pow,
}
# Strokes through a letter, which Unicode does not take for accents and people do.
_STROKES = str.maketrans("ØøĐđŁłĦħŦŧ", "OoDdLlHhTt")


def _without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.translate(_STROKES))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


_FOLDINGS: dict[str, Callable[[str], str]] = {
    "casei": str.casefold,
    "accenti": _without_accents,
}
_MAX_DEPTH = 60


class CqlError(ValueError):
    """A filter that cannot be served, in one French sentence."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """
    A scalar expression.

    Attributes
    ----------
    kind : {"text", "number", "date", "boolean"}
        What it yields.
    constant : str, float, bool or None
        Its value when it is the same for every row.
    column : str
        The column it reads, when it is one column with foldings.
    folding : callable
        What is done to each text before comparing.
    numbers : callable or None
        Its values over a table when it is a number that depends on the row; NaN where missing.
    """

    kind: Literal["text", "number", "date", "boolean"]
    constant: str | float | bool | None = None
    column: str = ""
    folding: Callable[[str], str] | None = None
    numbers: Callable[[FeatureTable], NDArray[np.float64]] | None = None

    def missing(self, table: FeatureTable) -> Mask:
        """Whether the expression has no value, row by row."""
        if self.numbers is not None:
            return np.isnan(self.numbers(table))
        if self.column:
            return table.factors(self.column)[0] < 0
        return np.zeros(len(table), dtype=np.bool_)

    def texts(self, table: FeatureTable) -> tuple[NDArray[np.int64], list[str]]:
        """Codes of the rows and distinct texts after folding; code -1 where missing."""
        if not self.column:
            return np.zeros(len(table), dtype=np.int64), [str(self.constant)]
        codes, distinct = table.factors(self.column)
        folding = self.folding
        return codes, list(distinct) if folding is None else [folding(each) for each in distinct]


def scalar(tree: Any, column_of: Callable[[Any], Column], depth: int = 0) -> Scalar:
    """
    Scalar expression of a CQL2 JSON tree.

    Raises
    ------
    CqlError
        If the tree is not one, naming the node.
    """
    if depth > _MAX_DEPTH:
        message = f"filtre trop profond, au plus {_MAX_DEPTH} niveaux"
        raise CqlError(message)
    match tree:
        case bool():
            return Scalar("boolean", constant=tree)
        case int() | float():
            if not math.isfinite(tree):
                message = "nombre hors de portée"
                raise CqlError(message)
            return Scalar("number", constant=float(tree))
        case str():
            return Scalar("text", constant=tree)
        case {"property": name}:
            return _of_column(column_of(name))
        case {"date": str(text)} | {"timestamp": str(text)}:
            return Scalar("date", constant=day(text))
        case {"op": ("casei" | "accenti") as op, "args": [inner]}:
            return _folded(op, scalar(inner, column_of, depth + 1))
        case {"op": str(op), "args": [left, right]} if op in _ARITHMETIC:
            return _arithmetic(op, scalar(left, column_of, depth + 1), scalar(right, column_of, depth + 1))
        case {"op": str(op)}:
            message = f"fonction ou opération non servie : {op[:60]}"
            raise CqlError(message)
        case None:
            message = "null ne se compare pas : utiliser IS NULL"
            raise CqlError(message)
        case _:
            message = "attendu une propriété ou une valeur"
            raise CqlError(message)


def day(text: str) -> str:
    """
    ISO day of a date or a timestamp.

    Raises
    ------
    CqlError
        If the text is neither.
    """
    try:
        first, last = days_of(text)
    except (ValueError, OverflowError):
        first = last = None
    if first is None or first != last or "/" in text:
        message = "date incorrecte, attendu AAAA-MM-JJ"
        raise CqlError(message)
    return first


def compared(compare: Compare, left: Scalar, right: Scalar) -> Callable[[FeatureTable], tuple[Mask, Mask]]:
    """
    Comparison of two expressions: which rows satisfy it, and for which rows both have a value.

    Raises
    ------
    CqlError
        If the two are not of one kind.
    """
    if {left.kind, right.kind} == {"date", "text"}:
        left, right = _as_date(left), _as_date(right)
    if left.kind != right.kind:
        message = f"{_shown(left)} ne se compare pas à {_shown(right)}"
        raise CqlError(message)
    if left.kind == "number":
        return lambda table: _compared_numbers(table, compare, left, right)
    if left.kind == "boolean":
        same = bool(compare(left.constant, right.constant))
        return lambda table: (np.full(len(table), same), np.ones(len(table), dtype=np.bool_))
    return lambda table: _compared_texts(table, compare, left, right)


def like(subject: Scalar, pattern: Any) -> Callable[[FeatureTable], tuple[Mask, Mask]]:
    """
    LIKE with `%` for any run of characters, `_` for one, and a backslash before a character that stands for itself.

    Raises
    ------
    CqlError
        If the subject is not a text or the pattern is not a literal.
    """
    folding: Callable[[str], str] | None = None
    while isinstance(pattern, dict) and pattern.get("op") in _FOLDINGS and len(pattern.get("args", ())) == 1:
        folding = _chained(_FOLDINGS[pattern["op"]], folding)
        pattern = pattern["args"][0]
    if subject.kind != "text" or not isinstance(pattern, str):
        message = "like : attendu une propriété texte et un modèle entre apostrophes"
        raise CqlError(message)
    pieces = _pieces(folding(pattern) if folding else pattern)

    def matches(table: FeatureTable) -> tuple[Mask, Mask]:
        codes, texts = subject.texts(table)
        matching = np.array([_fits(text, pieces) for text in texts] + [False], dtype=np.bool_)
        return matching[codes], codes >= 0

    return matches


def _of_column(column: Column) -> Scalar:
    match column.kind:
        case "number" | "integer":
            return Scalar("number", numbers=lambda table: table.numbers(column.name))
        case "text" | "date":
            return Scalar(column.kind, column=column.name)
        case _:
            message = f"{column.name} a plusieurs valeurs : utiliser A_CONTAINS ou A_OVERLAPS"
            raise CqlError(message)


def _folded(op: str, inner: Scalar) -> Scalar:
    if inner.kind != "text":
        message = f"{op} : attendu un texte"
        raise CqlError(message)
    folding = _FOLDINGS[op]
    if inner.column:
        return Scalar("text", column=inner.column, folding=_chained(folding, inner.folding))
    return Scalar("text", constant=folding(str(inner.constant)))


def _chained(outer: Callable[[str], str], inner: Callable[[str], str] | None) -> Callable[[str], str]:
    return outer if inner is None else lambda text: outer(inner(text))


def _arithmetic(op: str, left: Scalar, right: Scalar) -> Scalar:
    if left.kind != "number" or right.kind != "number":
        message = f"{op} : attendu deux nombres"
        raise CqlError(message)
    combine = _ARITHMETIC[op]

    def numbers(table: FeatureTable) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            result = np.asarray(combine(_numbers(left, table), _numbers(right, table)), dtype=np.float64)
        # A division by zero has no value, as in SQL.
        return np.where(np.isfinite(result), result, np.nan)

    return Scalar("number", numbers=numbers)


def _numbers(value: Scalar, table: FeatureTable) -> NDArray[np.float64]:
    if value.numbers is not None:
        return value.numbers(table)
    return np.full(len(table), value.constant, dtype=np.float64)


def _as_date(value: Scalar) -> Scalar:
    if value.kind == "text" and not value.column and isinstance(value.constant, str):
        return Scalar("date", constant=day(value.constant))
    return value


def _shown(value: Scalar) -> str:
    kinds = {"text": "un texte", "number": "un nombre", "date": "une date", "boolean": "un booléen"}
    return f"{value.column} ({kinds[value.kind]})" if value.column else kinds[value.kind]


def _compared_numbers(table: FeatureTable, compare: Compare, left: Scalar, right: Scalar) -> tuple[Mask, Mask]:
    ours, theirs = _numbers(left, table), _numbers(right, table)
    return np.asarray(compare(ours, theirs), dtype=np.bool_), ~(np.isnan(ours) | np.isnan(theirs))


def _compared_texts(table: FeatureTable, compare: Compare, left: Scalar, right: Scalar) -> tuple[Mask, Mask]:
    left_codes, left_texts = left.texts(table)
    right_codes, right_texts = right.texts(table)
    known = (left_codes >= 0) & (right_codes >= 0)
    if not right.column:
        # One comparison for each distinct text, whatever the number of rows.
        answers = np.array([bool(compare(text, right_texts[0])) for text in left_texts] + [False], dtype=np.bool_)
        return answers[left_codes], known
    ours = np.array([*left_texts, ""], dtype=object)[left_codes]
    theirs = np.array([*right_texts, ""], dtype=object)[right_codes]
    return np.asarray(compare(ours, theirs), dtype=np.bool_), known


def _pieces(pattern: str) -> list[re.Pattern[str]]:
    """What lies between the `%` of a pattern, each of fixed length, so that none can be slow."""
    pieces = [""]
    escaped = False
    for letter in pattern:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        if letter == "%" and not escaped:
            pieces.append("")
        else:
            pieces[-1] += "." if letter == "_" and not escaped else re.escape(letter)
        escaped = False
    return [re.compile(piece, re.DOTALL) for piece in pieces]


def _fits(text: str, pieces: list[re.Pattern[str]]) -> bool:
    # The leftmost fit of each piece is as good as any other: no backtracking from one piece to the one before.
    first, *rest = pieces
    if not rest:
        return first.fullmatch(text) is not None
    found = first.match(text)
    for piece in rest[:-1]:
        if found is None:
            return False
        found = piece.search(text, found.end())
    return found is not None and _ends(text, found.end(), rest[-1])


def _ends(text: str, start: int, piece: re.Pattern[str]) -> bool:
    width = len(re.sub(r"\\(.)", r"\1", piece.pattern, flags=re.DOTALL))
    return len(text) - width >= start and piece.fullmatch(text, len(text) - width) is not None
