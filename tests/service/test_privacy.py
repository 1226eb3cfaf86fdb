"""An address somebody typed is nowhere after the answer: not in the log, the files, the metrics, the answers of others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

CANARY = "47 impasse du Canari Violet-Zorglub"
TRACES = ("Canari", "canari", "Zorglub", "zorglub", "Violet-", "43.617", "3.877")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ask_everything(url: str) -> list[httpx.Response]:
    with httpx.Client(
        base_url=url, timeout=60, headers={"User-Agent": f"Zorglub {CANARY}", "Referer": f"http://x/?q={CANARY}"}
    ) as client:
        answers = [
            client.get("/proches", params={"q": f"{CANARY} 34000 Montpellier"}),
            client.get("/proches", params={"q": CANARY}),
            client.post(
                "/proches", data={"q": f"{CANARY} 34000 Montpellier", "besoin": "demarches"}, headers={"Accept": "text/html"}
            ),
            client.post("/proches", json={"q": f"{CANARY} 34000 Montpellier", "accueil": ["illettrisme"]}),
            client.post("/proches", json={"q": CANARY, "besoin": CANARY}),
            client.post("/proches", content=f'{{"q": "{CANARY}"'.encode(), headers={"Content-Type": "application/json"}),
            client.post("/proches", data={"q": CANARY * 600}),
            client.post("/proches", data={"q": f"{CANARY} 34000 Montpellier"}, headers={"Accept": "text/html"}),
            client.get("/proches", params={"lat": "43.61712", "lon": "3.87745"}),
            client.get("/proches", params={"q": CANARY, CANARY: "1"}),
            client.get("/adresses", params={"q": f"{CANARY} Montpellier"}),
            client.post("/adresses", data={"q": f"{CANARY} Montpellier"}),
            client.get("/adresses", params={"q": CANARY * 10}),
            client.get(f"/{CANARY}"),
            client.get("/ogcapi/collections/lieux-mediation-numerique/items", params={"filter": f"nom = '{CANARY}'"}),
            client.get("/ogcapi/collections/lieux-mediation-numerique/items", params={"filter": f"nom = {CANARY}'"}),
            client.get("/ogcapi/collections/lieux-mediation-numerique/items", params={"adresse": CANARY}),
            client.post("/ogcapi/processes/nearest-places/execution", json={"inputs": {"q": f"{CANARY} 34000 Montpellier"}}),
            client.post("/ogcapi/processes/nearest-places/execution", json={"inputs": {"q": CANARY, "k": CANARY}}),
            client.get("/proches", params={"q": CANARY, "f": "html"}, headers={"Accept": "text/html"}),
        ]
        flood = [client.get("/proches", params={"q": CANARY}, headers={"X-Forwarded-For": "192.0.2.7"}) for _ in range(6)]
    return [*answers, *flood]


def test_canary_address_is_in_no_log_no_file_no_metric(releases: Path, tmp_path: Path) -> None:
    port, metrics_port = _free_port(), _free_port()
    log = tmp_path / "log.txt"
    variables = {
        **os.environ,
        "MEDIATION_GEO_RELEASES": str(releases),
        "MEDIATION_GEO_PORT": str(port),
        "MEDIATION_GEO_RATE_LIMIT": "3/minute",
        "TMPDIR": str(tmp_path),
        "HOME": str(tmp_path),
    }
    # A geocoder that fails and a handler that breaks are part of the journey; the address is in their messages.
    program = f"""
import sys
from mediation_geo.errors import GeocoderUnavailable
from mediation_geo.service.proches import referral
from mediation_geo.service.server import serve
from mediation_geo.settings import Settings
class Failing:
    def __init__(self): self.inner = __import__('mediation_geo.locate', fromlist=['x']).EmbeddedGeocoder(); self.count = 0
    def search(self, q, **options):
        self.count += 1
        if self.count == 2: raise GeocoderUnavailable(q)
        if self.count == 3: raise RuntimeError('broken by ' + q)
        return self.inner.search(q, **options)
failing = Failing()
referral.geocoder = lambda: failing
serve(Settings.from_environment(), metrics_port={metrics_port})
"""
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", program], env=variables, stdout=output, stderr=output, cwd=tmp_path)
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(3000):
                try:
                    httpx.get(f"{url}/healthz", timeout=60)
                except httpx.TransportError:
                    time.sleep(0.1)
                else:
                    break
            answers = _ask_everything(url)
            metrics = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", timeout=60).text
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            finally:
                process.kill()
                process.wait()
    statuses = {answer.status_code for answer in answers}
    assert {200, 303, 400, 404, 413, 429, 500, 503} <= statuses
    for answer in answers:
        # A link to the same page of items repeats its filter, and a refusal the name it refuses; an address never comes back.
        if "/items" not in answer.request.url.path and CANARY not in answer.request.url.params:
            assert not any(trace in answer.text for trace in TRACES[:5])
        if "q" in answer.request.url.params or answer.request.method == "POST":
            assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
    written = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert b"route=/proches" in written[str(log)]
    for name, content in written.items():
        assert not any(trace.encode() in content for trace in TRACES), name
    assert 'route="/proches"' in metrics
    assert not any(trace in metrics for trace in (*TRACES, "192.0.2.7", "illettrisme"))
    assert b"192.0.2.7" not in written[str(log)]


def test_the_position_of_a_person_is_rounded_before_anything_else(web: httpx.Client) -> None:
    answer = web.get("/proches", params={"lat": "48.856612", "lon": "2.352231"})
    assert answer.json()["recherche"]["origin"]["lat"] == 48.857
    assert "48.8566" not in answer.text


def test_a_form_sends_people_on_to_an_address_without_what_they_typed(web: httpx.Client) -> None:
    answer = web.post(
        "/proches", data={"q": "10 rue Foch 34000 Montpellier", "besoin": "emploi"}, headers={"Accept": "text/html"}
    )
    assert answer.status_code == 303
    assert "Foch" not in answer.headers["location"]
    assert "besoin=emploi" in answer.headers["location"]


def test_markup_in_the_data_stays_text(tmp_path: Path, releases: Path) -> None:
    from mediation_geo.release import open_release, write_release
    from tests.service.serving import running

    attack = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
    release = open_release(releases)
    places = release.places.copy()
    places["nom"] = attack
    places["presentation_resume"] = attack
    places["site_web"] = [["javascript:alert(3)", "https://ok.example/"]] * len(places)
    places["prise_rdv"] = "javascript:alert(4)"
    manifest = {"as_of": "2026-11-20", "demo": True}
    write_release(
        tmp_path,
        places=places,
        records=release.records,
        links=release.links,
        issues=release.issues,
        events=release.events,
        manifest=manifest,
    )
    place_id = places["place_id"].iloc[0]
    with running(tmp_path) as url, httpx.Client(base_url=url, timeout=60) as client:
        for path in (
            "/proches?lat=48.85&lon=2.35&f=html",
            f"/lieux/{place_id}",
            "/ogcapi/collections/lieux-mediation-numerique/items?f=html",
            f"/ogcapi/collections/lieux-mediation-numerique/items/{place_id}?f=html",
            "/integration?dep=59",
        ):
            page = client.get(path)
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "<img src=x" not in page.text
            assert 'href="javascript' not in page.text
        # In JSON the characters are themselves: nothing is altered on the way.
        feature = client.get(f"/ogcapi/collections/lieux-mediation-numerique/items/{place_id}").json()
        assert feature["properties"]["nom"] == attack
