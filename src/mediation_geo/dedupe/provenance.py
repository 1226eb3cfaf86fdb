"""
Which record each value of a place came from: the choices of a merge, gathered field by field.

Chosen rows in, merged columns and their provenance out. It does not decide which record is believed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.dedupe import trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Choices", "provenance_text"]

Origin = tuple[str, str | None, str]


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

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`, a row for each member.
    clusters : numpy.ndarray of int64
        Cluster of each row, 0 to `count` - 1.
    count : int
        Number of places.
    """

    def __init__(self, records: pd.DataFrame, clusters: NDArray[np.int64], *, count: int) -> None:
        self._records = records
        self._clusters = clusters
        self._count = count
        self._columns: dict[str, Any] = {}
        self._origins: list[dict[str, Origin]] = [{} for _ in range(count)]
        self._record_ids = records["record_id"].tolist()
        self._dates = trust.iso_dates(records)

    def take(self, field: str, rows: NDArray[np.int64], *, rule: str) -> None:
        """
        Fill a field from one row of each cluster.

        Parameters
        ----------
        field : str
            Column of the records.
        rows : numpy.ndarray of int64, shape (count,)
            Position of the chosen record, -1 for a missing value.
        rule : str
            Written into the provenance.
        """
        column = self._records[field]
        self._columns[field] = column.take(np.maximum(rows, 0)).reset_index(drop=True).where(rows >= 0)
        known = np.flatnonzero((rows >= 0) & column.notna().to_numpy()[np.maximum(rows, 0)])
        for place, row in zip(known.tolist(), rows[known].tolist(), strict=True):
            self._origins[place][field] = (self._record_ids[row], self._dates[row], rule)

    def unite(self, field: str, weight: NDArray[np.float64]) -> None:
        """
        Fill a list field with the union of the members' values, those of the heaviest record first.

        Parameters
        ----------
        field : str
            Column of the records.
        weight : numpy.ndarray of float64
            Trust in each row.
        """
        united: list[list[str] | None] = [None] * self._count
        values = self._records[field].to_numpy(dtype=object)
        rows = np.flatnonzero([isinstance(value, list) for value in values])
        order = rows[np.lexsort((rows, -weight[rows], self._clusters[rows]))]
        # Lists live in object columns: a pass in Python over the filled cells.
        for row in order.tolist():
            place = int(self._clusters[row])
            so_far = united[place]
            if so_far is None:
                united[place] = list(dict.fromkeys(values[row]))
                self._origins[place][field] = (self._record_ids[row], self._dates[row], "most_trusted")
            elif new := [value for value in values[row] if value not in so_far]:
                united[place] = so_far + list(dict.fromkeys(new))
                record_id, date, _ = self._origins[place][field]
                self._origins[place][field] = (f"{record_id}|{self._record_ids[row]}", date, "union")
        self._columns[field] = pd.Series(united, dtype=object)

    def frame(self) -> pd.DataFrame:
        """Return the merged places with `source_ids`, `sources`, `published_ids` and `provenance`."""
        return pd.DataFrame(self._columns).assign(
            source_ids=self._gather(self._records["record_id"].to_numpy(dtype=object)),
            sources=self._gather(trust.source_names(self._records)),
            published_ids=self._gather(self._records["id"].to_numpy(dtype=object)),
            provenance=[provenance_text(origins) for origins in self._origins],
        )

    def _gather(self, values: NDArray[np.object_]) -> pd.Series[Any]:
        gathered: list[list[str]] = [[] for _ in range(self._count)]
        for place, value in zip(self._clusters.tolist(), values.tolist(), strict=True):
            if isinstance(value, str) and value not in gathered[place]:
                gathered[place].append(value)
        return pd.Series([sorted(each) for each in gathered], dtype=object)
