"""
How like two street names are: word by word, with what is known about the words of all streets.

Text in, a number 0-1 out. A word that differs by a letter is a slip of the pen if nobody else uses it, and another street if it
is itself a word of street names: "Rue Pasteru" is Rue Pasteur, "Rue du Moulin" is not Rue des Moulins. So it is with whole
names: "Place de la Marie" is hardly anywhere, so the town hall was meant; "Rue de la Gare" is everywhere, so it is not
Rue de la Garde. These two distinctions keep invented streets out while misspelt ones stay in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from mediation_geo.locate.address import STREET_TYPES

if TYPE_CHECKING:
    from mediation_geo.locate.streets import CommuneStreets

__all__ = ["matches", "street_likeness", "word_likeness"]

_TYPE_WEIGHT = 0.4
_QUESTION_POWER = 1.3
# Words of the street that were not asked for: left out by mistake, or the mark of another street, if the name asked for exists.
_ANSWER_POWER_OF_NEW_NAME, _ANSWER_POWER_OF_KNOWN_NAME = 0.3, 0.65
_WORTH_COMPARING = 55.0
_SHORTLIST = 6

Known = Callable[[str], int]


class Slip(NamedTuple):
    """Likeness of a word one or two letters off, or cut short, by what is known of the word that was asked for."""

    of_nobody: float
    of_new_name: float
    of_known_name: float

    def likeness(self, word_known: bool, name_known: bool) -> float:
        """Likeness for a word that others use or nobody does, in a name that is a street's somewhere or nowhere."""
        if not word_known:
            return self.of_nobody
        return self.of_known_name if name_known else self.of_new_name


_ONE_LETTER = Slip(0.93, 0.88, 0.6)
_ONE_LETTER_OF_THREE = Slip(0.75, 0.6, 0.3)
_TWO_LETTERS = Slip(0.85, 0.55, 0.4)
_CUT_SHORT = Slip(0.85, 0.7, 0.5)


def word_likeness(asked: str, found: str, *, known: Known, name_known: bool) -> float:
    """
    Likeness 0-1 of a word that was asked for and a word of a street name.

    Parameters
    ----------
    asked, found : str
        Folded words.
    known : callable
        How many streets use a word; 0 when none does.
    name_known : bool
        Whether the whole name that was asked for is that of many streets elsewhere.

    Examples
    --------
    >>> counts = {"moulin": 900, "moulins": 300, "pasteur": 800}
    >>> word_likeness("pasteru", "pasteur", known=lambda word: counts.get(word, 0), name_known=False)
    0.93
    >>> word_likeness("moulin", "moulins", known=lambda word: counts.get(word, 0), name_known=True)
    0.6
    """
    if asked == found:
        return 1.0
    if asked.isdigit() or found.isdigit():
        return 0.0
    if len(asked) == 1 or len(found) == 1:
        return 0.9 if asked[0] == found[0] else 0.0
    slip = _slip(asked, found)
    return 0.0 if slip is None else slip.likeness(known(asked) > 0, name_known)


def _slip(asked: str, found: str) -> Slip | None:
    longest = max(len(asked), len(found))
    distance = OSA.distance(asked, found, score_cutoff=2)
    if distance == 1 and longest >= 3:
        return _ONE_LETTER if longest > 3 else _ONE_LETTER_OF_THREE
    if distance == 2 and longest >= 6:
        return _TWO_LETTERS
    return _CUT_SHORT if len(asked) >= 3 and found.startswith(asked) else None


