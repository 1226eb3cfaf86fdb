"""
A question of the web turned into a need with a position, and the library's answer to it.

The one table between the French web and the library: errors become problems, addresses become positions and are forgotten.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from mediation_geo.errors import GeocoderError, RequestError
from mediation_geo.locate import Candidate, EmbeddedGeocoder
from mediation_geo.search import Need, answer, answer_to_send
from mediation_geo.service.http.problems import Problem, bad_parameter, unknown_parameter
from mediation_geo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mediation_geo.service.snapshot import Snapshot

__all__ = ["answer_of", "answer_to_send_of", "candidates_of", "geocoder", "need_of"]


@cache
def geocoder() -> EmbeddedGeocoder:
    """The geocoder of this process: local, so that no address leaves the server."""
    return EmbeddedGeocoder(Settings.from_environment().streets)


def need_of(pairs: Iterable[tuple[str, str]]) -> Need:
    """
    Need of the parameters of a request.

    Raises
    ------
    Problem
        400 naming the parameter; never what was typed into `q`.
    """
    try:
        return Need.from_query(pairs)
    except RequestError as error:
        raise _problem(error) from error


def candidates_of(text: str, *, limit: int) -> list[Candidate]:
    """
    Positions an address or a town may mean, best first.

    Raises
    ------
    Problem
        503 when the geocoder does not answer.
    """
    try:
        return list(geocoder().search(text, limit=limit))
    except GeocoderError as error:
        detail = "La recherche d'adresses ne répond pas. Indiquez un code postal ou réessayez."
        raise Problem(503, "geocodeur_indisponible", detail, headers={"Retry-After": "30"}) from error


def answer_of(snapshot: Snapshot, need: Need) -> dict[str, Any]:
    """
    The whole referral answer to a need.

    Raises
    ------
    Problem
        400 without a position, 404 when the position named cannot be found.
    """
    return answer(snapshot.index, need, **_asked(snapshot, need))


def answer_to_send_of(snapshot: Snapshot, need: Need) -> dict[str, Any]:
    """
    The same answer for `orjson.dumps` only: the text of its places was written when the release was loaded.

    Raises
    ------
    Problem
        As `answer_of`.
    """
    return answer_to_send(snapshot.index, need, **_asked(snapshot, need))


def _asked(snapshot: Snapshot, need: Need) -> dict[str, Any]:
    """From where, when and of which release a question is asked."""
    try:
        how = need.require_position()
    except RequestError as error:
        raise _problem(error) from error
    if how == "lat" and need.lon is not None and need.lat is not None:
        origin: dict[str, Any] = {"from": "position"}
        lon, lat = need.lon, need.lat
    else:
        found = _resolved(need, how)
        if not found:
            raise Problem(404, "lieu_de_depart_introuvable", "Cette adresse ou cette commune n'est pas reconnue.", parametre=how)
        best = found[0]
        lon, lat = best.lon, best.lat
        origin = {"from": how, "precision": best.precision, "score": round(best.confidence, 3)}
    return {"lon": lon, "lat": lat, "at": datetime.now(UTC), "release_info": snapshot.release.credit, "origin": origin}


def _resolved(need: Need, how: str) -> list[Candidate]:
    if how == "q":
        return candidates_of(str(need.q), limit=1)
    return list(geocoder().search("", limit=1, **{how: getattr(need, how)}))


def _problem(error: RequestError) -> Problem:
    if error.message == "unknown parameter":
        return unknown_parameter(error.parameter, admis=error.allowed)
    return bad_parameter(error.parameter, "valeur non admise", admis=error.allowed)
