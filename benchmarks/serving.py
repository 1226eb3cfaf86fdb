"""
Requests a second of the service against pygeoapi's own providers and a bare route, measured in turn in one run.

    python benchmarks/serving.py [--places 25000] [--seconds 2] [--rounds 3]

Peers: `stock` is pygeoapi's Parquet provider over the same places, behind pygeoapi's own Starlette application; `empty`
is our application with a provider that has nothing to do; `route` is a bare Starlette route that returns the bytes of
`/proches`. One worker each, one connection, client on the same machine. Prints a table of medians and ratios.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from measure import Document, add_json_option

COLLECTION = "lieux-mediation-numerique"
ITEMS = f"/ogcapi/collections/{COLLECTION}/items"
STOCK_ITEMS = f"/collections/{COLLECTION}/items"
REQUESTS = {
    "items?limit=10": "?limit=10",
    "items?limit=1000": "?limit=1000",
    "property": "?code_departement=59",
    "offset=20000": "?offset=20000&limit=10",
    "small bbox": "?bbox=2.2,48.8,2.5,49.0",
    "by id": "/{id}",
    "items HTML": "?f=html",
}

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
_OURS = "from mediation_geo.service import serve; from mediation_geo.settings import Settings; serve(Settings.from_environment())"
_EMPTY = """
from mediation_geo.service.provider import ReleaseProvider
from mediation_geo.service.features.query import Selection
import numpy as np
NONE = Selection(np.empty(0, dtype=np.int64), 0)
ReleaseProvider.select = lambda self, query: NONE
ReleaseProvider.features_json = lambda self, query, selection: b""
ReleaseProvider.feature_json = lambda self, identifier, crs: b'{"type":"Feature"'
"""
_ROUTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
BODY = sys.stdin.buffer.read()
async def proches(request): return Response(BODY, media_type="application/geo+json")
uvicorn.run(Starlette(routes=[Route("/proches", proches)]), port=int(sys.argv[1]), access_log=False, log_level="warning")
"""


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
            for _ in range(600):
                try:
                    if ask(connection_to(port), probe)[0] < 500:
                        break
                except OSError:
                    time.sleep(0.1)
                if server.poll() is not None:
                    text.seek(0)
                    raise SystemExit(text.read().decode())
            yield server
        finally:
            server.terminate()


def connection_to(port: int) -> http.client.HTTPConnection:
    """A kept-alive connection without delayed packets."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """Status and body of one request."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def rate(port: int, path: str, *, seconds: float) -> float:
    """Requests a second over one connection; fails when an answer is not 200."""
    connection = connection_to(port)
    for _ in range(2):
        status, _body = ask(connection, path)
        if status != 200:
            message = f"{path} on {port}: {status}"
            raise SystemExit(message)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        ask(connection, path)
        count += 1
    connection.close()
    return count / (time.perf_counter() - started)


