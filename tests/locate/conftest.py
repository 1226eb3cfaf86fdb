"""A small invented street table in real communes, built once, and the commune table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediation_geo.locate import EmbeddedGeocoder, load_communes
from mediation_geo.locate.build import build_streets

# Names and numbers are invented; the communes are real so that codes and postcodes are.
STREETS = [
    (
        "34172",
        "34000",
        "Avenue des Essais",
        3.870,
        43.610,
        {"1": (3.8700, 43.6100), "3": (3.8702, 43.6102), "9": (3.8708, 43.6108)},
    ),
    ("34172", "34000", "Rue de la Mairie", 3.876, 43.611, {"12": (3.8760, 43.6110), "12bis": (3.8761, 43.6110)}),
    ("34172", "34070", "Rue du Moulin", 3.850, 43.600, {"5": (3.85, 43.60)}),
    ("69383", "69003", "Rue Zéphirin Cobaye", 4.860, 45.757, {"7": (4.86, 45.757)}),
    ("69381", "69001", "Rue de la Mairie", 4.833, 45.768, {"2": (4.833, 45.768)}),
    ("97411", "97400", "Rue des Filaos", 55.450, -20.880, {"4": (55.45, -20.88)}),
    ("93066", "93200", "Rue des Filaos", 2.357, 48.936, {"4": (2.357, 48.936)}),
    ("94067", "94160", "Rue de Paris", 2.418, 48.842, {"73": (2.418, 48.842)}),
    ("75111", "75011", "Rue du Général Essai", 2.380, 48.858, {"10": (2.38, 48.858)}),
    ("42038", "42600", "Place de la Mairie", 4.1697, 45.6455, {"1": (4.1697, 45.6455)}),
    ("42122", "42600", "Place de la Mairie", 4.066, 45.600, {"1": (4.066, 45.600)}),
    *((f"{code}", "", "Rue des Moulins", 3.0, 46.0, {}) for code in ("34057", "34129", "13055", "38185", "59350", "33063")),
]


def write_corpus(path: Path) -> Path:
    lines = [
        json.dumps(
            {
                "type": "street",
                "citycode": code,
                "postcode": postcode,
                "name": name,
                "lon": lon,
                "lat": lat,
                "housenumbers": {number: {"lon": x, "lat": y} for number, (x, y) in numbers.items()},
            }
        )
        for code, postcode, name, lon, lat, numbers in STREETS
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def street_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streets")
    out = folder / "streets.sqlite"
    build_streets([write_corpus(folder / "essai.ndjson")], out, communes=load_communes(), data_version="essai")
    return out


@pytest.fixture(scope="session")
def geocoder(street_table: Path) -> Iterator[EmbeddedGeocoder]:
    engine = EmbeddedGeocoder(street_table)
    yield engine
    engine.close()
