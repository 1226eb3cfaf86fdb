"""The sketch beside a list of places: where they lie around the starting point, north up, without any background."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["sketch_points"]

_HALF = 150.0
_MARGIN = 16.0


def sketch_points(answer: dict[str, Any]) -> list[tuple[int, float, float]]:
    """
    Rank and position of each place in a square of 300 by 300 whose centre is the starting point.

    Parameters
    ----------
    answer : dict
        A referral answer.

    Examples
    --------
    >>> place = {"geometry": {"type": "Point", "coordinates": [2.0, 48.1]}}
    >>> sketch_points({"features": [place], "recherche": {"origin": {"lon": 2.0, "lat": 48.0}}})
    [(1, 150.0, 16.0)]
    """
    origin = answer["recherche"]["origin"]
    stretch = math.cos(math.radians(origin["lat"]))
    offsets = []
    for rank, feature in enumerate(answer["features"], start=1):
        lon, lat = feature["geometry"]["coordinates"][:2]
        east = (lon - origin["lon"] + 180) % 360 - 180
        offsets.append((rank, east * stretch, lat - origin["lat"]))
    farthest = max((max(abs(east), abs(north)) for _rank, east, north in offsets), default=0.0)
    if farthest == 0:
        return [(rank, _HALF, _HALF) for rank, _east, _north in offsets]
    scale = (_HALF - _MARGIN) / farthest
    return [(rank, round(_HALF + east * scale, 1), round(_HALF - north * scale, 1)) for rank, east, north in offsets]
