"""
Which record each value of a place came from: the choices of a merge, gathered field by field.

Chosen rows in, merged columns and their provenance out. It does not decide which record is believed.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mediation_geo.dedupe import trust
from mediation_geo.dedupe.memory import chosen_texts, fitted

__all__ = ["Choices", "provenance_text"]

Origin = tuple[str, str | None, str]
Rows = NDArray[np.int64]

_SLICE = 4_096
# Made once: a text for each place, and an encoder costs more than most texts.
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def provenance_text(origins: dict[str, Origin]) -> str:
    """
    JSON of `field -> {record_id, date, rule}`; the field `*` stands for every field of a place with one record.

    Examples
    --------
    >>> provenance_text({"nom": ("a/1", "2024-05-01", "most_trusted")})
    '{"nom":{"record_id":"a/1","date":"2024-05-01","rule":"most_trusted"}}'
    """
    return _encoded(
        {field: {"record_id": record_id, "date": date, "rule": rule} for field, (record_id, date, rule) in origins.items()}
    )


class _Origins(NamedTuple):
    """
    The records a field came from, and the rule by which each was chosen.

    Those of the i-th place of several records are `rows[starts[i]:starts[i + 1]]`: none for a missing value, several for a list
    that unites theirs.
    """

    rows: NDArray[np.int32]
    starts: NDArray[np.int64]
    rule: str


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

    Attributes
    ----------
    count : int
        Number of places, k.
    """

    def __init__(self, records: pd.DataFrame, clusters: NDArray[np.int64]) -> None:
        self.count = int(clusters.max()) + 1 if len(clusters) else 0
        self._records = records
        self._clusters = clusters
        sizes = np.bincount(clusters, minlength=self.count)
        self._rows = np.argsort(clusters, kind="stable")
        self._starts = np.r_[0, np.cumsum(sizes)]
        self._several = np.flatnonzero(sizes > 1)
        # The record of each place that has one, -1 for the others.
        self._only = np.where(sizes == 1, self._rows[self._starts[:-1]], -1)
        self._columns: dict[str, Any] = {}
        self._origins: dict[str, _Origins] = {}

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
        chosen = rows[self._several]
        every = self._only.copy()
        every[self._several] = chosen
        told = self._records[field]
        text = told.dtype == "str"
        column = chosen_texts(told, every) if text else pd.Series(told.array.take(every, allow_fill=True))
        self._columns[field] = column
        known = column.notna().to_numpy()[self._several]
        self._origins[field] = _Origins(chosen[known].astype(np.int32), np.r_[0, np.cumsum(known)], rule)

    def unite(self, field: str, members: Rows, weight: NDArray[np.float64]) -> None:
        """
        Fill a list field with the union of the members' values, those of the heaviest record first.

        Parameters
        ----------
        field : str
            Column of the records.
        members : numpy.ndarray of int64, shape (m,)
            Positions of the records of places with several, the first to win a tie before the others.
        weight : numpy.ndarray of float64, shape (m,)
            Trust in each of them.
        """
        values = self._records[field].to_numpy(dtype=object)
        united = values[self._only]
        united[self._several] = None
        told = np.flatnonzero([isinstance(value, list) for value in values[members]])
        rows = members[told[np.lexsort((-weight[told], self._clusters[members[told]]))]]
        adding: list[int] = []
        # Lists live in object columns: a pass in Python over the filled cells.
        for place, row in zip(self._clusters[rows].tolist(), rows.tolist(), strict=True):
            so_far = united[place]
            if so_far is None:
                distinct = list(dict.fromkeys(values[row]))
                # The record's own list where it will do: nobody changes one in place.
                united[place] = values[row] if len(distinct) == len(values[row]) else distinct
                adding.append(row)
            elif new := [value for value in values[row] if value not in so_far]:
                united[place] = so_far + list(dict.fromkeys(new))
                adding.append(row)
        self._columns[field] = pd.Series(united, dtype=object)
        origins = np.array(adding, dtype=np.int32)
        starts = np.asarray(np.searchsorted(self._clusters[origins], np.r_[self._several, self.count]), dtype=np.int64)
        self._origins[field] = _Origins(origins, starts, "most_trusted")

    def frame(self) -> pd.DataFrame:
        """Return the merged places with `sources`, `published_ids` and `provenance`."""
        sources = self._gather(trust.source_names(self._records))
        # Few combinations for many places: one list each.
        lists: dict[tuple[str, ...], list[str]] = {}
        self._columns["sources"] = pd.Series([lists.setdefault(tuple(each), each) for each in sources], dtype=object)
        self._columns["published_ids"] = self._gather(self._records["id"].to_numpy(dtype=object))
        return pd.DataFrame({**self._columns, "provenance": self._provenance()}, copy=False)

    def _provenance(self) -> pd.Series[Any]:
        """Text for each place, by slices: as many Python strings would take as much again as the column."""
        dates = trust.iso_dates(self._records)
        slices = [pd.Series([], dtype="str")]
        for start in range(0, self.count, _SLICE):
            places = range(start, min(start + _SLICE, self.count))
            slices.append(fitted(pd.Series([provenance_text(each) for each in self._told(places, dates)], dtype="str")))
        return pd.concat(slices, ignore_index=True)

    def _told(self, places: range, dates: NDArray[np.object_]) -> list[dict[str, Origin]]:
        """Where each field of each place came from, in the order in which the fields were chosen."""
        rows = self._rows[self._starts[places.start] : self._starts[places.stop]]
        ids = dict(zip(rows.tolist(), self._records["record_id"].take(rows), strict=True))
        only = self._only[places.start : places.stop].tolist()
        told: list[dict[str, Origin]] = [{"*": (ids[row], dates[row], "only_record")} if row >= 0 else {} for row in only]
        first, last = np.searchsorted(self._several, [places.start, places.stop])
        several = (self._several[first:last] - places.start).tolist()
        for field, (origins, starts, rule) in self._origins.items():
            bounds = zip(starts[first:last].tolist(), starts[first + 1 : last + 1].tolist(), strict=True)
            for place, (start, end) in zip(several, bounds, strict=True):
                if end > start:
                    from_rows = origins[start:end].tolist()
                    how = rule if len(from_rows) == 1 else "union"
                    told[place][field] = ("|".join(ids[row] for row in from_rows), dates[from_rows[0]], how)
        return told

    def _gather(self, values: NDArray[np.object_]) -> pd.Series[Any]:
        """Distinct texts of the records of each place, sorted."""
        grouped = values[self._rows].tolist()
        return pd.Series(
            [
                sorted({value for value in grouped[start:end] if isinstance(value, str)})
                for start, end in pairwise(self._starts.tolist())
            ],
            dtype=object,
        )
