"""
A need as tests on places: for each criterion, which of its alternatives a place satisfies first, if any.

Encoded facts and a need in; levels out. Level 0 is what was asked, higher levels are what the relaxation accepts next, and
-1 never fits. What a place fits is the conjunction; how well is the tuple of levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mediation_geo.errors import RequestError
from mediation_geo.search.facets import NO_PUBLIC_MASK, Bits, Clause, label_bit, mask_of, place_bits, told_contacts
from mediation_geo.search.hours import HoursBook
from mediation_geo.search.reasons import place_reasons
from mediation_geo.search.vocabulary import ACCOMPAGNEMENTS, ACCUEILS, CONTACTS, DISPOSITIFS, LANGUES, PUBLICS, WIDER_OPENINGS
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mediation_geo.search.need import Need

__all__ = ["NO_PUBLIC_CRITERION", "Criterion", "Facts", "admitted", "criteria_of"]

Rows = NDArray[np.int64]
Levels = NDArray[np.int8]

NO_PUBLIC_CRITERION = "sans_public"
_DAYS_IN_A_MONTH = 365.2425 / 12

# Positions that are not on the house itself.
_UNCERTAIN = ("street", "locality", "municipality")


class Facts:
    """
    What places offer, encoded for vectorised tests; each part is made on first use.

    Parameters
    ----------
    places : pandas.DataFrame
        The places table or any part of its columns, with a RangeIndex.

    Examples
    --------
    >>> facts = Facts(pd.DataFrame({"place_id": ["a"], "sources": [["Hinaura"]]}))
    >>> facts.from_source("hinaura").tolist()
    [True]
    """

    def __init__(self, places: pd.DataFrame) -> None:
        self._places = places
        self.bits: Bits = place_bits(places)
        self._sources: dict[str, NDArray[np.bool_]] = {}

    @cached_property
    def hours(self) -> HoursBook:
        """Opening hours."""
        return HoursBook(self._places)

    @cached_property
    def updated(self) -> NDArray[np.datetime64]:
        """Date of the last update, NaT when unknown."""
        if "date_maj" not in self._places.columns:
            return np.full(len(self._places), np.datetime64("NaT", "D"))
        dates = pd.to_datetime(self._places["date_maj"]).to_numpy(dtype="datetime64[D]")
        return np.asarray(dates)

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """Which places tell a telephone, a mail, a website or a booking page that may be shown."""
        return told_contacts(self._places)

    @cached_property
    def updated_day(self) -> NDArray[np.int64]:
        """Days from 1970 to the last update, the least integer when it is unknown: an element of it costs a tenth of a date."""
        return self.updated.astype(np.int64)

    @cached_property
    def in_commune(self) -> NDArray[np.bool_]:
        """Which places are only known to be somewhere in their commune."""
        return self._precision_in("municipality")

    @cached_property
    def blur_m(self) -> NDArray[np.float64]:
        """How far a place that is only known to be somewhere in its commune lies from its point, on average; else 0."""
        if "position_uncertainty_m" not in self._places.columns:
            return np.zeros(len(self._places))
        radius_m = self._places["position_uncertainty_m"].to_numpy(dtype=np.float64)
        # The root mean square distance from the centre of a disc to its points is its radius over the square root of 2.
        return np.where(self.in_commune & ~np.isnan(radius_m), radius_m / np.sqrt(2.0), 0.0)

    @cached_property
    def reasons(self) -> NDArray[np.int64]:
        """Reasons that each place carries whatever is asked, as `reasons` writes them."""
        return place_reasons(self.bits, uncertain=self._precision_in(*_UNCERTAIN))

    def _precision_in(self, *names: str) -> NDArray[np.bool_]:
        if "position_precision" not in self._places.columns:
            return np.zeros(len(self._places), dtype=bool)
        return self._places["position_precision"].isin(names).to_numpy(dtype=bool)

    def from_source(self, name: str) -> NDArray[np.bool_]:
        """Which places have a record of a source; case and accents do not matter."""
        wanted = fold(name)
        kept = self._sources.get(wanted)
        if kept is None:
            kept = self._from_source(wanted)
            if len(self._sources) < 256:
                self._sources[wanted] = kept
        return kept

    def _from_source(self, wanted: str) -> NDArray[np.bool_]:
        if "sources" not in self._places.columns:
            return np.zeros(len(self._places), dtype=bool)
        # Lists live in object columns: one pass in Python is the only way to look inside; the answer is kept.
        known: dict[str, bool] = {}

        def wanted_one(name: str) -> bool:
            return known.setdefault(name, fold(name) == wanted)

        cells = self._places["sources"].to_numpy(dtype=object)
        return np.array(
            [isinstance(cell, list | tuple | np.ndarray) and any(wanted_one(str(name)) for name in cell) for cell in cells],
            dtype=bool,
        )


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that was asked, with its alternatives in the order in which they are accepted."""

    name: str
    levels: Callable[[Facts, Rows], Levels]


