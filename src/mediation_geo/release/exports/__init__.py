"""One table of places in the formats that others use."""

from __future__ import annotations

from mediation_geo.release.exports.catalogue import FORMATS, Format, write_exports
from mediation_geo.release.exports.official import read_official_csv

__all__ = ["FORMATS", "Format", "read_official_csv", "write_exports"]
