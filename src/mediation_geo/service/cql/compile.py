"""
A CQL2 tree compiled to masks over the columns of a table, in three-valued logic: a missing value is neither true nor false.

Takes the JSON form of CQL2 (OGC 21-065r2) as plain data. Every node is on an explicit list; anything else is refused by its name.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mediation_geo.service.cql import moments, scalars, space
from mediation_geo.service.cql.scalars import CqlError, Mask, Scalar
from mediation_geo.service.features.table import FeatureTable, Rows

if TYPE_CHECKING:
    from mediation_geo.service.features.columns import Column

__all__ = ["CqlError", "Filter", "Truth", "compile_tree"]

_MAX_DEPTH = 60
_MAX_LIST = 1_000

Truth = tuple[Mask, Mask]
Node = Callable[[FeatureTable], Truth]

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARRAY_OPERATORS: dict[str, Callable[[frozenset[str], frozenset[str]], bool]] = {
    "a_equals": operator.eq,
    "a_contains": frozenset.issuperset,
    "a_containedBy": frozenset.issubset,
    "a_overlaps": lambda left, right: not left.isdisjoint(right),
}
# Operations that are true, false or unknown, which `IS NULL` tells apart.
_CONDITIONS = (
    frozenset({"and", "or", "not", "isNull", "in", "between", "like"})
    .union(_COMPARISONS, _ARRAY_OPERATORS, space.OPERATORS, moments.OPERATORS)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter."""

    node: Node
    names: tuple[str, ...]

    def rows(self, table: FeatureTable) -> Rows:
        """Rows for which the filter is true, in row order."""
        true, _ = self.node(table)
        return np.flatnonzero(true).astype(np.int64)


def compile_tree(tree: Any, *, crs: str, columns: Mapping[str, Column]) -> Filter:
    """
    Filter of a CQL2 JSON tree.

    Raises
    ------
    CqlError
        In one French sentence, naming the node or the property at fault.
    """
    compiler = _Compiler(crs, columns)
    return Filter(compiler.boolean(tree, 0), tuple(dict.fromkeys(compiler.names)))


