"""
Names of communes in the form in which they are compared, and the commune that the name of a place tells.

Texts in; keys out, and at most one commune: "CCAS de Moulins", "Mairie de Noth", "FS Jumièges". A place's name is asked only for
records that name no commune otherwise, and only among the communes of their postcode: names of communes are words of every day
elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from mediation_geo.text import SAINT_ABBREVIATIONS, STOP_WORDS, fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["commune_key", "folded_together", "in_order", "key_of_folded", "only_commune_named", "place_key"]

_CEDEX = re.compile(r"\bcedex\b.*")
_ORDINAL = re.compile(r"\b\d+(?: ?(?:er|ere|eme|e))?(?: arrondissement| arr)?\b")
# A body of many communes, or a branch of one, bears the name of its seat or of its country wherever it stands.
_NOT_OF_ONE_COMMUNE = {
    "agglo", "agglomeration", "annexe", "antenne", "bassin", "bus", "ca", "canton", "cc", "cdc", "communaute", "communes",
    "grand", "haut", "haute", "intercommunal", "intercommunale", "intercommunalite", "itinerant", "metropole", "mont", "monts",
    "pays", "petr", "syndicat",
}  # fmt: skip


def commune_key(name: str) -> str:
    """
    Form in which two commune names are equal: case, accents, hyphens, articles, CEDEX and arrondissement put aside.

    Examples
    --------
    >>> commune_key("ST ETIENNE CEDEX 3") == commune_key("Saint-Étienne")
    True
    >>> commune_key("Lyon 3e Arrondissement"), commune_key("Le Mont-Dore"), commune_key("L'Haÿ-les-Roses")
    ('lyon', 'mont dore', 'hay roses')
    """
    return key_of_folded(fold(name.partition("(")[0]))


def key_of_folded(folded: str) -> str:
    """
    `commune_key` of a text that is folded already.

    Examples
    --------
    >>> key_of_folded("ste marie aux mines cedex")
    'sainte marie mines'
    """
    if "cedex" in folded:
        folded = _CEDEX.sub("", folded)
    if any(char.isdigit() for char in folded):
        folded = _ORDINAL.sub(" ", folded)
    words = [SAINT_ABBREVIATIONS.get(word, word) for word in folded.split()]
    return " ".join(word for word in words if word not in STOP_WORDS) or " ".join(words)


def folded_together(names: Sequence[str]) -> list[str]:
    """Many names folded, as `fold` does it one by one."""
    # One pass over all names: folding 40,000 of them one by one costs a third of a second at start.
    joined = "\n".join(names).replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    ascii_text = unicodedata.normalize("NFKD", joined).encode("ascii", "ignore").decode().lower()
    ascii_text = re.sub(r"\([^)\n]*\)", " ", ascii_text)
    return [line.strip() for line in re.sub(r"[^a-z0-9\n]+", " ", ascii_text).split("\n")]


def in_order(key: str) -> str:
    """
    Words of a name key in alphabetical order.

    Examples
    --------
    >>> in_order("saint denis")
    'denis saint'
    """
    return " ".join(sorted(key.split()))


@lru_cache(maxsize=50_000)
def place_key(nom: str) -> str:
    """
    Name of a place in the form of commune names, empty when the place belongs to more than one commune.

    Examples
    --------
    >>> place_key("CCAS de Pont de l'Arche"), place_key("Communauté de Communes de Fénelon")
    ('ccas pont arche', '')
    """
    folded = fold(nom)
    return "" if _NOT_OF_ONE_COMMUNE.intersection(folded.split()) else key_of_folded(folded)


def only_commune_named(place: str, names: Mapping[int, Sequence[str]]) -> int | None:
    """
    The one commune that the name of a place tells, None when it tells none or several.

    Parameters
    ----------
    place : str
        See `place_key`.
    names : mapping
        A number of each commune to its names, in the form of `commune_key`. A name that is a part of another commune's name
        told as well does not count.

    Examples
    --------
    >>> only_commune_named("mairie saint germain laval", {1: ["saint germain"], 2: ["saint germain laval"], 3: ["nesle"]})
    2
    >>> only_commune_named("msap tulle brive", {1: ["tulle"], 2: ["brive"]})
    """
    within = f" {place} "
    told = {key: max(here, key=len) for key, all_names in names.items() if (here := [n for n in all_names if f" {n} " in within])}
    own = [
        key
        for key, name in told.items()
        if not any(other != key and name != longer and f" {name} " in f" {longer} " for other, longer in told.items())
    ]
    return own[0] if len(own) == 1 else None
