"""Nights on which a source fails: the register goes on with what it knew, the service answers, the operator is told why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import pytest

from mediation_geo.release import current_id, open_release
from tests.clients_under_swaps import wait_until
from tests.nights.conftest import copy_of, good_answers
from tests.nights.night import Answer, House, Row, as_csv, as_json, demo_rows, drips, sends, status_of
from tests.service.serving import COLLECTION, running

PLACES = demo_rows("demo-national")
HUB = demo_rows("demo-territoires")


def hangs_up(handler: object) -> None:
    handler.connection.close()  # type: ignore[attr-defined]


def _moved(row: Row) -> Row:
    return row | {"longitude": f"{float(row['longitude']) + 1}" if row["longitude"] else ""}


DAMAGED = as_csv(PLACES).decode().translate(dict.fromkeys(map(ord, "éèêàçôîûâëïÉÈ"), "\ufffd")).encode()


@dataclass(frozen=True)
class Fault:
    """What a source sends, and what must be said of it."""

    answer: Answer
    said: str


# The places fail by what they send, on some nights the hub fails to send anything.
NIGHTS: dict[str, tuple[Fault, Fault | None]] = {
    "half its rows, the other is gone": (
        Fault(sends(as_csv(PLACES[: len(PLACES) // 2])), "50% of its 70 records are gone"),
        Fault(sends(b"gone", status=404), "HTTP 404"),
    ),
    "a degree to the east, the other trickles": (
        Fault(sends(as_csv([_moved(row) for row in PLACES])), "a position of its own is filled in 0%"),
        Fault(drips, "too slow"),
    ),
    "a column renamed, the other is empty": (
        Fault(
            sends(as_csv([{("tel" if name == "telephone" else name): cell for name, cell in row.items()} for row in PLACES])),
            "telephone is filled in 0%",
        ),
        Fault(sends(b""), "an empty answer"),
    ),
    "all columns renamed": (
        Fault(
            sends(as_csv([{f"c{n}": cell for n, cell in enumerate(row.values())} for row in PLACES])),
            "columns of no known source",
        ),
        None,
    ),
    "a web page instead": (Fault(sends(b"<!doctype html><h1>Maintenance</h1>"), "a web page"), None),
    "accents lost, the other hangs up": (Fault(sends(DAMAGED), "damaged characters"), Fault(hangs_up, "no complete answer")),
    "every row twice": (Fault(sends(as_csv(PLACES + PLACES)), "50% of its rows repeat"), None),
}


class Week:
    """One house, served all the while, night after night."""

    def __init__(self, house: House, url: str) -> None:
        self.house = house
        self.url = url
        self.day = date(2026, 11, 20)

    def next_night(self, *arguments: str, **environment: str):
        self.day += timedelta(days=1)
        return self.house.build(self.day.isoformat(), *arguments, **environment)

    def is_served(self) -> bool:
        return bool(status_of(self.url)["instantane"] == current_id(self.house.releases))

    def count(self) -> int:
        answer = httpx.get(f"{self.url}/ogcapi/collections/{COLLECTION}/items?resulttype=hits", timeout=60).raise_for_status()
        return int(answer.json()["numberMatched"])


@pytest.fixture(scope="module")
def week(first_house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    house = copy_of(first_house, tmp_path_factory.mktemp("week") / "house")
    with running(house.releases) as url:
        yield Week(house, url)


@pytest.fixture(autouse=True)
def sources_are_well(first_house: House) -> Iterator[None]:
    yield
    first_house.answers.update(good_answers())


def assert_nothing_lost(house: House) -> None:
    release = open_release(house.releases)
    release.verify()
    ledger = release.manifest["ledger"]
    assert ledger["rows"] == ledger["records"] + ledger["rejected"]
    assert sorted(release.records["record_id"]) == sorted(each for ids in release.places["source_ids"] for each in ids)


@pytest.mark.parametrize("name", NIGHTS)
def test_a_source_that_fails_is_kept_as_it_was_and_named_with_the_cause(week: Week, name: str) -> None:
    house, (places, hub) = week.house, NIGHTS[name]
    before = set(open_release(house.releases).places["place_id"])
    house.answers["/lieux.csv"] = places.answer
    if hub is not None:
        house.answers["/hub.json"] = hub.answer
    told = week.next_night(MEDIATION_GEO_DOWNLOAD_LIMIT_S="3")
    assert told.code == 1, told.said
    release = open_release(house.releases)
    assert release.id == week.day.isoformat()
    assert set(release.places["place_id"]) == before
    assert_nothing_lost(house)
    sentences = [line for line in told.said.splitlines() if line.startswith("not of tonight: ")]
    expected = {"lieux": places.said} | ({} if hub is None else {"hub": hub.said})
    assert len(sentences) == len(expected)
    for source, cause in expected.items():
        assert [line for line in sentences if f"-{source}" in line.split(",")[0] and cause in line]
    held = [line for line in house.run("status").out.splitlines() if line.startswith("held ")]
    assert len(held) == len(expected)
    wait_until(week.is_served, "the release of tonight is served")
    status = status_of(week.url)
    assert status["etat"] == "degrade"
    assert len(status["sources_retenues"]) == len(expected)
    assert all(any(cause in each["raison"] for each in status["sources_retenues"]) for cause in expected.values())
    assert str(house.folder) not in httpx.get(f"{week.url}/status", timeout=60).text
    assert week.count() == len(before)


def test_a_night_in_another_encoding_is_a_good_night(week: Week) -> None:
    before = set(open_release(week.house.releases).places["place_id"])
    week.house.answers["/lieux.csv"] = sends(as_csv(PLACES, encoding="utf-16"))
    week.house.answers["/hub.json"] = sends(as_json(HUB).decode().encode("cp1252", errors="replace"))
    told = week.next_night()
    assert told.code == 0, told.said
    release = open_release(week.house.releases)
    assert set(release.places["place_id"]) == before
    assert {row["nom"] for row in PLACES if row["nom"].isalpha()} <= set(release.places["nom"])
    wait_until(week.is_served, "the release of tonight is served")
    assert status_of(week.url)["sources_retenues"] == []


def test_when_no_source_can_be_believed_nothing_is_published_and_trusting_one_by_name_ends_it(week: Week) -> None:
    before = current_id(week.house.releases)
    halved = as_csv(PLACES[: len(PLACES) // 2])
    week.house.answers.update({"/lieux.csv": sends(halved), "/hub.json": sends(as_json(HUB[: len(HUB) // 2]))})
    told = week.next_night()
    assert told.code == 2
    assert "not published: source" in told.said
    assert "the previous release stays current" in told.said
    assert current_id(week.house.releases) == before
    assert week.count() == len(open_release(week.house.releases).places)
    week.house.answers.update(good_answers())
    # A few rows fewer than the gates let go, so only the trust in the source is asked about.
    week.house.answers["/lieux.csv"] = sends(as_csv([row | {"telephone": ""} for row in PLACES]))
    assert week.next_night().code == 1
    [held] = open_release(week.house.releases).manifest["held"]
    assert week.next_night("--trust", held["source"]).code == 0
    assert_nothing_lost(week.house)
    assert open_release(week.house.releases).manifest["held"] == []
    week.house.answers.update(good_answers())
    assert week.next_night().code == 0
