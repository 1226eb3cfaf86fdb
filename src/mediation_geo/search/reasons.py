"""
Why a place is in the answer: a closed list of codes, each a predicate that anybody can check on the raw row.

Facet words, dates and hours of places come in; reasons come out as the bits of one number, so that those of many places, of the
place itself, of the day and of the question are made apart and put together at no cost; then codes with a sentence in three
registers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mediation_geo.search.facets import label_bit, mask_of
from mediation_geo.search.vocabulary import ACCUEILS, LANGUES, PUBLICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mediation_geo.search.facets import Bits
    from mediation_geo.search.need import Need
    from mediation_geo.search.schedule import OpenState

__all__ = ["REASONS", "Wishes", "age_reasons", "hours_reasons", "place_reasons", "reason_bits", "reason_texts", "wishes_of"]

# Code -> sentence in French, in easy-to-read French, in English.
REASONS: Mapping[str, tuple[str, str, str]] = {
    "need_exact": ("Propose toute l'aide demandée", "Ce lieu vous aide pour votre besoin.", "Offers all the help asked for"),
    "need_partial": (
        "Propose une partie de l'aide demandée",
        "Ce lieu vous aide pour une partie de votre besoin.",
        "Offers part of the help asked for",
    ),
    "free": ("Gratuit", "C'est gratuit.", "Free of charge"),
    "free_unknown": (
        "Gratuité non précisée : demandez",
        "Demandez si c'est gratuit.",
        "Whether it is free is not stated: ask",
    ),
    "walk_in": ("Accueil sans rendez-vous", "Venez sans rendez-vous.", "No appointment needed"),
    "by_appointment": ("Rendez-vous en ligne possible", "Vous pouvez prendre rendez-vous.", "Appointments can be booked"),
    "reachable_by_phone": ("Joignable par téléphone", "Vous pouvez téléphoner.", "Can be phoned"),
    "open_now": ("Ouvert", "C'est ouvert.", "Open"),
    "opens_soon": ("Ouvre dans les 48 heures", "Ce lieu ouvre bientôt.", "Opens within 48 hours"),
    "hours_unknown": ("Horaires inconnus : appelez", "Appelez pour connaître les horaires.", "Hours unknown: call first"),
    "public_targeted": ("S'adresse en particulier à ce public", "Ce lieu est fait pour vous.", "Meant for these people"),
    "public_open_to_all": ("Ouvert à tous les publics", "Tout le monde peut venir.", "Open to everybody"),
    "disability_ok": ("Accueil adapté à la situation indiquée", "L'accueil est adapté.", "Equipped for the stated situation"),
    "language_ok": ("Accueil dans la langue demandée", "On y parle votre langue.", "The language asked for is spoken"),
    "wheelchair_yes": ("Accessible en fauteuil roulant", "Un fauteuil roulant peut entrer.", "Wheelchair accessible"),
    "nearest_matching": (
        "Le plus proche de ceux qui répondent à la demande",
        "C'est le lieu le plus proche.",
        "Nearest of those that fit",
    ),
    "recent_data": ("Fiche mise à jour récemment", "Ces informations sont récentes.", "Recently updated"),
    "old_data_call_first": (
        "Fiche ancienne : appelez avant de vous déplacer",
        "Appelez avant de venir.",
        "Old information: call first",
    ),
    "position_uncertain": (
        "Position approximative : vérifiez l'adresse",
        "Vérifiez bien l'adresse.",
        "Approximate position: check the address",
    ),
    "emmaus_network": ("Membre du réseau Emmaüs Connect", "C'est un lieu Emmaüs Connect.", "Part of the Emmaüs Connect network"),
}

_REGISTERS = {"fr": 0, "facile": 1, "en": 2}

_BIT = {code: 1 << position for position, code in enumerate(REASONS)}

_MONTH_DAYS = 365.2425 / 12
RECENT_DAYS = 6 * _MONTH_DAYS
OLD_DAYS = 18 * _MONTH_DAYS

# Reasons that a place carries whatever is asked, each with the facet bits of which it has one.
_OF_THE_PLACE = {
    "free": mask_of(["gratuit"]),
    "free_unknown": mask_of(["gratuit_inconnu"]),
    "walk_in": mask_of([label_bit("modalites_acces", "Se présenter")]),
    "by_appointment": mask_of(["rdv"]),
    "reachable_by_phone": mask_of(["telephone"]),
    "wheelchair_yes": mask_of(["fauteuil_oui"]),
    "emmaus_network": mask_of(
        label_bit("dispositif_programmes_nationaux", label) for label in ("Emmaüs Connect", "Relais numérique (Emmaüs Connect)")
    ),
}
_PUBLIC_EMPTY = mask_of([label_bit("publics_specifiquement_adresses", "")])


def reason_bits(*codes: str) -> int:
    """
    Reasons as the bits of one number.

    Examples
    --------
    >>> reason_texts(reason_bits("open_now", "free"), lang="en")
    [{'code': 'free', 'texte': 'Free of charge'}, {'code': 'open_now', 'texte': 'Open'}]
    """
    return sum(_BIT[code] for code in set(codes))


def place_reasons(words: Bits, *, uncertain: NDArray[np.bool_]) -> NDArray[np.int64]:
    """
    Reasons that hold of places whatever is asked and whenever.

    Parameters
    ----------
    words : numpy.ndarray of uint64, shape (n,)
        Facet bits of the places.
    uncertain : numpy.ndarray of bool, shape (n,)
        Which positions are not on the house itself.

    Examples
    --------
    >>> held = place_reasons(np.array([mask_of(["gratuit"])], dtype=np.uint64), uncertain=np.array([False]))
    >>> held.tolist() == [reason_bits("free")]
    True
    """
    reasons = np.where(uncertain, np.int64(_BIT["position_uncertain"]), np.int64(0))
    for code, mask in _OF_THE_PLACE.items():
        reasons[(words & np.uint64(mask)) != 0] |= _BIT[code]
    return reasons


def hours_reasons(state: OpenState, *, opens_soon: bool, readable: bool) -> int:
    """
    Reasons in the opening hours at the instant of the question.

    Examples
    --------
    >>> hours_reasons("ouvert", opens_soon=False, readable=True) == reason_bits("open_now")
    True
    """
    reasons = 0 if readable else _BIT["hours_unknown"]
    if state == "ouvert":
        reasons |= _BIT["open_now"]
    elif state == "ferme" and opens_soon:
        reasons |= _BIT["opens_soon"]
    return reasons


def age_reasons(days: int | None) -> int:
    """
    Reasons in the age of what is known.

    Examples
    --------
    >>> age_reasons(10) == reason_bits("recent_data"), age_reasons(None)
    (True, 0)
    """
    if days is None:
        return 0
    return _BIT["recent_data"] if days < RECENT_DAYS else (_BIT["old_data_call_first"] if days > OLD_DAYS else 0)


class Wishes(NamedTuple):
    """Facet bits of what a question names, before any relaxation."""

    services: tuple[int, ...]
    publics: int
    open_to_all: int
    situations: int
    languages: int

    def reasons(self, word: int) -> int:
        """
        Reasons of a place for those who asked this.

        Examples
        --------
        >>> from mediation_geo.search.need import Need
        >>> asked = wishes_of(Need(public="seniors"))
        >>> asked.reasons(mask_of(["publics_specifiquement_adresses="])) == reason_bits("public_open_to_all")
        True
        """
        reasons = 0
        if offered := sum([1 for bit in self.services if word & bit]):
            reasons |= _BIT["need_exact" if offered == len(self.services) else "need_partial"]
        if word & self.publics:
            reasons |= _BIT["public_targeted"]
        if word & self.open_to_all:
            reasons |= _BIT["public_open_to_all"]
        if self.situations and word & self.situations == self.situations:
            reasons |= _BIT["disability_ok"]
        if word & self.languages:
            reasons |= _BIT["language_ok"]
        return reasons


def wishes_of(need: Need) -> Wishes:
    """What a need names, as facet bits."""
    return _wishes(need.services_asked, need.public, need.accueil, need.langue)


@lru_cache(maxsize=1024)
def _wishes(services: tuple[str, ...], public: tuple[str, ...], accueil: tuple[str, ...], langue: tuple[str, ...]) -> Wishes:
    return Wishes(
        services=tuple(mask_of([label_bit("services", label)]) for label in services),
        publics=mask_of(label_bit("publics_specifiquement_adresses", PUBLICS[each]) for each in public),
        open_to_all=_PUBLIC_EMPTY if public else 0,
        situations=mask_of(label_bit("prise_en_charge_specifique", ACCUEILS[each]) for each in accueil),
        languages=mask_of(label_bit("prise_en_charge_specifique", label) for each in langue if (label := LANGUES[each])),
    )


def reason_texts(reasons: int, *, lang: str) -> list[dict[str, str]]:
    """
    Codes of reasons, in the order of the list, with their sentence in a register: `fr`, `facile` or `en`.

    Examples
    --------
    >>> reason_texts(reason_bits("free"), lang="facile")
    [{'code': 'free', 'texte': "C'est gratuit."}]
    """
    register = _REGISTERS[lang]
    return [{"code": code, "texte": texts[register]} for code, texts in REASONS.items() if reasons & _BIT[code]]
