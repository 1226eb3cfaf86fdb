"""Record ids: `<feed>/<key>`, stable from edition to edition and independent of the order of the rows."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.ingest.apply import map_distinct
from mediation_geo.ingest.read.table import Note
from mediation_geo.text import collapse_blanks, fold

if TYPE_CHECKING:
    from mediation_geo.ingest.mapping import Mapping

__all__ = ["assign_record_ids", "row_keys"]

_IDENTITY = ("nom", "adresse", "numero", "code_postal", "commune", "latitude", "longitude")
_NOT_ID = re.compile(r"[^\w\-.~:/]+")
_MAX_KEY_CHARS = 200


def row_keys(raw: pd.DataFrame, mapped: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """
    What identifies each row.

    Returns
    -------
    pandas.DataFrame
        `key` (text), `has_id` (whether the source gave it), `content` (uint64, hash of all cells that are not empty). Same index.
    """
    parts = [raw[name] for name in mapping.key if name in raw.columns]
    given = pd.Series([None] * len(raw), index=raw.index, dtype="str")
    if parts:
        given = map_distinct(parts[-1], lambda text: collapse_blanks(text) or None).astype("str")
        for part in reversed(parts[:-1]):
            given = part.fillna("") + ":" + given
    nameless = given.isna()
    identity = mapped.loc[nameless, [name for name in _IDENTITY if name in mapped.columns]]
    by_content = pd.Series([_content_key(row) for row in identity.itertuples(index=False)], index=identity.index, dtype="str")
    keys = given.where(~nameless, by_content.reindex(raw.index))
    return pd.DataFrame(
        {
            "key": map_distinct(keys, _safe).astype("str"),
            "has_id": given.notna(),
            "content": _content_hashes(raw),
        }
    )


def _content_key(cells: tuple[object, ...]) -> str:
    text = "\x1f".join(fold(cell) if isinstance(cell, str) else "" for cell in cells)
    return f"~{hashlib.blake2b(text.encode(), digest_size=7).hexdigest()}"


def _content_hashes(raw: pd.DataFrame) -> pd.Series:
    """Sum of the hashes of column and cell, so that neither the order of columns nor empty columns matter."""
    total = pd.Series(0, index=raw.index, dtype="uint64")
    for name in raw.columns:
        filled = raw[name].notna()
        hashes = pd.util.hash_array((name + "\x1f" + raw[name][filled]).to_numpy(dtype=object))
        total[filled] += hashes
    return total


def _safe(key: str) -> str:
    clean = _NOT_ID.sub("-", collapse_blanks(key)).strip("-") or "~"
    if len(clean) <= _MAX_KEY_CHARS:
        return clean
    return f"{clean[: _MAX_KEY_CHARS - 15]}~{hashlib.blake2b(clean.encode(), digest_size=7).hexdigest()}"


def assign_record_ids(keys: pd.DataFrame, *, feed: str) -> tuple[pd.Series, tuple[Note, ...]]:
    """
    Unique record ids; rows that share a key are numbered by their content, whatever their order.

    Parameters
    ----------
    keys : pandas.DataFrame
        All rows of the source, as `row_keys` gives them.
    feed : str
        Name of the feed.

    Returns
    -------
    pandas.Series, tuple of Note
        Record ids under the index of `keys`; notes on rows without an id and on repeated ids.
    """
    # Only rows that share a key need an order; the others, nearly all, cost no copy.
    shared = keys.loc[keys["key"].duplicated(keep=False), ["key", "content"]]
    ordered = shared.assign(row=shared.index).sort_values(["key", "content", "row"], kind="stable")
    rank = ordered.groupby("key", sort=False).cumcount()
    later = rank.index[rank.gt(0)]
    ids = feed + "/" + keys["key"]
    ids.loc[later] = ids.loc[later] + "~" + (rank.loc[later] + 1).astype("str")
    notes: list[Note] = []
    if keys["has_id"].any():
        missing = keys.index[~keys["has_id"]]
        notes += [Note("id_missing", row=int(row), corrected=str(ids.loc[row])) for row in missing]
    elif len(keys):
        notes.append(Note("source_without_ids"))
    repeated = later[keys.loc[later, "has_id"]].sort_values()
    notes += [Note("id_repeated", row=int(row), value=str(keys.loc[row, "key"]), corrected=str(ids.loc[row])) for row in repeated]
    twins = later[~keys.loc[later, "has_id"]].sort_values()
    notes += [Note("row_repeated", row=int(row), corrected=str(ids.loc[row])) for row in twins]
    return _without_collisions(ids), tuple(notes)


def _without_collisions(ids: pd.Series) -> pd.Series:
    """A numbered key may equal a key that the source itself wrote so; such ids are numbered once more."""
    while ids.duplicated().any():
        again = ids.groupby(ids).cumcount()
        ids = ids.where(again.eq(0), ids + "~" + (again + 1).astype("str"))
    return ids
