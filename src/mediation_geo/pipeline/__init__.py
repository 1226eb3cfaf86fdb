"""The order of the stages: sources in, one published release out."""

from __future__ import annotations

from mediation_geo.pipeline.default import build_default, ensure_release
from mediation_geo.pipeline.night import build, check_clock
from mediation_geo.pipeline.obtain import demo_sources, fetch_sources, source_files

__all__ = ["build", "build_default", "check_clock", "demo_sources", "ensure_release", "fetch_sources", "source_files"]
