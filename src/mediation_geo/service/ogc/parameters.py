"""
The query string of `/items` read strictly: every parameter honoured or refused by name.

Takes the pairs of a query string and the collection they are asked of, returns an `ItemsQuery`. The names and limits
here are the ones the
OpenAPI document declares.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from mediation_geo.service.cql import CqlError, compile_filter
from mediation_geo.service.features.crs import CRS84, SUPPORTED_CRS, is_geographic
from mediation_geo.service.features.datetimes import days_of
from mediation_geo.service.features.query import BBox, ItemsQuery, Near, Predicate, SortKey
from mediation_geo.service.http.problems import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mediation_geo.service.features.columns import Column

__all__ = [
    "DEFAULT_LIMIT",
    "ITEMS_PARAMETERS",
    "MAX_LIMIT",
    "MAX_OFFSET",
    "MAX_RADIUS_M",
    "SHAPE_PARAMETERS",
    "crs_of",
    "items_query",
]

DEFAULT_LIMIT = 10
MAX_LIMIT = 10_000
MAX_OFFSET = 10_000_000
MAX_RADIUS_M = 1_000_000

# Parameters of every document: format and language.
SHAPE_PARAMETERS = ("f", "lang")
ITEMS_PARAMETERS = (
    *SHAPE_PARAMETERS,
    "limit",
    "offset",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "properties",
    "skipGeometry",
    "resultType",
    "resulttype",
    "near",
    "radius",
)

Value = TypeVar("Value")


def items_query(values: Mapping[str, str], *, columns: Mapping[str, Column], has_dates: bool) -> ItemsQuery:
    """
    What a request to `/items` asks for.

    Parameters
    ----------
    values : mapping of str to str
        Parameters already known and single, see `http.pairs.single_values`.
    columns : mapping of str to Column
        Columns of the collection; each is a filter of its own name.
    has_dates : bool
        Whether the collection has a date that `datetime` can look at.

    Raises
    ------
    Problem
        400 naming the parameter and what was expected.
    """
    properties = _read(values, "properties", lambda text: _properties(text, columns))
    near = _near(values)
    sortby = _read(values, "sortby", lambda text: _sort_keys(text, columns)) or ()
    return ItemsQuery(
        limit=min(_whole(values, "limit", default=DEFAULT_LIMIT, least=1), MAX_LIMIT),
        offset=_whole(values, "offset", default=0, least=0, most=MAX_OFFSET),
        bbox=_bbox(values),
        days=_days(values, has_dates=has_dates),
        equal=tuple((name, _value(name, text, columns[name])) for name, text in values.items() if name in columns),
        matching=_filter(values, columns),
        near=near,
        sortby=sortby,
        properties=properties,
        skip_geometry=_choice(values, "skipGeometry", {"true": True, "false": False}, default=False),
        crs=crs_of(values, "crs"),
        # Two customs: GDAL counts what matches a filter by `resultType`, clients of pygeoapi by `resulttype`.
        hits=any(_choice(values, name, {"results": False, "hits": True}, default=False) for name in ("resultType", "resulttype")),
    )


def crs_of(values: Mapping[str, str], name: str) -> str:
    """
    The reference system a parameter names, CRS84 where it is absent.

    Raises
    ------
    Problem
        400 when the system is not one the service speaks.
    """
    uri = values.get(name, CRS84)
    if uri not in SUPPORTED_CRS:
        raise bad_parameter(name, "système de coordonnées non servi", admis=SUPPORTED_CRS)
    return uri


def _read(values: Mapping[str, str], name: str, parse: Callable[[str], Value]) -> Value | None:
    return parse(values[name]) if name in values else None


def _whole(values: Mapping[str, str], name: str, *, default: int, least: int, most: int | None = None) -> int:
    text = values.get(name)
    if text is None:
        return default
    # int() would take signs, blanks, underscores and digits of other scripts.
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) < least:
        raise bad_parameter(name, f"attendu un nombre entier d'au moins {least}")
    if most is not None and int(text) > most:
        raise bad_parameter(name, f"attendu au plus {most}")
    return int(text)


def _choice(values: Mapping[str, str], name: str, choices: Mapping[str, bool], *, default: bool) -> bool:
    text = values.get(name)
    if text is None:
        return default
    if text not in choices:
        raise bad_parameter(name, "valeur non admise", admis=tuple(choices))
    return choices[text]


def _numbers(name: str, text: str, *, counts: tuple[int, ...]) -> list[float]:
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in counts or not all(math.isfinite(number) for number in numbers):
        expected = " ou ".join(str(count) for count in counts)
        raise bad_parameter(name, f"attendu {expected} nombres séparés par des virgules")
    return numbers


def _bbox(values: Mapping[str, str]) -> BBox | None:
    crs = crs_of(values, "bbox-crs")
    if "bbox" not in values:
        if "bbox-crs" in values:
            raise bad_parameter(name="bbox-crs", detail="donné sans bbox")
        return None
    numbers = _numbers("bbox", values["bbox"], counts=(4, 6))
    if len(numbers) == 6:
        # Heights are read and left aside: the register has none.
        numbers = [*numbers[:2], *numbers[3:5]]
    low, high = (numbers[0], numbers[1]), (numbers[2], numbers[3])
    longitude = (0 if crs == CRS84 else 1) if is_geographic(crs) else None
    if any(low[axis] > high[axis] for axis in (0, 1) if axis != longitude):
        raise bad_parameter(name="bbox", detail="le coin inférieur dépasse le coin supérieur")
    return BBox(low, high, crs)


def _days(values: Mapping[str, str], *, has_dates: bool) -> tuple[str | None, str | None] | None:
    text = values.get("datetime")
    if text is None:
        return None
    try:
        days = days_of(text)
    except (ValueError, OverflowError) as error:
        expected = "attendu une date, une date et heure, ou un intervalle (RFC 3339)"
        raise bad_parameter(name="datetime", detail=expected) from error
    # A collection without dates has no temporal geometry that could miss the interval.
    return days if has_dates else None


def _value(name: str, text: str, column: Column) -> str | float:
    if column.kind in {"number", "integer"}:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (column.kind == "integer" and number % 1):
            raise bad_parameter(name, "attendu un nombre entier" if column.kind == "integer" else "attendu un nombre")
        return number
    if column.kind == "date":
        try:
            first, last = days_of(text)
        except (ValueError, OverflowError):
            first = last = None
        if first is None or first != last:
            raise bad_parameter(name, "attendu une date AAAA-MM-JJ")
        return first
    return text


def _sort_keys(text: str, columns: Mapping[str, Column]) -> tuple[SortKey, ...]:
    keys = []
    for part in text.split(","):
        # A plus sign that was not percent-encoded arrives as a blank.
        name = part.lstrip("+- ") if part[:1] in {"+", "-", " "} else part
        column = columns.get(name)
        if column is None or column.kind == "list":
            sortable = tuple(each.name for each in columns.values() if each.kind != "list")
            raise bad_parameter(name="sortby", detail=f"propriété inconnue ou non triable : {name[:60]}", admis=sortable)
        keys.append(SortKey(name, descending=part.startswith("-")))
    return tuple(keys)


def _properties(text: str, columns: Mapping[str, Column]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(","))) if text else ()
    for name in names:
        if name not in columns:
            raise bad_parameter(name="properties", detail=f"propriété inconnue : {name[:60]}", admis=tuple(columns))
    return names


def _near(values: Mapping[str, str]) -> Near | None:
    if "near" not in values:
        if "radius" in values:
            raise bad_parameter(name="radius", detail="donné sans near")
        return None
    lon, lat = _numbers("near", values["near"], counts=(2,))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise bad_parameter(name="near", detail="attendu longitude,latitude en degrés")
    if "radius" not in values:
        return Near(lon, lat)
    [radius_m] = _numbers("radius", values["radius"], counts=(1,))
    if not 0 < radius_m <= MAX_RADIUS_M:
        raise bad_parameter(name="radius", detail=f"attendu des mètres, plus de 0 et au plus {MAX_RADIUS_M}")
    return Near(lon, lat, radius_m)


def _filter(values: Mapping[str, str], columns: Mapping[str, Column]) -> Predicate | None:
    language = values.get("filter-lang", "cql2-text")
    if language not in {"cql2-text", "cql2-json"}:
        raise bad_parameter(name="filter-lang", detail="langage non servi", admis=("cql2-text", "cql2-json"))
    crs = crs_of(values, "filter-crs")
    if "filter" not in values:
        for name in ("filter-lang", "filter-crs"):
            if name in values:
                raise bad_parameter(name, "donné sans filter")
        return None
    try:
        return compile_filter(values["filter"], language=language, crs=crs, columns=columns)
    except CqlError as error:
        raise bad_parameter(name="filter", detail=str(error)) from error
