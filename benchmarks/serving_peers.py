"""
The servers that `serving.py` compares, each in a process of its own over the same invented places.

A number of places in, ports of running servers out. Measures nothing.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from serving_client import get

__all__ = ["COLLECTION", "EMPTY", "OURS", "WORKERS", "Absent", "ours", "publish", "route", "stock", "tipg"]

COLLECTION = "lieux-mediation-numerique"

_STOCK = """
server: {{bind: {{host: 127.0.0.1, port: {port}}}, url: 'http://127.0.0.1:{port}', mimetype: application/json, encoding: utf-8,
  languages: [en-US], limits: {{default_items: 10, max_items: 10000}}, map: {{url: 'x', attribution: 'x'}}, admin: false}}
logging: {{level: CRITICAL}}
metadata: {{identification: {{title: t, description: d, keywords: [k], keywords_type: theme, terms_of_service: 'http://x', url: 'http://x'}},
  license: {{name: l, url: 'http://x'}}, provider: {{name: p, url: 'http://x'}}, contact: {{name: c}}}}
resources:
  {collection}:
    type: collection
    title: t
    description: d
    keywords: [k]
    links: []
    extents: {{spatial: {{bbox: [-180, -90, 180, 90], crs: 'http://www.opengis.net/def/crs/OGC/1.3/CRS84'}}}}
    providers:
      - {{type: feature, name: Parquet, data: {{source: '{data}'}}, id_field: place_id, x_field: longitude, y_field: latitude}}
"""
OURS = "from mediation_geo.service import serve; from mediation_geo.settings import Settings; serve(Settings.from_environment())"
EMPTY = """
from mediation_geo.service.provider import ReleaseProvider
from mediation_geo.service.features.query import Selection
import numpy as np
NONE = Selection(np.empty(0, dtype=np.int64), 0)
ReleaseProvider.select = lambda self, query: NONE
ReleaseProvider.features_json = lambda self, query, selection: b""
ReleaseProvider.feature_json = lambda self, identifier, crs: b'{"type":"Feature"'
"""
ROUTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
BODY = sys.stdin.buffer.read()
async def proches(request): return Response(BODY, media_type="application/geo+json")
uvicorn.run(Starlette(routes=[Route("/proches", proches)]), port=int(sys.argv[1]), access_log=False, log_level="warning")
"""
WORKERS = """
import os
from mediation_geo.service import serve_workers
from mediation_geo.settings import Settings
serve_workers(Settings.from_environment(), workers=int(os.environ["WORKERS"]))
"""


class Absent(Exception):
    """A peer that cannot be had on this machine, and why."""


def places_of(count: int) -> pd.DataFrame:
    """Invented places of the layout of the register, spread over metropolitan France."""
    from mediation_geo.standard import PLACES, VOCABULARIES, conform

    rng = np.random.default_rng(0)
    services = np.array(VOCABULARIES["services"], dtype=object)
    communes = rng.integers(1, 35_000, count)
    frame = pd.DataFrame(
        {
            "place_id": [f"p{number:012d}" for number in range(count)],
            "nom": [f"Lieu numéro {number}" for number in range(count)],
            "commune": [f"Commune {number}" for number in communes],
            "code_postal": [f"{number:05d}" for number in rng.integers(1000, 96000, count)],
            "code_insee": [f"{number:05d}" for number in rng.integers(1000, 96000, count)],
            "adresse": [f"{number} rue de la République" for number in rng.integers(1, 200, count)],
            "code_departement": [f"{number:02d}" for number in rng.integers(1, 96, count)],
            "telephone": "+33467000000",
            "horaires": "Mo-Fr 09:00-12:00,14:00-17:30",
            "presentation_detail": "Accueil, conseils et accompagnement aux usages numériques. " * 8,
            "source": "banc",
            "timezone": "Europe/Paris",
            "date_maj": pd.Timestamp("2026-05-01"),
            "services": [rng.choice(services, 4, replace=False).tolist() for _ in range(count)],
            "longitude": rng.uniform(-4.5, 8.0, count).round(6),
            "latitude": rng.uniform(42.5, 50.9, count).round(6),
        }
    )
    frame["id"] = frame["place_id"]
    return conform(frame, PLACES)


