"""
One place of an answer: its properties, with the distance, the hours at the instant, and the reasons for it.

Rows of the index in, GeoJSON features out. What does not depend on the question is made once by `features.py`; `written.py`
gives the same features as JSON text.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mediation_geo.search.cards import card_text
from mediation_geo.search.criteria import NO_PUBLIC_CRITERION, Criterion, criteria_of
from mediation_geo.search.facets import label_bit, mask_of
from mediation_geo.search.reasons import OLD_DAYS, RECENT_DAYS, age_reasons, hours_reasons, reason_bits, reason_texts, wishes_of
from mediation_geo.search.sms import place_sms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mediation_geo.search.hours import HoursReport
    from mediation_geo.search.index import PlaceIndex
    from mediation_geo.search.need import Need

__all__ = ["Match", "Told", "freshness", "label_of_distance", "match_properties", "present", "told_places"]

# Criterion -> facet bits that mean "the place does not say".
_SUPPORT_SILENT = mask_of([label_bit("prise_en_charge_specifique", "")])
_SILENT = {
    "accueil": _SUPPORT_SILENT,
    "langue": _SUPPORT_SILENT,
    "gratuit": mask_of(["gratuit_inconnu"]),
    "sans_rdv": mask_of([label_bit("modalites_acces", "")]),
    "accompagnement": mask_of([label_bit("modalites_accompagnement", "")]),
}
_WHEELCHAIR_SAID = mask_of(["fauteuil_oui", "fauteuil_non"])
_NEAREST = reason_bits("nearest_matching")

# The day that `Facts.updated_day` counts from, as `date.toordinal` counts.
_FIRST_DAY = date(1970, 1, 1).toordinal()
_NEVER = np.iinfo(np.int64).min


class Match(NamedTuple):
    """How a place answers a question: the share of what was asked, reasons, criteria not met, criteria it says nothing about."""

    score: float
    reasons: int
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]


class Told(NamedTuple):
    """What is said of a place of an answer that depends on the question or the instant."""

    row: int
    distance_m: float | None
    in_commune: bool
    hours: HoursReport
    age_days: int | None
    match: Match


def present(
    index: PlaceIndex,
    need: Need,
    rows: NDArray[np.int64],
    distance_m: Sequence[float | None],
    *,
    at: datetime,
    nearest_row: int | None,
) -> list[dict[str, Any]]:
    """
    GeoJSON features of places, in the order given.

    Parameters
    ----------
    index : PlaceIndex
    need : Need
        The question as asked: unmet criteria are told against it, whatever was widened.
    rows : numpy.ndarray of int64, shape (n,)
    distance_m : sequence of float or None
        Distances to expect; None for help at a distance.
    at : datetime
        The instant, with its zone.
    nearest_row : int, optional
        Row of the nearest place that fits strictly.
    """
    features = []
    for told in told_places(index, need, rows, distance_m, at=at, nearest_row=nearest_row):
        properties = _properties(index, told, lang=need.lang)
        if need.champs:
            properties = {name: properties[name] for name in need.champs if name in properties}
        geometry = None
        if told.distance_m is not None:
            geometry = {"type": "Point", "coordinates": [float(index.lon[told.row]), float(index.lat[told.row])]}
        features.append({"type": "Feature", "id": index.place_ids[told.row], "geometry": geometry, "properties": properties})
    return features


def _properties(index: PlaceIndex, told: Told, *, lang: str) -> dict[str, Any]:
    place = dict(index.features.get(told.row))
    sources = place.pop("sources")
    properties = {**place, "horaires": told.hours.shown}
    date_maj = None if told.age_days is None else str(index.facts.updated[told.row])
    properties["fraicheur"] = {"date_maj": date_maj, **freshness(told.age_days), "source": sources}
    if told.distance_m is not None:
        properties["distance_m"] = round(told.distance_m)
        properties["distance_label"] = label_of_distance(told.distance_m, in_commune=told.in_commune)
    properties["correspondance"] = match_properties(told.match, lang=lang)
    return {**properties, "carte": {"texte": card_text(properties), "sms": place_sms(properties)}}


def told_places(
    index: PlaceIndex,
    need: Need,
    rows: NDArray[np.int64],
    distance_m: Sequence[float | None],
    *,
    at: datetime,
    nearest_row: int | None,
) -> Iterator[Told]:
    """What depends on the question or the instant of places of an answer, in the order given; parameters as for `present`."""
    if not len(rows):
        return
    facts = index.facts
    criteria = [each for each in criteria_of(need, at) if each.name != NO_PUBLIC_CRITERION]
    levels = [each.levels(facts, rows).tolist() for each in criteria]
    wishes = wishes_of(need)
    today = at.date().toordinal() - _FIRST_DAY
    for position, (row, distance, hours) in enumerate(zip(rows.tolist(), distance_m, facts.hours.reports(rows, at), strict=True)):
        word = facts.bits.item(row)
        updated = facts.updated_day.item(row)
        age = None if updated == _NEVER else today - updated
        reasons = 0
        if need.expliquer:
            now = hours_reasons(hours.state, opens_soon=hours.opens_soon(at), readable=hours.text is not None)
            reasons = facts.reasons.item(row) | wishes.reasons(word) | now | age_reasons(age)
            if row == nearest_row:
                reasons |= _NEAREST
        match = _match(word, hours, reasons, criteria, [level[position] == 0 for level in levels])
        yield Told(row, distance, facts.in_commune.item(row), hours, age, match)


def freshness(age_days: int | None) -> dict[str, Any]:
    """
    Age of what is known of a place, and how far that can be trusted.

    Examples
    --------
    >>> freshness(400)
    {'age_jours': 400, 'niveau': 'a_verifier'}
    """
    if age_days is None:
        level = None
    else:
        level = "recent" if age_days < RECENT_DAYS else ("ancien" if age_days > OLD_DAYS else "a_verifier")
    return {"age_jours": age_days, "niveau": level}


def match_properties(match: Match, *, lang: str) -> dict[str, Any]:
    """
    How a place answers a question, in the words of the public answer.

    Examples
    --------
    >>> match_properties(Match(1.0, reason_bits("free"), (), ("fauteuil",)), lang="en")["raisons"]
    [{'code': 'free', 'texte': 'Free of charge'}]
    """
    return {
        "score": match.score,
        "raisons": reason_texts(match.reasons, lang=lang),
        "non_remplis": list(match.unmet),
        "inconnus": list(match.unknown),
    }


def label_of_distance(distance_m: float, *, in_commune: bool) -> str:
    """
    A distance as people say it; the distance to expect, where only the commune of a place is known.

    Examples
    --------
    >>> label_of_distance(347.2, in_commune=False), label_of_distance(23_400, in_commune=False)
    ("à 350 m à vol d'oiseau", "à 23 km à vol d'oiseau")
    >>> label_of_distance(2900, in_commune=True)
    'à environ 2,9 km, adresse à vérifier'
    """
    if in_commune:
        return f"à environ {_metres(distance_m)}, adresse à vérifier"
    return f"à {_metres(distance_m)} à vol d'oiseau"


def _metres(distance_m: float) -> str:
    tens = round(distance_m / 10) * 10
    if tens < 1000:
        return f"{tens} m"
    if distance_m < 9950:
        return f"{distance_m / 1000:.1f} km".replace(".", ",")
    return f"{distance_m / 1000:.0f} km"


def _match(word: int, hours: HoursReport, reasons: int, criteria: list[Criterion], met: list[bool]) -> Match:
    if not criteria:
        return Match(1.0, reasons, (), ())
    unknown: list[str] = []
    unmet: list[str] = []
    for criterion, satisfied in zip(criteria, met, strict=True):
        # What fits is not called unknown, but for wheelchairs: silence is let through there, and labelled.
        if satisfied and criterion.name != "fauteuil":
            continue
        if _is_silent(criterion.name, word, hours):
            unknown.append(criterion.name)
        elif not satisfied:
            unmet.append(criterion.name)
    asked = len(criteria)
    score = round((asked - len(unknown) - len(unmet)) / asked, 2)
    return Match(score, reasons, tuple(unmet), tuple(unknown))


def _is_silent(name: str, word: int, hours: HoursReport) -> bool:
    if name == "ouvert":
        return hours.state == "inconnu"
    if name == "fauteuil":
        return not word & _WHEELCHAIR_SAID
    return bool(word & _SILENT.get(name, 0))
