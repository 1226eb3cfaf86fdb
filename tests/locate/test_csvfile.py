from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mediation_geo.cli import app
from mediation_geo.errors import SchemaMismatch, SourceUnavailable
from mediation_geo.locate import EmbeddedGeocoder
from mediation_geo.locate.csvfile import ADDED_COLUMNS, geocode_csv

TEXT = (
    'nom;Adresse;CP;Ville;"note; libre"\r\n'
    'Mairie;"12 rue de la Mairie";34000;Montpellier;"à\r\nvoir"\r\n'
    ";;;;\r\n"
    'X;"Zzz ""y""";;;é\r\n'
)


def test_columns_are_added_and_the_rest_stays_byte_for_byte(geocoder: EmbeddedGeocoder, tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        source, out = tmp_path / "in.csv", tmp_path / "out.csv"
        source.write_bytes(TEXT.encode(encoding))
        counts = geocode_csv(source, out, geocoder=geocoder)
        assert counts.rows == 3
        written = out.read_bytes()
        for line in TEXT.encode(encoding).split(b"\r\n"):
            assert line in written
        rows = list(
            csv.DictReader(io.StringIO(written.decode("utf-8-sig" if "utf" in encoding else encoding), newline=""), delimiter=";")
        )
        assert rows[0]["geocode_precision"] == "housenumber"
        assert rows[0]["geocode_code_insee"] == "34172"
        assert rows[1]["geocode_status"] == "skipped"


cells = st.text(alphabet=st.sampled_from('ab"é;,\n |0'), max_size=8)


@given(st.lists(st.tuples(cells, cells, cells), max_size=6), st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_keeps_its_cells(
    geocoder: EmbeddedGeocoder, tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str, newline: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows([("adresse", "commune", "z"), *rows])
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text.getvalue().encode())
    geocode_csv(source, out, geocoder=geocoder)
    before = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter))
    after = list(csv.reader(io.StringIO(out.read_bytes().decode(), newline=""), delimiter=delimiter))
    assert [row[:3] for row in after] == before
    assert all(len(row) == 3 + len(ADDED_COLUMNS) for row in after)


class Stops:
    """An engine that is interrupted in the second call."""

    version = "stops"

    def __init__(self, engine: EmbeddedGeocoder) -> None:
        self.engine, self.calls = engine, 0

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        self.calls += 1
        if self.calls == 2:
            raise KeyboardInterrupt
        return self.engine.batch(frame)


def test_an_interrupted_run_goes_on_where_it_stopped(geocoder: EmbeddedGeocoder, tmp_path: Path) -> None:
    source, out, whole = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "whole.csv"
    source.write_text("adresse,commune\n" + "".join(f"{number} rue de la Mairie,Montpellier\n" for number in range(2_500)))
    with pytest.raises(KeyboardInterrupt):
        geocode_csv(source, out, geocoder=Stops(geocoder))  # type: ignore[arg-type]
    assert not out.exists()
    part = out.with_name("out.csv.part")
    part.write_bytes(part.read_bytes() + b"99 rue de la Mai")
    rows: list[int] = []
    geocode_csv(source, out, geocoder=geocoder, progress=rows.append)
    assert rows == [2_500]
    geocode_csv(source, whole, geocoder=geocoder)
    assert out.read_bytes() == whole.read_bytes()


def test_a_file_without_addresses_is_refused_with_what_is_there(geocoder: EmbeddedGeocoder, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    for content, message in (
        (b"", "empty"),
        (b"a,b\n1,2\n", "no column of addresses"),
        (b'adresse\n"' + b"x\n" * 300, "not closed"),
    ):
        source.write_bytes(content)
        with pytest.raises(SchemaMismatch, match=message):
            geocode_csv(source, tmp_path / "out.csv", geocoder=geocoder)
    source.write_bytes(b"adresse\nx\n")
    with pytest.raises(SchemaMismatch, match="no column 'rue'"):
        geocode_csv(source, tmp_path / "out.csv", geocoder=geocoder, columns={"adresse": "rue"})
    with pytest.raises(SourceUnavailable):
        geocode_csv(tmp_path / "none.csv", tmp_path / "out.csv", geocoder=geocoder)


def test_the_command_geocodes_a_file(street_table: Path, tmp_path: Path) -> None:
    source = tmp_path / "lieux.csv"
    source.write_text("voie,cp,ville\n12 rue de la Mairie,34000,Montpellier\n")
    cache = str(tmp_path / "answers.sqlite")
    done = CliRunner().invoke(app, ["geocode", str(source), "--streets", str(street_table), "--cache", cache])
    assert done.exit_code == 0, done.output
    assert "housenumber" in (tmp_path / "lieux.geocoded.csv").read_text()


def test_the_command_builds_a_street_table(tmp_path: Path) -> None:
    from tests.locate.conftest import write_corpus

    out = tmp_path / "streets.sqlite"
    done = CliRunner().invoke(app, ["geocoder", "build", str(write_corpus(tmp_path / "essai.ndjson")), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert out.is_file()
