import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.dedupe.clusters import UNSCORED_STRENGTH, Constraints, average_linkage, closure

SIZE = 9


@st.composite
def scored_pairs(draw):
    pairs = draw(st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=20))
    pairs = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    strengths = [draw(st.integers(-12, 12)) / 4 for _ in pairs]
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return left, right, np.array(strengths, dtype=np.float64)


def _sets(clusters):
    return {frozenset(np.flatnonzero(clusters == each).tolist()) for each in np.unique(clusters)}


@given(scored_pairs())
def test_the_closure_is_what_networkx_calls_connected_components(pairs):
    left, right, _ = pairs
    graph = nx.Graph(zip(left.tolist(), right.tolist(), strict=True))
    graph.add_nodes_from(range(SIZE))
    assert _sets(closure(left, right, n=SIZE)) == {frozenset(each) for each in nx.connected_components(graph)}


@given(scored_pairs())
def test_average_linkage_leaves_no_two_clusters_that_should_join(pairs):
    left, right, strength = pairs
    clusters = average_linkage(left, right, strength, n=SIZE)
    total = np.full((SIZE, SIZE), UNSCORED_STRENGTH)
    total[left, right] = total[right, left] = strength
    for one in np.unique(clusters):
        for other in np.unique(clusters):
            if one < other:
                assert total[np.ix_(clusters == one, clusters == other)].mean() < 0


@given(scored_pairs(), st.randoms(use_true_random=False))
def test_the_order_of_pairs_does_not_matter(pairs, random):
    left, right, strength = pairs
    order = list(range(len(left)))
    random.shuffle(order)
    shuffled = average_linkage(left[order], right[order], strength[order], n=SIZE)
    assert _sets(shuffled) == _sets(average_linkage(left, right, strength, n=SIZE))


@given(scored_pairs(), st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)).filter(lambda pair: pair[0] != pair[1]))
def test_what_a_person_calls_different_is_never_joined(pairs, pair):
    left, right, strength = pairs
    apart = Constraints(cannot=[pair])
    for clusters in (
        average_linkage(left, right, strength, n=SIZE, constraints=apart),
        closure(left, right, n=SIZE, constraints=apart),
    ):
        assert clusters[pair[0]] != clusters[pair[1]]


@given(scored_pairs(), st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)).filter(lambda pair: pair[0] != pair[1]))
def test_what_a_person_calls_the_same_is_always_joined(pairs, pair):
    left, right, strength = pairs
    together = Constraints(must=[pair])
    for clusters in (
        average_linkage(left, right, strength, n=SIZE, constraints=together),
        closure(left, right, n=SIZE, constraints=together),
    ):
        assert clusters[pair[0]] == clusters[pair[1]]


@given(scored_pairs(), st.lists(st.integers(0, 2), min_size=SIZE, max_size=SIZE))
def test_two_records_of_one_source_join_only_on_their_own_evidence(pairs, sources):
    left, right, strength = pairs
    groups = np.array(sources)
    clusters = average_linkage(left, right, strength, n=SIZE, constraints=Constraints(groups=groups))
    strong = {(a, b) for a, b, z in zip(left.tolist(), right.tolist(), strength.tolist(), strict=True) if z >= 0}
    for a in range(SIZE):
        for b in range(a + 1, SIZE):
            if clusters[a] == clusters[b] and groups[a] == groups[b]:
                assert (a, b) in strong


def test_a_record_that_resembles_two_neighbours_does_not_chain_them():
    left, right = np.array([0, 1, 0]), np.array([1, 2, 2])
    assert average_linkage(left, right, np.array([2.0, 1.0, -6.0]), n=3).tolist() == [0, 0, 1]
