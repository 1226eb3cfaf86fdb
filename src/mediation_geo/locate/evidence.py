"""
Confidence in an answer of any engine, from the question and the answer alone: the scale the embedded geocoder uses.

Comes in: the fields that were asked and an answer. Goes out: a number 0-1. The score an engine gives itself is never looked at:
none of them is calibrated, and a right answer to a CEDEX address scores lower than a wrong one to a clean address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mediation_geo.locate.address import parse_street, street_words
from mediation_geo.locate.likeness import street_likeness
from mediation_geo.locate.names import commune_key

if TYPE_CHECKING:
    from mediation_geo.locate.finder import CommuneFinder
    from mediation_geo.locate.streets import StreetTable

__all__ = ["COMMUNE_FOR_ADDRESS", "Asked", "Judge", "Told"]

# A commune told to someone who asked for a street explains less than half of the question.
COMMUNE_FOR_ADDRESS = 0.4


class Asked(NamedTuple):
    """The fields of a question; empty text where a field is not known."""

    adresse: str
    code_postal: str = ""
    commune: str = ""
    code_insee: str = ""


class Told(NamedTuple):
    """What an engine answered: street or hamlet (empty for a commune) and the code of the commune."""

    voie: str
    code_insee: str


class Judge:
    """
    Judge of answers.

    Parameters
    ----------
    finder : CommuneFinder
    streets : StreetTable, optional
        Tells slips of the pen from other streets; without it every word counts as one that streets use, and a misspelt street is
        not believed.

    Examples
    --------
    >>> from mediation_geo.locate.communes import load_communes
    >>> from mediation_geo.locate.finder import CommuneFinder
    >>> judge = Judge(CommuneFinder(load_communes()))
    >>> judge.confidence(Asked("12 av Foch", "34000", "Montpellier"), Told("Avenue Foch", "34172"))
    1.0
    >>> judge.confidence(Asked("12 av Foch", code_insee="34172"), Told("Avenue Foch", "34057"))
    0.0
    """

    def __init__(self, finder: CommuneFinder, *, streets: StreetTable | None = None) -> None:
        self._finder = finder
        self._streets = streets

    def confidence(self, asked: Asked, told: Told) -> float:
        """How much of the question the answer explains; 0 for another commune than the one whose code was given."""
        share = self._share(asked, told)
        words = parse_street(asked.adresse).words
        if not told.voie:
            return share * COMMUNE_FOR_ADDRESS if words else share
        return share * self._likeness(words, street_words(told.voie))

    def _share(self, asked: Asked, told: Told) -> float:
        communes = self._finder.communes
        current = communes.current_code(told.code_insee)
        given = communes.current_code(asked.code_insee) if asked.code_insee else None
        if given is not None:
            return 1.0 if current == given else 0.0
        return dict(self._finder.by_fields(commune_key(asked.commune), asked.code_postal)).get(current or "", 0.0)

    def _likeness(self, words: tuple[str, ...], found: tuple[str, ...]) -> float:
        if words == found:
            return 1.0
        if self._streets is None:
            return street_likeness(words, found, known=lambda _word: 1, name_known=True)
        common = self._streets.is_common_name(" ".join(words))
        return street_likeness(words, found, known=self._streets.word_count, name_known=common)
