"""
What a release was made from, and whether that may be published under the licence of the register.

A release goes in, its sources come out, each with producer, licence and last update as the mapping of the source or the catalogue
states them. A source whose licence would pass to the whole register, or is not known, stops a publication unless whoever
publishes names it: they then answer for it, and every description says so.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from mediation_geo.datasets import dataset_path
from mediation_geo.release.errors import ExportError
from mediation_geo.release.manifest import LICENCE
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from mediation_geo.release.reading import Release

__all__ = ["Source", "cleared_sources", "described_sources", "licence_standing", "sources_of", "sources_to_publish"]

# Licences whose condition would pass to the whole register.
_SHARE_ALIKE = re.compile(r"\b(odbl|open database licen[cs]e|share ?alike|by sa|partage dans les memes conditions|gpl)\b")
# Licences that ask for the name of the producer and the date at most. Source: Licence Ouverte 2.0, "Compatibilité", April 2017.
_OPEN = re.compile(r"\b(licence ouverte|lov2|etalab|cc ?0|cc zero|domaine public|public domain|pddl|odc by|ogl)\b")
_ATTRIBUTION = re.compile(r"\bcc by\b(?! (sa|nc|nd))|\bcreative commons attribution\b(?! (share|non|no))")
_REASONS = {
    "share_alike": "share-alike, a condition that would pass to the whole register",
    "unknown": "not known to be open",
}


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


def sources_of(release: Release) -> tuple[Source, ...]:
    """Sources of a release, by the name of their feed."""
    described = described_sources()
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


def sources_to_publish(release: Release, *, allowed: Collection[str], publisher: str) -> tuple[Source, ...]:
    """
    Sources of a release, when all of them may be published: in a folder, in a store or in a database.

    Parameters
    ----------
    release : Release
        What is to be published.
    allowed : collection of str
        Feeds that the publisher answers for although their licence is share-alike or not known.
    publisher : str
        Who then answers.

    Raises
    ------
    ExportError
        If a licence stands against it.
    """
    sources = sources_of(release)
    # What is invented has no producer whose licence could be asked for.
    return sources if release.manifest.get("demo") else cleared_sources(sources, allowed=allowed, publisher=publisher)


@cache
def described_sources() -> dict[str, dict[str, Any]]:
    """
    Description of each source by feed: the catalogue, and over it the mappings, of several editions the first by name.

    Examples
    --------
    >>> described_sources()["hinaura"]["producer"]
    'Hub Hinaura'
    """
    catalogue = _toml(dataset_path("catalogue.toml"))
    tables: dict[str, dict[str, Any]] = {}
    for path in sorted(dataset_path("mappings").glob("*.toml")):
        table = _toml(path)
        tables.setdefault(table.get("feed", table.get("name", path.stem)), table)
    return {name: table for name, table in catalogue.items() if isinstance(table, dict)} | tables


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def cleared_sources(sources: Iterable[Source], *, allowed: Collection[str], publisher: str) -> tuple[Source, ...]:
    """
    Sources as a publication names them, when all of them may be published.

    Parameters
    ----------
    sources : iterable of Source
        What the release was made from.
    allowed : collection of str
        Feeds that the publisher answers for although their licence is share-alike or not known.
    publisher : str
        Who then answers.

    Raises
    ------
    ExportError
        If a licence stands against it; the message names each source and what to do.

    Examples
    --------
    >>> own = Source("lieux", "lieux", "nous", "licence non renseignée", 12, None)
    >>> cleared_sources([own], allowed=["lieux"], publisher="Mon association")[0].licence
    'licence non renseignée, reprise sous la responsabilité de : Mon association'
    """
    sources = tuple(sources)
    doubtful = {each.feed: licence_standing(each.licence) for each in sources if licence_standing(each.licence) != "open"}
    stopped = [each for each in sources if each.feed in doubtful and each.feed not in allowed]
    if stopped:
        told = "; ".join(
            f"{reason}: {', '.join(f'{each.feed} ({each.licence})' for each in stopped if doubtful[each.feed] == standing)}"
            for standing, reason in _REASONS.items()
            if standing in {doubtful[each.feed] for each in stopped}
        )
        message = (
            f"not published, sources whose licence stands against {LICENCE}: {told}. Ask their producers, or build without them; "
            f"where you answer for one, say so: {' '.join(f'--allow-licence {each.feed}' for each in stopped)}"
        )
        raise ExportError(message)
    return tuple(_answered_for(each, publisher) if each.feed in doubtful else each for each in sources)


def _answered_for(source: Source, publisher: str) -> Source:
    return replace(source, licence=f"{source.licence}, reprise sous la responsabilité de : {publisher}")


def licence_standing(licence: str) -> Literal["open", "share_alike", "unknown"]:
    """
    How a licence stands to a register under the Licence Ouverte.

    Examples
    --------
    >>> [licence_standing(each) for each in ("Licence Ouverte 2.0", "ODbL 1.0", "CC-BY 4.0", "CC BY-SA 4.0", "CC-BY-NC", "MIT ?")]
    ['open', 'share_alike', 'open', 'share_alike', 'unknown', 'unknown']
    """
    folded = fold(licence)
    if _SHARE_ALIKE.search(folded):
        return "share_alike"
    return "open" if _OPEN.search(folded) or _ATTRIBUTION.search(folded) else "unknown"
