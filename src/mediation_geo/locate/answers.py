"""
What the embedded geocoder says about what it has found: which streets are believed, and how an answer reads.

Streets with their evidence in, candidates out. Nothing here searches.
"""

from __future__ import annotations

from math import cos, hypot, radians
from typing import TYPE_CHECKING, NamedTuple

from mediation_geo.locate.address import SUFFIX_NAMES, StreetLine
from mediation_geo.locate.geocoder import ACCEPT_CONFIDENCE, Candidate

if TYPE_CHECKING:
    from mediation_geo.locate.communes import Commune, Communes
    from mediation_geo.locate.finder import Scored
    from mediation_geo.locate.streets import Street

__all__ = ["TIE", "Answers", "Hit", "Ranked", "by_population", "distinct", "flat_m", "good", "number_score", "ranked"]

# Streets so alike that the question cannot tell them, and so far apart that it matters.
TIE = 0.03
_TIE_M, _TIE_FACTOR, _NUMBER_ALONE_FACTOR = 300.0, 0.7, 0.93
_UNCERTAINTY_M = {"housenumber": 10.0, "interpolated": 50.0}

Ranked = list[tuple[float, Candidate]]


class Hit(NamedTuple):
    """
    A street with the evidence for it.

    Attributes
    ----------
    score : float
        Orders the streets of one question.
    confidence : float
        0-1, likeness of the street times share of its commune.
    street : Street
    number : tuple or None
        What `StreetTable.number` found.
    line : StreetLine
        The question.
    reach_m : float
        Distance to a street of the same name in the same commune that could be meant as well.
    tied : bool
        Another commune has the street just as well.
    """

    score: float
    confidence: float
    street: Street
    number: tuple[str, float, float, str] | None
    line: StreetLine
    reach_m: float = 0.0
    tied: bool = False


class Answers:
    """
    Writer of candidates.

    Parameters
    ----------
    communes : Communes
    """

    def __init__(self, communes: Communes) -> None:
        self._communes = communes

    def of_street(self, hit: Hit) -> Candidate:
        """Candidate at the number, or on the street."""
        street, commune = hit.street, self._communes.by_code.get(hit.street.commune)
        precision, lon, lat, suffix = hit.number or ("locality" if street.is_place else "street", street.lon, street.lat, "")
        numero = "" if hit.number is None else f"{hit.line.number}{SUFFIX_NAMES.get(suffix, suffix.upper())}"
        nom = commune.nom if commune else ""
        label = " ".join(part for part in (numero, street.name, street.postcode, nom) if part)
        return Candidate(
            label=label,
            lon=round(lon, 6),
            lat=round(lat, 6),
            precision=precision,
            code_insee=street.commune,
            code_postal=street.postcode,
            commune=nom,
            confidence=round(min(hit.confidence, 1.0), 4),
            uncertainty_m=max(hit.reach_m, _UNCERTAINTY_M.get(precision, float(street.radius_m))),
            departement=commune.departement if commune else "",
            numero=numero,
            voie=street.name,
        )

    def of_commune(self, commune: Commune, confidence: float, postcode: str) -> Candidate:
        """Candidate at the centre of a commune or arrondissement."""
        own = postcode or (commune.postcodes[0] if len(commune.postcodes) == 1 else min(commune.postcodes, default=""))
        current = self._communes.current_code(commune.code) or commune.code
        return Candidate(
            label=f"{own} {commune.nom}".strip(),
            lon=commune.lon,
            lat=commune.lat,
            precision="municipality",
            code_insee=current,
            code_postal=own,
            commune=commune.nom,
            confidence=round(min(confidence, 1.0), 4),
            uncertainty_m=round(commune.radius_m),
            departement=commune.departement,
        )


def by_population(places: Scored, communes: Communes) -> list[tuple[str, float]]:
    """Shares of communes that agree equally well, where no street decides: the chance goes with their inhabitants."""
    people = {code: communes.by_code[code].population + 1 for code, _ in places}
    shared = {share: sum(people[code] for code, other in places if other == share) for _, share in places}
    return [(code, share * (0.5 + 0.5 * people[code] / shared[share])) for code, share in places]


def ranked(hits: list[Hit]) -> list[Hit]:
    """Best first; what the question cannot tell apart is not to be believed, or only as far as it reaches."""
    ordered = sorted(hits, key=lambda hit: (-hit.score, hit.street.id))
    if len(ordered) < 2:
        return ordered
    first = ordered[0]
    alike = [hit for hit in ordered[1:] if hit.confidence > 0.97 * first.confidence and _apart_m(first, hit) > _TIE_M]
    ties = [hit for hit in alike if first.score - hit.score < TIE]
    abroad = [hit for hit in ties if hit.street.commune != first.street.commune]
    here = [hit for hit in ties if hit.street.commune == first.street.commune]
    factor = _TIE_FACTOR if abroad else 1.0
    # The number was found in one of them only: good evidence, less than a name.
    if not ties and any(hit.street.commune != first.street.commune for hit in alike):
        factor = _NUMBER_ALONE_FACTOR
    reach = max((_apart_m(first, hit) for hit in here), default=0.0)
    best = first._replace(confidence=first.confidence * factor, reach_m=reach, tied=bool(abroad))
    return [best, *(hit._replace(confidence=min(hit.confidence, best.confidence) * _TIE_FACTOR) for hit in ordered[1:])]


def number_score(line: StreetLine, number: tuple[str, float, float, str] | None) -> float:
    """Points of a street for having the number that was asked for, to the letter."""
    if line.number is None:
        return 0.06
    if number is None or number[0] != "housenumber":
        return 0.0
    return 0.06 if number[3].lower() == line.suffix.lower() else 0.04


def _apart_m(left: Hit, right: Hit) -> float:
    return flat_m(left.street.lon, left.street.lat, right.street.lon, right.street.lat)


def good(answers: Ranked) -> bool:
    """Whether any answer can stand: a street that is accepted, or a commune that was asked for as such."""
    return any(
        candidate.confidence >= (0.5 if candidate.precision == "municipality" else ACCEPT_CONFIDENCE) for _, candidate in answers
    )


def distinct(answers: Ranked, limit: int) -> list[Candidate]:
    """Best candidates, each once; equal ones in an order that does not depend on that of the answers."""
    best: dict[tuple[str, str, str], tuple[float, Candidate]] = {}
    for score, candidate in answers:
        key = (candidate.code_insee, candidate.label, candidate.precision)
        if key not in best or best[key][0] < score:
            best[key] = (score, candidate)
    ordered = sorted(best.values(), key=lambda each: (-each[0], each[1].label, each[1].code_insee))
    return [candidate for _, candidate in ordered[:limit]]


def flat_m(lon_left: float, lat_left: float, lon_right: float, lat_right: float) -> float:
    """Metres between two points on a flat earth: good to 1 % below 100 km, for comparisons only."""
    scale = 111_320.0 * cos(radians(lat_left))
    return hypot((lon_left - lon_right) * scale, (lat_left - lat_right) * 111_320.0)
