"""The live demo service, shared by the tests of the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mediation_geo.service.snapshot import Snapshot, store_of
from tests.service.serving import demo_releases, running


@pytest.fixture(scope="session")
def releases() -> Path:
    """Folder with one release of the demo network."""
    return demo_releases()


@pytest.fixture(scope="session")
def site_url(releases: Path) -> Iterator[str]:
    """Address of a live server over the demo release."""
    with running(releases) as url:
        yield url


@pytest.fixture(scope="session")
def web(site_url: str) -> Iterator[httpx.Client]:
    """A client of the live server."""
    with httpx.Client(base_url=site_url, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def snapshot(releases: Path) -> Snapshot:
    """The snapshot that the live server serves."""
    store = store_of(releases)
    store.refresh()
    return store.current
