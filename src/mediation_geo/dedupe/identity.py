"""
Stable ids: which place of the last release each cluster of records continues, and what happened to the others.

Clusters and the last release in, one id a cluster and a list of events out. Nothing here looks at what records say: an id
follows the source ids.
"""

from __future__ import annotations

import hashlib
import string
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

__all__ = ["ID_LENGTH", "Identity", "Previous", "assign_place_ids", "is_place_id", "mint_place_id"]

ID_LENGTH = 13
# A number of thirteen digits is somebody else's: of our ids one in seventeen million has no letter.
_PLACE_ID = rf"(?=.*[a-z])[a-z0-9]{{{ID_LENGTH}}}"
_ALPHABET = string.digits + string.ascii_lowercase

_EVENT_COLUMNS = ["event", "place_id", "release_id", "record_ids", "other_place_ids"]


class Previous(NamedTuple):
    """
    What the last release knew, as far as ids need it.

    Attributes
    ----------
    members : pandas.DataFrame
        Columns `record_id`, `place_id`.
    places : pandas.DataFrame
        Columns `place_id`, `aliases` (lists), `first_seen`.
    links : pandas.DataFrame or None
        The links of the last release, for hysteresis; without it every pair is judged anew.
    events : pandas.DataFrame or None
        Events of all releases so far, so that a place that was retired and comes back gets its own id again.
    """

    members: pd.DataFrame
    places: pd.DataFrame
    links: pd.DataFrame | None = None
    events: pd.DataFrame | None = None

    @classmethod
    def from_places(
        cls, places: pd.DataFrame, *, links: pd.DataFrame | None = None, events: pd.DataFrame | None = None
    ) -> Previous:
        """
        Read the memory of a release from its places table (`place_id`, `source_ids`, `aliases`, `first_seen`).

        Parameters
        ----------
        places, links, events : pandas.DataFrame
            Tables of the release.
        """
        exploded = places[["place_id", "source_ids"]].explode("source_ids").dropna()
        members = exploded.rename(columns={"source_ids": "record_id"})[["record_id", "place_id"]]
        return cls(members.reset_index(drop=True), places[["place_id", "aliases", "first_seen"]], links, events)


class Identity(NamedTuple):
    """
    One id a cluster, the former ids it answers to, and the events that led there.

    `record_ids` lists the records of each cluster, sorted; the lists of the events are the same objects.
    """

    place_ids: NDArray[np.object_]
    record_ids: list[list[str]]
    former_ids: dict[str, list[str]]
    events: pd.DataFrame


def mint_place_id(record_id: str, *, taken: Collection[str] = ()) -> str:
    """
    Opaque id of a place, derived from its founding record so that two builds of the same data agree.

    Parameters
    ----------
    record_id : str
        The founding record.
    taken : collection of str
        Ids that may not be used again.

    Returns
    -------
    str
        13 characters of `[a-z0-9]`.

    Examples
    --------
    >>> mint_place_id("cnfs/62592a1d05457b0790816e6c")
    'wvjskayf4onqs'
    """
    attempt = 0
    while True:
        text = record_id if attempt == 0 else f"{record_id}#{attempt}"
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
        digits = []
        for _ in range(ID_LENGTH):
            number, remainder = divmod(number, len(_ALPHABET))
            digits.append(_ALPHABET[remainder])
        place_id = "".join(digits)
        if place_id not in taken:
            return place_id
        attempt += 1


def is_place_id(ids: pd.Series[Any]) -> NDArray[np.bool_]:
    """
    Whether each id has the shape of the ids minted here.

    Parameters
    ----------
    ids : pandas.Series of str
        Missing values have no shape.

    Examples
    --------
    >>> is_place_id(pd.Series(["wvjskayf4onqs", "1234567890123", "France-Services_268", None])).tolist()
    [True, False, False, False]
    """
    return ids.astype("str").str.fullmatch(_PLACE_ID, na=False).to_numpy(dtype=bool)


