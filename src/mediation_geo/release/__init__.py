"""What is published on disk: immutable dated releases, written atomically behind gates, and everything derived from one."""

from __future__ import annotations

from mediation_geo.release.errors import CatalogueError, ExportError, StoreBusy, StoreError, StoreUnwritable
from mediation_geo.release.gates import DEFAULT_LIMITS, Finding, GateLimits
from mediation_geo.release.reading import Release
from mediation_geo.release.store import (
    accept_refused,
    building,
    current_id,
    last_release,
    open_release,
    prune,
    refused_path,
    release_ids,
    rollback,
)
from mediation_geo.release.writing import write_release

__all__ = [
    "DEFAULT_LIMITS",
    "CatalogueError",
    "ExportError",
    "Finding",
    "GateLimits",
    "Release",
    "StoreBusy",
    "StoreError",
    "StoreUnwritable",
    "accept_refused",
    "building",
    "current_id",
    "last_release",
    "open_release",
    "prune",
    "refused_path",
    "release_ids",
    "rollback",
    "write_release",
]
