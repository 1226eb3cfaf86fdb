"""
What can go wrong with the store of releases itself, apart from a refused or missing release.

MediationGeoError
+- StoreError        the folder of releases cannot be used as it is
   +- StoreBusy      another build or publication holds it
   +- StoreUnwritable  full, read-only or forbidden disk
   +- StoreUnavailable  a store beyond this machine does not answer, or lacks a file
+- ExportError       an export cannot be made from this release
+- CatalogueError    a catalogue on the network refused what was sent to it
"""

from __future__ import annotations

from mediation_geo.errors import MediationGeoError

__all__ = ["CatalogueError", "ExportError", "StoreBusy", "StoreError", "StoreUnavailable", "StoreUnwritable"]


class StoreError(MediationGeoError):
    """The folder of releases cannot be used as it is."""


class StoreBusy(StoreError):
    """Another build or publication holds the folder of releases."""


class StoreUnwritable(StoreError):
    """The disk is full, read-only or forbidden; the releases already there are untouched."""


class StoreUnavailable(StoreError):
    """A store beyond this machine does not answer, or does not have a file it should have."""


class ExportError(MediationGeoError):
    """An export cannot be made from this release."""


class CatalogueError(MediationGeoError):
    """A catalogue on the network refused what was sent to it; what it took before stays there."""
