"""A house that was built once, and copies of it for whatever may happen to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nights.night import Answer, House, as_csv, as_json, demo_rows, sends, web_server

# MEDIATION_GEO_NIGHTS=10 has each bad night ten times.
ROUNDS = int(os.environ.get("MEDIATION_GEO_NIGHTS", "1"))


@pytest.fixture(autouse=True, params=range(ROUNDS), ids=[f"night-{number + 1}" for number in range(ROUNDS)])
def each_night() -> None:
    """Every test of this folder once a round."""


def good_answers() -> dict[str, Answer]:
    return {
        "/lieux.csv": sends(as_csv(demo_rows("demo-national"))),
        "/hub.json": sends(as_json(demo_rows("demo-territoires"))),
    }


@pytest.fixture(scope="session")
def first_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house after its first night, not to be changed."""
    answers = good_answers()
    with web_server(answers) as url:
        house = House(tmp_path_factory.mktemp("house"), url, answers)
        told = house.build("2026-11-20")
        assert told.code == 0, told.said
        yield house


def copy_of(first: House, folder: Path) -> House:
    shutil.copytree(first.folder, folder, symlinks=True)
    first.answers.update(good_answers())
    return House(folder, first.url, first.answers)


@pytest.fixture
def house(first_house: House, tmp_path: Path) -> House:
    """A house of one's own after the first night; all sources are well."""
    return copy_of(first_house, tmp_path / "house")
