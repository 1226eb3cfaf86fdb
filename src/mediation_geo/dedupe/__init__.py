"""Which records are one place: with reasons, stable ids and human overrides."""

from __future__ import annotations

from mediation_geo.dedupe.identity import Previous
from mediation_geo.dedupe.overrides import append_override, read_overrides
from mediation_geo.dedupe.stage import Deduplication, deduplicate

__all__ = ["Deduplication", "Previous", "append_override", "deduplicate", "read_overrides"]
