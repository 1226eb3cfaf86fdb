"""How to cite a release: a CITATION.cff in Citation File Format 1.2.0."""

from __future__ import annotations

import json

from mediation_geo.release.manifest import LICENCE_URL
from mediation_geo.release.metadata.about import KEYWORDS, About

__all__ = ["citation"]


def citation(facts: About) -> str:
    """
    Text of the CITATION.cff of a release.

    Notes
    -----
    Every value is written as a JSON string, which YAML reads as it is whatever stands in it.
    """
    values = {
        "cff-version": "1.2.0",
        "message": "Si vous utilisez ces données, citez cette version.",
        "type": "dataset",
        "title": facts.title,
        "abstract": facts.description,
        "version": facts.release,
        "date-released": facts.day,
        "license-url": LICENCE_URL,
        "url": f"{facts.base_url}/",
    }
    lines = [f"{name}: {_quoted(value)}" for name, value in values.items()]
    lines += ["authors:", f"  - name: {_quoted(facts.publisher)}", "keywords:", *(f"  - {_quoted(each)}" for each in KEYWORDS)]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
