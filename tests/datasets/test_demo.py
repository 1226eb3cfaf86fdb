"""The demo sources: their dialects, their recognisability, and the truth that is planted in them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from pyproj import Geod

from mediation_geo.datasets import dataset_path
from mediation_geo.standard import FIELD_NAMES, VOCABULARIES
from mediation_geo.standard.territories import DEPARTEMENTS
from mediation_geo.standard.versions import label_targets

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("demo-national.csv", "demo-entrepot.csv", "demo-territoires.json", "demo-conseillers.json")
SIZE_LIMIT_BYTES = 1_000_000
# Ranges of the French numbering plan that are reserved for fiction (ARCEP).
FICTION = ("019900", "026191", "035301", "046571", "053649", "063998")
WGS84 = Geod(ellps="WGS84")
EMMAUS_TOWNS = {"75056", "93066", "92002", "59350", "69123", "38185", "13055", "33063"}


def _rows(name: str) -> list[dict]:
    text = dataset_path(f"demo/{name}").read_text(encoding="utf-8-sig")
    if name.endswith(".json"):
        return json.loads(text)
    delimiter = "," if "national" in name else ";"
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    """Every row of the demo by its name in the truth, `<file without ending>/<row>`."""
    return {f"{name.partition('.')[0]}/{number}": row for name in SOURCES for number, row in enumerate(_rows(name), start=1)}


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads(dataset_path("demo/planted.json").read_text(encoding="utf-8"))


def _cell(row: dict, *names: str) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")


def test_the_demo_is_small_and_large_enough(rows):
    assert sum(path.stat().st_size for path in dataset_path("demo").iterdir()) < SIZE_LIMIT_BYTES
    assert 1_300 <= len(rows) <= 1_500


def test_building_the_demo_again_gives_the_same_bytes(tmp_path):
    subprocess.run([sys.executable, str(ROOT / "datasets" / "build_demo.py"), "--out", str(tmp_path)], check=True)
    shipped = {path.name: path.read_bytes() for path in dataset_path("demo").iterdir()}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == shipped


def test_every_record_says_that_it_is_invented(rows):
    for name, row in rows.items():
        assert row["source"].startswith("demo"), name
        assert "inventé" in row["presentation_resume"], name
        assert len(row["presentation_resume"]) <= 280, name


def test_the_national_export_quotes_every_cell():
    lines = dataset_path("demo/demo-national.csv").read_text(encoding="utf-8").splitlines()
    assert not lines[0].startswith("\ufeff")
    assert lines[0] == ",".join(f'"{name}"' for name in FIELD_NAMES)
    assert all(line.startswith('"') and line.endswith('"') for line in lines)
    assert all(re.fullmatch(r'"[^"]*"(,"[^"]*")*', line) for line in lines)


def test_the_warehouse_export_has_bom_semicolons_zero_pivots_timestamps_and_null_ids(truth):
    assert dataset_path("demo/demo-entrepot.csv").read_bytes().startswith(b"\xef\xbb\xbfid;pivot;nom;")
    rows = _rows("demo-entrepot.csv")
    assert {row["pivot"] for row in rows} == {"0" * 14}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["date_maj"]) for row in rows)
    assert sum(row["id"] == "" for row in rows) == truth["counts"]["id_null"] > 0
    assert not any(row["structure_parente"] for row in rows)
    repeated = [row_id for row_id, count in Counter(row["id"] for row in rows if row["id"]).items() if count > 1]
    assert len(repeated) == 4


def test_the_json_source_has_fields_of_version_1_and_numbers_for_positions():
    rows = _rows("demo-territoires.json")
    assert {name for row in rows for name in row} <= set(FIELD_NAMES)
    assert all(isinstance(row["latitude"], float) for row in rows if "latitude" in row)
    assert not any(value in ("", None) for row in rows for value in row.values())


def test_the_advisers_source_speaks_version_0_1():
    rows = _rows("demo-conseillers.json")
    assert all(re.fullmatch(r"[0-9a-f]{24}", row["id"]) for row in rows)
    assert not any("code_insee" in row or "courriels" in row for row in rows)
    labels = {label for row in rows for label in row.get("services", "").split(";") if label}
    assert not labels & set(VOCABULARIES["services"])
    assert all(label_targets("services", label) for label in labels)
    for field in ("publics_accueillis", "conditions_access", "modalites_accompagnement", "labels_nationaux"):
        old = {label for row in rows for label in row.get(field, "").split(";") if label}
        assert old, field
        assert all(label_targets(field, label) is not None for label in old), field
    assert not any(adviser["nom"] for row in rows for adviser in row["aidants"])


def test_an_advisers_source_of_the_same_shape_is_published(shared_data):
    published = json.loads((shared_data / "places" / "raw" / "cnfs" / "2022-12-02_cnfs.json").read_text("utf-8"))
    ours = {name for row in _rows("demo-conseillers.json") for name in row}
    theirs = {name for row in published for name in row}
    assert theirs <= ours
    assert ours - theirs <= {"presentation_resume", "publics_accueillis", "modalites_accompagnement"}


def test_all_nine_services_and_every_vocabulary_are_in_use(rows):
    v1 = [row for name, row in rows.items() if "conseillers" not in name]
    for field in ("services", "publics_specifiquement_adresses", "prise_en_charge_specifique", "frais_a_charge"):
        used = {label for row in v1 for label in (row.get(field) or "").split("|")}
        assert set(VOCABULARIES[field]) <= used, field
    for field in ("dispositif_programmes_nationaux", "modalites_acces", "modalites_accompagnement", "itinerance"):
        used = {label for row in v1 for label in (row.get(field) or "").split("|") if label}
        assert len(used & set(VOCABULARIES[field])) >= 2, field


def test_phone_numbers_belong_to_nobody(rows):
    for name, row in rows.items():
        for text in (_cell(row, "telephone"), *(adviser["telephone"] for adviser in row.get("aidants", []))):
            for number in re.split(r" / | poste ", text):
                digits = re.sub(r"\D", "", number)
                national = "0" + digits.removeprefix("33").removeprefix("0")
                assert len(digits) < 6 or national.startswith(FICTION), (name, text)


def test_addresses_on_the_web_belong_to_nobody(rows):
    text = json.dumps(list(rows.values()), ensure_ascii=False)
    hosts = {host.lower() for host in re.findall(r"(?:@|://)([\w.-]+)", text)}
    assert hosts
    assert all(host.endswith((".example", "example.org")) for host in hosts)


def test_company_numbers_belong_to_nobody(rows):
    pivots = {row["pivot"] for row in rows.values()} - {"0" * 14}
    assert pivots
    assert all(re.fullmatch(r"000\d{11}", pivot) for pivot in pivots)


def test_every_row_belongs_to_one_place_of_the_truth(rows, truth):
    named = [name for place in truth["places"].values() for name in place["rows"]]
    assert sorted(named) == sorted(rows)
    assert truth["rows"] == Counter(name.split("/")[0] for name in rows)


def test_planted_counts_are_those_of_the_listed_rows(rows, truth):
    assert truth["counts"] == {mark: len(names) for mark, names in truth["planted"].items()}
    assert all(name in rows for names in truth["planted"].values() for name in names)


def test_planted_faults_are_in_the_rows_that_are_said_to_have_them(rows, truth):
    planted = {mark: set(names) for mark, names in truth["planted"].items()}
    without_position = {name for name, row in rows.items() if row.get("latitude") in ("", None)}
    assert without_position == planted["missing_coordinates"]
    at_null_island = {name for name, row in rows.items() if row.get("latitude") not in ("", None) and float(row["latitude"]) == 0}
    assert at_null_island == planted["null_island"]
    assert {name for name, row in rows.items() if row["date_maj"].startswith("1970")} == planted["date_1970"]
    assert {name for name, row in rows.items() if "CEDEX" in row["commune"]} == planted["cedex"]
    assert {name for name, row in rows.items() if row.get("horaires") == "Mo-Su off"} == planted["closed_hours"]
    assert {name for name, row in rows.items() if not row.get("services")} >= planted["no_services"]
    assert planted["broken_phone"]
    for name in planted["broken_phone"]:
        assert not re.fullmatch(r"(\+33|0)\d([ .]?\d\d){4}", _cell(rows[name], "telephone")), name


def test_a_place_in_several_rows_stays_within_fifty_metres(rows, truth):
    faulty = {name for mark in ("null_island", "swapped_coordinates") for name in truth["planted"][mark]}
    for key, place in truth["places"].items():
        located = [
            (float(rows[name]["longitude"]), float(rows[name]["latitude"]))
            for name in place["rows"]
            if name not in faulty and rows[name].get("latitude")
        ]
        # Two rows may each have moved by up to 45 m, in opposite directions.
        assert all(WGS84.inv(*left, *right)[2] < 90 for left, right in combinations(located, 2)), key


def test_places_of_one_building_share_an_address_and_are_different_places(truth, rows):
    assert len(truth["same_building"]) >= 15
    for group in truth["same_building"]:
        kinds = [truth["places"][key]["kind"] for key in group]
        assert len(set(kinds)) == len(kinds)
        written = [{rows[name]["adresse"].split(" BP ")[0] for name in truth["places"][key]["rows"]} for key in group]
        assert set.intersection(*written), group


def test_the_two_saint_denis_have_places_of_one_name(truth):
    codes = [{truth["places"][key]["code_insee"] for key in group} for group in truth["same_name_elsewhere"]]
    assert {"93066", "97411"} in codes


def test_places_lie_where_people_live_and_in_every_departement(truth):
    codes = Counter(place["code_insee"] for place in truth["places"].values())
    assert all(codes[town] >= 6 for town in EMMAUS_TOWNS | {"34172"})
    connect = {place["code_insee"] for place in truth["places"].values() if place["kind"] == "emmaus-connect"}
    assert connect == EMMAUS_TOWNS
    departements = {code[:3] if code.startswith(("97", "98")) else code[:2] for code in codes}
    assert departements == set(DEPARTEMENTS)


def test_well_placed_rows_lie_in_their_commune(rows, truth):
    faulty = {name for mark in ("null_island", "swapped_coordinates") for name in truth["planted"][mark]}
    shapes = gpd.read_parquet(dataset_path("communes_polygons.parquet")).set_index("code_insee").geometry
    located = pd.DataFrame(
        [
            (place["code_insee"], float(rows[name]["longitude"]), float(rows[name]["latitude"]))
            for place in truth["places"].values()
            for name in place["rows"]
            if name not in faulty and rows[name].get("latitude") and place["code_insee"] in shapes.index
        ],
        columns=["code_insee", "lon", "lat"],
    )
    points = gpd.GeoSeries.from_xy(located["lon"], located["lat"], crs="EPSG:4326")
    inside = points.within(shapes.loc[located["code_insee"]].reset_index(drop=True))
    assert inside.all(), located.loc[~inside]
