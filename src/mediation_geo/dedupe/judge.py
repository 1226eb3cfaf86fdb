"""
The two judges: each compares records its own way and says which pairs and which clusters are one place.

Ordered records in, a `Judgement` out; the stage treats both alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from mediation_geo.dedupe.blocks import Positions, unique_pairs
from mediation_geo.dedupe.clusters import Clusters, Constraints, average_linkage, closure
from mediation_geo.dedupe.features import pair_distance_m
from mediation_geo.dedupe.identity import is_place_id
from mediation_geo.dedupe.memory import chosen_texts, give_back_memory
from mediation_geo.dedupe.model import Model, Thresholds, load_model, logit
from mediation_geo.dedupe.normalise import Prepared, prepare
from mediation_geo.dedupe.official import official_pairs
from mediation_geo.dedupe.pairs import candidate_pairs
from mediation_geo.dedupe.score import PairScores, score_pairs
from mediation_geo.dedupe.trust import source_keys
from mediation_geo.standard import issue_table, no_issues

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mediation_geo.dedupe.identity import Previous
    from mediation_geo.dedupe.overrides import Decisions

__all__ = ["APART_M", "Judgement", "Workshop", "judge_by_model", "judge_by_official_rule"]

# Two records that carry one opaque upstream id are copies of one record, unless everything else speaks against it.
COPY_STRENGTH = 3.0
# Records of one place farther apart than this are an exception that has to be explained.
APART_M = 500.0
# Each word once, whatever the number of pairs.
_DECISIONS = np.array(["distinct", "match", "review", "located_with"], dtype=object)


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
    reasons : sequence of str or pandas.Series of str, length m
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
    reasons: list[str] | pd.Series[Any]
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
        return pd.DataFrame(
            {
                "left_record_id": chosen_texts(record_ids, self.left),
                "right_record_id": chosen_texts(record_ids, self.right),
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


class Workshop(NamedTuple):
    """
    Where the work on single records and single pairs is done: in this process, or spread over others.

    Attributes
    ----------
    prepare : callable
        Takes records, gives `Prepared` as `normalise.prepare` does.
    score : callable
        Takes `Prepared`, left, right and a model, gives `PairScores` as `score_pairs` does.
    """

    prepare: Callable[[pd.DataFrame], Prepared]
    score: Callable[[Prepared, Positions, Positions, Model], PairScores]


def _score_here(prepared: Prepared, left: Positions, right: Positions, model: Model) -> PairScores:
    return score_pairs(prepared, left, right, model=model)


HERE = Workshop(prepare, _score_here)


def judge_by_model(
    records: pd.DataFrame, previous: Previous | None, decisions: Decisions, *, workshop: Workshop = HERE
) -> Judgement:
    """
    Judge by the shipped model: candidate pairs, probabilities, average linkage under constraints.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`, sorted by `record_id`.
    previous : Previous or None
        Records that were one place in the last release stay together down to the lower threshold.
    decisions : Decisions
        What people decided.
    workshop : Workshop
        Who prepares and scores; the judgement is the same.

    Returns
    -------
    Judgement
    """
    model = load_model()
    prepared = workshop.prepare(records)
    candidates = candidate_pairs(prepared)
    # Making the records comparable and finding pairs takes as much again as what it leaves.
    give_back_memory()
    left, right = _not_told_apart(records, candidates.left, candidates.right)
    left, right = _with_decided(left, right, decisions, n=len(records))
    scores = workshop.score(prepared, left, right, model)
    log_odds = scores.log_odds
    together = _together_before(records["record_id"], previous, left, right)
    apart = (pair_distance_m(prepared.points, left, right) > APART_M) & ~scores.same_address
    strength = _strength(log_odds, model.thresholds, together=together, apart=apart)
    copies = _copies(prepared, left, right)
    strength = np.where(copies, np.maximum(strength, COPY_STRENGTH), strength)
    groups = np.asarray(pd.factorize(source_keys(records))[0], dtype=np.int64)
    constraints = Constraints(must=decisions.must, cannot=decisions.cannot, groups=groups)
    clusters = average_linkage(left, right, strength, n=len(records), constraints=constraints)
    united = clusters[left] == clusters[right]
    review = ~united & (log_odds >= logit(model.thresholds.review))
    decision = _DECISIONS[np.select([united, review, scores.near], [1, 2, 3], 0)]
    return Judgement(
        left,
        right,
        1.0 / (1.0 + np.exp(-log_odds)),
        decision,
        _reasons(scores.reasons, left, right, copies=copies, decisions=decisions),
        clusters,
        f"model {model.version}",
        _skipped_issues(candidates.skipped),
    )


def _strength(
    log_odds: NDArray[np.float64], thresholds: Thresholds, *, together: NDArray[np.bool_], apart: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """
    How far each pair is above what it needs; what was together in the last release falls to 0 before it falls apart.

    Memory only saves a pair from falling just below; it never makes a pair stronger than a rival, so the result does not
    depend on the way that led there.
    """
    strength = log_odds - np.where(apart, logit(thresholds.apart), logit(thresholds.join))
    relief = logit(thresholds.join) - logit(thresholds.keep)
    return np.where(together & (strength < 0) & (strength + relief >= 0), 0.0, strength)


def _copies(prepared: Prepared, left: Positions, right: Positions) -> NDArray[np.bool_]:
    """Pairs that carry one opaque id of the same upstream source: one record, copied by another hub or in another edition."""
    upstream = prepared.columns["upstream"]
    known = np.array([value is not None for value in upstream.tolist()], dtype=bool)
    return np.asarray(known[left] & (upstream[left] == upstream[right]), dtype=bool)


def _reasons(
    signs: pd.Series[Any], left: Positions, right: Positions, *, copies: NDArray[np.bool_], decisions: Decisions
) -> pd.Series[Any]:
    """The strongest signs of each pair, and before them what outweighs any sign: a person's word, one upstream id."""
    told = signs.copy()
    told[copies] = f'{{"upstream_id":{COPY_STRENGTH},' + told[copies].str[1:]
    words = {**dict.fromkeys(decisions.must, "same"), **dict.fromkeys(decisions.cannot, "different")}
    if words:
        decided = [words.get(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)]
        for word in ("same", "different"):
            chosen = np.array([each == word for each in decided], dtype=bool)
            told[chosen] = f'{{"override":"{word}",' + told[chosen].str[1:]
    return told


def _not_told_apart(records: pd.DataFrame, left: Positions, right: Positions) -> tuple[Positions, Positions]:
    """
    Pairs without those inside one register of ours that comes back as a source.

    Its places were told apart by all that their records say, which is more than the one value of each field that a place
    keeps: judged again on those alone, one place in four hundred would find a neighbour it was parted from.
    """
    feeds, names = pd.factorize(records["feed"], use_na_sentinel=False)
    odd = np.bincount(feeds[~is_place_id(records["id"])], minlength=len(names))
    ours = (odd == 0)[feeds]
    kept = ~(ours[left] & (feeds[left] == feeds[right]))
    return left[kept], right[kept]


def _with_decided(left: Positions, right: Positions, decisions: Decisions, *, n: int) -> tuple[Positions, Positions]:
    """Candidate pairs and the pairs that people decided, which deserve a score like the others."""
    decided = np.array([*decisions.must, *decisions.cannot], dtype=np.int64).reshape(-1, 2)
    return unique_pairs(np.r_[left, decided[:, 0]], np.r_[right, decided[:, 1]], n=n)


def _together_before(
    record_ids: pd.Series[Any], previous: Previous | None, left: Positions, right: Positions
) -> NDArray[np.bool_]:
    if previous is None:
        return np.zeros(len(left), dtype=bool)
    place_of = previous.members.set_index("record_id")["place_id"]
    codes = np.asarray(pd.factorize(record_ids.map(place_of))[0], dtype=np.int64)
    return np.asarray((codes[left] == codes[right]) & (codes[left] >= 0), dtype=bool)


def _skipped_issues(skipped: pd.DataFrame) -> pd.DataFrame:
    if skipped.empty:
        return no_issues()
    # A phone or a mail box may be a person's: how often it occurs is told, not the value.
    shown = skipped["key"].where(~skipped["rule"].isin(["phone", "mail"]), "-")
    value = shown + " (" + skipped["size"].astype("str") + ")"
    return issue_table("block_skipped", feed=None, record_id=[None] * len(skipped), field=skipped["rule"], value=value)
