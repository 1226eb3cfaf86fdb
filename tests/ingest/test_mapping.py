"""Mappings are data: wrong ones are refused with their place, a new regional file needs one and no code."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from frictionless import Schema

from mediation_geo.errors import SettingsError
from mediation_geo.ingest import load_mapping, read_source, shipped_mappings
from mediation_geo.ingest.mapping import DAYS
from mediation_geo.ingest.propose import propose_mapping, to_toml
from mediation_geo.ingest.read import open_raw
from mediation_geo.ingest.table_schema import schema_faults, table_schema

HEAD = 'name = "ma-ville"\ntitle = "t"\nterritory = "34"\nproducer = "p"\nlicence = "l"\n'
OFFICIAL_FEEDS = """coop-numerique dora fredo france-travail france-services charente-maritime francil-in
grand-paris-sud herault hinaura
les-landes loire-atlantique mednum-bfc meuse mulhouse numi paca paris res-in rhin-occ siilab vendee vosges"""


def test_every_feed_of_the_national_pipeline_has_a_mapping():
    feeds = OFFICIAL_FEEDS.split()
    assert len(feeds) == 23
    assert set(feeds) <= set(shipped_mappings())


def test_every_mapping_names_a_place_and_where_it_is():
    for mapping in shipped_mappings().values():
        assert {"nom", "adresse"} <= set(mapping.fields), mapping.name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "not TOML"),
        (HEAD + "[fields]\nnomm = 'x'", "unknown fields ['nomm']"),
        (HEAD + "[fields]\nnom = { columns = ['a'], join = ['b'] }", "exactly one of"),
        (HEAD + "[terms]\nservices = [{ value = 'Jardinage' }]", "Jardinage"),
        (HEAD + "[hours]\nlundii = { ranges = ['x'] }", "expected lundi"),
        (HEAD + "colour = 'blue'", "Extra inputs"),
        (HEAD + "[fetch]\nurl = 'http://x.fr'\nformat = 'csv'", "String should match"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_place(text, words):
    with pytest.raises(SettingsError) as caught:
        load_mapping(text, path="ma-ville.toml")
    assert "ma-ville.toml" in str(caught.value)
    assert words in str(caught.value)


def test_a_new_regional_file_needs_a_mapping_and_no_code(tmp_path):
    mapping = load_mapping(
        HEAD
        + """key = ["code"]
[[recognise]]
columns = ["code", "intitule"]
[fields]
nom = "intitule"
numero = "n"
adresse = ["voie2", "voie"]
code_postal = { split = "ville", separator = " ", part = 0 }
commune = { split = "ville", separator = " ", part = 1 }
source = { constant = "Ma ville" }
itinerance = { constant = "Itinérant", when = "bus" }
[hours]
lundi = { times = [["ouvre", "ferme"]] }
[terms]
services = [
  { columns = ["quoi"], terms = ["demarche"], unless = ["pas de demarche"], value = "Aide aux démarches administratives" },
]
frais_a_charge = [{ columns = ["prix"], codes = ["1"], value = "Gratuit" }]
""",
        path="ma-ville.toml",
    )
    rows = [
        {"code": "a", "intitule": "Mairie", "n": "3", "voie": "rue A", "ville": "34000 Montpellier", "bus": "non",
         "ouvre": "9h", "ferme": "12h",
         "quoi": "Démarches en ligne", "prix": "1,4"},
        {"code": "b", "intitule": "Bus", "voie2": "place B", "voie": "rue A", "ville": "34000 Montpellier", "bus": "oui",
         "quoi": "Pas de démarche", "prix": "14"},
    ]  # fmt: skip
    path = tmp_path / "x.json"
    path.write_text(json.dumps(rows))
    table = read_source(path, mappings=[mapping]).table.set_index("record_id")
    hall, bus = table.loc["ma-ville/a"], table.loc["ma-ville/b"]
    assert (hall["adresse"], hall["commune"], hall["horaires"]) == ("3 rue A", "Montpellier", "Mo 09:00-12:00")
    assert (hall["services"], hall["frais_a_charge"], hall["itinerance"]) == (
        ["Aide aux démarches administratives"],
        ["Gratuit"],
        None,
    )
    assert (bus["adresse"], bus["services"], bus["frais_a_charge"], bus["itinerance"]) == ("place B", None, None, ["Itinérant"])


@pytest.mark.parametrize(
    "path", ["hub-lo/2023-02-09_hub-lo.json", "france-services/2022-12-01_liste-fs.csv", "corse/2023-07-12_corse.json"]
)
def test_a_proposed_mapping_can_be_used_as_it_is(shared_data, path):
    raw = open_raw(shared_data / "places" / "raw" / path)
    proposals = propose_mapping(next(raw.read(200)).frame)
    mapping = load_mapping(to_toml(proposals, name="proposed", columns=list(raw.columns)), path="proposed.toml")
    table = read_source(raw.path, mappings=[mapping], feed="proposed").table
    found = table[["nom", "adresse", "code_postal", "latitude", "telephone"]].notna().mean()
    assert (found > 0.5).all(), found


def test_our_table_schema_is_the_official_one(shared_data):
    ours = {field["name"]: field for field in table_schema()["fields"]}
    files = sorted((shared_data / "places" / "schema").rglob("*1.0.2*"))
    official = {field["name"]: field for field in json.loads(files[0].read_text(encoding="utf-8"))["fields"]}
    assert list(ours) == list(official)
    for name, field in official.items():
        assert ours[name]["type"] == field["type"], name
        assert ours[name]["constraints"].get("required", False) == field.get("constraints", {}).get("required", False), name
    Schema.from_descriptor(table_schema())


def test_clean_records_have_no_faults_but_missing_values(shared_data):
    table = read_source(shared_data / "places" / "raw" / "le-havre" / "2024-07-18_le-havre.json").table
    faults = schema_faults(table)
    assert set(faults["fault"]) <= {"constraint-error"}
    assert faults["value"].isna().all() or faults["value"].eq("").all() or faults.empty


def test_days_are_in_the_order_of_the_week():
    assert DAYS[0] == "lundi"
    assert len(DAYS) == 7
    assert isinstance(propose_mapping(pd.DataFrame({"a": pd.Series(["x"], dtype="str")})), list)
