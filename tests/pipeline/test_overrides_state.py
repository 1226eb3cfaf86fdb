"""The file of human decisions: what was written is read, contradictions are found, and nothing decided is asked again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mediation_geo.dedupe.overrides import OVERRIDE_COLUMNS, append_override, decisions_for, read_overrides
from mediation_geo.dedupe.review import review_queue
from mediation_geo.errors import OverrideConflict

RECORDS = [f"{feed}/{number}" for feed in "ab" for number in range(3)]
PAIRS = [(left, right) for left in RECORDS for right in RECORDS if left < right]
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n",;'), max_size=12)


class Desk(RuleBasedStateMachine):
    """People who decide one pair after the other, with the command or in an editor."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="desk-"))
        self.path = self.folder / "overrides.csv"
        self.written: list[list[str]] = []

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(pair=st.sampled_from(PAIRS), decision=st.sampled_from(["same", "different"]), why=WORDS)
    def decide(self, pair: tuple[str, str], decision: str, why: str) -> None:
        row = [*pair, decision, "desk", "2026-11-21", why]
        append_override(self.path, dict(zip(OVERRIDE_COLUMNS, row, strict=True)))
        self.written.append(row)

    @rule()
    def an_editor_takes_the_last_line_break_away(self) -> None:
        if self.path.exists():
            self.path.write_bytes(self.path.read_bytes().removesuffix(b"\n"))

    @invariant()
    def every_decision_is_read_as_it_was_written(self) -> None:
        if self.written:
            assert read_overrides(self.path).to_numpy().tolist() == self.written

    @invariant()
    def decisions_hold_exactly_when_they_do_not_contradict_each_other(self) -> None:
        if not self.written:
            return
        table = read_overrides(self.path)
        same = nx.Graph()
        same.add_nodes_from(RECORDS)
        same.add_edges_from(row[:2] for row in self.written if row[2] == "same")
        different = {tuple(row[:2]) for row in self.written if row[2] == "different"}
        if any(nx.has_path(same, *pair) for pair in different):
            with pytest.raises(OverrideConflict, match="declared different"):
                decisions_for(pd.Series(RECORDS), table)
            return
        found = decisions_for(pd.Series(RECORDS), table)
        assert {(RECORDS[low], RECORDS[high]) for low, high in found.must} == {tuple(sorted(edge)) for edge in same.edges}
        assert {(RECORDS[low], RECORDS[high]) for low, high in found.cannot} == different
        assert found.issues.empty

    @invariant()
    def what_is_decided_is_not_asked_again_and_the_rest_is(self) -> None:
        links = pd.DataFrame(PAIRS, columns=["left_record_id", "right_record_id"]).assign(
            score=0.5, rule="model", decision="review", reasons="{}"
        )
        members = pd.DataFrame({"record_id": RECORDS, "place_id": [f"p{number}" for number in range(len(RECORDS))]})
        decided = read_overrides(self.path) if self.written else None
        queue = review_queue(links, members, decided=decided)
        asked = set(zip(queue["left_record_id"], queue["right_record_id"], strict=True))
        assert asked == set(PAIRS) - {tuple(row[:2]) for row in self.written}


Desk.TestCase.settings = settings(max_examples=20, stateful_step_count=10, deadline=None)
test_decisions_of_people_are_kept_whatever_they_write = Desk.TestCase


def test_a_decision_after_a_file_without_a_last_line_break_has_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "overrides.csv"
    for record in ("b/1", "b/2"):
        append_override(path, dict(zip(OVERRIDE_COLUMNS, ["a/1", record, "same", "desk", "2026-11-21", ""], strict=True)))
        path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert read_overrides(path)["right_record_id"].tolist() == ["b/1", "b/2"]
