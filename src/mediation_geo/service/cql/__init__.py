"""CQL2 filters (OGC API - Features Part 3): text or JSON in, a predicate over the rows of a table out."""

from __future__ import annotations

from mediation_geo.service.cql.filters import MAX_FILTER_CHARACTERS, CqlError, compile_filter

__all__ = ["MAX_FILTER_CHARACTERS", "CqlError", "compile_filter"]
