"""
What is around the service: the nginx site, the systemd unit and the compose file of `deploy/`, as they are.

systemd and Compose are not installed by CI: `make clients` runs these tests with them.
"""

from __future__ import annotations

import io
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pygeoapi.util import yaml_load

from tests.conftest import ROOT
from tests.service.serving import COLLECTION, running

DEPLOY = ROOT / "deploy"
# A visitor from another address than the machine's own: all of 127/8 is loopback, and only 127.0.0.1 is free of the limit.
VISITOR = "127.0.0.2"
CANARY = "canari-7c41e9"


def program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"needs {name}, which `make clients` installs")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured(folder: Path, *, upstream: str, port: int) -> Path:
    """The site of `deploy/`, with this machine's ports, folders and a certificate of its own."""
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lieux.example.org",
         "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for theirs, ours in (
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("http://127.0.0.1:5000", upstream),
        ("/etc/ssl/lieux.example.org/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
    ):
        assert theirs in site
        site = site.replace(theirs, ours)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; master_process off; pid {folder}/pid; events {{}} http {{ {temporary} include {folder}/site.conf; }}",
        encoding="utf-8",
    )
    return main


@contextmanager
def proxied(folder: Path, *, upstream: str) -> Iterator[httpx.Client]:
    """A visitor of nginx in front of a running service."""
    port = free_port()
    command = [program("nginx"), "-c", str(configured(folder, upstream=upstream, port=port)), "-e", str(folder / "start.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=120)
    trusted = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
    trusted.check_hostname = False
    transport = httpx.HTTPTransport(verify=trusted, http2=False, local_address=VISITOR)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(transport=transport, base_url=f"https://127.0.0.1:{port}", timeout=60) as client:
            deadline = time.monotonic() + 60
            while True:
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    assert process.poll() is None
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield client
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            process.kill()
            process.wait()


def test_nginx_passes_answers_on_as_they_are(releases: Path, tmp_path: Path) -> None:
    with (
        running(releases, MEDIATION_GEO_BASE_URL="https://lieux.example.org") as upstream,
        proxied(tmp_path, upstream=upstream) as visitor,
    ):
        items = f"/ogcapi/collections/{COLLECTION}/items"
        page = visitor.get(items, headers={"Accept-Encoding": "gzip"})
        assert page.status_code == 200
        assert page.headers["content-encoding"] == "gzip"
        assert page.headers["content-type"] == "application/geo+json"
        assert page.headers["access-control-allow-origin"] == "*"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert {link["href"].partition("/ogcapi")[0] for link in page.json()["links"]} == {"https://lieux.example.org"}
        again = visitor.get(items, headers={"Accept-Encoding": "gzip", "If-None-Match": page.headers["etag"]})
        assert again.status_code == 304
        # Too long a question is refused by the service, in words, and not by nginx.
        refused = visitor.post(
            "/proches", content=b"q=" + b"a" * 20_000, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert refused.status_code == 413
        assert refused.headers["content-type"] == "application/problem+json"


def test_nginx_tells_the_service_who_asks_and_writes_it_down_nowhere(releases: Path, tmp_path: Path) -> None:
    with (
        running(releases, MEDIATION_GEO_RATE_LIMIT="20/day") as upstream,
        proxied(tmp_path, upstream=upstream) as visitor,
    ):
        statuses = [visitor.post("/proches", data={"q": f"{CANARY} Lille"}).status_code]
        # Whatever a visitor says of its own address, nginx puts the true one in its place.
        for number in range(40):
            lie = {"X-Forwarded-For": f"192.0.2.{number}", "User-Agent": CANARY}
            statuses.append(visitor.get("/", params={"lang": "fr", "besoin": CANARY}, headers=lie).status_code)
        assert 429 in statuses
        assert statuses[-1] == 429
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "nginx.conf"]
    log = (tmp_path / "mediation-geo.log").read_text(encoding="utf-8")
    assert '"POST /proches"' in log
    for secret in (CANARY, VISITOR, "Lille"):
        assert not any(secret.encode() in each for each in written)


def test_systemd_finds_nothing_wrong_with_the_unit_and_little_exposed(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    unit = tmp_path / "mediation-geo.service"
    text = (DEPLOY / "mediation-geo.service").read_text(encoding="utf-8")
    program_line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert program_line.split()[1:] == ["serve", "--port", "5000", "--metrics-port", "5001"]
    # The one thing that is not on this machine.
    unit.write_text(text.replace(program_line, "ExecStart=/bin/true"), encoding="utf-8")
    verified = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, timeout=120, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    # Exposure in tenths, of 0 to 100: at most 1.5 of 10.
    judged = [analyze, "security", "--offline=true", "--threshold=15", str(unit)]
    assert subprocess.run(judged, capture_output=True, timeout=120, check=False).returncode == 0


def test_compose_reads_services_that_may_write_nothing_but_releases() -> None:
    command = [program("docker-compose"), "--profile", "night", "-f", str(DEPLOY / "compose.yml"), "config"]
    read = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert read.returncode == 0, read.stderr
    services = yaml_load(io.StringIO(read.stdout))["services"]
    assert set(services) == {"serve", "build"}
    for name, service in services.items():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["command"][0] == name
    # The build is asked for by name: nothing rebuilds the register because the service starts.
    assert services["build"]["profiles"] == ["night"]
    assert "/readyz" in services["serve"]["healthcheck"]["test"][-1]
    # Compose 1 and Compose 2 write the same in other words.
    assert services["build"]["healthcheck"] in ({"test": ["NONE"]}, {"disable": True})
    [releases], [port] = services["serve"]["volumes"], services["serve"]["ports"]
    assert releases.endswith(":ro") if isinstance(releases, str) else releases["read_only"]
    assert (port if isinstance(port, str) else port["host_ip"]).startswith("127.0.0.1")


def test_the_image_is_made_of_what_the_wheel_needs_and_runs_as_nobody(tmp_path: Path) -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1:] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for *sources, target in copied:
        for source in sources:
            there = tmp_path / target / ("" if target != "./" else source)
            (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, there)
    # Without a network: the backend is the one of this environment.
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path / "out"), "."]
    made = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert made.returncode == 0, made.stderr
    [wheel] = (tmp_path / "out").glob("mediation_geo-*.whl")
    assert wheel.stat().st_size > 1_000_000
    user = next(line.split()[1] for line in reversed(lines) if line.startswith("USER "))
    assert int(user) >= 10_000
