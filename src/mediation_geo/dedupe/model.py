"""
The model: a logistic regression in a JSON file, and what each feature contributed to a score.

Features in, calibrated probabilities and contributions out. Fitting it is `train`'s work.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mediation_geo.dedupe.features import FEATURES, TokenWeights
from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Model", "Thresholds", "load_model", "logit", "read_model"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """
    Probabilities at which decisions change.

    Attributes
    ----------
    join : float
        Two records become one place from here.
    keep : float
        Records that already are one place stay together down to here, so that nothing flaps between nights.
    review : float
        A person should look from here up to `join`.
    apart : float
        Takes the place of `join` where the positions are more than 500 m apart and the addresses are not the
        same: then something else has to speak very clearly.
    """

    join: float
    keep: float
    review: float
    apart: float


@dataclass(frozen=True, slots=True)
class Model:
    """
    A fitted logistic regression.

    Attributes
    ----------
    version : str
        Changes whenever a score may change.
    training : dict
        What it was trained on: number of pairs, hash of the label files.
    intercept : float
        Log-odds of a pair whose features all have their mean.
    coefficients, mean, scale : numpy.ndarray of float64
        One a feature, in the order of `FEATURES`; coefficients per standard deviation.
    calibration : tuple of float
        Slope and offset that turn log-odds on the sample into log-odds on candidate pairs.
    thresholds : Thresholds
        On the calibrated probability.
    tokens : TokenWeights
        Weights of words.
    """

    version: str
    training: dict[str, Any]
    intercept: float
    coefficients: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    calibration: tuple[float, float]
    thresholds: Thresholds
    tokens: TokenWeights

    def contributions(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Log-odds that each feature adds to or takes from the average pair.

        Parameters
        ----------
        features : numpy.ndarray of float64, shape (m, k)
            As `pair_features` returns them.

        Returns
        -------
        numpy.ndarray of float64, shape (m, k)
        """
        return np.asarray(self.calibration[0] * self.coefficients * (features - self.mean) / self.scale)

    @property
    def base(self) -> float:
        """Calibrated log-odds of the average pair."""
        return self.calibration[0] * self.intercept + self.calibration[1]

    def log_odds(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Calibrated log-odds that two records are one place: `base` and all contributions.

        Parameters
        ----------
        features : numpy.ndarray of float64, shape (m, k)
            As `pair_features` returns them.
        """
        return np.asarray(self.base + self.contributions(features).sum(axis=1))

    def probability(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Calibrated probability that two records are one place.

        Parameters
        ----------
        features : numpy.ndarray of float64, shape (m, k)
            As `pair_features` returns them.
        """
        return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds(features))))

    def write(self, path: str | Path) -> None:
        """
        Write the model as JSON with sorted keys.

        Parameters
        ----------
        path : str or pathlib.Path
            Where.
        """
        weights = {name: [round(c, 6), round(m, 6), round(s, 6)] for name, c, m, s in self._rows()}
        table = {
            "version": self.version,
            "training": self.training,
            "intercept": round(self.intercept, 6),
            "calibration": [round(each, 6) for each in self.calibration],
            "thresholds": asdict(self.thresholds),
            "features": weights,
            "unknown_token": round(self.tokens.unknown, 4),
            "tokens": {word: round(weight, 4) for word, weight in sorted(self.tokens.weights.items())},
        }
        Path(path).write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def _rows(self) -> list[tuple[str, float, float, float]]:
        columns = (self.coefficients.tolist(), self.mean.tolist(), self.scale.tolist())
        return list(zip(FEATURES, *columns, strict=True))


def logit(probability: float) -> float:
    """
    Log-odds of a probability.

    Examples
    --------
    >>> logit(0.5)
    0.0
    """
    return float(np.log(probability / (1.0 - probability)))


def read_model(path: str | Path) -> Model:
    """
    Read a model from JSON.

    Parameters
    ----------
    path : str or pathlib.Path
        As `Model.write` wrote it.

    Raises
    ------
    SchemaMismatch
        If its features are not those this version computes.
    """
    table = json.loads(Path(path).read_text(encoding="utf-8"))
    rows = table["features"]
    if tuple(rows) != FEATURES:
        odd = sorted(set(rows) ^ set(FEATURES)) or ["another order"]
        message = f"the features differ from those of this version: {', '.join(odd)}; train the model again"
        raise SchemaMismatch(message, path=str(path))
    numbers = np.array([rows[name] for name in FEATURES], dtype=np.float64)
    return Model(
        version=table["version"],
        training=table["training"],
        intercept=float(table["intercept"]),
        coefficients=numbers[:, 0],
        mean=numbers[:, 1],
        scale=numbers[:, 2],
        calibration=(float(table["calibration"][0]), float(table["calibration"][1])),
        thresholds=Thresholds(**table["thresholds"]),
        tokens=TokenWeights(table["tokens"], float(table["unknown_token"])),
    )


@cache
def load_model() -> Model:
    """
    Return the model shipped with the package, read once.

    Examples
    --------
    >>> 0 < load_model().thresholds.keep < load_model().thresholds.join < 1
    True
    """
    return read_model(Path(str(files("mediation_geo.dedupe").joinpath("model.json"))))
