"""Record ids are unique and stay: whatever the order of rows, the chunk they fall in, and what sources write as ids."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.ingest import shipped_mappings
from mediation_geo.ingest.keys import _number, row_keys, survey_keys

STANDARD = shipped_mappings()["standard"]
# Among them ids that look like the numbers we give, and rows that repeat each other.
ROWS = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "a~2", "a~3", "a~2~2", " a "]), st.sampled_from(["Mairie", "Poste", ""])),
    min_size=1,
    max_size=12,
)


def _frame(rows):
    columns = zip(*rows, strict=True)
    data = {
        name: pd.Series([cell or None for cell in column], dtype="str")
        for name, column in zip(("id", "nom"), columns, strict=True)
    }
    return pd.DataFrame(data).set_axis(pd.RangeIndex(1, len(rows) + 1))


def _ids(frame, *, size):
    chunks = [frame.iloc[start : start + size] for start in range(0, len(frame), size)]
    survey = survey_keys(lambda: chunks, STANDARD)
    return pd.concat([survey.record_ids(row_keys(chunk, STANDARD), feed="x") for chunk in chunks])


@settings(max_examples=20)
@given(rows=ROWS, size=st.integers(1, 12), seed=st.integers(0, 99))
def test_ids_are_unique_and_depend_neither_on_the_order_of_rows_nor_on_the_chunk(rows, size, seed):
    def told(order, size):
        given = [rows[at] for at in order]
        ids = _ids(_frame(given), size=size)
        assert ids.is_unique
        return sorted((source_id.strip(), name, each) for (source_id, name), each in zip(given, ids, strict=True))

    shuffled = random.Random(seed).sample(range(len(rows)), len(rows))
    assert told(range(len(rows)), len(rows)) == told(shuffled, size)


@settings(max_examples=20)
@given(rows=ROWS)
def test_one_row_of_each_id_keeps_it_as_the_source_wrote_it(rows):
    ids = set(_ids(_frame(rows), size=3))
    assert {f"x/{source_id.strip()}" for source_id, _ in rows if source_id} <= ids


def test_an_id_that_looks_numbered_is_left_to_the_row_that_has_it():
    frame = _frame([("a", "Mairie"), ("a", "Poste"), ("a~2", "École")])
    ids = _ids(frame, size=2)
    assert ids.loc[3] == "x/a~2"
    assert sorted(ids) == ["x/a", "x/a~2", "x/a~3"]


def test_two_keys_with_the_same_hash_are_still_two_keys():
    # What the first reading hands over when the hashes of "a" and "b" are equal: suspects that turn out to be different.
    suspects = pd.Series(["a", "b"], index=[1, 2], dtype="str")
    content = pd.Series(np.array([1, 2], dtype="uint64"), index=[1, 2])
    assert _number(suspects, content, taken=np.array([7, 7], dtype="uint64")).empty


def test_a_file_without_shared_keys_is_read_once_for_its_ids():
    calls = []

    def read():
        calls.append(1)
        return [_frame([("a", "Mairie"), ("b", "Poste")])]

    assert survey_keys(read, STANDARD).numbers.empty
    assert len(calls) == 1