def criteria_of(need: Need, at: datetime | None) -> tuple[Criterion, ...]:
    """
    Criteria of a need, from the one relaxed last to the one relaxed first: the order in which levels rank.

    Parameters
    ----------
    need : Need
    at : datetime, optional
        The instant of the question, with its zone.

    Raises
    ------
    RequestError
        If the need depends on an instant and none was given.
    """
    if need.depends_on_time and at is None:
        name = "ouvert" if need.ouvert else "maj_depuis"
        raise RequestError(parameter=name, message="depends on the instant of the question: give `at`")
    found = [
        Criterion(NO_PUBLIC_CRITERION, _ladder(Clause(NO_PUBLIC_MASK, "none"))),
        *_fixed(need, at),
        *_relaxable(need, at),
    ]
    return tuple(found)


def admitted(facts: Facts, need: Need, at: datetime | None) -> NDArray[np.bool_]:
    """
    Which places fit a need, at any of the levels it accepts.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    rows = np.arange(len(facts.bits))
    fits = np.ones(len(rows), dtype=bool)
    for criterion in criteria_of(need, at):
        fits &= criterion.levels(facts, rows) >= 0
    return fits


def _ladder(*steps: Clause) -> Callable[[Facts, Rows], Levels]:
    """Level of the first clause that holds."""

    def levels(facts: Facts, rows: Rows) -> Levels:
        words = facts.bits[rows]
        result = np.full(len(rows), -1, dtype=np.int8)
        for level in range(len(steps) - 1, -1, -1):
            result[steps[level].test(words)] = level
        return result

    return levels


def _of_mask(test: Callable[[Facts], NDArray[np.bool_]]) -> Callable[[Facts, Rows], Levels]:
    def levels(facts: Facts, rows: Rows) -> Levels:
        return np.where(test(facts)[rows], np.int8(0), np.int8(-1))

    return levels


_ANYTHING = Clause(0, "all")


def _labels(field: str, labels: list[str], keep: str = "any") -> Clause:
    mask = mask_of(label_bit(field, label) for label in labels)
    return Clause(mask, "all" if keep == "all" else "any")


def _fixed(need: Need, at: datetime | None) -> list[Criterion]:
    """Criteria that are never relaxed."""
    found: list[Criterion] = []
    if need.accueil:
        labels = [ACCUEILS[each] for each in need.accueil]
        found.append(Criterion("accueil", _ladder(_labels("prise_en_charge_specifique", labels, "all"))))
    languages = [label for each in need.langue if (label := LANGUES[each]) is not None]
    if languages and "fr" not in need.langue:
        found.append(Criterion("langue", _ladder(_labels("prise_en_charge_specifique", languages))))
    if need.public:
        # A place that lists nobody in particular is open to everybody.
        labels = [*(PUBLICS[each] for each in need.public), ""]
        found.append(Criterion("public", _ladder(_labels("publics_specifiquement_adresses", labels))))
    if need.fauteuil:
        found.append(Criterion("fauteuil", _ladder(Clause(mask_of(["fauteuil_non"]), "none"))))
    if need.contact:
        found.append(Criterion("contact", _ladder(Clause(mask_of(CONTACTS[each] for each in need.contact), "any"))))
    if need.dispositif:
        labels = [DISPOSITIFS[each] for each in need.dispositif]
        found.append(Criterion("dispositif", _ladder(_labels("dispositif_programmes_nationaux", labels))))
    return found + _trust(need, at)


def _trust(need: Need, at: datetime | None) -> list[Criterion]:
    found: list[Criterion] = []
    if need.source:
        found.append(Criterion("source", _of_mask(lambda facts: _any_source(facts, need.source))))
    if need.exclure_source:
        found.append(Criterion("exclure_source", _of_mask(lambda facts: ~_any_source(facts, need.exclure_source))))
    if need.maj_depuis is not None and at is not None:
        # Whole days: the answer must not change with the hour at which it is asked.
        oldest = np.datetime64(at.date() - timedelta(days=need.maj_depuis * _DAYS_IN_A_MONTH), "D")
        # An unknown date compares as not recent: nobody vouches for the place.
        found.append(Criterion("maj_depuis", _of_mask(lambda facts: facts.updated >= oldest)))
    return found


def _any_source(facts: Facts, names: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.asarray(np.logical_or.reduce([facts.from_source(name) for name in names]))


def _relaxable(need: Need, at: datetime | None) -> list[Criterion]:
    """Criteria that the relaxation may widen, the last to be widened first."""
    found: list[Criterion] = []
    if need.services_asked:
        found.append(Criterion("besoin", _needs(need)))
    for name, values, clauses in (
        ("accompagnement", need.accompagnement, _SUPPORT_CLAUSES),
        ("gratuit", need.gratuit, _FEE_CLAUSES),
        ("sans_rdv", need.sans_rdv, _ACCESS_CLAUSES),
    ):
        steps = _steps(values, clauses)
        if steps:
            found.append(Criterion(name, _ladder(*steps)))
    if need.ouvert and "indifferent" not in need.ouvert:
        found.append(Criterion("ouvert", _openings(need, at)))
    return found


_SUPPORT_CLAUSES = {name: _labels("modalites_accompagnement", [label]) for name, label in ACCOMPAGNEMENTS.items()}
_FEE_CLAUSES = {
    "oui": Clause(mask_of(["gratuit"]), "any"),
    "inconnu": Clause(mask_of(["gratuit_inconnu"]), "any"),
    "conditions": Clause(mask_of(["gratuit_conditions"]), "any"),
}
_ACCESS_CLAUSES = {
    "oui": _labels("modalites_acces", ["Se présenter"]),
    "rdv": Clause(mask_of(["rdv", "telephone"]), "any"),
}


def _steps(values: tuple[str, ...], clauses: Mapping[str, Clause]) -> list[Clause]:
    """What was asked as one clause, then each value accepted failing it; nothing when anything will do."""
    if not values or not {"prefere", "indifferent"}.isdisjoint(values):
        return []
    mask = 0
    for value in values:
        mask |= clauses[value].mask if value in clauses else 0
    return [Clause(mask, "any"), *(clauses.get(value[1:], _ANYTHING) for value in values if value.startswith("~"))]


def _needs(need: Need) -> Callable[[Facts, Rows], Levels]:
    """Level 0: enough of the asked services; with `~un`, the level is how many are missing."""
    bits = [np.uint64(mask_of([label_bit("services", label)])) for label in need.services_asked]

    def levels(facts: Facts, rows: Rows) -> Levels:
        words = facts.bits[rows]
        missing = np.zeros(len(rows), dtype=np.int8)
        for bit in bits:
            missing += (words & bit) == 0
        match need.besoin_requis:
            case "tous":
                return np.where(missing == 0, np.int8(0), np.int8(-1))
            case "un":
                return np.where(missing < len(bits), np.int8(0), np.int8(-1))
            case _:
                return np.where(missing < len(bits), missing, np.int8(-1))

    return levels


def _openings(need: Need, at: datetime | None) -> Callable[[Facts, Rows], Levels]:
    asked = [each for each in need.ouvert if each not in WIDER_OPENINGS]

    def levels(facts: Facts, rows: Rows) -> Levels:
        result = np.full(len(rows), 2 if "~indifferent" in need.ouvert else -1, dtype=np.int8)
        if "48h" in need.ouvert or "~48h" in need.ouvert:
            for opening in asked or ["maintenant"]:
                result[facts.hours.opens_soon(rows, opening, now=at)] = 0 if "48h" in need.ouvert else 1
        for opening in asked:
            result[facts.hours.open_at(rows, opening, now=at)] = 0
        return result

    return levels