def publish(folder: Path, count: int) -> Path:
    """Release of the invented places, and the same places as the stock provider wants them; returns the latter file."""
    import geopandas as gpd

    from mediation_geo.release import write_release
    from mediation_geo.release.events import events_from_ndjson
    from mediation_geo.release.reading import RELEASED_RECORDS
    from mediation_geo.standard import ISSUES, LINKS, conform

    places = places_of(count)
    points = gpd.points_from_xy(places["longitude"], places["latitude"])
    frame = gpd.GeoDataFrame(places, geometry=points, crs="EPSG:4326")
    empty = pd.DataFrame({"row": pd.Series(dtype="int64")})
    write_release(
        folder / "releases",
        places=frame,
        records=conform(empty, RELEASED_RECORDS),
        links=conform(pd.DataFrame(), LINKS),
        issues=conform(pd.DataFrame(), ISSUES),
        events=events_from_ndjson(b""),
        manifest={"as_of": "2026-11-21", "demo": True},
    )
    plain = frame.drop(columns=["services", "aliases", "source_ids", "sources"])
    for name in plain.columns:
        if plain[name].isna().all():
            plain = plain.drop(columns=name)
    path = folder / "stock.parquet"
    plain.to_parquet(path, row_group_size=2000)
    return path


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    command: list[str], *, port: int, probe: str, stdin: bytes = b"", **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that answers `probe`, ended afterwards."""
    with (
        tempfile.TemporaryFile() as text,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=text, stderr=text, env={**os.environ, **environment}) as server,
    ):
        assert server.stdin is not None
        server.stdin.write(stdin)
        server.stdin.close()
        try:
            for _ in range(1200):
                try:
                    get(port, probe)
                    break
                except OSError:
                    time.sleep(0.1)
                if server.poll() is not None:
                    text.seek(0)
                    raise SystemExit(text.read().decode())
            yield server
        finally:
            server.terminate()


def ours(releases: Path, *, program: str = OURS, **environment: str) -> tuple[int, object]:
    """Our service over a folder of releases: its port, and the process to enter."""
    port = free_port()
    variables = {"MEDIATION_GEO_RELEASES": str(releases), "MEDIATION_GEO_PORT": str(port), **environment}
    return port, process([sys.executable, "-c", program], port=port, probe="/readyz", **variables)


def stock(folder: Path, data: Path) -> tuple[int, object]:
    """Pygeoapi with its own Parquet provider, behind its own Starlette application."""
    port = free_port()
    config, definition = folder / "stock.yml", folder / "openapi.yml"
    config.write_text(_STOCK.format(port=port, collection=COLLECTION, data=data))
    # The stock provider imports s3fs even for a local file, and only looks whether the address begins with s3.
    (folder / "s3fs.py").write_text("S3FileSystem = None\n")
    variables = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(definition), "PYTHONPATH": str(folder)}
    subprocess.run(
        [str(Path(sys.executable).with_name("pygeoapi")), "openapi", "generate", str(config), "--output-file", str(definition)],
        check=True,
        env={**os.environ, **variables},
        capture_output=True,
    )
    options = f"port={port}, access_log=False, log_level='critical'"
    program = f"import uvicorn; from pygeoapi.starlette_app import APP; uvicorn.run(APP, {options})"
    return port, process([sys.executable, "-c", program], port=port, probe="/", **variables)


def route(answer: bytes) -> tuple[int, object]:
    """A bare Starlette route that returns these bytes."""
    port = free_port()
    return port, process([sys.executable, "-c", ROUTE, str(port)], port=port, probe="/proches", stdin=answer)


@contextmanager
def tipg(folder: Path, data: Path) -> Iterator[int]:
    """
    Tipg over the same places in PostGIS; its packages in an environment made for it.

    Raises
    ------
    Absent
        Without PostgreSQL and PostGIS, or where the packages cannot be had.
    """
    # The tests of the release in PostGIS start their database the same way.
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "scale"))
    from postgres import database, missing

    if reason := missing():
        raise Absent(reason)
    python = folder / "tipg" / "bin" / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder / "tipg")], check=True, capture_output=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "tipg", "uvicorn"], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise Absent(error.stderr.decode()) from error
    with database() as address:
        _fill(address, data)
        port = free_port()
        program = f"import uvicorn; uvicorn.run('tipg.main:app', port={port}, access_log=False, log_level='critical')"
        with process([str(python), "-c", program], port=port, probe="/healthz", DATABASE_URL=address):
            yield port


def _fill(address: str, data: Path) -> None:
    import geopandas as gpd
    import sqlalchemy

    engine = sqlalchemy.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE EXTENSION postgis"))
        gpd.read_parquet(data).to_postgis("places", connection)
        connection.execute(sqlalchemy.text("ALTER TABLE places ADD PRIMARY KEY (place_id)"))
        connection.execute(sqlalchemy.text("CREATE INDEX ON places (code_departement)"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sqlalchemy.text("VACUUM ANALYZE places"))
    engine.dispose()
