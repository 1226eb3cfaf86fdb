"""A source file becomes records and issues: nothing lost, the same from night to night, whatever the order of its rows."""

from __future__ import annotations

import csv
import io
import json
import random

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediation_geo.ingest import read_source, stream_source
from mediation_geo.ingest.read import open_raw
from mediation_geo.ingest.source import open_source
from mediation_geo.ingest.table_schema import as_official_rows
from mediation_geo.standard import FIELD_NAMES, LIST_FIELDS, RECORDS, issue_codes

ROWS = {
    "aidants-connect": 3407, "angers": 63, "bfc-ternum": 642 + 697 + 697, "bordeaux-metropole": 125, "charente": 2 * 188,
    "cnfs": 1373 + 4930,
    "conumm": 63, "corse": 162, "corse-epn": 22 + 9, "data-inclusion": 4261 + 3811, "france-services": 2683, "francilin": 363,
    "gironde": 219 + 347, "grandlyon": 61, "haute-vienne": 561, "hub-antilles": 2 * 165, "hub-lo": 426, "hubik": 142 + 140,
    "le-havre": 76 + 80,
    "maine-et-loire": 235 + 243, "nouvelle-caledonie": 90 + 90 + 92, "paca": 2 * 1245, "siilab-hdf": 1249, "ultra-num": 156 +
    156 + 155,
}  # fmt: skip
STANDARD_ROW = {
    "id": "a1", "nom": "Mairie", "adresse": "1 rue de la Paix", "code_postal": "34000", "commune": "Montpellier", "date_maj":
    "2024-01-02",
    "latitude": "43.61", "longitude": "3.87", "telephone": "+33467000000", "services": "Aide aux démarches administratives",
}  # fmt: skip


@pytest.fixture(scope="module")
def raw_files(shared_data):
    return sorted(path for path in (shared_data / "places" / "raw").rglob("*") if path.is_file())


def _write_csv(path, rows, *, delimiter=",", encoding="utf-8", names=None):
    names = names or list(rows[0])
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("folder", sorted(ROWS))
def test_every_row_of_the_real_files_is_a_record_or_a_rejection(raw_files, folder):
    accounted = 0
    for path in raw_files:
        if path.parent.name == folder:
            result = read_source(path)
            assert issues_are_known(result.issues)
            rejected = result.issues.loc[result.issues["severity"].eq("reject"), "record_id"]
            assert not rejected.duplicated().any()
            assert set(rejected).isdisjoint(result.table["record_id"])
            assert result.table["record_id"].is_unique
            assert result.table["record_id"].is_monotonic_increasing
            assert list(result.table.columns) == list(RECORDS)
            accounted += len(result.table) + len(rejected)
    assert accounted == ROWS[folder]


COMPARED = [name for name in FIELD_NAMES if name not in ("presentation_resume", "presentation_detail")]


@pytest.mark.parametrize(
    ("old", "new", "lost_by_the_publisher"),
    [
        # The published v1 file lost "Avec de l'aide" where "Dans un atelier" stood beside it, and one service.
        (
            "charente/2023-07-11_charente_v0.1.json",
            "charente/2023-07-11_charente_v1.json",
            {"modalites_accompagnement": 3, "services": 1},
        ),
        (
            "nouvelle-caledonie/2024-03-20_nouvelle-caledonie_published_v0.1.json",
            "nouvelle-caledonie/2024-03-20_nouvelle-caledonie_published_v1.json",
            {},
        ),
    ],
)
def test_the_twins_give_the_same_records_from_both_versions(shared_data, old, new, lost_by_the_publisher):
    raw = shared_data / "places" / "raw"
    left, right = (as_official_rows(read_source(raw / path).table).set_index("id") for path in (old, new))
    assert list(left.index) == list(right.index)
    columns = [name for name in COMPARED if name != "id"]
    unordered = {name: (_label_sets(left[name]), _label_sets(right[name])) for name in columns}
    differing = {name: sum(a != b for a, b in zip(*pair, strict=True)) for name, pair in unordered.items()}
    assert {name: count for name, count in differing.items() if count} == lost_by_the_publisher


def _label_sets(column):
    return [frozenset(text.split("|")) for text in column]


def issues_are_known(issues):
    return set(issues["code"]) <= set(issue_codes())


