"""Cells and places to measure coverage by: hypothesis strategies, and small studies with a seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from mediation_geo.standard.territories import BOXES

TERRITORIES = ("metropole", "971", "972", "973", "974", "976")


def points(seed: int, count: int, territory: str = "metropole") -> tuple[np.ndarray, np.ndarray]:
    box = BOXES[territory]
    generator = np.random.default_rng(seed)
    return generator.uniform(box.west, box.east, count), generator.uniform(box.south, box.north, count)


def cells(seed: int, count: int, territory: str = "metropole") -> pd.DataFrame:
    lon, lat = points(seed, count, territory)
    people = np.random.default_rng(seed + 1).integers(0, 500, count).astype(float)
    return pd.DataFrame({"cell_id": [f"c{k:05d}" for k in range(count)], "lon": lon, "lat": lat, "population": people})


def places(seed: int, count: int, territory: str = "metropole") -> pd.DataFrame:
    lon, lat = points(seed + 100, count, territory)
    capacity = np.random.default_rng(seed + 2).integers(1, 9, count).astype(float)
    return pd.DataFrame({"place_id": [f"p{k:05d}" for k in range(count)], "lon": lon, "lat": lat, "capacity": capacity})


@st.composite
def studies(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells and places of one territory, close enough together that catchments overlap, some of them at one spot."""
    box = BOXES[draw(st.sampled_from(TERRITORIES))]
    west, south = (box.west + box.east) / 2, (box.south + box.north) / 2
    spot = st.tuples(st.integers(-30, 30), st.integers(-30, 30)).map(lambda each: (west + each[0] / 100, south + each[1] / 100))
    homes = draw(st.lists(st.tuples(spot, st.integers(0, 300)), min_size=1, max_size=25))
    sites = draw(st.lists(st.tuples(spot, st.integers(1, 9)), min_size=1, max_size=12))
    people = pd.DataFrame([(*where, float(count)) for where, count in homes], columns=["lon", "lat", "population"])
    help_ = pd.DataFrame([(*where, float(count)) for where, count in sites], columns=["lon", "lat", "capacity"])
    people.insert(0, "cell_id", [f"c{k:03d}" for k in range(len(people))])
    help_.insert(0, "place_id", [f"p{k:03d}" for k in range(len(help_))])
    return people, help_
