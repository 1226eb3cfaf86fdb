"""
Which record each value of a place came from: the choices of a merge, gathered field by field.

Chosen rows in, merged columns and their provenance out. It does not decide which record is believed.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mediation_geo.dedupe import trust

__all__ = ["Choices", "provenance_text"]

Origin = tuple[str, str | None, str]
Rows = NDArray[np.int64]

_SLICE = 16_384


def provenance_text(origins: dict[str, Origin]) -> str:
    """
    JSON of `field -> {record_id, date, rule}`; the field `*` stands for every field of a place with one record.

    Examples
    --------
    >>> provenance_text({"nom": ("a/1", "2024-05-01", "most_trusted")})
    '{"nom":{"record_id":"a/1","date":"2024-05-01","rule":"most_trusted"}}'
    """
    told = {field: {"record_id": record_id, "date": date, "rule": rule} for field, (record_id, date, rule) in origins.items()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


class Choices:
    """
    Columns of merged places, filled field by field.

    A choice is kept as the position of a record, and every column is taken from the records once: a register of a country
    has to fit in memory beside its places.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`.
    clusters : numpy.ndarray of int64, shape (n,)
        Cluster of each record, 0 to k - 1.
    count : int
        Number of places, k.
    """

    def __init__(self, records: pd.DataFrame, clusters: NDArray[np.int64], *, count: int) -> None:
        self._records = records
        self._clusters = clusters
        self._count = count
        self._several = np.bincount(clusters, minlength=count) > 1
        self._only = np.full(count, -1, dtype=np.int64)
        self._only[clusters] = np.arange(len(clusters))
        self._columns: dict[str, Any] = {}
        self._taken: dict[str, tuple[NDArray[np.int32], str]] = {}
        self._united: dict[str, dict[int, list[int]]] = {}

    def take(self, field: str, rows: Rows, *, rule: str) -> None:
        """
        Fill a field from one record of each place; a place with one record keeps what that record says.

        Parameters
        ----------
        field : str
            Column of the records.
        rows : numpy.ndarray of int64, shape (k,)
            Position of the chosen record, -1 for a missing value; not looked at where a place has one record.
        rule : str
            Written into the provenance.
        """
        rows = np.where(self._several, rows, self._only)
        column = self._records[field].take(np.maximum(rows, 0)).reset_index(drop=True)
        self._columns[field] = column if (rows >= 0).all() else column.where(rows >= 0)
        known = self._several & self._columns[field].notna().to_numpy()
        self._taken[field] = (np.where(known, rows, -1).astype(np.int32), rule)

    def unite(self, field: str, members: Rows, weight: NDArray[np.float64]) -> None:
        """
        Fill a list field with the union of the members' values, those of the heaviest record first.

        Parameters
        ----------
        field : str
            Column of the records.
        members : numpy.ndarray of int64, shape (m,)
            Positions of the records of places with several.
        weight : numpy.ndarray of float64, shape (m,)
            Trust in each of them.
        """
        values = self._records[field].to_numpy(dtype=object)
        united = values[self._only]
        united[self._several] = None
        told = np.array([isinstance(value, list) for value in values[members]], dtype=bool)
        rows = members[told]
        order = rows[np.lexsort((rows, -weight[told], self._clusters[rows]))]
        origins: dict[int, list[int]] = {}
        # Lists live in object columns: a pass in Python over the filled cells.
        for row in order.tolist():
            place = int(self._clusters[row])
            so_far = united[place]
            if so_far is None:
                united[place] = list(dict.fromkeys(values[row]))
                origins[place] = [row]
            elif new := [value for value in values[row] if value not in so_far]:
                united[place] = so_far + list(dict.fromkeys(new))
                origins[place].append(row)
        self._columns[field] = pd.Series(united, dtype=object)
        self._united[field] = origins

    def frame(self) -> pd.DataFrame:
        """Return the merged places with `source_ids`, `sources`, `published_ids` and `provenance`."""
        return pd.DataFrame(self._columns).assign(
            source_ids=self._gather(self._records["record_id"].to_numpy(dtype=object)),
            sources=self._gather(trust.source_names(self._records)),
            published_ids=self._gather(self._records["id"].to_numpy(dtype=object)),
            provenance=self._provenance(),
        )

    def _provenance(self) -> pd.Series[Any]:
        """Text for each place, by slices: as many Python strings would take as much again as the column."""
        ids, dates = self._records["record_id"].tolist(), trust.iso_dates(self._records)
        slices = [pd.Series([], dtype="str")]
        for start in range(0, self._count, _SLICE):
            places = range(start, min(start + _SLICE, self._count))
            slices.append(pd.Series([self._told(place, ids, dates) for place in places], dtype="str"))
        return pd.concat(slices, ignore_index=True)

    def _told(self, place: int, ids: list[str], dates: list[str | None]) -> str:
        if self._several[place]:
            return provenance_text(self._origins(place, ids, dates))
        only = int(self._only[place])
        return provenance_text({"*": (ids[only], dates[only], "only_record")})

    def _origins(self, place: int, ids: list[str], dates: list[str | None]) -> dict[str, Origin]:
        """Where each field of a place came from, in the order in which the fields were chosen."""
        origins: dict[str, Origin] = {}
        for field in self._columns:
            if field in self._united:
                rows = self._united[field].get(place, [])
                if rows:
                    rule = "union" if len(rows) > 1 else "most_trusted"
                    origins[field] = ("|".join(ids[row] for row in rows), dates[rows[0]], rule)
            else:
                taken, rule = self._taken[field]
                row = int(taken[place])
                if row >= 0:
                    origins[field] = (ids[row], dates[row], rule)
        return origins

    def _gather(self, values: NDArray[np.object_]) -> pd.Series[Any]:
        gathered: list[list[str]] = [[] for _ in range(self._count)]
        for place, value in zip(self._clusters.tolist(), values.tolist(), strict=True):
            if isinstance(value, str) and value not in gathered[place]:
                gathered[place].append(value)
        for each in gathered:
            each.sort()
        return pd.Series(gathered, dtype=object)