DIALECTS = {
    "comma": {"delimiter": ","},
    "semicolon with byte order mark": {"delimiter": ";", "encoding": "utf-8-sig"},
    "tab": {"delimiter": "\t"},
    "Windows": {"delimiter": ";", "encoding": "cp1252"},
    "Macintosh": {"delimiter": ";", "encoding": "mac_roman"},
    "UTF-16": {"delimiter": ",", "encoding": "utf-16"},
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_national_file_reads_alike_in_every_dialect(tmp_path, dialect):
    rows = [STANDARD_ROW | {"id": str(number), "nom": "Médiathèque de l’été à Hérault"} for number in range(5)]
    expected = read_source(_write_csv(tmp_path / "lieux.csv", rows)).table
    assert expected["nom"].eq("Médiathèque de l’été à Hérault").all()
    (tmp_path / "other").mkdir()
    got = read_source(_write_csv(tmp_path / "other" / "lieux.csv", rows, **DIALECTS[dialect])).table
    pd.testing.assert_frame_equal(expected, got)


def test_the_warehouse_dialect_keeps_what_is_known(tmp_path):
    rows = [
        {
            "id": "",
            "pivot": "00000000000000",
            "nom": "Mairie",
            "adresse": "1 rue A",
            "code_postal": "1000",
            "commune": "Bourg",
            "date_maj": "2026-04-02T04:00:00+00:00",
        },
        {
            "id": "",
            "pivot": "00000000000000",
            "nom": "Poste",
            "adresse": "2 rue B",
            "code_postal": "1000",
            "commune": "Bourg",
            "date_maj": "1970-01-01",
        },
    ]
    table = read_source(_write_csv(tmp_path / "export.csv", rows, delimiter=";", encoding="utf-8-sig")).table
    assert table["pivot"].isna().all()
    assert table["code_postal"].eq("01000").all()
    assert table["date_maj"].dropna().astype(str).tolist() == ["2026-04-02"]
    assert table["record_id"].str.fullmatch(r"export/~[0-9a-f]{14}").all()


@pytest.mark.parametrize("wrap", ["list", "results", "records/fields", "features", "keyed", "lines"])
def test_json_is_read_in_the_shapes_that_portals_publish(tmp_path, wrap):
    row = STANDARD_ROW | {"latitude": 43.61, "longitude": 3.87, "services": ["Aide aux démarches administratives"]}
    document = {
        "list": [row],
        "results": {"total_count": 1, "results": [row]},
        "records/fields": {"nhits": 1, "records": [{"recordid": "r", "fields": row}]},
        "features": {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": row, "geometry": {"type": "Point", "coordinates": [3.87, 43.61]}}],
        },
        "keyed": {"Mairie": row},
    }.get(wrap)
    text = "\n".join([json.dumps(row)] * 2) if wrap == "lines" else json.dumps(document)
    path = tmp_path / "lieux.json"
    path.write_text(text, encoding="utf-8")
    record = read_source(path).table.iloc[0]
    assert (record["nom"], record["latitude"], record["services"]) == ("Mairie", 43.61, ["Aide aux démarches administratives"])


def test_spreadsheets_and_parquet_read_like_csv(tmp_path):
    frame = pd.DataFrame([STANDARD_ROW])
    frame.to_excel(tmp_path / "lieux.xlsx", index=False)
    frame.to_parquet(tmp_path / "lieux.parquet")
    expected = read_source(_write_csv(tmp_path / "lieux.csv", [STANDARD_ROW])).table
    for name in ("lieux.xlsx", "lieux.parquet"):
        pd.testing.assert_frame_equal(read_source(tmp_path / name).table, expected)


def test_rows_that_share_an_id_are_told_apart_by_their_content(tmp_path):
    rows = [STANDARD_ROW | {"nom": name} for name in ("Mairie", "Poste", "École")]
    straight = read_source(_write_csv(tmp_path / "lieux.csv", rows))
    turned = read_source(_write_csv(tmp_path / "lieux.csv", rows[::-1]))
    names = straight.table.set_index("record_id")["nom"].to_dict()
    assert sorted(names) == ["lieux/a1", "lieux/a1~2", "lieux/a1~3"]
    assert turned.table.set_index("record_id")["nom"].to_dict() == names
    assert straight.issues["code"].eq("id_repeated").sum() == 2


def test_the_edition_of_tomorrow_keeps_the_ids_of_today(tmp_path):
    today = read_source(_write_csv(tmp_path / "2026-01-01_lieux.csv", [STANDARD_ROW | {"id": ""}]))
    tomorrow = read_source(
        _write_csv(
            tmp_path / "2026-01-02_lieux.csv",
            [STANDARD_ROW | {"id": "", "nom": "Autre"}, STANDARD_ROW | {"id": "", "telephone": ""}],
        )
    )
    assert set(today.table["record_id"]) < set(tomorrow.table["record_id"])


CELLS = st.sampled_from(
    [
        "",
        "a",
        "Mairie",
        "MAIRIE DE X",
        "12 rue A, 33000 Bordeaux",
        "06 00 00 11 37",
        "lundi 9h-12h",
        "1970-01-01",
        "x@y.fr",
        "44,8",
        "null",
    ]
)


@st.composite
def _tables(draw):
    names = [
        "id",
        "nom",
        "adresse",
        "commune",
        "code_postal",
        "telephone",
        "horaires",
        "date_maj",
        "latitude",
        "longitude",
        "services",
    ]
    rows = draw(st.lists(st.tuples(*[CELLS] * len(names)), min_size=1, max_size=6))
    return [dict(zip(names, row, strict=True)) for row in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(rows=_tables(), seed=st.integers(0, 9))
def test_the_order_of_rows_does_not_matter_and_nothing_is_lost(tmp_path, rows, seed):
    shuffled = random.Random(seed).sample(rows, len(rows))
    first, second = (read_source(_write_csv(tmp_path / "lieux.csv", each)) for each in (rows, shuffled))
    rejected = first.issues["severity"].eq("reject").sum()
    assert len(first.table) + rejected == len(rows)
    pd.testing.assert_frame_equal(first.table.drop(columns="row"), second.table.drop(columns="row"))
    pd.testing.assert_frame_equal(first.issues, second.issues)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(rows=_tables())
def test_reading_clean_records_again_changes_nothing(tmp_path, rows):
    first = read_source(_write_csv(tmp_path / "lieux.csv", rows)).table
    if first.empty:
        return
    official = as_official_rows(first)
    official.to_csv(tmp_path / "again.csv", index=False)
    second = as_official_rows(read_source(tmp_path / "again.csv").table)
    again = second.assign(id=second["id"].str.removeprefix("again/"))
    pd.testing.assert_frame_equal(again.sort_values("id", ignore_index=True), official.sort_values("id", ignore_index=True))


@pytest.mark.parametrize("size", [3, 7])
def test_streaming_in_chunks_gives_the_same_as_reading_at_once(shared_data, size):
    path = shared_data / "places" / "raw" / "corse-epn" / "2020-05-05_carte-des-epn-de-corse.csv"
    whole = read_source(path)
    chunks = pd.concat([result.table for result in stream_source(path, chunk_rows=size)])
    pd.testing.assert_frame_equal(chunks.sort_values("record_id", ignore_index=True), whole.table)


def test_old_and_new_editions_of_one_source_keep_their_ids(shared_data):
    raw = shared_data / "places" / "raw" / "maine-et-loire"
    old, new = (set(read_source(path).table["record_id"]) for path in sorted(raw.iterdir()))
    assert len(old & new) >= 178


def test_lists_are_lists_and_never_empty(shared_data):
    table = read_source(shared_data / "places" / "raw" / "charente" / "2023-07-11_charente_v1.json").table
    for name in LIST_FIELDS:
        assert all(value is None or (isinstance(value, list) and value) for value in table[name])


def test_a_shifted_row_is_put_back(shared_data):
    folder = shared_data / "places" / "raw" / "ultra-num"
    table = read_source(folder / "2023-03-21_ultra-num.json").table
    assert table["code_postal"].str.startswith("974").mean() > 0.95


def test_sources_are_found_by_their_columns(raw_files):
    found = {path.parent.name: open_source(path).feed for path in raw_files}
    renamed = {
        "bfc-ternum": "mednum-bfc",
        "corse-epn": "corse-coworking",
        "siilab-hdf": "siilab",
        "hubik": "hubik-lot-et-garonne",
    }
    renamed |= {"nouvelle-caledonie": "nouvelle-caledonie-source"}
    assert found == {name: renamed.get(name, name) for name in found}


def test_a_feed_named_by_the_caller_is_used(tmp_path):
    result = read_source(_write_csv(tmp_path / "x.csv", [STANDARD_ROW]), feed="ma-ville")
    assert result.table["record_id"].tolist() == ["ma-ville/a1"]


def test_personal_data_reaches_neither_records_nor_issues(tmp_path):
    row = STANDARD_ROW | {
        "courriels": "marie.exemple@x.fr|accueil@x.fr",
        "presentation_detail": "Contact : Mme Exemple, 06 00 00 11 37",
    }
    result = read_source(_write_csv(tmp_path / "x.csv", [row]))
    published = result.table.to_csv() + result.issues.to_csv()
    assert "marie.exemple" not in published
    assert "Mme Exemple" not in published
    assert "00 00 11 37" not in published
    assert result.table["courriels"].iloc[0] == ["accueil@x.fr"]
    assert {"email_nominative", "person_named"} <= set(result.issues["code"])


def test_the_header_need_not_be_the_first_line(shared_data):
    raw = open_raw(shared_data / "places" / "raw" / "hubik" / "2020-09-08_pyrenees-atlantiques.csv")
    assert raw.columns[:4] == ("id", "Lat", "Long", "Etat de l'action")
