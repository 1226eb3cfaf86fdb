"""
What the form of one record takes from the others: the name of its commune, and whether its position says where it is.

All located records in, two columns out. A part of the records would give another answer: this is asked of the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from mediation_geo.geodesy import geocentric_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SURROUNDINGS_FROM", "Surroundings", "exact_points", "plain", "surroundings"]

SURROUNDINGS_FROM = (
    "feed", "commune", "code_insee", "longitude", "latitude", "position_precision", "position_uncertainty_m", "position_origin",
)  # fmt: skip

# A point that stands for a whole commune says nothing about where in it a place is.
_COARSE_PRECISIONS = ("municipality",)
_COARSE_UNCERTAINTY_M = 1_000.0
_ROUND_DECIMALS, _ROUND_TOLERANCE = 4, 1e-6
_RARELY_ROUND = 0.1


class Surroundings(NamedTuple):
    """
    What the form of a record takes from other records.

    Attributes
    ----------
    communes : numpy.ndarray of object, shape (n,)
        Name of the commune of each record.
    points : numpy.ndarray of float64, shape (n, 3)
        As `exact_points` returns them.
    """

    communes: NDArray[np.object_]
    points: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64]) -> Surroundings:
        """
        Those of chosen records, in the order of `rows`.

        Parameters
        ----------
        rows : numpy.ndarray of int64
            Positions.
        """
        return Surroundings(self.communes[rows], self.points[rows])


def surroundings(records: pd.DataFrame) -> Surroundings:
    """
    What the form of each record takes from the others.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`, all of them.
    """
    return Surroundings(_commune_names(records), exact_points(records))


def exact_points(records: pd.DataFrame) -> NDArray[np.float64]:
    """
    Geocentric metres of each record, NaN where the position is unknown or stands for a whole commune.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`. A position of four decimals stands for the commune where less than a tenth of its feed's do.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 3)
    """
    coarse = records["position_precision"].isin(_COARSE_PRECISIONS) | records["position_origin"].eq("commune")
    coarse |= records["position_uncertainty_m"].gt(_COARSE_UNCERTAINTY_M)
    points = geocentric_m(records["longitude"], records["latitude"])
    points[coarse.to_numpy(dtype=bool) | _rounder_than_their_feed(records)] = np.nan
    return points


def plain(column: pd.Series[Any]) -> NDArray[np.object_]:
    """
    Text of a column, None where it is missing; equal texts are one object.

    Examples
    --------
    >>> plain(pd.Series(["a", None], dtype="str")).tolist()
    ['a', None]
    """
    codes, texts = pd.factorize(column)
    return np.array([*texts, None], dtype=object)[codes]


def _rounder_than_their_feed(records: pd.DataFrame) -> NDArray[np.bool_]:
    """
    Positions of four decimals in a feed that gives more.

    A source that fills a gap writes the middle of the commune, and writes it shorter: of the four-decimal positions of the
    Conseillers numeriques half lie more than a kilometre from where other sources put the place, of the others none.
    """
    steps = records[["longitude", "latitude"]].to_numpy(dtype=np.float64) * 10**_ROUND_DECIMALS
    known = ~np.isnan(steps).any(axis=1)
    rounded = known & (np.abs(steps - np.round(steps)) < _ROUND_TOLERANCE).all(axis=1)
    codes, feeds = pd.factorize(records["feed"], use_na_sentinel=False)
    counts = [np.bincount(codes[chosen], minlength=len(feeds)) for chosen in (rounded, known)]
    share = counts[0] / np.maximum(counts[1], 1)
    return np.asarray(rounded & (share[codes] < _RARELY_ROUND), dtype=bool)


def _commune_names(records: pd.DataFrame) -> NDArray[np.object_]:
    """Name of the commune, from another record of the same code where the record itself names none."""
    known = records[["code_insee", "commune"]].dropna().sort_values(["code_insee", "commune"], kind="stable")
    by_code = known.drop_duplicates("code_insee").set_index("code_insee")["commune"]
    return plain(records["commune"].where(records["commune"].notna(), records["code_insee"].map(by_code)))
