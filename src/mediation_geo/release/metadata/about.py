"""
What is said about a release in every catalogue: title, licence, sources, extent, files. One place for the words and figures.

A release, the index of its exports and the public address of their folder go in; one `About` comes out, from which the writers of
each catalogue format take what theirs has room for.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mediation_geo.datasets import dataset_path
from mediation_geo.release.errors import ExportError
from mediation_geo.release.manifest import LICENCE, LICENCE_URL, TITLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mediation_geo.release.reading import Release


__all__ = ["About", "Source", "about", "attribution", "check_licences", "share_alike"]

DESCRIPTION = (
    "Registre des lieux où l'on trouve de l'aide pour les démarches et les usages numériques en France, réuni à partir de "
    "plusieurs sources ouvertes : chaque lieu y figure une fois, avec les champs du standard national."
)
DEMO = "DÉMONSTRATION : tous les lieux de cette version sont inventés. "
KEYWORDS = ("médiation numérique", "inclusion numérique", "lieux", "accompagnement", "open data")
LICENCE_ID = "etalab-2.0"
STANDARD_URL = "https://schema.data.gouv.fr/LaMednum/standard-mediation-num/"
# Licences whose condition would pass to the whole register: nothing under them may be mixed in.
_SHARE_ALIKE = ("odbl", "share-alike", "sharealike", "cc-by-sa", "cc by-sa", "partage dans les mêmes conditions")


@dataclass(frozen=True, slots=True)
class Source:
    """
    One source of the register.

    Attributes
    ----------
    feed, title, producer, licence : str
        As in the mapping of the source; what is not known says so.
    records : int
        How many of its records are in the release.
    last_update : str or None
        Latest day on which it says that one of its records was changed.
    """

    feed: str
    title: str
    producer: str
    licence: str
    records: int
    last_update: str | None


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


def about(release: Release, index: Mapping[str, Any], *, base_url: str, publisher: str) -> About:
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

    Raises
    ------
    ExportError
        If a source is under a share-alike licence: the register is published under the Licence Ouverte and cannot hold it.
    """
    places = release.places
    demo = bool(release.manifest.get("demo"))
    bounds = places.total_bounds if places.geometry.notna().any() else None
    sources = _sources(release)
    check_licences(sources)
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


def _sources(release: Release) -> tuple[Source, ...]:
    described = _described_sources()
    updates = release.records.groupby("feed")["date_maj"].max()
    counts = release.manifest["counts"]["records_by_feed"]
    sources = []
    for feed, size in sorted(counts.items()):
        mapping = described.get(feed, {})
        update = updates[feed]
        sources.append(
            Source(
                feed=feed,
                title=mapping.get("title", feed),
                producer=mapping.get("producer", "producteur non renseigné"),
                licence=mapping.get("licence", "licence non renseignée"),
                records=size,
                last_update=None if pd.isna(update) else update.date().isoformat(),
            )
        )
    return tuple(sources)


def _described_sources() -> dict[str, dict[str, Any]]:
    """Description of each source by feed: the catalogue, and over it the mappings, of several editions the first by name."""
    catalogue = _toml(dataset_path("catalogue.toml"))
    tables: dict[str, dict[str, Any]] = {}
    for path in sorted(dataset_path("mappings").glob("*.toml")):
        table = _toml(path)
        tables.setdefault(table.get("feed", table.get("name", path.stem)), table)
    return {name: table for name, table in catalogue.items() if isinstance(table, dict)} | tables


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def check_licences(sources: Iterable[Source]) -> None:
    """
    Verify that no source is under a licence that would pass to the whole register.

    Raises
    ------
    ExportError
        If one is; the message names it.

    Examples
    --------
    >>> check_licences([Source("osm", "Carte", "Contributeurs", "ODbL 1.0", 12, None)])
    Traceback (most recent call last):
        ...
    mediation_geo.release.errors.ExportError: share-alike sources cannot be published under Licence Ouverte 2.0: osm (ODbL 1.0)
    """
    forbidden = [f"{each.feed} ({each.licence})" for each in sources if share_alike(each.licence)]
    if forbidden:
        message = f"share-alike sources cannot be published under {LICENCE}: {', '.join(forbidden)}"
        raise ExportError(message)


def share_alike(licence: str) -> bool:
    """
    Whether a licence would pass its condition on to the whole register.

    Examples
    --------
    >>> share_alike("ODbL 1.0"), share_alike("Licence Ouverte 2.0")
    (True, False)
    """
    folded = licence.casefold()
    return any(each in folded for each in _SHARE_ALIKE)


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
