"""
The rule of the national pipeline, kept as the baseline that every better rule is measured against.

Records in the standard in, one scored row for each pair the rule compares out. Its known faults (degrees taken for metres,
a missing position taken for the same place) are kept on purpose: a baseline that was repaired would measure nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import Indel
from rapidfuzz.process import cpdist

from mediation_geo.dedupe.blocks import Positions, pairs_sharing_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MINIMUM_ACROSS_SOURCES", "MINIMUM_WITHIN_SOURCE", "official_pairs", "official_similarity"]

MINIMUM_ACROSS_SOURCES = 83
MINIMUM_WITHIN_SOURCE = 90

# The two typologies that the rule lets meet although they differ.
_SISTERS = frozenset({"RFS", "PIMMS"})
_NOT_WORD = re.compile(r"[^\w]|_", flags=re.UNICODE)
_BLANKS = re.compile(r"\s+")


def official_pairs(records: pd.DataFrame) -> pd.DataFrame:
    """
    Every pair of records that the official rule compares, with its scores and whether it calls them duplicates.

    Parameters
    ----------
    records : pandas.DataFrame
        With the columns `record_id`, `source`, `nom`, `adresse`, `code_insee`, `typologie` (lists), `latitude`, `longitude`.

    Returns
    -------
    pandas.DataFrame
        Columns `left`, `right` (positions in `records`), `same_source`, `score_nom`, `score_adresse`, `score_distance`,
        `score` (all 0 to 100) and `duplicate`; both passes, within one source and across sources.

    Notes
    -----
    mednum-cli at 525661a, `src/dedupliquer`: records of one commune with compatible typologies are compared; the score is
    the truncated mean of the similarity of names, of addresses, and of a distance score; duplicates score more than 83
    across sources and more than 90 within one. Accents count, so "Mediatheque" is 82 % of "Médiathèque".

    Examples
    --------
    >>> records = pd.DataFrame({
    ...     "record_id": ["a/1", "b/1"], "source": ["a", "b"], "nom": ["Mairie", "Mairie"],
    ...     "adresse": ["1 rue Foch", "1 rue Foch"], "code_insee": ["34172", "34172"],
    ...     "typologie": [None, None], "latitude": [43.6, 43.6], "longitude": [3.9, 3.9],
    ... })
    >>> official_pairs(records)["score"].tolist()
    [100]
    """
    left, right, _ = pairs_sharing_key(records["code_insee"])
    compatible = _compatible(records["typologie"], left, right)
    left, right = left[compatible], right[compatible]
    source = records["source"].fillna("").to_numpy(dtype=object)
    same_source = np.asarray(source[left] == source[right], dtype=bool)
    score_nom = official_similarity(records["nom"], left, right)
    score_adresse = official_similarity(records["adresse"], left, right)
    score_distance = _distance_score(records, left, right)
    score = (score_nom + score_adresse + score_distance) // 3
    minimum = np.where(same_source, MINIMUM_WITHIN_SOURCE, MINIMUM_ACROSS_SOURCES)
    return pd.DataFrame(
        {
            "left": left,
            "right": right,
            "same_source": same_source,
            "score_nom": score_nom,
            "score_adresse": score_adresse,
            "score_distance": score_distance,
            "score": score,
            "duplicate": score > minimum,
        }
    )


def official_similarity(text: pd.Series[Any], left: Positions, right: Positions) -> NDArray[np.int64]:
    """
    Similarity of texts from 0 to 100 as the official rule computes it, for pairs of positions.

    Parameters
    ----------
    text : pandas.Series of str
        Missing text is similar to nothing.
    left, right : numpy.ndarray of int64, shape (m,)
        Positions in `text`.

    Returns
    -------
    numpy.ndarray of int64, shape (m,)

    Examples
    --------
    >>> names = pd.Series(["Mediatheque", "Médiathèque"])
    >>> official_similarity(names, np.array([0]), np.array([1]))
    array([82])
    """
    codes, uniques = pd.factorize(text, use_na_sentinel=False)
    prepared = np.array([_prepare(value) for value in uniques], dtype=object)
    lengths = np.array([len(value) for value in prepared], dtype=np.int64)
    a, b = codes[left], codes[right]
    total = lengths[a] + lengths[b]
    edits = cpdist(prepared[a].tolist(), prepared[b].tolist(), scorer=Indel.distance, dtype=np.int64)
    ratio = np.floor(100 * (total - edits) / np.maximum(total, 1) + 0.5).astype(np.int64)
    return np.where((lengths[a] == 0) | (lengths[b] == 0), 0, ratio)


def _prepare(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return _BLANKS.sub(" ", _NOT_WORD.sub(" ", value.lower())).strip()


def _compatible(typologie: pd.Series[Any], left: Positions, right: Positions) -> NDArray[np.bool_]:
    """Whether two lists of typologies share a code, or one is empty, or they are the two sisters."""
    kinds = [frozenset(value) if isinstance(value, list) else frozenset() for value in typologie]
    codes, uniques = pd.factorize(pd.Series(kinds, dtype=object))
    pairs, which = np.unique(np.stack([codes[left], codes[right]], axis=1), axis=0, return_inverse=True)
    # Few distinct combinations exist: the loop is over those, not over places.
    verdicts = np.array([_kinds_meet(uniques[a], uniques[b]) for a, b in pairs], dtype=bool)
    return np.asarray(verdicts[which.reshape(-1)], dtype=bool)


def _kinds_meet(left: frozenset[str], right: frozenset[str]) -> bool:
    sisters = bool(left & _SISTERS) and bool(right & _SISTERS)
    return not left or not right or bool(left & right) or sisters


def _distance_score(records: pd.DataFrame, left: Positions, right: Positions) -> NDArray[np.int64]:
    """The official score of distance, in degrees, where an unknown position counts as the same place."""
    lat = records["latitude"].to_numpy(dtype=np.float64)
    lon = records["longitude"].to_numpy(dtype=np.float64)
    degrees = np.nan_to_num(np.hypot(lat[left] - lat[right], lon[left] - lon[right]), nan=0.0)
    return np.where(degrees < 0.0004, 100, np.trunc(100 / (1000 * degrees + 1))).astype(np.int64)
