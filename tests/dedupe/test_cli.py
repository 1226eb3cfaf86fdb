import datetime as dt
import json

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from mediation_geo.cli import dedupe as commands
from mediation_geo.dedupe import deduplicate, read_overrides
from mediation_geo.dedupe.labels import read_labels
from mediation_geo.errors import RequestError
from mediation_geo.release import write_release
from tests.dedupe.registers import COMMUNES, located


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """A release in which every compared pair waits for a person."""
    insee, commune, lon, lat = COMMUNES[0]
    place = {"commune": commune, "code_insee": insee, "longitude": lon, "latitude": lat}
    records = located(
        [
            {**place, "nom": "France services de Lattes", "adresse": "1 rue Foch", "source": "cnfs"},
            {**place, "nom": "Maison France services", "adresse": "3 rue Foch", "source": "hub"},
            {**place, "nom": "Mairie de Lattes", "adresse": "1 rue Foch", "source": "hub"},
        ]
    )
    result = deduplicate(records, as_of=dt.date(2024, 8, 1))
    folder = tmp_path_factory.mktemp("releases")
    write_release(
        folder,
        places=result.places,
        records=records.merge(result.members, on="record_id"),
        links=result.links.assign(decision="review"),
        issues=result.issues,
        events=result.events,
        manifest={"as_of": "2024-08-01"},
    )
    return folder


@pytest.fixture
def run(releases):
    app = typer.Typer()
    commands.register(app)

    def invoke(*words, answers=None):
        result = CliRunner().invoke(app, [*words, "--releases", str(releases)], input=answers)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return invoke


def test_two_records_are_explained_in_the_terminal_as_json_and_as_a_page(run, tmp_path):
    page = tmp_path / "why.html"
    text = run("explain", "cnfs/0000", "hub/0001", "--html", str(page))
    assert "probabilité" in text
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert 0 < json.loads(run("explain", "cnfs/0000", "hub/0001", "--json"))["probability"] < 1


def test_an_unknown_record_is_refused(run):
    with pytest.raises(RequestError, match="nowhere/1"):
        run("explain", "cnfs/0000", "nowhere/1")


def test_decisions_of_a_review_go_to_the_overrides_and_are_not_asked_again(run, tmp_path):
    path = tmp_path / "overrides.csv"
    before = json.loads(run("review", "--overrides", str(path)))
    run("review", "--overrides", str(path), "--who", "ana", answers="s\nseen\nq\n")
    decided = read_overrides(path)
    assert decided[["left_record_id", "decision", "who", "why"]].to_numpy().tolist() == [
        [before[0]["left_record_id"], "same", "ana", "seen"]
    ]
    assert len(json.loads(run("review", "--overrides", str(path)))) == len(before) - 1


def test_labels_of_two_readings_that_agree_are_settled(run, tmp_path):
    path = tmp_path / "labels.csv"
    count = len(pd.DataFrame(json.loads(run("review", "--overrides", str(tmp_path / "none.csv")))))
    assert count
    run("label", str(path), "--draw", "5", answers="m\n" * 5)
    assert read_labels(path)["label"].eq("").all()
    run("label", str(path), "--reading", "2", answers="m\n" * 5)
    assert read_labels(path)["label"].eq("m").all()
