"""
How much a value is believed: the weights that choose between records of one place.

Columns of records in, one weight a row out. Nothing here chooses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.text import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HALF_LIFE_YEARS", "age_weight", "iso_dates", "name_trust", "phone_trust", "source_keys", "source_names"]

HALF_LIFE_YEARS = 2.0
# A record without a date is believed like one of five years before the latest.
_UNKNOWN_AGE_YEARS = 5.0
_DAYS_A_YEAR = 365.25

_LEGAL_NAME = (
    r"^(?:commune|ville|mairie de la commune|communaute|cc|ca|agglo|syndicat|metropole|departement|conseil departemental|"
    r"region|ctre com action sociale|centre communal d action sociale|centre intercommunal d action sociale|ass|sarl|scop|sas|"
    r"etablissement public)\b"
)


def age_weight(dates: pd.Series[Any]) -> NDArray[np.float64]:
    """
    Weight of each date, halved every two years before the latest one.

    Parameters
    ----------
    dates : pandas.Series of datetime64
        Missing dates weigh like five years of age.

    Returns
    -------
    numpy.ndarray of float64
        In (0, 1]; only ratios matter.

    Examples
    --------
    >>> age_weight(pd.Series(pd.to_datetime(["2024-01-01", "2022-01-01"]))).round(2).tolist()
    [1.0, 0.5]
    """
    age = (dates.max() - dates).dt.days.to_numpy(dtype=np.float64) / _DAYS_A_YEAR
    return np.asarray(0.5 ** (np.nan_to_num(age, nan=_UNKNOWN_AGE_YEARS) / HALF_LIFE_YEARS))


def name_trust(records: pd.DataFrame) -> NDArray[np.float64]:
    """
    Weight of each name as the name of a *place*: legal persons and names in capitals weigh less.

    Parameters
    ----------
    records : pandas.DataFrame
        Columns `nom`, `structure_parente`.

    Examples
    --------
    >>> records = pd.DataFrame({"nom": ["Médiathèque", "COMMUNE DE ROSPORDEN"], "structure_parente": [None, None]})
    >>> name_trust(records).round(2).tolist()
    [1.0, 0.06]
    """
    codes, uniques = pd.factorize(records["nom"], use_na_sentinel=False)
    folded = pd.Series([fold(value) if isinstance(value, str) else "" for value in uniques], dtype="str")
    legal = folded.str.contains(_LEGAL_NAME, regex=True).to_numpy(dtype=bool)
    shouted = np.array([isinstance(value, str) and value.isupper() for value in uniques], dtype=bool)
    short = (folded.str.len() < 3).to_numpy(dtype=bool)
    weight = np.where(legal, 0.15, 1.0) * np.where(shouted, 0.4, 1.0) * np.where(short, 0.05, 1.0)
    same_as_parent = records["nom"].eq(records["structure_parente"]).to_numpy(dtype=bool)
    return np.asarray(weight[codes] * np.where(same_as_parent, 0.5, 1.0), dtype=np.float64)


def phone_trust(phones: pd.Series[Any]) -> NDArray[np.float64]:
    """
    Weight of each number: a mobile is often that of a person, who leaves.

    Examples
    --------
    >>> phone_trust(pd.Series(["+33467000000", "+33600000000"])).tolist()
    [1.0, 0.4]
    """
    mobile = phones.str.contains(r"^(?:\+33|0)[67]", regex=True, na=False).to_numpy(dtype=bool)
    return np.where(mobile, 0.4, 1.0)


def source_names(records: pd.DataFrame) -> NDArray[np.object_]:
    """
    Source of each record as the standard names it, the feed where the file names none.

    Examples
    --------
    >>> source_names(pd.DataFrame({"source": ["Dora", None], "feed": ["di", "cnfs"]})).tolist()
    ['Dora', 'cnfs']
    """
    codes, names = pd.factorize(records["source"].where(records["source"].notna(), records["feed"]))
    return _each_once(names.tolist(), codes)


def source_keys(records: pd.DataFrame) -> NDArray[np.object_]:
    """
    What counts as one source when records are compared: the part of one file that names one source.

    A hub that passes on the records of another source is another source: both describe the same places. Two sources inside
    one file are two sources as well.

    Examples
    --------
    >>> source_keys(pd.DataFrame({"source": ["Dora", None], "feed": ["di", "cnfs"]})).tolist()
    ['di Dora', 'cnfs cnfs']
    """
    pairs = pd.MultiIndex.from_arrays([records["feed"].to_numpy(dtype=object), source_names(records)])
    codes, distinct = pd.factorize(pairs)
    return _each_once([f"{feed} {name}" for feed, name in distinct], codes)


def _each_once(texts: list[str], codes: NDArray[np.int64]) -> NDArray[np.object_]:
    """Few texts for many records: each is made once, and shared; None for the code -1."""
    return np.array([*texts, None], dtype=object)[codes]


def iso_dates(records: pd.DataFrame) -> NDArray[np.object_]:
    """
    `date_maj` as ISO text, None when unknown.

    Examples
    --------
    >>> iso_dates(pd.DataFrame({"date_maj": pd.to_datetime(["2024-05-01", None])})).tolist()
    ['2024-05-01', None]
    """
    codes, days = pd.factorize(records["date_maj"])
    return _each_once(pd.DatetimeIndex(days).strftime("%Y-%m-%d").tolist(), codes)
