"""
The two judges: each compares records its own way and says which pairs and which clusters are one place.

Ordered records in, a `Judgement` out; the stage treats both alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mediation_geo.dedupe.blocks import Positions
from mediation_geo.dedupe.clusters import Clusters, Constraints, closure
from mediation_geo.dedupe.identity import Previous
from mediation_geo.dedupe.official import official_pairs
from mediation_geo.dedupe.overrides import Decisions
from mediation_geo.standard import no_issues

__all__ = ["Judgement", "judge_by_model", "judge_by_official_rule"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    Pairs that were compared, and the clusters that follow.

    Attributes
    ----------
    left, right : numpy.ndarray of int64, shape (m,)
        Positions of the compared records.
    score : numpy.ndarray of float64, shape (m,)
        0 to 100 for the official rule, a probability for the model.
    decision : numpy.ndarray of object, shape (m,)
        `match`, `distinct`, `review` or `located_with`.
    reasons : sequence of str, length m
        JSON text.
    clusters : numpy.ndarray of int64, shape (n,)
        Cluster of each record, numbered in the order of the records.
    rule : str
        Name of the judge.
    issues : pandas.DataFrame
        Layout `ISSUES`.
    """

    left: Positions
    right: Positions
    score: NDArray[np.float64]
    decision: NDArray[np.object_]
    reasons: list[str]
    clusters: Clusters
    rule: str
    issues: pd.DataFrame

    def links(self, record_ids: pd.Series[Any]) -> pd.DataFrame:
        """
        Compared pairs as rows of the layout `LINKS`.

        Parameters
        ----------
        record_ids : pandas.Series of str
            Ids by position, sorted, so that left < right holds for ids as for positions.
        """
        ids = record_ids.to_numpy(dtype=object)
        return pd.DataFrame(
            {
                "left_record_id": ids[self.left],
                "right_record_id": ids[self.right],
                "score": self.score,
                "rule": self.rule,
                "decision": self.decision,
                "reasons": self.reasons,
            }
        )


def judge_by_official_rule(records: pd.DataFrame, previous: Previous | None, decisions: Decisions) -> Judgement:
    """
    Judge as the national pipeline does: both passes, then the closure of all duplicates.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`, sorted by `record_id`.
    previous : Previous or None
        Not used: the official rule has no memory.
    decisions : Decisions
        What people decided.

    Returns
    -------
    Judgement
    """
    del previous
    pairs = official_pairs(records)
    left, right = pairs["left"].to_numpy(dtype=np.int64), pairs["right"].to_numpy(dtype=np.int64)
    duplicate = pairs["duplicate"].to_numpy(dtype=bool)
    order = np.flatnonzero(duplicate)[np.argsort(-pairs["score"].to_numpy()[duplicate], kind="stable")]
    constraints = Constraints(must=decisions.must, cannot=decisions.cannot)
    scores = pairs[["score_nom", "score_adresse", "score_distance"]].to_numpy().tolist()
    return Judgement(
        left,
        right,
        pairs["score"].to_numpy(dtype=np.float64),
        np.where(duplicate, "match", "distinct").astype(object),
        [f'{{"nom":{nom},"adresse":{adresse},"distance":{distance}}}' for nom, adresse, distance in scores],
        closure(left[order], right[order], n=len(records), constraints=constraints),
        "official",
        no_issues(),
    )


judge_by_model = judge_by_official_rule
