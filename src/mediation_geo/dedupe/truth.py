"""
Labelled data in the form the evaluation needs: records, pairs of positions, labels and weights.

Files of a folder of real data in, `LabelledPairs` out. Nothing here scores.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.dedupe.trust import source_keys
from mediation_geo.errors import SourceUnavailable
from mediation_geo.standard import LIST_FIELDS, LOCATED_RECORDS, conform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mediation_geo.dedupe.blocks import Positions

__all__ = ["LabelledPairs", "corpus", "hand_labelled", "id_linked", "own_labels", "records_from_rows", "synthetic"]

_UNRESOLVED = r"X"
# Records arrive here located, and locating writes the commune, never an arrondissement.
_ARRONDISSEMENTS = {r"132(?:0[1-9]|1[0-6])": "13055", r"6938[1-9]": "69123", r"751(?:0[1-9]|1\d|20)": "75056"}
_UNKNOWN_PIVOT = "0" * 14


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """
    Pairs with a known answer.

    Attributes
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`.
    left, right : numpy.ndarray of int64, shape (m,)
        Positions in `records`.
    label : numpy.ndarray of object, shape (m,)
        `m`, `u` or `d`.
    weight : numpy.ndarray of float64, shape (m,)
        How many pairs of the population each one stands for.
    same_source : numpy.ndarray of bool, shape (m,)
    group : list of str
        Pairs of one group belong on one side of a fold.
    contacts : pandas.DataFrame or None
        `telephone_equal`, `courriel_equal` ("1", "0" or missing) as they were before personal data was replaced.
    """

    records: pd.DataFrame
    left: Positions
    right: Positions
    label: NDArray[np.object_]
    weight: NDArray[np.float64]
    same_source: NDArray[np.bool_]
    group: list[str]
    contacts: pd.DataFrame | None = None

    @property
    def positive(self) -> NDArray[np.float64]:
        """1 for the same place, 0 for different or unsure."""
        return np.asarray(self.label == "m", dtype=np.float64)


def records_from_rows(rows: Sequence[Mapping[Any, Any]], *, feed: str) -> pd.DataFrame:
    """
    Records in our layout from rows of the published standard (lists joined by `|`).

    Parameters
    ----------
    rows : list of dict
        As in the official JSON.
    feed : str
        Name before the slash of each record id.

    Returns
    -------
    pandas.DataFrame
        Layout `LOCATED_RECORDS`; a repeated id gets a suffix.

    Examples
    --------
    >>> records_from_rows([{"id": "1", "nom": "Mairie", "typologie": "MUNI|RFS"}], feed="demo")["typologie"].tolist()
    [['MUNI', 'RFS']]
    """
    table = pd.DataFrame(rows)
    for name in LIST_FIELDS:
        if name in table:
            table[name] = pd.Series([_split(value) for value in table[name]], index=table.index, dtype=object)
    if "date_maj" in table:
        dates = pd.to_datetime(table["date_maj"], errors="coerce")
        table["date_maj"] = dates.where(dates.dt.year > 1970)
    if "pivot" in table:
        table["pivot"] = table["pivot"].where(table["pivot"].ne(_UNKNOWN_PIVOT))
    if "code_insee" in table:
        unresolved = table["code_insee"].astype("str").str.startswith(_UNRESOLVED, na=False)
        table["code_insee"] = table["code_insee"].where(~unresolved).replace(_ARRONDISSEMENTS, regex=True)
    repeat = table.groupby("id").cumcount().astype("str").radd("~").where(table.duplicated("id"), "")
    table = table.assign(record_id=feed + "/" + table["id"].astype("str") + repeat, feed=feed, row=np.arange(len(table)) + 1)
    return conform(table, LOCATED_RECORDS)


def corpus(folder: Path) -> pd.DataFrame:
    """
    Every record of the official transformed files and of the Auvergne-Rhône-Alpes comparison, sorted by id.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that holds `places/official`.
    """
    official = folder / "places" / "official"
    parts = [records_from_rows(_json(path), feed=path.stem) for path in sorted((official / "transformed_v1").glob("*.json"))]
    if not parts:
        message = "no transformed records; expected JSON files in places/official/transformed_v1"
        raise SourceUnavailable(message, path=str(folder))
    known = {source for part in parts for source in part["source"]}
    dense = records_from_rows(_json(official / "aura" / "golden_input_aura.json"), feed="aura")
    parts.append(dense[~dense["source"].isin(known)])
    return pd.concat(parts, ignore_index=True).sort_values("record_id", kind="stable", ignore_index=True)


def own_labels(labels: pd.DataFrame, records: pd.DataFrame, *, part: str) -> LabelledPairs:
    """
    Our own labelled pairs of one part, on the records of the corpus.

    Parameters
    ----------
    labels : pandas.DataFrame
        As `read_labels` returns them.
    records : pandas.DataFrame
        As `corpus` returns them.
    part : {"train", "test"}
        Which regions.
    """
    chosen = labels[labels["part"].eq(part) & labels["label"].ne("")]
    position = pd.Series(np.arange(len(records)), index=records["record_id"])
    left = position.loc[chosen["left_record_id"]].to_numpy(dtype=np.int64)
    right = position.loc[chosen["right_record_id"]].to_numpy(dtype=np.int64)
    source = source_keys(records)
    return LabelledPairs(
        records, left, right, chosen["label"].to_numpy(dtype=object), chosen["weight"].to_numpy(dtype=np.float64),
        np.asarray(source[left] == source[right], dtype=bool), chosen["left_record_id"].tolist(),
    )  # fmt: skip


def hand_labelled(path: Path) -> LabelledPairs:
    """
    Hand-labelled pairs of the shared truth: both records of a pair in one row, with suffixes `_1` and `_2`.

    Parameters
    ----------
    path : pathlib.Path
        A file with the columns of `hand_labelled_pairs_dev.csv`.
    """
    table = pd.read_csv(path, dtype="str")
    count = len(table)
    sides = []
    for side in ("_1", "_2"):
        columns = {name.removesuffix(side): table[name] for name in table.columns if name.endswith(side)}
        sides.append(pd.DataFrame(columns).rename(columns={"courriel": "courriels"}).assign(pair=table["pair_id"] + side))
    both = pd.concat(sides, ignore_index=True)
    records = records_from_rows(both.to_dict("records"), feed="truth")
    records["record_id"] = both["pair"]
    source = both["source"].to_numpy(dtype=object)
    left, right = np.arange(count), np.arange(count) + count
    return LabelledPairs(
        records, left, right, table["label"].to_numpy(dtype=object), table["sampling_weight"].to_numpy(dtype=np.float64),
        np.asarray(source[left] == source[right], dtype=bool), table["pair_id"].tolist(),
        table[["telephone_equal", "courriel_equal"]],
    )  # fmt: skip


def id_linked(pairs_path: Path, records_path: Path) -> tuple[LabelledPairs, NDArray[np.bool_]]:
    """
    Pairs of two editions of one upstream id, and whether name and address stayed word for word.

    Parameters
    ----------
    pairs_path, records_path : pathlib.Path
        As `id_linked_pairs_dev.csv` and `id_linked_records_dev.json`, or the `cnfs_same_id` files.
    """
    table = pd.read_csv(pairs_path, dtype="str")
    records = records_from_rows(_json(records_path), feed="truth")
    position = pd.Series(np.arange(len(records)), index=records["id"])
    left, right = position.loc[table["id_1"]].to_numpy(), position.loc[table["id_2"]].to_numpy()
    same = [name for name in ("identical_name_addr", "same_nom_norm", "same_adresse_norm") if name in table]
    unchanged = np.logical_and.reduce([table[name].eq("1").to_numpy(dtype=bool) for name in same])
    source = records["source"].to_numpy(dtype=object)
    pairs = LabelledPairs(
        records, left.astype(np.int64), right.astype(np.int64), table["label"].to_numpy(dtype=object), np.ones(len(table)),
        np.asarray(source[left] == source[right], dtype=bool), table["pair_id"].tolist(),
        table[["telephone_equal", "courriel_equal"]],
    )  # fmt: skip
    return pairs, unchanged


def synthetic(path: Path) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """
    Invented records with their entity: for regression tests only, since it flatters simple rules.

    Parameters
    ----------
    path : pathlib.Path
        As `SYNTHETIC_hard_records_dev.parquet`.
    """
    table = pd.read_parquet(path)
    named = table.drop(columns="eid").rename(columns={"pivot_": "pivot", "courriel": "courriels"})
    records = records_from_rows(named.to_dict("records"), feed="synthetic")
    entity = pd.factorize(table["eid"])[0]
    order = np.argsort(records["record_id"].to_numpy(dtype=object), kind="stable")
    return records.iloc[order].reset_index(drop=True), np.asarray(entity[order], dtype=np.int64)


def _json(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _split(value: object) -> list[str] | None:
    return value.split("|") if isinstance(value, str) and value else None