class _Compiler:
    """Walks a tree once; remembers the properties it met."""

    def __init__(self, crs: str, columns: Mapping[str, Column]) -> None:
        self.crs = crs
        self.columns = columns
        self.names: list[str] = []

    def boolean(self, tree: Any, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            message = f"filtre trop profond, au plus {_MAX_DEPTH} niveaux"
            raise CqlError(message)
        if isinstance(tree, bool):
            return _constant(value=tree)
        op, args = _operation(tree)
        match op:
            case "and" | "or":
                if len(args) < 2:
                    message = f"{op} : attendu au moins deux conditions"
                    raise CqlError(message)
                return _combined([self.boolean(each, depth + 1) for each in args], every=op == "and")
            case "not":
                [inner] = _exactly(op, args, 1)
                return _negated(self.boolean(inner, depth + 1))
            case "isNull":
                [inner] = _exactly(op, args, 1)
                return self._is_null(inner, depth)
            case "in":
                subject, choices = _exactly(op, args, 2)
                if not isinstance(choices, list) or not 0 < len(choices) <= _MAX_LIST:
                    message = f"in : attendu une liste de 1 à {_MAX_LIST} valeurs"
                    raise CqlError(message)
                return _combined([self._compared("=", subject, each) for each in choices], every=False)
            case "between":
                subject, low, high = _exactly(op, args, 3)
                bounds = [self._compared(">=", subject, low), self._compared("<=", subject, high)]
                return _combined(bounds, every=True)
            case "like":
                subject, pattern = _exactly(op, args, 2)
                return _known(scalars.like(self._scalar(subject), pattern))
            case _ if op in _COMPARISONS:
                left, right = _exactly(op, args, 2)
                return self._compared(op, left, right)
            case _ if op in _ARRAY_OPERATORS:
                return self._arrays(op, *_exactly(op, args, 2))
            case _ if op in space.OPERATORS:
                return self._spatial(op, *_exactly(op, args, 2))
            case _ if op in moments.OPERATORS:
                left, right = (moments.period(each, self._date_column) for each in _exactly(op, args, 2))
                return _known(moments.related(op, left, right))
            case _:
                message = f"opération non servie : {op[:60]}"
                raise CqlError(message)

    def column(self, name: Any) -> Column:
        column = self.columns.get(name) if isinstance(name, str) else None
        if column is None:
            message = f"propriété inconnue : {str(name)[:60]}"
            raise CqlError(message)
        self.names.append(column.name)
        return column

    def _scalar(self, tree: Any) -> Scalar:
        return scalars.scalar(tree, self.column)

    def _date_column(self, name: Any) -> Column:
        column = self.column(name)
        if column.kind != "date":
            message = f"{column.name} n'est pas une date"
            raise CqlError(message)
        return column

    def _compared(self, op: str, left: Any, right: Any) -> Node:
        if op in {"=", "<>"} and (self._is_list(left) or self._is_list(right)):
            equal = self._arrays("a_equals", left, right)
            return equal if op == "=" else _negated(equal)
        return _known(scalars.compared(_COMPARISONS[op], self._scalar(left), self._scalar(right)))

    def _is_list(self, tree: Any) -> bool:
        if isinstance(tree, list):
            return True
        return isinstance(tree, dict) and "property" in tree and self.column(tree["property"]).kind == "list"

    def _is_null(self, tree: Any, depth: int) -> Node:
        if isinstance(tree, dict) and tree.get("property") == space.GEOMETRY:
            return lambda table: (~table.has_geometry, table.has_geometry)
        if isinstance(tree, dict) and "property" in tree and self.column(tree["property"]).kind == "list":
            name = tree["property"]
            return lambda table: _two_valued(np.array([each is None for each in table.values(name)], dtype=np.bool_))
        if isinstance(tree, dict) and ("type" in tree or "bbox" in tree):
            space.read_literal(tree, crs=self.crs)
            return _constant(value=False)
        if isinstance(tree, dict) and tree.get("op") in _CONDITIONS:
            condition = self.boolean(tree, depth + 1)
            return lambda table: _two_valued(~np.logical_or(*condition(table)))
        value = self._scalar(tree)
        return lambda table: _two_valued(value.missing(table))

    def _arrays(self, op: str, left: Any, right: Any) -> Node:
        sides = [self._texts(left), self._texts(right)]
        test = _ARRAY_OPERATORS[op]

        def node(table: FeatureTable) -> Truth:
            ours, theirs = (side(table) for side in sides)
            known = np.array([a is not None and b is not None for a, b in zip(ours, theirs, strict=True)], dtype=np.bool_)
            true = np.zeros(len(table), dtype=np.bool_)
            # Sets live in object columns: only Python can compare them.
            true[known] = [test(ours[row], theirs[row]) for row in np.flatnonzero(known).tolist()]
            return true, known & ~true

        return node

    def _texts(self, tree: Any) -> Callable[[FeatureTable], Sequence[Any]]:
        if isinstance(tree, str):
            # In text, a list of one is a text between brackets.
            tree = [tree]
        if isinstance(tree, list) and len(tree) <= _MAX_LIST and all(isinstance(each, str) for each in tree):
            wanted = frozenset(tree)
            return lambda table: [wanted] * len(table)
        if isinstance(tree, dict) and "property" in tree:
            column = self.column(tree["property"])
            if column.kind == "list":
                return lambda table: [None if each is None else frozenset(each) for each in table.values(column.name)]
        message = "attendu une propriété à plusieurs valeurs ou une liste de textes"
        raise CqlError(message)

    def _spatial(self, op: str, left: Any, right: Any) -> Node:
        self.names.append(space.GEOMETRY)
        return _known(space.related(op, left, right, crs=self.crs))


def _operation(tree: Any) -> tuple[str, list[Any]]:
    if isinstance(tree, dict) and isinstance(tree.get("op"), str) and isinstance(tree.get("args"), list):
        return tree["op"], tree["args"]
    if isinstance(tree, dict) and "property" in tree:
        message = "une propriété seule n'est pas une condition"
        raise CqlError(message)
    message = "attendu une condition"
    raise CqlError(message)


def _exactly(op: str, args: list[Any], count: int) -> list[Any]:
    if len(args) != count:
        message = f"{op} : attendu {count} arguments, reçu {len(args)}"
        raise CqlError(message)
    return args


def _two_valued(true: Mask) -> Truth:
    return true, ~true


def _constant(*, value: bool) -> Node:
    return lambda table: _two_valued(np.full(len(table), value))


def _known(compared: Callable[[FeatureTable], tuple[Mask, Mask]]) -> Node:
    """Truth of a comparison that tells which rows satisfy it and for which it can be told."""

    def node(table: FeatureTable) -> Truth:
        true, known = compared(table)
        return true & known, known & ~true

    return node


def _negated(node: Node) -> Node:
    def negated(table: FeatureTable) -> Truth:
        true, false = node(table)
        return false, true

    return negated


def _combined(nodes: Sequence[Node], *, every: bool) -> Node:
    def combined(table: FeatureTable) -> Truth:
        true, false = nodes[0](table)
        for each in nodes[1:]:
            other_true, other_false = each(table)
            if every:
                true, false = true & other_true, false | other_false
            else:
                true, false = true | other_true, false & other_false
        return true, false

    return combined
