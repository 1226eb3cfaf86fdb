"""
The communes of France as lookups: by code (current or former), by name (current or former), by postcode, by position.

Comes in: the commune table shipped with the package. Goes out: one `Communes` value that answers without touching disk or
network again. Nothing here decides which commune a record belongs to; `resolve` and the geocoder do.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from importlib.resources import files
from math import cos, hypot, isnan, nan, pi, radians, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from mediation_geo.errors import SourceUnavailable
from mediation_geo.locate.names import folded_together, in_order, key_of_folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = [
    "ARRONDISSEMENT_PARENTS",
    "Commune",
    "Communes",
    "arrondissement_code",
    "load_communes",
    "read_communes",
]

# BAN and many sources answer with arrondissements; the standard wants the commune.
ARRONDISSEMENT_PARENTS = {"751": "75056", "6938": "69123", "132": "13055"}
_ARRONDISSEMENT_BASES = {"75056": ("75", 75100, 20), "69123": ("69", 69380, 9), "13055": ("13", 13200, 16)}

_METRES_PER_DEGREE = 111_320.0
CURRENT_TYPES = frozenset({"commune", "arrondissement"})
# Polygons of the communes, optional, beside the table.
_LIMITS = "communes_polygons.parquet"
_COLUMNS = [
    "code_insee", "nom", "type", "code_actuel", "codes_postaux", "population", "lon", "lat", "xmin", "ymin", "xmax", "ymax",
    "code_departement", "anciens_codes",
]  # fmt: skip


class Commune(NamedTuple):
    """One current commune (or arrondissement): what every answer about it needs."""

    code: str
    nom: str
    lon: float
    lat: float
    box: tuple[float, float, float, float]
    population: int
    postcodes: tuple[str, ...]
    departement: str

    @property
    def radius_m(self) -> float:
        """
        Radius in metres of the disc as large as the commune's box: how far off the centre can be.

        Examples
        --------
        >>> commune = Commune("34172", "Montpellier", 3.87, 43.61, (3.8, 43.57, 3.95, 43.66), 300000, ("34000",), "34")
        >>> round(commune.radius_m, -3)
        6000.0
        """
        west, south, east, north = self.box
        width = (east - west) * _METRES_PER_DEGREE * cos(radians(self.lat))
        return max(500.0, sqrt(max(width, 0.0) * max(north - south, 0.0) * _METRES_PER_DEGREE / pi))

    def distance_m(self, lon: float, lat: float) -> float:
        """
        Metres from a point to the commune's box, 0 inside; flat-earth, good to 1 % below 100 km.

        Examples
        --------
        >>> commune = Commune("34172", "Montpellier", 3.87, 43.61, (3.8, 43.57, 3.95, 43.66), 300000, ("34000",), "34")
        >>> commune.distance_m(3.9, 43.6), round(commune.distance_m(3.9, 43.76), -3)
        (0.0, 11000.0)
        """
        west, south, east, north = self.box
        dx = max(west - lon, 0.0, lon - east) * cos(radians(lat))
        dy = max(south - lat, 0.0, lat - north)
        return hypot(dx, dy) * _METRES_PER_DEGREE


def arrondissement_code(commune: str, number: int) -> str | None:
    """
    Code of the numbered arrondissement of Paris, Lyon or Marseille, None where there is no such one.

    Examples
    --------
    >>> arrondissement_code("69123", 3), arrondissement_code("75056", 21), arrondissement_code("34172", 1)
    ('69383', None, None)
    """
    base = _ARRONDISSEMENT_BASES.get(commune)
    return str(base[1] + number) if base is not None and 1 <= number <= base[2] else None


class Communes:
    """
    Lookups over the commune table.

    Parameters
    ----------
    columns : dict of str to list
        The columns of `datasets/communes.parquet` (see `docs/locate.md`), one list each.

    Examples
    --------
    >>> communes = load_communes()
    >>> communes.current_code("69383"), communes.by_code["69383"].nom
    ('69123', 'Lyon 3e Arrondissement')
    """

    def __init__(self, columns: dict[str, list[Any]], *, limits: Path | None = None) -> None:
        self._limits_path = limits
        self.by_code: dict[str, Commune] = {}
        self._current: dict[str, str] = {}
        self._names: list[tuple[str, str, str]] = []
        former: list[tuple[str, str]] = []
        # Row by row: 40,000 small values that every lookup shares, built once per process.
        for code, nom, kind, current, old, commune in zip(
            columns["code_insee"], columns["nom"], columns["type"], columns["code_actuel"], columns["anciens_codes"],
            _commune_rows(columns), strict=True,
        ):  # fmt: skip
            target = _commune_of_arrondissement(current or code)
            if kind in CURRENT_TYPES:
                self.by_code[code] = commune
                self._current[code] = _commune_of_arrondissement(code)
            else:
                former.append((code, target))
            if old:
                former.extend((each, target) for each in old)
            if nom and kind != "arrondissement":
                self._names.append((nom, target, kind))
        # A former code that lives on as a commune of its own stays that commune.
        for code, target in former:
            self._current.setdefault(code, target)

    @cached_property
    def limits(self) -> dict[str, Any]:
        """Code to the polygon of the commune, read when first asked for; empty where no polygons are at hand."""
        # Imported here: the search box never asks for polygons and starts without shapely.
        from mediation_geo.locate.limits import read_limits

        return read_limits(self._limits_path)

    @cached_property
    def communes(self) -> tuple[Commune, ...]:
        """Current communes, without arrondissements, in order of code."""
        return tuple(self.by_code[code] for code in sorted(self.by_code) if self._current[code] == code)

    @cached_property
    def names(self) -> list[tuple[str, str, str]]:
        """Triples (name key, current code, `commune` or the kind of former commune), without repeats."""
        keys = [key_of_folded(folded) for folded in folded_together([name for name, _, _ in self._names])]
        seen: dict[tuple[str, str], str] = {}
        for key, (_, code, kind) in zip(keys, self._names, strict=True):
            if key and (kind == "commune" or (key, code) not in seen):
                seen[key, code] = kind
        return [(key, code, kind) for (key, code), kind in seen.items()]

    @cached_property
    def by_name(self) -> dict[str, tuple[str, ...]]:
        """Name key to the current codes that bear it now (first) or bore it."""
        found: dict[str, list[str]] = {}
        for key, code, _ in sorted(self.names, key=lambda each: each[2] != "commune"):
            found.setdefault(key, []).append(code)
        return {key: tuple(codes) for key, codes in found.items()}

    @cached_property
    def by_words(self) -> dict[str, tuple[str, ...]]:
        """Words of a name in alphabetical order to the codes of `by_name`: a name whose words were put in another order."""
        found: dict[str, list[str]] = {}
        for key, codes in self.by_name.items():
            found.setdefault(in_order(key), []).extend(codes)
        return {words: tuple(dict.fromkeys(codes)) for words, codes in found.items()}

    @cached_property
    def keys_of(self) -> dict[str, tuple[str, ...]]:
        """Current code to its name keys, the name of today first."""
        found: dict[str, list[str]] = {}
        for key, code, _ in sorted(self.names, key=lambda each: each[2] != "commune"):
            found.setdefault(code, []).append(key)
        return {code: tuple(keys) for code, keys in found.items()}

    @cached_property
    def by_postcode(self) -> dict[str, tuple[str, ...]]:
        """Postcode to the current communes it serves, the most populous first."""
        found: dict[str, set[str]] = {}
        for code, commune in self.by_code.items():
            for postcode in commune.postcodes:
                found.setdefault(postcode, set()).add(self._current[code])
        return {
            postcode: tuple(sorted(codes, key=lambda code: (-self.by_code[code].population, code)))
            for postcode, codes in found.items()
        }

    @cached_property
    def by_departement(self) -> dict[str, tuple[str, ...]]:
        """Département to its current communes."""
        found: dict[str, list[str]] = {}
        for commune in self.communes:
            found.setdefault(commune.departement, []).append(commune.code)
        return {departement: tuple(codes) for departement, codes in found.items()}

    def around_postcode(self, postcode: str) -> tuple[float, float, float] | None:
        """
        Longitude, latitude and radius in metres of a disc that holds all communes of a postcode, None when nobody knows it.

        Its middle is the centre of the most populous of them: seven places in ten of such a postcode are there.

        Examples
        --------
        >>> lon, lat, radius_m = load_communes().around_postcode("27340")
        >>> round(lon, 1), round(lat, 1), radius_m < 12_000
        (1.1, 49.3, True)
        """
        served = [self.by_code[code] for code in self.by_postcode.get(postcode, ()) if not isnan(self.by_code[code].lon)]
        if not served:
            return None
        lon, lat = served[0].lon, served[0].lat
        wide = cos(radians(lat)) * _METRES_PER_DEGREE
        boxes = [each.box for each in served]
        corners = [(x, y) for west, south, east, north in boxes for x in (west, east) for y in (south, north)]
        return lon, lat, max(hypot((x - lon) * wide, (y - lat) * _METRES_PER_DEGREE) for x, y in corners)

    def current_code(self, code: str) -> str | None:
        """
        Code today of a commune code: itself, its successor, the city of an arrondissement; None when unknown.

        Examples
        --------
        >>> communes = load_communes()
        >>> communes.current_code("75111"), communes.current_code("99999") is None
        ('75056', True)
        """
        return self._current.get(code)

    def is_postcode(self, code: str, *, beside: str) -> bool:
        """
        Whether a code is the postcode over again, put into the wrong column: 09100 is Pamiers' postcode and Couflens' code.

        Examples
        --------
        >>> load_communes().is_postcode("09100", beside="09100"), load_communes().is_postcode("09225", beside="09100")
        (True, False)
        """
        served = self.by_postcode.get(code, ())
        if not served or self._current.get(code) in served:
            return False
        return code == beside or code not in self._current

    @property
    def current_codes(self) -> dict[str, str]:
        """Every code ever known to its code today."""
        return self._current

    def arrondissement(self, commune: str, *, code: str = "", postcode: str = "", name: str = "") -> str | None:
        """
        Code of the arrondissement of Paris, Lyon or Marseille told by a code, else a postcode, else a name.

        Examples
        --------
        >>> load_communes().arrondissement("75056", postcode="75116")
        '75116'
        >>> load_communes().arrondissement("69123", name="Lyon 3ème")
        '69383'
        """
        if commune not in _ARRONDISSEMENT_BASES:
            return None
        if code != commune and code in self.by_code and self._current.get(code) == commune:
            return code
        departement = _ARRONDISSEMENT_BASES[commune][0]
        if len(postcode) == 5 and postcode.isdigit() and postcode.startswith(departement):
            found = arrondissement_code(commune, int(postcode[3:]))
            if found is not None and postcode in self.by_postcode:
                return found
        number = re.search(r"\b(\d{1,2})(?:er|e|eme|ème)?\b", name.lower().partition("cedex")[0])
        return arrondissement_code(commune, int(number.group(1))) if number else None

    @cached_property
    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Columns lon, lat, xmin, ymin, xmax, ymax, population, radius_m of `communes`, in the same order."""
        rows = np.array(
            [(each.lon, each.lat, *each.box, each.population, each.radius_m) for each in self.communes], dtype=np.float64
        ).reshape(-1, 8)
        return dict(zip(("lon", "lat", "xmin", "ymin", "xmax", "ymax", "population", "radius_m"), rows.T, strict=True))


