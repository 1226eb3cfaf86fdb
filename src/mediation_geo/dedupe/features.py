"""
What a pair of records has in common, as numbers: the only things the model sees.

Prepared records and pairs of positions in, one row of features a pair out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist
from scipy.sparse import csr_array

from mediation_geo.dedupe.combinations import add_combinations
from mediation_geo.dedupe.lexicon import lexicon

if TYPE_CHECKING:
    from mediation_geo.dedupe.blocks import Positions
    from mediation_geo.dedupe.normalise import Prepared

__all__ = ["FEATURES", "TokenWeights", "feature", "pair_distance_m", "pair_features"]

_FAR_M = 2_000.0
_HERE_M = 40.0
_ROUND_THE_CORNER_M = (80.0, 500.0)
_UNKNOWN_DISTANCE_LOG = 1.2
_SAME_STREET = 0.85
_OTHER_STREET = 0.6
_ALIKE_MAIL = 80.0
_SHORTEST_HANDLE = 4
_ALL_WORDS = 0.95
_OWN_WORDS = 0.9

Column = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class TokenWeights:
    """
    How telling each word of a name is: rare words weigh more.

    Attributes
    ----------
    weights : mapping of str to float
        Inverse document frequency of the common words, ln(n / df) + 0.1, on the corpus the model was trained on. It travels
        with the model, so a score depends on the two records alone and not on what else was loaded that night.
    unknown : float
        Weight of a word that is not listed.
    """

    weights: Mapping[str, float]
    unknown: float


def pair_features(
    prepared: Prepared,
    left: Positions,
    right: Positions,
    *,
    tokens: TokenWeights,
    known_contacts: pd.DataFrame | None = None,
) -> NDArray[np.float64]:
    """
    Features of pairs.

    Parameters
    ----------
    prepared : Prepared
        Comparable columns.
    left, right : numpy.ndarray of int64, shape (m,)
        Positions.
    tokens : TokenWeights
        Weights of words.
    known_contacts : pandas.DataFrame, optional
        `telephone_equal`, `courriel_equal` of each pair ("1", "0" or missing), for labelled pairs whose contacts were
        replaced after they were compared.

    Returns
    -------
    numpy.ndarray of float64, shape (m, k)
        One column for each of `FEATURES`, in that order; every value is finite.

    Notes
    -----
    All features but `same_src` are symmetric functions of two records. An unknown distance has its own feature and the
    neutral value of 116 m; it is never taken for nearness.
    """
    told = prepared.columns
    columns: dict[str, Column] = {}
    columns.update(_name_features(told, left, right, tokens=tokens))
    columns["acronym"] = _acronym_feature(prepared, left, right)
    columns["handle"], columns["handle_shared"] = _handle_features(prepared, left, right)
    columns.update(_address_features(told, left, right))
    columns.update(_kind_features(told, left, right, insee=columns["insee"]))
    columns.update(_distance_features(prepared.points, left, right))
    columns.update(_contact_features(prepared, left, right))
    if known_contacts is not None:
        columns.update(_told_contacts(known_contacts, mail_near=columns["mail_near"], mail_ne=columns["mail_ne"]))
    columns["same_src"] = _equal(told["source"], left, right)
    add_combinations(columns)
    return np.column_stack([columns[name] for name in FEATURES])


def feature(features: NDArray[np.float64], name: str) -> Column:
    """
    One column of the features.

    Parameters
    ----------
    features : numpy.ndarray of float64, shape (m, k)
        As `pair_features` returns them.
    name : str
        One of `FEATURES`.
    """
    return features[:, FEATURES.index(name)]


def pair_distance_m(points: NDArray[np.float64], left: Positions, right: Positions) -> Column:
    """
    Straight-line distance between records, metres; NaN where a position is unknown.

    Parameters
    ----------
    points : numpy.ndarray of float64, shape (n, 3)
        Geocentric metres.
    left, right : numpy.ndarray of int64, shape (m,)
        Positions.
    """
    return np.asarray(np.sqrt(((points[left] - points[right]) ** 2).sum(axis=1)))


def _name_features(told: Columns, left: Positions, right: Positions, *, tokens: TokenWeights) -> dict[str, Column]:
    full = _similarity(told["full"], left, right, fuzz.token_sort_ratio)
    core = _similarity(told["core"], left, right, fuzz.token_sort_ratio)
    specific = _similarity(told["specific"], left, right, fuzz.token_sort_ratio)
    specific = np.maximum(specific, 0.95 * _similarity(told["specific"], left, right, fuzz.token_set_ratio))
    has = told["specific"] != ""
    both = has[left] & has[right]
    shared, smaller, union = _shared_weight(told["core"], left, right, tokens=tokens)
    numbers = told["numbers"]
    one_commune = _equal(told["insee"], left, right)
    town_hall = told["core"] == "mairie"
    idf_min = shared / np.maximum(smaller, 1e-9)
    return {
        "name": np.maximum(full, core),
        "idf_min": idf_min,
        "idf_jac": shared / np.maximum(union, 1e-9),
        "specific": np.where(both, specific, 0.0),
        "specific_both": both.astype(np.float64),
        # Alike is not the same: between names that agree and names that nearly agree there is a step.
        "specific_same": (both & (specific >= _OWN_WORDS)).astype(np.float64),
        "words_within": (idf_min > _ALL_WORDS) * one_commune,
        # A commune has one town hall, wherever its records put it.
        "town_hall": (town_hall[left] & town_hall[right]) * one_commune,
        "name_eq": _equal(told["full"], left, right),
        "numbers_ne": ((numbers[left] != numbers[right]) & (numbers[left] != "") & (numbers[right] != "")).astype(np.float64),
    }


def _kind_features(told: Columns, left: Positions, right: Positions, *, insee: Column) -> dict[str, Column]:
    kinds = told["kinds"]
    a, b = kinds[left], kinds[right]
    known = (a != 0) & (b != 0)
    mobile = told["mobile"]
    bits = lexicon().kinds
    labelled = (kinds & bits["franceservices"]) != 0
    administers = (kinds & (bits["mairie"] | bits["cdc"] | bits["departement"])) != 0
    one = known & (labelled[left] ^ labelled[right])
    return {
        # The host of a France services desk is seldom the desk itself, least of all a town hall that has other desks.
        "label_one": one.astype(np.float64),
        "label_admin": (one & np.where(labelled[left], administers[right], administers[left])).astype(np.float64),
        "admin": (administers[left] & administers[right]) * insee,
        "kind_eq": (known & (a == b)).astype(np.float64),
        "kind_part": (known & (a != b) & ((a & b) != 0)).astype(np.float64),
        "kind_ne": (known & ((a & b) == 0)).astype(np.float64),
        "kind_one": ((a != 0) ^ (b != 0)).astype(np.float64),
        "mobile_ne": (mobile[left] ^ mobile[right]).astype(np.float64),
    }


def _acronym_feature(prepared: Prepared, left: Positions, right: Positions) -> Column:
    short, initials = prepared.acronyms, prepared.initials
    # Sets have no vectorised intersection.
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return np.array(
        [float(not short[a].isdisjoint(initials[b]) or not short[b].isdisjoint(initials[a])) for a, b in pairs], dtype=np.float64
    )


def _handle_features(prepared: Prepared, left: Positions, right: Positions) -> tuple[Column, Column]:
    """
    Whether mails and sites give a name away: to the other record's name, and to the other record's mails and sites.

    The own words or the initials of a name count for the first, any word that may be somebody's name for the second.
    """
    specific, initials = prepared.columns["specific"].tolist(), prepared.initials
    handles = [frozenset(text.split()) if text else frozenset() for text in prepared.columns["handle"].tolist()]
    long = [frozenset(word for word in each if len(word) >= _SHORTEST_HANDLE) for each in handles]
    named, shared = np.zeros(len(left)), np.zeros(len(left))
    told = _known(prepared.columns["handle"])
    # Sets have no vectorised intersection; only pairs with a mail or a site are visited.
    for row in np.flatnonzero(told[left] | told[right]).tolist():
        a, b = left[row], right[row]
        shared[row] = float(not long[a].isdisjoint(long[b]))
        for name, contact in ((a, b), (b, a)):
            if handles[contact]:
                own = {word for word in specific[name].split() if len(word) >= _SHORTEST_HANDLE}
                own |= {specific[name].replace(" ", "")} | initials[name]
                if not own.isdisjoint(handles[contact]):
                    named[row] = 1.0
    return named, shared


def _address_features(told: Columns, left: Positions, right: Positions) -> dict[str, Column]:
    street = told["street"]
    has, vague = _known(street), told["vague"]
    similar = _similarity(street, left, right, fuzz.token_sort_ratio)
    similar = np.maximum(similar, 0.95 * _similarity(street, left, right, fuzz.token_set_ratio))
    # "Le bourg" contradicts no street.
    known = has[left] & has[right] & ~((vague[left] | vague[right]) & (similar < _OTHER_STREET))
    insee = _equal(told["insee"], left, right)
    number_eq = _equal(told["number"], left, right)
    number_ne = _differ(told["number"], left, right)
    same = known & (similar >= _SAME_STREET) & (insee == 1)
    return {
        "street": np.where(known, similar, 0.5),
        "street_miss": (~known).astype(np.float64),
        "num_eq": number_eq,
        "num_ne": number_ne,
        "street_ne": (known & (similar < _OTHER_STREET)).astype(np.float64),
        "same_street": same.astype(np.float64),
        "same_address": (same & (number_eq == 1)).astype(np.float64),
        "insee": insee,
        "insee_ne": _differ(told["insee"], left, right),
    }


def _distance_features(points: NDArray[np.float64], left: Positions, right: Positions) -> dict[str, Column]:
    metres = pair_distance_m(points, left, right)
    unknown = np.isnan(metres)
    with np.errstate(invalid="ignore"):
        log_distance = np.log1p(np.maximum(metres, 5.0) / 50.0)
        return {
            "ld": np.where(unknown, _UNKNOWN_DISTANCE_LOG, log_distance),
            "nodist": unknown.astype(np.float64),
            "here": (metres <= _HERE_M).astype(np.float64),
            "round_the_corner": ((metres > _ROUND_THE_CORNER_M[0]) & (metres <= _ROUND_THE_CORNER_M[1])).astype(np.float64),
            "far2km": (metres > _FAR_M).astype(np.float64),
        }


def _contact_features(prepared: Prepared, left: Positions, right: Positions) -> dict[str, Column]:
    told = prepared.columns
    mail_eq, mail_near, mail_ne = _mail_features(prepared.mails, left, right)
    siret_eq = _equal(told["siret"], left, right)
    # Numbers of public bodies begin with 1 or 2.
    private = np.array([siret is not None and siret[0] not in "12" for siret in told["siret"].tolist()], dtype=bool)
    return {
        "tel_eq": _equal(told["phone"], left, right),
        "tel_ne": _differ(told["phone"], left, right),
        "mail_eq": mail_eq,
        "mail_near": mail_near,
        "mail_ne": mail_ne,
        "siret_eq": siret_eq,
        "siret_private": siret_eq * private[left],
        "siret_ne": _differ(told["siren"], left, right),
        "web_ne": _differ(told["site"], left, right),
    }


def _told_contacts(known: pd.DataFrame, *, mail_near: Column, mail_ne: Column) -> dict[str, Column]:
    """Equality of contacts as the labels tell it; two mails of one domain are not called different."""
    phone = known["telephone_equal"].to_numpy(dtype=object)
    mail = known["courriel_equal"].to_numpy(dtype=object)
    return {
        "tel_eq": (phone == "1").astype(np.float64),
        "tel_ne": (phone == "0").astype(np.float64),
        "mail_eq": (mail == "1").astype(np.float64),
        "mail_near": np.where(mail == "1", 0.0, mail_near),
        "mail_ne": np.where(mail == "1", 0.0, mail_ne),
    }


def _mail_features(sets: NDArray[np.object_], left: Positions, right: Positions) -> tuple[Column, Column, Column]:
    """Equal, almost equal before the @, and of different domains."""
    domains = np.empty(len(sets), dtype=object)
    domains[:] = [frozenset(mail.rpartition("@")[2] for mail in each) for each in sets]
    has = np.array([bool(each) for each in sets], dtype=bool)
    both = has[left] & has[right]
    equal, alike, different = np.zeros(len(left)), np.zeros(len(left)), np.zeros(len(left))
    # Sets have no vectorised intersection; only pairs with mail on both sides are visited.
    for row in np.flatnonzero(both).tolist():
        a, b = left[row], right[row]
        if sets[a] & sets[b]:
            equal[row] = 1.0
            continue
        if not domains[a] & domains[b]:
            different[row] = 1.0
        boxes = [[mail.rpartition("@")[0] for mail in sets[each]] for each in (a, b)]
        alike[row] = float(any(fuzz.ratio(one, other) >= _ALIKE_MAIL for one in boxes[0] for other in boxes[1]))
    return equal, alike, different


FEATURES: tuple[str, ...] = (
    "name", "idf_min", "idf_jac", "words_within", "specific", "specific_same", "specific_both", "numbers_ne",
    "acronym", "handle", "handle_shared", "town_hall",
    "label_one", "label_admin", "label_admin_near", "label_mail", "admin_both",
    "kind_eq", "kind_part", "kind_ne", "kind_one", "mobile_ne",
    "street", "street_miss", "num_eq", "num_ne", "street_ne", "same_street", "same_address", "insee", "insee_ne",
    "ld", "nodist", "here", "round_the_corner", "far2km",
    "tel_eq", "mail_eq", "mail_near", "mail_ne", "siret_eq", "siret_here", "siret_ne", "web_ne", "same_src",
    "near", "near_kind_eq", "near_kind_ne", "near_contact", "near_name", "contact_name", "contact_insee_ne",
    "name_other_contact", "tel_eq_mail_ne", "name_street", "same_src_name", "same_src_specific",
)  # fmt: skip


def _similarity(text: NDArray[np.object_], left: Positions, right: Positions, scorer: Callable[..., float]) -> Column:
    if len(left) == 0:
        return np.empty(0)
    ratios = cpdist(text[left].tolist(), text[right].tolist(), scorer=scorer, dtype=np.float32)
    return np.asarray(ratios / 100.0, dtype=np.float64)


def _known(values: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.array([value is not None for value in values.tolist()], dtype=bool)


def _equal(values: NDArray[np.object_], left: Positions, right: Positions) -> Column:
    known = _known(values)
    return np.asarray((values[left] == values[right]) & known[left], dtype=np.float64)


def _differ(values: NDArray[np.object_], left: Positions, right: Positions) -> Column:
    known = _known(values)
    return np.asarray((values[left] != values[right]) & known[left] & known[right], dtype=np.float64)


def _shared_weight(
    core: NDArray[np.object_], left: Positions, right: Positions, *, tokens: TokenWeights
) -> tuple[Column, Column, Column]:
    """Weight of the words two names share, of the lighter name, and of all words together."""
    codes, names = pd.factorize(core)
    words = [sorted(set(name.split())) for name in names]
    # In the order of the alphabet, so that weights are added in one order whatever other names are there: the last bit counts.
    vocabulary = {word: number for number, word in enumerate(sorted({word for each in words for word in each}))}
    indices = [vocabulary[word] for each in words for word in each]
    starts = np.cumsum([0, *map(len, words)])
    weight = np.array([tokens.weights.get(word, tokens.unknown) for word in vocabulary], dtype=np.float64)
    shape = (len(names), max(len(vocabulary), 1))
    present = csr_array((np.ones(len(indices)), np.array(indices, dtype=np.int32), starts), shape=shape)
    weighted = csr_array((weight[indices] if indices else np.empty(0), present.indices, present.indptr), shape=shape)
    total: Column = np.asarray(weighted.sum(axis=1)).reshape(-1)
    a, b = codes[left], codes[right]
    shared = np.asarray(present[a].multiply(weighted[b]).sum(axis=1)).reshape(-1) if len(left) else np.empty(0)
    return shared, np.minimum(total[a], total[b]), total[a] + total[b] - shared
