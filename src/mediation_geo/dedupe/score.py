"""
Scores of many pairs, in slices: what the stage needs of the features, without ever holding all of them.

Prepared records and pairs of positions in, `PairScores` out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from mediation_geo.dedupe.features import FEATURES, feature, pair_features
from mediation_geo.dedupe.memory import fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mediation_geo.dedupe.blocks import Positions
    from mediation_geo.dedupe.model import Model
    from mediation_geo.dedupe.normalise import Prepared

__all__ = ["PairScores", "score_pairs", "strongest_reasons"]

# A slice of features fits the cache of a processor better than all of them, and memory stays the same at any size.
_SLICE = 16_384


class PairScores(NamedTuple):
    """
    What was learnt about each pair.

    Attributes
    ----------
    log_odds : numpy.ndarray of float64, shape (m,)
        Calibrated.
    same_address, near : numpy.ndarray of bool, shape (m,)
        One street and number; one address or less than 40 m.
    reasons : pandas.Series of str, length m
        JSON of the strongest signs.
    """

    log_odds: NDArray[np.float64]
    same_address: NDArray[np.bool_]
    near: NDArray[np.bool_]
    reasons: pd.Series[Any]


def score_pairs(prepared: Prepared, left: Positions, right: Positions, *, model: Model) -> PairScores:
    """
    Score pairs slice by slice.

    Parameters
    ----------
    prepared : Prepared
        Comparable columns.
    left, right : numpy.ndarray of int64, shape (m,)
        Positions, sorted by `left`, so that a slice touches few records.
    model : Model
        What scores.

    Returns
    -------
    PairScores
    """
    log_odds = np.empty(len(left))
    same_address, near = np.empty(len(left), dtype=bool), np.empty(len(left), dtype=bool)
    # A text for each pair: as Python strings they would take twice as much as in one column.
    reasons = [pd.Series([], dtype="str")]
    for start in range(0, len(left), _SLICE):
        part = slice(start, start + _SLICE)
        rows = np.unique(np.r_[left[part], right[part]])
        a, b = np.searchsorted(rows, left[part]), np.searchsorted(rows, right[part])
        features = pair_features(prepared.take(rows), a, b, tokens=model.tokens)
        effects = model.contributions(features)
        log_odds[part] = model.base + effects.sum(axis=1)
        same_address[part] = feature(features, "same_address").astype(bool)
        near[part] = feature(features, "near").astype(bool)
        reasons.append(fitted(pd.Series(strongest_reasons(effects), dtype="str")))
    return PairScores(log_odds, same_address, near, pd.concat(reasons, ignore_index=True))


def strongest_reasons(contributions: NDArray[np.float64], *, count: int = 4) -> list[str]:
    """
    JSON of the features that moved each score most, with their log-odds.

    Parameters
    ----------
    contributions : numpy.ndarray of float64, shape (m, k)
        As `Model.contributions` returns them.
    count : int
        How many to tell.

    Returns
    -------
    list of str, length m
    """
    if len(contributions) == 0:
        return []
    top = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :count]
    values = np.round(np.take_along_axis(contributions, top, axis=1), 2).tolist()
    names = np.array(FEATURES, dtype=object)[top].tolist()
    # A line of text for each pair: plain formatting is several times faster than a JSON encoder.
    return [
        "{" + ",".join(f'"{name}":{value}' for name, value in zip(*row, strict=True)) + "}"
        for row in zip(names, values, strict=True)
    ]
