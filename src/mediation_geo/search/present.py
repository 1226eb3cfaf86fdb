"""
One place of an answer: its properties, with the distance, the hours at the instant, and the reasons for it.

Rows of the index in, GeoJSON features out. What does not depend on the question is made once by `features.py`; `written.py`
gives the same features as JSON text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mediation_geo.search.cards import card_text
from mediation_geo.search.criteria import NO_PUBLIC_CRITERION, Criterion, criteria_of
from mediation_geo.search.facets import label_bit, mask_of
from mediation_geo.search.reasons import OLD_DAYS, RECENT_DAYS, Circumstances, reason_codes, reason_texts
from mediation_geo.search.sms import place_sms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mediation_geo.search.hours import HoursReport
    from mediation_geo.search.index import PlaceIndex
    from mediation_geo.search.need import Need

__all__ = ["Told", "distance_label", "present", "told_places"]

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
    for told in told_places(index, need, rows, distance_m, at=at, nearest_row=nearest_row, read=index.features.get):
        properties = {name: value for name, value in told.place.items() if name != "sources"}
        properties |= {"horaires": told.hours.shown, **told.said}
        if need.champs:
            properties = {name: properties[name] for name in need.champs if name in properties}
        geometry = None
        if told.distance_m is not None:
            geometry = {"type": "Point", "coordinates": [float(index.lon[told.row]), float(index.lat[told.row])]}
        features.append({"type": "Feature", "id": index.place_ids[told.row], "geometry": geometry, "properties": properties})
    return features


class Told(NamedTuple):
    """A place of an answer: what is always true of it, its hours at the instant, and what is said of it to this question."""

    row: int
    distance_m: float | None
    place: Mapping[str, Any]
    hours: HoursReport
    said: dict[str, Any]


def told_places(
    index: PlaceIndex,
    need: Need,
    rows: NDArray[np.int64],
    distance_m: Sequence[float | None],
    *,
    at: datetime,
    nearest_row: int | None,
    read: Callable[[int], Mapping[str, Any]],
) -> Iterator[Told]:
    """
    Places of an answer with all that depends on the question, in the order given; parameters as for `present`.

    `read` gives the properties of a row that do not depend on the question: at least `nom`, `adresse`, `contact`, `geocodage`
    and `sources`.
    """
    criteria = [each for each in criteria_of(need, at) if each.name != NO_PUBLIC_CRITERION]
    levels = [each.levels(index.facts, rows) for each in criteria]
    for position, row in enumerate(rows.tolist()):
        met = [bool(level[position] == 0) for level in levels]
        hours = index.facts.hours.report(row, at)
        place = read(row)
        distance = distance_m[position]
        said = _said(index, need, row, distance, place, hours, at=at, nearest=row == nearest_row, criteria=criteria, met=met)
        yield Told(row, distance, place, hours, said)


def distance_label(distance_m: float) -> str:
    """
    A distance as people say it.

    Examples
    --------
    >>> distance_label(347.2), distance_label(1240), distance_label(23_400)
    ("à 350 m à vol d'oiseau", "à 1,2 km à vol d'oiseau", "à 23 km à vol d'oiseau")
    """
    return f"à {_metres(distance_m)} à vol d'oiseau"


def vague_distance_label(distance_m: float) -> str:
    """
    The distance to expect to a place of which only the commune is known.

    Examples
    --------
    >>> vague_distance_label(2900)
    'à environ 2,9 km, adresse à vérifier'
    """
    return f"à environ {_metres(distance_m)}, adresse à vérifier"


def _metres(distance_m: float) -> str:
    tens = round(distance_m / 10) * 10
    if tens < 1000:
        return f"{tens} m"
    if distance_m < 9950:
        return f"{distance_m / 1000:.1f} km".replace(".", ",")
    return f"{distance_m / 1000:.0f} km"


def _said(
    index: PlaceIndex,
    need: Need,
    row: int,
    distance_m: float | None,
    place: Mapping[str, Any],
    hours: HoursReport,
    *,
    at: datetime,
    nearest: bool,
    criteria: list[Criterion],
    met: list[bool],
) -> dict[str, Any]:
    updated = index.facts.updated[row]
    age = None if np.isnat(updated) else (at.date() - updated.astype(object)).days
    precision = place["geocodage"]["type"]
    said: dict[str, Any] = {"fraicheur": _freshness(updated, age, place["sources"])}
    if distance_m is not None:
        said["distance_m"] = round(distance_m)
        said["distance_label"] = vague_distance_label(distance_m) if precision == "municipality" else distance_label(distance_m)
    circumstances = Circumstances(
        open_state=hours.state,
        opens_soon=hours.opens_soon(at),
        hours_readable=hours.text is not None,
        nearest=nearest,
        age_days=age,
        position_precision=precision,
    )
    said["correspondance"] = _match(int(index.facts.bits[row]), need, circumstances, criteria, met)
    on_card = {**place, "horaires": hours.shown, **said}
    said["carte"] = {"texte": card_text(on_card), "sms": place_sms(on_card)}
    return said


def _match(word: int, need: Need, circumstances: Circumstances, criteria: list[Criterion], met: list[bool]) -> dict[str, Any]:
    unknown: list[str] = []
    unmet: list[str] = []
    for criterion, satisfied in zip(criteria, met, strict=True):
        # What fits is not called unknown, but for wheelchairs: silence is let through there, and labelled.
        if satisfied and criterion.name != "fauteuil":
            continue
        if _is_silent(criterion.name, word, circumstances):
            unknown.append(criterion.name)
        elif not satisfied:
            unmet.append(criterion.name)
    asked = len(criteria)
    score = 1.0 if not asked else round((asked - len(unknown) - len(unmet)) / asked, 2)
    codes = reason_codes(word, need, circumstances) if need.expliquer else []
    return {"score": score, "raisons": reason_texts(codes, lang=need.lang), "non_remplis": unmet, "inconnus": unknown}


def _is_silent(name: str, word: int, circumstances: Circumstances) -> bool:
    if name == "ouvert":
        return circumstances.open_state == "inconnu"
    if name == "fauteuil":
        return not word & _WHEELCHAIR_SAID
    return bool(word & _SILENT.get(name, 0))


def _freshness(updated: np.datetime64, age: int | None, sources: list[str]) -> dict[str, Any]:
    level = None if age is None else ("recent" if age < RECENT_DAYS else ("ancien" if age > OLD_DAYS else "a_verifier"))
    return {
        "date_maj": None if age is None else str(updated),
        "age_jours": age,
        "niveau": level,
        "source": sources,
    }
