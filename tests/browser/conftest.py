"""Chromium of the system, driven over the live demo service."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.service.conftest import releases, site_url, snapshot, web

__all__ = ["browser", "releases", "site_url", "snapshot", "web"]


@pytest.fixture(scope="module")  # its event loop must not outlive the pages: other tests start loops of their own
def browser(needs_system: Callable[..., str]) -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        # Maps drawn with WebGL need SwiftShader where there is no graphics card.
        chromium = playwright.chromium.launch(
            executable_path=needs_system("chromium", "google-chrome"),
            args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
        )
        yield chromium
        chromium.close()
