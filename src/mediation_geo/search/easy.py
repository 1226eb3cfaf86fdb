"""
A place in easy-to-read French: short sentences, no jargon, times in words.

Properties of a feature in, sentences out; none is longer than 12 words. Names, addresses and numbers stand apart from them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LONGEST_SENTENCE", "easy_sentences", "spoken_time"]

LONGEST_SENTENCE = 12

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def easy_sentences(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    """
    Sentences about a place, each with the name of its picture.

    Parameters
    ----------
    properties : mapping
        Properties of a feature of the answer.

    Returns
    -------
    list of (str, str)
        Picture (`distance`, `ouvert`, `telephone`, `argent`, `porte`, `attention`) and sentence.

    Examples
    --------
    >>> easy_sentences({"distance_m": 740, "horaires": {"etat": "ouvert"}, "frais": {"gratuit": "oui"}})
    [('distance', "C'est à 740 mètres."), ('ouvert', "C'est ouvert maintenant."), ('argent', "C'est gratuit.")]
    """
    found: list[tuple[str, str]] = []
    if properties.get("distance_m") is not None:
        found.append(("distance", f"C'est à {_spoken_distance(properties['distance_m'])}."))
    found.extend(("ouvert", sentence) for sentence in _hours(properties.get("horaires") or {}))
    walk_in = (properties.get("acces") or {}).get("sans_rdv")
    if walk_in == "oui":
        found.append(("porte", "Vous pouvez venir sans rendez-vous."))
    elif walk_in == "non":
        found.append(("porte", "Il faut prendre rendez-vous."))
    if (properties.get("contact") or {}).get("tel_affiche"):
        found.append(("telephone", "Vous pouvez téléphoner."))
    found.extend(_money((properties.get("frais") or {}).get("gratuit")))
    if (properties.get("fraicheur") or {}).get("niveau") == "ancien":
        found.append(("attention", "Ces informations sont anciennes. Appelez avant de venir."))
    return found


def spoken_time(moment: datetime) -> str:
    """
    A time of day in words.

    Examples
    --------
    >>> spoken_time(datetime(2026, 11, 20, 17, 30)), spoken_time(datetime(2026, 11, 20, 12, 0))
    ('17 heures 30', 'midi')
    """
    if (moment.hour, moment.minute) == (12, 0):
        return "midi"
    if (moment.hour, moment.minute) == (0, 0):
        return "minuit"
    hours = f"{moment.hour} heure{'s' if moment.hour > 1 else ''}"
    return hours if moment.minute == 0 else f"{hours} {moment.minute:02d}"


def _spoken_distance(metres: float) -> str:
    if metres < 1000:
        tens = max(round(metres / 10) * 10, 10)
        return f"{tens} mètres"
    kilometres = round(metres / 1000)
    return f"{kilometres} kilomètre{'s' if kilometres > 1 else ''}"


def _hours(hours: Mapping[str, Any]) -> list[str]:
    change = datetime.fromisoformat(hours["change_a"]) if hours.get("change_a") else None
    match hours.get("etat"):
        case "ouvert":
            return ["C'est ouvert maintenant.", *([f"Cela ferme à {spoken_time(change)}."] if change else [])]
        case "ferme":
            if change is None:
                return ["C'est fermé maintenant."]
            return ["C'est fermé maintenant.", f"Cela ouvre {_DAYS[change.weekday()]} à {spoken_time(change)}."]
        case _:
            return ["Appelez pour connaître les horaires."]


def _money(free: str | None) -> list[tuple[str, str]]:
    sentences = {
        "oui": "C'est gratuit.",
        "non": "Il faut payer.",
        "conditions": "C'est parfois gratuit. Demandez.",
        "inconnu": "Demandez si c'est gratuit.",
    }
    return [("argent", sentences[free])] if free in sentences else []
