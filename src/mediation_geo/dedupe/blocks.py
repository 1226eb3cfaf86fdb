"""
Pairs of rows that share a key: the one way this room turns a key column into pairs.

Keys in, two arrays of positions out. Nothing here compares anything.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["KeyPairs", "pairs_sharing_key", "unique_pairs"]

Positions = NDArray[np.int64]


class KeyPairs(NamedTuple):
    """Pairs of positions, and the keys that were too common to be used."""

    left: Positions
    right: Positions
    skipped: pd.DataFrame


def pairs_sharing_key(keys: pd.Series[Any] | NDArray[Any], rows: Positions | None = None, *, cap: int | None = None) -> KeyPairs:
    """
    Every unordered pair of rows with an equal key.

    Parameters
    ----------
    keys : array_like, shape (n,)
        One key a row; a missing key pairs with nothing.
    rows : numpy.ndarray of int64, shape (n,), optional
        The position each key belongs to, when a position has several keys or none. Default: 0 to n - 1.
    cap : int, optional
        Keys shared by more rows than this are left out and reported in `skipped`.

    Returns
    -------
    KeyPairs
        `left` < `right`, and a frame of the skipped keys with the columns `key` and `size`.

    Examples
    --------
    >>> pairs = pairs_sharing_key(pd.Series(["a", "b", "a", None]))
    >>> pairs.left.tolist(), pairs.right.tolist()
    ([0], [2])
    """
    # An array is taken as it is: a series of text would first be copied into Arrow.
    codes, uniques = pd.factorize(keys if isinstance(keys, np.ndarray) else pd.Series(keys), use_na_sentinel=True)
    positions = np.arange(len(codes), dtype=np.int64) if rows is None else np.asarray(rows, dtype=np.int64)
    known = codes >= 0
    codes, positions = codes[known], positions[known]
    sizes = np.bincount(codes, minlength=len(uniques))
    skipped = _skipped(uniques, sizes, cap=cap)
    usable = sizes >= 2
    if cap is not None:
        usable &= sizes <= cap
    chosen = usable[codes]
    left, right = _pairs_of_runs(codes[chosen], positions[chosen])
    return KeyPairs(left, right, skipped)


def unique_pairs(left: Positions, right: Positions, *, n: int) -> tuple[Positions, Positions]:
    """
    Drop repeated pairs and pairs of a row with itself; each pair is ordered, and the pairs are sorted.

    Parameters
    ----------
    left, right : numpy.ndarray of int64
        Positions below `n`.
    n : int
        Number of rows.

    Examples
    --------
    >>> unique_pairs(np.array([3, 1, 2]), np.array([1, 3, 2]), n=4)
    (array([1]), array([3]))
    """
    low = np.minimum(left, right).astype(np.int64)
    high = np.maximum(left, right).astype(np.int64)
    packed = np.unique((low * n + high)[low != high])
    return packed // max(n, 1), packed % max(n, 1)


def _skipped(uniques: Any, sizes: NDArray[np.int64], *, cap: int | None) -> pd.DataFrame:
    if cap is None:
        return pd.DataFrame({"key": pd.Series(dtype="str"), "size": pd.Series(dtype="int64")})
    too_common = np.flatnonzero(sizes > cap)
    return pd.DataFrame({"key": [str(uniques[i]) for i in too_common], "size": sizes[too_common].astype("int64")})


def _pairs_of_runs(codes: NDArray[np.int64], positions: Positions) -> tuple[Positions, Positions]:
    """All pairs inside each run of equal codes, without a Python loop over runs."""
    order = np.argsort(codes, kind="stable")
    codes, positions = codes[order], positions[order]
    if codes.size == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    ends = np.r_[starts[1:], codes.size]
    run = np.repeat(np.arange(starts.size), ends - starts)
    # Row i pairs with every later row of its run.
    following = ends[run] - np.arange(codes.size) - 1
    left = np.repeat(np.arange(codes.size), following)
    offset = np.arange(left.size) - np.repeat(np.cumsum(following) - following, following)
    right = left + 1 + offset
    a, b = positions[left], positions[right]
    keep = a != b
    return np.minimum(a, b)[keep], np.maximum(a, b)[keep]
