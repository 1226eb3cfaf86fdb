"""From a raw source file to records in the national standard, and issues: read, map, clean, validate."""

from __future__ import annotations

from mediation_geo.ingest.mapping import Mapping, load_mapping, shipped_mappings
from mediation_geo.ingest.source import read_source, stream_source

__all__ = ["Mapping", "load_mapping", "read_source", "shipped_mappings", "stream_source"]
