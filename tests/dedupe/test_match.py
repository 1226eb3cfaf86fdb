import numpy as np
import pytest
from hypothesis import given, settings

from mediation_geo.dedupe import Matcher, explain_pair, review_queue
from mediation_geo.dedupe.judge import judge_by_model
from mediation_geo.dedupe.overrides import decisions_for
from mediation_geo.errors import RequestError
from tests.dedupe.registers import located, registers


def _fields(records, row):
    told = records.iloc[row].to_dict()
    return {
        name: value
        for name, value in told.items()
        if isinstance(value, str | list) or (isinstance(value, float) and value == value)
    }


@settings(max_examples=12)
@given(registers())
def test_a_known_record_is_found_with_the_score_the_night_gives_it(records):
    records = records.sort_values("record_id", ignore_index=True)
    judged = judge_by_model(records, None, decisions_for(records["record_id"], None))
    matcher = Matcher(records)
    asked = _fields(records, 0)
    found = {each.record_id: each.probability for each in matcher.match_one(asked, minimum=0.0)}
    # Who fills in a form is nobody's source; and a point that stands for the commune is kept out at night only.
    mine = (judged.left == 0) & (judged.score > 0.5) & (records["feed"].to_numpy()[judged.right] != records.loc[0, "feed"])
    if records.loc[0, "position_precision"] != "municipality":
        for right, score in zip(judged.right[mine], judged.score[mine], strict=True):
            assert found[records.loc[right, "record_id"]] == pytest.approx(score, abs=1e-6)


def test_a_new_place_is_unknown():
    register = located([{"nom": "Mairie de Lattes", "code_insee": "34129", "commune": "Lattes", "adresse": "1 rue Foch"}])
    assert Matcher(register).match_one({"nom": "Fablab du Canal", "code_insee": "34129", "adresse": "9 quai du Lez"}) == []


def test_an_explanation_adds_up_to_the_score_and_reads_in_a_terminal_and_a_page():
    base = {"nom": "Mairie <Lattes>", "adresse": "1 rue Foch", "code_insee": "34129", "commune": "Lattes"}
    records = located([{**base, "source": "a"}, {**base, "source": "b"}])
    told = explain_pair(records, *records["record_id"])
    total = told.base + sum(each.log_odds for each in told.contributions)
    assert told.probability == pytest.approx(1 / (1 + np.exp(-total)))
    assert "même adresse" in told.text(shown=60)
    page = told.html()
    assert "&lt;Lattes&gt;" in page
    assert "<script" not in page
    assert "http" not in page


def test_an_unknown_record_is_named():
    records = located([{"nom": "Mairie"}])
    with pytest.raises(RequestError, match="no record 'nowhere/1'"):
        explain_pair(records, records.loc[0, "record_id"], "nowhere/1")


def test_the_review_queue_leaves_out_what_was_decided_and_asks_once_for_each_pair_of_places():
    rows = [
        {"nom": "France services de Lattes", "adresse": "1 rue Foch", "source": "a"},
        {"nom": "France services", "adresse": "9 quai du Lez", "source": "b"},
    ]
    records = located([{**row, "code_insee": "34129", "commune": "Lattes"} for row in rows])
    judged = judge_by_model(records, None, decisions_for(records["record_id"], None))
    links = judged.links(records["record_id"]).assign(decision="review")
    members = records[["record_id"]].assign(place_id=["p", "q"])
    doubled = links.loc[links.index.repeat(2)]
    queue = review_queue(doubled, members)
    assert len(queue) == 1
    decided = queue[["left_record_id", "right_record_id"]].iloc[:, ::-1].set_axis(["left_record_id", "right_record_id"], axis=1)
    assert review_queue(links, members, decided=decided).empty
