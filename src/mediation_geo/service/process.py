"""
The OGC API process `nearest-places`: translates inputs into a need and the answer back, and nothing else.

Same parameters and same answer as `/proches`; named by dotted path in `api_config/`.
"""

# ruff: noqa: ARG002 - the signatures are pygeoapi's

from __future__ import annotations

from typing import Any

from pygeoapi.process.base import BaseProcessor, ProcessorExecuteError

from mediation_geo.search.need import ADMITTED
from mediation_geo.service.http.problems import Problem
from mediation_geo.service.proches.referral import answer_of, need_of
from mediation_geo.service.snapshot import SERVING, store_of

__all__ = ["METADATA", "NearestPlaces"]

_DESCRIPTIONS = {
    "lat": ("Latitude, degrés", {"type": "number", "minimum": -90, "maximum": 90}),
    "lon": ("Longitude, degrés", {"type": "number", "minimum": -180, "maximum": 180}),
    "q": ("Adresse, commune ou code postal", {"type": "string", "maxLength": 200}),
    "code_insee": ("Code commune INSEE", {"type": "string"}),
    "code_postal": ("Code postal", {"type": "string"}),
    "k": ("Nombre de lieux", {"type": "integer", "minimum": 1, "maximum": 50, "default": 5}),
    "rayon": ("Rayon en kilomètres ; adaptatif s'il est absent", {"type": "number", "minimum": 0.1, "maximum": 100}),
}
_CHOICES = ("besoin", "services", "public", "accueil", "langue", "fauteuil", "gratuit", "sans_rdv", "contact")


def _inputs() -> dict[str, Any]:
    inputs = {
        name: {"title": title, "schema": schema, "minOccurs": 0, "maxOccurs": 1}
        for name, (title, schema) in _DESCRIPTIONS.items()
    }
    for name in _CHOICES:
        values = {"type": "string", "enum": list(ADMITTED[name])}
        schema = {"oneOf": [values, {"type": "array", "items": values}]}
        inputs[name] = {"title": name, "schema": schema, "minOccurs": 0, "maxOccurs": 1}
    return inputs


METADATA: dict[str, Any] = {
    "version": "1.0.0",
    "id": "nearest-places",
    "title": {"fr": "Les lieux les plus proches", "en": "The nearest places"},
    "description": {
        "fr": "Les lieux qui conviennent, du plus proche au plus éloigné, avec les raisons.",
        "en": "The places that fit, nearest first, and why.",
    },
    "jobControlOptions": ["sync-execute"],
    "keywords": ["médiation numérique", "proximité"],
    "links": [],
    "inputs": _inputs(),
    "outputs": {"answer": {"title": "Réponse GeoJSON", "schema": {"type": "object", "contentMediaType": "application/geo+json"}}},
    "example": {"inputs": {"lat": 43.61, "lon": 3.88, "besoin": "demarches", "k": 3}},
}


class NearestPlaces(BaseProcessor):  # type: ignore[misc]  # pygeoapi has no types
    """
    The nearest fitting places of the release being served.

    Parameters
    ----------
    processor_def : dict
        pygeoapi's definition: `data` is the folder of releases.
    """

    def __init__(self, processor_def: dict[str, Any]) -> None:
        super().__init__(processor_def, METADATA)
        self.directory = processor_def["data"]
        self.supports_outputs = True

    def execute(self, data: dict[str, Any], outputs: Any = None) -> tuple[str, dict[str, Any]]:
        """
        Media type and answer.

        Raises
        ------
        ProcessorExecuteError
            If an input is unknown or has a value that cannot be used.
        """
        try:
            snapshot = SERVING.get() or store_of(self.directory).current
            return "application/json", answer_of(snapshot, need_of(_pairs(data)))
        except Problem as problem:
            raise ProcessorExecuteError(user_msg=problem.detail) from problem


def _pairs(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(each)) for name, value in inputs.items() for each in (value if isinstance(value, list) else [value])]
