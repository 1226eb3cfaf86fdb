"""One register of the places in France where people get help with digital life, and the nearest one that fits."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mediation_geo.dedupe import deduplicate
    from mediation_geo.ingest import read_source
    from mediation_geo.locate import EmbeddedGeocoder, locate
    from mediation_geo.pipeline import build
    from mediation_geo.release import open_release
    from mediation_geo.search import Need, PlaceIndex

# Loaded on first use: `import mediation_geo` and `mediation-geo --help` stay free of pandas and pyproj.
_HOMES = {
    "EmbeddedGeocoder": "mediation_geo.locate",
    "Need": "mediation_geo.search",
    "PlaceIndex": "mediation_geo.search",
    "build": "mediation_geo.pipeline",
    "deduplicate": "mediation_geo.dedupe",
    "locate": "mediation_geo.locate",
    "open_release": "mediation_geo.release",
    "read_source": "mediation_geo.ingest",
}

__all__ = [
    "EmbeddedGeocoder",
    "Need",
    "PlaceIndex",
    "__version__",
    "build",
    "deduplicate",
    "locate",
    "open_release",
    "read_source",
]


class _Package(ModuleType):
    """Keeps `mediation_geo.locate` the function: importing the folder of that name would put the module in its place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name == "coverage":
        return import_module("mediation_geo.coverage")
    message = f"module 'mediation_geo' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*__all__, "coverage"])
