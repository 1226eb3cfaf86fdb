"""
What every test and doctest runs under: no network but loopback, stable printing, and hypothesis profiles.

Fixtures live in `tests/conftest.py`.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("dev", max_examples=50, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


@pytest.fixture(autouse=True, scope="session")
def stable_printing() -> Iterator[None]:
    """Frames and arrays print the same in every terminal, so that doctests do not depend on its width."""
    import numpy as np
    import pandas as pd

    with (
        np.printoptions(precision=8, linewidth=100, threshold=1000, suppress=False),
        pd.option_context("display.width", 100, "display.max_columns", 20, "display.max_colwidth", 50),
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Every way out of this machine fails the test that takes it; servers on loopback are reached as usual."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded_method(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded_method(method: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        # The address comes last in each of the three; a Unix socket never leaves the machine.
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_unless_loopback(arguments[-1][0])
        return method(self, *arguments)

    return guarded


def _guarded_lookup(lookup: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        _refuse_unless_loopback(host)
        return lookup(host, *arguments, **options)

    return guarded


def _refuse_unless_loopback(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return
    try:
        if ipaddress.ip_address(name).is_loopback:
            return
    except ValueError:
        pass  # a host name: resolving it is already a question to the network
    # Not an OSError: the code under test must not take the guard for an unreachable server.
    pytest.fail(f"this test reached for {name!r}; the suite runs without network beyond loopback", pytrace=True)
