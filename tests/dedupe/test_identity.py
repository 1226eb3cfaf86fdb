import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.dedupe.identity import ID_LENGTH, Previous, assign_place_ids

RECORDS = [f"{feed}/{number}" for feed in ("a", "b", "c") for number in range(4)]


def _assign(partition, previous, release_id):
    ids = sorted(partition)
    clusters = pd.factorize(pd.Series([partition[each] for each in ids]))[0].astype(np.int64)
    identity = assign_place_ids(pd.Series(ids, dtype="str"), clusters, previous=previous, release_id=release_id)
    members = pd.DataFrame({"record_id": ids, "place_id": identity.place_ids[clusters]})
    places = pd.DataFrame({"place_id": identity.place_ids})
    places["aliases"] = pd.Series([identity.former_ids.get(each) for each in identity.place_ids], dtype=object)
    places["first_seen"] = pd.Timestamp(release_id)
    if previous is not None:
        known = previous.places.set_index("place_id")["first_seen"]
        places["first_seen"] = places["place_id"].map(known).fillna(places["first_seen"])
    events = identity.events if previous is None else pd.concat([previous.events, identity.events])
    return identity, Previous(members, places, events=events)


partitions = st.fixed_dictionaries({each: st.integers(0, 5) for each in RECORDS})


@settings(max_examples=12)
@given(partitions)
def test_the_same_clusters_keep_their_ids_and_nothing_happens(partition):
    first, previous = _assign(partition, None, "2026-01-01")
    second, _ = _assign(partition, previous, "2026-01-02")
    assert second.place_ids.tolist() == first.place_ids.tolist()
    assert second.events.empty


@settings(max_examples=12)
@given(partitions, st.sampled_from(["a", "b", "c"]))
def test_a_source_that_leaves_and_comes_back_finds_its_ids_again(partition, feed):
    first, previous = _assign(partition, None, "2026-01-01")
    without = {each: cluster for each, cluster in partition.items() if not each.startswith(feed)}
    _, meanwhile = _assign(without, previous, "2026-01-02")
    again, _ = _assign(partition, meanwhile, "2026-01-03")
    assert again.place_ids.tolist() == first.place_ids.tolist()


@settings(max_examples=12)
@given(partitions, partitions)
def test_ids_are_unique_opaque_and_every_former_id_stays_reachable_or_is_told_of(before, after):
    first, previous = _assign(before, None, "2026-01-01")
    second, _ = _assign(after, previous, "2026-01-02")
    ids = second.place_ids.tolist()
    assert len(set(ids)) == len(ids)
    assert all(len(each) == ID_LENGTH and each.isalnum() and each == each.lower() for each in ids)
    aliases = {alias for former in second.former_ids.values() for alias in former}
    assert set(first.place_ids) <= set(ids) | aliases
    assert not aliases & set(ids)


@settings(max_examples=12)
@given(partitions, partitions)
def test_every_id_that_appears_or_ends_has_an_event(before, after):
    first, previous = _assign(before, None, "2026-01-01")
    second, _ = _assign(after, previous, "2026-01-02")
    told = second.events.groupby("event")["place_id"].agg(set).to_dict()
    began = set().union(*(told.get(each, set()) for each in ("minted", "split", "revived")))
    ended = set().union(*(told.get(each, set()) for each in ("merged", "retired")))
    assert began == set(second.place_ids) - set(first.place_ids)
    assert ended == set(first.place_ids) - set(second.place_ids)


def test_the_larger_part_of_a_split_place_keeps_its_id():
    first, previous = _assign({"a/1": 0, "b/1": 0, "c/1": 0}, None, "2026-01-01")
    second, after = _assign({"a/1": 0, "b/1": 1, "c/1": 1}, previous, "2026-01-02")
    ids = after.members.set_index("record_id")["place_id"]
    assert ids["b/1"] == ids["c/1"] == first.place_ids[0]
    split = second.events.iloc[0]
    assert (split["event"], split["place_id"], split["other_place_ids"]) == ("split", ids["a/1"], [first.place_ids[0]])


def test_the_id_of_a_merged_place_becomes_an_alias_of_the_survivor():
    first, previous = _assign({"a/1": 0, "b/1": 0, "c/1": 1}, None, "2026-01-01")
    second, _ = _assign({"a/1": 0, "b/1": 0, "c/1": 0}, previous, "2026-01-02")
    survivor, gone = first.place_ids
    assert second.place_ids.tolist() == [survivor]
    assert second.former_ids[survivor] == [gone]


def test_a_new_id_never_repeats_one_that_still_lives():
    _, previous = _assign({"a/1": 0, "b/1": 0}, None, "2026-01-01")
    # The founding record leaves for a place of its own; the id stays with the record that was not moved alone.
    second, _ = _assign({"a/1": 0, "b/1": 1, "b/2": 1}, previous, "2026-01-02")
    assert len(set(second.place_ids)) == 2
