"""What catalogues, search engines and librarians are told about a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mediation_geo.release.manifest import to_json
from mediation_geo.release.metadata.about import About, about, attribution
from mediation_geo.release.metadata.citation import citation
from mediation_geo.release.metadata.croissant import croissant
from mediation_geo.release.metadata.dcat import catalog
from mediation_geo.release.metadata.geographic import record, stac_assets, stac_collection, stac_item
from mediation_geo.release.metadata.sources import Source, sources_of, sources_to_publish
from mediation_geo.release.metadata.tables import datapackage, table_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mediation_geo.release.reading import Release

__all__ = ["About", "Source", "about", "sources_of", "sources_to_publish", "table_schema", "write_metadata"]


def write_metadata(facts: About, folder: Path, *, history: Sequence[Release]) -> None:
    """
    Write every description of a release beside its exports.

    Parameters
    ----------
    facts : About
        The release that is published.
    folder : pathlib.Path
        Folder of its exports.
    history : sequence of Release
        Releases that have a STAC item, oldest first, the published one last.
    """
    described = {
        "datapackage.json": datapackage(facts),
        "catalog.jsonld": catalog(facts),
        "record.json": record(facts),
        "croissant.json": croissant(facts),
    }
    for name, content in described.items():
        (folder / name).write_bytes(to_json(content))
    (folder / "CITATION.cff").write_text(citation(facts), encoding="utf-8")
    (folder / "ATTRIBUTION.md").write_text(attribution(facts), encoding="utf-8")
    _write_stac(facts, folder / "stac", history)


def _write_stac(facts: About, folder: Path, history: Sequence[Release]) -> None:
    folder.mkdir()
    days = [(each.id, each.manifest["as_of"]) for each in history]
    (folder / "collection.json").write_bytes(to_json(stac_collection(facts, days=days)))
    for each in history:
        bounds = each.places.total_bounds if each.places.geometry.notna().any() else None
        item = stac_item(
            release=each.id,
            day=each.manifest["as_of"],
            bbox=None if bounds is None else (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])),
            places=len(each.places),
            # Files of earlier releases are no longer at this address: their items say what there was, not where.
            assets=stac_assets(facts) if each.id == facts.release else {},
        )
        (folder / f"{each.id}.json").write_bytes(to_json(item))
