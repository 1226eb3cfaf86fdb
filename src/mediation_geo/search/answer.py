"""
The whole referral answer: ranked places with distance, hours and reasons, what was widened, what was left out, and remote help.

An index, a need, a position and an instant in; plain dictionaries and lists in the words of the public interface out. The same
question on the same release in the same minute gives the same answer.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from mediation_geo.errors import RequestError
from mediation_geo.search.aside import remote_rows, silent_places
from mediation_geo.search.circle import circle
from mediation_geo.search.criteria import criteria_of
from mediation_geo.search.index import Neighbours, PlaceIndex
from mediation_geo.search.present import present
from mediation_geo.search.relax import ENOUGH, FARTHEST_KM, Outcome, relaxed
from mediation_geo.search.written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mediation_geo.search.need import Need

__all__ = ["Answer", "answer", "answer_to_send"]

Answer = dict[str, Any]

_NOBODY = Neighbours(np.empty(0, dtype=np.int64), np.empty(0))

_ADAPTIVE_KM = (5.0, 10.0, 20.0, 50.0, FARTHEST_KM)

# Criterion -> the word under which those it leaves out are counted.
_EXCLUDED_AS = {"ouvert": "ferme", "maj_depuis": "trop_ancien"}


def answer(
    index: PlaceIndex,
    need: Need,
    *,
    lon: float,
    lat: float,
    at: datetime,
    release_info: Mapping[str, Any] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Answer:
    """
    Answer to a need at a position and an instant.

    Parameters
    ----------
    index : PlaceIndex
    need : Need
        Its own position, if any, is not looked at: whoever asks resolved it to `lon`, `lat`.
    lon, lat : float
        Decimal degrees, EPSG:4326; rounded to 3 decimals before use, so that no answer tells where somebody lives.
    at : datetime
        The instant of the question, with its zone.
    release_info : mapping, optional
        What `donnees` should say of the release: `snapshot`, `publie_le` (ISO date), `licence`, `attribution`, `sha256`, `demo`.
    origin : mapping, optional
        How the position was found: `precision`, `score`, `from`; never the address itself.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection: `features`, `recherche`, `a_distance`, `a_verifier`, `donnees`, `messages`, `links`.

    Raises
    ------
    RequestError
        If the position is not on Earth, or the instant has no zone.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import UTC, datetime
    >>> from mediation_geo.search import Need, PlaceIndex
    >>> index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a"], "nom": ["Mairie"], "lon": [2.0], "lat": [48.0]}))
    >>> found = answer(index, Need(), lon=2.01, lat=48.0, at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    >>> found["features"][0]["properties"]["distance_label"]
    "à 750 m à vol d'oiseau"
    """
    return _answered(index, need, lon=lon, lat=lat, at=at, release_info=release_info, origin=origin, shape=present)


def answer_to_send(
    index: PlaceIndex,
    need: Need,
    *,
    lon: float,
    lat: float,
    at: datetime,
    release_info: Mapping[str, Any] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Answer:
    """
    The same answer for `orjson.dumps`: its features are JSON text already, most of it written once for a release.

    Examples
    --------
    >>> import orjson
    >>> import pandas as pd
    >>> from datetime import UTC, datetime
    >>> from mediation_geo.search import Need, PlaceIndex
    >>> index = PlaceIndex.from_places(pd.DataFrame({"place_id": ["a"], "nom": ["Mairie"], "lon": [2.0], "lat": [48.0]}))
    >>> asked = {"lon": 2.01, "lat": 48.0, "at": datetime(2026, 11, 20, 9, tzinfo=UTC)}
    >>> orjson.dumps(answer_to_send(index, Need(), **asked)) == orjson.dumps(answer(index, Need(), **asked))
    True
    """
    return _answered(index, need, lon=lon, lat=lat, at=at, release_info=release_info, origin=origin, shape=written)


def _answered(
    index: PlaceIndex,
    need: Need,
    *,
    lon: float,
    lat: float,
    at: datetime,
    release_info: Mapping[str, Any] | None,
    origin: Mapping[str, Any] | None,
    shape: Callable[..., list[Any]],
) -> Answer:
    if at.tzinfo is None:
        raise RequestError(parameter="at", message=f"{at.isoformat()} has no time zone")
    at = at.replace(second=0, microsecond=0)
    lon, lat = round(float(lon), 3), round(float(lat), 3)
    only_afar = need.a_distance == "seulement"
    outcome = Outcome(_NOBODY, 0, need, ()) if only_afar else relaxed(index, need, lon=lon, lat=lat, at=at)
    radius_km = _radius_used(outcome, need)
    around = circle(index, lon, lat, radius_m=1000 * radius_km)
    # Without a place around, the département is that of the first one beyond.
    around_row = around.nearest if len(around.rows) else _first(index.find(lon, lat, 1, index.everything))
    remote = remote_rows(index, need, around_row=around_row, at=at)
    silent = _NOBODY
    if need.accueil and not only_afar and outcome.strict < min(need.k, ENOUGH):
        silent = silent_places(index, need, lon=lon, lat=lat, at=at)
    found_m = outcome.found.distance_m.tolist()
    strict_m = found_m[: outcome.strict]
    nearest_row = outcome.found.rows.item(strict_m.index(min(strict_m))) if strict_m else None
    return {
        "type": "FeatureCollection",
        "features": shape(index, need, outcome.found.rows, found_m, at=at, nearest_row=nearest_row),
        "recherche": {
            "origin": {"lat": lat, "lon": lon, **(origin or {})},
            "instant": at.isoformat(),
            "rayon_utilise_km": radius_km,
            "demande": need.asked(),
            "demande_elargie": outcome.need.asked() if outcome.steps else None,
            "elargissements": [
                {"critere": step.criterion, "de": step.before, "a": step.after, "raison": step.reason} for step in outcome.steps
            ],
            "compte": _counts(index, need, around.rows, at=at),
        },
        "a_distance": shape(index, need, remote, [None] * len(remote), at=at, nearest_row=None),
        "a_verifier": shape(index, need, silent.rows, silent.distance_m.tolist(), at=at, nearest_row=None),
        "donnees": _release(release_info, at),
        "messages": _messages(need, outcome, silent=len(silent.rows), remote=len(remote), release_info=release_info),
        "links": [],
    }


def _first(found: Neighbours) -> int | None:
    return found.rows.item(0) if len(found.rows) else None


def _radius_used(outcome: Outcome, need: Need) -> float:
    """Radius asked or widened to; for an adaptive one, the first step that holds the whole answer."""
    if outcome.need.rayon is not None:
        return outcome.need.rayon
    if len(outcome.found.rows) < need.k:
        return FARTHEST_KM
    farthest_km = max(outcome.found.distance_m.tolist()) / 1000
    return next(step for step in _ADAPTIVE_KM if farthest_km <= step)


def _counts(index: PlaceIndex, need: Need, rows: NDArray[np.int64], *, at: datetime) -> dict[str, Any]:
    """
    How many places lie within the radius, how many of them fit strictly, and how many each criterion leaves out.

    A place that fails two criteria is counted by both.
    """
    member = index.select(need, at=at).member
    if member is not None and not need.has_alternatives and member[rows].all():
        return {"dans_rayon": len(rows), "stricts": len(rows), "exclus": {}}
    fits = np.ones(len(rows), dtype=bool)
    excluded: dict[str, int] = {}
    for criterion in criteria_of(need, at):
        passed = criterion.levels(index.facts, rows) == 0
        fits &= passed
        if missed := len(rows) - int(np.count_nonzero(passed)):
            excluded[_EXCLUDED_AS.get(criterion.name, criterion.name)] = missed
    return {"dans_rayon": len(rows), "stricts": int(np.count_nonzero(fits)), "exclus": excluded}


def _release(release_info: Mapping[str, Any] | None, at: datetime) -> dict[str, Any]:
    shown = dict(release_info or {})
    published = shown.get("publie_le")
    if isinstance(published, str):
        shown["age_jours"] = (at.date() - date.fromisoformat(published[:10])).days
    return shown


def _messages(
    need: Need, outcome: Outcome, *, silent: int, remote: int, release_info: Mapping[str, Any] | None
) -> list[dict[str, str]]:
    """Sentences for people, each with a code for machines."""
    found = len(outcome.found.rows)
    near = need.a_distance != "seulement"
    said = {
        "demo": bool((release_info or {}).get("demo")),
        "aucun_lieu": near and found == 0,
        "elargi": bool(outcome.steps),
        "accueil_non_precise": silent > 0,
        "a_distance": remote > 0 and (found == 0 or not near),
        "aucune_aide_a_distance": remote == 0 and not near,
    }
    texts = MESSAGES[need.lang]
    return [{"code": code, "texte": texts[code].format(strict=outcome.strict)} for code, holds in said.items() if holds]


MESSAGES: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "demo": "Données de démonstration : ces lieux sont inventés.",
        "aucun_lieu": "Aucun lieu ne répond à la demande à moins de 100 km.",
        "elargi": "Lieux répondant à toute la demande : {strict}. La recherche a été élargie, comme indiqué.",
        "accueil_non_precise": "Peu de lieux précisent leur accueil. Ceux à vérifier n'en disent rien : appelez-les.",
        "a_distance": "Une aide à distance est possible.",
        "aucune_aide_a_distance": "Aucun lieu ne propose d'aide à distance pour cette demande.",
    },
    "facile": {
        "demo": "Attention : ce sont des lieux inventés.",
        "aucun_lieu": "Nous n'avons pas trouvé de lieu près de vous.",
        "elargi": "Nous avons cherché plus largement.",
        "accueil_non_precise": "D'autres lieux existent. Appelez-les avant de venir.",
        "a_distance": "On peut aussi vous aider par téléphone.",
        "aucune_aide_a_distance": "Personne ne peut vous aider par téléphone.",
    },
    "en": {
        "demo": "Demonstration data: these places are invented.",
        "aucun_lieu": "No place within 100 km fits.",
        "elargi": "Places that fit entirely: {strict}. The search was widened as shown.",
        "accueil_non_precise": "Few places say whom they can receive. Those to check say nothing about it: call them.",
        "a_distance": "Help at a distance is available.",
        "aucune_aide_a_distance": "No place offers help at a distance for this request.",
    },
}
