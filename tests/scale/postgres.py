"""A PostgreSQL with PostGIS of its own on loopback; it ends, and its folder goes, with the process that asked for it."""

from __future__ import annotations

import os
import shlex
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


# Holds the database until its own input ends, which it does with whoever asked for the database, however that one ends.
_GUARD = "read -r _; {stop} >/dev/null 2>&1; rm -rf {folder}"


@contextmanager
def database(**settings: str) -> Iterator[str]:
    """Address of an empty database, with its password; `settings` are those of PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="mediation-geo-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    (folder / "password").write_text(SECRET)
    (folder / "password").chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = ("-D", str(folder / "data"))
    stop = _command("pg_ctl", *data, "-m", "immediate", "-w", "-t", "120", "stop")
    guard = ["sh", "-c", _GUARD.format(stop=shlex.join(stop), folder=shlex.quote(str(folder)))]
    # A session of its own: it must outlive a Ctrl-C, and the killing of a whole group.
    with subprocess.Popen(guard, stdin=subprocess.PIPE, cwd="/", start_new_session=True) as guarded:
        try:
            login = ("-A", "scram-sha-256", "-U", "lieux", f"--pwfile={folder / 'password'}")
            _run("initdb", *data, *login, "--no-sync", "-E", "UTF8")
            own = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off", **settings}
            options = shlex.join(f"--{name}={value}" for name, value in own.items())
            _run("pg_ctl", *data, "-w", "-t", "120", "-o", options, "-l", str(folder / "log"), "start")
            yield f"postgresql://lieux:{SECRET}@127.0.0.1:{port}/postgres"
        finally:
            guarded.communicate(b"\n", timeout=240)


def _program(name: str) -> Path | None:
    return max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default=None)


def _command(name: str, *arguments: str) -> list[str]:
    command = [str(_program(name)), *arguments]
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _run(name: str, *arguments: str) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(_command(name, *arguments), check=True, stdout=quiet, stderr=quiet, cwd="/", timeout=240)
