"""
What a night is made of, as real processes: sources behind HTTP, a build, a server over the folder of releases.

The register is small and invented: two sources of some dozens of places, cut from the demo network.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from mediation_geo.pipeline import demo_sources

ROWS = 70
CLI = [sys.executable, "-c", "from mediation_geo.cli import main; main()"]
# Twenty times what a build takes on a quiet machine.
PATIENCE_S = 300
Row = dict[str, str]
Answer = Callable[[BaseHTTPRequestHandler], None]


@cache
def demo_rows(name: str) -> list[Row]:
    """The first rows of a file of the demo network, all cells text."""
    path = next(each for each in demo_sources() if each.stem == name)
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))[:ROWS]
    return [dict(row) for row in json.loads(path.read_text(encoding="utf-8"))][:ROWS]


def as_csv(rows: list[Row], *, encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding, errors="replace")


def as_json(rows: list[Row]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def sends(body: bytes, *, status: int = 200) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drips(handler: BaseHTTPRequestHandler) -> None:
    """One byte now and then, for as long as somebody listens."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(2_000):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.1)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        # A build that gave up closes the connection, as it should.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.server.answers[self.path](self)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_server(answers: dict[str, Answer]) -> Iterator[str]:
    """Address of a server that gives each path its answer."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    httpd.answers = answers  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@dataclass(frozen=True)
class Told:
    """What a command answered: exit code, standard output, and what it said to people."""

    code: int
    out: str
    said: str


@dataclass
class House:
    """A folder of releases, the sources it is built from, and the commands over it."""

    folder: Path
    url: str
    answers: dict[str, Answer]

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    @property
    def sources(self) -> list[str]:
        return [f"{self.url}/lieux.csv", f"{self.url}/hub.json"]

    def environment(self, **more: str) -> dict[str, str]:
        own = {
            "MEDIATION_GEO_SOURCE_HOSTS": "127.0.0.1",
            "MEDIATION_GEO_DOWNLOADS": str(self.folder / "downloads"),
            "MEDIATION_GEO_RELEASES": str(self.releases),
        }
        return {**os.environ, **own, **more}

    def run(self, *arguments: str, before: tuple[str, ...] = (), **environment: str) -> Told:
        done = subprocess.run(
            [*before, *CLI, *arguments],
            env=self.environment(**environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def build(self, day: str | None, *arguments: str, before: tuple[str, ...] = (), **environment: str) -> Told:
        on = () if day is None else ("--as-of", day)
        return self.run("build", *self.sources, *on, *arguments, before=before, **environment)

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A build that is at work; to be ended and waited for by whoever began it."""
        return subprocess.Popen(
            [*CLI, "build", *self.sources, *arguments],
            env=self.environment(**environment),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def status_of(url: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{url}/status?f=json", timeout=60).raise_for_status().json()
    return answer
