"""
What to do when too few places fit: widen the question one step at a time, in a fixed order, and say so.

An index, a need and a position in; ranked rows, the steps that were taken and the need that was answered out. Asking that
last need strictly gives the same places: nothing else was loosened on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mediation_geo.search.criteria import criteria_of
from mediation_geo.search.facets import mask_of
from mediation_geo.search.index import Neighbours, PlaceIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    from mediation_geo.search.need import Need
    from mediation_geo.search.selection import Selection

__all__ = ["ENOUGH", "FARTHEST_KM", "Outcome", "Step", "nearest_fitting", "nearest_selected", "relaxations", "relaxed"]

FARTHEST_KM = 100.0

# Fewer strict results than this are too few, unless fewer were asked for: a helper wants an alternative, not a list.
ENOUGH = 3

_FREE = np.uint64(mask_of(["gratuit"]))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the relaxation: which parameter, from which value to which, and why."""

    criterion: str
    before: Any
    after: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What was found.

    Attributes
    ----------
    found : Neighbours
        In the order of the answer: everything that fits strictly first.
    strict : int
        How many of them fit the question as asked.
    need : Need
        The question that was answered.
    steps : tuple of Step
        How it differs from the one asked.
    """

    found: Neighbours
    strict: int
    need: Need
    steps: tuple[Step, ...]


def relaxed(index: PlaceIndex, need: Need, *, lon: float, lat: float, at: datetime | None) -> Outcome:
    """
    Nearest places that fit, with the question widened only as far as needed to find enough of them.

    Parameters
    ----------
    index : PlaceIndex
    need : Need
        With `elargir="jamais"`, never widened.
    lon, lat : float
        Decimal degrees, EPSG:4326.
    at : datetime, optional
        The instant of the question, with its zone.
    """
    found = nearest_fitting(index, need, lon=lon, lat=lat, at=at)
    strict = _count_strict(index, need, found, at)
    outcome = Outcome(found, strict, need, ())
    enough = min(need.k, ENOUGH)
    if need.elargir == "jamais" or len(found.rows) >= enough:
        return outcome
    steps: list[Step] = []
    asked = need
    for step, wider in relaxations(need):
        if len(found.rows) >= enough:
            break
        before = len(found.rows)
        found = nearest_fitting(index, wider, lon=lon, lat=lat, at=at)
        steps.append(step)
        asked = wider
        # A last step that finds nothing more is not reported: it changed nothing.
        if len(found.rows) > before:
            outcome = Outcome(found, strict, asked, tuple(steps))
    return outcome


def nearest_fitting(index: PlaceIndex, need: Need, *, lon: float, lat: float, at: datetime | None) -> Neighbours:
    """
    The k best places for a need, taken as it is: what fits better first, then what is nearer, then by place id.

    At the same displayed distance (whole metres), places known to be free come first when `gratuit` is `prefere`.
    """
    selection = index.select(need, at=at)
    if not need.has_alternatives:
        return nearest_selected(index, need, selection, lon=lon, lat=lat)
    limit = 1000 * (need.rayon or FARTHEST_KM)
    found = _expected(index, index.find_within(lon, lat, selection, radius_m=limit), limit_m=limit)
    keys = [criterion.levels(index.facts, found.rows) for criterion in criteria_of(need, at)]
    return _ranked(index, need, found, keys)


def nearest_selected(index: PlaceIndex, need: Need, selection: Selection, *, lon: float, lat: float) -> Neighbours:
    """
    The k nearest of selected places within the radius of a need, by the distance to expect.

    Parameters
    ----------
    index : PlaceIndex
    need : Need
        For its `k`, `rayon` and preference; what fits was decided with the selection.
    selection : Selection
        Which places count.
    lon, lat : float
        Decimal degrees, EPSG:4326.
    """
    limit = 1000 * (need.rayon or FARTHEST_KM)
    points = index.find(lon, lat, need.k + 1, selection, max_distance_m=limit)
    found = _expected(index, points, limit_m=limit)
    if len(points.rows) > need.k:
        # A place is never nearer than its point: whoever may come before the k-th, or look as far, has its point this near.
        reach = limit if len(found.rows) < need.k else round(sorted(found.distance_m.tolist())[need.k - 1]) + 0.5
        if reach >= points.distance_m.item(-1):
            found = _expected(index, index.find_within(lon, lat, selection, radius_m=min(limit, reach)), limit_m=limit)
    return _ranked(index, need, found, [])


def _expected(index: PlaceIndex, points: Neighbours, *, limit_m: float) -> Neighbours:
    """
    Places with the distance to expect, as far as it is within a limit.

    A place that is only known to be in its commune has the commune's centre for a point: whoever searches from the town hall
    would find all of them "at 0 m". The distance to expect is the root mean square over the commune's disc, sqrt(d2 + r2 / 2).
    """
    distance_m = np.hypot(points.distance_m, index.facts.blur_m[points.rows])
    near = distance_m <= limit_m
    return Neighbours(points.rows[near], distance_m[near])


def relaxations(need: Need) -> Iterator[tuple[Step, Need]]:
    """
    Steps that widen a need, in order, each with the need after it and all steps before it.

    Examples
    --------
    >>> from mediation_geo.search.need import Need
    >>> [(step.criterion, step.after) for step, _ in relaxations(Need(rayon=40, sans_rdv="oui"))]
    [('rayon', 50.0), ('rayon', 100.0), ('sans_rdv', ['oui', '~rdv'])]
    """
    for radius in _wider_radii(need.rayon):
        step = Step("rayon", need.rayon, radius, "trop peu de lieux à cette distance")
        need = need.model_copy(update={"rayon": radius})
        yield step, need
    for name, more, reason in (
        ("ouvert", "48h", "trop peu de lieux ouverts à ce moment"),
        ("ouvert", "indifferent", "trop peu de lieux qui ouvrent dans les 48 heures"),
        ("sans_rdv", "rdv", "trop peu de lieux sans rendez-vous"),
        ("gratuit", "inconnu", "trop peu de lieux qui se disent gratuits"),
        ("gratuit", "conditions", "trop peu de lieux gratuits pour tous"),
        ("accompagnement", "indifferent", "trop peu de lieux avec cet accompagnement"),
    ):
        before = getattr(need, name)
        if not before or not {"prefere", "indifferent", more, f"~{more}"}.isdisjoint(before):
            continue
        step = Step(name, list(before), [*before, f"~{more}"], reason)
        need = need.model_copy(update={name: (*before, f"~{more}")})
        yield step, need
    if need.besoin_requis == "tous" and len(need.services_asked) > 1:
        step = Step("besoin_requis", "tous", "~un", "trop peu de lieux pour tous les besoins")
        yield step, need.model_copy(update={"besoin_requis": "~un"})


def _wider_radii(radius: float | None) -> list[float]:
    """Twice as far up to 50 km, then 100 km; an adaptive radius already reaches that far."""
    radii: list[float] = []
    while radius is not None and radius < FARTHEST_KM:
        radius = min(2 * radius, 50.0) if radius < 50 else FARTHEST_KM
        radii.append(radius)
    return radii


def _count_strict(index: PlaceIndex, need: Need, found: Neighbours, at: datetime | None) -> int:
    """How many places found fit all that was asked, none of it only failing something else."""
    if not need.has_alternatives:
        return len(found.rows)
    levels = [criterion.levels(index.facts, found.rows) for criterion in criteria_of(need, at)]
    return int(np.count_nonzero(np.all(np.array(levels) == 0, axis=0)))


def _ranked(index: PlaceIndex, need: Need, found: Neighbours, levels: list[NDArray[np.int8]]) -> Neighbours:
    keys: list[NDArray[Any]] = [found.rows, found.distance_m]
    if need.gratuit == ("prefere",):
        keys.append((index.facts.bits[found.rows] & _FREE) == 0)
    keys.append(np.rint(found.distance_m))
    # lexsort takes its first key last: from the least telling to the most.
    order = np.lexsort([*keys, *reversed(levels)])[: need.k]
    return Neighbours(found.rows[order], found.distance_m[order])
