"""
The register in the words of the national standard v1.0.2: its CSV, its JSON, and the CSV read back.

Places go in, the 32 columns come out as text that the official Table Schema accepts. Three things are unavoidable on the way,
and each is undone by `read_official_csv`, so that the round trip loses nothing:

* the schema demands a value in seven columns: where the register knows none, the placeholder of `PLACEHOLDERS` stands, for the
  pivot and the date the one that the national pipeline writes;
* a spreadsheet would run a cell that begins like a formula: such a cell is preceded by an apostrophe;
* a label of the vocabulary is spelled as the pattern of the schema spells it.
"""

from __future__ import annotations

import csv
import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd

from mediation_geo.standard import FIELD_NAMES, FIELDS, LIST_FIELDS, conform

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "PLACEHOLDERS",
    "guard",
    "official_columns",
    "read_official_csv",
    "unguard",
    "write_official_csv",
    "write_official_json",
]

SEPARATOR = "|"
# A vertical bar inside one value of a list would be read as two values: the standard has no escape for it.
BAR_IN_VALUE = "\uff5c"

PLACEHOLDERS = MappingProxyType(
    {
        "pivot": "00000000000000",
        "nom": "Nom non renseigné",
        "commune": "Commune non renseignée",
        "code_postal": "00000",
        "adresse": "Adresse non renseignée",
        "date_maj": "1970-01-01",
    }
)
# Schema v1.0.2 forgot the blank that its own title and the official library have.
_SCHEMA_SPELLING = MappingProxyType({"Étapes numériques (La Poste)": "Étapes numériques(La Poste)"})
_OUR_SPELLING = {theirs: ours for ours, theirs in _SCHEMA_SPELLING.items()}

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
# Where the apostrophe would make a text longer than the schema admits, the sign gives way to its wide twin of the same length.
_WIDE = {"=": "\uff1d", "+": "\uff0b", "-": "\uff0d", "@": "\uff20"}
_NARROW = {wide: narrow for narrow, wide in _WIDE.items()}
_LONGEST = {each.name: each.max_length for each in FIELDS}
# A phone number is the one value that begins with a sign and is none; guarding it would break the pattern of the schema.
_NUMBER = re.compile(r"\+\d+")
_LAYOUT = MappingProxyType({each.name: each.kind for each in FIELDS})


def official_columns(places: pd.DataFrame) -> pd.DataFrame:
    """
    The 32 columns of the standard as text, complete where the schema demands it; latitude and longitude stay numbers.

    Examples
    --------
    >>> frame = official_columns(pd.DataFrame({"id": ["p"], "services": [["A", "B"]], "latitude": [48.5]}))
    >>> frame.loc[0, ["services", "date_maj", "pivot"]].tolist()
    ['A|B', '1970-01-01', '00000000000000']
    """
    return _columns(conform(places, _LAYOUT)).fillna(dict(PLACEHOLDERS))


def _columns(conformed: pd.DataFrame) -> pd.DataFrame:
    text: dict[str, Any] = {}
    for name, kind in _LAYOUT.items():
        column = conformed[name]
        if kind == "list":
            text[name] = column.map(_joined, na_action="ignore").astype("str")
        elif kind == "date":
            text[name] = column.dt.strftime("%Y-%m-%d")
        else:
            text[name] = column
    return pd.DataFrame(text)


def _joined(values: list[str]) -> str:
    return SEPARATOR.join(_SCHEMA_SPELLING.get(each, each).replace(SEPARATOR, BAR_IN_VALUE) for each in values)


def write_official_csv(places: pd.DataFrame, path: Path) -> None:
    """Write the CSV of the standard: UTF-8, comma, every text quoted, no cell that a spreadsheet would run."""
    columns = official_columns(places)
    guarded = columns.assign(
        **{
            name: columns[name].map(partial(guard, longest=_LONGEST[name]), na_action="ignore")
            for name, kind in _LAYOUT.items()
            if kind != "number"
        }
    )
    guarded.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n", encoding="utf-8")


def write_official_json(places: pd.DataFrame, path: Path) -> None:
    """Write the JSON of the standard: an array of flat objects with the same texts as the CSV, null where nothing is known."""
    columns = official_columns(places)
    rows = columns.astype(object).where(columns.notna(), None).to_dict(orient="records")
    path.write_bytes(b"[\n" + b",\n".join(map(orjson.dumps, rows)) + b"\n]\n")


def read_official_csv(path: Path) -> pd.DataFrame:
    """
    The 32 fields in the types of the house; the inverse of `write_official_csv`.

    Raises
    ------
    ValueError
        If the header is not that of the standard.
    """
    raw = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8")
    if tuple(raw.columns) != FIELD_NAMES:
        message = f"{path}: the header is {', '.join(raw.columns)}; expected {', '.join(FIELD_NAMES)}"
        raise ValueError(message)
    frame = raw.apply(lambda column: column.map(partial(unguard, longest=_LONGEST[str(column.name)]), na_action="ignore"))
    for name, placeholder in PLACEHOLDERS.items():
        frame[name] = frame[name].mask(frame[name].eq(placeholder))
    for name in LIST_FIELDS:
        frame[name] = [_split(cell) for cell in frame[name].to_numpy(dtype=object)]
    return conform(frame, _LAYOUT)


def _split(cell: object) -> list[str] | None:
    return [_OUR_SPELLING.get(each, each) for each in cell.split(SEPARATOR)] if isinstance(cell, str) else None


def guard(cell: str, *, longest: int | None = None) -> str:
    """
    Cell that no spreadsheet takes for a formula.

    Parameters
    ----------
    cell : str
        Text of the cell.
    longest : int, optional
        How many characters the column admits.

    Examples
    --------
    >>> guard("=1+1"), guard("+33467000000"), guard("Mairie"), guard("'=1")
    ("'=1+1", '+33467000000', 'Mairie', "''=1")
    """
    if not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    if len(cell) == longest and cell[0] in _WIDE:
        return _WIDE[cell[0]] + cell[1:]
    return f"'{cell}"


def unguard(cell: str, *, longest: int | None = None) -> str:
    """
    Cell as it was before `guard`.

    Examples
    --------
    >>> unguard("'=1+1"), unguard("'ici'"), unguard(guard("'=1"))
    ('=1+1', "'ici'", "'=1")
    """
    if len(cell) == longest and cell[0] in _NARROW:
        return _NARROW[cell[0]] + cell[1:]
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
