"""The pages for people: the search form, the three questions, the record of a place, embedding, status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import segno
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mediation_geo.release.metadata.sources import described_sources
from mediation_geo.search.cards import json_ld
from mediation_geo.search.contacts import visible_contacts
from mediation_geo.service.http.answers import HTML, JSON, media_type_of, respond
from mediation_geo.service.http.pairs import pairs_of, single_values
from mediation_geo.service.http.problems import bad_parameter, missing, unknown_parameter
from mediation_geo.service.pages.answering import language_in, page_answer
from mediation_geo.service.pages.downloads import download_routes
from mediation_geo.service.pages.results import form_values
from mediation_geo.service.pages.status import status_of

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


def page_routes(site: Site) -> list[BaseRoute]:
    """Routes of the pages."""
    return [
        *download_routes(site),
        Route("/", site.endpoint(_home(site))),
        Route("/guide", site.endpoint(_guide(site))),
        Route("/lieux/{identifier}", site.endpoint(_place(site))),
        Route("/integration", site.endpoint(_embedded(site))),
        Route("/integrer", site.endpoint(_plain(site, "integrer.html"))),
        Route("/vie-privee", site.endpoint(_plain(site, "vie_privee.html"))),
        Route("/accessibilite", site.endpoint(_plain(site, "accessibilite.html"))),
        Route("/status", site.endpoint(_status(site))),
    ]


def _form_pairs(request: Request) -> list[tuple[str, str]]:
    pairs = pairs_of(request)
    for name, _value in pairs:
        if name not in _FORM_NAMES:
            raise unknown_parameter(name, admis=sorted(_FORM_NAMES))
    return pairs


def _home(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        pairs = _form_pairs(request)
        language = language_in(dict(pairs))
        form = form_values(language, pairs)
        return page_answer(site, request, snapshot, "accueil.html", language=language, pairs=pairs, **form)

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
        language = language_in(dict(pairs))
        form = form_values(language, chosen)
        return page_answer(
            site, request, snapshot, "guide.html", language=language, pairs=pairs, step=int(step), chosen=chosen, **form
        )

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
        language = language_in(values)
        feature = table.feature(table.row_of_id[identifier])
        address = f"{site.settings.public_url}/lieux/{identifier}"
        told = _told(site, snapshot, identifier)
        code = segno.make(address, error="m", micro=False).svg_inline(scale=3, border=2)
        return page_answer(
            site, request, snapshot, "lieu.html", language=language, pairs=tuple(values.items()),
            place=_with_office_contacts(feature["properties"]), keepers=_keepers(feature["properties"]),
            week=told["properties"]["horaires"]["semaine"], ld=json_ld(told), code=code, address=address,
        )  # fmt: skip

    return handler


def _told(site: Site, snapshot: Snapshot, identifier: str) -> dict[str, Any]:
    """A place as the answer of `/proches` tells it, with the week that begins today."""
    index = snapshot.index
    rows = site.document(snapshot, ("rows",), lambda: {place_id: row for row, place_id in enumerate(index.place_ids)})
    row = rows[identifier]
    hours = index.facts.hours.report(row, datetime.now(UTC))
    return {"properties": {**index.features.get(row), "horaires": hours.shown}}


def _with_office_contacts(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties of a place with the contacts a page may show: an office's before a person's."""
    shown = visible_contacts(properties["telephone"], properties["courriels"] or [])
    return {**properties, "telephone": shown.phone, "courriels": [shown.mail] if shown.mail else None}


def _keepers(properties: dict[str, Any]) -> list[dict[str, str]]:
    """Who keeps each record of a place: an error is corrected there, and comes back corrected the night after."""
    described = described_sources()
    keepers = []
    for record_id in properties["source_ids"] or []:
        feed = record_id.partition("/")[0]
        source = described.get(feed, {})
        told = {name: source.get(name, "") for name in ("title", "producer", "page")}
        keepers.append({"record_id": record_id, **told, "title": told["title"] or feed})
    return keepers


def _embedded(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("dep", "sans_entete", "couleur", "lang"))
        language = language_in(values)
        colour = values.get("couleur", "")
        if colour and not (len(colour) == 6 and all(letter in "0123456789abcdefABCDEF" for letter in colour)):
            raise bad_parameter(name="couleur", detail="attendu six chiffres hexadécimaux, comme 1b6f5c")
        if values.get("sans_entete", "0") not in {"0", "1"}:
            raise bad_parameter(name="sans_entete", detail="attendu 0 ou 1", admis=("0", "1"))
        places = _places_of(snapshot, values["dep"]) if "dep" in values else []
        form = form_values(language, ())
        return page_answer(
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
    properties = [_with_office_contacts(table.feature(row)["properties"]) for row in rows.tolist()]
    return sorted(properties, key=lambda each: (each["commune"] or "", each["nom"] or "", each["id"]))


def _plain(site: Site, name: str) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang",))
        language = language_in(values)
        return page_answer(site, request, snapshot, name, language=language, pairs=tuple(values.items()))

    return handler


def _status(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang", "f"))
        form = media_type_of(request, values, {"html": HTML, "json": JSON})
        status = status_of(snapshot, failed_id=site.store.failed_id, directory=site.store.directory)
        if form == "json":
            return respond(request, orjson.dumps(status), media_type=JSON, cache="no-store")
        response = page_answer(
            site, request, snapshot, "etat.html", language=language_in(values), pairs=tuple(values.items()), status=status
        )
        response.headers["cache-control"] = "no-store"
        return response

    return handler
