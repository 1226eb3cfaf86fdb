"""
`/items` and `/items/{id}`: from a validated request to GeoJSON with exact counts and links.

The provider does the work, found through pygeoapi by its dotted path; this module writes the envelope.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from pygeoapi.provider.base import ProviderItemNotFoundError

from mediation_geo.service.features.crs import CRS84
from mediation_geo.service.http.answers import GEOJSON, HTML
from mediation_geo.service.http.pairs import pairs_of, single_values
from mediation_geo.service.http.problems import missing
from mediation_geo.service.ogc.parameters import ITEMS_PARAMETERS, crs_of, items_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from mediation_geo.service.features.query import ItemsQuery
    from mediation_geo.service.ogc.host import Host
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["collection_json", "item_json", "item_values", "items_values", "page_links"]

_ITEM_PARAMETERS = ("f", "lang", "crs")
_TITLES = {
    "self": ("Ce document", "This document"),
    "html": ("Ce document en HTML", "This document as HTML"),
    "geojson": ("Ce document en GeoJSON", "This document as GeoJSON"),
    "next": ("Page suivante", "Next page"),
    "prev": ("Page précédente", "Previous page"),
    "collection": ("La collection", "The collection"),
}


def items_values(request: Request, provider: Any) -> dict[str, str]:
    """
    Parameters of a request for items.

    Raises
    ------
    Problem
        400 for an unknown or repeated one.
    """
    return single_values(pairs_of(request), admitted=(*ITEMS_PARAMETERS, *provider.table.columns))


def item_values(request: Request) -> dict[str, str]:
    """
    Parameters of a request for one item.

    Raises
    ------
    Problem
        400 for an unknown or repeated one.
    """
    values = single_values(pairs_of(request), admitted=_ITEM_PARAMETERS)
    crs_of(values, "crs")
    return values


def query_of(values: Mapping[str, str], provider: Any) -> ItemsQuery:
    """
    What a request for items asks of a provider.

    Raises
    ------
    Problem
        400 naming the parameter.
    """
    return items_query(values, columns=provider.table.columns, has_dates=provider.table.date_column is not None)


def collection_json(
    host: Host, snapshot: Snapshot, provider: Any, values: Mapping[str, str], *, language: str
) -> tuple[bytes, dict[str, str]]:
    """
    Body of a page of items, and its headers.

    Raises
    ------
    Problem
        400 naming the parameter at fault.
    """
    query = query_of(values, provider)
    selection = provider.select(query)
    features = b"" if query.hits else provider.features_json(query, selection)
    returned = 0 if query.hits else len(selection.rows)
    links = page_links(
        f"{host.base_url}/collections/{provider.collection}",
        values,
        offset=query.offset,
        limit=query.limit,
        more=not query.hits and query.offset + returned < selection.matched and returned > 0,
        language=language,
    )
    tail = {
        "numberMatched": selection.matched,
        "numberReturned": returned,
        # The standard wants the moment of this very answer; the release and the query, which the ETag names, decide the rest.
        "timeStamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "donnees": snapshot.about(),
        "links": links,
    }
    # Joined once: each further copy of a page of a megabyte would cost as much as all else.
    body = b"".join((b'{"type":"FeatureCollection","features":[', features, b"],", orjson.dumps(tail)[1:]))
    return body, {"content-crs": f"<{query.crs}>"}


def page_links(
    collection_url: str, values: Mapping[str, str], *, offset: int, limit: int, more: bool, language: str
) -> list[dict[str, str]]:
    """Links of a page of items: itself, its other form, its neighbours, its collection."""
    items_url = f"{collection_url}/items"
    asked = {name: value for name, value in values.items() if name not in {"f", "offset"}}

    kept = f"{urlencode(asked)}&" if asked else ""

    def page(at: int, form: str) -> str:
        return f"{items_url}?{kept}offset={at}&f={form}" if at else f"{items_url}?{kept}f={form}"

    links = [
        _link("self", GEOJSON, page(offset, "json"), "self", language),
        _link("alternate", HTML, page(offset, "html"), "html", language),
    ]
    if more:
        links.append(_link("next", GEOJSON, page(offset + limit, "json"), "next", language))
    if offset > 0:
        links.append(_link("prev", GEOJSON, page(max(0, offset - limit), "json"), "prev", language))
    links.append(_link("collection", "application/json", collection_url, "collection", language))
    return links


def item_json(
    host: Host, snapshot: Snapshot, provider: Any, identifier: str, values: Mapping[str, str], *, language: str
) -> tuple[bytes, dict[str, str]]:
    """
    Body of one item, and its headers.

    Raises
    ------
    Problem
        404 when the item does not exist.
    """
    crs = values.get("crs", CRS84)
    try:
        head = provider.feature_json(identifier, crs=crs)
    except ProviderItemNotFoundError as error:
        raise missing(what="Aucun objet de cette collection ne porte cet identifiant.") from error
    collection_url = f"{host.base_url}/collections/{provider.collection}"
    url = f"{collection_url}/items/{identifier}"
    query = {"crs": values["crs"]} if "crs" in values else {}
    links = [
        _link("self", GEOJSON, f"{url}?{urlencode({**query, 'f': 'json'})}", "self", language),
        _link("alternate", HTML, f"{url}?{urlencode({**query, 'f': 'html'})}", "html", language),
        _link("collection", "application/json", collection_url, "collection", language),
    ]
    tail = {"donnees": snapshot.about(), "links": links}
    return head + b"," + orjson.dumps(tail)[1:], {"content-crs": f"<{crs}>"}


def _link(rel: str, media_type: str, href: str, title: str, language: str) -> dict[str, str]:
    titles: Sequence[str] = _TITLES[title]
    return {"rel": rel, "type": media_type, "title": titles[language == "en"], "href": href}
