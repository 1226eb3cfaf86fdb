"""
What each place offers as the bits of one 64-bit word, so that a filter is one vectorised test instead of a search in lists.

A places frame comes in, one word a place goes out. The table of bits is the version of the word: it is never stored, and is
rebuilt with the index from the labels of the standard.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mediation_geo.search.contacts import PERSONAL_PHONE, visible_contacts
from mediation_geo.standard import VOCABULARIES
from mediation_geo.standard.vocabularies import NO_PUBLIC
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BITS", "NO_PUBLIC_MASK", "Bits", "Clause", "label_bit", "mask_of", "place_bits", "told_contacts"]

Bits = NDArray[np.uint64]

# Fields whose labels have a bit each; `_EMPTY` also tells "nothing said", which is a value of its own.
_LABELLED = (
    "services",
    "publics_specifiquement_adresses",
    "prise_en_charge_specifique",
    "frais_a_charge",
    "modalites_acces",
    "modalites_accompagnement",
    "dispositif_programmes_nationaux",
)
_DERIVED = (
    "gratuit",
    "gratuit_conditions",
    "gratuit_inconnu",
    "payant",
    "telephone",
    "mail",
    "rdv",
    "prescription",
    "fauteuil_oui",
    "fauteuil_non",
)


def _bit_table() -> dict[str, int]:
    names = [f"{field}={label}" for field in _LABELLED for label in VOCABULARIES[field]]
    names += [f"{field}=" for field in _LABELLED]
    names += list(_DERIVED)
    if len(names) > 64:
        message = f"{len(names)} facets do not fit in 64 bits"
        raise AssertionError(message)
    return {name: position for position, name in enumerate(names)}


BITS: dict[str, int] = _bit_table()


@dataclass(frozen=True, slots=True)
class Clause:
    """
    One test on the word of a place: all bits of the mask, at least one, or none of them.

    Examples
    --------
    >>> free = Clause(mask=mask_of(["gratuit"]), keep="any")
    >>> free.test(np.array([mask_of(["gratuit"]), 0], dtype=np.uint64)).tolist()
    [True, False]
    """

    mask: int
    keep: Literal["all", "any", "none"]

    def test(self, words: Bits) -> NDArray[np.bool_]:
        """Return which words pass."""
        mask = np.uint64(self.mask)
        found = words & mask
        match self.keep:
            case "all":
                return np.asarray(found == mask)
            case "any":
                return np.asarray(found != 0)
            case _:
                return np.asarray(found == 0)

    def holds(self, word: int) -> bool:
        """Return whether one word passes, for a place at a time."""
        found = word & self.mask
        match self.keep:
            case "all":
                return found == self.mask
            case "any":
                return found != 0
            case _:
                return found == 0


def label_bit(field: str, label: str) -> str:
    """
    Name of the bit of a label of the standard; an empty label names "nothing said".

    Examples
    --------
    >>> label_bit("frais_a_charge", "Gratuit") in BITS, label_bit("frais_a_charge", "") in BITS
    (True, True)
    """
    return f"{field}={label}"


def mask_of(names: Iterable[str]) -> int:
    """
    Word with the named bits set.

    Examples
    --------
    >>> mask_of([label_bit("services", "Aide aux démarches administratives")])
    1
    """
    mask = 0
    for name in names:
        mask |= 1 << BITS[name]
    return mask


def place_bits(places: pd.DataFrame) -> Bits:
    """
    One word of facets for each place.

    Parameters
    ----------
    places : pandas.DataFrame
        The places table or any part of its columns; an absent column says nothing about any place.

    Returns
    -------
    numpy.ndarray of uint64, shape (n,)
        In the order of the rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"place_id": ["a"], "frais_a_charge": [["Gratuit"]]})
    >>> Clause(mask=mask_of(["gratuit"]), keep="all").test(place_bits(frame)).tolist()
    [True]
    """
    words = np.zeros(len(places), dtype=np.uint64)
    for field in _LABELLED:
        words |= _label_words(places, field)
    words |= _fee_words(words)
    words |= _contact_words(places, words)
    words |= _wheelchair_words(places)
    return words


def _label_words(places: pd.DataFrame, field: str) -> Bits:
    words = np.zeros(len(places), dtype=np.uint64)
    empty = np.uint64(mask_of([label_bit(field, "")]))
    if field not in places.columns:
        words |= empty
        return words
    # Lists live in object columns: one pass in Python is the only way to look inside.
    cells = [value if _is_list(value) else () for value in places[field].to_numpy(dtype=object)]
    lengths = np.fromiter((len(cell) for cell in cells), dtype=np.int64, count=len(cells))
    codes, labels = pd.factorize(np.array(list(chain.from_iterable(cells)), dtype=object))
    known = {fold(label): np.uint64(mask_of([label_bit(field, label)])) for label in VOCABULARIES[field]}
    table = np.array([known.get(fold(str(label)), np.uint64(0)) for label in labels], dtype=np.uint64)
    filled = lengths > 0
    if filled.any():
        starts = np.concatenate([[0], np.cumsum(lengths[filled])[:-1]])
        words[filled] = np.bitwise_or.reduceat(table[codes], starts)
    words[~filled] |= empty
    return words


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def _where(condition: NDArray[np.bool_], name: str) -> Bits:
    return np.where(condition, np.uint64(mask_of([name])), np.uint64(0))


def _has(words: Bits, field: str, *labels: str) -> NDArray[np.bool_]:
    return np.asarray((words & np.uint64(mask_of(label_bit(field, label) for label in labels))) != 0)


def _fee_words(words: Bits) -> Bits:
    """Fees as one of four states: `Gratuit` beside `Payant` is free under conditions, since something is free and not all."""
    free = _has(words, "frais_a_charge", "Gratuit")
    conditional = _has(words, "frais_a_charge", "Gratuit sous condition")
    paid = _has(words, "frais_a_charge", "Payant")
    only_free = free & ~conditional & ~paid
    only_paid = paid & ~free & ~conditional
    said = free | conditional | paid
    return (
        _where(only_free, "gratuit")
        | _where(only_paid, "payant")
        | _where(said & ~only_free & ~only_paid, "gratuit_conditions")
        | _where(~said, "gratuit_inconnu")
    )


def _contact_words(places: pd.DataFrame, words: Bits) -> Bits:
    """Ways to get in touch: the place has the means, and does not say that it wants another way."""
    silent = _has(words, "modalites_acces", "")
    phone = _phone_shown(places) & (_has(words, "modalites_acces", "Téléphoner") | silent)
    mail = _filled(places, "courriels") & (_has(words, "modalites_acces", "Contacter par mail") | silent)
    booking = _filled(places, "prise_rdv") | _has(words, "modalites_acces", "Prendre un RDV en ligne")
    referral = _has(words, "modalites_acces", "Envoyer un mail avec une fiche de prescription")
    return _where(phone, "telephone") | _where(mail, "mail") | _where(booking, "rdv") | _where(referral, "prescription")


def told_contacts(places: pd.DataFrame) -> NDArray[np.bool_]:
    """Which places can be reached without going there: by a telephone that may be shown, a mail, a website or a booking page."""
    others = [_filled(places, name) for name in ("courriels", "site_web", "prise_rdv")]
    return np.asarray(np.logical_or.reduce([_phone_shown(places), *others]))


def _phone_shown(places: pd.DataFrame) -> NDArray[np.bool_]:
    shown = _filled(places, "telephone").copy()
    if "courriels" not in places.columns:
        return shown
    phones = places["telephone"].to_numpy(dtype=object)
    mails = places["courriels"].to_numpy(dtype=object)
    # Only a personal number needs a look at the mails, and those are few.
    for row in np.flatnonzero(shown):
        if PERSONAL_PHONE.match(str(phones[row])) and _is_list(mails[row]):
            shown[row] = visible_contacts(str(phones[row]), list(mails[row])).phone is not None
    return shown


def _wheelchair_words(places: pd.DataFrame) -> Bits:
    """
    Wheelchair access, from a column `fauteuil` (`oui`, `non`) that a join with AccèsLibre adds.

    A filled `fiche_acces_libre` alone says only that somebody described the place, so it sets no bit.
    """
    if "fauteuil" not in places.columns:
        return np.zeros(len(places), dtype=np.uint64)
    column = places["fauteuil"]
    return _where(column.eq("oui").to_numpy(dtype=bool, na_value=False), "fauteuil_oui") | _where(
        column.eq("non").to_numpy(dtype=bool, na_value=False), "fauteuil_non"
    )


def _filled(places: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    if name not in places.columns:
        return np.zeros(len(places), dtype=bool)
    return np.array(places[name].notna(), dtype=bool)


NO_PUBLIC_MASK = mask_of([label_bit("modalites_acces", NO_PUBLIC)])
