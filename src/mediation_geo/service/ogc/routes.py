"""The handlers under `/ogcapi`: read the request strictly, ask pygeoapi or the provider, answer in JSON or HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
from pygeoapi.process.base import ProcessorExecuteError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mediation_geo.service.http.answers import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, etag_of, language_of, media_type_of, respond
from mediation_geo.service.http.bodies import read_json
from mediation_geo.service.http.pairs import pairs_of, single_values
from mediation_geo.service.http.problems import Problem, bad_parameter, missing
from mediation_geo.service.ogc import documents
from mediation_geo.service.ogc.items import collection_json, item_json, item_values, items_values, query_of
from mediation_geo.service.ogc.parameters import SHAPE_PARAMETERS
from mediation_geo.service.site import Site
from mediation_geo.service.snapshot import PLACES, Snapshot

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["ogc_routes"]

Make = Callable[[Site, Snapshot, str, dict[str, str]], Any]

# Answers of this size or with a filter to evaluate leave the event loop, so that they hold nobody else up; smaller ones too when
# they have to be compressed.
_HEAVY_LIMIT, _HEAVY_COMPRESSED = 1000, 100
_PREFIX = "/ogcapi"
_DOCUMENT_FORMATS = {"json": JSON, "html": HTML}
_FEATURE_FORMATS = {"json": GEOJSON, "html": HTML}


def ogc_routes(site: Site) -> list[BaseRoute]:
    """Routes of the OGC API."""

    def document(path: str, make: Make, *, json_type: str = JSON, title: str = "") -> Route:
        return Route(f"{_PREFIX}{path}", site.endpoint(_document_handler(site, make, json_type=json_type, title=title)))

    return [
        Route(f"{_PREFIX}/collections/{{collection}}/items", site.endpoint(_items_handler(site))),
        Route(f"{_PREFIX}/collections/{{collection}}/items/{{identifier}}", site.endpoint(_item_handler(site))),
        Route(f"{_PREFIX}/processes/{{process}}/execution", site.endpoint(_execution_handler(site)), methods=["POST"]),
        document("", documents.landing, title="API"),
        document("/", documents.landing, title="API"),
        document("/conformance", documents.conformance, title="Conformité"),
        document("/openapi", documents.openapi, json_type=OPENAPI, title="OpenAPI"),
        document("/functions", documents.functions, title="Fonctions"),
        document("/collections", documents.collections, title="Collections"),
        document("/collections/{collection}", documents.collection, title="Collection"),
        document("/collections/{collection}/queryables", documents.queryables, json_type=SCHEMA, title="Propriétés"),
        document("/collections/{collection}/schema", documents.schema, json_type=SCHEMA, title="Schéma"),
        document("/collections/{collection}/sortables", documents.sortables, json_type=SCHEMA, title="Propriétés triables"),
        document("/processes", documents.processes, title="Traitements"),
        document("/processes/{process}", documents.process, title="Traitement"),
    ]


def _document_handler(site: Site, make: Make, *, json_type: str, title: str) -> Any:
    formats = {"json": json_type} if json_type == SCHEMA else {"json": json_type, "html": HTML}

    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=SHAPE_PARAMETERS)
        form = media_type_of(request, values, formats)
        language = _language(request, values, form)
        parameters = dict(request.path_params)
        key = (make.__name__, *parameters.values(), language)
        content = site.document(snapshot, key, lambda: make(site, snapshot, language, parameters))
        if form == "html":
            body = site.document(
                snapshot,
                (*key, "html"),
                lambda: site.templates.render(
                    "document.html", title=title, content=content, snapshot=snapshot, language=language
                ),
            )
        else:
            body = site.document(snapshot, (*key, "json"), lambda: orjson.dumps(content))
        return respond(
            request,
            body,
            media_type=formats[form],
            language=language,
            etag=etag_of(snapshot, request, form, language),
            headers={"link": _link_header(site)},
        )

    return handler


def _language(request: Request, values: dict[str, str], form: str) -> str:
    """Language of an answer of the API; its pages are written in French only."""
    asked = language_of(request, values)
    return "fr" if form == "html" else asked


def _link_header(site: Site) -> str:
    return f'<{site.settings.public_url}/ogcapi/openapi>; rel="service-desc"; type="{OPENAPI}"'


def _items_handler(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        host = site.host(snapshot)
        provider = host.provider(request.path_params["collection"])
        values = items_values(request, provider)
        form = media_type_of(request, values, _FEATURE_FORMATS)
        language = _language(request, values, form)
        etag = etag_of(snapshot, request, form, language)

        def make() -> tuple[bytes, dict[str, str]]:
            if form == "html":
                return _items_page(site, snapshot, provider, values, language=language), {}
            return collection_json(host, snapshot, provider, values, language=language)

        def answer() -> Response:
            body, headers = make()
            return respond(
                request,
                body,
                media_type=_FEATURE_FORMATS[form],
                language=language,
                etag=etag,
                headers={**headers, "last-modified": f"{snapshot.published:%a, %d %b %Y %H:%M:%S GMT}"},
            )

        most = _HEAVY_COMPRESSED if "accept-encoding" in request.headers else _HEAVY_LIMIT
        heavy = "filter" in values or form == "html" or _is_longer(values.get("limit", ""), most)
        return await run_in_threadpool(answer) if heavy else answer()

    return handler


def _is_longer(limit: str, most: int) -> bool:
    return limit.isdigit() and int(limit[:12]) > most


def _items_page(site: Site, snapshot: Snapshot, provider: Any, values: dict[str, str], *, language: str) -> bytes:
    query = query_of(values, provider)
    if query.limit > _HEAVY_LIMIT:
        raise bad_parameter(name="limit", detail=f"attendu au plus {_HEAVY_LIMIT} dans une page HTML")
    selection = provider.select(query)
    features = [provider.table.feature(row) for row in ([] if query.hits else selection.rows.tolist())]
    collection = provider.collection
    title = site.document(
        snapshot, ("title", collection, language), lambda: site.host(snapshot).collection(collection, language)["title"]
    )
    return site.templates.render(
        "objets.html",
        title=title,
        collection=collection,
        features=features,
        columns=provider.table.columns,
        matched=selection.matched,
        offset=query.offset,
        limit=query.limit,
        others={name: value for name, value in values.items() if name not in {"offset", "f"}},
        snapshot=snapshot,
        language=language,
    )


def _item_handler(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        host = site.host(snapshot)
        collection, identifier = request.path_params["collection"], request.path_params["identifier"]
        values = item_values(request)
        form = media_type_of(request, values, _FEATURE_FORMATS)
        language = _language(request, values, form)
        provider = host.provider(collection)
        table = provider.table
        if collection == PLACES and identifier not in table.row_of_id and identifier in snapshot.id_of_alias:
            # A merged or renamed place stays reachable under its former names.
            url = f"{host.base_url}/collections/{collection}/items/{snapshot.id_of_alias[identifier]}"
            query = request.scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{url}?{query}" if query else url, status_code=301)
        if form == "html":
            if identifier not in table.row_of_id:
                raise missing(what="Aucun objet de cette collection ne porte cet identifiant.")
            feature = table.feature(table.row_of_id[identifier])
            body = site.templates.render(
                "objet.html", feature=feature, columns=table.columns, collection=collection, snapshot=snapshot, language=language
            )
            headers: dict[str, str] = {}
        else:
            body, headers = item_json(host, snapshot, provider, identifier, values, language=language)
        return respond(
            request,
            body,
            media_type=_FEATURE_FORMATS[form],
            language=language,
            etag=etag_of(snapshot, request, form, language),
            headers={**headers, "last-modified": f"{snapshot.published:%a, %d %b %Y %H:%M:%S GMT}"},
        )

    return handler


def _execution_handler(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        single_values(pairs_of(request), admitted=("f",))
        content = await read_json(request)
        if "subscriber" in content:
            # The service calls nobody: a callback would let a stranger send it anywhere.
            raise bad_parameter(name="subscriber", detail="non servi : le résultat est dans la réponse")
        for name in content:
            if name not in {"inputs", "outputs", "response"}:
                raise bad_parameter(str(name)[:60], "membre inconnu", admis=("inputs", "outputs", "response"))
        inputs = content.get("inputs", {})
        if not isinstance(inputs, dict):
            raise bad_parameter(name="inputs", detail="attendu un objet")
        try:
            answer = site.host(snapshot).execute(request.path_params["process"], inputs)
        except ProcessorExecuteError as error:
            if isinstance(error.__cause__, Problem):
                raise error.__cause__ from error
            raise
        return respond(request, orjson.dumps(answer), media_type=JSON, cache="no-store")

    return handler
