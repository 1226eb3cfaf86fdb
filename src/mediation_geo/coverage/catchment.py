"""
Two-step floating catchments: how much help reaches the people of each cell, given all who share it.

Cells with a population and places with a capacity go in; accessibility for each cell and the load of each place come out.
Distances
are geodesic (see `decay`), in every territory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mediation_geo.coverage.decay import Decay
from mediation_geo.coverage.frames import positions, require_columns, weights
from mediation_geo.coverage.neighbours import SourceRows, decayed_sums
from mediation_geo.coverage.provenance import recorded
from mediation_geo.errors import SchemaMismatch

if TYPE_CHECKING:
    import pandas as pd

    from mediation_geo.coverage.frames import Floats

__all__ = ["Catchment", "catchment_2sfca", "catchment_3sfca", "catchment_e2sfca"]


@dataclass(frozen=True)
class Catchment:
    """
    What the catchment methods give.

    Attributes
    ----------
    cells : pandas.DataFrame
        The cells with `access`: capacity per person within reach; 0 where no place is.
    places : pandas.DataFrame
        The places with `demand` (weighted people who share it) and `supply_ratio` (capacity per such person; NaN when nobody
        is in
        reach or the place has no position).
    """

    cells: pd.DataFrame
    places: pd.DataFrame

    @property
    def unreached_capacity(self) -> float:
        """Capacity of the places that nobody lives within reach of: it is in no cell's `access`."""
        return float(self.places.loc[self.places["supply_ratio"].isna(), "capacity"].sum())


def catchment_2sfca(cells: pd.DataFrame, places: pd.DataFrame, *, radius_m: float) -> Catchment:
    """
    Two-step floating catchment area (Luo & Wang 2003): every place within the radius counts fully.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns `lon, lat`, `population`. Include the cells around the study area up to the radius: their people share the places.
    places : pandas.DataFrame
        Columns `place_id`, `lon, lat` (or `longitude, latitude`), `capacity`: opening hours, desks, or 1 for each place.
    radius_m : float
        Metres, geodesic.

    Returns
    -------
    Catchment
        Conserves capacity: the sum of population x access is the capacity of the places that somebody can reach.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"lon": [3.5, 3.6], "lat": [44.5, 44.5], "population": [30.0, 20.0]})
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.55], "lat": [44.5], "capacity": [5.0]})
    >>> catchment_2sfca(cells, places, radius_m=10_000).cells.access.tolist()
    [0.1, 0.1]
    """
    return _two_steps(cells, places, decay=Decay.constant(radius_m=radius_m), step="catchment_2sfca")


def catchment_e2sfca(cells: pd.DataFrame, places: pd.DataFrame, *, decay: Decay) -> Catchment:
    """
    Enhanced two-step floating catchment area (Luo & Qi 2009): farther zones weigh less, for people and for places.

    Parameters
    ----------
    cells, places : pandas.DataFrame
        As for `catchment_2sfca`.
    decay : Decay
        `Decay.zones(radius_m=...)` gives the three zones of the paper.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"lon": [3.5, 3.6], "lat": [44.5, 44.5], "population": [30.0, 20.0]})
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.5], "lat": [44.5], "capacity": [5.0]})
    >>> found = catchment_e2sfca(cells, places, decay=Decay.zones(radius_m=10_000))
    >>> found.cells.access.round(4).tolist(), round(float((found.cells.access * cells.population).sum()), 9)
    ([0.1453, 0.032], 5.0)
    """
    return _two_steps(cells, places, decay=decay, step="catchment_e2sfca")


def catchment_3sfca(cells: pd.DataFrame, places: pd.DataFrame, *, decay: Decay) -> Catchment:
    """
    Three-step floating catchment area (Wan, Zou & Sternberg 2012): people choose among the places they can reach.

    Parameters
    ----------
    cells, places : pandas.DataFrame
        As for `catchment_2sfca`.
    decay : Decay
        Weight by distance, used for the choice and for the reach.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"lon": [3.5], "lat": [44.5], "population": [30.0]})
    >>> places = pd.DataFrame({"place_id": ["a", "b"], "lon": [3.5, 3.51], "lat": [44.5, 44.5], "capacity": [5.0, 1.0]})
    >>> round(float(catchment_3sfca(cells, places, decay=Decay.constant(radius_m=9_000)).cells.access.iloc[0]), 12)
    0.2
    """
    study = _Study(cells, places, decay=decay)
    chosen_from = study.sums_over_places(np.ones(len(study.capacity)), power=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(chosen_from > 0, 1 / chosen_from, 0.0)
    demand = study.sums_over_cells(study.people * share, power=2)
    access = share * study.sums_over_places(_ratio(study.capacity, demand), power=2)
    return study.answer(access, demand, step="catchment_3sfca")


def _two_steps(cells: pd.DataFrame, places: pd.DataFrame, *, decay: Decay, step: str) -> Catchment:
    study = _Study(cells, places, decay=decay)
    demand = study.sums_over_cells(study.people, power=1)
    access = study.sums_over_places(_ratio(study.capacity, demand), power=1)
    return study.answer(access, demand, step=step)


class _Study:
    """Cells and places with positions, laid out for sums in both directions."""

    def __init__(self, cells: pd.DataFrame, places: pd.DataFrame, *, decay: Decay) -> None:
        require_columns(places, ["place_id"], what="places")
        self.cells, self.places, self.decay = cells, places, decay
        people, capacity = weights(cells, "population", what="cells"), weights(places, "capacity", what="places")
        self.lon, self.lat = positions(cells, what="cells")
        nowhere = np.flatnonzero(np.isnan(self.lon) | np.isnan(self.lat))
        if nowhere.size:
            message = f"cells: row {nowhere[0]} has no position, so its people would vanish from the catchments"
            raise SchemaMismatch(message)
        place_lon, place_lat = positions(places, what="places")
        self.located = np.isfinite(place_lon) & np.isfinite(place_lat)
        self.place_lon, self.place_lat = place_lon[self.located], place_lat[self.located]
        self.people, self.capacity = people, capacity[self.located]
        self._cells = SourceRows(self.lon, self.lat, radius_m=decay.radius_m)
        self._places = SourceRows(self.place_lon, self.place_lat, radius_m=decay.radius_m)

    def sums_over_cells(self, values: Floats, *, power: int) -> Floats:
        return decayed_sums(self._cells, values, self.place_lon, self.place_lat, decay=self.decay, power=power)

    def sums_over_places(self, values: Floats, *, power: int) -> Floats:
        return decayed_sums(self._places, values, self.lon, self.lat, decay=self.decay, power=power)

    def answer(self, access: Floats, demand: Floats, *, step: str) -> Catchment:
        full = np.full(len(self.places), np.nan)
        full[self.located] = demand
        capacity = self.places["capacity"].to_numpy(dtype=np.float64)
        ratio = np.where(full > 0, _ratio(capacity, full), np.nan)
        inputs = [self.cells, self.places]
        return Catchment(
            recorded(self.cells.assign(access=access), step, inputs=inputs, decay=self.decay),
            recorded(self.places.assign(demand=full, supply_ratio=ratio), step, inputs=inputs, decay=self.decay),
        )


def _ratio(capacity: Floats, demand: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = np.where(demand > 0, capacity / demand, 0.0)
    return ratio
