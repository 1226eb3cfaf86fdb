"""The pages for people: the search form, the three questions, the record of a place, downloads, embedding, status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import segno
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mediation_geo.service.http.answers import HTML, JSON, etag_of, media_type_of, respond
from mediation_geo.service.http.pairs import pairs_of, single_values
from mediation_geo.service.http.problems import bad_parameter, missing, unknown_parameter
from mediation_geo.service.pages.results import form_values, page_values
from mediation_geo.service.pages.status import status_of
from mediation_geo.service.pages.words import LANGUAGES

if TYPE_CHECKING:
    from starlette.requests import Request

    from mediation_geo.service.site import Site
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["page_routes"]

# Names of the search form that its own address may carry, so that a search can be changed without typing it again.
_FORM_NAMES = frozenset(
    ("lang", "besoin", "public", "accueil", "gratuit", "sans_rdv", "ouvert", "fauteuil", "k", "rayon", "code_insee",
     "code_postal", "langue", "contact", "accompagnement", "a_distance", "elargir", "maj_depuis", "services", "besoin_requis")
)  # fmt: skip
_FILES = {
    "places.parquet": "Les lieux, une ligne par lieu (GeoParquet)",
    "records.parquet": "Les fiches de toutes les sources (GeoParquet)",
    "links.parquet": "Les rapprochements entre fiches, avec leur score",
    "issues.parquet": "Les anomalies relevées, fiche par fiche",
    "events.ndjson": "La vie des identifiants : créations, fusions, retraits",
    "manifest.json": "Le manifeste : sommes de contrôle, comptes, sources",
}


def page_routes(site: Site) -> list[BaseRoute]:
    """Routes of the pages."""
    return [
        Route("/", site.endpoint(_home(site))),
        Route("/guide", site.endpoint(_guide(site))),
        Route("/lieux/{identifier}", site.endpoint(_place(site))),
        Route("/integration", site.endpoint(_embedded(site))),
        Route("/integrer", site.endpoint(_plain(site, "integrer.html"))),
        Route("/telechargements", site.endpoint(_downloads(site))),
        Route("/telechargements/{name}", site.endpoint(_file)),
        Route("/vie-privee", site.endpoint(_plain(site, "vie_privee.html"))),
        Route("/accessibilite", site.endpoint(_plain(site, "accessibilite.html"))),
        Route("/status", site.endpoint(_status(site))),
    ]


def _page(
    site: Site, request: Request, snapshot: Snapshot, name: str, *, language: str, pairs: Any = (), **values: Any
) -> Response:
    shared = page_values(snapshot, language=language, path=request.scope["path"], pairs=pairs)
    body = site.templates.render(name, **shared, **values)
    return respond(
        request,
        body,
        media_type=HTML,
        language="en" if language == "en" else "fr",
        etag=etag_of(snapshot, request, "page", language),
    )


def _language(values: dict[str, str]) -> str:
    language = values.get("lang", "fr")
    if language not in LANGUAGES:
        raise bad_parameter(name="lang", detail="langue non servie", admis=LANGUAGES)
    return language


def _form_pairs(request: Request) -> list[tuple[str, str]]:
    pairs = pairs_of(request)
    for name, _value in pairs:
        if name not in _FORM_NAMES:
            raise unknown_parameter(name, admis=sorted(_FORM_NAMES))
    return pairs


def _home(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        pairs = _form_pairs(request)
        language = _language(dict(pairs))
        form = form_values(language, pairs)
        return _page(site, request, snapshot, "accueil.html", language=language, pairs=pairs, **form)

    return handler


def _guide(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        pairs = pairs_of(request)
        for name, _value in pairs:
            if name not in _FORM_NAMES | {"etape"}:
                raise unknown_parameter(name, admis=[*sorted(_FORM_NAMES), "etape"])
        step = dict(pairs).get("etape", "1")
        if step not in {"1", "2", "3"}:
            raise bad_parameter(name="etape", detail="attendu 1, 2 ou 3", admis=("1", "2", "3"))
        chosen = [(name, value) for name, value in pairs if name != "etape"]
        language = _language(dict(pairs))
        form = form_values(language, chosen)
        return _page(site, request, snapshot, "guide.html", language=language, pairs=pairs, step=int(step), chosen=chosen, **form)

    return handler


def _place(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang",))
        identifier = request.path_params["identifier"]
        table = snapshot.places
        if identifier not in table.row_of_id:
            if identifier not in snapshot.id_of_alias:
                raise missing(what="Aucun lieu ne porte cet identifiant.")
            return RedirectResponse(f"/lieux/{snapshot.id_of_alias[identifier]}", status_code=301)
        language = _language(values)
        feature = table.feature(table.row_of_id[identifier])
        address = f"{site.settings.public_url}/lieux/{identifier}"
        code = segno.make(address, error="m", micro=False).svg_inline(scale=3, border=2)
        return _page(
            site, request, snapshot, "lieu.html", language=language, pairs=tuple(values.items()),
            place=feature["properties"], columns=table.columns, code=code, address=address,
        )  # fmt: skip

    return handler


def _embedded(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("dep", "sans_entete", "couleur", "lang"))
        language = _language(values)
        colour = values.get("couleur", "")
        if colour and not (len(colour) == 6 and all(letter in "0123456789abcdefABCDEF" for letter in colour)):
            raise bad_parameter(name="couleur", detail="attendu six chiffres hexadécimaux, comme 1b6f5c")
        if values.get("sans_entete", "0") not in {"0", "1"}:
            raise bad_parameter(name="sans_entete", detail="attendu 0 ou 1", admis=("0", "1"))
        places = _places_of(snapshot, values["dep"]) if "dep" in values else []
        form = form_values(language, ())
        return _page(
            site, request, snapshot, "integration.html", language=language, pairs=tuple(values.items()),
            places=places, departement=values.get("dep"), bare=values.get("sans_entete") == "1", colour=colour, **form,
        )  # fmt: skip

    return handler


def _places_of(snapshot: Snapshot, departement: str) -> list[dict[str, Any]]:
    table = snapshot.places
    rows = table.rows_equal("code_departement", departement)
    if len(rows) == 0:
        known = sorted({each for each in table.values("code_departement") if each})
        raise bad_parameter(name="dep", detail="aucun lieu dans ce département", admis=known)
    properties = [table.feature(row)["properties"] for row in rows.tolist()]
    return sorted(properties, key=lambda each: (each["commune"] or "", each["nom"] or "", each["id"]))


def _plain(site: Site, name: str) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang",))
        language = _language(values)
        return _page(site, request, snapshot, name, language=language, pairs=tuple(values.items()))

    return handler


def _downloads(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang",))
        files = [
            (name, label, snapshot.manifest["files"].get(name, {}).get("bytes"))
            for name, label in _FILES.items()
            if (snapshot.release.path / name).is_file()
        ]
        return _page(
            site, request, snapshot, "telechargements.html", language=_language(values), pairs=tuple(values.items()), files=files
        )

    return handler


async def _file(request: Request, snapshot: Snapshot) -> Response:
    name = request.path_params["name"]
    path = snapshot.release.path / name
    if name not in _FILES or not path.is_file():
        raise missing(what="Ce fichier n'est pas publié.")
    return FileResponse(path, headers={"content-disposition": f'attachment; filename="{snapshot.id}-{name}"'})


def _status(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang", "f"))
        form = media_type_of(request, values, {"html": HTML, "json": JSON})
        status = status_of(snapshot, failed_id=site.store.failed_id, directory=site.store.directory)
        if form == "json":
            return respond(request, orjson.dumps(status), media_type=JSON, cache="no-store")
        response = _page(
            site, request, snapshot, "etat.html", language=_language(values), pairs=tuple(values.items()), status=status
        )
        response.headers["cache-control"] = "no-store"
        return response

    return handler
