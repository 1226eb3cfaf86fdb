"""
Which commune each record belongs to: name, postcode, INSEE code, coordinates and address text weighed together.

Comes in: the evidence of records, one row each. Goes out: the current code of the best supported commune, how well it is
supported, and by what. No single key decides: a name or a postcode alone is shared by thousands of communes, and each of
them is wrong somewhere in the sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rapidfuzz.distance import Indel, JaroWinkler
from rapidfuzz.process import cpdist
from scipy.spatial import cKDTree
from shapely import STRtree, box, points

from mediation_geo.geodesy import geocentric_m
from mediation_geo.locate.communes import Communes, commune_key
from mediation_geo.standard.territories import departement_of_commune, departements_of_postcode

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EVIDENCE", "resolve_communes"]

EVIDENCE = ("commune", "code_postal", "code_insee", "adresse", "longitude", "latitude")

# Points for and against a candidate, in about the units of a log-odds (natural): each was chosen so that two keys that agree
# outweigh a third that does not, whichever it is, and then checked against the records the official code moved.
_NAME_LIKENESS = ([0.0, 0.6, 0.8, 0.9, 1.0], [-3.0, -2.5, 1.2, 3.0, 4.0])
_POSTCODE_SERVES, _POSTCODE_DEPARTEMENT, _POSTCODE_ELSEWHERE = 3.0, 0.7, -3.0
_CODE_EQUAL, _CODE_OTHER = 3.5, -1.5
_DISTANCE_M = ([0.0, 2_000.0, 10_000.0, 30_000.0, 100_000.0], [3.0, 2.0, 0.0, -2.5, -4.0])
_CENTRE_RADII = ([0.0, 1.0, 4.0], [0.6, 0.0, -0.6])
_TEXT_NAME, _TEXT_POSTCODE = 1.5, 1.5
# A name of former days or of a part of the commune counts a little less than the name of today.
_FORMER_NAME = 0.97
_POPULATION_TIE = 0.02

ACCEPT_SCORE = 2.0
CLEAR_MARGIN = 0.4
_NEIGHBOUR_M = 2_000.0
_NEAREST_CENTRES = 4


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
    candidate bears a like name, all communes of the départements the keys suggest. The candidate with the highest sum of points
    wins if it has at least 2 points and leads by 0.4 (or postcode and point both admit it); otherwise the record stays without a
    commune.

    Examples
    --------
    >>> from mediation_geo.locate import load_communes
    >>> rows = pd.DataFrame({"commune": ["VIRE"], "code_postal": ["14500"]})
    >>> resolve_communes(rows, communes=load_communes())["code"].tolist()
    ['14762']
    """
    evidence = _evidence(records, communes)
    table = _CommuneArrays(communes)
    pairs = _candidates(evidence, table)
    scored = _score(pairs, evidence, table)
    alike = scored.groupby("row")["name_likeness"].max().reindex(evidence.index)
    unlike = evidence.index[evidence["key"].ne("") & ~alike.ge(0.8)]
    wider = _whole_departements(evidence.loc[unlike], table)
    if not wider.empty:
        known = pd.concat([pairs, wider], ignore_index=True).drop_duplicates(["row", "candidate"])
        scored = _score(known, evidence, table)
    return _best(scored, evidence, table).set_axis(records.index)


class _CommuneArrays:
    """The commune table as arrays, `candidate` being the position in it."""

    def __init__(self, communes: Communes) -> None:
        self.communes = communes
        self.codes = np.array([each.code for each in communes.communes], dtype=object)
        self.position = {code: position for position, code in enumerate(self.codes)}
        self.departement = np.array([each.departement for each in communes.communes], dtype=object)
        self.arrays = communes.arrays
        names = pd.DataFrame(communes.names, columns=["key", "code", "kind"])
        names["candidate"] = names["code"].map(self.position)
        self.names = names.dropna(subset="candidate").astype({"candidate": "int64"})[["key", "candidate", "kind"]]
        self.postcodes = pd.DataFrame(
            [
                (postcode, self.position[code])
                for postcode, codes in communes.by_postcode.items()
                for code in codes
                if code in self.position
            ],
            columns=["postcode", "candidate"],
        )
        self.served = set(zip(self.postcodes["postcode"], self.postcodes["candidate"], strict=True))


