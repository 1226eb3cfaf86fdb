"""
Answers kept between nights: what has been asked of the same data is not asked again.

Comes in: any geocoder and a path. Goes out: the same protocol. Answers below the confidence that counts are asked again after a
week; failures are never kept.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediation_geo.locate.address import NORMALISER_VERSION, parse_street
from mediation_geo.locate.geocoder import ACCEPT_CONFIDENCE, BATCH_COLUMNS, Candidate, Geocoder, batch_frame
from mediation_geo.locate.names import commune_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["CachedGeocoder", "cache_key"]

_NEGATIVE_DAYS, _ORPHAN_DAYS = 7, 90
_FIELDS = ("adresse", "code_postal", "commune", "code_insee")
_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, version TEXT, asked_on TEXT, used_on TEXT, status TEXT, "
    "confidence REAL, candidate TEXT) WITHOUT ROWID"
)
_KEPT = frozenset({"ok", "not-found", "ambiguous"})


def cache_key(adresse: str, code_postal: str, commune: str, code_insee: str) -> str:
    """
    Key under which an answer is kept: equal for spellings that the normaliser makes equal.

    Examples
    --------
    >>> cache_key("12, av. Foch", "34000", "MONTPELLIER", "") == cache_key("12 Avenue Foch", "34000", "Montpellier", "")
    True
    """
    line = parse_street(adresse)
    parts = (NORMALISER_VERSION, line.number, line.suffix, " ".join(line.words), code_postal, commune_key(commune), code_insee)
    return sha256("|".join(str(part) for part in parts).encode()).hexdigest()


class CachedGeocoder:
    """
    A geocoder that remembers its batch answers in a file.

    Parameters
    ----------
    engine : Geocoder
        Asked for what is not remembered.
    path : path
        SQLite file, made when absent; a damaged one is set aside as `.damaged`.
    today : date
        Day of the run: answers that were not good expire after a week.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import date
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from mediation_geo.locate import EmbeddedGeocoder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cached = CachedGeocoder(EmbeddedGeocoder(), Path(folder) / "answers.sqlite", today=date(2026, 1, 1))
    ...     row = pd.DataFrame({"commune": ["Montpellier"], "code_postal": ["34000"]})
    ...     cached.batch(row)["code_insee"].tolist(), cached.batch(row)["code_insee"].tolist(), cached.asked
    ...     cached.close()
    (['34172'], ['34172'], 1)
    """

    def __init__(self, engine: Geocoder, path: str | Path, *, today: date) -> None:
        self._engine = engine
        self._today = today
        self.asked = 0
        self._sqlite = _opened(Path(path))

    @property
    def version(self) -> str:
        """Version of the engine behind the cache."""
        return self._engine.version

    def search(
        self,
        q: str,
        *,
        limit: int = 1,
        lon: float | None = None,
        lat: float | None = None,
        code_insee: str | None = None,
        code_postal: str | None = None,
    ) -> list[Candidate]:
        """Candidates of the engine; what a person types is never kept."""
        return self._engine.search(q, limit=limit, lon=lon, lat=lat, code_insee=code_insee, code_postal=code_postal)

    def reverse(self, lon: float, lat: float) -> list[Candidate]:
        """Candidates of the engine around a point."""
        return self._engine.reverse(lon, lat)

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Best answer to each row: remembered ones, and those of the engine for the rest, which are then kept."""
        texts = [
            frame[name].fillna("").astype(str).str.strip().tolist() if name in frame else [""] * len(frame) for name in _FIELDS
        ]
        questions = list(zip(*texts, strict=True))
        keys = [cache_key(*each) for each in questions]
        known = self._remembered(sorted(set(keys)))
        new = {key: position for position, key in enumerate(keys) if key not in known}
        self.asked += len(new)
        if new:
            answers = self._engine.batch(frame.iloc[list(new.values())])
            for key, row in zip(new, answers.to_dict("records"), strict=True):
                known[key] = _candidate(row)
            self._keep(new, known)
        return batch_frame([known[key] for key in keys], frame.index)

    def _remembered(self, keys: Sequence[str]) -> dict[str, Candidate | str]:
        oldest = (self._today - timedelta(days=_NEGATIVE_DAYS)).isoformat()
        found: dict[str, Candidate | str] = {}
        for key in keys:
            row = self._sqlite.execute(
                "SELECT status, candidate FROM answers WHERE key = ? AND version = ? AND (confidence >= ? OR asked_on > ?)",
                (key, self.version, ACCEPT_CONFIDENCE, oldest),
            ).fetchone()
            if row is not None:
                found[key] = Candidate(**json.loads(row[1])) if row[0] == "ok" else row[0]
        with self._sqlite:
            day = self._today.isoformat()
            self._sqlite.executemany("UPDATE answers SET used_on = ? WHERE key = ?", ((day, key) for key in found))
        return found

    def _keep(self, keys: Sequence[str] | dict[str, int], answers: dict[str, Candidate | str]) -> None:
        day = self._today.isoformat()
        rows = [
            (key, self.version, day, day, "ok", answer.confidence, json.dumps(asdict(answer)))
            if isinstance(answer, Candidate)
            else (key, self.version, day, day, answer, 0.0, "")
            for key in keys
            if isinstance(answer := answers[key], Candidate) or answer in _KEPT
        ]
        with self._sqlite:
            self._sqlite.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def forget_orphans(self) -> int:
        """Remove answers that nobody has asked for in 90 days; return how many."""
        oldest = (self._today - timedelta(days=_ORPHAN_DAYS)).isoformat()
        with self._sqlite:
            return self._sqlite.execute("DELETE FROM answers WHERE used_on < ?", (oldest,)).rowcount

    def close(self) -> None:
        """Close the file."""
        self._sqlite.close()


def _opened(path: Path) -> sqlite3.Connection:
    """The answers in a file, or none in a new one when it is damaged: they can be asked for again."""
    connection = sqlite3.connect(path)
    try:
        if connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
            connection.execute(_TABLE)
            return connection
    except sqlite3.DatabaseError as error:
        # Busy, read-only or full is not damaged: another process may be using the file.
        if error.sqlite_errorcode not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            connection.close()
            raise
    connection.close()
    path.replace(path.with_name(f"{path.name}.damaged"))
    return _opened(path)


def _candidate(row: dict[Any, Any]) -> Candidate | str:
    if row["status"] != "ok":
        return str(row["status"])
    values = {name: row[name] for name in BATCH_COLUMNS if name != "status"}
    return Candidate(**{name: "" if value != value else value for name, value in values.items()})  # type: ignore[arg-type]  # a row of a frame
