"""
Figures by territory, and how much they depend on a choice: summaries with small counts masked, sensitivity over definitions.

Cells with distances and white shares go in, one row a territory or a definition comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.coverage.curve import weighted_quantiles
from mediation_geo.coverage.disclosure import masked_small_counts
from mediation_geo.coverage.frames import require_columns, weights
from mediation_geo.coverage.provenance import recorded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mediation_geo.coverage.definitions import WhiteZoneDefinition

__all__ = ["sensitivity", "summary_by"]


def summary_by(
    cells: pd.DataFrame, *, by: str, within: str, white_shares: Sequence[str], beyond_m: Sequence[float]
) -> pd.DataFrame:
    """
    One row a territory: people, distances, people beyond distances, white people, share of imputed people; small counts masked.

    Parameters
    ----------
    cells : pandas.DataFrame
        `population`, `distance_m`, the columns `by` and `within`, the white shares; `households` and `imputed` where known.
    by : str
        Column of the territory of a row: commune, canton, EPCI.
    within : str
        Column of the larger whole whose total is published: département.
    white_shares : sequence of str
        Columns `white_share_<definition>`; may be empty.
    beyond_m : sequence of float
        Metres.

    Returns
    -------
    pandas.DataFrame
        `within, by, cells, population, households, imputed_share, mean_distance_m, median_distance_m, people_beyond_<km>km`,
        the white
        shares weighted by people, and `masked` (see `masked_small_counts`).

    Examples
    --------
    >>> cells = pd.DataFrame({"population": [30.0, 70.0], "distance_m": [500.0, 2500.0], "epci": ["e", "e"], "dep": ["48", "48"]})
    >>> table = summary_by(cells, by="epci", within="dep", white_shares=[], beyond_m=[2000])
    >>> table[["population", "mean_distance_m", "people_beyond_2km"]].values.tolist()
    [[100.0, 1900.0, 70.0]]
    """
    require_columns(cells, ["population", "distance_m", by, within, *white_shares], what="cells")
    people = weights(cells, "population", what="cells")
    distance = cells["distance_m"].to_numpy(dtype=np.float64)
    households = cells["households"].fillna(cells["population"]) if "households" in cells else cells["population"]
    imputed = cells["imputed"].astype("bool") if "imputed" in cells else False
    names = {step: f"people_beyond_{step / 1000:g}km" for step in beyond_m}
    sums = pd.DataFrame(
        {within: cells[within], by: cells[by], "cells": 1, "population": people, "households": households}
        | {"imputed_share": people * imputed, "mean_distance_m": people * distance}
        | {name: people * ~(distance <= step) for step, name in names.items()}
        | {share: people * cells[share] for share in white_shares}
    )
    table = sums.groupby([within, by], as_index=False).sum(min_count=1)
    # Each mean is over the people for whom the figure is known.
    shares = ["imputed_share", "mean_distance_m", *white_shares]
    known = sums[shares].notna().mul(people, axis=0).groupby([sums[within], sums[by]]).sum().reset_index(drop=True)
    table[shares] = table[shares] / known.where(known > 0)
    groups = cells.groupby([within, by]).indices
    medians = [weighted_quantiles(distance[rows], people[rows], shares=[0.5])[0] for rows in groups.values()]
    table.insert(list(table.columns).index("mean_distance_m") + 1, "median_distance_m", medians)
    figures = [name for name in table.columns if name not in {within, by, "cells", "households"}]
    masked = masked_small_counts(table, counts="households", figures=figures, within=within)
    parameters: dict[str, Any] = {"by": by, "within": within, "white_shares": list(white_shares), "beyond_m": list(beyond_m)}
    return recorded(masked, "summary_by", inputs=[cells], **parameters)


def sensitivity(cells: pd.DataFrame, *, definitions: Mapping[str, WhiteZoneDefinition]) -> pd.DataFrame:
    """
    White people under each of several definitions, and how far each is from the first.

    Parameters
    ----------
    cells : pandas.DataFrame
        `population` and one column of shares for each definition.
    definitions : mapping of str to WhiteZoneDefinition
        Column of the cells to what it means, the reference first.

    Returns
    -------
    pandas.DataFrame
        One row a definition: `name`, its parameters, `white_population`, `white_share`, `ratio_to_first`.

    Examples
    --------
    >>> from mediation_geo.coverage import ProgrammeWhiteZone
    >>> definitions = {f"white_share_{y}": ProgrammeWhiteZone(name=y, programme="list", as_of=y[1:]) for y in ("y2015", "y2016")}
    >>> cells = pd.DataFrame({"population": [60.0, 40.0], "white_share_y2015": [0.0, 0.5], "white_share_y2016": [0.0, 1.0]})
    >>> sensitivity(cells, definitions=definitions)[["name", "white_population", "ratio_to_first"]].values.tolist()
    [['y2015', 20.0, 1.0], ['y2016', 40.0, 2.0]]
    """
    people = weights(cells, "population", what="cells")
    require_columns(cells, list(definitions), what="cells")
    rows = []
    for column, definition in definitions.items():
        white = float((people * cells[column].to_numpy(dtype=np.float64)).sum())
        said = {name: getattr(definition, name) for name in definition.__dataclass_fields__}
        rows.append({**said, "white_population": white, "white_share": white / people.sum()})
    table = pd.DataFrame(rows)
    first = table["white_population"].iloc[0]
    table = table.assign(ratio_to_first=table["white_population"] / first if first > 0 else np.nan)
    return recorded(table, "sensitivity", inputs=[cells], definitions=dict(definitions))
