"""
The commune that the name of a place tells: "CCAS de Moulins", "Mairie de Noth", "FS Jumièges".

Texts in, at most one commune out. Only for records that name no commune otherwise, and only among the communes of their
postcode: names of communes are words of every day elsewhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mediation_geo.locate.communes import key_of_folded
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["only_commune_named", "place_key"]

# A body of many communes, or a branch of one, bears the name of its seat or of its country wherever it stands.
_NOT_OF_ONE_COMMUNE = {
    "agglo", "agglomeration", "annexe", "antenne", "bassin", "bus", "ca", "canton", "cc", "cdc", "communaute", "communes",
    "grand", "haut", "haute", "intercommunal", "intercommunale", "intercommunalite", "itinerant", "metropole", "mont", "monts",
    "pays", "petr", "syndicat",
}  # fmt: skip


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
