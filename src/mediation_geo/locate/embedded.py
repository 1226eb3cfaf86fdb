"""
The geocoder that needs no network: communes always, streets and house numbers when a street table has been built.

Comes in: a line of text, or the fields of an address. Goes out: candidates with a confidence from the evidence. Commune
first, then the street inside the commune, then the number; the whole country is searched only for a line that names no commune.
"""

from __future__ import annotations

from collections import Counter
from math import exp
from typing import TYPE_CHECKING

from mediation_geo.locate.address import STREET_TYPES, StreetLine, fold_quick, parse_street, street_words
from mediation_geo.locate.answers import TIE, Answers, Hit, Ranked, by_population, distinct, flat_m, good, number_score, ranked
from mediation_geo.locate.communes import Communes, load_communes
from mediation_geo.locate.evidence import COMMUNE_FOR_ADDRESS
from mediation_geo.locate.finder import CommuneFinder, Scored
from mediation_geo.locate.geocoder import Candidate, batch_frame
from mediation_geo.locate.likeness import matches
from mediation_geo.locate.names import commune_key
from mediation_geo.locate.question import Reading, misspelt_readings, readings, whole_line
from mediation_geo.locate.streets import Street, StreetTable
from mediation_geo.locate.wide import around_point, corrected_words, street_anywhere
from mediation_geo.text import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

__all__ = ["EmbeddedGeocoder"]

# A commune that agrees in everything is not left for one that agrees in part.
_SURE_SHARE, _GATED_SHARE, _GOOD_LIKENESS = 0.97, 0.9, 0.8
_LEAST_LIKENESS = 0.45
_COMPLETIONS = 500
_FILED_ELSEWHERE, _FILED_ELSEWHERE_NAMED = 0.85, 0.6
_CONTENDERS = 8


