"""
Which communes a name, a postcode and a code may mean, each with a share 0-1 of how well it agrees with all that was given.

Text in, `(code, share)` pairs out, best first. The evidence of coordinates and the decision for a record are in `resolve`.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from mediation_geo.locate.names import in_order
from mediation_geo.standard.territories import departements_of_postcode

if TYPE_CHECKING:
    from mediation_geo.locate.communes import Commune, Communes

__all__ = ["CommuneFinder"]

Scored = tuple[tuple[str, float], ...]

# Shares: how much of an answer in this commune is to be believed, given how the commune was named.
_ALL_AGREE, _NEAR_POSTCODE, _FAR_POSTCODE, _NAME_ALONE, _POSTCODE_ALONE = 1.0, 0.96, 0.84, 0.95, 0.92
# A misspelt name in the postcode that was given.
_LIKE_NAME, _LIKE_NAME_SHARE, _HALF_LIKE_NAME_SHARE = 0.8, 0.95, 0.9
# Once a commune agrees in everything, another one of like name or of the same postcode is not what was meant.
_OVERRULED = 0.7
_SHORT_POSTCODE = 0.82
_MOST = 60


class CommuneFinder:
    """
    Candidates for a commune, by name and postcode.

    Parameters
    ----------
    communes : Communes

    Examples
    --------
    >>> from mediation_geo.locate import load_communes
    >>> CommuneFinder(load_communes()).by_fields("saint denis", "97400")[0]
    ('97411', 1.0)
    """

    def __init__(self, communes: Communes) -> None:
        self.communes = communes
        self.by_fields = lru_cache(maxsize=20_000)(self._by_fields)
        self.misspelt = lru_cache(maxsize=20_000)(self._misspelt)

    def _by_fields(self, key: str, postcode: str) -> Scored:
        """Candidates for a name key (see `communes.commune_key`) and a postcode, either of which may be empty."""
        served = self.communes.by_postcode.get(postcode, ())
        departements = departements_of_postcode(postcode)
        shares: dict[str, float] = {}
        named = (self.communes.by_name.get(key) or self.communes.by_words.get(in_order(key), ())) if key else ()
        for code in named:
            shares[code] = self._share_of_name(code, served, postcode, departements)
        for code in served:
            share = self._share_of_postcode(code, key) if key else _POSTCODE_ALONE
            shares[code] = max(shares.get(code, 0.0), share)
        if key and not named and max(shares.values(), default=0.0) < 0.9:
            for code, likeness in self.misspelt(key, departements):
                shares[code] = max(shares.get(code, 0.0), likeness * (_NEAR_POSTCODE if postcode else _NAME_ALONE))
        if _ALL_AGREE in shares.values():
            shares = {code: share if share == _ALL_AGREE else share * _OVERRULED for code, share in shares.items()}
        ordered = sorted(shares.items(), key=lambda each: (-each[1], -self.communes.by_code[each[0]].population, each[0]))
        return tuple(ordered[:_MOST])

    def _share_of_name(self, code: str, served: tuple[str, ...], postcode: str, departements: tuple[str, ...]) -> float:
        if code in served:
            return _ALL_AGREE
        if not postcode:
            return _NAME_ALONE
        return _NEAR_POSTCODE if self.communes.by_code[code].departement in departements else _FAR_POSTCODE

    def _share_of_postcode(self, code: str, key: str) -> float:
        likeness = max((self.name_likeness(key, each) for each in self.communes.keys_of.get(code, ())), default=0.0)
        if likeness >= _LIKE_NAME:
            return _LIKE_NAME_SHARE
        return _HALF_LIKE_NAME_SHARE if likeness >= 0.75 else likeness if likeness >= 0.6 else 0.6 * likeness

    @staticmethod
    def name_likeness(asked: str, found: str) -> float:
        """
        Likeness 0-1 of two name keys for answers: a letter or two off stays above 0.85.

        Examples
        --------
        >>> round(CommuneFinder.name_likeness("chaoplemy", "champlemy"), 2)
        0.92
        """
        if asked == found:
            return 1.0
        inside = 0.9 if set(asked.split()) <= set(found.split()) or set(found.split()) <= set(asked.split()) else 0.0
        return max(inside, 0.5 * JaroWinkler.similarity(asked, found) + 0.5 * fuzz.ratio(asked, found) / 100)

    @cached_property
    def _names(self) -> tuple[list[str], list[str]]:
        pairs = sorted((key, code) for key, code, _ in self.communes.names)
        return [key for key, _ in pairs], [code for _, code in pairs]

    @cached_property
    def _names_of_departement(self) -> dict[str, tuple[list[str], list[str]]]:
        found: dict[str, tuple[list[str], list[str]]] = {}
        for key, code in zip(*self._names, strict=True):
            keys, codes = found.setdefault(self.communes.by_code[code].departement, ([], []))
            keys.append(key)
            codes.append(code)
        return found

    @cached_property
    def _names_of_letter(self) -> dict[str, tuple[list[str], list[str]]]:
        found: dict[str, tuple[list[str], list[str]]] = {}
        for key, code in zip(*self._names, strict=True):
            keys, codes = found.setdefault(key[0], ([], []))
            keys.append(key)
            codes.append(code)
        return found

    def _misspelt(self, key: str, departements: tuple[str, ...]) -> Scored:
        """Communes whose name is nearly the key, in the given départements or, without one, anywhere."""
        tables = [self._names_of_departement[each] for each in departements if each in self._names_of_departement]
        if not tables:
            # In the whole country only names of the same first letter: ten times quicker, and few slip there.
            tables = [self._names_of_letter[key[0]]] if key[0] in self._names_of_letter else []
        found: dict[str, float] = {}
        for keys, codes in tables:
            for name, _, position in process.extract(key, keys, scorer=fuzz.ratio, limit=5, score_cutoff=78.0):
                likeness = self.name_likeness(key, name)
                if likeness >= 0.8:
                    found[codes[position]] = max(found.get(codes[position], 0.0), likeness)
        return tuple(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    def by_short_postcode(self, digits: str) -> Scored:
        """
        Communes of the postcodes that lack one digit to be the four given.

        Examples
        --------
        >>> from mediation_geo.locate import load_communes
        >>> "34172" in dict(CommuneFinder(load_communes()).by_short_postcode("3400"))
        True
        """
        postcodes = {digits[:at] + digit + digits[at:] for at in range(5) for digit in "0123456789"}
        codes = {code for postcode in postcodes for code in self.communes.by_postcode.get(postcode, ())}
        return tuple((code, _SHORT_POSTCODE) for code in sorted(codes))

    def beginning_with(self, prefix: str, *, limit: int) -> list[Commune]:
        """
        Communes with a name key that begins with a prefix, the most populous first.

        Examples
        --------
        >>> from mediation_geo.locate import load_communes
        >>> CommuneFinder(load_communes()).beginning_with("montpell", limit=1)[0].nom
        'Montpellier'
        """
        keys, codes = self._names
        first, last = bisect_left(keys, prefix), bisect_left(keys, prefix + "{")
        found = {code: self.communes.by_code[code] for code in codes[first:last]}
        return sorted(found.values(), key=lambda each: (-each.population, each.code))[:limit]
