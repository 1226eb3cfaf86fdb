"""
What a white zone is: definitions that must be named, with every parameter that changes the count of people.

A single national number cannot be reproduced without them, so no function of this room has a default here. Values only; no data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from mediation_geo.errors import SchemaMismatch

__all__ = [
    "LEVELS",
    "TECHNOLOGIES",
    "CombinedGap",
    "FixedWhiteZone",
    "MediationGap",
    "MobileWhiteZone",
    "ProgrammeWhiteZone",
    "WhiteZoneDefinition",
    "check_quarter",
    "levels_at_least",
    "quarter_index",
]

# From the worst to the best; ARCEP: limitée, bonne, très bonne.
LEVELS = ("CL", "BC", "TBC")
TECHNOLOGIES = ("2G", "2G3G", "3G", "4G", "5G")
_QUARTER = re.compile(r"^(?P<year>20\d\d)_T(?P<quarter>[1-4])$")
_OPERATORS = 4


def check_quarter(quarter: str) -> str:
    """
    Same quarter, if it is written as ARCEP writes it.

    Raises
    ------
    SchemaMismatch
        If it is not of the form `2026_T2`.

    Examples
    --------
    >>> check_quarter("2026_T2")
    '2026_T2'
    """
    if not _QUARTER.match(quarter):
        message = f"quarter is {quarter!r}; expected a form such as '2026_T2'"
        raise SchemaMismatch(message)
    return quarter


def quarter_index(quarter: str) -> int:
    """
    Number of a quarter, so that quarters can be subtracted.

    Examples
    --------
    >>> quarter_index("2026_T1") - quarter_index("2025_T3")
    2
    """
    year, _, number = check_quarter(quarter).partition("_T")
    return int(year) * 4 + int(number)


def levels_at_least(level: str | None) -> frozenset[str]:
    """
    Levels of ARCEP's maps that count as covered when `level` is asked; None where the layer has no levels.

    Raises
    ------
    SchemaMismatch
        If the level is unknown.

    Examples
    --------
    >>> sorted(levels_at_least("BC")), sorted(levels_at_least(None))
    (['BC', 'TBC'], ['NONE'])
    """
    if level is None:
        return frozenset({"NONE"})
    if level not in LEVELS:
        message = f"level is {level!r}; expected one of {', '.join(LEVELS)}, or None for a layer without levels"
        raise SchemaMismatch(message)
    return frozenset(LEVELS[LEVELS.index(level) :])


@dataclass(frozen=True, kw_only=True)
class MobileWhiteZone:
    """
    Where at most `max_operators` operators are received.

    Parameters
    ----------
    name : str
        How the results call it; letters, digits and `_`.
    techno : str
        One of `TECHNOLOGIES`.
    level : str or None
        Least level that counts as received: `CL`, `BC`, `TBC`; None for layers without levels (3G data, 5G).
    max_operators : int
        0 for no operator at all, 1 for at most one; up to 3.
    quarter : str
        Such as `2026_T2`.
    population : str
        Source and vintage of the people counted, such as `Filosofi 2019, 200 m`.

    Raises
    ------
    SchemaMismatch
        If a value is unknown.

    Examples
    --------
    >>> zone = {"techno": "4G", "max_operators": 0, "quarter": "2026_T2", "population": "Filosofi 2019"}
    >>> MobileWhiteZone(name="sans_4g", level="BC", **zone).level
    'BC'
    >>> MobileWhiteZone(name="sans_4g", level="good", **zone)
    Traceback (most recent call last):
    ...
    mediation_geo.errors.SchemaMismatch: level is 'good'; expected one of CL, BC, TBC, or None for a layer without levels
    """

    name: str
    techno: str
    level: str | None
    max_operators: int
    quarter: str
    population: str

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_said("population", self.population)
        if self.techno not in TECHNOLOGIES:
            message = f"techno is {self.techno!r}; expected one of {', '.join(TECHNOLOGIES)}"
            raise SchemaMismatch(message)
        levels_at_least(self.level)
        check_quarter(self.quarter)
        if self.max_operators not in range(_OPERATORS):
            message = f"max_operators is {self.max_operators}; expected 0 to {_OPERATORS - 1}"
            raise SchemaMismatch(message)


@dataclass(frozen=True, kw_only=True)
class FixedWhiteZone:
    """
    Where no fixed offer reaches a speed: 8 Mbit/s is "bon haut débit", 30 "très haut débit".

    Parameters
    ----------
    name, quarter, population : str
        As for `MobileWhiteZone`.
    min_mbps : float
        Megabits a second, down.

    Examples
    --------
    >>> FixedWhiteZone(name="sans_bon_haut_debit", min_mbps=8, quarter="2026_T2", population="Filosofi 2019").min_mbps
    8
    """

    name: str
    min_mbps: float
    quarter: str
    population: str

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_said("population", self.population)
        check_quarter(self.quarter)
        _check_positive("min_mbps", self.min_mbps)


@dataclass(frozen=True, kw_only=True)
class ProgrammeWhiteZone:
    """
    Communes or zones on an administrative list: centre-bourgs, targeted coverage; dated, and silent about what is received today.

    Parameters
    ----------
    name : str
        How the results call it.
    programme : str
        Such as `zones blanches centre-bourgs`.
    as_of : str
        Date or reference of the list.

    Examples
    --------
    >>> ProgrammeWhiteZone(name="zbcb", programme="zones blanches centre-bourgs", as_of="2016").as_of
    '2016'
    """

    name: str
    programme: str
    as_of: str

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_said("programme", self.programme)
        _check_said("as_of", self.as_of)


@dataclass(frozen=True, kw_only=True)
class MediationGap:
    """
    Farther than a distance from a place of help.

    Parameters
    ----------
    name : str
        How the results call it.
    distance_m : float
        Metres, geodesic, or along roads where the distances given were.
    service : str
        What the places offer, such as a service of the national standard, or `any`.

    Examples
    --------
    >>> MediationGap(name="loin", distance_m=10_000, service="any").distance_m
    10000
    """

    name: str
    distance_m: float
    service: str

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_said("service", self.service)
        _check_positive("distance_m", self.distance_m)


@dataclass(frozen=True, kw_only=True)
class CombinedGap:
    """
    Far from help and in a white zone as well.

    Examples
    --------
    >>> far = MediationGap(name="loin", distance_m=10_000, service="any")
    >>> listed = ProgrammeWhiteZone(name="zbcb", programme="zones blanches centre-bourgs", as_of="2016")
    >>> CombinedGap(name="doublement_loin", mediation=far, white=listed).white.name
    'zbcb'
    """

    name: str
    mediation: MediationGap
    white: MobileWhiteZone | FixedWhiteZone | ProgrammeWhiteZone

    def __post_init__(self) -> None:
        _check_name(self.name)


WhiteZoneDefinition: TypeAlias = MobileWhiteZone | FixedWhiteZone | ProgrammeWhiteZone


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        message = f"name is {name!r}; a definition must be named, in small letters, digits and '_', such as 'sans_4g'"
        raise SchemaMismatch(message)


def _check_said(what: str, value: str) -> None:
    if not value.strip():
        message = f"{what} is empty; a result without it cannot be reproduced"
        raise SchemaMismatch(message)


def _check_positive(what: str, value: float) -> None:
    if not 0 < value < float("inf"):
        message = f"{what} is {value}; expected a number above 0"
        raise SchemaMismatch(message)
