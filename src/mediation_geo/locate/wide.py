"""
Searches that no commune name narrows: communes around a point, a street anywhere in the country, misspelt words put right.

Comes in: words or a point. Goes out: communes or streets with a share 0-1 that says how little is certain about them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mediation_geo.locate.communes import Communes
    from mediation_geo.locate.finder import Scored
    from mediation_geo.locate.streets import Street, StreetTable

__all__ = ["around_point", "corrected_words", "street_anywhere"]

_REACH_M, _MOST = 15_000.0, 25
_METRES_PER_DEGREE = 111_320.0


def around_point(communes: Communes, lon: float, lat: float) -> Scored:
    """
    Communes whose box is within 15 km of a point, the nearest first, with shares that fall with distance.

    Examples
    --------
    >>> from mediation_geo.locate import load_communes
    >>> around_point(load_communes(), 3.877, 43.611)[0][0]
    '34172'
    """
    arrays = communes.arrays
    scale = _METRES_PER_DEGREE * np.cos(np.radians(lat))
    dx = np.maximum(np.maximum(arrays["xmin"] - lon, lon - arrays["xmax"]), 0.0) * scale
    dy = np.maximum(np.maximum(arrays["ymin"] - lat, lat - arrays["ymax"]), 0.0) * _METRES_PER_DEGREE
    to_box = np.hypot(dx, dy)
    to_centre = np.hypot((arrays["lon"] - lon) * scale, (arrays["lat"] - lat) * _METRES_PER_DEGREE)
    near = np.flatnonzero(to_box <= _REACH_M)
    # Boxes overlap: among those that hold the point, the one whose centre is nearest for its size.
    order = near[np.lexsort((to_centre[near] / arrays["radius_m"][near], to_box[near]))][:_MOST]
    return tuple((communes.communes[each].code, float(0.95 - 0.1 * to_box[each] / _REACH_M)) for each in order)


def corrected_words(words: Sequence[str], streets: StreetTable) -> list[str]:
    """Words with each that no street uses put right, when another is at most two letters off; the most used one wins."""
    return [word if word.isdigit() or streets.word_count(word) else _nearest_word(word, streets) for word in words]


def _nearest_word(word: str, streets: StreetTable) -> str:
    if len(word) < 4:
        return word
    near = process.extract(word, streets.words_like(word[:2]), scorer=OSA.distance, score_cutoff=2, limit=10)
    best = min(near, key=lambda each: (each[1], -streets.word_count(each[0])), default=None)
    return best[0] if best else word


def street_anywhere(words: Sequence[str], streets: StreetTable) -> list[tuple[Street, float]]:
    """Streets of the country with exactly these words, then with these among others; the fewer there are, the surer."""
    found = streets.with_words(words, prefix="", limit=60)
    if not found:
        return []
    key = " ".join(words)
    equal = [street for street in found if street.key == key] or found
    rivals = Counter(street.key for street in equal)[equal[0].key]
    share = max(0.35, 0.85 / rivals**0.5) if equal[0].key == key else 0.35
    return [(street, share - 0.001 * position) for position, street in enumerate(equal[:20])]
