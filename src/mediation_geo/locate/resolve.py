"""
Which commune each record belongs to: name, postcode, INSEE code, coordinates and address text weighed together.

Comes in: the evidence of records, one row each. Goes out: the current code of the best supported commune, how well it is
supported, and by what. No single key decides: a name or a postcode alone is shared by thousands of communes, and each of
them is wrong somewhere in the sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz.distance import Indel, JaroWinkler
from rapidfuzz.process import cpdist

from mediation_geo.locate.candidates import (
    CommuneArrays,
    Evidence,
    Pairs,
    arrays_of,
    candidates,
    joined,
    read_evidence,
    whole_departements,
)
from mediation_geo.locate.limits import distance_outside_m
from mediation_geo.locate.names import only_commune_named
from mediation_geo.standard.territories import departements_of_postcode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mediation_geo.locate.communes import Communes

__all__ = ["ACCEPT_SCORE", "CLEAR_MARGIN", "EVIDENCE", "name_likeness", "resolve_communes"]

EVIDENCE = ("commune", "code_postal", "code_insee", "adresse", "nom", "longitude", "latitude")

# Points for and against a candidate, in about the units of a log-odds (natural): each was chosen so that two keys that agree
# outweigh a third that does not, whichever it is, and then checked against the records the official code moved.
_NAME_LIKENESS = ([0.0, 0.6, 0.8, 0.9, 1.0], [-3.0, -2.5, 1.2, 3.0, 4.0])
_POSTCODE_SERVES, _POSTCODE_DEPARTEMENT, _POSTCODE_ELSEWHERE = 3.0, 0.7, -3.0
_CODE_EQUAL, _CODE_OTHER = 3.5, -1.5
_DISTANCE_M = ([0.0, 2_000.0, 10_000.0, 30_000.0, 100_000.0], [3.0, 2.0, 0.0, -2.5, -4.0])
_CENTRE_RADII = ([0.0, 1.0, 4.0], [0.6, 0.0, -0.6])
_TEXT_NAME, _TEXT_POSTCODE = 1.5, 1.5
# "CCAS de Moulins": right for 99.4 % of 5,956 records whose commune is known and whose postcode serves several.
_PLACE_NAME = 2.0
# A name of former days or of a part of the commune counts a little less than the name of today.
_FORMER_NAME = 0.97
_POPULATION_TIE = 0.05

ACCEPT_SCORE = 2.0
CLEAR_MARGIN = 0.4
_NEIGHBOUR_M = 2_000.0
_LIMITS_MATTER_M = 15_000.0
_ALIKE = 0.8


def resolve_communes(records: pd.DataFrame, *, communes: Communes) -> pd.DataFrame:
    """
    Best supported commune of each record.

    Parameters
    ----------
    records : pandas.DataFrame, shape (n, ...)
        Columns `EVIDENCE`; text or missing; longitude and latitude in degrees EPSG:4326 or NaN when unknown or unusable.
    communes : Communes
        The commune table.

    Returns
    -------
    pandas.DataFrame, shape (n, ...)
        Index of `records`; columns `code` (current commune or missing), `score`, `margin` (to the second best commune),
        `name_likeness` (0-1, NaN without a name), `served` (the postcode serves it), `distance_m` (to its box, NaN without
        a position).

    Notes
    -----
    Candidates are the communes of that name, of that postcode, of that code, of the address text, around the point, and, where no
    candidate bears a like name, all communes of the départements the keys suggest. Where a record names no commune, the name of
    its place may tell which one of its postcode it is. The candidate with the highest sum of points wins if it has at least 2
    points and leads by 0.4 (or postcode and point both admit it); otherwise the record stays without a commune.

    Examples
    --------
    >>> from mediation_geo.locate import load_communes
    >>> rows = pd.DataFrame({"commune": ["VIRE"], "code_postal": ["14500"]})
    >>> resolve_communes(rows, communes=load_communes())["code"].tolist()
    ['14762']
    """
    table = arrays_of(communes)
    evidence = read_evidence(records, communes=communes)
    pairs = candidates(evidence, table)
    scored = _score(pairs, evidence, table)
    alike = np.zeros(len(evidence.key), dtype=bool)
    alike[pairs.row[scored.likeness >= _ALIKE]] = True
    # A misspelt name meets no candidate by equality: compare it with every name of the départements the other keys suggest.
    wider = whole_departements(evidence, np.flatnonzero(~alike & (evidence.key != "")), table)
    like = _name_likeness(wider, evidence.key, table) >= _ALIKE
    if like.any():
        pairs = joined([pairs, Pairs(wider.row[like], wider.candidate[like])], len(table.codes))
        scored = _score(pairs, evidence, table)
    return _best(scored, evidence, table).set_axis(records.index)


def _name_likeness(pairs: Pairs, keys: NDArray[np.object_], table: CommuneArrays) -> NDArray[np.float64]:
    """Likeness 0-1 of each pair's name with the best of the names its commune bears or bore; NaN without a name."""
    best = np.full(len(pairs.row), np.nan)
    texts = keys[pairs.row]
    start, stop = table.name_start[pairs.candidate], table.name_start[pairs.candidate + 1]
    compare = np.flatnonzero((texts != "") & (stop > start))
    if not len(compare):
        return best
    count = stop[compare] - start[compare]
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    name = np.arange(count.sum()) - np.repeat(first - start[compare], count)
    text_code, text_values = pd.factorize(texts[compare])
    together = np.repeat(text_code, count) * len(table.name_keys) + name
    distinct, where = np.unique(together, return_inverse=True)
    left, right = text_values[distinct // len(table.name_keys)], table.name_keys[distinct % len(table.name_keys)]
    likeness = name_likeness(list(left), list(right))[where]
    likeness = np.where(table.name_is_former[name], _FORMER_NAME * likeness, likeness)
    best[compare] = np.maximum.reduceat(likeness, first)
    return best


def name_likeness(left: list[str], right: list[str]) -> NDArray[np.float64]:
    """
    Likeness 0-1 of commune name keys, pair by pair.

    1 for equal keys (blanks and the order of words apart); 0.9 when all words of one are in the
    other ("moissac", "moissac vallee francaise");
    otherwise the mean of Indel and Jaro-Winkler likeness, at most 0.95.

    Examples
    --------
    >>> name_likeness(["moissac", "marseile", "lyon"], ["moissac vallee francaise", "marseille", "lens"]).round(2)
    array([0.9 , 0.95, 0.58])
    """
    if not left:
        return np.zeros(0)
    spelling = (
        cpdist(left, right, scorer=Indel.normalized_similarity, dtype=np.float64)
        + cpdist(left, right, scorer=JaroWinkler.normalized_similarity, dtype=np.float64)
    ) / 2
    equal = np.array([a.replace(" ", "") == b.replace(" ", "") for a, b in zip(left, right, strict=True)])
    words = [(set(a.split()), set(b.split())) for a, b in zip(left, right, strict=True)]
    equal |= np.array([a == b for a, b in words])
    within = np.array([bool(a and b) and (a <= b or b <= a) and max(map(len, a & b)) > 2 for a, b in words])
    return np.where(equal, 1.0, np.maximum(np.minimum(spelling, 0.95), np.where(within, 0.9, 0.0)))


class _Scored(NamedTuple):
    pairs: Pairs
    score: NDArray[np.float64]
    likeness: NDArray[np.float64]
    served: NDArray[np.bool_]
    distance_m: NDArray[np.float64]


def _score(pairs: Pairs, evidence: Evidence, table: CommuneArrays) -> _Scored:
    row, candidate = pairs
    likeness = _name_likeness(pairs, evidence.key, table)
    text_likeness = _name_likeness(pairs, evidence.text_key, table)
    postcode_points, served = _postcode_points(evidence.postcode[row], candidate, table)
    _, text_served = _postcode_points(evidence.text_postcode[row], candidate, table)
    codes = evidence.code[row]
    distance, radii = _distances(evidence, pairs, table)
    population = np.nan_to_num(table.arrays["population"][candidate])
    score = (
        np.nan_to_num(np.interp(likeness, *_NAME_LIKENESS))
        + postcode_points
        + np.where(codes == "", 0.0, np.where(codes == table.codes[candidate], _CODE_EQUAL, _CODE_OTHER))
        + np.nan_to_num(np.interp(distance, *_DISTANCE_M))
        + np.nan_to_num(np.interp(radii, *_CENTRE_RADII))
        + np.where(text_likeness >= 0.9, _TEXT_NAME, 0.0)
        + np.where(text_served, _TEXT_POSTCODE, 0.0)
        + np.where(_named_by_place(pairs, served, evidence, table), _PLACE_NAME, 0.0)
        + _POPULATION_TIE * np.log10(1.0 + population)
    )
    return _Scored(pairs, score, likeness, served, distance)


def _named_by_place(pairs: Pairs, served: NDArray[np.bool_], evidence: Evidence, table: CommuneArrays) -> NDArray[np.bool_]:
    """Pairs in which the name of the place holds the name of that one commune of its postcode."""
    named = np.zeros(len(pairs.row), dtype=bool)
    at = np.flatnonzero(served & (evidence.place_key[pairs.row] != ""))
    # Row by row: the few records that name no commune, a dozen candidates each.
    for here in np.split(at, np.flatnonzero(np.diff(pairs.row[at])) + 1):
        names = {pair: table.names_of(pairs.candidate[pair]) for pair in here.tolist()}
        one = only_commune_named(evidence.place_key[pairs.row[here[0]]], names) if names else None
        if one is not None:
            named[one] = True
    return named


def _postcode_points(
    postcodes: NDArray[np.object_], candidate: NDArray[np.int64], table: CommuneArrays
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    size = len(postcodes)
    served = np.fromiter(((p, c) in table.served for p, c in zip(postcodes, candidate.tolist(), strict=True)), bool, size)
    suggested = {postcode: set(departements_of_postcode(postcode)) for postcode in set(postcodes)}
    same = np.fromiter((d in suggested[p] for p, d in zip(postcodes, table.departement[candidate], strict=True)), bool, size)
    known = np.fromiter((bool(suggested[p]) for p in postcodes), bool, size)
    elsewhere = np.where(same, _POSTCODE_DEPARTEMENT, _POSTCODE_ELSEWHERE)
    return np.where(served, _POSTCODE_SERVES, np.where(known, elsewhere, 0.0)), served


def _distances(evidence: Evidence, pairs: Pairs, table: CommuneArrays) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres from each point to the candidate's limit or box, and distance to its centre in radii of the commune."""
    lon, lat = evidence.lon[pairs.row], evidence.lat[pairs.row]
    edge = {name: values[pairs.candidate] for name, values in table.arrays.items()}
    scale = 111_320.0 * np.cos(np.radians(lat))
    dx = np.maximum(np.maximum(edge["xmin"] - lon, lon - edge["xmax"]), 0.0) * scale
    dy = np.maximum(np.maximum(edge["ymin"] - lat, lat - edge["ymax"]), 0.0) * 111_320.0
    to_centre = np.hypot((edge["lon"] - lon) * scale, (edge["lat"] - lat) * 111_320.0)
    distance = np.hypot(dx, dy)
    # Boxes overlap their neighbours: where the limit itself is known, it decides.
    near = np.flatnonzero(distance < _LIMITS_MATTER_M)
    exact = distance_outside_m(lon[near], lat[near], table.limits[pairs.candidate[near]])
    distance[near] = np.where(np.isnan(exact), distance[near], exact)
    return distance, to_centre / edge["radius_m"]


def _best(scored: _Scored, evidence: Evidence, table: CommuneArrays) -> pd.DataFrame:
    rows, size = scored.pairs.row, len(evidence.key)
    # Candidates stand in the order of their codes: a tie goes to the first code.
    order = np.lexsort((scored.pairs.candidate, -scored.score, rows))
    ordered = rows[order]
    leads = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(order) else np.zeros(0, dtype=np.int64)
    first, row = order[leads], ordered[leads]
    follows = np.minimum(leads + 1, max(len(order) - 1, 0))
    has_second = (leads + 1 < len(order)) & (ordered[follows] == row) if len(order) else np.zeros(0, dtype=bool)
    second = np.where(has_second, scored.score[order[follows]], -np.inf) if len(order) else np.zeros(0)
    best = pd.DataFrame(
        {
            "code": table.codes[scored.pairs.candidate[first]],
            "score": scored.score[first],
            "margin": scored.score[first] - second,
            "name_likeness": scored.likeness[first],
            "served": scored.served[first],
            "distance_m": scored.distance_m[first],
        },
        index=row,
    ).reindex(range(size))
    # Neighbours that postcode and point both admit differ by a street, not by a département: the best one stands, with an issue.
    neighbours = best["served"].eq(other=True) & best["distance_m"].le(_NEIGHBOUR_M)
    doubtful = ~(best["score"].ge(ACCEPT_SCORE) & (best["margin"].ge(CLEAR_MARGIN) | neighbours))
    served = best["served"].eq(other=True)
    return best.assign(code=best["code"].astype("str").mask(doubtful), served=served)