def _commune_of_arrondissement(code: str) -> str:
    if code in _ARRONDISSEMENT_BASES:
        return code
    return ARRONDISSEMENT_PARENTS.get(code[:3]) or ARRONDISSEMENT_PARENTS.get(code[:4]) or code


def _commune_rows(columns: dict[str, list[Any]]) -> Iterator[Commune]:
    lon, lat = columns["lon"], columns["lat"]
    edges = zip(columns["xmin"], columns["ymin"], columns["xmax"], columns["ymax"], strict=True)
    for code, nom, x, y, box, population, postcodes, departement in zip(
        columns["code_insee"], columns["nom"], lon, lat, edges, columns["population"], columns["codes_postaux"],
        columns["code_departement"], strict=True,
    ):  # fmt: skip
        lon_, lat_ = (nan, nan) if x is None or y is None else (x, y)
        known = (lon_, lat_, lon_, lat_) if box[0] is None else box
        yield Commune(code, nom, lon_, lat_, known, int(population or 0), tuple(postcodes or ()), departement)


def read_communes(path: str | Path) -> Communes:
    """
    Communes of a Parquet file with the columns of the shipped table, and the polygons beside it when they are there.

    Raises
    ------
    SourceUnavailable
        If the file is not there.

    Examples
    --------
    >>> from mediation_geo.locate.communes import read_communes
    >>> read_communes("no-such-table.parquet")
    Traceback (most recent call last):
    ...
    mediation_geo.errors.SourceUnavailable: no-such-table.parquet: the commune table is not there
    """
    if not Path(path).is_file():
        message = "the commune table is not there"
        raise SourceUnavailable(message, path=str(path))
    table = pq.ParquetFile(path).read(columns=_COLUMNS)
    columns = {name: table.column(name).to_pylist() for name in _COLUMNS}
    return Communes(columns, limits=Path(path).with_name(_LIMITS))


@cache
def load_communes() -> Communes:
    """
    Commune table shipped with the package, read once per process.

    Examples
    --------
    >>> load_communes().by_code["34172"].nom
    'Montpellier'
    """
    return read_communes(Path(str(files("mediation_geo") / "datasets" / "communes.parquet")))
