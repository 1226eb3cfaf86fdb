"""
The door of the filters: text or JSON in, a compiled predicate out, or one sentence that says what is wrong.

Parsing text is the work of the `cql2` library; this module guards it, and gives the tree to `compile`, which knows the columns.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cql2
import orjson

from mediation_geo.service.cql.compile import CqlError, compile_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mediation_geo.service.features.columns import Column
    from mediation_geo.service.features.query import Predicate

__all__ = ["MAX_FILTER_CHARACTERS", "CqlError", "compile_filter"]

MAX_FILTER_CHARACTERS = 16_000

# A tree some 4,000 levels deep overflows the stack of the parser and takes the whole process with it; a text of 500 words and
# operators cannot reach a depth of more than 500.
_MAX_WORDS = 500
# Before the parser gives a wrong text up it takes twice as long for each further parenthesis around the fault: 0.1 s at 12 of
# them, minutes at 24, and meanwhile the process answers nobody.
_MAX_PARENTHESES = 12
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"", re.DOTALL)
# What a backslash makes of the letter after it, in words that the parser reads; it knows none of these itself. Any other pair
# stays as it is, since a backslash also takes their meaning from the signs of LIKE.
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"'": "''", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_PARENTHESIS = re.compile(r"[()]")
_WORD = re.compile(r"[^\W\d]\w*|-(?!\d)|[+*/%^=<>(\[{]")


def compile_filter(text: str, *, language: str, crs: str, columns: Mapping[str, Column]) -> Predicate:
    """
    Predicate of a CQL2 filter.

    Parameters
    ----------
    text : str
        The filter, at most `MAX_FILTER_CHARACTERS` long.
    language : {"cql2-text", "cql2-json"}
        How it is written.
    crs : str
        Reference system of the geometries in it.
    columns : mapping of str to Column
        The properties it may name.

    Raises
    ------
    CqlError
        If it cannot be parsed, names an unknown property, or uses something that is not served.

    Examples
    --------
    >>> from mediation_geo.service.features.columns import Column
    >>> from mediation_geo.service.features.crs import CRS84
    >>> columns = {"nom": Column("nom", "text", "Nom")}
    >>> compile_filter("nom = 'Relais'", language="cql2-text", crs=CRS84, columns=columns).names
    ('nom',)
    >>> compile_filter("mon = 'Relais'", language="cql2-text", crs=CRS84, columns=columns)
    Traceback (most recent call last):
        ...
    mediation_geo.service.cql.scalars.CqlError: propriété inconnue : mon
    """
    if len(text) > MAX_FILTER_CHARACTERS:
        message = f"filtre trop long, au plus {MAX_FILTER_CHARACTERS} caractères"
        raise CqlError(message)
    return compile_tree(_tree(text, language), crs=crs, columns=columns)


@lru_cache(maxsize=256)
def _tree(text: str, language: str) -> Any:
    if language == "cql2-json":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            message = "le filtre n'est pas du JSON"
            raise CqlError(message) from error
    bare = _QUOTED.sub("''", text)
    if len(_WORD.findall(bare)) > _MAX_WORDS:
        message = f"filtre trop complexe, au plus {_MAX_WORDS} mots et opérateurs"
        raise CqlError(message)
    if _depth(bare) > _MAX_PARENTHESES:
        message = f"filtre trop complexe, au plus {_MAX_PARENTHESES} parenthèses l'une dans l'autre"
        raise CqlError(message)
    try:
        return cql2.parse_text(_QUOTED.sub(_unescaped, text)).to_json()
    # The library raises bare Exception for geometries it cannot read.
    except Exception as error:
        message = "le filtre n'est pas du CQL2"
        place = re.search(r"--> \d+:(\d+)", str(error))
        raise CqlError(f"{message} (caractère {place[1]})" if place else message) from error


def _unescaped(quoted: re.Match[str]) -> str:
    """A text between apostrophes with its control characters and apostrophes as they are; names between quotes stay."""
    text = quoted[0]
    return _ESCAPED.sub(lambda pair: _MEANT.get(pair[1], pair[0]), text) if text[0] == "'" else text


def _depth(text: str) -> int:
    """Most parentheses that are open at once; one that closes nothing is not counted, as the parser stops there."""
    deepest = depth = 0
    for sign in _PARENTHESIS.findall(text):
        depth = max(depth + (1 if sign == "(" else -1), 0)
        deepest = max(deepest, depth)
    return deepest
