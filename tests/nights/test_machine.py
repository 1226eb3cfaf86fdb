"""Nights on which the machine fails: killed, full, short of memory, with a wrong clock, with a second build at work."""

from __future__ import annotations

import csv
import signal
import subprocess

import pytest

from mediation_geo.release import current_id, open_release, release_ids
from tests.locate.national_service import national_service
from tests.nights.night import PATIENCE_S, House, Told, as_csv, demo_rows, sends

FIRST = "2026-11-20"
# What a build says when it has come so far.
MOMENTS = ("fetched", "located", "united")


def wait_for_word(build: subprocess.Popen[str], word: str) -> str:
    """Read what a build says up to a line with a word; whoever asks has begun the build and ends it."""
    assert build.stderr is not None
    said = ""
    for line in build.stderr:
        said += line
        if word in line:
            return said
    message = f"the build ended without saying {word!r}: {said}"
    raise AssertionError(message)


def ended(build: subprocess.Popen[str]) -> Told:
    out, said = build.communicate(timeout=PATIENCE_S)
    return Told(build.returncode, out, said)


def assert_as_before(house: House) -> None:
    """The first release is current, whole, and there is no other."""
    assert current_id(house.releases) == FIRST
    assert release_ids(house.releases) == [FIRST]
    open_release(house.releases).verify()


def test_a_build_killed_at_any_moment_leaves_the_release_and_the_next_one_succeeds(house: House) -> None:
    for moment in MOMENTS:
        build = house.begin("--as-of", "2026-11-21")
        try:
            wait_for_word(build, moment)
        finally:
            build.kill()
            ended(build)
        assert build.returncode == -signal.SIGKILL
        assert_as_before(house)
    told = house.build("2026-11-21")
    assert told.code == 0, told.said
    open_release(house.releases).verify()
    assert release_ids(house.releases) == [FIRST, "2026-11-21"]
    assert not [each for each in house.releases.iterdir() if ".tmp-" in each.name]


def test_of_two_builds_at_once_the_second_is_told_so_and_the_first_publishes(house: House) -> None:
    first = house.begin("--as-of", "2026-11-21")
    try:
        wait_for_word(first, "read")
        # Held where it is, so that it is still at work when the second begins, however slow the machine.
        first.send_signal(signal.SIGSTOP)
        second = house.build("2026-11-21")
        first.send_signal(signal.SIGCONT)
        told = ended(first)
    finally:
        first.kill()
        first.wait()
    assert second.code == 2
    assert "another build or publication is at work; wait for it to end" in second.said
    assert told.code == 0, told.said
    assert release_ids(house.releases) == [FIRST, "2026-11-21"]


def test_a_disk_that_takes_no_more_is_named_and_the_release_stays(house: House, needs_system) -> None:
    # New bytes, so that the download is refused too: the file of the last night does for it.
    house.answers["/lieux.csv"] = sends(as_csv(demo_rows("demo-national")[1:]))
    told = house.build("2026-11-21", before=(needs_system("prlimit"), "--fsize=9000"))
    assert told.code == 2
    assert "lieux.csv: not fetched, the file of the last download is used" in told.said
    assert "a file grew beyond what is allowed here: raise the limit and run it again" in told.said
    assert "what was published before is untouched" in told.said
    assert_as_before(house)


def test_too_little_memory_never_costs_the_release_and_is_said(house: House, needs_system) -> None:
    prlimit = needs_system("prlimit")
    said = []
    for megabytes in (600, 900, 1200):
        limit = f"--as={megabytes * 1024 * 1024}"
        # One thread: each further one reserves address space that it never uses.
        told = house.build("2026-11-21", before=(prlimit, limit), OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
        if told.code == 0:
            break
        said.append(told)
        assert_as_before(house)
    open_release(house.releases).verify()
    assert said
    assert any("memory" in told.said.lower() for told in said), [told.said[-300:] for told in said]


@pytest.mark.parametrize(
    ("clock", "words"),
    [("2019-03-01 03:00:00", "the day of the build is 2019-03-01"), ("2031-03-01 03:00:00", "the clock of this machine says")],
    ids=["set back", "far ahead"],
)
def test_a_wrong_clock_is_asked_about_before_anything_is_published(house: House, needs_system, clock: str, words: str) -> None:
    told = house.build(None, before=(needs_system("faketime"), "--exclude-monotonic", clock))
    assert told.code == 2
    assert words in told.said
    assert "is it right?" in told.said or "right?" in told.said
    assert_as_before(house)


def test_a_corrupted_download_is_fetched_anew_or_else_kept_out(house: House) -> None:
    [copy] = (house.folder / "downloads").glob("*-lieux.csv")
    places = set(open_release(house.releases).places["place_id"])
    copy.write_bytes(b"\x00" * 5_000)
    copy.with_name(f"{copy.name}.meta.json").write_bytes(b"{")
    assert house.build("2026-11-21").code == 0
    copy.write_bytes(b"\x00" * 5_000)
    house.answers["/lieux.csv"] = sends(b"", status=503)
    told = house.build("2026-11-22")
    assert told.code == 1
    assert "not fetched" in told.said
    assert "its records of release 2026-11-21 are kept" in told.said
    assert set(open_release(house.releases).places["place_id"]) == places


def test_a_geocoder_that_dies_in_the_middle_leaves_its_rows_marked_and_the_next_run_asks_only_for_those(house: House) -> None:
    table = house.folder / "adresses.csv"
    rows = [f"{number},{number} rue de la Mairie,34000,Montpellier\n" for number in range(1, 31)]
    table.write_text("id,adresse,code_postal,commune\n" + "".join(rows))
    alive = False

    def fault(number: int):
        if alive:
            return None
        return _half_of_it if number == 1 else (503, {})

    def states() -> list[str]:
        told = house.run("geocode", "adresses.csv", "--remote", url, "--cache", "answers.sqlite", "--out", "out.csv")
        assert told.code == 0, told.said
        with (house.folder / "out.csv").open(newline="") as file:
            answers = list(csv.DictReader(file))
        assert [row["id"] for row in answers] == [str(number) for number in range(1, 31)]
        return [row["geocode_status"] for row in answers]

    with national_service(fault) as (url, _seen):
        dying = states()
        alive = True
        assert {*dying} == {"ok", "error"}
        assert states() == ["ok"] * 30


def _half_of_it(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:15])
