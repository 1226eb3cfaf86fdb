"""Nights in a row: places are united, cut, closed and opened again, and every id ever published still leads somewhere."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mediation_geo.dedupe.identity import ID_LENGTH, Previous, assign_place_ids, mint_place_id

RECORDS = [f"{feed}/{number}" for feed in "abc" for number in range(4)]
RECORD = st.sampled_from(RECORDS)


class Nights(RuleBasedStateMachine):
    """Which record lies in which cluster tonight, and what the nights before made of it."""

    @initialize(clusters=st.fixed_dictionaries({each: st.integers(0, 5) for each in RECORDS}))
    def begin(self, clusters: dict[str, int]) -> None:
        self.clusters = dict(clusters)
        self.day = date(2026, 1, 1)
        self.previous: Previous | None = None
        self.published: set[str] = set()
        self.ids: dict[frozenset[str], str] = {}
        self.night()

    @rule(one=RECORD, other=RECORD)
    def unite(self, one: str, other: str) -> None:
        if one in self.clusters and other in self.clusters:
            old, new = self.clusters[other], self.clusters[one]
            self.clusters = {each: new if cluster == old else cluster for each, cluster in self.clusters.items()}

    @rule(record=RECORD)
    def cut_out(self, record: str) -> None:
        if record in self.clusters:
            self.clusters[record] = max(self.clusters.values()) + 1

    @rule(feed=st.sampled_from("abc"))
    def a_source_goes(self, feed: str) -> None:
        kept = {each: cluster for each, cluster in self.clusters.items() if not each.startswith(feed)}
        self.clusters = kept or self.clusters

    @rule(record=RECORD, cluster=st.integers(0, 5))
    def a_record_comes(self, record: str, cluster: int) -> None:
        self.clusters.setdefault(record, cluster)

    @rule(feed=st.sampled_from("abc"))
    def a_source_is_away_for_a_night(self, feed: str) -> None:
        everything, before = dict(self.clusters), None
        self.night()
        before = dict(self.ids)
        self.a_source_goes(feed)
        self.night()
        self.clusters = everything
        self.night()
        assert self.ids == before

    @rule()
    def night(self) -> None:
        """Ids of tonight's clusters; those that nothing happened to keep theirs, and nothing is said of them."""
        records = sorted(self.clusters)
        numbers = pd.factorize(pd.Series([self.clusters[each] for each in records]))[0].astype(np.int64)
        identity = assign_place_ids(
            pd.Series(records, dtype="str"), numbers, previous=self.previous, release_id=self.day.isoformat()
        )
        members = pd.DataFrame({"record_id": records, "place_id": identity.place_ids[numbers]})
        ids = {frozenset(group): str(place_id) for place_id, group in members.groupby("place_id")["record_id"]}
        events = identity.events
        for group in ids.keys() & self.ids.keys():
            assert ids[group] == self.ids[group]
            assert ids[group] not in set(events["place_id"])
        places = pd.DataFrame({"place_id": identity.place_ids})
        places["aliases"] = pd.Series([identity.former_ids.get(each) for each in identity.place_ids], dtype=object)
        places["first_seen"] = pd.Timestamp(self.day)
        if self.previous is not None:
            known = self.previous.places.set_index("place_id")["first_seen"]
            places["first_seen"] = places["place_id"].map(known).fillna(places["first_seen"])
            events = pd.concat([self.previous.events, events], ignore_index=True)
        self.previous = Previous(members, places, events=events)
        self.ids = ids
        self.published |= set(ids.values())
        self.day += timedelta(days=1)

    @invariant()
    def ids_are_opaque_and_no_two_places_share_one(self) -> None:
        if self.previous is None:
            return
        alive = self.previous.places["place_id"].tolist()
        assert len(set(alive)) == len(alive)
        assert all(len(each) == ID_LENGTH and each.isalnum() for each in alive)

    @invariant()
    def every_id_ever_published_lives_or_is_an_alias_or_is_said_to_be_gone(self) -> None:
        if self.previous is None:
            return
        alive = set(self.previous.places["place_id"])
        aliases = {alias for former in self.previous.places["aliases"].dropna() for alias in former}
        assert not aliases & alive
        last = self.previous.events.drop_duplicates("place_id", keep="last").set_index("place_id")["event"]
        for place_id in self.published - alive:
            assert last[place_id] in {"merged", "retired"}
            assert place_id in aliases or last[place_id] == "retired" or self._heir_is_gone(place_id)
        for place_id in alive:
            assert last[place_id] in {"minted", "split", "revived"}

    def _heir_is_gone(self, place_id: str) -> bool:
        """Whether the place that it was merged into, or that one's heir in turn, was itself retired."""
        events = self.previous.events.drop_duplicates("place_id", keep="last").set_index("place_id")
        seen: set[str] = set()
        while place_id not in seen and events.loc[place_id, "event"] == "merged":
            seen.add(place_id)
            [place_id] = events.loc[place_id, "other_place_ids"]
        return bool(events.loc[place_id, "event"] == "retired")


Nights.TestCase.settings = settings(max_examples=12, stateful_step_count=8, deadline=None)
test_ids_of_places_outlive_whatever_nights_bring = Nights.TestCase


def test_the_first_id_of_a_place_follows_from_its_founding_record() -> None:
    assert mint_place_id("a/0") == mint_place_id("a/0") != mint_place_id("a/1")
