"""
The same deduplication with its work spread over the workers of a dask cluster, one part a département.

Located records and a client in, the `Deduplication` of `deduplicate` out, equal to the last byte. What depends on one record or
one pair is done by the workers; what depends on all of them (how common a contact is, which records are worth comparing, who is
nearest to whom, clusters and ids) is done here, since a part cannot know it. Each pair belongs to one part, that of its left
record; the halo of a part is the records of other parts that stand on the right of its pairs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.dedupe.judge import Workshop, judge_by_model
from mediation_geo.dedupe.normalise import PREPARED_FROM, Prepared, prepare, prepare_rows, without_switchboards
from mediation_geo.dedupe.score import PairScores, score_pairs
from mediation_geo.dedupe.stage import Deduplication, unite
from mediation_geo.dedupe.surroundings import surroundings
from mediation_geo.errors import MediationGeoError

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from mediation_geo.dedupe.blocks import Positions
    from mediation_geo.dedupe.identity import Previous
    from mediation_geo.dedupe.model import Model

__all__ = ["deduplicate_on"]


def deduplicate_on(
    client: Any,
    records: pd.DataFrame,
    *,
    previous: Previous | None = None,
    overrides: pd.DataFrame | None = None,
    as_of: dt.date,
) -> Deduplication:
    """
    `deduplicate` by the model, on a dask cluster.

    Parameters
    ----------
    client : distributed.Client
        Of a `LocalCluster` or any other whose workers have this version of the package.
    records, previous, overrides, as_of
        As for `deduplicate`.

    Returns
    -------
    Deduplication
        The same as without a cluster.

    Raises
    ------
    MediationGeoError
        If the client is none.

    Notes
    -----
    This process holds all records and all pairs; the workers hold a part at a time.
    """
    if not hasattr(client, "submit"):
        message = f"client is {client!r}; expected a distributed.Client: pip install 'mediation-geo[scale]'"
        raise MediationGeoError(message)
    workshop = Workshop(partial(_prepare_on, client), partial(_score_on, client))
    return unite(records, judge=partial(judge_by_model, workshop=workshop), previous=previous, overrides=overrides, as_of=as_of)


def departements(insee: NDArray[np.object_]) -> NDArray[np.int64]:
    """
    Number of the département of each record, by its commune; records without one are a part of their own.

    Examples
    --------
    >>> departements(np.array(["34129", "97105", None, "34172", "97411"], dtype=object)).tolist()
    [1, 2, 0, 1, 3]
    """
    codes = pd.Series(insee, dtype="str").fillna("")
    prefix = codes.str[:3].where(codes.str.startswith(("97", "98")), codes.str[:2])
    return np.asarray(pd.factorize(prefix, sort=True)[0], dtype=np.int64)


def _prepare_on(client: Any, records: pd.DataFrame) -> Prepared:
    if records.empty:
        # A cluster takes no empty batch.
        return prepare(records)
    around, slim = surroundings(records), records[list(PREPARED_FROM)]
    parts = _rows_by_part(departements(records["code_insee"].to_numpy(dtype=object)))
    sent = _send(client, [(slim.iloc[rows], around.take(rows)) for rows in parts])
    prepared = Prepared.concat(client.gather(client.map(_prepared_part, sent, pure=False)))
    return without_switchboards(prepared.take(np.argsort(np.concatenate(parts), kind="stable")))


def _prepared_part(part: tuple[pd.DataFrame, Any]) -> Prepared:
    return prepare_rows(*part)


def _score_on(client: Any, prepared: Prepared, left: Positions, right: Positions, model: Model) -> PairScores:
    if len(left) == 0:
        return score_pairs(prepared, left, right, model=model)
    owners = departements(prepared.columns["insee"])[left]
    parts = _rows_by_part(owners)
    sent = _send(client, [_with_halo(prepared, left[pairs], right[pairs]) for pairs in parts])
    shared = client.scatter(model, broadcast=True)
    scored = client.gather(client.map(_scored_part, sent, model=shared, pure=False))
    log_odds = np.empty(len(left))
    same_address, near = np.empty(len(left), dtype=bool), np.empty(len(left), dtype=bool)
    for pairs, told in zip(parts, scored, strict=True):
        log_odds[pairs], same_address[pairs], near[pairs] = told[:3]
    reasons = pd.concat([told.reasons for told in scored], ignore_index=True)
    back = np.argsort(np.concatenate(parts), kind="stable")
    return PairScores(log_odds, same_address, near, reasons.take(back).reset_index(drop=True))


def _send(client: Any, parts: list[Any]) -> list[Any]:
    """Parts on their way to the workers; no two are the same, so nothing is gained by hashing them first, as dask would."""
    futures: list[Any] = client.scatter(parts, hash=False)
    return futures


def _with_halo(prepared: Prepared, left: Positions, right: Positions) -> tuple[Prepared, Positions, Positions]:
    """The records on either side of the pairs of a part, and the pairs by their positions among these."""
    rows = np.unique(np.r_[left, right])
    return prepared.take(rows), np.searchsorted(rows, left), np.searchsorted(rows, right)


def _scored_part(part: tuple[Prepared, Positions, Positions], *, model: Model) -> PairScores:
    return score_pairs(*part, model=model)


def _rows_by_part(part: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Positions of each part, in order; the greatest parts first, so that none is left to a single worker at the end."""
    order = np.argsort(part, kind="stable")
    runs = np.split(order, np.flatnonzero(np.diff(part[order])) + 1) if len(order) else []
    return sorted(runs, key=len, reverse=True)
