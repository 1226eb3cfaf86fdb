"""The remote geocoder against a real addok with Redis; `MEDIATION_GEO_ADDOK` names the addok program."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from mediation_geo.locate.remote import RemoteGeocoder
from tests.locate.conftest import write_corpus

CONFIG = """
REDIS = {{'host': '127.0.0.1', 'port': {port}}}
BATCH_WORKERS = 1
MIN_SCORE = 0.3
PROCESSORS_PYPATHS = [
    'addok.helpers.text.tokenize', 'addok.helpers.text.normalize', 'addok_france.glue_ordinal', 'addok_france.fold_ordinal',
    'addok_france.flag_housenumber', 'addok.helpers.text.synonymize', 'addok_fr.phonemicize',
]
QUERY_PROCESSORS_PYPATHS = [
    'addok.helpers.text.check_query_length', 'addok_france.extract_address', 'addok_france.clean_query',
    'addok_france.remove_leading_zeros',
]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on port {port}")


@pytest.fixture(scope="module")
def addok(tmp_path_factory: pytest.TempPathFactory, needs_system: Callable[..., str]) -> Iterator[str]:
    program = os.environ.get("MEDIATION_GEO_ADDOK", "")
    if not program:
        pytest.skip("MEDIATION_GEO_ADDOK does not name an addok program")
    redis = needs_system("redis-server")
    folder = tmp_path_factory.mktemp("addok")
    redis_port, port = free_port(), free_port()
    (folder / "addok.conf").write_text(CONFIG.format(port=redis_port))
    corpus = with_cities(write_corpus(folder / "essai.ndjson"))
    environment = {**os.environ, "ADDOK_CONFIG_MODULE": str(folder / "addok.conf")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    server = subprocess.Popen([redis, "--port", str(redis_port), "--bind", "127.0.0.1", "--save", ""], **quiet)  # type: ignore[call-overload]
    try:
        wait_for(redis_port)
        for command in (["batch", str(corpus)], ["ngrams"]):
            subprocess.run([program, *command], check=True, env=environment, timeout=120, **quiet)  # type: ignore[call-overload]
        service = subprocess.Popen([program, "serve", "--host", "127.0.0.1", "--port", str(port)], env=environment, **quiet)  # type: ignore[call-overload]
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            service.terminate()
            service.wait(timeout=60)
    finally:
        server.terminate()
        server.wait(timeout=60)


def with_cities(corpus: Path) -> Path:
    """Addok matches the town as text, so each street carries its name."""
    import json

    from mediation_geo.locate import load_communes

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