class EmbeddedGeocoder:
    """
    Geocoder over the commune table and, when given, a street table.

    Parameters
    ----------
    streets : path, optional
        Street table built by `mediation-geo geocoder build`; without it every answer is a commune.
    communes : Communes, optional
        Commune table; the shipped one by default.

    Raises
    ------
    GeocoderError
        If the street table is not there or must be built again.

    Examples
    --------
    >>> geocoder = EmbeddedGeocoder()
    >>> geocoder.search("34000 Montpellier")[0].code_insee, geocoder.search("69003")[0].label
    ('34172', '69003 Lyon 3e Arrondissement')
    >>> sorted(each.departement for each in geocoder.search("Saint-Denis", limit=2))
    ['93', '974']
    """

    def __init__(self, streets: str | Path | None = None, *, communes: Communes | None = None) -> None:
        self._communes = load_communes() if communes is None else communes
        self._finder = CommuneFinder(self._communes)
        self._answers_of = Answers(self._communes)
        self._streets = None if streets is None else StreetTable(streets)

    @property
    def version(self) -> str:
        """Version of the addresses behind the answers."""
        return f"embedded {self._streets.version if self._streets else 'communes'}"

    @property
    def streets(self) -> StreetTable | None:
        """The street table, when there is one."""
        return self._streets

    def close(self) -> None:
        """Close the street table."""
        if self._streets is not None:
            self._streets.close()

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
        Candidates for a line of text, best first.

        Parameters
        ----------
        q : str
            Address, commune or postcode as a person types it.
        limit : int
            Most candidates to return.
        lon, lat : float, optional
            Where the person is: decides between streets that the text cannot tell apart.
        code_insee, code_postal : str, optional
            Commune or postcode the answer must be in.

        Returns
        -------
        list of Candidate
            Empty when nothing in the line is known.
        """
        here = None if lon is None or lat is None else (lon, lat)
        found = [each._replace(raw=q) for each in self._readings(q, code_insee, code_postal)]
        answers = self._answers(found, here)
        if not good(answers) and here is not None and not code_insee:
            near = whole_line(q, places=around_point(self._communes, *here))
            answers += self._answers([near], here)
        placed = code_insee or code_postal or any(each.postcode for each in found)
        if not good(answers) and not placed:
            answers += self._answers(misspelt_readings(q, finder=self._finder), here)
            if not good(answers) and self._streets is not None:
                answers += self._anywhere(q, here)
        return distinct(answers, limit)

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        """
        Best answer to each row of a frame.

        Parameters
        ----------
        frame : pandas.DataFrame, shape (n, ...)
            Columns `adresse`, `code_postal`, `commune`, `code_insee`, any of which may be absent or missing.

        Returns
        -------
        pandas.DataFrame, shape (n, 11)
            Same index, columns `geocoder.BATCH_COLUMNS`; `status` is `ok`, `not-found`, `skipped` (nothing was asked) or
            `ambiguous` (the address is in several communes and nothing says in which).
        """
        fields = [
            frame[name].fillna("").astype(str).str.strip().tolist() if name in frame else [""] * len(frame)
            for name in ("adresse", "code_postal", "commune", "code_insee")
        ]
        questions = list(zip(*fields, strict=True))
        # Commune by commune, so that the streets of each are read once; equal questions are answered once.
        answers = {
            question: self._of_fields(*question) for question in sorted(set(questions), key=lambda each: (*each[3:0:-1], each[0]))
        }
        return batch_frame([answers[question] for question in questions], frame.index)

    def reverse(self, lon: float, lat: float) -> list[Candidate]:
        """Addresses around a point, nearest first, then the commune whose centre is nearest among those around it."""
        near = []
        for street in self._streets.around(lon, lat, reach_deg=0.003) if self._streets else ():
            numbers = self._streets.numbers(street) if self._streets else {}
            number, (x, y) = min(
                numbers.items(), key=lambda each: flat_m(lon, lat, *each[1]), default=((0, ""), (street.lon, street.lat))
            )
            found = ("housenumber", x, y, number[1]) if numbers else None
            line = StreetLine(*number, ())
            distance = flat_m(lon, lat, x, y)
            if distance <= 200.0:
                near.append((distance, Hit(0.0, exp(-distance / 200.0), street, found, line)))
        answers = [self._answers_of.of_street(hit) for _, hit in sorted(near, key=lambda each: (each[0], each[1].street.id))[:10]]
        communes = around_point(self._communes, lon, lat)[:1]
        return answers + [self._answers_of.of_commune(self._communes.by_code[code], share * 0.9, "") for code, share in communes]

    def complete(self, q: str, limit: int = 5) -> list[Candidate]:
        """
        Candidates for a line that is still being typed: its last word may be the beginning of one.

        Examples
        --------
        >>> EmbeddedGeocoder().complete("montpelli", limit=1)[0].commune
        'Montpellier'
        """
        answers = [(each.confidence, each) for each in self.search(q, limit=limit)]
        answers += self._completions(q, limit)
        return distinct(answers, limit)

    def _completions(self, q: str, limit: int) -> Ranked:
        line = parse_street(q)
        found: list[tuple[float, Hit]] = []
        if self._streets is not None and line.words:
            typed = set(line.words)
            for place, street in enumerate(self._beginning_with(q)):
                number = None if line.number is None else self._streets.number(street, line.number, line.suffix)
                score = 0.65 - place / 2_000 + (0.15 if number is not None and number[0] == "housenumber" else 0.0)
                # All words of the street have been typed: what follows is its town, not the rest of a longer name.
                score += 0.08 if typed.issuperset(street.key.split()) else 0.0
                found.append((score, Hit(score, score, street, number, line)))
            found = sorted(found, key=lambda each: (-each[0], each[1].street.id))[:limit]
        answers = [(score, self._answers_of.of_street(hit)) for score, hit in found]
        key = commune_key(q)
        if key and line.number is None:
            for place, commune in enumerate(self._finder.beginning_with(key, limit=limit)):
                score = 0.8 - 0.02 * place
                answers.append((score, self._answers_of.of_commune(commune, score, "")))
        return answers

    def _beginning_with(self, q: str) -> list[Street]:
        """Streets with the words of a line, its last one taken as it stands: "pl" may be Plumieux as well as place."""
        assert self._streets is not None
        prefix = fold_quick(q).rpartition(" ")[2] if q[-1:].isalnum() else ""
        words = parse_street(q[: len(q) - len(prefix)]).words
        if len(prefix) == 1 and words:
            # One letter begins a hundred thousand words: looked at among the streets that have the others.
            found = self._streets.with_words(words, prefix="", limit=4 * _COMPLETIONS)
            found = [street for street in found if self._begins_another(street, prefix, words)]
        else:
            found = self._streets.with_words(words, prefix=prefix, limit=_COMPLETIONS)
        # "Brive-la": an article is no word of the index, so what has begun may be one.
        if prefix and words and any(article.startswith(prefix) for article in STOP_WORDS):
            found += self._streets.with_words(words, prefix="", limit=_COMPLETIONS)
        return list(dict.fromkeys(found))

    def _begins_another(self, street: Street, prefix: str, words: Sequence[str]) -> bool:
        """Whether a word of the street or its town other than those already typed begins so: the M of "Mairie" is no new word."""
        names = Counter([*street.key.split(), street.postcode, *self._communes_words(street.commune)])
        names.subtract(words)
        return any(word.startswith(prefix) for word, count in names.items() if count > 0)

    def _communes_words(self, code: str) -> tuple[str, ...]:
        commune = self._communes.by_code.get(code)
        return street_words(commune.nom) if commune else ()

    def _readings(self, q: str, code_insee: str | None, code_postal: str | None) -> list[Reading]:
        found = readings(q, finder=self._finder)
        if code_insee:
            current = self._communes.current_code(code_insee)
            wanted: Scored = ((current, 1.0),) if current else ()
            kept = [each._replace(places=wanted) for each in found if current in {code for code, _ in each.places}]
            return [*kept, whole_line(q, places=wanted)]
        if code_postal:
            wanted = self._finder.by_fields("", code_postal)
            codes = {code for code, _ in wanted}
            kept = [
                each._replace(places=tuple(place for place in each.places if place[0] in codes), postcode=code_postal)
                for each in found
            ]
            return [*(each for each in kept if each.places), whole_line(q, places=wanted, postcode=code_postal)]
        return found

    def _of_fields(self, adresse: str, code_postal: str, commune: str, code_insee: str) -> Candidate | str:
        if not (adresse or code_postal or commune or code_insee):
            return "skipped"
        code_postal = code_postal.zfill(5) if len(code_postal) == 4 and code_postal.isdigit() else code_postal
        current = self._communes.current_code(code_insee) if code_insee else None
        places: Scored = ((current, 1.0),) if current else self._finder.by_fields(commune_key(commune), code_postal)
        if not places:
            answers = self.search(" ".join(part for part in (adresse, code_postal, commune) if part))
            return answers[0] if answers else "not-found"
        name = code_insee if current and code_insee != current else commune
        reading = Reading(parse_street(adresse), places, code_postal, name, adresse)
        hits = self._hits(reading, None)
        if hits and hits[0].tied:
            return "ambiguous"
        found = distinct(self._of_reading(reading, hits, None), 1)
        return found[0] if found else "not-found"

    def _answers(self, found: Sequence[Reading], here: tuple[float, float] | None) -> Ranked:
        answers: Ranked = []
        for reading in found:
            answers += self._of_reading(reading, self._hits(reading, here), here)
        if not good(answers) and found:
            answers += self._in_postcode(found[-1], here)
        return answers

    def _in_postcode(self, reading: Reading, here: tuple[float, float] | None) -> Ranked:
        """Streets of exactly that name in the postcode, filed under a commune that the postcode does not serve."""
        if self._streets is None or not reading.postcode or not reading.line.words:
            return []
        share = _FILED_ELSEWHERE_NAMED if reading.name else _FILED_ELSEWHERE
        found = self._streets.named(" ".join(reading.line.words), reading.postcode)
        hits = ranked([self._hit((share, 1.0, share, street), reading, here) for street in found])
        return [(hit.confidence + 1e-3 * hit.score, self._answers_of.of_street(hit)) for hit in hits]

    def _of_reading(self, reading: Reading, hits: list[Hit], here: tuple[float, float] | None) -> Ranked:
        answers = [(hit.confidence + 1e-3 * hit.score, self._answers_of.of_street(hit)) for hit in hits]
        if not hits or hits[0].confidence < COMMUNE_FOR_ADDRESS:
            factor = COMMUNE_FOR_ADDRESS if reading.line.words else 1.0
            answers += self._communes_of(reading, factor, here)
        return answers

    def _communes_of(self, reading: Reading, factor: float, here: tuple[float, float] | None) -> Ranked:
        answers = []
        for code, share in by_population(reading.places[:10], self._communes):
            unit = self._communes.arrondissement(code, code=reading.name, postcode=reading.postcode, name=reading.name)
            commune = self._communes.by_code[unit or code]
            postcode = reading.postcode if code in self._communes.by_postcode.get(reading.postcode, ()) else ""
            nearness = 0.0 if here is None else 0.05 * exp(-flat_m(*here, commune.lon, commune.lat) / 30_000.0)
            answers.append((share * factor + nearness, self._answers_of.of_commune(commune, share * factor, postcode)))
        return answers

    def _hits(self, reading: Reading, here: tuple[float, float] | None) -> list[Hit]:
        if self._streets is None or not reading.line.words:
            return []
        line, raw = reading.line, []
        sure = False
        for code, share in reading.places:
            if sure and share < _GATED_SHARE:
                break
            group = self._streets.in_commune(code)
            for position, likeness in matches(
                line.words, group, known=self._streets.word_count, common=self._streets.is_common_name
            ):
                if likeness >= _LEAST_LIKENESS:
                    raw.append((likeness * share, likeness, share, group.streets[position]))
                    sure = sure or (share >= _SURE_SHARE and likeness >= _GOOD_LIKENESS)
        raw.sort(key=lambda each: (-each[0], each[3].id))
        # Streets of one name in many communes: the number that only one of them has is looked for in all.
        last = max(_CONTENDERS, sum(each[0] > raw[0][0] - TIE for each in raw)) if raw else 0
        return ranked([self._hit(each, reading, here) for each in raw[:last]])

    def _hit(self, raw: tuple[float, float, float, Street], reading: Reading, here: tuple[float, float] | None) -> Hit:
        assert self._streets is not None
        confidence, likeness, share, street = raw
        line = reading.line
        number = None if line.number is None else self._streets.number(street, line.number, line.suffix)
        score = 0.62 * likeness + 0.30 * share
        score += 0.02 if reading.postcode and street.postcode == reading.postcode else 0.0
        score += 0.035 if street.name in reading.raw else 0.0
        score += 0.04 if fold_quick(street.name) == line.text else 0.0
        score += number_score(line, number)
        if here is not None:
            where = number[1:3] if number else (street.lon, street.lat)
            score += 0.12 * exp(-flat_m(*here, *where) / 3_000.0)
        return Hit(score, confidence, street, number, line)

    def _anywhere(self, q: str, here: tuple[float, float] | None) -> Ranked:
        assert self._streets is not None
        reading = whole_line(q)
        words = corrected_words(reading.line.words, self._streets)
        hits = [
            self._hit((share, share, share, street), reading, here)
            for street, share in street_anywhere(words, self._streets)
            if set(words) - STREET_TYPES
        ]
        return [(hit.confidence + 0.1 * hit.score, self._answers_of.of_street(hit)) for hit in hits]
