"""
One place from the records of each cluster: which record speaks for which field, and why.

Located records and their clusters in, rows of places out. Records are never changed, so every merge can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.dedupe import trust
from mediation_geo.dedupe.provenance import Choices
from mediation_geo.dedupe.surroundings import exact_points
from mediation_geo.geodesy import geocentric_m
from mediation_geo.standard import FIELD_NAMES, LIST_FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ADDRESS_FIELDS", "merge_records"]

# Address and position describe one spot: they travel together, from one record.
ADDRESS_FIELDS = (
    "commune", "code_postal", "code_insee", "adresse", "complement_adresse", "latitude", "longitude",
    "code_arrondissement", "code_departement", "code_region", "timezone",
    "position_precision", "position_uncertainty_m", "position_origin",
)  # fmt: skip

_BY_TRUST = ("nom", "telephone", "horaires", "presentation_resume", "presentation_detail", "structure_parente",
             "fiche_acces_libre", "prise_rdv", "source")  # fmt: skip
# What the choices are made by; the rest is only taken along.
_DECIDING = (
    "feed", "nom", "structure_parente", "telephone", "adresse", "pivot", "date_maj", "latitude", "longitude",
    "position_precision", "position_uncertainty_m", "position_origin",
)  # fmt: skip
_PRECISIONS = ("housenumber", "interpolated", "street", "locality", "municipality")


def merge_records(records: pd.DataFrame, clusters: NDArray[np.int64]) -> pd.DataFrame:
    """
    One row for each cluster, each field from the record that knows it best.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`; the order of rows does not matter.
    clusters : numpy.ndarray of int64, shape (n,)
        Cluster of each record, 0 to k - 1.

    Returns
    -------
    pandas.DataFrame
        k rows in the order of the clusters: the fields of the standard (without `id`), the located columns, `sources`,
        `published_ids` and `provenance`.

    Notes
    -----
    Address and position come together from the most precise position, then from the record nearest to the others. Other
    single values come from the record of greatest trust: trust in the value (a legal name, a personal mobile weigh less)
    times an age decay of half in two years. The decay is a ratio of ages, so a choice never changes because a day passed.
    Lists are united, most trusted first. The SIRET is the most frequent one, and missing when the records name different
    legal persons. The date is the latest.
    """
    choices = Choices(records, clusters)
    members = np.flatnonzero((np.bincount(clusters, minlength=choices.count) > 1)[clusters])
    # In the order of the ids: the first record wins a tie, wherever it stands in the table.
    members = members[records["record_id"].iloc[members].array.argsort(kind="stable")]
    speakers, decay = _speakers(records, clusters, members, count=choices.count)
    for name in ADDRESS_FIELDS:
        choices.take(name, speakers["adresse"], rule="best_position")
    for name in _BY_TRUST:
        choices.take(name, speakers[name], rule="most_trusted")
    for name in LIST_FIELDS:
        choices.unite(name, members, decay)
    choices.take("date_maj", speakers["date_maj"], rule="latest")
    choices.take("pivot", speakers["pivot"], rule="most_frequent")
    return choices.frame()


def _speakers(
    records: pd.DataFrame, clusters: NDArray[np.int64], members: NDArray[np.int64], *, count: int
) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.float64]]:
    """
    For each field, the record of each cluster that speaks for it, and the age decay of the members.

    What is copied to decide is given back on return, before the first column of a place is made.
    """
    # Only what decides is copied, and only where there is something to decide.
    told = records[list(_DECIDING)].take(members).reset_index(drop=True)
    groups = clusters[members]
    decay = trust.age_weight(told["date_maj"])
    weights = {"nom": trust.name_trust(told), "telephone": trust.phone_trust(told["telephone"])}
    chosen = {"adresse": _best_spot(told, groups, count=count, decay=decay)}
    for name in _BY_TRUST:
        known = records[name].notna().to_numpy()[members]
        chosen[name] = _heaviest(known, groups, decay * weights.get(name, 1.0), count=count)
    chosen["date_maj"] = _heaviest(told["date_maj"].notna().to_numpy(), groups, decay, count=count)
    chosen["pivot"] = _frequent_pivot(told["pivot"], groups, count=count)
    return {name: _positions(members, rows) for name, rows in chosen.items()}, decay


def _positions(members: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions among all records of rows chosen among the members, -1 staying -1."""
    return np.where(chosen >= 0, members[np.maximum(chosen, 0)], -1) if len(members) else chosen


def _heaviest(
    known: NDArray[np.bool_], clusters: NDArray[np.int64], weight: NDArray[np.float64], *, count: int
) -> NDArray[np.int64]:
    """Row of the heaviest known value of each cluster, -1 where none is known; ties go to the first record."""
    rows = np.flatnonzero(known)
    order = np.lexsort((rows, -weight[rows], clusters[rows]))
    return _first_of_each(clusters, rows[order], count=count)


def _first_of_each(clusters: NDArray[np.int64], rows: NDArray[np.int64], *, count: int) -> NDArray[np.int64]:
    chosen = np.full(count, -1, dtype=np.int64)
    # Written backwards, so that the first row of each cluster is the one that stays.
    chosen[clusters[rows[::-1]]] = rows[::-1]
    return chosen


def _best_spot(
    records: pd.DataFrame, clusters: NDArray[np.int64], *, count: int, decay: NDArray[np.float64]
) -> NDArray[np.int64]:
    precision = records["position_precision"].map({name: float(rank) for rank, name in enumerate(_PRECISIONS)})
    has_position = (records["latitude"].notna() & records["longitude"].notna()).to_numpy(dtype=bool)
    worst = float(len(_PRECISIONS))
    exact = ~np.isnan(exact_points(records)[:, 0])
    known = np.where(exact, precision.fillna(worst).to_numpy(dtype=np.float64), np.where(has_position, worst + 1, worst + 2))
    rank: NDArray[np.float64] = known + np.where(records["adresse"].notna().to_numpy(dtype=bool), 0.0, 0.5)
    # Where the geocoder or the source named no precision, a written house number is the better witness.
    numbered = records["adresse"].str.contains(r"\d", regex=True, na=False).to_numpy(dtype=bool)
    spread = _distance_to_others(records, clusters, best=_lowest(rank, clusters, count=count)[clusters] == rank)
    order = np.lexsort((np.arange(len(records)), -decay, spread, ~numbered, rank, clusters))
    return _first_of_each(clusters, order, count=count)


def _lowest(values: NDArray[np.float64], clusters: NDArray[np.int64], *, count: int) -> NDArray[np.float64]:
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, clusters, values)
    return lowest


def _distance_to_others(records: pd.DataFrame, clusters: NDArray[np.int64], *, best: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Metres from each record to the median position of the best-placed records of its cluster, in steps of 10 m."""
    points = geocentric_m(records["longitude"], records["latitude"])
    frame = pd.DataFrame(points, columns=["x", "y", "z"]).where(pd.Series(best), axis=0)
    median = frame.groupby(clusters).transform("median").to_numpy()
    distance = np.sqrt(((points - median) ** 2).sum(axis=1))
    return np.where(np.isnan(distance), np.inf, np.round(distance / 10))


def _frequent_pivot(pivot: pd.Series[Any], clusters: NDArray[np.int64], *, count: int) -> NDArray[np.int64]:
    """Row of the most frequent pivot; none where the records name different legal persons (SIREN, first nine digits)."""
    frame = pd.DataFrame({"pivot": pivot, "cluster": clusters, "row": np.arange(len(pivot))})
    frame = frame[frame["pivot"].notna() & frame["pivot"].str.strip("0").ne("")]
    frame = frame.assign(siren=frame["pivot"].str[:9])
    frame = frame[frame.groupby("cluster")["siren"].transform("nunique").eq(1)]
    frame = frame.assign(times=frame.groupby(["cluster", "pivot"])["row"].transform("size"))
    frame = frame.sort_values(["cluster", "times", "pivot", "row"], ascending=[True, False, True, True], kind="stable")
    return _first_of_each(clusters, frame["row"].to_numpy(dtype=np.int64), count=count)


assert set(ADDRESS_FIELDS) | set(_BY_TRUST) | set(LIST_FIELDS) | {"id", "date_maj", "pivot"} >= set(FIELD_NAMES)
