"""A PostgreSQL with PostGIS of its own on loopback, in a folder that goes with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET = "very-secret"


def missing() -> str | None:
    """Why there can be no database here; None when there can."""
    if _program("initdb") is None:
        return "no PostgreSQL: apt-get install postgresql postgresql-15-postgis-3"
    if not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        return "no PostGIS: apt-get install postgresql-15-postgis-3"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return None


@contextmanager
def database() -> Iterator[str]:
    """Address of an empty database, with its password."""
    folder = Path(tempfile.mkdtemp(prefix="mediation-geo-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    (folder / "password").write_text(SECRET)
    (folder / "password").chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    try:
        _run(
            "initdb",
            "-D",
            data,
            "-A",
            "scram-sha-256",
            "-U",
            "lieux",
            f"--pwfile={folder / 'password'}",
            "--no-sync",
            "-E",
            "UTF8",
        )
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        _run("pg_ctl", "-D", data, "-w", "-t", "120", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql://lieux:{SECRET}@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "-t", "120", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> Path | None:
    return max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default=None)


def _run(name: str, *arguments: str) -> None:
    command = [str(_program(name)), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", timeout=240)
