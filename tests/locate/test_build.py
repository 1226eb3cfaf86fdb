from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.errors import GeocoderError, SchemaMismatch, SourceUnavailable
from mediation_geo.locate import EmbeddedGeocoder, load_communes
from mediation_geo.locate.build import build_streets, read_streets
from mediation_geo.locate.streets import pack_numbers, unpack_numbers

HEADER = "id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;x;y;lon;lat"


def ban_csv(path: Path, rows: list[tuple[str, str, str, str, str, float, float]]) -> Path:
    lines = [
        f";;{number};{rep};{name};{postcode};{code};X;0;0;{lon};{lat}" for number, rep, name, postcode, code, lon, lat in rows
    ]
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.write("\n".join([HEADER, *lines]) + "\n")
    return path


HERAULT = [
    ("1", "", "Rue des Essais", "34000", "34172", 3.87, 43.61),
    ("1", "bis", "Rue des Essais", "34000", "34172", 3.8701, 43.61),
    ("7", "", "Rue des Essais", "34070", "34172", 3.85, 43.60),
]
RHONE = [("3", "", "Rue des Épreuves", "69003", "69383", 4.86, 45.757)]


def build(out: Path, *parts: Path) -> dict[str, int]:
    return build_streets(parts, out, communes=load_communes(), data_version="essai")


def test_national_files_become_streets_with_their_numbers(tmp_path: Path) -> None:
    out = tmp_path / "streets.sqlite"
    counts = build(out, ban_csv(tmp_path / "adresses-34.csv.gz", HERAULT), ban_csv(tmp_path / "adresses-69.csv.gz", RHONE))
    assert counts == {"streets": 3, "numbers": 4}
    geocoder = EmbeddedGeocoder(out)
    best = geocoder.search("1 bis rue des Essais 34000 Montpellier")[0]
    assert (best.numero, best.lon, best.lat) == ("1bis", 3.8701, 43.61)
    assert geocoder.search("3 rue des Épreuves Lyon")[0].code_insee == "69123"
    assert geocoder.version == "embedded essai"
    geocoder.close()


def test_an_interrupted_build_goes_on_where_it_stopped(tmp_path: Path) -> None:
    good = ban_csv(tmp_path / "adresses-34.csv.gz", HERAULT)
    broken = ban_csv(tmp_path / "adresses-69.csv.gz", [*RHONE, ("x", "", "y", "69003", "69383", "nord", 45.0)])  # type: ignore[list-item]
    out = tmp_path / "streets.sqlite"
    with pytest.raises(SchemaMismatch, match="line 3"):
        build(out, good, broken)
    with pytest.raises(GeocoderError, match="build the street table again"):
        EmbeddedGeocoder(out)
    ban_csv(tmp_path / "adresses-69.csv.gz", RHONE)
    assert build(out, good, broken) == {"streets": 3, "numbers": 4}
    assert build(out, good, broken) == {"streets": 3, "numbers": 4}


def test_a_file_that_is_no_address_file_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"none\.csv"):
        list(read_streets(tmp_path / "none.csv"))
    (tmp_path / "other.csv").write_text("a;b\n1;2\n")
    with pytest.raises(SchemaMismatch, match="line 1"):
        list(read_streets(tmp_path / "other.csv"))
    (tmp_path / "other.ndjson").write_text('{"type": "street"}\n')
    with pytest.raises(SchemaMismatch, match="one street a line"):
        list(read_streets(tmp_path / "other.ndjson"))


numbers = st.tuples(st.integers(0, 9_999), st.sampled_from(["", "B", "T", "a", "c"]))
offsets = st.integers(-50_000, 50_000).map(lambda micro: micro / 1e6)


@given(st.dictionaries(numbers, st.tuples(offsets, offsets), max_size=30), st.floats(-5, 9), st.floats(41, 51))
def test_numbers_come_back_as_they_were_packed(found: dict[tuple[int, str], tuple[float, float]], lon: float, lat: float) -> None:
    lon, lat = round(lon, 6), round(lat, 6)
    there = {key: (round(lon + dx, 6), round(lat + dy, 6)) for key, (dx, dy) in found.items()}
    back = unpack_numbers(pack_numbers(there, lon, lat), lon, lat)
    assert back.keys() == there.keys()
    assert all(abs(back[key][axis] - there[key][axis]) < 1.5e-6 for key in there for axis in (0, 1))
