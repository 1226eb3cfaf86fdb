"""Replicas as processes, and a proxy that asks the next one when one does not answer."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.clients_under_swaps import wait_until

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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
