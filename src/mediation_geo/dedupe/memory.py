"""
Memory that nobody uses: given back to the machine before the next step takes its own, or not taken at all.

Numbers, Arrow columns and Python objects come from three allocators, each of which keeps what is freed for itself: over the steps
of a deduplication that would be a third of the peak. Nothing here changes a value.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["chosen_texts", "fitted", "give_back_memory"]

_SLICE = 65_536


def chosen_texts(texts: pd.Series[Any], rows: NDArray[np.integer[Any]]) -> pd.Series[Any]:
    """
    Texts of chosen rows, slice by slice, each in a buffer of its own size.

    Parameters
    ----------
    texts : pandas.Series of str
        Where to choose from.
    rows : numpy.ndarray of int
        Positions; -1 for a missing text.

    Examples
    --------
    >>> import numpy as np
    >>> chosen_texts(pd.Series(["a", "b"], dtype="str"), np.array([1, -1, 1])).tolist()
    ['b', nan, 'b']
    """
    starts = range(0, len(rows), _SLICE)
    parts = [fitted(pd.Series(texts.array.take(rows[start : start + _SLICE], allow_fill=True))) for start in starts]
    return pd.concat([pd.Series([], dtype="str"), *parts], ignore_index=True)


def fitted(texts: pd.Series[Any]) -> pd.Series[Any]:
    """
    Column of text in a buffer of its own size.

    A buffer doubles while it is filled and keeps up to half of itself empty; a copy of a finished column does not.

    Parameters
    ----------
    texts : pandas.Series of str
        Any index; the new one counts from 0.

    Examples
    --------
    >>> fitted(pd.Series(["a", None], dtype="str")).tolist()
    ['a', nan]
    """
    # Any: Arrow's own arrays are no sequence to the types of pandas, which takes them without a copy.
    copied: Any = pa.concat_arrays(pa.chunked_array(texts).chunks)
    return pd.Series(pd.array(copied, dtype="str"))


def give_back_memory() -> None:
    """
    Give freed memory back to the system, as far as the allocators of this platform can.

    Examples
    --------
    >>> give_back_memory()
    """
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        # Only the GNU C library has it; musl gives memory back by itself.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
