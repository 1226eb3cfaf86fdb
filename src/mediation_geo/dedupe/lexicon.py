"""The words of `lexicon.toml`, ready to be looked up."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mediation_geo.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Lexicon", "lexicon"]

Phrase = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """
    Words by which places are named.

    Attributes
    ----------
    phrases : mapping of str to tuple
        First word -> phrases that start with it, longest first, each with its token.
    words : mapping of str to str
        Single words that are rewritten.
    kinds : mapping of str to int
        Token -> bit of the kind of place.
    typologies : mapping of str to int
        Code of the standard -> bit of the kind of place.
    kind_names : tuple of str
        Name of each bit.
    mobile, generic, leading_mairie, vague_street, ways, common_boxes, free_mail, shared_domains, shared_sites : frozenset of str
        See the file.
    """

    phrases: Mapping[str, tuple[Phrase, ...]]
    words: Mapping[str, str]
    kinds: Mapping[str, int]
    typologies: Mapping[str, int]
    kind_names: tuple[str, ...]
    mobile: frozenset[str]
    generic: frozenset[str]
    leading_mairie: frozenset[str]
    vague_street: frozenset[str]
    ways: frozenset[str]
    common_boxes: frozenset[str]
    free_mail: frozenset[str]
    shared_domains: frozenset[str]
    shared_sites: frozenset[str]

    def rewrite(self, words: list[str]) -> list[str]:
        """
        Words with every known phrase as one token, abbreviations written out and stop words left out.

        Parameters
        ----------
        words : list of str
            Folded words of a name, in order.

        Examples
        --------
        >>> lexicon().rewrite("maison de services au public du giffre".split())
        ['franceservices', 'giffre']
        >>> lexicon().rewrite("commune de lattes".split()), lexicon().rewrite("centre ville".split())
        (['mairie', 'lattes'], ['centre', 'ville'])
        """
        if words and words[0] in self.leading_mairie and len(words) > 1:
            words = ["mairie", *words[1:]]
        rewritten: list[str] = []
        at = 0
        while at < len(words):
            word = words[at]
            for phrase, token in self.phrases.get(word, ()):
                if tuple(words[at : at + len(phrase)]) == phrase:
                    rewritten.append(token)
                    at += len(phrase)
                    break
            else:
                if word not in STOP_WORDS:
                    rewritten.append(self.words.get(word, word))
                at += 1
        return rewritten


@cache
def lexicon() -> Lexicon:
    """
    Return the lexicon, read once.

    Examples
    --------
    >>> lexicon().kinds["bibliotheque"] == lexicon().kinds["mediatheque"]
    True
    """
    text = files("mediation_geo.dedupe").joinpath("lexicon.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    bits = {name: 1 << number for number, name in enumerate(table["kinds"])}
    lists = {name: frozenset(words) for name, words in table["lists"].items()}
    return Lexicon(
        phrases=_by_first_word(table["phrases"]),
        words=table["words"],
        kinds={token: bits[name] for name, members in table["kinds"].items() for token in members},
        typologies={code: bits[name] for code, name in table["typologies"].items()},
        kind_names=tuple(bits),
        **lists,
    )


def _by_first_word(phrases: Mapping[str, list[str]]) -> dict[str, tuple[Phrase, ...]]:
    grouped: dict[str, list[Phrase]] = {}
    for token, variants in phrases.items():
        for variant in variants:
            words = tuple(variant.split())
            grouped.setdefault(words[0], []).append((words, token))
    return {first: tuple(sorted(each, key=lambda phrase: -len(phrase[0]))) for first, each in grouped.items()}
