"""The live demo service, asked as a test suite asks it."""

from __future__ import annotations

from tests.service.conftest import releases, site_url, snapshot, web

__all__ = ["releases", "site_url", "snapshot", "web"]
