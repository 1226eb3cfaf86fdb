"""
The inner loop of `neighbours`, compiled. Importing this module needs numba (extra `scale`); nothing else imports it.

Same order of sums and same arithmetic as the NumPy path: the results are equal to the last bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

__all__ = ["sums_in_stretches"]


def _sums_in_stretches(points, values, targets, low, high, limits, factors):  # type: ignore[no-untyped-def]  # numba reads the types of the first call
    """Sums of value x factor over the sources in each target's stretches; see `neighbours.decayed_sums`."""
    sums = np.zeros(len(targets))
    zones = len(limits)
    for target in prange(len(targets)):
        x, y, z = targets[target, 0], targets[target, 1], targets[target, 2]
        total = 0.0
        for row in range(low.shape[1]):
            for source in range(low[target, row], high[target, row]):
                dx = points[source, 0] - x
                dy = points[source, 1] - y
                dz = points[source, 2] - z
                squared = dx * dx + dy * dy + dz * dz
                if squared <= limits[zones - 1]:
                    zone = 0
                    while squared > limits[zone]:
                        zone += 1
                    total += values[source] * factors[zone]
        sums[target] = total
    return sums


# The first call compiles for seconds; later processes load that from beside this file or from the user's cache folder. No
# fastmath: sums must keep their order.
try:
    sums_in_stretches = njit(parallel=True, cache=True)(_sums_in_stretches)
except RuntimeError:  # what numba says where it may write to neither folder: each process compiles for itself
    sums_in_stretches = njit(parallel=True)(_sums_in_stretches)
