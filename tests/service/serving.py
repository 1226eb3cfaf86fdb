"""A release of invented places and a live server over it, made once for all tests that ask over a socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

import httpx

from mediation_geo import pipeline
from mediation_geo.release import open_release, write_release

COLLECTION = "lieux-mediation-numerique"


@cache
def demo_releases() -> Path:
    """Folder with one release of the demo network."""
    folder = Path(mkdtemp(prefix="mediation-geo-tests-"))
    pipeline.build(pipeline.demo_sources(), out=folder, as_of=date(2026, 11, 21), rule="official", demo=True)
    return folder


def publish_named(releases: Path, source: Path, *, day: str, mark: str) -> None:
    """The places of a release, all under one name, as the release of a day: releases that can be told apart."""
    release = open_release(source)
    places = release.places.copy()
    places["nom"] = mark
    write_release(
        releases,
        places=places,
        records=release.records,
        links=release.links,
        issues=release.issues,
        events=release.events,
        manifest={"as_of": day, "demo": True},
    )


@contextmanager
def running(releases: Path, *, workers: int = 1, **environment: str) -> Iterator[str]:
    """
    A server on loopback over a folder of releases, in a process of its own; yields its address.

    A process, because GDAL keeps Python's lock while it reads: a server in a thread of the same process could not answer it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {"MEDIATION_GEO_RELEASES": str(releases), "MEDIATION_GEO_PORT": str(port), **environment}
    program = _PROGRAM if workers == 1 else _PROGRAM_OF_WORKERS.format(workers=workers)
    command = [sys.executable, "-c", program]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env={**os.environ, **variables}, stdout=output, stderr=output)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(address, process, output)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            finally:
                # A server that hangs fails the test that started it, and no other.
                process.kill()
                process.wait()


_PROGRAM = (
    "from mediation_geo.service import serve; from mediation_geo.settings import Settings; serve(Settings.from_environment())"
)


_PROGRAM_OF_WORKERS = (
    "from mediation_geo.service import serve_workers; from mediation_geo.settings import Settings; "
    "serve_workers(Settings.from_environment(), workers={workers})"
)


def _wait_for(address: str, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    deadline = time.monotonic() + 300  # a machine may be busy with everything else
    while time.monotonic() < deadline:
        if process.poll() is not None:
            output.seek(0)
            message = f"the server ended: {output.read().decode()}"
            raise RuntimeError(message)
        try:
            httpx.get(f"{address}/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    message = "the server did not start within five minutes"
    raise RuntimeError(message)
