"""What stops a build from becoming current, and what does not."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.release.gates import DEFAULT_LIMITS, check_gates
from mediation_geo.release.manifest import row_counts
from tests.release.tables import town


def failed(now, before=None):
    """Names of the gates that a release fails after another."""
    earlier = {} if before is None else before
    findings = check_gates(
        places=now["places"],
        records=now["records"],
        counts=counts(now),
        previous_places=earlier.get("places"),
        previous_counts=counts(before) if before else None,
        limits=DEFAULT_LIMITS,
    )
    return [finding.gate for finding in findings if not finding.passed]


def counts(tables):
    return row_counts(**{name: table for name, table in tables.items() if name != "manifest"})


def rejecting(tables, number, *, feed="demo"):
    issues = pd.DataFrame({"feed": feed, "record_id": [f"{feed}/x{i}" for i in range(number)], "severity": "reject"})
    return {**tables, "issues": issues}


def test_the_same_tables_again_pass_every_gate():
    assert failed(town(100), town(100)) == []


def test_growth_passes():
    assert failed(town(300), town(100)) == []


@settings(max_examples=8)  # two towns each
@given(st.integers(1, 120), st.integers(1, 120))
def test_more_than_five_percent_fewer_places_stop_the_release(now, before):
    assert ("row_drop" in failed(town(now), town(before))) == (now < 0.95 * before - 1e-9)


@pytest.mark.parametrize(("now", "stops"), [(95, False), (94, True)])
def test_exactly_five_percent_fewer_places_still_pass(now, stops):
    assert ("row_drop" in failed(town(now), town(100))) == stops


def test_an_empty_release_is_refused_even_as_the_first():
    nothing = {name: table if name == "manifest" else table.iloc[:0] for name, table in town(1).items()}
    assert failed(nothing) == ["not_empty"]


def test_losing_positions_stops_the_release():
    now = town(100)
    now["places"].loc[:4, "geometry"] = None
    assert failed(now, town(100)) == ["position_drop"]


def test_ids_that_lead_nowhere_stop_the_release():
    now = town(100)
    now["places"].loc[:4, "place_id"] = [f"n{number:012d}" for number in range(5)]
    assert failed(now, town(100)) == ["id_loss"]


def test_ids_that_live_on_as_aliases_pass():
    now = town(100)
    now["places"]["aliases"] = now["places"]["place_id"].map(lambda each: [each])
    now["places"]["place_id"] = [f"n{number:012d}" for number in range(100)]
    assert failed(now, town(100)) == []


def test_ids_of_records_that_no_longer_come_in_are_not_missed():
    assert failed(town(100, first=50), town(100)) == []


def test_a_source_that_suddenly_has_a_fifth_of_its_rows_rejected_stops_the_release():
    assert failed(rejecting(town(100), 25), town(100)) == ["reject_rise"]
    assert failed(rejecting(town(100), 25), rejecting(town(100), 25)) == []


def test_a_tiny_source_is_not_judged_on_its_own():
    assert failed(rejecting(town(100), 5, feed="tiny"), town(100)) == []


def test_places_that_repeat_each_other_stop_the_release():
    now = town(100)
    now["places"].loc[:3, ["nom", "adresse"]] = ["MEDIATHEQUE N° 50", "50 Rue des Ecoles"]
    assert failed(now, town(100)) == ["duplicate_rise"]


@pytest.mark.parametrize(("table", "column"), [("places", "place_id"), ("records", "record_id")])
def test_an_id_that_stands_twice_is_refused_even_in_the_first_release(table, column):
    now = town(100)
    now[table].loc[1, column] = now[table].loc[0, column]
    assert "unique_ids" in failed(now)


def test_a_record_in_two_places_is_refused():
    now = town(100)
    now["places"].at[1, "source_ids"] = ["demo/00000", "demo/00001"]  # noqa: PD008 (a list in one cell)
    assert failed(now) == ["unique_ids"]
