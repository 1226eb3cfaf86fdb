"""
Labels that people give to pairs of records: the file, its split by region, and the pairs worth reading.

A CSV of ids and decisions in and out; it never holds what a record says. `label` in the command line and a human expert with a
spreadsheet write the same file.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.errors import SchemaMismatch
from mediation_geo.standard.territories import DEPARTEMENTS, departement_of_commune

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["LABELS", "LABEL_COLUMNS", "agreement", "draw_pairs", "part_of_region", "read_labels", "regions", "write_labels"]

LABELS = {"m": "the same place", "u": "unsure", "d": "different places"}
LABEL_COLUMNS = ("left_record_id", "right_record_id", "part", "stratum", "weight", "pass_1", "pass_2", "label")

# Two regions in five are kept for testing; decided by a hash, before any pair is read.
_TEST_SHARE, _PARTS = 2, 5
_STRATA = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)


def read_labels(path: str | Path) -> pd.DataFrame:
    """
    Labelled pairs from CSV.

    Parameters
    ----------
    path : str or pathlib.Path
        Columns `LABEL_COLUMNS`; `label` may be empty where a pair still has to be settled.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SchemaMismatch
        If a column is missing or a label is not one of m, u, d; names the line.

    Examples
    --------
    >>> from mediation_geo.datasets import dataset_path
    >>> set(read_labels(dataset_path("labels/dedupe_pairs.csv"))["label"]) <= set(LABELS)
    True
    """
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    missing = [name for name in LABEL_COLUMNS if name not in table.columns]
    if missing:
        message = f"missing column(s) {', '.join(missing)}; expected {', '.join(LABEL_COLUMNS)}"
        raise SchemaMismatch(message, path=str(path), line=1)
    for column in ("pass_1", "pass_2", "label"):
        wrong = ~table[column].isin([*LABELS, ""])
        if wrong.any():
            first = int(wrong.to_numpy().argmax())
            message = f"{column} is {table.loc[first, column]!r}; expected one of {', '.join(LABELS)}"
            raise SchemaMismatch(message, path=str(path), line=first + 2)
    return table.assign(weight=table["weight"].astype("float64"))[list(LABEL_COLUMNS)]


def write_labels(labels: pd.DataFrame, path: str | Path) -> None:
    """
    Write labelled pairs as CSV, sorted by their ids.

    Parameters
    ----------
    labels : pandas.DataFrame
        Columns `LABEL_COLUMNS`.
    path : str or pathlib.Path
        Where.
    """
    ordered = labels.sort_values(["left_record_id", "right_record_id"], kind="stable")[list(LABEL_COLUMNS)]
    ordered.to_csv(path, index=False, lineterminator="\n", float_format="%.4f")


def part_of_region(region: object) -> str | None:
    """
    Whether pairs of a region are for training or for testing; None without a region.

    Examples
    --------
    >>> part_of_region("84"), part_of_region("93"), part_of_region(None)
    ('train', 'test', None)
    """
    if not isinstance(region, str):
        return None
    digest = int(hashlib.sha256(f"labels:{region}".encode()).hexdigest(), 16)
    return "test" if digest % _PARTS < _TEST_SHARE else "train"


def regions(records: pd.DataFrame) -> NDArray[np.object_]:
    """
    Region code of each record, from its commune; None where the commune is unknown.

    Examples
    --------
    >>> regions(pd.DataFrame({"code_insee": ["34172"]})).tolist()
    ['76']
    """
    codes, uniques = pd.factorize(records["code_insee"], use_na_sentinel=True)
    found = []
    for code in uniques:
        departement = DEPARTEMENTS.get(departement_of_commune(code) or "")
        found.append(departement.code_region if departement else None)
    return np.array([*found, None], dtype=object)[codes]


def draw_pairs(pairs: pd.DataFrame, *, record_ids: pd.Series[Any], region: NDArray[np.object_], per_stratum: int) -> pd.DataFrame:
    """
    Pairs worth reading: equally many from each band of probability, within and across sources, for training and testing.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Columns `left`, `right` (positions), `probability`, `same_source`.
    record_ids : pandas.Series of str
        Ids by position.
    region : numpy.ndarray of object
        Region by position; pairs of two parts, or without a region, are left out.
    per_stratum : int
        At most so many pairs of each stratum, chosen by the hash of their ids.

    Returns
    -------
    pandas.DataFrame
        Columns `LABEL_COLUMNS`, the labels empty. `weight` is how many candidate pairs each one stands for.
    """
    ids = record_ids.to_numpy(dtype=object)
    part = np.array([part_of_region(each) for each in region], dtype=object)
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    table = pd.DataFrame({"left_record_id": ids[left], "right_record_id": ids[right], "part": part[left]})
    band = np.digitize(pairs["probability"], _STRATA).astype(str)
    table["stratum"] = table["part"] + "_" + band + np.where(pairs["same_source"], "_within", "_across")
    table = table[pd.Series(part[left] == part[right]) & table["part"].notna()]
    table["draw"] = [
        hashlib.sha256(f"draw {a} {b}".encode()).hexdigest()
        for a, b in zip(table["left_record_id"], table["right_record_id"], strict=True)
    ]
    table = table.sort_values("draw", kind="stable")
    size = table.groupby("stratum")["draw"].transform("size")
    table = table.assign(weight=size / size.clip(upper=per_stratum), pass_1="", pass_2="", label="")
    return table.groupby("stratum").head(per_stratum)[list(LABEL_COLUMNS)].reset_index(drop=True)


def agreement(labels: pd.DataFrame) -> dict[str, float]:
    """
    How far the two passes agree, before anything was settled.

    Parameters
    ----------
    labels : pandas.DataFrame
        Columns `pass_1`, `pass_2`; pairs read once are left out.

    Returns
    -------
    dict
        `pairs`, `agreement`, `kappa` (Cohen), `agreement_strict` (unsure counted as different).

    Examples
    --------
    >>> told = agreement(pd.DataFrame({"pass_1": ["m", "d", "u"], "pass_2": ["m", "d", "d"]}))
    >>> round(told["agreement"], 2), told["agreement_strict"]
    (0.67, 1.0)
    """
    both = labels[labels["pass_1"].isin(LABELS) & labels["pass_2"].isin(LABELS)]
    first, second = both["pass_1"], both["pass_2"]
    observed = float(first.eq(second).mean())
    expected = sum(float(first.eq(each).mean() * second.eq(each).mean()) for each in LABELS)
    return {
        "pairs": float(len(both)),
        "agreement": observed,
        "kappa": (observed - expected) / (1 - expected) if expected < 1 else 1.0,
        "agreement_strict": float(first.eq("m").eq(second.eq("m")).mean()),
    }
