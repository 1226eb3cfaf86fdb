"""GDAL reads the endpoint as it reads any other: through pyogrio, and with the commands of Debian's gdal-bin."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pyogrio
import pytest

from mediation_geo.service.snapshot import Snapshot
from tests.clients.recording import Recorder
from tests.service.serving import COLLECTION

NORTH_M = "code_departement = '59' AND nom LIKE 'M%'"


def ran(*command: str) -> str:
    """What a program prints."""
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def ids_of(snapshot: Snapshot, **wanted: str) -> list[str]:
    """Ids of the places whose columns begin with these values, whatever the case."""
    columns = {name: snapshot.places.values(name) for name in wanted}
    return sorted(
        place_id
        for row, place_id in enumerate(snapshot.places.ids)
        if all((columns[name][row] or "").upper().startswith(value) for name, value in wanted.items())
    )


@pytest.mark.parametrize("page_size", [7, 100, 1000, 10_000])
def test_gdal_downloads_every_place_exactly_once_whatever_the_page_size(
    site_url: str, snapshot: Snapshot, page_size: int
) -> None:
    frame = pyogrio.read_dataframe(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, PAGE_SIZE=page_size)
    assert sorted(frame["id"]) == sorted(snapshot.places.ids)
    assert frame.geometry.notna().sum() == snapshot.places.has_geometry.sum()


def test_gdal_keeps_the_leading_zeros_of_codes(site_url: str, snapshot: Snapshot) -> None:
    frame = pyogrio.read_dataframe(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, PAGE_SIZE=1000)
    expected = sorted(str(code) for code in snapshot.places.values("code_postal") if code and code.startswith("0"))
    assert expected
    assert sorted(code for code in frame["code_postal"].dropna() if code.startswith("0")) == expected


def test_gdal_counts_without_downloading(site_url: str, snapshot: Snapshot) -> None:
    info = pyogrio.read_info(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, force_feature_count=True)
    assert info["features"] == len(snapshot.places)


def test_gdal_filters_give_the_rows_of_the_table(site_url: str, snapshot: Snapshot) -> None:
    found = pyogrio.read_dataframe(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, where=NORTH_M, PAGE_SIZE=50)
    expected = ids_of(snapshot, code_departement="59", nom="M")
    assert expected
    assert sorted(found["id"]) == expected


def test_gdal_box_gives_the_places_inside(site_url: str, web: httpx.Client) -> None:
    box = (2.0, 48.5, 2.8, 49.1)
    frame = pyogrio.read_dataframe(f"OAPIF:{site_url}/ogcapi", layer=COLLECTION, bbox=box, PAGE_SIZE=50)
    page = web.get(f"/ogcapi/collections/{COLLECTION}/items", params={"bbox": "2.0,48.5,2.8,49.1", "limit": 10_000}).json()
    assert len(frame) == page["numberMatched"] > 0
    assert sorted(frame["id"]) == sorted(each["id"] for each in page["features"])


def test_what_pyogrio_asks_for_is_what_was_filtered_for(recorded: Recorder, snapshot: Snapshot) -> None:
    # In a process of its own: GDAL keeps Python's lock while it reads, and the proxy lives in this one.
    program = (
        "import sys, pyogrio; "
        "print(len(pyogrio.read_dataframe(f'OAPIF:{sys.argv[1]}/ogcapi', layer=sys.argv[2], where=sys.argv[3], PAGE_SIZE=50)))"
    )
    printed = ran(sys.executable, "-c", program, recorded.url, COLLECTION, NORTH_M)
    assert int(printed) == len(ids_of(snapshot, code_departement="59", nom="M"))
    filtered = [each for each in recorded.items() if "code_departement" in each.query]
    assert filtered
    assert {each.document["numberMatched"] for each in filtered} == {len(ids_of(snapshot, code_departement="59"))}


def test_ogrinfo_counts_a_filter_with_one_request(
    recorded: Recorder, snapshot: Snapshot, needs_system: Callable[..., str]
) -> None:
    expected = len(ids_of(snapshot, code_departement="59"))
    shown = ran(
        needs_system("ogrinfo"), "-ro", "-so", f"OAPIF:{recorded.url}/ogcapi", COLLECTION, "-where", "code_departement = '59'"
    )
    assert f"Feature Count: {expected}" in shown
    [asked] = [each for each in recorded.items() if "code_departement" in each.query]
    assert asked.query["resultType"] == ["hits"]
    assert asked.document["numberMatched"] == expected
    assert asked.document["features"] == []


def test_ogrinfo_counts_everything_from_the_count_of_the_first_page(
    recorded: Recorder, snapshot: Snapshot, needs_system: Callable[..., str]
) -> None:
    shown = ran(needs_system("ogrinfo"), "-ro", "-so", f"OAPIF:{recorded.url}/ogcapi", COLLECTION)
    assert f"Feature Count: {len(snapshot.places)}" in shown
    assert len(recorded.items()) == 1
    # No number was guessed from a code, no date from a text.
    types = dict(re.findall(r"^(\w+): (\w+) \(", shown, flags=re.MULTILINE))
    assert {types[name] for name in ("code_postal", "code_insee", "code_departement", "pivot", "telephone")} == {"String"}
    assert types["date_maj"] == "Date"
    assert types["services"] == "StringList"


def test_ogr2ogr_sends_its_filter_and_its_page_size(
    recorded: Recorder, snapshot: Snapshot, tmp_path: Path, needs_system: Callable[..., str]
) -> None:
    target = tmp_path / "ain.csv"
    ran(
        needs_system("ogr2ogr"), "-f", "CSV", str(target), f"OAPIF:{recorded.url}/ogcapi", COLLECTION,
        "-oo", "PAGE_SIZE=3", "-where", "code_departement = '01'",
    )  # fmt: skip
    expected = ids_of(snapshot, code_departement="01")
    assert len(expected) > 3
    with target.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert sorted(row["id"] for row in rows) == expected
    assert {row["code_departement"] for row in rows} == {"01"}
    assert all(row["code_postal"].startswith("01") for row in rows)
    pages = [each for each in recorded.items() if "code_departement" in each.query]
    assert [each.query["limit"] for each in pages] == [["3"]] * len(pages)
    assert sum(each.document["numberReturned"] for each in pages) == len(expected)


def test_ogr2ogr_copies_the_whole_collection_page_by_page(
    site_url: str, snapshot: Snapshot, tmp_path: Path, needs_system: Callable[..., str]
) -> None:
    target = tmp_path / "lieux.csv"
    ran(needs_system("ogr2ogr"), "-f", "CSV", str(target), f"OAPIF:{site_url}/ogcapi", COLLECTION, "-oo", "PAGE_SIZE=100")
    with target.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert sorted(row["id"] for row in rows) == sorted(snapshot.places.ids)