def _evidence(records: pd.DataFrame, communes: Communes) -> pd.DataFrame:
    text = {
        name: records[name].astype("object").where(records[name].notna(), "").astype(str).to_numpy()
        if name in records
        else np.full(len(records), "", dtype=object)
        for name in ("commune", "code_postal", "code_insee", "adresse")
    }
    evidence = pd.DataFrame(text, index=pd.RangeIndex(len(records))).astype(object)
    for name in ("longitude", "latitude"):
        evidence[name] = records[name].to_numpy(dtype=float) if name in records else np.nan
    evidence["postcode"] = evidence["code_postal"].astype("str").str.strip()
    given = evidence["code_insee"].astype("str").str.strip().str.upper()
    evidence["code"] = given.map(communes.current_codes)
    # A code known as a postcode but not as a commune: the columns were mixed up.
    mixed_up = evidence["code"].isna() & given.isin(communes.by_postcode.keys()) & evidence["postcode"].eq("")
    evidence.loc[mixed_up, "postcode"] = given[mixed_up]
    tail = evidence["adresse"].astype("str").str.extract(r"(?:^|\D)(\d{5})(?!\d)\s*[-,]?\s*([^\d,;]*)$")
    evidence["text_postcode"] = tail[0].fillna("")
    evidence["text_key"] = _keys(tail[1].fillna(""))
    evidence["key"] = _keys(evidence["commune"])
    for own, text_column in (("postcode", "text_postcode"), ("key", "text_key")):
        absent = evidence[own].eq("")
        evidence.loc[absent, own] = evidence.loc[absent, text_column]
        evidence.loc[absent, text_column] = ""
    return evidence


def _keys(names: pd.Series) -> pd.Series:
    distinct = {name: commune_key(name) for name in names.unique()}
    return names.map(distinct).astype(object)


def _candidates(evidence: pd.DataFrame, table: _CommuneArrays) -> pd.DataFrame:
    rows = evidence.reset_index(names="row")
    found = [
        _joined(rows, column, right, key)
        for column, right, key in (
            ("key", table.names, "key"),
            ("text_key", table.names, "key"),
            ("postcode", table.postcodes, "postcode"),
            ("text_postcode", table.postcodes, "postcode"),
        )
    ]
    coded = rows.loc[rows["code"].notna(), ["row", "code"]]
    found.append(pd.DataFrame({"row": coded["row"], "candidate": coded["code"].map(table.position)}).dropna())
    found.append(_around(evidence, table))
    pairs = pd.concat(found, ignore_index=True).astype("int64")
    return pairs.drop_duplicates()


def _joined(rows: pd.DataFrame, column: str, right: pd.DataFrame, key: str) -> pd.DataFrame:
    known = rows.loc[rows[column].ne(""), ["row", column]].rename(columns={column: key}).astype({key: object})
    return known.merge(right.astype({key: object}), on=key)[["row", "candidate"]]


