"""Replicas as processes, a proxy that asks the next one when one does not answer, and clients that note every fault."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

DEADLINE_S = 300
ITEMS = "/ogcapi/collections/lieux-mediation-numerique/items?limit=40"
_PROGRAM = (
    "from mediation_geo.service import serve, serve_workers; from mediation_geo.settings import Settings; "
    "settings = Settings.from_environment(); "
    "serve(settings) if {workers} == 1 else serve_workers(settings, workers={workers})"
)


class Replica:
    """One service over the copy of a store, started at once."""

    def __init__(self, store: str, folder: Path, *, port: int | None = None, workers: int = 1) -> None:
        self.port = _free_port() if port is None else port
        self.url = f"http://127.0.0.1:{self.port}"
        told = {"RELEASES": store, "REPLICA": str(folder), "PORT": str(self.port), "STORE_POLL_S": "0.2"}
        variables = {f"MEDIATION_GEO_{name}": value for name, value in told.items()}
        self.log = folder.with_suffix(".log").open("ab")
        command = [sys.executable, "-c", _PROGRAM.format(workers=workers)]
        # A group of its own, so that nothing it started outlives the test.
        self.process = subprocess.Popen(
            command, env={**os.environ, **variables}, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def status(self) -> dict[str, object]:
        answer: dict[str, object] = httpx.get(f"{self.url}/status?f=json", timeout=60).json()
        return answer

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            message = f"the replica ended: {Path(self.log.name).read_text()}"
            raise RuntimeError(message)
        try:
            return httpx.get(f"{self.url}/readyz", timeout=60).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_follower(self) -> None:
        """Kill the one child that is a program of its own: workers are forks of their parent."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        [follower] = [each for each in children if b"remote.follow" in Path(f"/proc/{each}/cmdline").read_bytes()]
        os.kill(int(follower), signal.SIGKILL)

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, 9)
            self.process.wait()
            self.log.close()


@contextmanager
def replica(store: str, folder: Path, *, port: int | None = None, workers: int = 1) -> Iterator[Replica]:
    """A replica that answers."""
    started = Replica(store, folder, port=port, workers=workers)
    try:
        wait_until(started.is_ready, "the replica is ready")
        yield started
    finally:
        started.end()


def wait_until(reached: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not reached():
        if time.monotonic() > deadline:
            message = f"not within {DEADLINE_S} s: {what}"
            raise TimeoutError(message)
        time.sleep(0.05)


@contextmanager
def proxy(upstreams: list[str]) -> Iterator[str]:
    """A proxy in front of replicas: each request goes to the next one, and on to the other when that one does not answer."""
    turn = itertools.count()
    client = httpx.Client(timeout=60)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            first = next(turn)
            for attempt in range(len(upstreams)):
                try:
                    answer = client.get(upstreams[(first + attempt) % len(upstreams)] + self.path)
                except httpx.TransportError:
                    continue
                break
            else:
                answer = httpx.Response(502)
            self.send_response(answer.status_code)
            for name in ("content-type", "x-dataset-snapshot"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_arguments: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        client.close()


class Clients:
    """Clients that ask until told to stop; `marks` is the name that all places of a release bear."""

    def __init__(self, url: str, marks: dict[str, str]) -> None:
        self.url = url
        self.marks = marks
        self.faults: list[str] = []
        self.answers: dict[str, int] = dict.fromkeys(marks, 0)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(3)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def answered(self, more: int, *, release_id: str) -> None:
        """Wait for so many answers more of a release."""
        goal = self.answers[release_id] + more
        wait_until(lambda: self.answers[release_id] >= goal or self.faults, f"{more} answers from {release_id}")

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, timeout=60) as client:
            while not self._stop.is_set() and not self.faults:
                try:
                    self._check(client.get(ITEMS))
                except (httpx.HTTPError, LookupError, ValueError) as error:
                    self.faults.append(repr(error))

    def _check(self, answer: httpx.Response) -> None:
        if answer.status_code != 200:
            self.faults.append(f"status {answer.status_code}: {answer.text[:200]}")
            return
        body, release_id = answer.json(), answer.headers["x-dataset-snapshot"]
        names = {feature["properties"]["nom"] for feature in body["features"]}
        if body["donnees"]["instantane"] != release_id or names != {self.marks[release_id]}:
            self.faults.append(f"mixed: {release_id} {names}")
        self.answers[release_id] += 1


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
