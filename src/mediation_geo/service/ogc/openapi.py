"""
The OpenAPI 3.0 document of `/ogcapi`: what it declares is what `parameters` reads, with every reference inside the document.

Takes the collections of a host; returns plain data. Nothing is declared free-form, so that clients and test suites can
rely on a 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mediation_geo import __version__
from mediation_geo.service.cql import MAX_FILTER_CHARACTERS
from mediation_geo.service.features.crs import CRS84, SUPPORTED_CRS
from mediation_geo.service.ogc.parameters import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, MAX_RADIUS_M
from mediation_geo.service.process import METADATA
from mediation_geo.service.proches.routes import ANSWER_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mediation_geo.service.features.columns import Column

__all__ = ["openapi_document"]


def _query(name: str, schema: Mapping[str, Any], description: str, *, explode: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "style": "form",
        "explode": explode,
        "schema": dict(schema),
    }


_URI = {"type": "string", "format": "uri", "enum": list(SUPPORTED_CRS), "default": CRS84}
_RESULT_TYPE = {"type": "string", "enum": ["results", "hits"], "default": "results"}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "f": _query("f", {"type": "string", "enum": ["json", "html"]}, "Format de la réponse."),
    "fjson": _query("f", {"type": "string", "enum": ["json"]}, "Format de la réponse."),
    "lang": _query("lang", {"type": "string", "enum": ["fr", "en"], "default": "fr"}, "Langue de la réponse."),
    "limit": _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "Nombre d'objets par page ; au-delà du maximum, le maximum est servi.",
    ),
    "offset": _query(
        "offset", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}, "Nombre d'objets à passer."
    ),
    "bbox": _query(
        "bbox",
        {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
        "Boîte ouest,sud,est,nord ; ouest plus grand que est franchit le méridien 180°.",
    ),
    "bbox-crs": _query("bbox-crs", _URI, "Système de coordonnées de bbox."),
    "crs": _query("crs", _URI, "Système de coordonnées de la réponse."),
    "datetime": _query("datetime", {"type": "string"}, "Instant ou intervalle (RFC 3339) appliqué à la date de mise à jour."),
    "filter": _query("filter", {"type": "string", "maxLength": MAX_FILTER_CHARACTERS}, "Filtre CQL2."),
    "filter-lang": _query(
        "filter-lang",
        {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
        "Langage de filter.",
    ),
    "filter-crs": _query("filter-crs", _URI, "Système de coordonnées des géométries de filter."),
    "skipGeometry": _query("skipGeometry", {"type": "boolean", "default": False}, "Sans les géométries."),
    # The names GDAL and clients of pygeoapi look for.
    **{name: _query(name, _RESULT_TYPE, "hits : seulement le nombre d'objets.") for name in ("resultType", "resulttype")},
    "near": _query(
        "near",
        {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
        "longitude,latitude : classe par distance et ajoute distance_m.",
    ),
    "radius": _query(
        "radius",
        {"type": "number", "exclusiveMinimum": True, "minimum": 0, "maximum": MAX_RADIUS_M},
        "Avec near : distance la plus grande, en mètres.",
    ),
}
_FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {"type": "object", "nullable": True},
        "properties": {"type": "object", "nullable": True},
        "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
    },
}
_SCHEMAS: dict[str, Any] = {
    "link": {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
    },
    "feature": _FEATURE,
    "featureCollection": {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
            "timeStamp": {"type": "string", "format": "date-time"},
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
        },
    },
    "problem": {
        "type": "object",
        "required": ["status", "code", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "parametre": {"type": "string"},
            "admis": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def openapi_document(
    *, base_url: str, title: str, description: str, collections: Mapping[str, tuple[str, Sequence[Column]]]
) -> dict[str, Any]:
    """
    The API definition.

    Parameters
    ----------
    base_url : str
        Address of the API, without a slash at the end.
    title, description : str
        Of the API, for people.
    collections : mapping of str to (str, sequence of Column)
        Id of each collection to its title and its columns.
    """
    paths: dict[str, Any] = {
        "/": _document("landing", "Accueil de l'API"),
        "/openapi": _document("openapi", "Ce document", media_types=("application/vnd.oai.openapi+json;version=3.0",)),
        "/conformance": _document("conformance", "Classes de conformité"),
        "/collections": _document("collections", "Les collections"),
        "/functions": _document("functions", "Les fonctions de CQL2"),
        "/processes": _document("processes", "Les traitements"),
        "/processes/nearest-places": _document("process", "Description du traitement"),
        "/processes/nearest-places/execution": {"post": _execution(base_url)},
    }
    for name, (label, columns) in collections.items():
        paths |= _collection_paths(name, label, columns)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": title,
            "description": description,
            "version": __version__,
            "license": {
                "name": "Licence Ouverte 2.0",
                "url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
            },
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": label} for name, (label, _columns) in collections.items()],
        "paths": paths,
        "components": {"parameters": _PARAMETERS, "schemas": _SCHEMAS, "responses": {"problem": _content("problem", "Erreur")}},
    }


def _content(schema: str, description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            "application/problem+json": {"schema": {"$ref": f"#/components/schemas/{schema}"}},
            "text/html": {"schema": {"type": "string"}},
        },
    }


def _references(*names: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _responses(content: dict[str, Any], *errors: str) -> dict[str, Any]:
    problem = {"$ref": "#/components/responses/problem"}
    return {"200": {"description": "Réponse", "content": content}} | dict.fromkeys((*errors, "429", "503"), problem)


def _document(
    operation: str, summary: str, *, media_types: tuple[str, ...] = ("application/json",), form: str = "f"
) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "object"}} for media_type in media_types}
    if form == "f":
        content["text/html"] = {"schema": {"type": "string"}}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": _references(form, "lang"),
            "responses": _responses(content, "400", "406"),
        }
    }


def _collection_paths(name: str, label: str, columns: Sequence[Column]) -> dict[str, Any]:
    base = f"/collections/{name}"
    schemas = {"queryables": "Propriétés interrogeables", "schema": "Schéma", "sortables": "Propriétés triables"}
    media_types = ("application/schema+json",)
    return {
        base: _tagged(name, _document(f"{name}.describe", label)),
        **{
            f"{base}/{each}": _tagged(name, _document(f"{name}.{each}", summary, media_types=media_types, form="fjson"))
            for each, summary in schemas.items()
        },
        f"{base}/items": {"get": _items(name, label, columns)},
        f"{base}/items/{{featureId}}": {"get": _item(name)},
    }


def _tagged(name: str, path: dict[str, Any]) -> dict[str, Any]:
    path["get"]["tags"] = [name]
    return path


def _items(name: str, label: str, columns: Sequence[Column]) -> dict[str, Any]:
    names = [each.name for each in columns]
    sortable = [each.name for each in columns if each.kind != "list"]
    order = {"type": "string", "enum": [sign + each for sign in ("", "+", "-") for each in sortable]}
    shared = [each for each in _PARAMETERS if each != "fjson"]
    return {
        "operationId": f"{name}.items",
        "tags": [name],
        "summary": label,
        "parameters": [
            *_references(*shared),
            _query("sortby", {"type": "array", "minItems": 1, "items": order}, "Ordre ; - devant pour décroissant."),
            _query(
                "properties",
                {"type": "array", "items": {"type": "string", "enum": names}},
                "Propriétés à écrire ; toutes si absent.",
            ),
            *(_query(each.name, _filter_schema(each), f"{each.title} : valeur exacte.") for each in columns),
        ],
        "responses": _responses(
            {
                "application/geo+json": {"schema": {"$ref": "#/components/schemas/featureCollection"}},
                "text/html": {"schema": {"type": "string"}},
            },
            "400",
            "404",
            "406",
        ),
    }


def _filter_schema(column: Column) -> dict[str, Any]:
    match column.kind:
        case "number" | "integer":
            return {"type": column.kind}
        case "date":
            return {"type": "string", "format": "date"}
        case _:
            return {"type": "string"}


def _item(name: str) -> dict[str, Any]:
    identifier = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "operationId": f"{name}.item",
        "tags": [name],
        "summary": "Un objet",
        "parameters": [identifier, *_references("f", "lang", "crs")],
        "responses": _responses(
            {
                "application/geo+json": {"schema": {"$ref": "#/components/schemas/feature"}},
                "text/html": {"schema": {"type": "string"}},
            },
            "400",
            "404",
            "406",
        ),
    }


def _execution(base_url: str) -> dict[str, Any]:
    inputs = {name: each["schema"] for name, each in METADATA["inputs"].items()}
    # OpenAPI 3.0 cannot say `null` or `const`: the answer is described by a JSON Schema beside it.
    schema = {"description": "JSON Schema de la réponse", "url": base_url.removesuffix("/ogcapi") + ANSWER_SCHEMA}
    positions = [{"required": list(names)} for names in (("lat", "lon"), ("q",), ("code_insee",), ("code_postal",))]
    return {
        "operationId": "nearest-places.execute",
        "summary": "Exécuter le traitement",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["inputs"],
                        "properties": {"inputs": {"type": "object", "properties": inputs, "anyOf": positions}},
                    },
                    "example": METADATA["example"],
                }
            },
        },
        "responses": _responses(
            {"application/json": {"schema": {"type": "object", "externalDocs": schema}}}, "400", "404", "413", "415"
        ),
    }
