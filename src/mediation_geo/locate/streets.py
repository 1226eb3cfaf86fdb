"""
The street table on disk: an SQLite file of streets by commune, with their numbers, read one commune at a time.

Comes in: the path of a file that `build` has written. Goes out: streets of a commune, positions of numbers, streets around a
point, streets with given words. Nothing here weighs evidence.
"""

from __future__ import annotations

import sqlite3
import struct
from array import array
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mediation_geo.errors import GeocoderError
from mediation_geo.locate.address import NORMALISER_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FORMAT_VERSION", "SCHEMA", "CommuneStreets", "Street", "StreetTable", "pack_numbers", "unpack_numbers"]

FORMAT_VERSION = 1
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE streets (
  id INTEGER PRIMARY KEY, commune TEXT NOT NULL, arrondissement TEXT, postcode TEXT, name TEXT NOT NULL, key TEXT NOT NULL,
  lon REAL NOT NULL, lat REAL NOT NULL, radius_m INTEGER NOT NULL, is_place INTEGER NOT NULL, importance REAL NOT NULL,
  part INTEGER NOT NULL, numbers BLOB
);
"""
_MICRODEGREES = 1e6
_CACHED_COMMUNES = 2_048
_NEIGHBOUR = 10
# A name with a smaller share of all streets is likelier a slip of the pen for a street that is here than a street that is not.
_COMMON_SHARE = 5e-5


class Street(NamedTuple):
    """A street or hamlet as stored; `key` is its normalised words joined by blanks."""

    id: int
    commune: str
    arrondissement: str
    postcode: str
    name: str
    key: str
    lon: float
    lat: float
    radius_m: float
    is_place: bool
    importance: float


_COLUMNS = (
    "id, commune, coalesce(arrondissement, ''), coalesce(postcode, ''), name, key, lon, lat, radius_m, is_place, importance"
)


class CommuneStreets(NamedTuple):
    """Streets of one commune, ready to be compared with: `keys[i]` belongs to `streets[i]`."""

    streets: list[Street]
    keys: list[str]
    by_key: dict[str, list[int]]
    squeezed: dict[str, list[int]]


def pack_numbers(numbers: dict[tuple[int, str], tuple[float, float]], lon: float, lat: float) -> bytes:
    """
    Numbers of a street as bytes: 11 for each, positions relative to the street's own.

    Examples
    --------
    >>> packed = pack_numbers({(12, "B"): (2.35, 48.85)}, 2.351, 48.851)
    >>> len(packed), unpack_numbers(packed, 2.351, 48.851)
    (11, {(12, 'B'): (2.35, 48.85)})
    """
    ordered = sorted(numbers)
    values = array("H", [number for number, _ in ordered]).tobytes()
    suffixes = bytes(ord(suffix) if suffix else 0 for _, suffix in ordered)
    offsets = [round((numbers[each][axis] - (lon, lat)[axis]) * _MICRODEGREES) for each in ordered for axis in (0, 1)]
    return values + suffixes + struct.pack(f"<{len(offsets)}i", *offsets)


def unpack_numbers(packed: bytes, lon: float, lat: float) -> dict[tuple[int, str], tuple[float, float]]:
    """
    Inverse of `pack_numbers`, to a millionth of a degree.

    Examples
    --------
    >>> unpack_numbers(b"", 2.0, 48.0)
    {}
    """
    count = len(packed) // 11
    values, suffixes = array("H", packed[: 2 * count]), packed[2 * count : 3 * count]
    offsets = struct.unpack_from(f"<{2 * count}i", packed, 3 * count)
    return {
        (values[each], chr(suffixes[each]) if suffixes[each] else ""): (
            round(lon + offsets[2 * each] / _MICRODEGREES, 6),
            round(lat + offsets[2 * each + 1] / _MICRODEGREES, 6),
        )
        for each in range(count)
    }


class StreetTable:
    """
    Reader of a street table.

    Parameters
    ----------
    path : path
        File written by `build.build_streets`.

    Raises
    ------
    GeocoderError
        If the file is not there, or was built by another version of the normaliser.
    """

    def __init__(self, path: str | Path) -> None:
        if not Path(path).is_file():
            message = f"{path}: no street table there; build one with `mediation-geo geocoder build`"
            raise GeocoderError(message)
        # One connection for all threads of a server: sqlite serialises, and nothing here writes.
        self._sqlite = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        try:
            self.meta = self._checked_meta(path)
        except GeocoderError:
            self._sqlite.close()
            raise
        self.in_commune = lru_cache(maxsize=_CACHED_COMMUNES)(self._in_commune)
        self.word_count = lru_cache(maxsize=100_000)(self._word_count)
        self.is_common_name = lru_cache(maxsize=100_000)(self._is_common_name)

    def _checked_meta(self, path: str | Path) -> dict[str, str]:
        try:
            meta = dict(self._sqlite.execute("SELECT name, value FROM meta"))
        except sqlite3.DatabaseError as error:
            message = f"{path}: not a street table"
            raise GeocoderError(message) from error
        expected = {"format": str(FORMAT_VERSION), "normaliser": str(NORMALISER_VERSION), "finished": "yes"}
        for name, value in expected.items():
            if meta.get(name) != value:
                message = f"{path}: {name} is {meta.get(name)!r}, expected {value!r}; build the street table again"
                raise GeocoderError(message)
        return meta

    @property
    def version(self) -> str:
        """Version of the addresses inside: answers of another version are asked again."""
        return str(self.meta.get("data_version", ""))

    def _in_commune(self, code: str) -> CommuneStreets:
        rows = self._sqlite.execute(f"SELECT {_COLUMNS} FROM streets WHERE commune = ? ORDER BY id", (code,))
        streets = [Street._make(row) for row in rows]
        by_key: dict[str, list[int]] = {}
        squeezed: dict[str, list[int]] = {}
        for position, street in enumerate(streets):
            by_key.setdefault(street.key, []).append(position)
            squeezed.setdefault(street.key.replace(" ", ""), []).append(position)
        return CommuneStreets(streets, [street.key for street in streets], by_key, squeezed)

    def _word_count(self, word: str) -> int:
        row = self._sqlite.execute("SELECT count FROM words WHERE word = ?", (word,)).fetchone()
        return int(row[0]) if row else 0

    def _is_common_name(self, key: str) -> bool:
        many = 1 + int(_COMMON_SHARE * int(self.meta["streets"]))
        found = self._sqlite.execute("SELECT count(*) FROM (SELECT 1 FROM streets WHERE key = ? LIMIT ?)", (key, many)).fetchone()
        return int(found[0]) >= many

    def numbers(self, street: Street) -> dict[tuple[int, str], tuple[float, float]]:
        """Return all numbers of a street with their positions."""
        return unpack_numbers(self._packed(street), street.lon, street.lat)

    def _packed(self, street: Street) -> bytes:
        row = self._sqlite.execute("SELECT numbers FROM streets WHERE id = ?", (street.id,)).fetchone()
        return row[0] or b"" if row else b""

    def number(self, street: Street, number: int, suffix: str) -> tuple[str, float, float, str] | None:
        """
        Position of a house number: kind `housenumber` or `interpolated`, longitude, latitude, suffix that was found.

        A number without the suffix asked for stands in for it; a missing number is placed between its neighbours of the
        same side of the street when both are at most ten numbers away.
        """
        packed = self._packed(street)
        count = len(packed) // 11
        values = array("H", packed[: 2 * count])
        first = bisect_left(values, number)
        suffixes = packed[2 * count : 3 * count]
        same = [each for each in range(first, count) if values[each] == number] if first < count else []
        # 12 bis and 12 b are the same door in most towns: the other one stands in, then the number without either.
        wanted = [ord(form) if form else 0 for form in (suffix, suffix.swapcase(), "")]
        for each in sorted(same, key=lambda each: wanted.index(suffixes[each]) if suffixes[each] in wanted else len(wanted)):
            dlon, dlat = struct.unpack_from("<2i", packed, 3 * count + 8 * each)
            found = chr(suffixes[each]) if suffixes[each] else ""
            return "housenumber", street.lon + dlon / _MICRODEGREES, street.lat + dlat / _MICRODEGREES, found
        return self._between(street, number, suffix, packed, values, first)

    @staticmethod
    def _between(
        street: Street, number: int, suffix: str, packed: bytes, values: Sequence[int], first: int
    ) -> tuple[str, float, float, str] | None:
        count = len(values)
        same = [each for each in range(count) if values[each] % 2 == number % 2 and abs(values[each] - number) <= _NEIGHBOUR]
        before = next((each for each in reversed(same) if each < first), None)
        after = next((each for each in same if each >= first), None)
        if before is None or after is None:
            return None
        lon0, lat0 = struct.unpack_from("<2i", packed, 3 * count + 8 * before)
        lon1, lat1 = struct.unpack_from("<2i", packed, 3 * count + 8 * after)
        share = (number - values[before]) / (values[after] - values[before])
        lon = street.lon + (lon0 + share * (lon1 - lon0)) / _MICRODEGREES
        lat = street.lat + (lat0 + share * (lat1 - lat0)) / _MICRODEGREES
        return "interpolated", lon, lat, suffix

    def around(self, lon: float, lat: float, *, reach_deg: float) -> list[Street]:
        """Streets whose extent meets the box of that half-width around a point."""
        rows = self._sqlite.execute(
            f"SELECT {_COLUMNS} FROM streets WHERE id IN (SELECT id FROM extents WHERE west <= ? AND east >= ? AND south <= ? "
            "AND north >= ?)",
            (lon + reach_deg, lon - reach_deg, lat + reach_deg, lat - reach_deg),
        )
        return [Street._make(row) for row in rows]

    def with_words(self, words: Iterable[str], *, prefix: str, limit: int) -> list[Street]:
        """Streets that hold all words, and one that begins with `prefix` when it is not empty; the most important first."""
        terms = [f'"{word}"' for word in words] + ([f'"{prefix}"*'] if prefix else [])
        if not terms:
            return []
        rows = self._sqlite.execute(
            f"SELECT {_COLUMNS} FROM (SELECT rowid AS rank FROM search WHERE search MATCH ? ORDER BY rowid LIMIT ?) "
            "JOIN ranks USING (rank) JOIN streets USING (id) ORDER BY rank",
            (" AND ".join(terms), limit),
        )
        return [Street._make(row) for row in rows]

    def named(self, key: str, postcode: str) -> list[Street]:
        """Streets of a name in a postcode, whichever commune they are filed under."""
        rows = self._sqlite.execute(f"SELECT {_COLUMNS} FROM streets WHERE key = ? AND postcode = ? ORDER BY id", (key, postcode))
        return [Street._make(row) for row in rows]

    def words_like(self, prefix: str) -> list[str]:
        """Words of street names that begin with `prefix`: among them the one that a misspelt word was meant to be."""
        rows = self._sqlite.execute("SELECT word FROM words WHERE word >= ? AND word < ?", (prefix, prefix + "{"))
        return [word for (word,) in rows]

    def close(self) -> None:
        """Close the file."""
        self._sqlite.close()
