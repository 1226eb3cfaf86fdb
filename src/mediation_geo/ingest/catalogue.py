"""The catalogue: names that can be fetched, from `catalogue.toml` and from the mappings that say where their source is."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mediation_geo.errors import SettingsError
from mediation_geo.ingest.mapping import Fetch, shipped_mappings

__all__ = ["CatalogueEntry", "allowed_hosts", "catalogue", "catalogue_entry"]

_FILE = "catalogue.toml"


class CatalogueEntry(BaseModel):
    """One name of the catalogue: what it is, whose, under which licence, and how it is fetched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    producer: str
    licence: str
    fetch: Fetch

    @property
    def file_name(self) -> str:
        """Name under which its download is kept."""
        return f"{self.name}.{self.fetch.format}"


class _NationalEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    producer: str
    licence: str
    url: str = Field(pattern=r"^https://")
    format: str


@cache
def _document() -> dict[str, object]:
    return tomllib.loads(files("mediation_geo.datasets").joinpath(_FILE).read_text(encoding="utf-8"))


def allowed_hosts() -> frozenset[str]:
    """
    Hosts from which files may be fetched.

    Examples
    --------
    >>> "www.data.gouv.fr" in allowed_hosts()
    True
    """
    hosts = _document()["hosts"]
    return frozenset(map(str, hosts)) if isinstance(hosts, list) else frozenset()


@cache
def catalogue() -> dict[str, CatalogueEntry]:
    """
    Every name that can be fetched.

    Raises
    ------
    SettingsError
        If the catalogue file does not have its form.

    Examples
    --------
    >>> sorted(catalogue())[:2], catalogue()["national"].fetch.format
    (['charente-maritime', 'coop-numerique'], 'csv')
    """
    entries = {
        mapping.name: CatalogueEntry(
            name=mapping.name, title=mapping.title, producer=mapping.producer, licence=mapping.licence, fetch=mapping.fetch
        )
        for mapping in shipped_mappings().values()
        if mapping.fetch is not None
    }
    for name, row in _document().items():
        if name == "hosts":
            continue
        try:
            entry = _NationalEntry.model_validate(row)
            fetch = Fetch.model_validate({"url": entry.url, "format": entry.format})
        except ValidationError as error:
            message = f"{_FILE}: [{name}]: {error.errors()[0]['msg']}"
            raise SettingsError(message) from error
        entries[name] = CatalogueEntry(name=name, title=entry.title, producer=entry.producer, licence=entry.licence, fetch=fetch)
    return entries


def catalogue_entry(name: str) -> CatalogueEntry:
    """
    One entry by its name.

    Raises
    ------
    SettingsError
        If the catalogue does not know it; lists the names it knows.

    Examples
    --------
    >>> catalogue_entry("national").producer
    'ANCT, Cartographie nationale de la médiation numérique'
    """
    known = catalogue()
    if name not in known:
        message = f"no source named {name!r} can be fetched; expected one of: {', '.join(sorted(known))}"
        raise SettingsError(message)
    return known[name]