def assign_place_ids(
    record_ids: pd.Series[Any], clusters: NDArray[np.int64], *, previous: Previous | None, release_id: str
) -> Identity:
    """
    Give each cluster the id of the last release's place it shares most records with, or a new one.

    Parameters
    ----------
    record_ids : pandas.Series of str, shape (n,)
        Distinct.
    clusters : numpy.ndarray of int64, shape (n,)
        Cluster of each record, 0 to k - 1.
    previous : Previous or None
        None for the first release.
    release_id : str
        Written into the events.

    Returns
    -------
    Identity
        `place_ids` has shape (k,).

    Notes
    -----
    The greatest overlap is served first; ties go to the cluster that holds the founding record, then to the place seen
    first, then to the smaller id. A place whose records all
    went elsewhere becomes an alias of the cluster that holds most of them (`merged`). A cluster that takes only a part of
    a place whose id went to another part is `split` from it. Retired places are remembered by their records, so taking a
    source away and adding it again restores the same ids.

    Examples
    --------
    >>> identity = assign_place_ids(pd.Series(["a/1", "b/1"]), np.array([0, 0]), previous=None, release_id="2026-01-01")
    >>> len(identity.place_ids), identity.events["event"].tolist()
    (1, ['minted'])
    """
    frame = pd.DataFrame({"record_id": record_ids.to_numpy(dtype=object), "cluster": clusters})
    record_lists = _records_of(frame)
    founders = [ids[0] for ids in record_lists]
    assigned: dict[int, str] = {}
    events = _Events(release_id)
    before = _members_before(previous)
    overlap = _overlaps(frame, before)
    asleep = _ended_members(previous)
    for cluster, place_id in _greedy(overlap):
        assigned[cluster] = place_id
    revived = _greedy(_overlaps(frame[~frame["cluster"].isin(assigned)], asleep)) if len(asleep) else []
    taken = {*assigned.values(), *asleep["place_id"]}
    known = {*taken, *before["place_id"], *_aliases_before(previous)}
    parents = _best_parent(overlap)
    for cluster, place_id in revived:
        assigned[cluster] = place_id
        events.add("revived", place_id, record_lists[cluster], [])
    for cluster in sorted(range(len(founders)), key=founders.__getitem__):
        if cluster in assigned:
            continue
        place_id = mint_place_id(founders[cluster], taken=taken)
        taken.add(place_id)
        assigned[cluster] = place_id
        parent = parents.get(cluster)
        # The id of a founding record that comes up again is the same place coming back.
        kind = "revived" if place_id in known else "minted" if parent is None else "split"
        events.add(kind, place_id, record_lists[cluster], [] if parent is None else [parent])
    merged, gone = _ended(before, overlap, assigned)
    for place_id, survivor in merged.items():
        events.add("merged", place_id, before.loc[before["place_id"] == place_id, "record_id"].tolist(), [survivor])
    lost = before[before["place_id"].isin(gone)].groupby("place_id")["record_id"].agg(sorted)
    for gone_id, ids in lost.items():
        events.add("retired", str(gone_id), ids, [])
    place_ids = np.array([assigned[cluster] for cluster in range(len(founders))], dtype=object)
    alive = frozenset(assigned.values())
    former = {key: [each for each in ids if each not in alive] for key, ids in _former_ids(previous, merged, place_ids).items()}
    return Identity(place_ids, record_lists, former, events.frame())


def _records_of(frame: pd.DataFrame) -> list[list[str]]:
    """Sorted record ids of each cluster; a loop, since a frame for each of many small clusters costs far more."""
    order = np.argsort(frame["cluster"].to_numpy(), kind="stable")
    ids = frame["record_id"].to_numpy()[order].tolist()
    bounds = [0, *np.cumsum(np.bincount(frame["cluster"])).tolist()]
    return [sorted(ids[start:end]) for start, end in pairwise(bounds)]


def _members_before(previous: Previous | None) -> pd.DataFrame:
    if previous is None:
        return pd.DataFrame({"record_id": pd.Series(dtype=object), "place_id": pd.Series(dtype=object), "seen": []})
    seen = previous.places[["place_id", "first_seen"]].rename(columns={"first_seen": "seen"})
    return previous.members[["record_id", "place_id"]].astype(object).merge(seen, on="place_id", how="left")


def _ended_members(previous: Previous | None) -> pd.DataFrame:
    """Records of the places that were retired or merged and have not come back."""
    empty = pd.DataFrame({"record_id": pd.Series(dtype=object), "place_id": pd.Series(dtype=object), "seen": []})
    if previous is None or previous.events is None or previous.events.empty:
        return empty
    last = previous.events.drop_duplicates("place_id", keep="last")
    ended = last["event"].isin(["retired", "merged"]) & ~last["place_id"].isin(set(previous.members["place_id"]))
    last = last[ended]
    if last.empty:
        return empty
    exploded = last[["place_id", "record_ids", "release_id"]].explode("record_ids")
    return exploded.rename(columns={"record_ids": "record_id", "release_id": "seen"})[["record_id", "place_id", "seen"]]


