"""Exports: the same places in every format, the official CSV without loss, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from frictionless import Resource, Schema
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.xml.functions import register_namespace

from mediation_geo.ingest import read_source
from mediation_geo.release import ExportError, open_release, write_release
from mediation_geo.release.exports import FORMATS, read_official_csv, write_exports
from mediation_geo.release.exports.official import (
    PLACEHOLDERS,
    guard,
    official_columns,
    unguard,
    write_official_csv,
    write_official_json,
)
from mediation_geo.standard import FIELD_NAMES, FIELDS, conform
from tests.release.tables import releases, tables_of, town

STANDARD = {each.name: each.kind for each in FIELDS}
TEXTS = st.text(alphabet="=+-@'\t\r\n \"|,;é1aA", max_size=12)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    tables = town(40, date_maj=[None, *[pd.Timestamp("2026-10-01")] * 39], structure_parente='=HYPERLINK("http://x")')
    tables["places"].loc[3, "geometry"] = None
    tables["places"].loc[4, "services"] = None
    tables["places"].loc[30:, "code_departement"] = "30"
    write_release(folder, **tables)
    return open_release(folder)


@pytest.fixture(scope="module")
def exports(release, tmp_path_factory):
    return write_exports(release, tmp_path_factory.mktemp("exports") / "exports")


@pytest.fixture(scope="module")
def index(exports):
    return json.loads((exports / "index.json").read_text())


@pytest.fixture(scope="module")
def real_places(shared_data):
    """Each record of two real files as a place of its own."""
    raw = shared_data / "places" / "raw"
    files = [raw / "cnfs" / "2022-12-02_cnfs.json", *sorted((raw / "charente").glob("*.json"))[:1]]
    records = pd.concat([read_source(path).table for path in files], ignore_index=True)
    records["record_id"] = [f"{feed}/{number:05d}" for number, feed in enumerate(records["feed"])]
    return tables_of(records)["places"]


def rows_in(path):
    """Places in a file, counted by a reader of its format."""
    if path.suffix == ".parquet":
        return pq.read_metadata(path).num_rows
    if path.suffix == ".csv":
        return len(pd.read_csv(path, dtype="str"))
    if path.suffix == ".json":
        return len(json.loads(path.read_bytes()))
    if path.suffix == ".xlsx":
        return openpyxl.load_workbook(path).active.max_row - 1
    if path.suffix == ".vcf":
        return path.read_bytes().count(b"BEGIN:VCARD")
    if path.suffix == ".zip":
        return len(pd.read_csv(zipfile.ZipFile(path).open("locations.csv"), dtype="str"))
    return len(pyogrio.read_dataframe(path, layer=0))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_file_has_as_many_places_as_the_index_promises_and_it_says_how_many_it_left_out(exports, index, kind):
    entry = next(each for each in index["files"] if each["departement"] is None and each["format"] == kind)
    assert rows_in(exports / entry["file"]) == entry["rows"]
    assert entry["rows"] + entry["left_out"] == index["places"] == 40
    # One place has no position, another offers no service; what has no room for it is named here.
    assert entry["left_out"] == (kind in {"flatgeobuf", "pmtiles", "gpx", "data-inclusion-services"})


def test_cuts_by_departement_add_up_to_the_whole(index):
    cuts = [each for each in index["files"] if each["departement"] and each["format"] == "csv"]
    assert {each["departement"]: each["rows"] for each in cuts} == {"30": 10, "34": 30}


def test_the_bytes_are_those_of_the_index_and_of_the_checksums(exports, index):
    sums = dict(line.split("  ")[::-1] for line in (exports / "SHA256SUMS").read_text().splitlines())
    for each in index["files"]:
        content = (exports / each["file"]).read_bytes()
        assert len(content) == each["bytes"]
        assert hashlib.sha256(content).hexdigest() == each["sha256"] == sums[each["file"]]


@pytest.mark.parametrize("kind", ["kml", "gpx", "xlsx"])
def test_a_control_character_in_a_name_does_not_break_a_format_made_of_xml(tmp_path, kind):
    write_release(tmp_path / "releases", **town(3, nom="Mairie\x0b & <Poste>"))
    names = {each.file.rsplit(".", 1)[-1]: name for name, each in FORMATS.items()}
    folder = write_exports(open_release(tmp_path / "releases"), tmp_path / "out", formats=[names[kind]])
    content = (folder / f"lieux-mediation-numerique.{kind}").read_bytes()
    if kind == "xlsx":
        assert openpyxl.load_workbook(BytesIO(content)).active.max_row == 4
    else:
        assert ET.fromstring(content) is not None


def test_two_exports_of_one_release_are_the_same_to_the_byte(release, exports, tmp_path):
    # What else the process has loaded must not show: libraries register name space prefixes for everybody.
    register_namespace("elsewhere", "http://purl.org/dc/terms/")
    again = write_exports(release, tmp_path / "exports")
    assert (again / "SHA256SUMS").read_text() == (exports / "SHA256SUMS").read_text()


@pytest.mark.parametrize("kind", ["geojson", "fgb", "gpkg", "kml", "gpx", "pmtiles"])
def test_gdal_finds_the_names(exports, kind):
    frame = pyogrio.read_dataframe(exports / f"lieux-mediation-numerique.{kind}", layer=0)
    assert frame[{"kml": "Name", "gpx": "name"}.get(kind, "nom")].str.startswith("Médiathèque").all()


def test_geojson_has_lists_as_arrays_and_null_where_nothing_is_known(exports):
    features = json.loads((exports / "lieux-mediation-numerique.geojson").read_text())["features"]
    assert features[0]["properties"]["services"] == ["Aide aux démarches administratives"]
    assert features[0]["properties"]["date_maj"] is None
    assert features[3]["geometry"] is None
    assert features[1]["id"] == features[1]["properties"]["id"]


def test_a_workbook_keeps_the_zeros_of_codes_and_runs_no_formula(exports):
    sheet = openpyxl.load_workbook(exports / "lieux-mediation-numerique.xlsx").active
    header = [cell.value for cell in sheet[1]]
    row = dict(zip(header, sheet[2], strict=True))
    assert row["code_postal"].value == "34000"
    assert row["structure_parente"].value.startswith("=")
    assert row["structure_parente"].data_type == "s"
    assert sheet.max_row == 41


def test_a_reader_of_vcards_finds_each_place(exports):
    text = (exports / "lieux-mediation-numerique.vcf").read_bytes().decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded = re.sub(r"\r\n ", "", text)
    assert unfolded.count("BEGIN:VCARD\r\nVERSION:4.0\r\n") == unfolded.count("END:VCARD\r\n") == 40
    assert "FN:Médiathèque n° 7\r\n" in unfolded
    assert "ADR:;;7 rue des Écoles;Montpellier;;34000;France\r\n" in unfolded
    assert "NOTE:Horaires : Mo-Fr 09:00-12:00\\,14:00-17:00\r\n" in unfolded


def test_hsds_has_one_location_for_each_place_and_no_dangling_key(exports):
    with zipfile.ZipFile(exports / "hsds.zip") as archive:
        tables = {name.removesuffix(".csv"): pd.read_csv(archive.open(name), dtype="str") for name in archive.namelist()}
    assert len(tables["locations"]) == 40
    for table, column, target in [
        ("services", "organization_id", "organizations"),
        ("service_at_location", "service_id", "services"),
        ("service_at_location", "location_id", "locations"),
        ("addresses", "location_id", "locations"),
        ("phones", "location_id", "locations"),
        ("schedules", "location_id", "locations"),
    ]:
        assert set(tables[table][column]) <= set(tables[target]["id"])
        assert tables[table]["id"].is_unique
        assert tables[target]["id"].is_unique


def test_data_inclusion_accepts_every_structure_and_service(exports):
    models = pytest.importorskip("data_inclusion.schema.v1", reason="data-inclusion-schema is not installed")
    for name, model in [("structures", models.Structure), ("services", models.Service)]:
        rows = json.loads((exports / f"data-inclusion-{name}.json").read_text())
        assert len(rows) == 40 - (name == "services")
        for row in rows:
            model(**row)


@settings(max_examples=10)  # each one is written and read
@given(tables=releases())
def test_the_official_csv_loses_nothing_of_the_32_fields(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "lieux.csv"
    write_official_csv(tables["places"], path)
    pd.testing.assert_frame_equal(read_official_csv(path), conform(pd.DataFrame(tables["places"]), STANDARD))


@given(TEXTS)
def test_a_guarded_cell_reads_back_and_begins_like_no_formula(cell):
    assert unguard(guard(cell)) == cell
    assert not re.match(r"[=@\t\r]|[+-](?!\d+$)", guard(cell))


@given(st.text(alphabet="=+-@'ab", min_size=1, max_size=8))
def test_a_guarded_cell_is_never_longer_than_its_column_admits_for_a_sign(cell):
    guarded = guard(cell, longest=8)
    assert unguard(guarded, longest=8) == cell
    assert len(guarded) <= 8 or cell.startswith("'")


def test_no_cell_of_the_official_csv_begins_like_a_formula(exports):
    with (exports / "lieux-mediation-numerique.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["structure_parente"].startswith("'=")
    for row in rows:
        for name, cell in row.items():
            assert name in {"latitude", "longitude"} or not re.match(r"[=@\t\r]|[+-](?!\d+$)", cell)


def test_what_the_schema_demands_and_nobody_knows_is_marked_and_read_back_as_unknown(release, exports):
    columns = official_columns(release.places)
    assert columns["pivot"].eq(PLACEHOLDERS["pivot"]).all()
    assert columns.loc[0, "date_maj"] == "1970-01-01"
    back = read_official_csv(exports / "lieux-mediation-numerique.csv")
    assert back["pivot"].isna().all()
    assert back["date_maj"].isna().sum() == 1


def test_a_file_with_another_header_is_not_taken_for_the_official_one(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="the header is a, b; expected id, pivot"):
        read_official_csv(tmp_path / "x.csv")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_real_places_satisfy_the_official_table_schema(shared_data, real_places, tmp_path, kind):
    schema = Schema.from_descriptor(json.loads((shared_data / "places" / "schema" / "schema_v1.0.2.json").read_bytes()))
    if kind == "csv":
        write_official_csv(real_places, tmp_path / "lieux.csv")
        with (tmp_path / "lieux.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
    else:
        write_official_json(real_places, tmp_path / "lieux.json")
        content = json.loads((tmp_path / "lieux.json").read_bytes())
        rows = [list(FIELD_NAMES), *([row[name] for name in FIELD_NAMES] for row in content)]
    assert len(rows) == len(real_places) + 1
    report = Resource(data=rows, schema=schema).validate(limit_errors=20)
    assert report.valid, [error.message for task in report.tasks for error in task.errors]


def test_real_places_come_back_whole_from_the_official_csv(real_places, tmp_path):
    write_official_csv(real_places, tmp_path / "lieux.csv")
    pd.testing.assert_frame_equal(read_official_csv(tmp_path / "lieux.csv"), conform(pd.DataFrame(real_places), STANDARD))


def test_an_unknown_format_is_answered_with_the_known_ones(release, tmp_path):
    with pytest.raises(ExportError, match="unknown format shapefile; expected some of csv, json, geojson"):
        write_exports(release, tmp_path / "out", formats=["shapefile"])
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_files_is_never_replaced(release, tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(ExportError, match="was not made by this command"):
        write_exports(release, tmp_path / "photos", formats=["csv"])


def test_exports_replace_those_of_before_as_a_whole(release, tmp_path):
    write_exports(release, tmp_path / "exports", formats=["csv", "json"])
    write_exports(release, tmp_path / "exports", formats=["csv"])
    assert not (tmp_path / "exports" / "lieux-mediation-numerique.json").exists()
    assert [each.name for each in tmp_path.iterdir() if not each.name.startswith(".")] == ["exports"]
    assert len(list(tmp_path.glob(".exports.d-*"))) == 1
