"""
How the weight of a place falls with distance: steps with an upper edge in metres, as the published catchment methods use.

Constants and one value class; no data is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mediation_geo.errors import SchemaMismatch
from mediation_geo.geodesy import SEMI_MINOR_M

if TYPE_CHECKING:
    from mediation_geo.coverage.frames import Floats

__all__ = ["LUO_QI_WEIGHTS", "Decay"]

# Luo & Qi 2009, the slow-falling set: a Gaussian read at the middle of three equal zones.
LUO_QI_WEIGHTS = (1.0, 0.68, 0.22)
_MEAN_RADIUS_M = 6_371_008.8


@dataclass(frozen=True)
class Decay:
    """
    Weight by distance: `weights[k]` up to and including `edges_m[k]`, nothing beyond the last.

    Parameters
    ----------
    edges_m : tuple of float
        Metres, ascending, positive.
    weights : tuple of float
        One for each edge, positive.

    Raises
    ------
    SchemaMismatch
        If the edges do not ascend from above 0, or the weights are not as many and positive.

    Notes
    -----
    Distances are compared as straight lines through the Earth, each edge shortened on the mean sphere: at 15 km the edge lies
    within 0.04 mm of its geodesic, at 100 km within 12 mm.

    Examples
    --------
    >>> Decay.constant(radius_m=15_000).weights, Decay.zones(radius_m=15_000).edges_m
    ((1.0,), (5000.0, 10000.0, 15000.0))
    """

    edges_m: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        steps = np.diff((0.0, *self.edges_m))
        if not self.edges_m or not (steps > 0).all() or not np.isfinite(self.edges_m).all():
            message = f"edges_m is {self.edges_m}; expected finite metres ascending from above 0"
            raise SchemaMismatch(message)
        if len(self.weights) != len(self.edges_m) or not all(0 < each < np.inf for each in self.weights):
            message = f"weights is {self.weights}; expected {len(self.edges_m)} numbers above 0"
            raise SchemaMismatch(message)

    @classmethod
    def constant(cls, *, radius_m: float) -> Decay:
        """Full weight up to the radius: the classic two-step catchment."""
        return cls((float(radius_m),), (1.0,))

    @classmethod
    def zones(cls, *, radius_m: float, weights: tuple[float, ...] = LUO_QI_WEIGHTS) -> Decay:
        """Zones of equal width up to the radius, with the weights of Luo & Qi (2009) unless others are given."""
        count = len(weights)
        return cls(tuple(radius_m * (k + 1) / count for k in range(count)), tuple(weights))

    @property
    def radius_m(self) -> float:
        """Metres beyond which a place has no weight."""
        return self.edges_m[-1]

    @property
    def chords_m(self) -> Floats:
        """Straight-line lengths of the edges."""
        edges = np.asarray(self.edges_m)
        return 2 * _MEAN_RADIUS_M * np.sin(np.minimum(edges / (2 * _MEAN_RADIUS_M), np.pi / 2))

    @property
    def reach_degrees(self) -> float:
        """Degrees of latitude that the radius never exceeds."""
        return float(np.degrees(self.radius_m / (SEMI_MINOR_M * 0.99)))
