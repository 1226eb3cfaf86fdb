"""What a place offers, as bits: every label of the standard has one, and silence is told apart from no."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.search.facets import BITS, Clause, label_bit, mask_of, place_bits
from mediation_geo.standard import VOCABULARIES
from tests.search.drawn import places

WORDS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8)


@given(table=places())
def test_a_bit_is_set_exactly_when_the_label_is_listed(table):
    words = place_bits(table)
    for name, position in BITS.items():
        if "=" not in name:
            continue
        field, label = name.split("=", 1)
        listed = [label in (cell or []) if label else not cell for cell in table[field]]
        assert ((words >> np.uint64(position)) & np.uint64(1)).astype(bool).tolist() == listed


@given(words=WORDS, mask=st.integers(0, 2**64 - 1), keep=st.sampled_from(["all", "any", "none"]))
def test_a_clause_says_the_same_of_one_word_as_of_many(words, mask, keep):
    clause = Clause(mask, keep)
    assert clause.test(np.array(words, dtype=np.uint64)).tolist() == [clause.holds(word) for word in words]


@pytest.mark.parametrize(
    ("fees", "state"),
    [
        (["Gratuit"], "gratuit"),
        (["Gratuit", "Gratuit sous condition"], "gratuit_conditions"),
        (["Gratuit", "Payant"], "gratuit_conditions"),
        (["Gratuit sous condition"], "gratuit_conditions"),
        (["Payant"], "payant"),
        (None, "gratuit_inconnu"),
        ([], "gratuit_inconnu"),
    ],
)
def test_fees_are_one_of_four_states(fees, state):
    word = int(place_bits(pd.DataFrame({"place_id": ["a"], "frais_a_charge": [fees]}))[0])
    states = ("gratuit", "gratuit_conditions", "gratuit_inconnu", "payant")
    assert [each for each in states if word & mask_of([each])] == [state]


def test_a_table_with_ids_alone_offers_nothing_and_says_so():
    word = int(place_bits(pd.DataFrame({"place_id": ["a"]}))[0])
    silent = [label_bit(field, "") for field in VOCABULARIES if label_bit(field, "") in BITS]
    assert word == mask_of([*silent, "gratuit_inconnu"])


def test_labels_with_another_apostrophe_or_case_are_recognised():
    table = pd.DataFrame({"place_id": ["a"], "modalites_acces": [["Ce lieu n’accueille pas de public"]]})
    assert int(place_bits(table)[0]) & mask_of([label_bit("modalites_acces", "Ce lieu n'accueille pas de public")])
