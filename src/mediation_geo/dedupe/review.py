"""
What a person should decide next: the pairs the model is unsure of, those that concern most records first.

Links and members of a release in, an ordered queue out. Decisions go to the overrides file, not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["review_queue"]


def review_queue(links: pd.DataFrame, members: pd.DataFrame, *, decided: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Pairs to review, by uncertainty times reach.

    Parameters
    ----------
    links : pandas.DataFrame
        Layout `LINKS`.
    members : pandas.DataFrame
        Columns `record_id`, `place_id`.
    decided : pandas.DataFrame, optional
        Human decisions so far, as `read_overrides` returns them; their pairs are left out.

    Returns
    -------
    pandas.DataFrame
        The links with the decision `review`, once for each pair of places (the likeliest pair of records), with the columns
        `uncertainty` (1 at even odds, 0 when sure), `reach` (records in both places) and `priority`, most urgent first.

    Examples
    --------
    >>> import pandas as pd
    >>> links = pd.DataFrame({
    ...     "left_record_id": ["a/1", "a/2"], "right_record_id": ["b/1", "b/2"], "score": [0.45, 0.25],
    ...     "rule": "model 1", "decision": "review", "reasons": "{}",
    ... })
    >>> members = pd.DataFrame({"record_id": ["a/1", "b/1", "a/2", "b/2"], "place_id": ["p", "q", "r", "s"]})
    >>> review_queue(links, members)["left_record_id"].tolist()
    ['a/1', 'a/2']
    """
    queue = links[links["decision"].eq("review")].copy()
    if decided is not None and len(decided):
        known = {frozenset(pair) for pair in zip(decided["left_record_id"], decided["right_record_id"], strict=True)}
        pairs = zip(queue["left_record_id"], queue["right_record_id"], strict=True)
        queue = queue[[frozenset(pair) not in known for pair in pairs]]
    place_of = members.set_index("record_id")["place_id"]
    size = members["place_id"].value_counts()
    left, right = queue["left_record_id"].map(place_of), queue["right_record_id"].map(place_of)
    queue = queue.assign(
        left_place_id=np.minimum(left.astype(str), right.astype(str)),
        right_place_id=np.maximum(left.astype(str), right.astype(str)),
        uncertainty=1 - (2 * queue["score"] - 1).abs(),
        reach=left.map(size).fillna(0).to_numpy() + right.map(size).fillna(0).to_numpy(),
    )
    queue["priority"] = queue["uncertainty"] * queue["reach"]
    order = ["priority", "left_record_id", "right_record_id"]
    queue = queue.sort_values("score", ascending=False, kind="stable").drop_duplicates(["left_place_id", "right_place_id"])
    return queue.sort_values(order, ascending=[False, True, True], kind="stable", ignore_index=True)
