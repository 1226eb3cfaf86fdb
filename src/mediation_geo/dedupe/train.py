"""
Fitting the model on labelled pairs: penalised logistic regression, calibration, weights of words.

Features and labels in, a `Model` out. Deterministic: no random numbers, and folds follow the hash of a group.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from mediation_geo.dedupe.features import TokenWeights, pair_features
from mediation_geo.dedupe.model import Model, Thresholds
from mediation_geo.dedupe.normalise import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mediation_geo.dedupe.truth import LabelledPairs

__all__ = ["cross_fitted_log_odds", "fit_model", "labelled_features", "token_weights", "train_on"]

PENALTY = 10.0
THRESHOLDS = Thresholds(join=0.5, keep=0.35, review=0.2, apart=0.95)

# Words in fewer names than this are all "rare": listing them would store the corpus.
_COMMON_WORD = 8
_FOLDS = 5


def train_on(sets: Sequence[LabelledPairs], *, records: pd.DataFrame, version: str) -> Model:
    """
    Model fitted on several sets of labelled pairs.

    Parameters
    ----------
    sets : sequence of LabelledPairs
        Each counts by its pairs in the fit, and equally in the calibration.
    records : pandas.DataFrame
        Corpus from which the weights of words are taken.
    version : str
        Written into the model.

    Returns
    -------
    Model
    """
    tokens = token_weights(pd.Series(prepare(records).columns["core"]))
    features = np.vstack([labelled_features(each, tokens=tokens) for each in sets])
    target = np.concatenate([each.positive for each in sets])
    weight = np.concatenate([each.weight / each.weight.sum() for each in sets])
    groups = [group for each in sets for group in each.group]
    digest = hashlib.sha256("\n".join(f"{a} {b}" for a, b in zip(groups, target, strict=True)).encode()).hexdigest()
    return fit_model(
        features,
        target,
        weight,
        penalty=PENALTY,
        tokens=tokens,
        thresholds=THRESHOLDS,
        version=version,
        training={"pairs": len(target), "positive": int(target.sum()), "sha256": digest},
        groups=groups,
    )


def labelled_features(pairs: LabelledPairs, *, tokens: TokenWeights) -> NDArray[np.float64]:
    """
    Features of labelled pairs, with the equality of phones and mails as it was before personal data was replaced.

    Parameters
    ----------
    pairs : LabelledPairs
        Records and positions.
    tokens : TokenWeights
        Weights of words.
    """
    return pair_features(prepare(pairs.records), pairs.left, pairs.right, tokens=tokens, known_contacts=pairs.contacts)


def token_weights(cores: pd.Series[Any]) -> TokenWeights:
    """
    Inverse document frequency of the common words of names.

    Parameters
    ----------
    cores : pandas.Series of str
        Prepared names without the commune.

    Examples
    --------
    >>> token_weights(pd.Series(["mairie"] * 8 + ["fablab"] * 2)).weights
    {'mairie': 0.3231}
    """
    distinct = [word for core in cores for word in set(core.split())]
    counts = pd.Series(distinct, dtype=object).value_counts()
    common = {
        str(word): round(float(np.log(len(cores) / count) + 0.1), 4) for word, count in counts.items() if count >= _COMMON_WORD
    }
    unknown = float(np.log(len(cores) / _COMMON_WORD) + 0.1 + np.log(2))
    return TokenWeights(dict(sorted(common.items())), unknown)


def fit_model(
    features: NDArray[np.float64],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    penalty: float,
    tokens: TokenWeights,
    thresholds: Thresholds,
    version: str,
    training: dict[str, Any],
    groups: Sequence[str],
) -> Model:
    """
    Fit coefficients on the sample and calibrate them on the population it stands for.

    Parameters
    ----------
    features : numpy.ndarray of float64, shape (m, k)
        Labelled pairs.
    target : numpy.ndarray of float64, shape (m,)
        1 for one place, 0 for different or unsure.
    weight : numpy.ndarray of float64, shape (m,)
        How many candidate pairs each labelled pair stands for; used for calibration, not for the fit.
    penalty : float
        Strength of the squared penalty on coefficients per standard deviation.
    tokens, thresholds, version, training
        Parts of the model.
    groups : sequence of str
        Pairs of one group are never on both sides of a fold.

    Returns
    -------
    Model
    """
    mean, scale = _standard(features)
    values = (features - mean) / scale
    coefficients, intercept = _logistic(values, target, penalty=penalty)
    held_out = cross_fitted_log_odds(features, target, penalty=penalty, groups=groups)
    calibration = _platt(held_out, target, weight)
    return Model(version, training, intercept, coefficients, mean, scale, calibration, thresholds, tokens)


def cross_fitted_log_odds(
    features: NDArray[np.float64], target: NDArray[np.float64], *, penalty: float, groups: Sequence[str]
) -> NDArray[np.float64]:
    """
    Log-odds of each labelled pair from a fit that did not see its group.

    Parameters
    ----------
    features, target, penalty, groups
        As for `fit_model`.

    Returns
    -------
    numpy.ndarray of float64, shape (m,)
    """
    fold = np.array([int(hashlib.sha256(group.encode()).hexdigest(), 16) % _FOLDS for group in groups])
    mean, scale = _standard(features)
    values = (features - mean) / scale
    scores = np.empty(len(target))
    for each in range(_FOLDS):
        inside = fold == each
        coefficients, intercept = _logistic(values[~inside], target[~inside], penalty=penalty)
        scores[inside] = values[inside] @ coefficients + intercept
    return scores


def _standard(features: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scale = features.std(axis=0)
    return features.mean(axis=0), np.where(scale > 0, scale, 1.0)


def _logistic(values: NDArray[np.float64], target: NDArray[np.float64], *, penalty: float) -> tuple[NDArray[np.float64], float]:
    sign = 2 * target - 1

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (values @ theta[:-1] + theta[-1])
        slope = -sign / (1 + np.exp(margin))
        gradient = np.r_[values.T @ slope + penalty * theta[:-1], slope.sum()]
        return float(np.logaddexp(0, -margin).sum() + penalty / 2 * (theta[:-1] ** 2).sum()), gradient

    fitted = minimize(loss, np.zeros(values.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return np.asarray(fitted.x[:-1]), float(fitted.x[-1])


def _platt(log_odds: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset of a weighted logistic fit on held-out log-odds, with a mild pull of the slope towards 1."""
    share = weight / weight.sum() * len(weight)
    sign = 2 * target - 1

    def loss(theta: NDArray[np.float64]) -> float:
        margin = sign * (theta[0] * log_odds + theta[1])
        return float((share * np.logaddexp(0, -margin)).sum() + 2.0 * (theta[0] - 1) ** 2)

    fitted = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B")
    return float(fitted.x[0]), float(fitted.x[1])
