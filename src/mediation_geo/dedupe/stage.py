"""
The stage: located records in, places with stable ids out, with every reason for every merge.

It strings the steps of this room together and decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mediation_geo.dedupe.identity import Identity, Previous, assign_place_ids
from mediation_geo.dedupe.judge import Judgement, judge_by_model, judge_by_official_rule
from mediation_geo.dedupe.memory import give_back_memory
from mediation_geo.dedupe.merge import merge_records
from mediation_geo.dedupe.normalise import PREPARED_FROM
from mediation_geo.dedupe.overrides import Decisions, decisions_for
from mediation_geo.dedupe.report import cluster_issues
from mediation_geo.dedupe.surroundings import SURROUNDINGS_FROM
from mediation_geo.standard import (
    LINKS,
    LOCATED_RECORDS,
    MEMBERS,
    PLACES,
    check_row_ledger,
    concat_issues,
    conform,
)

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

__all__ = ["RULES", "Deduplication", "deduplicate", "unite"]

Judge = Callable[[pd.DataFrame, Previous | None, Decisions], Judgement]
# What judges look at.
JUDGED_FROM = tuple(dict.fromkeys(("record_id", *PREPARED_FROM, *SURROUNDINGS_FROM)))
RULES: Mapping[str, Judge] = MappingProxyType({"model": judge_by_model, "official": judge_by_official_rule})


@dataclass(frozen=True, slots=True)
class Deduplication:
    """
    Places and the evidence for them.

    Attributes
    ----------
    places : geopandas.GeoDataFrame
        Layout `PLACES`, EPSG:4326, sorted by `place_id`.
    members : pandas.DataFrame
        Layout `MEMBERS`: each record in exactly one place, sorted by `record_id`.
    links : pandas.DataFrame
        Layout `LINKS`: every pair that was compared.
    issues : pandas.DataFrame
        Layout `ISSUES`.
    events : pandas.DataFrame
        `event`, `place_id`, `release_id`, `record_ids`, `other_place_ids`: what happened to ids since the last release.
    """

    places: gpd.GeoDataFrame
    members: pd.DataFrame
    links: pd.DataFrame
    issues: pd.DataFrame
    events: pd.DataFrame


def deduplicate(
    records: pd.DataFrame,
    *,
    rule: str = "model",
    previous: Previous | None = None,
    overrides: pd.DataFrame | None = None,
    as_of: dt.date,
) -> Deduplication:
    """
    Unite the records that describe one place.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`; the order of rows does not matter.
    rule : {"model", "official"}
        The model of this package, or the rule of the national pipeline.
    previous : Previous, optional
        The last release, so that places keep their ids and nothing flaps.
    overrides : pandas.DataFrame, optional
        Human decisions, as `read_overrides` returns them.
    as_of : datetime.date
        The day of the release: freshness is computed with it, and it is the release id of the events.

    Returns
    -------
    Deduplication

    Raises
    ------
    OverrideConflict
        If human decisions contradict each other.
    ValueError
        If the rule is unknown.

    Examples
    --------
    >>> import datetime as dt
    >>> records = pd.DataFrame({
    ...     "record_id": ["a/1", "b/1"], "feed": ["a", "b"], "row": [1, 1], "nom": ["Mairie de Lattes", "Mairie Lattes"],
    ...     "adresse": ["1 avenue de Montpellier", "1 av de Montpellier"], "commune": ["Lattes", "Lattes"],
    ...     "code_insee": ["34129", "34129"], "latitude": [43.5676, 43.5676], "longitude": [3.9046, 3.9046],
    ... })
    >>> result = deduplicate(records, as_of=dt.date(2026, 1, 1))
    >>> len(result.places), result.members["place_id"].nunique()
    (1, 1)
    """
    if rule not in RULES:
        message = f"unknown rule {rule!r}: expected one of {sorted(RULES)}"
        raise ValueError(message)
    return unite(records, judge=RULES[rule], previous=previous, overrides=overrides, as_of=as_of)


def unite(
    records: pd.DataFrame, *, judge: Judge, previous: Previous | None, overrides: pd.DataFrame | None, as_of: dt.date
) -> Deduplication:
    """
    Unite records as a judge says.

    Parameters
    ----------
    records, previous, overrides, as_of
        As for `deduplicate`.
    judge : callable
        Takes ordered records, the last release and human decisions, gives a `Judgement`.
    """
    table = conform(records, LOCATED_RECORDS)
    # Judged in the order of the ids; of a table in another order only what is looked at is copied.
    order = table["record_id"].array.argsort(kind="stable")
    judged = table[list(JUDGED_FROM)].take(order).reset_index(drop=True)
    decisions = decisions_for(judged["record_id"], overrides)
    judgement = judge(judged, previous, decisions)
    issues = concat_issues([decisions.issues, judgement.issues, cluster_issues(judged, judgement)])
    record_ids = judged["record_id"]
    del judged
    give_back_memory()
    identity = assign_place_ids(record_ids, judgement.clusters, previous=previous, release_id=as_of.isoformat())
    members = pd.DataFrame({"record_id": record_ids, "place_id": identity.place_ids[judgement.clusters]})
    give_back_memory()
    check_row_ledger("dedupe", came_in=records["record_id"], went_on=members["record_id"], rejected=())
    # Merged in the order of the ids, so that nothing has to be sorted, and copied, again.
    clusters = np.empty(len(order), dtype=np.int64)
    clusters[order] = _ranks(identity.place_ids)[judgement.clusters]
    merged = merge_records(table, clusters)
    del table
    give_back_memory()
    places = _finish(merged, identity, previous=previous, as_of=as_of)
    events = identity.events
    del merged, identity, clusters, order
    give_back_memory()
    links = conform(judgement.links(record_ids), LINKS)
    return Deduplication(places, conform(members, MEMBERS), links, issues, events)


def _ranks(ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Place of each id among all, sorted."""
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[np.argsort(ids, kind="stable")] = np.arange(len(ids))
    return ranks


def _finish(merged: pd.DataFrame, identity: Identity, *, previous: Previous | None, as_of: dt.date) -> gpd.GeoDataFrame:
    """Ids, aliases, freshness, dates of sight and geometry of the merged places, which are in the order of their ids."""
    today = pd.Timestamp(as_of)
    order = np.argsort(identity.place_ids, kind="stable")
    ids = identity.place_ids[order]
    source_ids = pd.Series([identity.record_ids[cluster] for cluster in order.tolist()], dtype=object)
    place_ids = pd.Series(ids, dtype="str")
    first_seen = pd.Series(today, index=place_ids.index)
    if previous is not None:
        before = previous.places.set_index("place_id")["first_seen"]
        first_seen = pd.to_datetime(place_ids.map(before)).fillna(today)
    # Positions were checked when records were located; missing ones give a missing geometry, never a point at 0, 0.
    points: Any = gpd.points_from_xy(merged["longitude"], merged["latitude"])
    points[(merged["longitude"].isna() | merged["latitude"].isna()).to_numpy()] = None
    places = merged.assign(
        place_id=place_ids,
        id=place_ids,
        source_ids=source_ids,
        aliases=_aliases(ids, source_ids, merged["published_ids"], identity.former_ids),
        freshness=_freshness(merged["date_maj"], today=today),
        first_seen=first_seen.astype("datetime64[s]"),
        last_seen=today.as_unit("s"),
        geometry=points,
    )
    # The types are those of the records, which conform: no column is looked through, and copied, again.
    return gpd.GeoDataFrame(places[list(PLACES)], geometry="geometry", crs="EPSG:4326")


def _aliases(
    ids: NDArray[np.object_], source_ids: pd.Series[Any], published_ids: pd.Series[Any], former_ids: Mapping[str, list[str]]
) -> pd.Series[Any]:
    """Every other id a place answers to: former place ids, record ids, published ids and their official compounds."""
    aliases = []
    for place_id, records, published in zip(ids.tolist(), source_ids, published_ids, strict=True):
        parts = [part for each in published if "__" in each for part in each.split("__")]
        compound = ["__".join(sorted(published))] if len(published) > 1 else []
        former = former_ids.get(place_id, ())
        aliases.append(sorted({*former, *records, *published, *parts, *compound} - {place_id}))
    return pd.Series(aliases, dtype=object)


def _freshness(dates: pd.Series, *, today: pd.Timestamp) -> pd.Series[Any]:
    recent = dates > today - pd.DateOffset(months=6)
    to_check = dates > today - pd.DateOffset(months=18)
    word = np.select([dates.isna(), recent, to_check], [0, 1, 2], 3)
    return pd.Series(np.array([None, "recent", "a_verifier", "ancien"], dtype=object)[word], dtype="str")
