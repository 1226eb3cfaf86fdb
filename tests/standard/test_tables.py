"""Every table has one layout, in memory and in Parquet, and going through Parquet changes nothing."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given

from mediation_geo.errors import RowLedgerError
from mediation_geo.standard import LIST_FIELDS, MEMBERS, RECORDS, check_row_ledger, conform, from_arrow, to_arrow
from tests.strategies import records


@given(records())
def test_a_table_read_back_from_arrow_is_the_table_written(frame):
    assert from_arrow(to_arrow(frame, RECORDS), RECORDS).equals(frame)


@given(records())
def test_conforming_twice_is_conforming_once(frame):
    assert conform(frame, RECORDS).equals(frame)


def test_codes_keep_their_zeros_and_missing_text_stays_missing():
    frame = conform(pd.DataFrame({"record_id": ["a/1", "a/2"], "row": [1, 2], "code_postal": ["01000", None]}), RECORDS)
    assert frame["code_postal"].tolist()[0] == "01000"
    assert frame["code_postal"].isna().tolist() == [False, True]


def test_an_empty_list_is_a_missing_list():
    frame = conform(pd.DataFrame({"record_id": ["a/1"], "row": [1], "services": [[]]}), RECORDS)
    assert all(frame[name].tolist() == [None] for name in LIST_FIELDS)


def test_text_is_written_as_plain_string():
    schema = to_arrow(conform(pd.DataFrame(), MEMBERS), MEMBERS).schema
    assert {str(field.type) for field in schema} == {"string"}


@pytest.mark.parametrize(
    ("went_on", "rejected", "fault"),
    [
        (["a/1"], [], "1 lost (a/2)"),
        (["a/1", "a/2", "a/3"], [], "1 invented (a/3)"),
        (["a/1", "a/2"], ["a/2"], "1 both kept and rejected (a/2)"),
        (["a/1", "a/1", "a/2"], [], "1 doubled (a/1)"),
    ],
)
def test_the_ledger_names_the_record_that_went_astray(went_on, rejected, fault):
    with pytest.raises(RowLedgerError, match=fault.replace("(", r"\(").replace(")", r"\)")):
        check_row_ledger("locate", came_in=["a/1", "a/2"], went_on=went_on, rejected=rejected)
