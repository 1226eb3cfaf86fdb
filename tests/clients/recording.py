"""A proxy on loopback that passes everything on and remembers it: what a client really asked, and what it got."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson

# What belongs to one connection and not to the answer; httpx has undone the compression, and the length with it.
_HOP_BY_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "host"))


@dataclass(frozen=True)
class Asked:
    """One request that passed, and the answer."""

    path: str
    query: dict[str, list[str]]
    status: int
    document: dict[str, Any]


@dataclass
class Recorder:
    """Where clients connect, and what they asked so far."""

    url: str
    upstream: str = ""
    requests: list[Asked] = field(default_factory=list)

    def items(self) -> list[Asked]:
        """Requests for the items of a collection, in their order."""
        return [each for each in self.requests if each.path.endswith("/items")]


@contextmanager
def recording() -> Iterator[Recorder]:
    """A proxy whose `upstream` is to be set before the first request."""
    with httpx.Client(timeout=60) as upstream:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
                answer = upstream.get(recorder.upstream + self.path, headers=headers)
                is_json = "json" in answer.headers.get("content-type", "")
                split = urlsplit(self.path)
                recorder.requests.append(
                    Asked(split.path, parse_qs(split.query), answer.status_code, orjson.loads(answer.content) if is_json else {})
                )
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name not in _HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        recorder = Recorder(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
