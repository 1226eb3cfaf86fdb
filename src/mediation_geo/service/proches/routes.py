"""
`/proches`: the nearest fitting places, for programs and for people; and `/adresses`, which completes what a person types.

An address never enters an address bar: forms post it, and people are sent on to a page that names a commune or a
rounded position.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import orjson
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mediation_geo.search import Need, render
from mediation_geo.service.http.answers import GEOJSON, HTML, JSON, etag_of, media_type_of, respond
from mediation_geo.service.http.bodies import read_pairs
from mediation_geo.service.http.pairs import pairs_of
from mediation_geo.service.http.problems import Problem, bad_parameter
from mediation_geo.service.pages.results import choice_page, result_page
from mediation_geo.service.proches.referral import answer_of, answer_to_send_of, candidates_of, need_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from mediation_geo.locate import Candidate
    from mediation_geo.service.site import Site
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["ANSWER_SCHEMA", "proches_routes"]

# Where the JSON Schema of the answer is published; clients may keep it.
ANSWER_SCHEMA = "/schemas/proches.json"

Pairs = Sequence[tuple[str, str]]

_FORMATS = {
    "geojson": GEOJSON,
    "json": JSON,
    "html": HTML,
    "txt": "text/plain",
    "csv": "text/csv",
    "vcf": "text/vcard",
    "gpx": "application/gpx+xml",
}
_CACHE = "public, max-age=60"
_NO_STORE = "no-store"
_DESCRIBED = {"link": f'<{ANSWER_SCHEMA}>; rel="describedby"; type="application/schema+json"'}
# Two candidates this close in confidence are shown to the person, who alone knows which was meant.
_TIE = 0.1
_KEPT_ANSWERS = 2_000


def proches_routes(site: Site) -> list[BaseRoute]:
    """Routes of `/proches` and `/adresses`."""
    return [
        Route("/proches", site.endpoint(_get(site)), methods=["GET"]),
        Route("/proches", site.endpoint(_post(site)), methods=["POST"]),
        Route("/adresses", site.endpoint(_addresses), methods=["GET", "POST"]),
    ]


def _get(site: Site) -> Any:
    kept = _MinuteCache()

    async def handler(request: Request, snapshot: Snapshot) -> Response:
        key = (
            snapshot.digest,
            request.scope["query_string"],
            request.headers.get("accept", ""),
            request.headers.get("accept-language", ""),
        )
        made = kept.get(key)
        if made is None:
            pairs = pairs_of(request)
            made = _made(site, request, snapshot, need_of(pairs), pairs)
            if made.etag is not None:
                kept.put(key, made)
        return _sent(site, request, made)

    return handler


class _Made(NamedTuple):
    """An answer as it will be sent; without a tag where nobody may keep it."""

    body: bytes
    form: str
    language: str
    outcome: str
    etag: str | None


class _MinuteCache:
    """
    Answers of the current minute, in memory only.

    Open or closed changes with the minute, so nothing may be kept longer; neither may where somebody is, nor what they need.
    """

    def __init__(self) -> None:
        self._minute = 0
        self._made: dict[tuple[object, ...], _Made] = {}

    def get(self, key: tuple[object, ...]) -> _Made | None:
        self._forget()
        return self._made.get(key)

    def put(self, key: tuple[object, ...], made: _Made) -> None:
        if len(self._made) >= _KEPT_ANSWERS:
            del self._made[next(iter(self._made))]
        self._made[key] = made

    def _forget(self) -> None:
        minute = int(time.time() // 60)
        if minute != self._minute:
            self._minute, self._made = minute, {}


def _post(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        if request.url.query:
            raise bad_parameter(pairs_of(request)[0][0][:60] if pairs_of(request) else "?", "à donner dans le corps")
        pairs = [(name, value) for name, value in await read_pairs(request) if value.strip()]
        need = need_of(pairs)
        if _form(request, pairs) == "html" and need.q is not None:
            return _sent_on(site, snapshot, need, pairs)
        return _sent(site, request, _made(site, request, snapshot, need, pairs))

    return handler


def _form(request: Request, pairs: Pairs) -> str:
    return media_type_of(request, {name: value for name, value in pairs if name == "f"}, _FORMATS)


def _made(site: Site, request: Request, snapshot: Snapshot, need: Need, pairs: Pairs) -> _Made:
    form = _form(request, pairs)
    if form in {"geojson", "json"}:
        answer = answer_to_send_of(snapshot, need)
        body = orjson.dumps(answer)
        # The whole answer is of one minute, and names it; some lists come back in the order in which they were given.
        content = f"{answer['recherche']['instant']} {request.scope['query_string']!r}"
    else:
        answer = answer_of(snapshot, need)
        body = result_page(site, snapshot, need, answer, pairs) if form == "html" else render(answer, f=form).text.encode()
        # Open or closed changes with the minute; a page that did not is not sent again.
        content = hashlib.sha256(body).hexdigest()
    private = need.q is not None or request.method == "POST"
    etag = None if private else etag_of(snapshot, request, form, content)
    return _Made(body, form, "en" if need.lang == "en" else "fr", _outcome(answer), etag)


def _sent(site: Site, request: Request, made: _Made) -> Response:
    site.metrics.referral(made.outcome)
    return respond(
        request,
        made.body,
        media_type=_FORMATS[made.form],
        language=made.language,
        etag=made.etag,
        cache=_NO_STORE if made.etag is None else _CACHE,
        headers=_DESCRIBED if made.form in {"geojson", "json"} else None,
    )


def _outcome(answer: dict[str, Any]) -> str:
    if not answer["features"]:
        return "none"
    return "widened" if answer["recherche"]["elargissements"] else "exact"


def _sent_on(site: Site, snapshot: Snapshot, need: Need, pairs: Pairs) -> Response:
    """A page to go to that holds no address: by commune, by rounded position, or a choice between several."""
    found = candidates_of(str(need.q), limit=5)
    if not found:
        detail = "Cette adresse ou cette commune n'est pas reconnue. Essayez avec le code postal."
        raise Problem(404, "lieu_de_depart_introuvable", detail, parametre="q")
    others = [(name, value) for name, value in pairs if name not in {"q", "where", "adresse"}]
    close = [each for each in found if each.confidence >= found[0].confidence - _TIE]
    targets = {_target(each, others): each for each in close}
    if len(targets) > 1:
        body = choice_page(site, snapshot, need, [(each.label, each.departement, url) for url, each in targets.items()])
        return Response(body, media_type=HTML, headers={"cache-control": _NO_STORE})
    return RedirectResponse(next(iter(targets)), status_code=303, headers={"cache-control": _NO_STORE})


def _target(candidate: Candidate, others: Pairs) -> str:
    if candidate.precision == "municipality" and candidate.code_insee:
        where = [("code_insee", candidate.code_insee)]
    else:
        where = [("lat", f"{candidate.lat:.3f}"), ("lon", f"{candidate.lon:.3f}")]
    return f"/proches?{urlencode([*where, *others])}"


async def _addresses(request: Request, _snapshot: Snapshot) -> Response:
    pairs = await read_pairs(request) if request.method == "POST" else pairs_of(request)
    values = dict(pairs)
    unknown = [name for name in values if name not in {"q", "limit"}]
    if unknown:
        raise Problem(
            400, "parametre_inconnu", f"Paramètre inconnu : {unknown[0][:60]}", parametre=unknown[0][:60], admis=("q", "limit")
        )
    text, limit = values.get("q", "").strip(), values.get("limit", "5")
    if not 0 < len(text) <= 200:
        raise bad_parameter(name="q", detail="attendu de 1 à 200 caractères")
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:4]) <= 20):
        raise bad_parameter(name="limit", detail="attendu un nombre entier de 1 à 20")
    features = [_address_feature(each) for each in candidates_of(text, limit=int(limit))]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return respond(request, body, media_type=GEOJSON, language="fr", cache=_NO_STORE)


def _address_feature(candidate: Candidate) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [candidate.lon, candidate.lat]},
        "properties": {
            "label": candidate.label,
            "type": candidate.precision,
            "score": round(candidate.confidence, 3),
            "code_insee": candidate.code_insee,
            "code_postal": candidate.code_postal,
            "commune": candidate.commune,
            "departement": candidate.departement,
        },
    }
