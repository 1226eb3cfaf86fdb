import pandas as pd
import pytest

from mediation_geo.dedupe.overrides import OVERRIDE_COLUMNS, append_override, decisions_for, read_overrides
from mediation_geo.errors import OverrideConflict, SchemaMismatch, SourceUnavailable

IDS = pd.Series(["a/1", "b/1", "c/1"], dtype="str")


def _table(*decisions):
    return pd.DataFrame([[*each, "ana", "2026-01-01", ""] for each in decisions], columns=list(OVERRIDE_COLUMNS))


def test_a_contradiction_stops_the_run_and_shows_its_path():
    table = _table(("a/1", "b/1", "same"), ("b/1", "c/1", "same"), ("c/1", "a/1", "different"))
    with pytest.raises(OverrideConflict, match=r"c/1 and a/1 are declared different, but the same through c/1 = b/1 = a/1"):
        decisions_for(IDS, table)


def test_a_contradiction_counts_even_where_a_record_between_has_gone():
    table = _table(("a/1", "gone/1", "same"), ("gone/1", "b/1", "same"), ("a/1", "b/1", "different"))
    with pytest.raises(OverrideConflict):
        decisions_for(IDS, table)


def test_a_decision_about_a_record_that_has_gone_is_told_and_has_no_effect():
    told = decisions_for(IDS, _table(("a/1", "gone/1", "same")))
    assert told.must == []
    assert told.issues["record_id"].tolist() == ["gone/1"]
    assert told.issues["code"].tolist() == ["override_unknown_record"]


def test_decisions_written_one_by_one_are_read_back(tmp_path):
    path = tmp_path / "overrides.csv"
    for decision in ("same", "different"):
        append_override(
            path, dict(zip(OVERRIDE_COLUMNS, ("a/1", "b/1", decision, "ana", "2026-01-01", "seen, twice"), strict=True))
        )
    assert read_overrides(path)["decision"].tolist() == ["same", "different"]
    assert read_overrides(path)["why"].tolist() == ["seen, twice"] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("left_record_id,right_record_id\na/1,b/1\n", r"line 1: missing column\(s\) decision, who, when, why"),
        (
            "left_record_id,right_record_id,decision,who,when,why\na/1,b/1,maybe,ana,,\n",
            r"line 2: found \['a/1', 'b/1', 'maybe'\]",
        ),
        (
            "left_record_id,right_record_id,decision,who,when,why\na/1,b/1,same,,,\n,b/1,same,,,\n",
            r"line 3: found \['', 'b/1', 'same'\]",
        ),
    ],
)
def test_a_faulty_file_is_refused_with_line_and_expectation(tmp_path, text, message):
    path = tmp_path / "overrides.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaMismatch, match=message):
        read_overrides(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceUnavailable, match=r"nowhere\.csv"):
        read_overrides(tmp_path / "nowhere.csv")
