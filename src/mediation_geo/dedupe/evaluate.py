"""
How good the rules are: tables of precision, recall and clusters on labelled data, the official rule beside ours.

Labelled pairs in, rows of figures out. It prints nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.dedupe.blocks import Positions, pairs_sharing_key
from mediation_geo.dedupe.features import pair_distance_m
from mediation_geo.dedupe.judge import APART_M, Judgement, judge_by_model, judge_by_official_rule
from mediation_geo.dedupe.labels import agreement, read_labels
from mediation_geo.dedupe.model import Model, load_model, logit
from mediation_geo.dedupe.normalise import prepare
from mediation_geo.dedupe.official import MINIMUM_ACROSS_SOURCES, MINIMUM_WITHIN_SOURCE
from mediation_geo.dedupe.overrides import decisions_for
from mediation_geo.dedupe.pairs import candidate_pairs
from mediation_geo.dedupe.report import cluster_widths_m
from mediation_geo.dedupe.train import PENALTY, cross_fitted_log_odds, labelled_features
from mediation_geo.dedupe.trust import source_keys
from mediation_geo.dedupe.truth import LabelledPairs, corpus, hand_labelled, id_linked, own_labels, synthetic

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["b_cubed", "cluster_table", "id_table", "label_tables", "precision_recall", "scores_of_pairs", "synthetic_table"]

_DRAWS = 400
_SEED = 20260101


def precision_recall(
    predicted: NDArray[np.bool_], label: NDArray[np.object_], weight: NDArray[np.float64], *, interval: bool = True
) -> dict[str, float]:
    """
    Weighted precision, recall and F1, strict (unsure counts as different) and without the unsure pairs.

    Parameters
    ----------
    predicted : numpy.ndarray of bool, shape (m,)
    label : numpy.ndarray of object, shape (m,)
        `m`, `u` or `d`.
    weight : numpy.ndarray of float64, shape (m,)
    interval : bool
        Whether to add the 5th and 95th percentile of the strict F1 over 400 samples of pairs, drawn with replacement and
        without regard to strata.

    Returns
    -------
    dict
        `precision`, `recall`, `f1`, `f1_low`, `f1_high`, `f1_without_unsure`.

    Examples
    --------
    >>> told = precision_recall(np.array([True, True]), np.array(["m", "u"], dtype=object), np.ones(2), interval=False)
    >>> told["precision"], told["recall"], told["f1_without_unsure"]
    (0.5, 1.0, 1.0)
    """
    truth = label == "m"
    precision, recall, f1 = _rates(predicted, truth, weight)
    sure = label != "u"
    told = {"precision": precision, "recall": recall, "f1": f1}
    if interval:
        generator = np.random.default_rng(_SEED)
        drawn = []
        for _ in range(_DRAWS):
            rows = generator.integers(0, len(label), len(label))
            drawn.append(_rates(predicted[rows], truth[rows], weight[rows])[2])
        told["f1_low"], told["f1_high"] = (float(each) for each in np.nanpercentile(drawn, [5, 95]))
    told["f1_without_unsure"] = _rates(predicted[sure], truth[sure], weight[sure])[2]
    return told


def b_cubed(clusters: NDArray[np.int64], entity: NDArray[np.int64]) -> tuple[float, float, float]:
    """
    B-cubed precision, recall and the F1 of their averages.

    Parameters
    ----------
    clusters, entity : numpy.ndarray of int64, shape (n,)
        Found cluster and true entity of each record.

    Examples
    --------
    >>> b_cubed(np.array([0, 0, 1]), np.array([5, 5, 5]))[0]
    1.0
    """
    frame = pd.DataFrame({"c": clusters, "e": entity})
    shared = frame.groupby(["c", "e"])["c"].transform("size").to_numpy(dtype=np.float64)
    precision = float((shared / frame.groupby("c")["c"].transform("size").to_numpy()).mean())
    recall = float((shared / frame.groupby("e")["e"].transform("size").to_numpy()).mean())
    return precision, recall, 2 * precision * recall / (precision + recall)


def scores_of_pairs(pairs: LabelledPairs, *, model: Model) -> NDArray[np.float64]:
    """
    Log-odds of labelled pairs, each pair on its own.

    Parameters
    ----------
    pairs : LabelledPairs
    model : Model
    """
    return model.log_odds(labelled_features(pairs, tokens=model.tokens))


def label_tables(folder: Path, labels_path: Path) -> tuple[pd.DataFrame, dict[str, float]]:
    """
    Quality on our held-out regions and on the hand-labelled pairs, for the official rule and the model.

    Parameters
    ----------
    folder : pathlib.Path
        Real data: `places/official` and `truth`.
    labels_path : pathlib.Path
        Our own labels.

    Returns
    -------
    pandas.DataFrame
        One row for each set of pairs, rule and kind of pair (`all`, `across sources`).
    dict
        Agreement of the two passes over our own labels.
    """
    labels = read_labels(labels_path)
    records = corpus(folder)
    model = load_model()
    held_out = own_labels(labels, records, part="test")
    rows = []
    official, ours = _judge(records, judge_by_official_rule), _judge(records, judge_by_model)
    rows += _rows(held_out, "held-out regions", "official, closure", _together(official, held_out))
    rows += _rows(held_out, "held-out regions", "model, pairs", _above(scores_of_pairs(held_out, model=model), model))
    rows += _rows(held_out, "held-out regions", "model, clusters", _together(ours, held_out))
    trained = own_labels(labels, records, part="train")
    for path in sorted((folder / "truth").glob("hand_labelled_pairs*.csv")):
        pairs = hand_labelled(path)
        rows += _rows(pairs, path.stem, "official, pairs", _official_decision(path, pairs))
        rows += _rows(pairs, path.stem, "model, cross-fitted", _above(_cross_fitted(trained, pairs, model=model), model))
        rows += _rows(pairs, path.stem, "model, as shipped", _above(scores_of_pairs(pairs, model=model), model))
    return pd.DataFrame(rows), agreement(labels)


def id_table(folder: Path) -> pd.DataFrame:
    """
    Recall on pairs of one upstream id: by blocking, by the model, by the official rule's score.

    Parameters
    ----------
    folder : pathlib.Path
        Real data: `truth`.

    Returns
    -------
    pandas.DataFrame
        One row for each set and kind of pair: `unchanged`, `edited` (name or address), `edited, not moved`
        (positions within 500 m, or one unknown).
    """
    model = load_model()
    rows = []
    truth = folder / "truth"
    for pairs_path in sorted([*truth.glob("id_linked_pairs*.csv"), *truth.glob("cnfs_same_id_pairs*.csv")]):
        records_path = pairs_path.with_name(pairs_path.stem.replace("pairs", "records") + ".json")
        pairs, unchanged = id_linked(pairs_path, records_path)
        order = np.argsort(pairs.records["record_id"].to_numpy(dtype=object), kind="stable")
        ours = _judge(pairs.records.iloc[order].reset_index(drop=True), judge_by_model)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        blocked = _blocked(pairs)
        matched = _above(scores_of_pairs(pairs, model=model), model)
        united = ours.clusters[rank[pairs.left]] == ours.clusters[rank[pairs.right]]
        metres = pair_distance_m(prepare(pairs.records).points, pairs.left, pairs.right)
        still = ~(metres > APART_M)
        for kind, chosen in (("unchanged", unchanged), ("edited", ~unchanged), ("edited, not moved", ~unchanged & still)):
            rows.append(
                {
                    "set": pairs_path.stem,
                    "pairs": kind,
                    "count": int(chosen.sum()),
                    "blocking": float(blocked[chosen].mean()),
                    "model, pairs": float(matched[chosen].mean()),
                    "model, clusters": float(united[chosen].mean()),
                }
            )
    return pd.DataFrame(rows)


def cluster_table(records: pd.DataFrame) -> pd.DataFrame:
    """
    Shape of the clusters each rule makes of a corpus.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`, sorted by `record_id`.

    Returns
    -------
    pandas.DataFrame
        One row a rule: places, multi-record places, share wider than 500 m, share with two records of one source,
        largest, candidate pairs a record.
    """
    rows = []
    source = source_keys(records)
    for name, judge in (("official", judge_by_official_rule), ("model", judge_by_model)):
        judged = _judge(records, judge)
        size = np.bincount(judged.clusters)
        several = size > 1
        widths = cluster_widths_m(records, judged.clusters)
        frame = pd.DataFrame({"c": judged.clusters, "s": source})
        repeated = frame.duplicated(keep=False).groupby(frame["c"]).any().to_numpy()
        rows.append(
            {
                "rule": name,
                "records": len(records),
                "places": int(size.size),
                "multi-record places": int(several.sum()),
                "wider than 500 m": float((widths[several] > APART_M).mean()),
                "two records of one source": float(repeated[several].mean()),
                "largest": int(size.max()),
                "pairs a record": len(judged.left) / len(records),
            }
        )
    return pd.DataFrame(rows)


def synthetic_table(path: Path) -> pd.DataFrame:
    """
    Pairs and B-cubed on invented records: a regression test, never a claim.

    Parameters
    ----------
    path : pathlib.Path
        As `SYNTHETIC_hard_records_dev.parquet`.
    """
    records, entity = synthetic(path)
    true = pairs_sharing_key(entity)
    rows = []
    for name, judge in (("official", judge_by_official_rule), ("model", judge_by_model)):
        clusters = _judge(records, judge).clusters
        found = pairs_sharing_key(clusters)
        right = int((entity[found.left] == entity[found.right]).sum())
        precision, recall = right / max(len(found.left), 1), right / max(len(true.left), 1)
        cubed = b_cubed(clusters, entity)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        rows.append({"rule": name, "precision": precision, "recall": recall, "f1": f1, "b_cubed_f1": cubed[2],
                     "largest": int(np.bincount(clusters).max())})  # fmt: skip
    return pd.DataFrame(rows)


def _rates(predicted: NDArray[np.bool_], truth: NDArray[np.bool_], weight: NDArray[np.float64]) -> tuple[float, float, float]:
    right = float((weight * predicted * truth).sum())
    named, there = float((weight * predicted).sum()), float((weight * truth).sum())
    precision = right / named if named else float("nan")
    recall = right / there if there else float("nan")
    return precision, recall, 2 * right / (named + there) if named + there else float("nan")


def _judge(records: pd.DataFrame, judge: Any) -> Judgement:
    judged: Judgement = judge(records, None, decisions_for(records["record_id"], None))
    return judged


def _above(log_odds: NDArray[np.float64], model: Model) -> NDArray[np.bool_]:
    return log_odds >= logit(model.thresholds.join)


def _together(judged: Judgement, pairs: LabelledPairs) -> NDArray[np.bool_]:
    return np.asarray(judged.clusters[pairs.left] == judged.clusters[pairs.right])


def _rows(pairs: LabelledPairs, name: str, rule: str, predicted: NDArray[np.bool_]) -> list[dict[str, Any]]:
    rows = []
    for kind, chosen in (("all", np.ones(len(predicted), dtype=bool)), ("across sources", ~pairs.same_source)):
        told = precision_recall(predicted[chosen], pairs.label[chosen], pairs.weight[chosen])
        rows.append({"set": name, "rule": rule, "pairs": kind, "count": int(chosen.sum()), **told})
    return rows


def _official_decision(path: Path, pairs: LabelledPairs) -> NDArray[np.bool_]:
    """The official rule by the score that its own code gave each pair; -1 where it never compared them."""
    score = pd.read_csv(path, dtype="str")["official_score"].astype("float64").to_numpy()
    return np.asarray(score > np.where(pairs.same_source, MINIMUM_WITHIN_SOURCE, MINIMUM_ACROSS_SOURCES))


def _cross_fitted(trained: LabelledPairs, pairs: LabelledPairs, *, model: Model) -> NDArray[np.float64]:
    """Log-odds of pairs that are in the training set too, each from a fit without its fold."""
    features = [labelled_features(each, tokens=model.tokens) for each in (trained, pairs)]
    both = np.vstack(features)
    target = np.concatenate([trained.positive, pairs.positive])
    raw = cross_fitted_log_odds(both, target, penalty=PENALTY, groups=[*trained.group, *pairs.group])
    slope, offset = model.calibration
    return slope * raw[len(trained.label) :] + offset


def _blocked(pairs: LabelledPairs) -> NDArray[np.bool_]:
    found = candidate_pairs(prepare(pairs.records))
    known = set(_packed(found.left, found.right, n=len(pairs.records)).tolist())
    wanted = _packed(np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right), n=len(pairs.records))
    return np.array([each in known for each in wanted.tolist()], dtype=bool)


def _packed(left: Positions, right: Positions, *, n: int) -> Positions:
    return np.asarray(left * n + right, dtype=np.int64)