def latencies_ms(port: int, paths: list[str], *, connections: int, seconds: float) -> list[float]:
    """Milliseconds of each request over several connections at once."""
    found: list[float] = []

    def client(offset: int) -> None:
        connection, number, end = connection_to(port), offset, time.perf_counter() + seconds
        while time.perf_counter() < end:
            started = time.perf_counter()
            ask(connection, paths[number % len(paths)])
            found.append((time.perf_counter() - started) * 1000)
            number += 1

    threads = [threading.Thread(target=client, args=(97 * number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Run all comparisons and print the ratios."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--places", type=int, default=25_000)
    arguments.add_argument("--seconds", type=float, default=2.0)
    arguments.add_argument("--rounds", type=int, default=3)
    add_json_option(arguments)
    chosen = arguments.parse_args()
    document = Document("Serving")
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        data = publish(folder, chosen.places)
        ours, empty, stock, route = (free_port() for _ in range(4))
        releases = str(folder / "releases")
        server = servers.enter_context(
            process(
                [sys.executable, "-c", _OURS],
                port=ours,
                probe="/readyz",
                MEDIATION_GEO_RELEASES=releases,
                MEDIATION_GEO_PORT=str(ours),
            )
        )
        servers.enter_context(
            process(
                [sys.executable, "-c", _EMPTY + _OURS],
                port=empty,
                probe="/readyz",
                MEDIATION_GEO_RELEASES=releases,
                MEDIATION_GEO_PORT=str(empty),
            )
        )
        config, definition = folder / "stock.yml", folder / "openapi.yml"
        config.write_text(_STOCK.format(port=stock, collection=COLLECTION, data=data))
        pygeoapi = str(Path(sys.executable).with_name("pygeoapi"))
        # The stock provider imports s3fs even for a local file, and only looks whether the address begins with s3.
        (folder / "s3fs.py").write_text("S3FileSystem = None\n")
        variables = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(definition), "PYTHONPATH": str(folder)}
        environment = {**os.environ, **variables}
        subprocess.run(
            [pygeoapi, "openapi", "generate", str(config), "--output-file", str(definition)],
            check=True,
            env=environment,
            capture_output=True,
        )
        options = f"port={stock}, access_log=False, log_level='critical'"
        program = f"import uvicorn; from pygeoapi.starlette_app import APP; uvicorn.run(APP, {options})"
        servers.enter_context(process([sys.executable, "-c", program], port=stock, probe="/", **variables))
        question = "/proches?lat=48.86&lon=2.35&k=5"
        answer = ask(connection_to(ours), question)[1]
        servers.enter_context(process([sys.executable, "-c", _ROUTE, str(route)], port=route, probe="/proches", stdin=answer))
        place_id = json.loads(ask(connection_to(ours), f"{ITEMS}?limit=1")[1])["features"][0]["id"]

        print(f"{chosen.places} places, {chosen.rounds} rounds of {chosen.seconds} s, medians in requests/s\n")
        print(f"{'request':<20}{'ours':>9}{'empty':>9}{'stock':>9}{'× stock':>9}{'of empty':>10}")
        for label, query in REQUESTS.items():
            path = query.format(id=place_id)
            found: dict[str, list[float]] = {"ours": [], "empty": [], "stock": []}
            for _ in range(chosen.rounds):
                found["ours"].append(rate(ours, ITEMS + path, seconds=chosen.seconds))
                if label != "items HTML":
                    found["empty"].append(rate(empty, ITEMS + path, seconds=chosen.seconds))
                found["stock"].append(rate(stock, STOCK_ITEMS + path, seconds=chosen.seconds))
            rates = {
                "ours": found["ours"],
                "pygeoapi's Parquet provider": found["stock"],
                "floor, empty provider": found["empty"],
            }
            document.row(label, rates, unit="requests/s", better="more")
            mine, nothing, theirs = (statistics.median(each) if each else float("nan") for each in found.values())
            print(f"{label:<20}{mine:>9.0f}{nothing:>9.0f}{theirs:>9.1f}{mine / theirs:>9.1f}{mine / nothing:>10.2f}")

        rng = np.random.default_rng(1)
        spread = [
            f"/proches?lat={lat:.3f}&lon={lon:.3f}&k=5"
            for lat, lon in zip(rng.uniform(43, 50, 5000), rng.uniform(-4, 8, 5000), strict=True)
        ]
        pairs = [
            (rate(ours, question, seconds=chosen.seconds), rate(route, "/proches", seconds=chosen.seconds))
            for _ in range(chosen.rounds)
        ]
        rates = dict(zip(("ours", "floor, bare Starlette route"), zip(*pairs, strict=True), strict=True))
        document.row("/proches, one place again and again", rates, unit="requests/s", better="more")
        same, bare = (statistics.median(each) for each in zip(*pairs, strict=True))
        times = latencies_ms(ours, spread, connections=1, seconds=chosen.seconds * 2)
        crowd = latencies_ms(ours, spread, connections=8, seconds=chosen.seconds * 2)
        print(f"\n/proches, one place again and again: {same:.0f} requests/s, bare route {bare:.0f}: {same / bare:.2f}")
        print(f"/proches, 5000 places: {1000 / statistics.mean(times):.0f} requests/s, p50 {times[len(times) // 2]:.2f} ms")
        print(f"/proches, 8 connections: p50 {crowd[len(crowd) // 2]:.2f} ms, p99 {crowd[int(len(crowd) * 0.99)]:.2f} ms")
        document.row("/proches, 8 connections, p99", {"ours": [crowd[int(len(crowd) * 0.99)]]}, unit="ms")
        memory = Path(f"/proc/{server.pid}/smaps_rollup")
        if memory.is_file():
            kilobytes = next(int(line.split()[1]) for line in memory.read_text().splitlines() if line.startswith("Pss:"))
            document.row("memory of the serving process", {"ours": [kilobytes / 1024]}, unit="MB")
            print(f"memory of the serving process: {kilobytes / 1024:.0f} MB proportional")
    document.save(chosen.json)


if __name__ == "__main__":
    main()
