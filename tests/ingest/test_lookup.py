"""A mapping may look columns up in another file by key: services that name their structure become records at the structure."""

from __future__ import annotations

import json
import random

import pandas as pd
import pytest

from mediation_geo.errors import SchemaMismatch, SettingsError
from mediation_geo.ingest import load_mapping, read_source, stream_source
from mediation_geo.pipeline.reading import SourceFile, read_all
from mediation_geo.standard import rejected_ids

HEAD = 'name = "cours"\ntitle = "t"\nterritory = "34"\nproducer = "p"\nlicence = "l"\nkey = ["code"]\n'
MAPPING = load_mapping(
    HEAD
    + """
[[recognise]]
columns = ["code", "maison"]
[[lookup]]
file = "maisons?"
on = { maison = "numero" }
prefix = "maison"
[fields]
nom = ["maison.nom", "titre"]
adresse = "maison.adresse"
commune = "maison.commune"
""",
    path="cours.toml",
)
COURSES = [
    {"code": "c1", "maison": "1", "titre": "Tableur"},
    {"code": "c2", "maison": " 1 ", "titre": "Clavier"},
    {"code": "c3", "maison": "9", "titre": "Photo"},
    {"code": "c4", "maison": "", "titre": "Vidéo"},
]
HOUSES = [
    {"numero": "1", "nom": "Maison des Lilas", "adresse": "3 rue A", "commune": "Uzès"},
    {"numero": "2", "nom": "Maison du Parc", "adresse": "4 rue B", "commune": "Alès"},
    {"numero": "", "nom": "Maison sans numéro", "adresse": "5 rue C", "commune": "Nîmes"},
]


def _write(path, rows):
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


@pytest.fixture
def courses(tmp_path):
    return _write(tmp_path / "2026-01-01_cours.json", COURSES)


def test_rows_take_the_columns_of_the_row_that_they_name(courses, tmp_path):
    _write(tmp_path / "2025-06-01_maisons.json", HOUSES)
    result = read_source(courses, mappings=[MAPPING])
    found = result.table.set_index("record_id")[["nom", "adresse", "commune"]].to_dict("index")
    house = {"nom": "Maison des Lilas", "adresse": "3 rue A", "commune": "Uzès"}
    assert found == {"cours/c1": house, "cours/c2": house}


def test_a_row_whose_key_leads_nowhere_is_told_and_rejected_not_lost(courses, tmp_path):
    _write(tmp_path / "maisons.json", HOUSES)
    issues = read_source(courses, mappings=[MAPPING]).issues
    assert issues.loc[issues["code"].eq("lookup_missing"), ["record_id", "value"]].to_numpy().tolist() == [["cours/c3", "9"]]
    assert sorted(rejected_ids(issues)) == ["cours/c3", "cours/c4"]


def test_without_the_other_file_nothing_locates_the_rows_and_the_report_says_why(courses):
    result = read_source(courses, mappings=[MAPPING])
    assert result.table.empty
    assert len(rejected_ids(result.issues)) == len(COURSES)
    assert result.issues.loc[result.issues["code"].eq("lookup_missing"), "record_id"].isna().tolist() == [True]


def test_only_the_files_that_the_caller_names_are_looked_at(courses, tmp_path):
    houses = _write(tmp_path / "maisons.json", HOUSES)
    assert read_source(courses, mappings=[MAPPING], beside=[]).table.empty
    assert len(read_source(courses, mappings=[MAPPING], beside=[courses, houses]).table) == 2


def test_the_newest_edition_of_the_other_file_is_used(courses, tmp_path):
    _write(tmp_path / "2025-06-01_maisons.json", HOUSES)
    _write(tmp_path / "2025-07-01_maisons.json", [HOUSES[0] | {"adresse": "30 rue A"}])
    assert read_source(courses, mappings=[MAPPING]).table["adresse"].tolist() == ["30 rue A"] * 2


@pytest.mark.parametrize("seed", range(5))
def test_neither_the_order_of_either_file_nor_the_chunk_matters(courses, tmp_path, seed):
    # Two houses share a number: whichever is taken, it must be the same one from any order.
    houses = [*HOUSES, HOUSES[0] | {"adresse": "1 rue Z"}]
    _write(tmp_path / "maisons.json", houses)
    expected = read_source(courses, mappings=[MAPPING])
    shuffle = random.Random(seed)
    _write(tmp_path / "maisons.json", shuffle.sample(houses, len(houses)))
    _write(courses, shuffle.sample(COURSES, len(COURSES)))
    chunks = list(stream_source(courses, mappings=[MAPPING], chunk_rows=2))
    got = pd.concat([each.table for each in chunks]).sort_values("record_id", ignore_index=True)
    pd.testing.assert_frame_equal(got.drop(columns="row"), expected.table.drop(columns="row"))


def test_another_file_without_the_column_of_the_key_is_refused_by_name(courses, tmp_path):
    _write(tmp_path / "maisons.json", [{"nom": "Maison", "adresse": "3 rue A"}])
    with pytest.raises(SchemaMismatch, match=r"maisons\.json.*'numero'"):
        read_source(courses, mappings=[MAPPING])


@pytest.mark.parametrize("rule", ["file = '('\non = { a = 'b' }\nprefix = 'x'", "file = 'x'\non = {}\nprefix = 'x'"])
def test_a_wrong_lookup_is_refused_with_its_place(rule):
    with pytest.raises(SettingsError, match=r"cours.toml: lookup\.0\."):
        load_mapping(f"{HEAD}[[lookup]]\n{rule}\n", path="cours.toml")


def test_a_night_looks_only_at_its_own_files(tmp_path):
    service = {"id": "s", "structure_id": "a", "source": "dora", "nom": "Aide", "thematiques": ["numerique"], "profils": []}
    structure = {
        "id": "a",
        "source": "dora",
        "nom": "Maison des Lilas",
        "adresse": "3 rue A",
        "commune": "Uzès",
        "date_maj": "2026-01-02",
    }
    services = SourceFile(_write(tmp_path / "services.json", [service]), None, "")
    structures = SourceFile(_write(tmp_path / "data-inclusion.json", [structure]), None, "")
    assert read_all([services], known={}, report=print).records.empty
    both = read_all([services, structures], known={}, report=print).records
    assert both.set_index("record_id")["nom"].to_dict() == dict.fromkeys(
        ["data-inclusion-services/dora:s", "data-inclusion/dora:a"], "Maison des Lilas"
    )


def test_services_of_data_inclusion_become_records_at_their_structures(shared_data):
    services = read_source(shared_data / "places" / "raw" / "data-inclusion" / "2022-12-01_data-inclusion-services.json").table
    assert len(services) == 621
    assert services[["nom", "adresse", "commune"]].notna().all(axis=None)
    assert services["services"].notna().sum() == 256
