"""HTTP: pygeoapi with our provider and process, `/proches`, and the pages."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediation_geo.service.app import create_app
    from mediation_geo.service.server import serve, serve_workers

# Loaded on first use: pygeoapi takes most of a second, and a plugin of ours may be loaded by pygeoapi itself.
_HOMES = {"create_app": "app", "serve": "server", "serve_workers": "server"}

__all__ = ["create_app", "serve", "serve_workers"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'mediation_geo.service' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"mediation_geo.service.{_HOMES[name]}"), name)
