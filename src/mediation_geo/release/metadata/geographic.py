"""Geographic catalogues: a record of OGC API Records 1.0, and a STAC 1.1 collection with one item for each release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mediation_geo.release.manifest import LICENCE, LICENCE_URL
from mediation_geo.release.metadata.about import KEYWORDS, About

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["record", "stac_collection", "stac_item"]

RECORD_CORE = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"
STAC_VERSION = "1.1.0"
COLLECTION = "lieux-mediation-numerique"
# The whole world, where no place has a position: the formats demand an extent.
_WORLD = (-180.0, -90.0, 180.0, 90.0)


def record(facts: About) -> dict[str, Any]:
    """Record of the register as OGC API Records describes one."""
    return {
        "id": COLLECTION,
        "type": "Feature",
        "conformsTo": [RECORD_CORE],
        "time": {"date": facts.day},
        "geometry": None if facts.bbox is None else _rectangle(facts.bbox),
        "properties": {
            "type": "dataset",
            "title": facts.title,
            "description": facts.description,
            "keywords": list(KEYWORDS),
            "language": {"code": "fr"},
            "updated": f"{facts.day}T00:00:00Z",
            "license": LICENCE,
            "contacts": [{"organization": facts.publisher, "roles": ["publisher"]}],
            "formats": [{"name": entry["title"], "mediaType": entry["media_type"]} for entry in _whole(facts)],
        },
        "links": [
            {"rel": "license", "href": LICENCE_URL, "title": LICENCE},
            *(
                {"rel": "enclosure", "href": facts.url(entry["file"]), "type": entry["media_type"], "length": entry["bytes"]}
                for entry in _whole(facts)
            ),
        ],
    }


def stac_collection(facts: About, *, days: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """
    STAC collection of the register.

    Parameters
    ----------
    facts : About
        The newest release.
    days : sequence of (id, day)
        Every release that has an item, oldest first.
    """
    interval = [f"{days[0][1]}T00:00:00Z", f"{days[-1][1]}T00:00:00Z"]
    return {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "id": COLLECTION,
        "title": facts.title,
        "description": facts.description,
        "keywords": list(KEYWORDS),
        "license": "etalab-2.0",
        "providers": [{"name": facts.publisher, "roles": ["producer", "host"]}],
        "extent": {"spatial": {"bbox": [list(facts.bbox or _WORLD)]}, "temporal": {"interval": [interval]}},
        "links": [
            {"rel": "self", "href": facts.url("stac/collection.json"), "type": "application/json"},
            {"rel": "root", "href": "./collection.json", "type": "application/json"},
            {"rel": "license", "href": LICENCE_URL, "title": LICENCE},
            *({"rel": "item", "href": f"./{each}.json", "type": "application/geo+json"} for each, _ in days),
        ],
    }


def stac_item(
    *, release: str, day: str, bbox: tuple[float, float, float, float] | None, places: int, assets: dict[str, Any]
) -> dict[str, Any]:
    """
    STAC item of one release.

    Parameters
    ----------
    release, day : str
        Id and day.
    bbox : tuple of float or None
        Extent, EPSG:4326.
    places : int
        Number of places.
    assets : dict
        Assets by name, as `stac_assets` makes them.
    """
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": ["https://stac-extensions.github.io/file/v2.1.0/schema.json"],
        "id": release,
        "collection": COLLECTION,
        "geometry": None if bbox is None else _rectangle(bbox),
        "properties": {"datetime": f"{day}T00:00:00Z", "title": f"Version {release}, {places} lieux", "version": release},
        "links": [
            {"rel": "collection", "href": "./collection.json", "type": "application/json"},
            {"rel": "parent", "href": "./collection.json", "type": "application/json"},
            {"rel": "root", "href": "./collection.json", "type": "application/json"},
        ],
        "assets": assets,
    }
    return item if bbox is None else item | {"bbox": list(bbox)}


def stac_assets(facts: About) -> dict[str, Any]:
    """Assets of the item of the newest release: every file that holds the whole country."""
    # A SHA-256 multihash begins with its code, 0x12, and its length, 0x20.
    return {
        entry["format"]: {
            "href": facts.url(entry["file"]),
            "type": entry["media_type"],
            "title": entry["title"],
            "roles": ["data"],
            "file:size": entry["bytes"],
            "file:checksum": f"1220{entry['sha256']}",
        }
        for entry in _whole(facts)
    }


def _whole(facts: About) -> list[Any]:
    return [entry for entry in facts.files if entry["departement"] is None]


def _rectangle(bbox: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, east, north = bbox
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
