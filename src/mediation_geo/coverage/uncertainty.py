"""
How sure a distance is, when some places are only known to lie somewhere in their street or commune.

Cells and places with `position_uncertainty_m` go in; bounds that hold the true distance, or the spread of a figure over many
possible positions, come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.coverage.curve import population_beyond
from mediation_geo.coverage.frames import positions, require_columns, weights
from mediation_geo.coverage.nearest import NearestIndex, nearest_places
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch
from mediation_geo.geodesy import geod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mediation_geo.coverage.frames import Floats

__all__ = ["distance_bounds", "people_beyond_spread"]

# Radii are rounded up to a class: one tree a class, and bounds that are a little too wide rather than too narrow.
_CLASSES_M = np.array([0, 10, 25, 50, 100, 200, 350, 500, 750, 1_000, 1_500, 2_500, 4_000, 6_000, 10_000, 20_000, 50_000.0])


def distance_bounds(cells: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """
    Cells with bounds on the distance to the nearest place: `distance_low_m`, `distance_high_m`.

    Parameters
    ----------
    cells : pandas.DataFrame
        `lon, lat`.
    places : pandas.DataFrame
        `place_id`, position, `position_uncertainty_m` (radius in metres).

    Returns
    -------
    pandas.DataFrame
        The cells with both columns: wherever each place truly lies in its circle, the nearest is between the two.

    Raises
    ------
    SchemaMismatch
        If a place with a position has no uncertainty, or one that is negative or above 50 km.

    Examples
    --------
    >>> cells = pd.DataFrame({"lon": [3.5], "lat": [44.6]})
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.5], "lat": [44.5], "position_uncertainty_m": [1_000.0]})
    >>> distance_bounds(cells, places)[["distance_low_m", "distance_high_m"]].round().values.tolist()
    [[10112.0, 12112.0]]
    """
    located, radius = _located(places)
    step = np.searchsorted(_CLASSES_M, radius, side="left")
    lon, lat = positions(cells, what="cells")
    low, high = np.full(len(cells), np.inf), np.full(len(cells), np.inf)
    for each in np.unique(step):  # a dozen classes of precision
        _, distance = NearestIndex(located[step == each]).query(lon, lat)
        low = np.fmin(low, np.maximum(distance - _CLASSES_M[each], 0.0))
        high = np.fmin(high, distance + _CLASSES_M[each])
    known = np.isfinite(lon) & np.isfinite(lat)
    bounded = cells.assign(distance_low_m=np.where(known, low, np.nan), distance_high_m=np.where(known, high, np.nan))
    return recorded(bounded, "distance_bounds", inputs=[cells, places])


def people_beyond_spread(
    cells: pd.DataFrame, places: pd.DataFrame, *, distances_m: Sequence[float], draws: int, seed: int
) -> pd.DataFrame:
    """
    Spread of the people beyond each distance, when every place is moved at random inside its circle of uncertainty.

    Parameters
    ----------
    cells, places : pandas.DataFrame
        As for `distance_bounds`; the cells have `population`.
    distances_m : sequence of float
        Metres, ascending.
    draws : int
        How many times the places are moved.
    seed : int
        The same seed gives the same result.

    Returns
    -------
    pandas.DataFrame
        `distance_m`, `people_beyond` (places where they are said to be), `low`, `median`, `high` (5th, 50th, 95th per cent
        of draws).

    Examples
    --------
    >>> cells = pd.DataFrame({"lon": [3.5], "lat": [44.6], "population": [10.0]})
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.5], "lat": [44.5], "position_uncertainty_m": [50.0]})
    >>> spread = people_beyond_spread(cells, places, distances_m=[5_000], draws=5, seed=0)
    >>> spread[["people_beyond", "low", "high"]].values.tolist()
    [[10.0, 10.0, 10.0]]
    """
    if draws < 1:
        message = f"draws is {draws}; expected at least 1"
        raise SchemaMismatch(message)
    # In the order of ids, so that the order of rows does not change what is drawn for whom.
    located, radius = _located(places.sort_values("place_id"))
    people = [population_beyond(nearest_places(cells, located), distances_m=distances_m)]
    generator = np.random.default_rng(seed)
    for _ in range(draws):
        moved = _moved(located, radius, generator)
        people.append(population_beyond(nearest_places(cells, moved), distances_m=distances_m))
    table = pd.DataFrame(people)
    spread = table.iloc[1:].quantile([0.05, 0.5, 0.95])
    steps = table.columns.to_numpy(dtype=np.float64)
    found = {"distance_m": steps, "people_beyond": table.iloc[0].to_numpy()}
    found |= {name: row.to_numpy() for name, (_, row) in zip(("low", "median", "high"), spread.iterrows(), strict=True)}
    parameters: dict[str, Any] = {"distances_m": list(distances_m), "draws": draws, "seed": seed}
    return recorded(pd.DataFrame(found), "people_beyond_spread", inputs=[cells, places], **parameters)


def _located(places: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    require_columns(places, ["place_id", "position_uncertainty_m"], what="places")
    lon, lat = positions(places, what="places")
    known = np.isfinite(lon) & np.isfinite(lat)
    located = pd.DataFrame({"place_id": places["place_id"], "lon": lon, "lat": lat})[known]
    located = located.assign(position_uncertainty_m=places["position_uncertainty_m"].to_numpy()[known]).reset_index(drop=True)
    return located, _radius(located)


def _radius(located: pd.DataFrame) -> Floats:
    radius = weights(located, "position_uncertainty_m", what="places")
    if (radius > _CLASSES_M[-1]).any():
        row = int(np.flatnonzero(radius > _CLASSES_M[-1])[0])
        message = (
            f"place {located['place_id'].iloc[row]!r} has an uncertainty of {radius[row]} m; expected at most {_CLASSES_M[-1]:g}"
        )
        raise SchemaMismatch(message)
    return radius


def _moved(located: pd.DataFrame, radius: Floats, generator: np.random.Generator) -> pd.DataFrame:
    """Places at random in their circles, every spot as likely as every other."""
    azimuth = generator.uniform(0.0, 360.0, len(located))
    distance = radius * np.sqrt(generator.uniform(0.0, 1.0, len(located)))
    lon, lat, _ = geod().fwd(located["lon"].to_numpy(), located["lat"].to_numpy(), azimuth, distance)
    return located.assign(lon=lon, lat=lat)
