"""
Is this record already known? One record against a register, fast enough for a form that somebody is filling in.

A register once, then single records in; known records with a probability out. It changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from mediation_geo.dedupe.features import pair_features
from mediation_geo.dedupe.lexicon import lexicon
from mediation_geo.dedupe.model import Model, load_model
from mediation_geo.dedupe.normalise import Prepared, prepare, prepare_record
from mediation_geo.dedupe.pairs import NEAR_M
from mediation_geo.standard import LOCATED_RECORDS, conform

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["KnownRecord", "Matcher"]

# More candidates than this are never worth the wait: the key was not telling.
_MOST_OF_ONE_KEY = 40


class KnownRecord(NamedTuple):
    """A record of the register and the probability that it is the same place."""

    record_id: str
    probability: float


class Matcher:
    """
    A register prepared for questions.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`.
    model : Model, optional
        Default: the one shipped.

    Examples
    --------
    >>> import pandas as pd
    >>> records = pd.DataFrame({
    ...     "record_id": ["a/1"], "feed": ["a"], "row": [1], "nom": ["Médiathèque Aimé Césaire"], "adresse": ["1 rue Foch"],
    ...     "commune": ["Lattes"], "code_insee": ["34129"], "latitude": [43.5676], "longitude": [3.9046],
    ... })
    >>> matcher = Matcher(records)
    >>> known = matcher.match_one({"nom": "mediatheque aime cesaire", "adresse": "1, r. Foch", "code_insee": "34129"})
    >>> [each.record_id for each in known]
    ['a/1']
    """

    def __init__(self, records: pd.DataFrame, *, model: Model | None = None) -> None:
        ordered = conform(records, LOCATED_RECORDS).sort_values("record_id", kind="stable", ignore_index=True)
        self._model = model or load_model()
        self._ids = ordered["record_id"].to_numpy(dtype=object)
        self._prepared = prepare(ordered)
        self._communes = dict(zip(ordered["code_insee"], ordered["commune"], strict=True))
        self._rows_of = _inverted(self._prepared)
        self._known = np.flatnonzero(~np.isnan(self._prepared.points[:, 0]))
        self._tree = cKDTree(self._prepared.points[self._known]) if self._known.size else None

    def match_one(self, record: Mapping[str, Any], *, minimum: float | None = None) -> list[KnownRecord]:
        """
        Known records that are probably the same place, likeliest first.

        Parameters
        ----------
        record : mapping
            Fields of the standard; lists as lists. `code_insee` or a position is needed for most matches.
        minimum : float, optional
            Lowest probability told; default: the one from which a person should look.

        Returns
        -------
        list of KnownRecord
            Empty when the place is new.
        """
        commune = record.get("commune") or self._communes.get(record.get("code_insee"))
        asked = prepare_record(record, commune=commune if isinstance(commune, str) else None)
        rows = self._candidates(asked)
        if rows.size == 0:
            return []
        together = self._prepared.take(rows).followed_by(asked)
        last = len(rows)
        left, right = np.arange(last, dtype=np.int64), np.full(last, last, dtype=np.int64)
        probability = self._model.probability(pair_features(together, left, right, tokens=self._model.tokens))
        lowest = self._model.thresholds.review if minimum is None else minimum
        order = np.lexsort((rows, -probability))
        return [KnownRecord(str(self._ids[rows[i]]), float(probability[i])) for i in order if probability[i] >= lowest]

    def _candidates(self, asked: Prepared) -> np.ndarray[Any, np.dtype[np.int64]]:
        found: set[int] = set()
        for key in _keys(asked, 0):
            rows = self._rows_of.get(key, ())
            if len(rows) <= _MOST_OF_ONE_KEY:
                found.update(rows)
        if self._tree is not None and not np.isnan(asked.points[0, 0]):
            found.update(self._known[self._tree.query_ball_point(asked.points[0], NEAR_M)].tolist()[: 2 * _MOST_OF_ONE_KEY])
        return np.array(sorted(found), dtype=np.int64)


def _keys(prepared: Prepared, row: int) -> list[tuple[str, ...]]:
    """Keys under which a record is filed: the blocking rules, for one record."""
    told = prepared.columns
    insee = told["insee"][row]
    keys: list[tuple[str, ...]] = [("mail", mail) for mail in prepared.mails[row]]
    keys += [(name, told[name][row]) for name in ("phone", "siret") if told[name][row]]
    if insee:
        skipped = lexicon().generic | lexicon().kinds.keys()
        keys += [("word", insee, word) for word in set(told["core"][row].split()) if len(word) > 2 and word not in skipped]
        keys += [("street", insee, told["street"][row])] if told["street"][row] else []
        keys += [("site", insee, told["site"][row])] if told["site"][row] else []
        kinds = int(told["kinds"][row])
        keys += [("kind", insee, str(bit)) for bit in range(len(lexicon().kind_names)) if kinds >> bit & 1]
    return keys


def _inverted(prepared: Prepared) -> dict[tuple[str, ...], list[int]]:
    rows_of: dict[tuple[str, ...], list[int]] = {}
    for row in range(len(prepared)):
        for key in _keys(prepared, row):
            rows_of.setdefault(key, []).append(row)
    return rows_of