def _overlaps(frame: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Number of records each (cluster, former place) pair shares, best first."""
    shared = frame.merge(before, on="record_id", how="inner")
    counts = shared.groupby(["cluster", "place_id"], sort=True).agg(
        shared=("record_id", "size"), seen=("seen", "min"), first=("record_id", "min")
    )
    counts = counts.reset_index()
    counts["founding"] = _holds_founder(counts, frame)
    return counts.sort_values(
        ["shared", "founding", "seen", "place_id", "first"], ascending=[False, False, True, True, True], kind="stable"
    )


def _holds_founder(counts: pd.DataFrame, frame: pd.DataFrame) -> pd.Series[Any]:
    """Whether a cluster holds the record that founded the place; looked up only where there is something to choose."""
    several_places = counts.duplicated("cluster", keep=False)
    several_clusters = counts.duplicated("place_id", keep=False)
    contested = counts[several_places | several_clusters]
    concerned = frame[frame["cluster"].isin(set(contested["cluster"]))]
    founded = set(zip(concerned["cluster"], concerned["record_id"].map(mint_place_id), strict=True))
    keys = zip(counts["cluster"], counts["place_id"], strict=True)
    return pd.Series([key in founded for key in keys], index=counts.index, dtype=bool)


def _greedy(overlap: pd.DataFrame) -> list[tuple[int, str]]:
    """Best overlap first, each cluster and each former place used once."""
    clusters: set[int] = set()
    places: set[str] = set()
    chosen = []
    for cluster, place_id in zip(overlap["cluster"].tolist(), overlap["place_id"].tolist(), strict=True):
        if cluster in clusters or place_id in places:
            continue
        clusters.add(cluster)
        places.add(place_id)
        chosen.append((cluster, place_id))
    return chosen


def _best_parent(overlap: pd.DataFrame) -> dict[int, str]:
    best = overlap.drop_duplicates("cluster")
    return dict(zip(best["cluster"].tolist(), best["place_id"].tolist(), strict=True))


def _ended(before: pd.DataFrame, overlap: pd.DataFrame, assigned: dict[int, str]) -> tuple[dict[str, str], set[str]]:
    """Former places without a cluster of their own: those that live on in another one, and those that are gone."""
    alive = set(assigned.values())
    ended = set(before["place_id"]) - alive
    heirs = overlap[overlap["place_id"].isin(ended)].drop_duplicates("place_id")
    merged = {
        place_id: assigned[cluster]
        for place_id, cluster in zip(heirs["place_id"].tolist(), heirs["cluster"].tolist(), strict=True)
    }
    return dict(sorted(merged.items())), ended - set(merged)


def _aliases_before(previous: Previous | None) -> set[str]:
    if previous is None:
        return set()
    return {alias for aliases in previous.places["aliases"] if isinstance(aliases, list) for alias in aliases}


def _former_ids(previous: Previous | None, merged: dict[str, str], place_ids: NDArray[np.object_]) -> dict[str, list[str]]:
    """Aliases each surviving place inherits: its own from before, and those of the places merged into it."""
    former: dict[str, set[str]] = {}
    known: dict[str, list[str]] = {}
    if previous is not None:
        known = {
            place_id: aliases
            for place_id, aliases in zip(previous.places["place_id"], previous.places["aliases"], strict=True)
            if isinstance(aliases, list)
        }
    for place_id in place_ids.tolist():
        if place_id in known:
            former.setdefault(place_id, set()).update(known[place_id])
    for place_id, survivor in merged.items():
        former.setdefault(survivor, set()).update({place_id, *known.get(place_id, [])})
    return {place_id: sorted(aliases - {place_id}) for place_id, aliases in former.items()}


class _Events:
    """Events of one release, column by column: on the first night there is one for each place of the country."""

    def __init__(self, release_id: str) -> None:
        self._release_id = release_id
        self._columns: dict[str, list[Any]] = {name: [] for name in _EVENT_COLUMNS}

    def add(self, kind: str, place_id: str, record_ids: list[str], others: list[str]) -> None:
        """Note what happened to one place."""
        for column, value in zip(self._columns.values(), (kind, place_id, self._release_id, record_ids, others), strict=True):
            column.append(value)

    def frame(self) -> pd.DataFrame:
        """All events, by kind and place."""
        return pd.DataFrame(self._columns).sort_values(["event", "place_id"], kind="stable").reset_index(drop=True)
