"""The rules the suite itself runs under: nothing leaves the machine, and in CI nothing optional is skipped."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable

import httpx
import pytest

OUTSIDE = "192.0.2.1"  # reserved for documentation: nobody answers there


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection((OUTSIDE, 80)),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect_ex((OUTSIDE, 80)),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", (OUTSIDE, 53)),
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: httpx.get(f"http://{OUTSIDE}/"),
        lambda: asyncio.run(httpx.AsyncClient().get("https://example.org/")),
    ],
    ids=["connection", "connect_ex", "datagram", "name lookup", "httpx", "asynchronous httpx"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the refused sockets are left to the collector, which runs here
def test_a_test_that_reaches_beyond_loopback_fails(reach: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="runs without network beyond loopback"):
        reach()
    gc.collect()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_on_loopback_is_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1])).close()


def test_a_missing_program_is_a_skip_at_home_and_a_failure_in_ci(
    needs_system: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEDIATION_GEO_REQUIRE_SYSTEM", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs no-such-program or nor-this"):
        needs_system("no-such-program", "nor-this")
    monkeypatch.setenv("MEDIATION_GEO_REQUIRE_SYSTEM", "1")
    with pytest.raises(pytest.fail.Exception, match="needs no-such-program"):
        needs_system("no-such-program")
    assert needs_system("no-such-program", "sh").endswith("/sh")
