"""
Record ids: `<feed>/<key>`, stable from edition to edition and independent of the order of the rows.

A file is gone through before its rows are read, to learn which rows share a key. Of each row only three numbers are kept then, so
that a file of any length fits; the texts of keys are kept for the rows that may share one, and compared as texts.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mediation_geo.ingest.apply import apply_mapping, map_distinct
from mediation_geo.text import collapse_blanks, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mediation_geo.ingest.mapping import Mapping

__all__ = ["KeySurvey", "row_keys", "survey_keys"]

_IDENTITY = ("nom", "adresse", "numero", "code_postal", "commune", "latitude", "longitude")
_NOT_ID = re.compile(r"[^\w\-.~:/]+")
_MAX_KEY_CHARS = 200


@dataclass(frozen=True)
class KeySurvey:
    """
    What a first reading of a file found out about its keys.

    Attributes
    ----------
    gives_ids : bool
        Whether the source has an id for at least one row.
    numbers : pandas.Series of int
        Row of the file -> number that is put behind its key, for each row but the first of those that share a key.
    """

    gives_ids: bool
    numbers: pd.Series

    def record_ids(self, keys: pd.DataFrame, *, feed: str) -> pd.Series:
        """Unique record ids of some rows, given as `row_keys` gives them."""
        ids = feed + "/" + keys["key"]
        numbered = ids.index.intersection(self.numbers.index)
        ids.loc[numbered] = _numbered(ids.loc[numbered], self.numbers.loc[numbered])
        return ids


def survey_keys(read: Callable[[], Iterable[pd.DataFrame]], mapping: Mapping) -> KeySurvey:
    """
    Which rows of a file share a key, and how they are told apart.

    Rows that share a key are numbered by their content, whatever their order, and never so that the key of another row results.

    Parameters
    ----------
    read : callable
        Gives the raw rows of the file in chunks, each time it is called; it is called again only when keys may be shared.
    mapping : Mapping
        The mapping of the source.

    Examples
    --------
    >>> from mediation_geo.ingest import shipped_mappings
    >>> rows = pd.DataFrame({"id": ["a", "b", "a"], "nom": ["Poste", "École", "Mairie"]}, index=[1, 2, 3], dtype="str")
    >>> survey = survey_keys(lambda: [rows], shipped_mappings()["standard"])
    >>> sorted(survey.record_ids(row_keys(rows, shipped_mappings()["standard"]), feed="x"))
    ['x/a', 'x/a~2', 'x/b']
    """
    rows, keys, contents, given = [], [], [], False
    for frame in read():
        chunk = row_keys(frame, mapping)
        rows.append(frame.index.to_numpy())
        keys.append(_hashes(chunk["key"]))
        contents.append(_content_hashes(frame))
        given = given or bool(chunk["has_id"].any())
    hashes = pd.Series(np.concatenate(keys), index=np.concatenate(rows))
    # Two different keys may have the same hash, so these rows are only suspects.
    suspects = hashes.index[hashes.duplicated(keep=False)]
    if suspects.empty:
        return KeySurvey(given, pd.Series([], index=pd.Index([], dtype="int64"), dtype="int64"))
    content = pd.Series(np.concatenate(contents), index=hashes.index).loc[suspects]
    texts = [row_keys(frame.loc[frame.index.isin(suspects)], mapping)["key"] for frame in read()]
    return KeySurvey(given, _number(pd.concat(texts), content, taken=np.sort(hashes.to_numpy())))


def row_keys(raw: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """
    What identifies each row.

    Returns
    -------
    pandas.DataFrame
        `key` (text) and `has_id` (whether the source gave it). Same index.
    """
    parts = [raw[name] for name in mapping.key if name in raw.columns]
    given = pd.Series([None] * len(raw), index=raw.index, dtype="str")
    if parts:
        given = map_distinct(parts[-1], lambda text: collapse_blanks(text) or None).astype("str")
        for part in reversed(parts[:-1]):
            given = part.fillna("") + ":" + given
    nameless = given.isna()
    keys = given.where(~nameless, _content_keys(raw.loc[nameless], mapping).reindex(raw.index))
    return pd.DataFrame({"key": map_distinct(keys, _safe).astype("str"), "has_id": ~nameless})


def _content_keys(raw: pd.DataFrame, mapping: Mapping) -> pd.Series:
    """Keys of rows without an id, from what tells one place from another."""
    if raw.empty:
        return pd.Series([], index=raw.index, dtype="str")
    fields = {name: mapping.fields[name] for name in _IDENTITY if name in mapping.fields}
    identity = apply_mapping(raw, mapping.model_copy(update={"fields": fields, "terms": {}, "hours": {}}))
    cells = identity[[name for name in _IDENTITY if name in identity.columns]]
    return pd.Series([_content_key(row) for row in cells.itertuples(index=False)], index=raw.index, dtype="str")


def _content_key(cells: tuple[object, ...]) -> str:
    text = "\x1f".join(fold(cell) if isinstance(cell, str) else "" for cell in cells)
    return f"~{hashlib.blake2b(text.encode(), digest_size=7).hexdigest()}"


def _safe(key: str) -> str:
    clean = _NOT_ID.sub("-", collapse_blanks(key)).strip("-") or "~"
    if len(clean) <= _MAX_KEY_CHARS:
        return clean
    return f"{clean[: _MAX_KEY_CHARS - 15]}~{hashlib.blake2b(clean.encode(), digest_size=7).hexdigest()}"


def _hashes(texts: pd.Series) -> np.ndarray:
    return pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False)


def _content_hashes(raw: pd.DataFrame) -> np.ndarray:
    """Sum of the hashes of column and cell, so that neither the order of columns nor empty columns matter."""
    total = np.zeros(len(raw), dtype="uint64")
    for name in raw.columns:
        filled = raw[name].notna().to_numpy()
        total[filled] += _hashes(name + "\x1f" + raw[name][filled])
    return total


def _number(keys: pd.Series, content: pd.Series, *, taken: np.ndarray) -> pd.Series:
    """
    Number of each row that shares its key with one before it, in the order of their contents.

    `taken` holds the hashes of all keys, sorted: a source may itself have written a key that looks numbered.
    """
    table = pd.DataFrame({"key": keys, "content": content.loc[keys.index], "row": keys.index}, index=keys.index)
    shared = table[table["key"].duplicated(keep=False)].sort_values(["key", "content", "row"], kind="stable")
    later = shared[shared["key"].duplicated()]
    numbers = later.groupby("key", sort=False).cumcount() + 2
    while (clash := _contains(taken, _hashes(_numbered(later["key"], numbers)))).any():
        # All numbers of a key from the first that is taken on move up by one.
        numbers += pd.Series(clash.astype("int64"), index=later.index).groupby(later["key"], sort=False).cummax()
    return numbers


def _numbered(keys: pd.Series, numbers: pd.Series) -> pd.Series:
    return keys + "~" + numbers.astype("str")


def _contains(ordered: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    at = np.searchsorted(ordered, wanted).clip(max=len(ordered) - 1)
    found: np.ndarray = ordered[at] == wanted
    return found
