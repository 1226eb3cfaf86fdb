"""
What is said about a release in every catalogue: title, licence, sources, extent, files. One place for the words and figures.

A release, the index of its exports, its sources and the public address of the folder go in; one `About` comes out, from which the
writers of each catalogue format take what theirs has room for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mediation_geo.release.manifest import LICENCE, LICENCE_URL, TITLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mediation_geo.release.metadata.sources import Source
    from mediation_geo.release.reading import Release


__all__ = ["About", "about", "attribution"]

DESCRIPTION = (
    "Registre des lieux où l'on trouve de l'aide pour les démarches et les usages numériques en France, réuni à partir de "
    "plusieurs sources ouvertes : chaque lieu y figure une fois, avec les champs du standard national."
)
DEMO = "DÉMONSTRATION : tous les lieux de cette version sont inventés. "
KEYWORDS = ("médiation numérique", "inclusion numérique", "lieux", "accompagnement", "open data")
LICENCE_ID = "etalab-2.0"
STANDARD_URL = "https://schema.data.gouv.fr/LaMednum/standard-mediation-num/"


@dataclass(frozen=True, slots=True)
class About:
    """
    Facts on one release for the catalogues.

    Attributes
    ----------
    release, day : str
        Id and day of the release.
    previous : str or None
        Id of the release before.
    demo : bool
        Whether the places are invented.
    title, description : str
        French.
    places : int
        Number of places.
    bbox : tuple of float or None
        West, south, east, north in EPSG:4326; None when no place has a position.
    base_url : str
        Public address of the folder of files, without a slash at the end.
    publisher : str
        Name of who publishes.
    files : tuple of Mapping
        Entries of the index of exports.
    sources : tuple of Source
        What the register was made from.
    """

    release: str
    day: str
    previous: str | None
    demo: bool
    title: str
    description: str
    places: int
    bbox: tuple[float, float, float, float] | None
    base_url: str
    publisher: str
    files: tuple[Mapping[str, Any], ...]
    sources: tuple[Source, ...]

    def url(self, name: str) -> str:
        """Public address of a file of the folder."""
        return f"{self.base_url}/{name}"


def about(release: Release, index: Mapping[str, Any], *, base_url: str, publisher: str, sources: tuple[Source, ...]) -> About:
    """
    Facts on a release whose exports were written.

    Parameters
    ----------
    release : Release
        The release.
    index : Mapping
        What `write_exports` wrote as its index.
    base_url : str
        Public address of the folder of exports.
    publisher : str
        Name of who publishes.
    sources : tuple of Source
        What the release was made from, as `sources_to_publish` gives them.
    """
    places = release.places
    demo = bool(release.manifest.get("demo"))
    bounds = places.total_bounds if places.geometry.notna().any() else None
    return About(
        release=release.id,
        day=release.manifest["as_of"],
        previous=release.manifest.get("previous"),
        demo=demo,
        title=f"{TITLE} (démonstration)" if demo else TITLE,
        description=(DEMO if demo else "") + DESCRIPTION,
        places=len(places),
        bbox=None if bounds is None else (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])),
        base_url=base_url.rstrip("/"),
        publisher=publisher,
        files=tuple(index["files"]),
        sources=sources,
    )


def attribution(facts: About) -> str:
    """Text of attribution in Markdown: who made what, updated when, under which licence, as the Licence Ouverte asks."""
    lines = [
        f"# {facts.title}",
        "",
        f"Version {facts.release}, {facts.places} lieux, publiée par {facts.publisher} sous {LICENCE} ({LICENCE_URL}).",
        "",
        f"À citer ainsi : « {facts.title}, version {facts.release}, {facts.publisher}, {LICENCE} ».",
        "",
        "| source | producteur | licence | dernière mise à jour | fiches |",
        "|---|---|---|---|---|",
        *(
            f"| {each.title} | {each.producer} | {each.licence} | {each.last_update or 'inconnue'} | {each.records} |"
            for each in facts.sources
        ),
    ]
    return "\n".join(lines) + "\n"
