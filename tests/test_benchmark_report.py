"""The report of the benchmarks: ratios round by round, and no win of a peer that is kept quiet."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


def script(name):
    sys.path.insert(0, str(FOLDER))  # as Python does for a script
    try:
        specification = importlib.util.spec_from_file_location(f"benchmarks_{name}", FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
    finally:
        sys.path.remove(str(FOLDER))
    return module


report_page, report = script("report_page"), script("report")
MACHINE = {
    "processor": "p",
    "cores": 2,
    "memory_gb": 4.0,
    "system": "s",
    "python": "3.13",
    "load_before": 0.1,
    "versions": {"numpy": "2"},
}


def page_of(*, rows=(), growth=(), left_out=None, **more):
    document = {"subject": "Subject", "rows": list(rows), "growth": list(growth), "left_out": left_out or {}, "notes": []}
    document |= {"at": "2026-11-21T05:00+00:00", "seconds": 9, "load_before": 0.1} | more
    return report_page.page({"machine": MACHINE, "subjects": {"subject": document}}, None)


def row_of(ours, theirs, *, better="less", peer="peer"):
    return {"what": "some work", "unit": "s", "better": better, "contenders": {"ours": ours, peer: theirs}}


@given(st.lists(st.tuples(st.floats(0.01, 1e4), st.floats(0.01, 1e4)), min_size=1, max_size=9))
def test_a_machine_that_slows_all_alike_changes_no_ratio(rounds):
    ours, theirs = zip(*rounds, strict=True)
    busy = [3.0 ** (number % 3) for number in range(len(rounds))]
    slowed = row_of([a * b for a, b in zip(ours, busy, strict=True)], [a * b for a, b in zip(theirs, busy, strict=True)])
    assert report_page.ratios(slowed, "peer") == pytest.approx(report_page.ratios(row_of(ours, theirs), "peer"))


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4))
def test_a_rate_and_the_time_it_comes_from_give_one_ratio(ours, theirs):
    times = report_page.ratios(row_of([ours], [theirs]), "peer")
    rates = report_page.ratios(row_of([1 / ours], [1 / theirs], better="more"), "peer")
    assert times == pytest.approx(rates)


def test_a_peer_that_wins_is_named_with_the_reason_or_with_the_lack_of_one():
    assert "**peer wins** “some work” (2 times better): no reason is known yet" in page_of(rows=[row_of([2.0], [1.0])])
    known = row_of([2.0], [1.0], peer="CSV") | {"what": "25 places, read"}
    assert "**CSV wins** “25 places, read” (2 times better): it gives back texts only" in page_of(rows=[known])


@pytest.mark.parametrize("other", ["floor, a bare route", "ours, another way"])
def test_a_floor_or_another_way_to_call_ours_does_not_win(other):
    assert "wins**" not in page_of(rows=[row_of([2.0], [1.0], peer=other)])


def test_a_peer_that_is_absent_is_named():
    assert "- left out: PostGIS: no initdb" in page_of(left_out={"PostGIS": "no initdb"})


def test_a_benchmark_that_failed_is_named_with_what_it_said():
    assert "- **failed**: no such file" in page_of(failed="no such file")


def test_a_subject_is_kept_until_it_is_measured_anew_but_not_from_another_machine_or_of_other_versions(tmp_path):
    kept = {"nearest": {"subject": "Nearest places", "rows": [], "growth": [], "left_out": {}, "notes": [], "seconds": 9}}
    kept["nearest"] |= {"at": "2026-11-21T05:00+00:00", "load_before": 0.1}
    report.write({"machine": MACHINE, "subjects": kept}, tmp_path)
    path = tmp_path / "report.json"
    assert report.last_report(path, MACHINE | {"load_before": 5.0}) == kept
    assert report.last_report(path, MACHINE | {"versions": {"numpy": "3"}}) == {}
    assert report.last_report(path, MACHINE | {"cores": 8}) == {}
    assert report.last_report(tmp_path / "none.json", MACHINE) == {}


@given(st.floats(0.2, 3.0), st.floats(1e-3, 1e3))
def test_the_exponent_of_a_power_of_the_rows_is_that_power(power, factor):
    rows = [25_000, 250_000, 1_000_000]
    curve = {"what": "w", "rows": rows, "costs": [factor * each**power for each in rows], "unit": "s"}
    assert report_page.exponent(curve) == pytest.approx(power)


def test_curves_are_drawn_and_the_same_figures_give_the_same_file(tmp_path):
    pytest.importorskip("matplotlib")
    curve = {"what": "w", "rows": [1, 10, 40], "costs": [1, 10, 40], "unit": "s"}
    first, second = (report_page.drawn_growth([curve], tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
    assert b"rows ^ 1.00" in first
    assert report_page.drawn_growth([], tmp_path / "c.svg") is None


def test_every_benchmark_of_the_report_is_a_script_that_writes_json():
    for subject in report.SUBJECTS.values():
        assert "--json" in (text := (FOLDER / subject.script).read_text(encoding="utf-8")) or "add_json_option" in text