def _around(evidence: pd.DataFrame, table: _CommuneArrays) -> pd.DataFrame:
    here = evidence.loc[evidence["longitude"].notna() & evidence["latitude"].notna(), ["longitude", "latitude"]]
    arrays = table.arrays
    placed = np.flatnonzero(~np.isnan(arrays["lon"]))
    if here.empty or not len(placed):
        return pd.DataFrame({"row": [], "candidate": []}, dtype="int64")
    boxes = box(arrays["xmin"][placed], arrays["ymin"][placed], arrays["xmax"][placed], arrays["ymax"][placed])
    inside_row, inside = STRtree(boxes).query(points(here["longitude"], here["latitude"]), predicate="intersects")
    tree = cKDTree(geocentric_m(arrays["lon"][placed], arrays["lat"][placed]))
    count = min(_NEAREST_CENTRES, len(placed))
    _, near = tree.query(geocentric_m(here["longitude"], here["latitude"]), k=[*range(1, count + 1)])
    row = here.index.to_numpy()
    return pd.DataFrame(
        {
            "row": np.concatenate([row[inside_row], np.repeat(row, count)]),
            "candidate": np.concatenate([placed[inside], placed[near.ravel()]]),
        }
    )


def _whole_departements(evidence: pd.DataFrame, table: _CommuneArrays) -> pd.DataFrame:
    # A misspelt name meets no candidate by equality: compare it with every name of the départements the other keys suggest.
    suggested = [
        (row, departement)
        for row, postcode, code in zip(evidence.index, evidence["postcode"], evidence["code"].fillna(""), strict=True)
        for departement in {*departements_of_postcode(postcode), departement_of_commune(code)} - {None}
    ]
    rows = pd.DataFrame(suggested, columns=["row", "departement"])
    everywhere = pd.DataFrame({"departement": table.departement, "candidate": np.arange(len(table.departement))})
    pairs = rows.merge(everywhere, on="departement")[["row", "candidate"]].astype("int64")
    return pairs.loc[_name_likeness(pairs, evidence["key"], table) >= 0.8]


def _name_likeness(pairs: pd.DataFrame, keys: pd.Series, table: _CommuneArrays) -> NDArray[np.float64]:
    """Likeness 0-1 of each pair's name with the best of the names its commune bears or bore; NaN without a name."""
    texts = keys.reindex(pairs["row"]).to_numpy(dtype=object)
    frame = pd.DataFrame({"pair": np.arange(len(pairs)), "text": texts, "candidate": pairs["candidate"].to_numpy()})
    frame = frame[frame["text"] != ""].merge(table.names, on="candidate")
    left, right = frame["text"].to_numpy(dtype=object), frame["key"].to_numpy(dtype=object)
    distinct = frame[["text", "key"]].drop_duplicates()
    likeness = pd.Series(
        name_likeness(distinct["text"].tolist(), distinct["key"].tolist()),
        index=pd.MultiIndex.from_frame(distinct),
    )
    if frame.empty:
        return np.full(len(pairs), np.nan)
    frame["likeness"] = likeness.reindex(pd.MultiIndex.from_arrays([left, right])).to_numpy()
    frame.loc[frame["kind"].ne("commune"), "likeness"] *= _FORMER_NAME
    best = frame.groupby("pair")["likeness"].max()
    return best.reindex(np.arange(len(pairs))).to_numpy(dtype=float)


