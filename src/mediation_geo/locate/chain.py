"""
Several geocoders asked in turn: the next one only for what the one before could not answer with confidence.

Frames and lines of text in, candidates out. The order is the caller's: usually the embedded geocoder first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mediation_geo.errors import GeocoderUnavailable
from mediation_geo.locate.geocoder import ACCEPT_CONFIDENCE, Candidate, Geocoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["ChainGeocoder"]


class ChainGeocoder:
    """
    Chain of geocoders.

    Parameters
    ----------
    engines : sequence of Geocoder
        At least one, in the order in which they are asked.

    Examples
    --------
    >>> from mediation_geo.locate import EmbeddedGeocoder
    >>> ChainGeocoder([EmbeddedGeocoder()]).search("34000 Montpellier")[0].commune
    'Montpellier'
    """

    def __init__(self, engines: Sequence[Geocoder]) -> None:
        if not engines:
            message = "a chain needs at least one geocoder"
            raise ValueError(message)
        self._engines = tuple(engines)

    @property
    def version(self) -> str:
        """Versions of all engines: when one changes, answers are asked again."""
        return " | ".join(engine.version for engine in self._engines)

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
        """
        Candidates of the first engine that is confident, else the best of all.

        Raises
        ------
        GeocoderUnavailable
            If no engine has answered at all.
        """
        found: list[Candidate] = []
        failed: list[GeocoderUnavailable] = []
        for engine in self._engines:
            try:
                answers = engine.search(q, limit=limit, lon=lon, lat=lat, code_insee=code_insee, code_postal=code_postal)
            except GeocoderUnavailable as error:
                failed.append(error)
                continue
            if answers and answers[0].confidence >= ACCEPT_CONFIDENCE:
                return answers
            found.extend(answers)
        if len(failed) == len(self._engines):
            raise failed[-1]
        return sorted(found, key=lambda each: -each.confidence)[:limit]

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Best answer to each row; an engine is asked only for rows that no engine before answered with confidence."""
        answers = self._engines[0].batch(frame)
        for engine in self._engines[1:]:
            settled = answers["confidence"].ge(ACCEPT_CONFIDENCE) & answers["precision"].ne("municipality")
            waiting = ~(settled | answers["status"].eq("skipped"))
            if not waiting.any():
                break
            more = engine.batch(frame[waiting.to_numpy()])
            before = answers[waiting.to_numpy()]
            better = more["confidence"].fillna(-1.0).gt(before["confidence"].fillna(-1.0)) & more["status"].eq("ok")
            # A failed call must not hide behind an answer that was too poor to keep: the row may have had a good one, and a
            # cache that took the poor one for the answer would not ask again for a week.
            take = (better | more["status"].eq("error")).to_numpy()
            answers = answers.copy()
            rows = answers.index[waiting.to_numpy()][take] if answers.index.is_unique else None
            if rows is None:
                message = "the index of the frame must be unique"
                raise ValueError(message)
            answers.loc[rows] = more[take]
        return answers

    def reverse(self, lon: float, lat: float) -> list[Candidate]:
        """Candidates around a point of the first engine that has any at street level, else all."""
        found: list[Candidate] = []
        for engine in self._engines:
            answers = engine.reverse(lon, lat)
            found.extend(answers)
            if any(each.precision != "municipality" for each in answers):
                return answers
        return found
