"""Stores of releases on loopback: a bucket behind moto's S3, and a folder behind a web server that can be taken down."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
import s3fs
from moto.server import ThreadedMotoServer

# Moto keeps its buckets as long as the process lives.
_BUCKETS = (f"lieux-{number}" for number in count())


class Handler(SimpleHTTPRequestHandler):
    """Files with an ETag, as nginx gives one; what was asked is noted."""

    asked: list[str]

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path}")  # type: ignore[attr-defined]
        super().do_GET()

    def end_headers(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_file():
            self.send_header("ETag", f'"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"')
        super().end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Tests print nothing."""


class WebFolder:
    """A folder over HTTP."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.server = ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(folder)))
        self.server.daemon_threads = True
        self.server.asked = []  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def asked(self) -> list[str]:
        asked: list[str] = self.server.asked  # type: ignore[attr-defined]
        return asked

    def stop(self) -> int:
        """Take it down; the port it had."""
        port: int = self.server.server_port
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()
        return port


@contextmanager
def bucket(patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of an empty bucket behind an S3 API on loopback; keys and endpoint are in the environment, as they would be."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "lieux")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "no-secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        name = next(_BUCKETS)
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)
        yield f"s3://{name}/releases"
    finally:
        server.stop()
