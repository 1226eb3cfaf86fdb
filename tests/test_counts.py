"""
What the work costs, in counts that do not depend on the machine: rows, pairs, distances, queries, bytes, allocations.

`counts.json` holds what is expected on the invented data. A count that moves is either a regression or a choice: after a change
made on purpose, `MEDIATION_GEO_ACCEPT_COUNTS=1 pytest tests/test_counts.py` writes the new figures, to be committed with it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pyproj
import pytest

from mediation_geo import PlaceIndex
from mediation_geo.coverage import shipped_communes, spread_population
from mediation_geo.coverage.neighbours import SourceRows, neighbour_pairs
from mediation_geo.dedupe import Deduplication, deduplicate
from mediation_geo.dedupe.normalise import prepare
from mediation_geo.dedupe.pairs import candidate_pairs
from mediation_geo.locate import EmbeddedGeocoder, load_communes
from mediation_geo.locate.build import build_streets
from mediation_geo.release import Release, open_release
from tests.locate.conftest import write_corpus
from tests.service.serving import COLLECTION, demo_releases, running

EXPECTED = Path(__file__).with_name("counts.json")
DAY = date(2026, 11, 21)
# By the last word of a name: how far a figure may be off, as a share. Interpreters and libraries of two generations share one
# table: their compressors, their answers about themselves and their objects differ by this much.
TOLERANCE = {"bytes": 0.10, "modules": 0.15, "kilobytes": 0.35}
SITES = ("/", "/proches?lat=44.518&lon=3.5&k=5", f"/ogcapi/collections/{COLLECTION}/items?limit=10", "/ogcapi/conformance")


@pytest.fixture(scope="module")
def night() -> Release:
    """Release of the invented network, the one the service is tested on."""
    return open_release(demo_releases())


@pytest.fixture(scope="module")
def united(night: Release) -> Deduplication:
    """Its records, united by the model."""
    return deduplicate(night.records, as_of=DAY)


@pytest.fixture(scope="module")
def check() -> Callable[[dict[str, int]], None]:
    """Compare figures with the table, or write them into it where asked to."""

    def compare(found: dict[str, int]) -> None:
        table = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.is_file() else {}
        if os.environ.get("MEDIATION_GEO_ACCEPT_COUNTS") == "1":
            EXPECTED.write_text(
                json.dumps(dict(sorted((table | found).items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )
            return
        off = [
            f"{name}: {value:,}, expected {table.get(name, 'nothing yet'):,}"
            for name, value in found.items()
            if name not in table or abs(value - table[name]) > TOLERANCE.get(name.rsplit(" ", 1)[-1], 0.0) * table[name]
        ]
        told = "\n  ".join(off)
        assert not off, (
            f"the work costs something else than before:\n  {told}\nIf that is what the change is for, accept it with\n"
            "  MEDIATION_GEO_ACCEPT_COUNTS=1 python -m pytest tests/test_counts.py\nand commit tests/counts.json with it."
        )

    return compare


def test_a_night_touches_as_many_rows_and_pairs_as_before(night, united, check):
    records = night.records
    pairs = candidate_pairs(prepare(records))
    check(
        {
            "night: records": len(records),
            "night: places": len(united.places),
            "night: issues": len(night.issues),
            "night: candidate pairs": len(pairs.left),
            "night: links": len(united.links),
        }
    )


def test_a_release_is_as_large_as_before(night, check):
    sizes = {f"release: {each.name} bytes": each.stat().st_size for each in night.path.glob("*.parquet")}
    check(sizes)


@pytest.mark.usefixtures("united")  # what is made once and kept is not counted
def test_uniting_records_holds_as_much_memory_as_before(night, check):
    records = night.records
    tracemalloc.start()
    try:
        deduplicate(records, as_of=DAY)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    check({"dedupe: peak kilobytes": peak // 1000})


def test_a_question_measures_as_many_distances_as_before(night, check, monkeypatch):
    index = PlaceIndex.from_places(night.places)
    points = np.random.default_rng(0).uniform((-1.0, 43.0), (7.0, 49.5), (200, 2))
    measured = []
    inverse = pyproj.Geod.inv

    def counted(self, lons1, *others, **options):
        measured.append(np.size(lons1))
        return inverse(self, lons1, *others, **options)

    monkeypatch.setattr(pyproj.Geod, "inv", counted)
    for lon, lat in points:
        index.nearest(float(lon), float(lat), 5)
    check({"nearest: geodesics of 200 questions": sum(measured)})


def test_an_address_asks_the_street_table_as_often_as_before(tmp_path, check, monkeypatch):
    out = tmp_path / "streets.sqlite"
    build_streets([write_corpus(tmp_path / "essai.ndjson")], out, communes=load_communes(), data_version="essai")
    asked = []
    connect = sqlite3.connect

    def traced(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    geocoder = EmbeddedGeocoder(out)
    asked.clear()  # what opening costs is not what an address costs
    try:
        for question in ("12 rue de la Republique 34000 Montpellier", "3 place du marche Mende", "mairie de Lattes"):
            geocoder.search(question)
    finally:
        geocoder.close()
    check({"geocoder: queries of 3 addresses": len(asked)})


def test_a_catchment_looks_at_as_many_pairs_as_before(check):
    cells = spread_population(shipped_communes(departement="48"), size_m=1000)
    lon, lat = cells["lon"].to_numpy(), cells["lat"].to_numpy()
    left, _ = neighbour_pairs(SourceRows(lon[::10], lat[::10], radius_m=15_000), lon, lat, radius_m=15_000)
    check({"coverage: cells of Lozère": len(cells), "coverage: pairs within 15 km": len(left)})


def test_answers_are_as_long_as_before(night, check):
    found = {}
    with running(night.path.parent) as address, httpx.Client(base_url=address, timeout=120) as client:
        for path in SITES:
            answer = client.get(path, headers={"Accept-Encoding": "identity"})
            assert answer.status_code == 200, path
            found[f"answer: {path} bytes"] = len(answer.content)
    check(found)


@pytest.mark.parametrize("package", ["mediation_geo.cli", "mediation_geo.search"])
def test_a_start_loads_as_many_modules_as_before(package, check):
    # Those of the standard library differ from one Python to the next.
    program = f"import {package}, sys; print(sum(m.partition('.')[0] not in sys.stdlib_module_names for m in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600)
    check({f"import {package}: modules": int(loaded.stdout)})


def test_the_table_holds_nothing_that_is_no_longer_counted():
    counted = {"night", "release", "dedupe", "nearest", "geocoder", "coverage", "answer"}
    names = pd.Series(list(json.loads(EXPECTED.read_text(encoding="utf-8"))))
    assert set(names.str.partition(":")[0]) <= counted | {f"import mediation_geo{each}" for each in (".cli", ".search")}
