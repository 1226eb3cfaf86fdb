"""
What the fields of records say about their commune, and which communes are worth weighing.

Records in; the evidence of each as plain arrays, and pairs (row, candidate) out. Which candidate wins is decided in `resolve`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from shapely import STRtree, box, points

from mediation_geo.geodesy import geocentric_m
from mediation_geo.locate.names import commune_key, in_order, place_key
from mediation_geo.standard.territories import departement_of_commune, departements_of_postcode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mediation_geo.locate.communes import Communes

__all__ = ["CommuneArrays", "Evidence", "Pairs", "arrays_of", "candidates", "joined", "read_evidence", "whole_departements"]

_NEAREST_CENTRES = 4
_TAIL = re.compile(r"(?:^|\D)(\d{5})(?!\d)\s*[-,]?\s*([^\d,;]*)$")
_NONE = np.zeros(0, dtype=np.int64)


class Evidence(NamedTuple):
    """One array a field, one element a record; empty text where nothing is known, NaN where there is no point."""

    key: NDArray[np.object_]
    postcode: NDArray[np.object_]
    code: NDArray[np.object_]
    text_key: NDArray[np.object_]
    text_postcode: NDArray[np.object_]
    place_key: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


class Pairs(NamedTuple):
    """Rows of the evidence beside positions in the commune table, each pair once, ordered by row."""

    row: NDArray[np.int64]
    candidate: NDArray[np.int64]


class CommuneArrays:
    """The commune table as arrays and indexes, `candidate` being the position in it."""

    def __init__(self, communes: Communes) -> None:
        self.communes = communes
        self.codes = np.array([each.code for each in communes.communes], dtype=object)
        self.position = {code: position for position, code in enumerate(self.codes)}
        self.departement = np.array([each.departement for each in communes.communes], dtype=object)
        self.arrays = communes.arrays
        self.by_words = self._positions(communes.by_words)
        self.by_postcode = self._positions(communes.by_postcode)
        self.by_departement = self._positions(communes.by_departement)
        self.served = {(postcode, each) for postcode, found in self.by_postcode.items() for each in found.tolist()}
        self.placed = np.flatnonzero(~np.isnan(self.arrays["lon"]))
        west, south, east, north = (self.arrays[name][self.placed] for name in ("xmin", "ymin", "xmax", "ymax"))
        self.boxes = STRtree(box(west, south, east, north))
        self.centres = cKDTree(geocentric_m(self.arrays["lon"][self.placed], self.arrays["lat"][self.placed]))
        self.limits = np.array([communes.limits.get(code) for code in self.codes], dtype=object)
        # Names of candidate i: name_keys[name_start[i]:name_start[i + 1]].
        names = sorted((self.position[code], key, kind) for key, code, kind in communes.names if code in self.position)
        self.name_keys = np.array([key for _, key, _ in names], dtype=object)
        self.name_is_former = np.array([kind != "commune" for _, _, kind in names])
        self.name_start = np.searchsorted([position for position, _, _ in names], np.arange(len(self.codes) + 1))

    def names_of(self, candidate: int) -> list[str]:
        """Name keys that a candidate bears or bore."""
        return [*self.name_keys[self.name_start[candidate] : self.name_start[candidate + 1]]]

    def _positions(self, codes: Mapping[str, Sequence[str]]) -> dict[str, NDArray[np.int64]]:
        return {
            key: np.array([self.position[code] for code in found if code in self.position], dtype=np.int64)
            for key, found in codes.items()
        }


@lru_cache(maxsize=4)
def arrays_of(communes: Communes) -> CommuneArrays:
    """Arrays of a commune table: a second to build, then shared by all calls with the same table."""
    return CommuneArrays(communes)


def read_evidence(records: pd.DataFrame, *, communes: Communes) -> Evidence:
    """
    Evidence of records; postcode and town at the end of the address stand in for fields that are missing.

    The name of the place itself is evidence only where neither a commune nor a town in the address is given.

    Examples
    --------
    >>> import pandas as pd
    >>> from mediation_geo.locate.communes import load_communes
    >>> rows = pd.DataFrame({"adresse": ["12 rue de la Gare, 34000 Montpellier"]})
    >>> evidence = read_evidence(rows, communes=load_communes())
    >>> evidence.postcode[0], evidence.key[0]
    ('34000', 'montpellier')
    """
    fields = [_text(records, name) for name in ("commune", "code_postal", "code_insee", "adresse", "nom")]
    # Row by row: regular expressions and dictionaries know no columns.
    rows = [_row(communes, *each) for each in zip(*fields, strict=True)]
    columns = np.array(rows, dtype=object).reshape(len(rows), 6)
    key, postcode, code, text_key, text_postcode, place_key = columns.T
    lon, lat = (
        records[name].to_numpy(dtype=float) if name in records else np.full(len(records), np.nan)
        for name in ("longitude", "latitude")
    )
    return Evidence(key, postcode, code, text_key, text_postcode, place_key, lon, lat)


def _text(records: pd.DataFrame, name: str) -> list[str]:
    return records[name].fillna("").astype(str).str.strip().tolist() if name in records else [""] * len(records)


def _row(communes: Communes, commune: str, postcode: str, given: str, adresse: str, nom: str) -> tuple[str, ...]:
    key = _key(commune)
    code = "" if communes.is_postcode(given, beside=postcode) else communes.current_code(given.upper()) or ""
    # A code known as a postcode but not as a commune: the columns were mixed up.
    if not code and not postcode and given in communes.by_postcode:
        postcode = given
    tail = _TAIL.search(adresse)
    text_postcode, text_key = (tail.group(1), _key(tail.group(2))) if tail else ("", "")
    if not postcode:
        postcode, text_postcode = text_postcode, ""
    if not key:
        key, text_key = text_key, ""
    return key, postcode, code, text_key, text_postcode, "" if key else place_key(nom)


@lru_cache(maxsize=50_000)
def _key(name: str) -> str:
    return commune_key(name) if name else ""


def candidates(evidence: Evidence, table: CommuneArrays) -> Pairs:
    """Communes of that name, of that postcode, of that code, of the address text, and around the point."""
    found = [
        _looked_up([in_order(key) for key in evidence.key], table.by_words),
        _looked_up([in_order(key) for key in evidence.text_key], table.by_words),
        _looked_up(evidence.postcode, table.by_postcode),
        _looked_up(evidence.text_postcode, table.by_postcode),
        _coded(evidence, table),
        _around(evidence, table),
    ]
    return joined(found, len(table.codes))


def joined(found: Sequence[Pairs], size: int) -> Pairs:
    """Pairs of several searches, each once, ordered by row and candidate."""
    together = np.concatenate([each.row * size + each.candidate for each in found])
    distinct = np.unique(together)
    return Pairs(distinct // size, distinct % size)


def _looked_up(values: Sequence[str] | NDArray[np.object_], index: Mapping[str, NDArray[np.int64]]) -> Pairs:
    lists = [index.get(value, _NONE) if value else _NONE for value in values]
    row = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    return Pairs(row, np.concatenate([_NONE, *lists]))


def _coded(evidence: Evidence, table: CommuneArrays) -> Pairs:
    known = [(row, table.position[code]) for row, code in enumerate(evidence.code) if code in table.position]
    pairs = np.array(known, dtype=np.int64).reshape(-1, 2)
    return Pairs(pairs[:, 0], pairs[:, 1])


def _around(evidence: Evidence, table: CommuneArrays) -> Pairs:
    row = np.flatnonzero(~(np.isnan(evidence.lon) | np.isnan(evidence.lat)))
    count = min(_NEAREST_CENTRES, len(table.placed))
    if not len(row) or not count:
        return Pairs(_NONE, _NONE)
    lon, lat = evidence.lon[row], evidence.lat[row]
    inside_row, inside = table.boxes.query(points(lon, lat), predicate="intersects")
    _, near = table.centres.query(geocentric_m(lon, lat), k=[*range(1, count + 1)])
    return Pairs(
        np.concatenate([row[inside_row], np.repeat(row, count)]),
        np.concatenate([table.placed[inside], table.placed[near.ravel()]]),
    )


def whole_departements(evidence: Evidence, rows: NDArray[np.int64], table: CommuneArrays) -> Pairs:
    """All communes of the départements that the postcode or the code of these rows suggest."""
    found = [Pairs(_NONE, _NONE)]
    for row in rows.tolist():
        suggested = {*departements_of_postcode(evidence.postcode[row]), departement_of_commune(evidence.code[row])}
        for departement in sorted(each for each in suggested if each):
            everywhere = table.by_departement.get(departement, _NONE)
            found.append(Pairs(np.full(len(everywhere), row, dtype=np.int64), everywhere))
    return joined(found, len(table.codes))
