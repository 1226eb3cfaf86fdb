"""
addok on loopback for as long as a test or a benchmark lasts: Redis, the corpus, the ngrams, the service; all ended afterwards.

A corpus goes in, an address comes out. The program is the one `MEDIATION_GEO_ADDOK` names, else `addok` on the PATH, in whatever
environment it lives (`requirements/addok.txt`); Redis is `redis-server`.
"""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_CONFIG = """
REDIS = {{'host': '127.0.0.1', 'port': {port}}}
MIN_SCORE = 0.3
PROCESSORS_PYPATHS = [
    'addok.helpers.text.tokenize', 'addok.helpers.text.normalize', 'addok_france.glue_ordinal', 'addok_france.fold_ordinal',
    'addok_france.flag_housenumber', 'addok.helpers.text.synonymize', 'addok_fr.phonemicize',
]
QUERY_PROCESSORS_PYPATHS = [
    'addok.helpers.text.check_query_length', 'addok_france.extract_address', 'addok_france.clean_query',
    'addok_france.remove_leading_zeros',
]
"""
_STARTING_S = 120
_LOADING_S = 3600


@contextmanager
def addok_serving(corpus: Path) -> Iterator[str]:
    """Address of an addok that has loaded a corpus (NDJSON, or that as gzip); FileNotFoundError where a program is missing."""
    program, redis = os.environ.get("MEDIATION_GEO_ADDOK") or shutil.which("addok"), shutil.which("redis-server")
    if program is None or redis is None:
        absent = "redis-server" if redis is None else "addok (requirements/addok.txt; MEDIATION_GEO_ADDOK names the program)"
        message = f"no {absent}"
        raise FileNotFoundError(message)
    with tempfile.TemporaryDirectory() as name, ExitStack() as ended:
        folder, ports = Path(name), (_free_port(), _free_port())
        (folder / "addok.conf").write_text(_CONFIG.format(port=ports[0]), encoding="utf-8")
        opening = gzip.open if corpus.suffix == ".gz" else open
        with opening(corpus, "rb") as packed, (folder / "corpus.ndjson").open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        variables = {**os.environ, "ADDOK_CONFIG_MODULE": str(folder / "addok.conf")}
        store = [redis, "--port", str(ports[0]), "--bind", "127.0.0.1", "--save", ""]
        ended.enter_context(_process(store, folder, variables, ports[0]))
        for words in (["batch", str(folder / "corpus.ndjson")], ["ngrams"]):
            subprocess.run(
                [program, *words], check=True, env=variables, cwd=folder, timeout=_LOADING_S, stdout=subprocess.DEVNULL
            )
        serve = [program, "serve", "--host", "127.0.0.1", "--port", str(ports[1])]
        ended.enter_context(_process(serve, folder, variables, ports[1]))
        yield f"http://127.0.0.1:{ports[1]}"


@contextmanager
def _process(command: list[str], folder: Path, variables: dict[str, str], port: int) -> Iterator[None]:
    """A server that listens on a port, ended afterwards."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, env=variables, stdout=quiet, stderr=quiet) as server:
        try:
            deadline = time.monotonic() + _STARTING_S
            while not _listens(port):
                if server.poll() is not None or time.monotonic() > deadline:
                    message = f"{command[0]} does not listen on port {port}: it ended with {server.poll()}"
                    raise RuntimeError(message)
                time.sleep(0.1)
            yield
        finally:
            server.terminate()
            try:
                server.wait(timeout=60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
