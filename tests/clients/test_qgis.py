"""QGIS without a screen opens the collection as a layer, counts and filters it; too big for CI, `make clients` installs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import httpx
import pytest

from mediation_geo.service.snapshot import Snapshot
from tests.clients.recording import Recorder
from tests.service.serving import COLLECTION

# Debian's QGIS belongs to Debian's Python, whichever the tests run on.
PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def with_qgis() -> None:
    probe = [PYTHON, "-c", "import qgis.core"]
    if not Path(PYTHON).exists() or subprocess.run(probe, capture_output=True, timeout=300, check=False).returncode != 0:
        pytest.skip("needs QGIS with its Python, which `make clients` installs")


@pytest.mark.usefixtures("with_qgis")
def test_qgis_opens_counts_and_filters_the_places(recorded: Recorder, snapshot: Snapshot, web: httpx.Client) -> None:
    script = Path(__file__).with_name("qgis_reads.py")
    run = subprocess.run(
        [PYTHON, str(script), f"{recorded.url}/ogcapi", COLLECTION],
        capture_output=True, text=True, timeout=600, check=False, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["valid"]
    assert found["crs"] in {"EPSG:4326", "OGC:CRS84"}
    assert found["announced"] == found["read"] == len(snapshot.places)
    assert {found["fields"][name] for name in ("code_postal", "code_insee", "pivot")} == {"String"}
    items = f"/ogcapi/collections/{COLLECTION}/items"
    assert found["box"] == web.get(items, params={"bbox": "2.0,48.5,2.8,49.1", "limit": 1}).json()["numberMatched"]
    assert found["place"]["code_departement"] == "01"
    assert found["place"]["code_postal"].startswith("01")
    assert found["position"] == web.get(f"{items}/{found['place']['id']}").json()["geometry"]["coordinates"]
    assert found["filter_accepted"]
    assert found["filtered"] == len(snapshot.places.rows_equal("code_departement", "59"))
    assert {each.status for each in recorded.requests} == {200}
