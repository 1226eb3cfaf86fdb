"""The live demo service as other people's programs meet it, and a way to see what they ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser
from tests.clients.recording import Recorder, recording
from tests.service.conftest import releases, site_url, snapshot, web
from tests.service.serving import running

__all__ = ["browser", "recorded", "recorder", "releases", "site_url", "snapshot", "web"]


@pytest.fixture(scope="session")
def recorder(releases: Path) -> Iterator[Recorder]:
    """A live server whose public address is that of the proxy, so that the links clients follow lead through it."""
    with recording() as proxy, running(releases, MEDIATION_GEO_BASE_URL=proxy.url) as upstream:
        proxy.upstream = upstream
        yield proxy


@pytest.fixture
def recorded(recorder: Recorder) -> Recorder:
    """The proxy with an empty memory."""
    recorder.requests.clear()
    return recorder
