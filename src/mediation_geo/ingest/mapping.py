"""
Mappings: how the columns of one source become the fields of the national standard, as data in `datasets/mappings/*.toml`.

A mapping is validated when it is loaded, so that a slip in a file is reported with its place before any row is read. Applying a
mapping is in `apply.py`, choosing one in `recognise.py`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from mediation_geo.errors import SettingsError
from mediation_geo.standard.fields import FIELD_NAMES
from mediation_geo.standard.versions import FIELD_RENAMES
from mediation_geo.standard.vocabularies import TYPOLOGIES, VOCABULARIES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DAYS",
    "Fetch",
    "FieldRule",
    "Lookup",
    "Mapping",
    "Recognise",
    "TermRule",
    "Unsplit",
    "load_mapping",
    "shipped_mappings",
]

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_TARGETS = frozenset(FIELD_NAMES) | frozenset(FIELD_RENAMES)
# Columns that only help cleaning: the number of a street, the private phone that is used when there is no other.
_HELPERS = frozenset({"numero", "horaires_brut", "telephone_secondaire"})

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldRule(_Strict):
    """
    Where the text of one field comes from: exactly one of `columns`, `join`, `split`, `constant`.

    Attributes
    ----------
    columns : tuple of str
        Columns of the source; the first that is not empty wins.
    join : tuple of str
        Columns whose values are put together with `separator`, empty ones left out.
    split : str
        Column cut at `separator`, of which `part` (0-based, negative from the end) is taken.
    constant : str
        The same text for each row.
    when : str
        Column; the constant is given only to rows where it is not empty and not a "no".
    """

    columns: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    split: str | None = None
    separator: str = " "
    part: int = 0
    constant: str | None = None
    when: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> FieldRule:
        if sum(map(bool, (self.columns, self.join, self.split, self.constant))) != 1:
            message = "exactly one of columns, join, split, constant is expected"
            raise ValueError(message)
        return self


class TermRule(_Strict):
    """
    One label of a list field, given where a term is found in one of the columns.

    Attributes
    ----------
    value : tuple of str
        Labels to give.
    columns : tuple of str
        Columns to search; none means: give the label to each row.
    terms : tuple of str
        Beginnings of words to find, whatever case and accents; none means: any value that is not a "no".
    codes : tuple of str
        Choices to find as whole items of a list such as `1,4,10` or `APTIC-MSAP`, instead of terms.
    unless : tuple of str
        Terms that forbid the label when one of them is in the same cell.
    """

    value: tuple[str, ...]
    columns: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @field_validator("value", mode="before")
    @classmethod
    def _as_tuple(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class HalfDay(_Strict):
    """Columns of the two halves of a day; `opens`/`closes` hold single times, `ranges` texts such as `9h-12h`."""

    ranges: tuple[str, ...] = ()
    times: tuple[tuple[str, str], ...] = ()


class Fetch(_Strict):
    """Where and how a source is downloaded: address, key of the rows, key of the next page."""

    url: str = Field(pattern=r"^https://")
    format: Literal["csv", "json", "geojson", "xlsx", "parquet"]
    key: str | None = None
    next: str | None = None
    total: str | None = None
    token_variable: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]+$")


class Unsplit(_Strict):
    """Rows in which the text of `column` was cut in two cells: told by the postcode standing one column too far right."""

    column: str
    postcode: str


class Lookup(_Strict):
    """
    Another file of the source whose columns are added to each row by key.

    Attributes
    ----------
    file : regular expression
        The whole slug of that file's name, without the date of its edition.
    on : dict of str to str
        Column of this file -> column of the other file that holds the same text.
    prefix : str
        Stands before the names of the added columns: `structure` makes `nom` to `structure.nom`.
    """

    file: re.Pattern[str]
    on: dict[str, str] = Field(min_length=1)
    prefix: str = Field(min_length=1)


class Recognise(_Strict):
    """
    Evidence that a file is of this source: all columns there, only these values, the file's name.

    Attributes
    ----------
    columns : tuple of str
        Columns that must all be in the file.
    absent : tuple of str
        Columns that must not be.
    only : dict of str to tuple of str
        Column -> the only values it may hold.
    filled : tuple of str
        Columns that must hold something.
    file : str
        Regular expression searched in the slug of the file's name.
    """

    columns: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    # In the file this is `values`, which pydantic and pandas both use for something else.
    only: dict[str, tuple[str, ...]] = Field(default={}, alias="values")
    filled: tuple[str, ...] = ()
    file: str | None = None


class Mapping(_Strict):
    """
    A source: who produces it, how it is recognised and fetched, how its columns become fields.

    `inherit` names another mapping whose fields, terms and hours are used where this one has none; `feed` is the name of the feed
    when several mappings read editions of one source.
    """

    name: Slug
    feed: Slug | None = None
    title: str
    territory: str
    producer: str
    licence: str
    contact: str | None = None
    page: str | None = None
    inherit: Slug | None = None
    recognise: tuple[Recognise, ...] = ()
    fetch: Fetch | None = None
    key: tuple[str, ...] = ()
    unsplit: Unsplit | None = None
    lookup: tuple[Lookup, ...] = ()
    fields: dict[str, FieldRule] = {}
    terms: dict[str, tuple[TermRule, ...]] = {}
    hours: dict[str, HalfDay] = {}

    @field_validator("fields", mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        """A text or a list of texts in the file stands for `columns`."""
        if not isinstance(value, dict):
            return value
        long = {}
        for name, rule in value.items():
            columns = [rule] if isinstance(rule, str) else rule
            long[name] = {"columns": columns} if isinstance(columns, list) else columns
        return long

    @model_validator(mode="after")
    def _known_names(self) -> Mapping:
        unknown = set(self.fields) - _TARGETS - _HELPERS
        if unknown:
            message = f"unknown fields {sorted(unknown)}; expected names of the standard"
            raise ValueError(message)
        for name, rules in self.terms.items():
            allowed = TYPOLOGIES if name == "typologie" else VOCABULARIES.get(name)
            wrong = [label for rule in rules for label in rule.value if allowed is not None and label not in allowed]
            if name not in _TARGETS or wrong:
                message = f"terms of {name!r}: unknown field or labels {wrong}"
                raise ValueError(message)
        if set(self.hours) - set(DAYS):
            message = f"hours of {sorted(set(self.hours) - set(DAYS))}; expected {', '.join(DAYS)}"
            raise ValueError(message)
        return self


def load_mapping(text: str, *, path: str) -> Mapping:
    """
    Mapping written as TOML.

    Raises
    ------
    SettingsError
        If the text is not TOML or not a mapping: names the file, the key and what was expected.

    Examples
    --------
    >>> load_mapping("name = 'Pas un nom'", path="x.toml")
    Traceback (most recent call last):
    ...
    mediation_geo.errors.SettingsError: x.toml: name: String should match pattern '^[a-z0-9]+(-[a-z0-9]+)*$' (and 4 more)
    """
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not TOML: {error}"
        raise SettingsError(message) from error
    except ValidationError as error:
        first, *others = error.errors()
        where = ".".join(str(part) for part in first["loc"])
        more = f" (and {len(others)} more)" if others else ""
        message = f"{path}: {where}: {first['msg']}{more}"
        raise SettingsError(message) from error


def load_mapping_file(path: Path) -> Mapping:
    """Mapping in a file of the user's own; see `load_mapping`."""
    return load_mapping(path.read_text(encoding="utf-8"), path=str(path))


@cache
def shipped_mappings() -> dict[str, Mapping]:
    """
    Every mapping of the package by its name, inheritance resolved.

    Examples
    --------
    >>> "data-inclusion" in shipped_mappings()
    True
    """
    folder = files("mediation_geo.datasets").joinpath("mappings")
    loaded = {}
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".toml"):
            mapping = load_mapping(entry.read_text(encoding="utf-8"), path=entry.name)
            loaded[mapping.name] = mapping
    return {name: _with_inheritance(mapping, loaded) for name, mapping in loaded.items()}


def _with_inheritance(mapping: Mapping, loaded: dict[str, Mapping]) -> Mapping:
    if mapping.inherit is None:
        return mapping
    if mapping.inherit not in loaded:
        message = f"{mapping.name}.toml: inherit: no mapping named {mapping.inherit!r}"
        raise SettingsError(message)
    base = _with_inheritance(loaded[mapping.inherit], loaded)
    return mapping.model_copy(
        update={
            "fields": {**base.fields, **mapping.fields},
            "terms": {**base.terms, **mapping.terms},
            "hours": mapping.hours or base.hours,
            "key": mapping.key or base.key,
            "lookup": mapping.lookup or base.lookup,
        }
    )
