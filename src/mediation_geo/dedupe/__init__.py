"""Which records are one place: with reasons, stable ids and human overrides."""

from __future__ import annotations

from mediation_geo.dedupe.explain import Explanation, explain_pair
from mediation_geo.dedupe.identity import Previous
from mediation_geo.dedupe.match import KnownRecord, Matcher
from mediation_geo.dedupe.overrides import append_override, read_overrides
from mediation_geo.dedupe.review import review_queue
from mediation_geo.dedupe.stage import Deduplication, deduplicate

__all__ = [
    "Deduplication",
    "Explanation",
    "KnownRecord",
    "Matcher",
    "Previous",
    "append_override",
    "deduplicate",
    "explain_pair",
    "read_overrides",
    "review_queue",
]
