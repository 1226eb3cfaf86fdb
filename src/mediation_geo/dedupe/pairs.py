"""
Candidate pairs: which records are worth comparing at all.

Prepared records in, pairs of positions out, and a log of the values that were too common to bring anything together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mediation_geo.dedupe.blocks import Positions, pairs_sharing_key, unique_pairs
from mediation_geo.dedupe.lexicon import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mediation_geo.dedupe.normalise import Prepared

Texts = NDArray[np.object_]
Rule = tuple[str, Texts, Positions | None, int]

__all__ = ["NEAR_M", "Candidates", "candidate_pairs"]

NEAR_M = 300.0
# In a dense town everything is near everything: farther than this, only the nearest neighbours are compared.
_CLOSE_M = 60.0
_NEIGHBOURS = 8

_CAP_TOKEN, _CAP_KIND, _CAP_CONTACT, _CAP_SITE, _CAP_ADDRESS, _CAP_STREET = 40, 15, 40, 25, 40, 15


class Candidates(NamedTuple):
    """Pairs with `left` < `right`, sorted, and the keys that were skipped with their rule and size."""

    left: Positions
    right: Positions
    skipped: pd.DataFrame


def candidate_pairs(prepared: Prepared) -> Candidates:
    """
    Pairs of records that share a place, a telling word, a contact or an address.

    Parameters
    ----------
    prepared : Prepared
        Comparable columns.

    Returns
    -------
    Candidates
        The union of all rules, each pair once. `skipped` has the columns `rule`, `key`, `size`.

    Notes
    -----
    A rule whose key is shared by more records than its cap brings no pairs: comparing a departement's switchboard with
    all its offices costs a lot and finds nothing. Each cap keeps the number of pairs linear in the number of records.
    """
    lefts, rights = zip(_near_pairs(prepared.points), strict=True)
    left_parts, right_parts, skipped = list(lefts), list(rights), []
    for name, key, positions, cap in _rules(prepared):
        found = pairs_sharing_key(key, positions, cap=cap)
        left_parts.append(found.left)
        right_parts.append(found.right)
        skipped.append(found.skipped.assign(rule=name))
    left, right = unique_pairs(np.concatenate(left_parts), np.concatenate(right_parts), n=len(prepared))
    log = pd.concat(skipped, ignore_index=True)[["rule", "key", "size"]]
    return Candidates(left, right, log.sort_values(["rule", "key"], kind="stable", ignore_index=True))


def _rules(prepared: Prepared) -> Iterator[Rule]:
    """
    Name, keys, the record of each key and the cap of every rule.

    One after the other, since keys are many and long; plain arrays of text, since a frame would copy each column into Arrow.
    """
    told = prepared.columns
    insee = told["insee"]
    rows, keys = _commune_tokens(insee, told["core"])
    yield "commune_and_word", keys, rows, _CAP_TOKEN
    rows, keys = _commune_kinds(insee, told["kinds"])
    yield "commune_and_kind", keys, rows, _CAP_KIND
    yield "commune_and_street", _joined(insee, told["street"]), None, _CAP_STREET
    yield "upstream_id", told["upstream"], None, _CAP_CONTACT
    yield "phone", told["phone"], None, _CAP_CONTACT
    rows, keys = _exploded(prepared.mails)
    yield "mail", keys, rows, _CAP_CONTACT
    yield "siret", told["siret"], None, _CAP_CONTACT
    yield "commune_and_site", _joined(insee, told["site"]), None, _CAP_SITE
    yield "commune_and_address", _joined(insee, told["number"], told["last"]), None, _CAP_ADDRESS


def _near_pairs(points: NDArray[np.float64]) -> tuple[Positions, Positions]:
    """Every pair within 60 m, and each record's eight nearest within 300 m."""
    known = np.flatnonzero(~np.isnan(points[:, 0]))
    empty = np.empty(0, dtype=np.int64)
    if known.size < 2:
        return empty, empty
    tree = cKDTree(points[known])
    close = tree.query_pairs(_CLOSE_M, output_type="ndarray").astype(np.int64)
    count = min(_NEIGHBOURS + 1, known.size)
    distance, neighbour = tree.query(points[known], k=count, distance_upper_bound=NEAR_M)
    near = np.isfinite(distance)
    owner = np.broadcast_to(np.arange(known.size)[:, None], near.shape)[near]
    left = np.r_[close[:, 0], owner]
    right = np.r_[close[:, 1], neighbour[near]]
    return known[left], known[right]


def _commune_tokens(insee: Texts, cores: Texts) -> tuple[Positions, Texts]:
    """One row for each telling word of a name, keyed with the commune; years, numbers and kinds of place tell nothing."""
    skipped = lexicon().generic | set(lexicon().kinds)
    rows: list[int] = []
    keys: list[str] = []
    for row, (code, core) in enumerate(zip(insee, cores, strict=True)):
        if code is None or not core:
            continue
        words = {word for word in core.split() if len(word) > 2 and word not in skipped}
        rows += [row] * len(words)
        keys += [f"{code} {word}" for word in sorted(words)]
    return np.array(rows, dtype=np.int64), _texts(keys)


def _commune_kinds(insee: Texts, kinds: NDArray[np.int64]) -> tuple[Positions, Texts]:
    """One row for each kind a name tells, keyed with the commune: a desk in the town hall meets the desk and the town hall."""
    known = pd.notna(insee)
    rows: list[Positions] = []
    keys: list[str] = []
    for bit in range(len(lexicon().kind_names)):
        bearing = np.flatnonzero(known & ((kinds >> bit) & 1).astype(bool))
        rows.append(bearing)
        keys += [f"{code} {bit}" for code in insee[bearing]]
    return np.concatenate(rows), _texts(keys)


def _joined(*columns: Texts) -> Texts:
    """Columns joined by a blank, missing where any of them is."""
    known = np.logical_and.reduce([pd.notna(column) for column in columns])
    joined = np.full(len(known), None, dtype=object)
    joined[known] = [" ".join(values) for values in zip(*(column[known] for column in columns), strict=True)]
    return joined


def _exploded(sets: NDArray[np.object_]) -> tuple[Positions, Texts]:
    rows = [row for row, values in enumerate(sets) for _ in values]
    return np.array(rows, dtype=np.int64), _texts([value for each in sets for value in sorted(each)])


def _texts(values: list[str]) -> Texts:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
