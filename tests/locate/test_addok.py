"""The remote geocoder against a real addok with Redis; `MEDIATION_GEO_ADDOK` names the addok program."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from mediation_geo.locate import load_communes
from mediation_geo.locate.remote import RemoteGeocoder
from tests.locate.addok_server import addok_serving
from tests.locate.conftest import write_corpus


@pytest.fixture(scope="module")
def addok(tmp_path_factory: pytest.TempPathFactory, needs_system: Callable[..., str]) -> Iterator[str]:
    if not os.environ.get("MEDIATION_GEO_ADDOK"):
        pytest.skip("MEDIATION_GEO_ADDOK does not name an addok program")
    needs_system("redis-server")
    corpus = with_cities(write_corpus(tmp_path_factory.mktemp("addok") / "essai.ndjson"))
    with addok_serving(corpus) as address:
        yield address


def with_cities(corpus: Path) -> Path:
    """Addok matches the town as text, so each street carries its name."""
    communes = load_communes()
    documents = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    for number, document in enumerate(documents):
        current = communes.by_code[communes.current_code(document["citycode"]) or ""]
        document |= {
            "id": str(number),
            "city": current.nom,
            "importance": 0.3,
            "postcode": document["postcode"] or current.postcodes[0],
        }
    corpus.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
    return corpus


def test_a_real_addok_loses_no_row_and_misassigns_none(addok: str) -> None:
    rows = pd.DataFrame(
        [
            ("1 avenue des Essais", "34000", "Montpellier", "34172"),
            ("12 bis rue de la Mairie", "34000", "MONTPELLIER CEDEX 3", "34172"),
            ("7 r. Zéphirin Cobaye", "69003", "Lyon", "69123"),
            ("4 rue des Filaos", "97400", "Saint-Denis", "97411"),
            ("4 rue des Filaos", "93200", "Saint-Denis", "93066"),
            ("", "", "", ""),
        ],
        columns=["adresse", "code_postal", "commune", "expected"],
    )
    geocoder = RemoteGeocoder(addok)
    answers = geocoder.batch(rows)
    assert answers["status"].tolist() == ["ok"] * 5 + ["skipped"]
    assert answers["code_insee"].head(5).tolist() == rows["expected"].head(5).tolist()
    assert answers["confidence"].head(5).ge(0.8).all()
    assert answers["precision"].head(5).eq("housenumber").all()
    elsewhere = geocoder.batch(rows.head(2).assign(code_insee="34057"))
    assert elsewhere["status"].eq("not-found").all()
    assert geocoder.search("4 rue des Filaos Saint-Denis 97400")[0].departement == "974"
    geocoder.close()
