"""
Writer of the street table: national address files in, one SQLite file out, streamed and resumable.

Reads the BAN as CSV (`adresses-34.csv.gz`) or as NDJSON of one street a line (`adresses-addok-34.ndjson.gz`). Each file is one
part: it is written whole or not at all, so that an interrupted build goes on with the next part.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sqlite3
from collections import Counter
from io import TextIOWrapper
from math import cos, log, radians
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from mediation_geo.errors import SchemaMismatch, SourceUnavailable
from mediation_geo.locate.address import NORMALISER_VERSION, SUFFIXES, street_words
from mediation_geo.locate.streets import FORMAT_VERSION, SCHEMA, pack_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mediation_geo.locate.communes import Communes

__all__ = ["RawStreet", "build_streets", "read_streets"]

_METRES_PER_DEGREE = 111_320.0
_NUMBER = re.compile(r"^(\d{1,5})\s*(bis|ter|quater|quinquies|[a-z])?", re.IGNORECASE)
_CSV_COLUMNS = frozenset({"numero", "rep", "nom_voie", "code_postal", "code_insee", "lon", "lat"})

Numbers = dict[tuple[int, str], tuple[float, float]]


class RawStreet(NamedTuple):
    """A street as a source file has it, before communes are brought up to date."""

    code_insee: str
    code_postal: str
    name: str
    lon: float
    lat: float
    is_place: bool
    numbers: Numbers


def build_streets(
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    communes: Communes,
    data_version: str,
    progress: Callable[[str, int], None] = lambda _path, _streets: None,
) -> dict[str, int]:
    """
    Write, or finish writing, a street table.

    Parameters
    ----------
    paths : sequence of path
        Address files; those already in `out` are passed over.
    out : path
        The SQLite file.
    communes : Communes
        Former commune codes of the files become current ones.
    data_version : str
        Version of the addresses, e.g. the date of the files; answers cached under another version are asked again.
    progress : callable, optional
        Called with the path and the number of streets written so far.

    Returns
    -------
    dict of str to int
        `streets` and `numbers` in the finished table.

    Raises
    ------
    SourceUnavailable, SchemaMismatch
        If a file is not there, or is neither of the two forms.
    """
    database = sqlite3.connect(out, isolation_level=None)
    try:
        # A build that is interrupted is begun again from the last whole part: no journal on disk is needed.
        database.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;")
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            database.executescript(SCHEMA)
        done = {value for (value,) in database.execute("SELECT value FROM meta WHERE name LIKE 'part:%'")}
        missing = [path for path in paths if Path(path).name not in done]
        for path in missing:
            _write_part(database, Path(path), communes, progress)
        if missing or not database.execute("SELECT 1 FROM meta WHERE name = 'finished'").fetchone():
            _finish(database, communes, data_version)
        streets, numbers = database.execute("SELECT count(*), coalesce(sum(length(numbers)), 0) / 11 FROM streets").fetchone()
    finally:
        database.close()
    return {"streets": streets, "numbers": numbers}


def _write_part(database: sqlite3.Connection, path: Path, communes: Communes, progress: Callable[[str, int], None]) -> None:
    part = database.execute("SELECT count(*) FROM meta WHERE name LIKE 'part:%'").fetchone()[0]
    database.execute("BEGIN")
    try:
        insert = f"INSERT INTO streets VALUES ({', '.join('?' * 13)})"
        batch: list[tuple[Any, ...]] = []
        total = 0
        for street in read_streets(path):
            batch.append(_row(street, part, communes))
            if len(batch) == 5_000:
                database.executemany(insert, batch)
                total += len(batch)
                progress(str(path), total)
                batch.clear()
        database.executemany(insert, batch)
        database.execute("INSERT INTO meta VALUES (?, ?)", (f"part:{part:04d}", path.name))
        database.execute("DELETE FROM meta WHERE name = 'finished'")
        database.execute("COMMIT")
        progress(str(path), total + len(batch))
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def _row(street: RawStreet, part: int, communes: Communes) -> tuple[Any, ...]:
    current = communes.current_code(street.code_insee) or street.code_insee
    arrondissement = street.code_insee if street.code_insee in communes.by_code and current != street.code_insee else None
    scale = _METRES_PER_DEGREE * cos(radians(street.lat))
    reach = max(
        (
            (lon - street.lon) ** 2 * scale**2 + (lat - street.lat) ** 2 * _METRES_PER_DEGREE**2
            for lon, lat in street.numbers.values()
        ),
        default=0.0,
    )
    commune = communes.by_code.get(current)
    population = commune.population if commune else 0
    importance = (log(1 + population / 3) + log(1 + len(street.numbers))) / 20
    return (
        None, current, arrondissement, street.code_postal or None, street.name, " ".join(street_words(street.name)),
        street.lon, street.lat, round(max(reach**0.5, 50.0)), int(street.is_place), importance, part,
        pack_numbers(street.numbers, street.lon, street.lat) or None,
    )  # fmt: skip


def _finish(database: sqlite3.Connection, communes: Communes, data_version: str) -> None:
    """Write the indexes, anew after each build: searches by commune, by word, by position, and the known words."""
    database.executescript(
        """
        DROP TABLE IF EXISTS search; DROP TABLE IF EXISTS ranks; DROP TABLE IF EXISTS extents; DROP TABLE IF EXISTS words;
        CREATE INDEX IF NOT EXISTS streets_by_commune ON streets (commune);
        CREATE INDEX IF NOT EXISTS streets_by_key ON streets (key);
        CREATE VIRTUAL TABLE search USING fts5 (words, content = '', columnsize = 0, detail = none, prefix = '2 3');
        CREATE TABLE ranks (rank INTEGER PRIMARY KEY, id INTEGER NOT NULL);
        INSERT INTO ranks (id) SELECT id FROM streets ORDER BY importance DESC, id;
        CREATE VIRTUAL TABLE extents USING rtree (id, west, east, south, north);
        CREATE TABLE words (word TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
        """
    )
    counts: Counter[str] = Counter()
    database.execute("BEGIN")
    # Written as a question is: "Trois-Rivières" and "3 rivieres" meet.
    names = {commune.code: " ".join(street_words(commune.nom)) for commune in communes.communes}
    # The word index is filled in order of importance: a search may then stop early and still see the likeliest streets.
    rows = database.execute(
        "SELECT id, commune, postcode, key, lon, lat, radius_m, rank FROM ranks JOIN streets USING (id) ORDER BY rank"
    )
    while chunk := rows.fetchmany(20_000):
        counts.update(word for row in chunk for word in row[3].split())
        database.executemany(
            "INSERT INTO search (rowid, words) VALUES (?, ?)",
            ((row[7], f"{row[3]} {names.get(row[1], '')} {row[2] or ''}") for row in chunk),
        )
        database.executemany("INSERT INTO extents VALUES (?, ?, ?, ?, ?)", (_extent(row[0], *row[4:7]) for row in chunk))
    database.executemany("INSERT INTO words VALUES (?, ?)", sorted(counts.items()))
    streets = database.execute("SELECT count(*) FROM streets").fetchone()[0]
    facts = {"streets": streets, "format": FORMAT_VERSION, "normaliser": NORMALISER_VERSION, "data_version": data_version}
    facts["finished"] = "yes"
    database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(name, str(value)) for name, value in facts.items()])
    database.execute("COMMIT")
    database.execute("PRAGMA optimize")


def _extent(identifier: int, lon: float, lat: float, radius_m: float) -> tuple[float, ...]:
    dy = radius_m / _METRES_PER_DEGREE
    dx = dy / max(cos(radians(lat)), 0.1)
    return identifier, lon - dx, lon + dx, lat - dy, lat + dy


def read_streets(path: str | Path) -> Iterator[RawStreet]:
    """
    Streets of an address file, streamed.

    Parameters
    ----------
    path : path
        BAN CSV (`;`) or NDJSON with one street a line; gzipped when the name ends in `.gz`.

    Raises
    ------
    SourceUnavailable
        If the file is not there.
    SchemaMismatch
        If it is neither of the two forms; names the line.
    """
    source = Path(path)
    if not source.is_file():
        message = "the address file is not there"
        raise SourceUnavailable(message, path=str(path))
    raw: IO[bytes] = gzip.open(source) if source.suffix == ".gz" else source.open("rb")  # type: ignore[assignment]  # noqa: SIM115
    with raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        if ".csv" in source.suffixes:
            yield from _from_csv(text, str(path))
        else:
            yield from _from_ndjson(text, str(path))


def _from_ndjson(lines: Iterable[str], path: str) -> Iterator[RawStreet]:
    for line, content in enumerate(lines, start=1):
        try:
            document = json.loads(content)
            if document["type"] not in {"street", "locality"}:
                continue
            codes = document["citycode"]
            # A list holds the commune first, then the arrondissement or the former commune.
            code = codes if isinstance(codes, str) else next((each for each in codes if each[:4] in _ARRONDISSEMENTS), codes[0])
            postcodes = document.get("postcode") or ""
            name = document["name"]
            yield RawStreet(
                code,
                postcodes if isinstance(postcodes, str) else postcodes[0],
                name if isinstance(name, str) else name[0],
                float(document["lon"]),
                float(document["lat"]),
                document["type"] == "locality",
                _numbers((key, each["lon"], each["lat"]) for key, each in (document.get("housenumbers") or {}).items()),
            )
        except (ValueError, KeyError, TypeError, IndexError) as error:
            message = f"expected one street a line as JSON with type, citycode, name, lon, lat; found {content[:80]!r}"
            raise SchemaMismatch(message, path=path, line=line) from error


_ARRONDISSEMENTS = frozenset({"7510", "7511", "7512", "6938", "1320", "1321"})


def _numbers(rows: Iterable[tuple[str, float, float]]) -> Numbers:
    numbers: Numbers = {}
    for label, lon, lat in rows:
        match = _NUMBER.match(label)
        if match is not None and int(match.group(1)) < 65_536:
            suffix = (match.group(2) or "").lower()
            numbers.setdefault((int(match.group(1)), SUFFIXES.get(suffix, suffix)), (float(lon), float(lat)))
    return numbers


def _from_csv(lines: TextIOWrapper, path: str) -> Iterator[RawStreet]:
    rows = csv.reader(lines, delimiter=";")
    header = next(rows, [])
    if not set(header) >= _CSV_COLUMNS:
        message = f"expected the columns {sorted(_CSV_COLUMNS)}, found {header[:8]}"
        raise SchemaMismatch(message, path=path, line=1)
    at = [header.index(name) for name in ("code_insee", "nom_voie", "code_postal", "numero", "rep", "lon", "lat")]
    commune = ""
    streets: dict[tuple[str, str], Numbers] = {}
    for line, row in enumerate(rows, start=2):
        try:
            code, name, postcode, number, suffix, lon, lat = (row[position] for position in at)
            here = (float(lon), float(lat))
        except (IndexError, ValueError) as error:
            message = f"expected {len(header)} columns with numbers in lon and lat, found {row[:8]}"
            raise SchemaMismatch(message, path=path, line=line) from error
        if code != commune:
            yield from _of_commune(commune, streets)
            commune, streets = code, {}
        suffix = suffix.lower()
        numbers = streets.setdefault((name, postcode), {})
        if number.isdigit() and int(number) < 65_536:
            numbers.setdefault((int(number), SUFFIXES.get(suffix, suffix[:1])), here)
    yield from _of_commune(commune, streets)


def _of_commune(commune: str, streets: dict[tuple[str, str], Numbers]) -> Iterator[RawStreet]:
    for (name, postcode), numbers in streets.items():
        if numbers:
            middle = sorted(numbers.values())[len(numbers) // 2]
            yield RawStreet(commune, postcode, name, *middle, False, numbers)
