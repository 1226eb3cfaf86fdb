"""
pygeoapi as the host: its configuration, its API object over one snapshot, and the documents it makes.

Every difference between pygeoapi 0.21 (Python 3.11) and 0.24 (3.12 and later) stays in this module: JSON-LD and tile
links that one
version adds, English link titles that neither translates. Nothing else calls pygeoapi's handlers.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pygeoapi.api import API, APIRequest, describe_collections, landing_page
from pygeoapi.api.processes import describe_processes
from pygeoapi.plugin import load_plugin
from pygeoapi.util import yaml_load

from mediation_geo.service.http.problems import missing

if TYPE_CHECKING:
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["Host", "configuration"]

_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_TITLES = {
    ("self", "application/json"): ("Ce document", "This document"),
    ("alternate", "text/html"): ("Ce document en HTML", "This document as HTML"),
    ("root", "application/json"): ("Accueil de l'API", "Landing page"),
    ("about", "text/html"): ("Le site", "The site"),
    ("service-desc", "application/vnd.oai.openapi+json;version=3.0"): ("Définition OpenAPI", "OpenAPI definition"),
    ("service-doc", "text/html"): ("Documentation de l'API", "API documentation"),
    ("conformance", "application/json"): ("Conformité", "Conformance"),
    ("data", "application/json"): ("Collections", "Collections"),
    ("items", "application/geo+json"): ("Objets en GeoJSON", "Items as GeoJSON"),
    ("items", "text/html"): ("Objets en HTML", "Items as HTML"),
    (f"{_REL}/processes", "application/json"): ("Traitements", "Processes"),
    (f"{_REL}/execute", "application/json"): ("Exécuter", "Execute"),
    (f"{_REL}/schema", "application/schema+json"): ("Schéma", "Schema"),
    (f"{_REL}/queryables", "application/schema+json"): ("Propriétés interrogeables", "Queryables"),
}


@cache
def _template() -> dict[str, Any]:
    """The configuration file as it is."""
    path = Path(__file__).parent.parent / "api_config" / "pygeoapi.yml"
    with path.open(encoding="utf-8") as stream:
        content: dict[str, Any] = yaml_load(stream)
    return content


def configuration(snapshot: Snapshot, *, directory: Path, base_url: str) -> dict[str, Any]:
    """
    Pygeoapi's configuration for one snapshot: the file of `api_config/` with address, data and true extents filled in.

    Parameters
    ----------
    snapshot : Snapshot
        The release being served.
    directory : Path
        Folder of releases.
    base_url : str
        Public address of the site, without a slash at the end.
    """
    config = deepcopy(_template())
    config["server"]["url"] = f"{base_url}/ogcapi"
    config["metadata"]["identification"]["url"] = f"{base_url}/"
    for name, resource in config["resources"].items():
        if resource["type"] == "process":
            resource["processor"]["data"] = str(directory)
            continue
        for provider in resource["providers"]:
            provider["data"] = str(directory)
        table = snapshot.table(name)
        resource["extents"] = {
            "spatial": {"bbox": list(table.extent), "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        }
        if table.date_column is not None:
            resource["extents"]["temporal"] = dict(zip(("begin", "end"), map(_moment, table.interval), strict=True))
    return config


class Host:
    """
    pygeoapi's API object over one snapshot.

    Parameters
    ----------
    config : dict
        From `configuration`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.api = API(config, {})
        self.base_url: str = config["server"]["url"]

    @property
    def collections(self) -> tuple[str, ...]:
        """Ids of the collections, in the order of the configuration."""
        resources = self.config["resources"]
        return tuple(name for name, resource in resources.items() if resource["type"] == "collection")

    def provider(self, collection: str) -> Any:
        """
        A provider of a collection, made as pygeoapi makes it.

        Raises
        ------
        Problem
            404 when there is no such collection.
        """
        resource = self.config["resources"].get(collection)
        if resource is None or resource["type"] != "collection":
            raise missing(what="Aucune collection ne porte ce nom.")
        return load_plugin("provider", resource["providers"][0])

    def landing(self, language: str) -> dict[str, Any]:
        """The landing page of the API."""
        return self._call(landing_page, language)

    def all_collections(self, language: str) -> dict[str, Any]:
        """The list of collections."""
        return self._call(describe_collections, language)

    def collection(self, name: str, language: str) -> dict[str, Any]:
        """One collection."""
        self.provider(name)
        return self._call(describe_collections, language, name)

    def processes(self, language: str) -> dict[str, Any]:
        """The list of processes."""
        return self._call(describe_processes, language)

    def process(self, name: str, language: str) -> dict[str, Any]:
        """
        Description of one process.

        Raises
        ------
        Problem
            404 when there is no such process.
        """
        if name not in self.api.manager.processes:
            raise missing(what="Aucun traitement ne porte ce nom.")
        return self._call(describe_processes, language, name)

    def execute(self, name: str, inputs: dict[str, Any]) -> Any:
        """
        Result of a process.

        Raises
        ------
        Problem
            404 when there is no such process.
        """
        if name not in self.api.manager.processes:
            raise missing(what="Aucun traitement ne porte ce nom.")
        _job, _media_type, outputs, *_rest = self.api.manager.execute_process(name, inputs)
        return outputs

    def _call(self, handler: Any, language: str, *arguments: str) -> dict[str, Any]:
        request = APIRequest(_Request(language), ["fr-FR", "en-US"])
        _headers, _status, content = handler(self.api, request, *arguments)
        document: dict[str, Any] = orjson.loads(content)
        tidied: dict[str, Any] = _tidy(document, language)
        return tidied


class _Request:
    """What pygeoapi reads of a web request, without one."""

    def __init__(self, language: str) -> None:
        self.headers: dict[str, str] = {}
        self.args = {"f": "json", "lang": language}
        self.scope = {"path": "/"}


def _tidy(document: Any, language: str) -> Any:
    """The document with the links we serve, titled in one language; the same on every version of pygeoapi."""
    if isinstance(document, list):
        return [_tidy(each, language) for each in document]
    if not isinstance(document, dict):
        return document
    tidied = {name: _tidy(value, language) for name, value in document.items() if name != "links"}
    if isinstance(document.get("links"), list):
        tidied["links"] = [_link(each, language) for each in document["links"] if _is_served(each)]
    return tidied


def _is_served(link: dict[str, Any]) -> bool:
    # Newer versions announce items as CSV, which they write without the types of the columns.
    if link.get("type", "").startswith(("application/ld+json", "text/csv")):
        return False
    if link["rel"].endswith(("/tiling-schemes", "/job-list")):
        return False
    # The schemas are served as JSON only, and the root once.
    return not (link.get("type") == "text/html" and link["rel"].endswith(("/schema", "/queryables", "root")))


def _link(link: dict[str, Any], language: str) -> dict[str, Any]:
    titled = {name: value for name, value in link.items() if name != "hreflang"}
    titles = _TITLES.get((link["rel"], link.get("type", "")))
    if titles is not None:
        titled["title"] = titles[language == "en"]
    return titled


def _moment(day: str | None) -> datetime | None:
    # pygeoapi wants datetimes; the register knows days.
    return None if day is None else datetime.fromisoformat(f"{day}T00:00:00+00:00")
