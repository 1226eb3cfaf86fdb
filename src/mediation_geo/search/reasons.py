"""
Why a place is in the answer: a closed list of codes, each a predicate that anybody can check on the raw row.

A place's facet word and what was found out about it come in; codes with a sentence in three registers come out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mediation_geo.search.facets import label_bit, mask_of
from mediation_geo.search.vocabulary import ACCUEILS, LANGUES, PUBLICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mediation_geo.search.need import Need
    from mediation_geo.search.schedule import OpenState

__all__ = ["REASONS", "Circumstances", "reason_codes", "reason_texts"]

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

_MONTH_DAYS = 365.2425 / 12
RECENT_DAYS = 6 * _MONTH_DAYS
OLD_DAYS = 18 * _MONTH_DAYS

_WALK_IN = mask_of([label_bit("modalites_acces", "Se présenter")])
_PUBLIC_EMPTY = mask_of([label_bit("publics_specifiquement_adresses", "")])
_EMMAUS = mask_of(
    label_bit("dispositif_programmes_nationaux", label) for label in ("Emmaüs Connect", "Relais numérique (Emmaüs Connect)")
)
_FREE, _FREE_UNKNOWN, _BOOKING, _PHONE, _WHEELCHAIR = (
    mask_of([name]) for name in ("gratuit", "gratuit_inconnu", "rdv", "telephone", "fauteuil_oui")
)

# Positions that are not on the house itself.
_UNCERTAIN = frozenset({"street", "locality", "municipality"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about a place beyond its facets, at the instant of the question."""

    open_state: OpenState
    opens_soon: bool
    hours_readable: bool
    nearest: bool
    age_days: int | None
    position_precision: str | None


def reason_codes(word: int, need: Need, circumstances: Circumstances) -> list[str]:
    """
    Codes of all reasons that hold, in the order of the list.

    Parameters
    ----------
    word : int
        The facet bits of the place.
    need : Need
        The question as asked, before any relaxation.
    circumstances : Circumstances

    Examples
    --------
    >>> from mediation_geo.search.need import Need
    >>> now = Circumstances("ouvert", False, True, nearest=True, age_days=10, position_precision="housenumber")
    >>> reason_codes(mask_of(["gratuit"]), Need(), now)
    ['free', 'open_now', 'nearest_matching', 'recent_data']
    """
    age = circumstances.age_days
    holds = {
        **_need_reasons(word, need),
        "free": bool(word & _FREE),
        "free_unknown": bool(word & _FREE_UNKNOWN),
        "walk_in": bool(word & _WALK_IN),
        "by_appointment": bool(word & _BOOKING),
        "reachable_by_phone": bool(word & _PHONE),
        "open_now": circumstances.open_state == "ouvert",
        "opens_soon": circumstances.open_state == "ferme" and circumstances.opens_soon,
        "hours_unknown": not circumstances.hours_readable,
        **_person_reasons(word, need),
        "wheelchair_yes": bool(word & _WHEELCHAIR),
        "nearest_matching": circumstances.nearest,
        "recent_data": age is not None and age < RECENT_DAYS,
        "old_data_call_first": age is not None and age > OLD_DAYS,
        "position_uncertain": circumstances.position_precision in _UNCERTAIN,
        "emmaus_network": bool(word & _EMMAUS),
    }
    return [code for code in REASONS if holds.get(code)]


def reason_texts(codes: list[str], *, lang: str) -> list[dict[str, str]]:
    """
    Codes with their sentence in a register: `fr`, `facile` or `en`.

    Examples
    --------
    >>> reason_texts(["free"], lang="facile")
    [{'code': 'free', 'texte': "C'est gratuit."}]
    """
    register = _REGISTERS[lang]
    return [{"code": code, "texte": REASONS[code][register]} for code in codes]


def _need_reasons(word: int, need: Need) -> dict[str, bool]:
    asked = _service_masks(need.services_asked)
    offered = sum(bool(word & bit) for bit in asked)
    return {"need_exact": bool(asked) and offered == len(asked), "need_partial": 0 < offered < len(asked)}


@lru_cache(maxsize=1024)
def _service_masks(services: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(mask_of([label_bit("services", label)]) for label in services)


def _person_reasons(word: int, need: Need) -> dict[str, bool]:
    publics, situations, languages = _person_masks(need.public, need.accueil, need.langue)
    return {
        "public_targeted": bool(word & publics),
        "public_open_to_all": bool(need.public) and bool(word & _PUBLIC_EMPTY),
        "disability_ok": bool(situations) and word & situations == situations,
        "language_ok": bool(word & languages),
    }


@lru_cache(maxsize=1024)
def _person_masks(public: tuple[str, ...], accueil: tuple[str, ...], langue: tuple[str, ...]) -> tuple[int, int, int]:
    """Facet bits of the publics, the situations and the languages that were asked for."""
    return (
        mask_of(label_bit("publics_specifiquement_adresses", PUBLICS[each]) for each in public),
        mask_of(label_bit("prise_en_charge_specifique", ACCUEILS[each]) for each in accueil),
        mask_of(label_bit("prise_en_charge_specifique", label) for each in langue if (label := LANGUES[each]) is not None),
    )
