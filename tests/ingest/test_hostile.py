"""Files that are broken or meant to break us: one clear message, or records with issues; never a crash, never anything active."""

from __future__ import annotations

import csv
import json
import os
import random
import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediation_geo.errors import SourceError
from mediation_geo.ingest import read_source
from mediation_geo.ingest.read import sniff

HEADER = "id,nom,adresse,commune,code_postal,date_maj\n"
ROW = "1,Mairie,1 rue A,Bourg,01000,2024-01-01\n"


def _deep(depth):
    return b'[{"nom": ' + b"[" * depth + b"]" * depth + b"}]"


REFUSED = {
    "empty": (b"", "empty"),
    "blank": (b" \n \n", "empty"),
    "header only": (HEADER.encode(), "without rows"),
    "web page": (b"<!doctype html><html><body>502</body></html>", "web page"),
    "another table": (b"a,b\n1,2\n", "no known source"),
    "one column": (b"nom\nMairie\n", "one column"),
    "truncated JSON": (b'[{"id": "1", "nom": "Mairie"}, {"id": "2", "no', "JSON"),
    "JSON without rows": (b'{"error": "quota"}', "without rows"),
    "deep JSON": (_deep(100_000), "JSON"),
    "binary": (bytes(range(256)) * 50, "binary"),
    "no text": (b"id,nom,commune\n" + b"\xc1\xd8\xfe\xdf" * 30 + b",x,y\n", "UTF-8"),
    "a million columns": (b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n", "columns"),
    "unclosed quote": ((HEADER + '2,"Mairie' + "x" * 1_200_000).encode(), "quotes"),
    "gzip": (b"\x1f\x8b\x08\x00", "gzip"),
    "PDF": (b"%PDF-1.7", "PDF"),
    "cut-off parquet": (b"PAR1" + b"\x00" * 40, "Parquet"),
    "cut-off workbook": (b"PK\x03\x04" + b"\x00" * 40, "archive"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_named_with_what_was_expected(tmp_path, case):
    content, word = REFUSED[case]
    path = tmp_path / "lieux.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_source(path)
    assert "lieux.csv" in str(caught.value)
    assert word in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_source(tmp_path / "nothing.csv")


def test_an_endless_line_names_its_number(tmp_path, monkeypatch):
    # The limit is lowered so that the test need not write hundreds of megabytes; the code path is the same.
    monkeypatch.setattr(sniff, "MAX_LINE_BYTES", 10_000)
    path = tmp_path / "lieux.csv"
    path.write_text(HEADER + ROW + "2," + "x" * 20_000)
    with pytest.raises(SourceError, match="line 3"):
        read_source(path)


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path):
    path = tmp_path / "lieux.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 420_000_000)
    with pytest.raises(SourceError, match="unpacks"):
        read_source(path)


def test_an_archive_of_something_else_is_no_workbook(tmp_path):
    path = tmp_path / "lieux.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lieux.csv", HEADER + ROW)
    with pytest.raises(SourceError, match="zip archive"):
        read_source(path)


ACTIVE = [
    '=HYPERLINK("http://evil.example","clic")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "&lt;iframe src=//evil.example&gt;",
    "<svg/onload=alert(1)>",
    "\u202egnp.exe\x00",
]


@pytest.mark.parametrize(
    "field",
    [
        "nom",
        "adresse",
        "commune",
        "site_web",
        "prise_rdv",
        "courriels",
        "horaires",
        "presentation_detail",
        "autres_formations_labels",
        "source",
    ],
)
def test_nothing_active_reaches_an_output(tmp_path, field):
    rows = [
        {
            "id": str(n),
            "nom": "Mairie",
            "adresse": "1 rue A",
            "commune": "Bourg",
            "code_postal": "01000",
            "date_maj": "2024-01-01",
            field: text,
        }
        for n, text in enumerate(ACTIVE)
    ]
    path = tmp_path / "lieux.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    table = read_source(path).table
    assert len(table) == len(ACTIVE)
    values = [item for value in table[field].dropna() for item in (value if isinstance(value, list) else [value])]
    for value in values:
        lowered = value.lower()
        assert "<script" not in lowered
        assert "<img" not in lowered
        assert "<svg" not in lowered
        assert "<iframe" not in lowered
        assert not value.startswith(("=", "@", "+cmd"))
        assert "\x00" not in value
        assert "\u202e" not in value
    if field in {"site_web", "prise_rdv"}:
        assert all(value.startswith(("http://", "https://")) for value in values)


def test_rows_of_the_wrong_length_are_read_and_reported(tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_text(HEADER + ROW + "2,Poste,2 rue B\n3,École,3 rue C,Bourg,01000,2024-01-01,de trop,encore\n", encoding="utf-8")
    result = read_source(path)
    assert len(result.table) == 3
    codes = result.issues.set_index("code")["value"]
    assert codes["row_too_long"] == "de trop,encore"
    assert codes["row_too_short"] == "3 of 6"


def test_a_pasted_line_in_another_encoding_does_not_spoil_the_rest(tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_bytes(
        (HEADER + "1,Médiathèque,1 rue A,Bourg,01000,\n").encode() + "2,Théâtre,2 rue B,Bourg,01000,\n".encode("cp1252")
    )
    result = read_source(path)
    assert sorted(result.table["nom"]) == ["Médiathèque", "Théâtre"]
    assert "encoding_not_utf8" in set(result.issues["code"])


# The two contacts that stop the national code: eight digits after +33, and a text that its repairs leave as it is for ever.
@pytest.mark.parametrize(
    "contact", [{"telephone": "+3315873272"}, {"courriels": "contact@@", "telephone": "(((((", "site_web": "http//"}]
)
def test_the_records_that_stop_the_national_code_are_ingested(tmp_path, contact):
    path = tmp_path / "lieux.json"
    path.write_text(
        json.dumps([{"id": "1", "nom": "Mairie", "adresse": "1 rue A", "code_postal": "75011", "commune": "Paris", **contact}])
    )
    result = read_source(path)
    assert len(result.table) == 1
    assert result.table["telephone"].isna().all()


# Each takes a cell and another one of the same table; not every one looks at both.
MUTATIONS = st.sampled_from(
    [
        lambda _text, _other: "",
        lambda text, _other: text[::-1],
        lambda text, other: text + other,
        lambda text, _other: text.upper(),
        lambda text, _other: text.replace("e", "\ufffd"),
        lambda text, _other: f"={text}",
        lambda text, _other: f"<b>{text}</b>&nbsp;",
        lambda text, _other: text.encode().decode("latin-1"),
        lambda text, other: f"{text};{other}|{text}",
        lambda text, _other: text * 40,
        lambda text, _other: f" \u202f{text}\x00\n",
        lambda text, _other: text[: len(text) // 2],
        lambda _text, other: other,
        lambda text, _other: "".join(chr((ord(char) * 31) % 0x2FF + 1) for char in text),
    ]
)


# MEDIATION_GEO_MUTATED_ROWS=100000 is the long run.
MUTATED_ROWS = int(os.environ.get("MEDIATION_GEO_MUTATED_ROWS", "2000"))
ROWS_A_FILE = 400


@pytest.fixture(scope="module")
def real_rows(shared_data):
    """Real rows of each small source, as text cells under their own columns."""
    raw = shared_data / "places" / "raw"
    paths = [
        raw / "angers" / "2023-01-23_angers.json",
        raw / "corse" / "2023-07-12_corse.json",
        raw / "charente" / "2023-07-11_charente_v0.1.json",
        raw / "le-havre" / "2024-07-18_le-havre.json",
        raw / "hub-lo" / "2023-02-09_hub-lo.json",
        raw / "maine-et-loire" / "2023-05-16_maine-et-loire.json",
    ]
    return [random.Random(path.name).choices(json.loads(path.read_text(encoding="utf-8")), k=ROWS_A_FILE) for path in paths]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=max(MUTATED_ROWS // ROWS_A_FILE, 1))
@given(data=st.data())
def test_rows_mutated_at_random_are_ingested_without_an_exception(tmp_path, real_rows, data):
    rows = [dict(row) for row in data.draw(st.sampled_from(real_rows))]
    seed = data.draw(st.integers(0, 2**32))
    mutations = data.draw(st.lists(MUTATIONS, min_size=1, max_size=4))
    picker = random.Random(seed)
    texts = [str(value) for row in rows for value in row.values() if value]
    for row in rows:
        for name in picker.sample(list(row), max(1, len(row) // 3)):
            for mutate in mutations:
                row[name] = mutate(str(row[name] or ""), picker.choice(texts))[:5_000]
    path = tmp_path / "mutated.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    result = read_source(path)
    rejected = result.issues["severity"].eq("reject").sum()
    assert len(result.table) + rejected == len(rows)
    assert isinstance(result.table, pd.DataFrame)
