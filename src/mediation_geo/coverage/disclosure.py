"""
Small counts stay hidden: which rows of a table speak of too few households, and which others must be hidden with them.

A table of aggregates goes in, the same table comes out with figures blanked and a column `masked`. Aggregation is not done here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import require_columns
from mediation_geo.coverage.provenance import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["LEAST_HOUSEHOLDS", "masked_small_counts"]

# Tax secrecy: INSEE publishes nothing about fewer households.
LEAST_HOUSEHOLDS = 11


def masked_small_counts(
    table: pd.DataFrame, *, counts: str, figures: Sequence[str], within: str, least: int = LEAST_HOUSEHOLDS
) -> pd.DataFrame:
    """
    Table without the figures of rows about too few households, and without those that would let one work them out.

    Parameters
    ----------
    table : pandas.DataFrame
        One row an aggregate.
    counts : str
        Column with the number of households (or of people, which hides more).
    figures : sequence of str
        Numeric columns to blank.
    within : str
        Column of the larger whole (département) whose total is published: where exactly one row of it is hidden, the one with the
        next smallest count is hidden too.
    least : int
        Counts above 0 and below this are hidden. Nobody at all is no secret.

    Returns
    -------
    pandas.DataFrame
        Same rows, `figures` NaN where hidden, and `masked`: `small`, `secondary` or missing.

    Examples
    --------
    >>> table = pd.DataFrame({"dep": ["48"] * 3, "households": [4, 20, 90], "people": [9.0, 44.0, 200.0]})
    >>> masked_small_counts(table, counts="households", figures=["people"], within="dep")[["people", "masked"]].values.tolist()
    [[nan, 'small'], [nan, 'secondary'], [200.0, nan]]
    """
    require_columns(table, [counts, within, *figures], what="table")
    number = table[counts].astype("float64")
    small = (number > 0) & (number < least)
    alone = small.groupby(table[within]).transform("sum").eq(1)
    # The smallest of the rows that are still shown pays for the one that is hidden; ties go to the first.
    rank = number.where(~small & (number > 0)).groupby(table[within]).rank(method="first")
    secondary = alone & rank.eq(1)
    hidden = small | secondary
    masked = table.assign(**{name: table[name].astype("float64").mask(hidden) for name in figures})
    reason = pd.Series(np.where(secondary, "secondary", "small"), index=table.index, dtype="str").where(hidden)
    masked = masked.assign(masked=reason)
    return recorded(masked, "masked_small_counts", inputs=[table], counts=counts, within=within, least=least)