def name_likeness(left: list[str], right: list[str]) -> NDArray[np.float64]:
    """
    Likeness 0-1 of commune name keys, pair by pair.

    1 for equal keys (blanks apart); 0.9 when all words of one are in the other ("moissac", "moissac vallee francaise");
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
    within = np.array([bool(a and b) and (a <= b or b <= a) and max(map(len, a & b)) > 2 for a, b in words])
    return np.where(equal, 1.0, np.maximum(np.minimum(spelling, 0.95), np.where(within, 0.9, 0.0)))


def _score(pairs: pd.DataFrame, evidence: pd.DataFrame, table: _CommuneArrays) -> pd.DataFrame:
    row, candidate = pairs["row"].to_numpy(), pairs["candidate"].to_numpy()
    likeness = _name_likeness(pairs, evidence["key"], table)
    text_likeness = _name_likeness(pairs, evidence["text_key"], table)
    postcode_points, served = _postcode_points(evidence["postcode"].to_numpy(dtype=object)[row], candidate, table)
    _, text_served = _postcode_points(evidence["text_postcode"].to_numpy(dtype=object)[row], candidate, table)
    codes = evidence["code"].fillna("").to_numpy(dtype=object)[row]
    distance, radii = _distances(evidence, row, candidate, table)
    population = np.nan_to_num(table.arrays["population"][candidate])
    score = (
        np.nan_to_num(np.interp(likeness, *_NAME_LIKENESS))
        + postcode_points
        + np.where(codes == "", 0.0, np.where(codes == table.codes[candidate], _CODE_EQUAL, _CODE_OTHER))
        + np.nan_to_num(np.interp(distance, *_DISTANCE_M))
        + np.nan_to_num(np.interp(radii, *_CENTRE_RADII))
        + np.where(text_likeness >= 0.9, _TEXT_NAME, 0.0)
        + np.where(text_served, _TEXT_POSTCODE, 0.0)
        + _POPULATION_TIE * np.log10(1.0 + population)
    )
    return pairs.assign(score=score, name_likeness=likeness, served=served, distance_m=distance)


def _postcode_points(
    postcodes: NDArray[np.object_], candidate: NDArray[np.int64], table: _CommuneArrays
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    served = np.fromiter(((p, c) in table.served for p, c in zip(postcodes, candidate, strict=True)), bool, len(candidate))
    suggested = {postcode: set(departements_of_postcode(postcode)) for postcode in set(postcodes)}
    departements = table.departement[candidate]
    same = np.fromiter((d in suggested[p] for p, d in zip(postcodes, departements, strict=True)), bool, len(candidate))
    known = np.fromiter((bool(suggested[p]) for p in postcodes), bool, len(candidate))
    elsewhere = np.where(same, _POSTCODE_DEPARTEMENT, _POSTCODE_ELSEWHERE)
    return np.where(served, _POSTCODE_SERVES, np.where(known, elsewhere, 0.0)), served


def _distances(
    evidence: pd.DataFrame, row: NDArray[np.int64], candidate: NDArray[np.int64], table: _CommuneArrays
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres from each point to the candidate's box, and distance to its centre in radii of the commune."""
    lon, lat = evidence["longitude"].to_numpy()[row], evidence["latitude"].to_numpy()[row]
    edge = {name: values[candidate] for name, values in table.arrays.items()}
    scale = 111_320.0 * np.cos(np.radians(lat))
    dx = np.maximum(np.maximum(edge["xmin"] - lon, lon - edge["xmax"]), 0.0) * scale
    dy = np.maximum(np.maximum(edge["ymin"] - lat, lat - edge["ymax"]), 0.0) * 111_320.0
    to_centre = np.hypot((edge["lon"] - lon) * scale, (edge["lat"] - lat) * 111_320.0)
    return np.hypot(dx, dy), to_centre / edge["radius_m"]


def _best(scored: pd.DataFrame, evidence: pd.DataFrame, table: _CommuneArrays) -> pd.DataFrame:
    ordered = scored.assign(code=table.codes[scored["candidate"].to_numpy()])
    ordered = ordered.sort_values(["row", "score", "code"], ascending=[True, False, True], kind="stable")
    first = ordered.groupby("row").nth(0).set_index("row")
    second = ordered.groupby("row").nth(1).set_index("row")["score"]
    best = first.reindex(evidence.index)
    best["margin"] = best["score"] - second.reindex(evidence.index).fillna(-np.inf)
    # Neighbours that postcode and point both admit differ by a street, not by a département: the best one stands, with an issue.
    neighbours = best["served"].eq(other=True) & best["distance_m"].le(_NEIGHBOUR_M)
    doubtful = ~(best["score"].ge(ACCEPT_SCORE) & (best["margin"].ge(CLEAR_MARGIN) | neighbours))
    best["code"] = best["code"].astype("str").mask(doubtful)
    best["served"] = best["served"].fillna(value=False).astype(bool)
    return best[["code", "score", "margin", "name_likeness", "served", "distance_m"]]
