"""Every record gets a commune, a position, and how precise it is; addresses become points with a confidence of our own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediation_geo.locate.communes import Commune, Communes, load_communes
    from mediation_geo.locate.embedded import EmbeddedGeocoder
    from mediation_geo.locate.geocoder import Candidate, Geocoder
    from mediation_geo.locate.stage import locate

# Loaded on first use: the geocoder of the search box must not wait for what only the nightly build needs.
_HOMES = {
    "Candidate": "geocoder",
    "Commune": "communes",
    "Communes": "communes",
    "EmbeddedGeocoder": "embedded",
    "Geocoder": "geocoder",
    "load_communes": "communes",
    "locate": "stage",
}

__all__ = ["Candidate", "Commune", "Communes", "EmbeddedGeocoder", "Geocoder", "load_communes", "locate"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'mediation_geo.locate' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"mediation_geo.locate.{_HOMES[name]}"), name)