def street_likeness(asked: Sequence[str], found: Sequence[str], *, known: Known, name_known: bool) -> float:
    """
    Likeness 0-1 of the words of a question and of a street.

    What was asked and not found counts more than what the street has besides. The type (rue, place) weighs less than a name.

    Examples
    --------
    >>> street_likeness(("rue", "pasteur"), ("rue", "pasteur"), known=lambda word: 1, name_known=True)
    1.0
    >>> round(street_likeness(("rue", "8", "mai"), ("rue", "8", "mai", "1945"), known=lambda word: 1, name_known=True), 2)
    0.8
    >>> round(street_likeness(("rue", "mairie"), ("place", "mairie"), known=lambda word: 1, name_known=True), 2)
    0.52
    """
    free = list(range(len(found)))
    answered = [0.0] * len(found)
    asked_weight = asked_score = 0.0
    for word in asked:
        weight = _TYPE_WEIGHT if word in STREET_TYPES else 1.0
        best, where = 0.0, -1
        for position in free:
            likeness = word_likeness(word, found[position], known=known, name_known=name_known)
            if likeness > best:
                best, where = likeness, position
        if where >= 0:
            free.remove(where)
            answered[where] = best
        asked_weight += weight
        asked_score += weight * best
    found_weights = [_TYPE_WEIGHT if word in STREET_TYPES else 1.0 for word in found]
    found_score = sum(weight * likeness for weight, likeness in zip(found_weights, answered, strict=True))
    if not asked_score:
        return 0.0
    power = _ANSWER_POWER_OF_KNOWN_NAME if name_known else _ANSWER_POWER_OF_NEW_NAME
    aligned: float = (asked_score / asked_weight) ** _QUESTION_POWER * (found_score / sum(found_weights)) ** power
    return max(aligned, _glued_likeness(asked, found, known) if aligned < 0.8 else 0.0)


def _glued_likeness(asked: Sequence[str], found: Sequence[str], known: Known) -> float:
    """Likeness of the letters alone: "avenuede opera" and "avenue opera"; only where a word that nobody uses asks for it."""
    if all(word in STREET_TYPES or known(word) for word in asked):
        return 0.0
    left, right = "".join(asked), "".join(found)
    distance = int(OSA.distance(left, right, score_cutoff=3))
    allowed = 1 if len(right) < 10 else 2 if len(right) < 14 else 3
    return 0.95 - 0.05 * float(distance) if distance <= allowed else 0.0


def matches(
    words: Sequence[str], streets: CommuneStreets, *, known: Known, common: Callable[[str], bool]
) -> list[tuple[int, float]]:
    """
    Positions of the likest streets of a commune with their likeness, best first; equal names alone when there are any.

    Parameters
    ----------
    words : sequence of str
        Words of the question, as `address.street_words` gives them.
    streets : CommuneStreets
    known, common : callable
        How many streets use a word, and whether many streets of the country have exactly a name.

    Examples
    --------
    >>> from mediation_geo.locate.streets import CommuneStreets
    >>> streets = CommuneStreets([], ["rue foch", "rue pasteur"], {"rue pasteur": [1]}, {})
    >>> matches(("rue", "pasteur"), streets, known=lambda _: 1, common=lambda _: True)
    [(1, 1.0)]
    """
    key = " ".join(words)
    if not key or not streets.keys:
        return []
    equal = streets.by_key.get(key)
    if equal:
        return [(position, 1.0) for position in equal]
    squeezed = streets.squeezed.get(key.replace(" ", ""))
    if squeezed:
        return [(position, 0.98) for position in squeezed]
    shortlist = _shortlist(key, streets.keys)
    name_known = common(key)
    compared = [
        (position, street_likeness(words, streets.keys[position].split(), known=known, name_known=name_known))
        for position in shortlist
    ]
    return sorted((each for each in compared if each[1] > 0.3), key=lambda each: (-each[1], each[0]))


def _shortlist(key: str, keys: list[str]) -> set[int]:
    if len(keys) <= _SHORTLIST:
        return set(range(len(keys)))
    # Letters in order find slips of the pen, sets of words find words that were left out.
    return {
        position
        for scorer in (fuzz.ratio, fuzz.token_set_ratio)
        for _, _, position in process.extract(key, keys, scorer=scorer, limit=_SHORTLIST, score_cutoff=_WORTH_COMPARING)
    }
