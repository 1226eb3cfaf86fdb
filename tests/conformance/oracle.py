"""
CQL2 by hand: one feature after the other, in plain Python, against which the answers of the service are held.

Reads the JSON form of a filter and GeoJSON features; each is true, false, or None where it cannot be told. Shares nothing with
the service but the standard and its parser: no columns, no masks, no trees.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import cql2
import shapely
from shapely.geometry import shape

Truth = bool | None

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "div": operator.floordiv,
    "%": operator.mod,
    "^": operator.pow,
}
_ARRAYS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "a_equals": operator.eq,
    "a_contains": operator.ge,
    "a_containedBy": operator.le,
    "a_overlaps": lambda left, right: bool(left & right),
}
# As Allen names them, between (start, end) of the left and of the right side.
_TEMPORAL: dict[str, Callable[[float, float, float, float], bool]] = {
    "t_after": lambda a, _b, _c, d: a > d,
    "t_before": lambda _a, b, c, _d: b < c,
    "t_disjoint": lambda a, b, c, d: b < c or a > d,
    "t_equals": lambda a, b, c, d: (a, b) == (c, d),
    "t_intersects": lambda a, b, c, d: not (b < c or a > d),
    "t_contains": lambda a, b, c, d: a < c and d < b,
    "t_during": lambda a, b, c, d: c < a and b < d,
    "t_finishedBy": lambda a, b, c, d: a < c and b == d,
    "t_finishes": lambda a, b, c, d: a > c and b == d,
    "t_meets": lambda _a, b, c, _d: b == c,
    "t_metBy": lambda a, _b, _c, d: a == d,
    "t_overlappedBy": lambda a, b, c, d: c < a < d < b,
    "t_overlaps": lambda a, b, c, d: a < c < b < d,
    "t_startedBy": lambda a, b, c, d: a == c and b > d,
    "t_starts": lambda a, b, c, d: a == c and b < d,
}


class ByHand:
    """What filters keep of some features, each counted once."""

    def __init__(self, features: list[dict[str, Any]]) -> None:
        self.features = [{**each, "shape": shape(each["geometry"]) if each["geometry"] else None} for each in features]
        self._kept: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self.features)

    def known(self, name: str) -> int:
        """How many features have a value of a property, or a geometry."""
        return len(self) - len(self.kept(f"{name} IS NULL"))

    def kept(self, text: str) -> set[str]:
        """Ids of the features for which a filter is true."""
        if text not in self._kept:
            tree = cql2.parse_text(text).to_json()
            self._kept[text] = {each["id"] for each in self.features if _truth(tree, each) is True}
        return self._kept[text]

    def matched(self, text: str) -> int:
        """How many features a filter is true for."""
        return len(self.kept(text))


def _truth(tree: Any, feature: dict[str, Any]) -> Truth:
    """What a filter says of a feature."""
    if isinstance(tree, bool):
        return tree
    op, args = tree["op"], tree["args"]
    if op == "not":
        return _not(_truth(args[0], feature))
    if op in {"and", "or"}:
        told = [_truth(each, feature) for each in args]
        return _all(told) if op == "and" else _not(_all([_not(each) for each in told]))
    if op == "isNull":
        return _value(args[0], feature) is None
    if op == "in":
        return _not(_all([_not(_truth({"op": "=", "args": [args[0], each]}, feature)) for each in args[1]]))
    if op == "between":
        bounds = ((">=", args[1]), ("<=", args[2]))
        return _all([_truth({"op": sign, "args": [args[0], bound]}, feature) for sign, bound in bounds])
    if op in _TEMPORAL:
        ends = [*_ends(args[0], feature), *_ends(args[1], feature)]
        return None if None in ends else _TEMPORAL[op](*ends)  # type: ignore[arg-type]  # none of them is None
    left, right = (_value(each, feature) for each in args)
    if left is None or right is None:
        return None
    if op == "like":
        return re.fullmatch(_pattern(right), left, re.DOTALL) is not None
    if op in _ARRAYS:
        return _ARRAYS[op](set(left), set(right))
    if op.startswith("s_"):
        return bool(getattr(shapely, op.removeprefix("s_"))(left, right))
    return _COMPARISONS[op](left, right)


def _not(value: Truth) -> Truth:
    return None if value is None else not value


def _all(values: list[Truth]) -> Truth:
    return False if False in values else None if None in values else True


def _value(tree: Any, feature: dict[str, Any]) -> Any:
    if not isinstance(tree, dict):
        return tree
    match tree:
        case {"property": "geometry"}:
            return feature["shape"]
        case {"property": name}:
            return feature["properties"][name]
        case {"date": text} | {"timestamp": text}:
            return text[:10]
        case {"bbox": [west, south, east, north]} if west > east:
            return shapely.union(shapely.box(west, south, 180, north), shapely.box(-180, south, east, north))
        case {"bbox": box}:
            return shapely.box(*box)
        case {"type": _}:
            return shape(tree)
        case {"op": "casei", "args": [inner]}:
            return _folded(_value(inner, feature), str.casefold)
        case {"op": "accenti", "args": [inner]}:
            return _folded(_value(inner, feature), _without_accents)
        case {"op": op, "args": [left, right]} if op in _ARITHMETIC:
            numbers = [_value(left, feature), _value(right, feature)]
            return None if None in numbers or (op in {"/", "div", "%"} and numbers[1] == 0) else _ARITHMETIC[op](*numbers)
        case _:
            return _truth(tree, feature)


def _folded(text: str | None, folding: Callable[[str], str]) -> str | None:
    return None if text is None else folding(text)


@cache
def _without_accents(text: str) -> str:
    return re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))


def _pattern(like: str) -> str:
    signs = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|[^\\]", like, re.DOTALL)
    return "".join(re.escape(part[1]) if part[0] == "\\" else signs.get(part, re.escape(part)) for part in parts)


def _ends(tree: Any, feature: dict[str, Any]) -> tuple[float | None, float | None]:
    if "interval" in tree:
        first, last = tree["interval"]
        return _day(first, feature, -float("inf")), _day(last, feature, float("inf"))
    moment = _day(tree, feature, 0)
    return moment, moment


def _day(tree: Any, feature: dict[str, Any], open_end: float) -> float | None:
    text = tree if isinstance(tree, str) else _value(tree, feature)
    if text == "..":
        return open_end
    return None if text is None else float(date.fromisoformat(text[:10]).toordinal())
