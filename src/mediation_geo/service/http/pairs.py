"""The query string of a request as pairs, and the rule that each is known and given once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mediation_geo.service.http.problems import bad_parameter, unknown_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

__all__ = ["pairs_of", "single_values"]


def pairs_of(request: Request) -> list[tuple[str, str]]:
    """Parameters of the query string, in order, empty ones kept."""
    return parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)


def single_values(pairs: Iterable[tuple[str, str]], *, admitted: Iterable[str]) -> dict[str, str]:
    """
    Parameters of a query string, each known and given once.

    Raises
    ------
    Problem
        400 naming the first parameter that is unknown or repeated.

    Examples
    --------
    >>> single_values([("limit", "5")], admitted=["limit"])
    {'limit': '5'}
    """
    names = tuple(admitted)
    known = set(names)
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise unknown_parameter(name, admis=names)
        if name in values:
            raise bad_parameter(name, "donné deux fois, attendu une seule fois")
        values[name] = value
    return values
