"""
The geocoder that needs no network: communes always, streets and house numbers when a street table has been built.

Comes in: a line of text, or the fields of an address. Goes out: candidates with a confidence from the evidence. Commune first, then
the street inside the commune, then the number; the whole country is searched only for a line that names no commune.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, exp, hypot, radians
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mediation_geo.locate.address import STREET_TYPES, SUFFIXES, StreetLine, fold_quick, parse_street
from mediation_geo.locate.communes import Commune, Communes, commune_key, load_communes
from mediation_geo.locate.evidence import COMMUNE_FOR_ADDRESS
from mediation_geo.locate.finder import CommuneFinder, Scored
from mediation_geo.locate.geocoder import Candidate, batch_frame
from mediation_geo.locate.likeness import matches
from mediation_geo.locate.question import Reading, misspelt_readings, readings, whole_line
from mediation_geo.locate.streets import Street, StreetTable
from mediation_geo.locate.wide import around_point, corrected_words, street_anywhere

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EmbeddedGeocoder"]

# A commune that agrees in everything is not left for one that agrees in part.
_SURE_SHARE, _GATED_SHARE, _GOOD_LIKENESS = 0.97, 0.9, 0.8
_LEAST_LIKENESS = 0.45
# Streets so alike that the question cannot tell them, and so far apart that it matters.
_TIE, _TIE_M, _TIE_FACTOR, _NUMBER_ALONE_FACTOR = 0.03, 300.0, 0.7, 0.93
_FILED_ELSEWHERE, _FILED_ELSEWHERE_NAMED = 0.85, 0.6
_CONTENDERS = 8
_UNCERTAINTY_M = {"housenumber": 10.0, "interpolated": 50.0}
_SUFFIX_NAMES = {letter: name for name, letter in SUFFIXES.items() if len(name) > 1}


class _Hit(NamedTuple):
    score: float
    confidence: float
    street: Street
    number: tuple[str, float, float, str] | None
    line: StreetLine
    reach_m: float = 0.0
    tied: bool = False


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
        self._streets = None if streets is None else StreetTable(streets)

    @property
    def version(self) -> str:
        """Version of the addresses behind the answers."""
        return f"embedded {self._streets.version if self._streets else 'communes'}"

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
        if not _good(answers) and here is not None and not code_insee:
            near = whole_line(q, places=around_point(self._communes, *here))
            answers += self._answers([near], here)
        placed = code_insee or code_postal or any(each.postcode for each in found)
        if not _good(answers) and not placed:
            answers += self._answers(misspelt_readings(q, finder=self._finder), here)
            if not _good(answers) and self._streets is not None:
                answers += self._anywhere(q, here)
        return _distinct(answers, limit)

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
            places = [(x, y, number) for number, (x, y) in numbers.items()] or [(street.lon, street.lat, None)]
            x, y, number = min(places, key=lambda each: _flat_m(lon, lat, each[0], each[1]))
            found = None if number is None else ("housenumber", x, y, number[1])
            line = StreetLine(None if number is None else number[0], "" if number is None else number[1], ())
            distance = _flat_m(lon, lat, x, y)
            if distance <= 200.0:
                near.append((distance, _Hit(0.0, exp(-distance / 200.0), street, found, line)))
        answers = [self._candidate(hit) for _, hit in sorted(near, key=lambda each: (each[0], each[1].street.id))[:10]]
        communes = around_point(self._communes, lon, lat)[:1]
        return answers + [self._municipality(self._communes.by_code[code], share * 0.9, "") for code, share in communes]

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
        return _distinct(answers, limit)

    def _completions(self, q: str, limit: int) -> list[tuple[float, Candidate]]:
        line = parse_street(q)
        found = []
        if self._streets is not None and line.words:
            *words, prefix = line.words
            for place, street in enumerate(self._streets.with_words(words, prefix=prefix, limit=40)):
                number = None if line.number is None else self._streets.number(street, line.number, line.suffix)
                score = 0.7 - 0.005 * place + (0.15 if number is not None and number[0] == "housenumber" else 0.0)
                found.append((score, self._candidate(_Hit(score, score, street, number, line))))
        key = commune_key(q)
        if key and line.number is None:
            for place, commune in enumerate(self._finder.beginning_with(key, limit=limit)):
                score = 0.8 - 0.02 * place
                found.append((score, self._municipality(commune, score, "")))
        return found

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
        found = _distinct(self._of_reading(reading, hits, None), 1)
        return found[0] if found else "not-found"

    def _answers(self, found: Sequence[Reading], here: tuple[float, float] | None) -> list[tuple[float, Candidate]]:
        answers: list[tuple[float, Candidate]] = []
        for reading in found:
            answers += self._of_reading(reading, self._hits(reading, here), here)
        if not _good(answers) and found:
            answers += self._in_postcode(found[-1], here)
        return answers

    def _in_postcode(self, reading: Reading, here: tuple[float, float] | None) -> list[tuple[float, Candidate]]:
        """Streets of exactly that name in the postcode, filed under a commune that the postcode does not serve."""
        if self._streets is None or not reading.postcode or not reading.line.words:
            return []
        share = _FILED_ELSEWHERE_NAMED if reading.name else _FILED_ELSEWHERE
        found = self._streets.named(" ".join(reading.line.words), reading.postcode)
        hits = _ranked([self._hit((share, 1.0, share, street), reading, here) for street in found])
        return [(hit.confidence + 1e-3 * hit.score, self._candidate(hit)) for hit in hits]

    def _of_reading(
        self, reading: Reading, hits: list[_Hit], here: tuple[float, float] | None
    ) -> list[tuple[float, Candidate]]:
        answers = [(hit.confidence + 1e-3 * hit.score, self._candidate(hit)) for hit in hits]
        if not hits or hits[0].confidence < COMMUNE_FOR_ADDRESS:
            factor = COMMUNE_FOR_ADDRESS if reading.line.words else 1.0
            answers += self._communes_of(reading, factor, here)
        return answers

    def _communes_of(
        self, reading: Reading, factor: float, here: tuple[float, float] | None
    ) -> list[tuple[float, Candidate]]:
        answers = []
        for code, share in _by_population(reading.places[:10], self._communes):
            unit = self._communes.arrondissement(code, code=reading.name, postcode=reading.postcode, name=reading.name)
            commune = self._communes.by_code[unit or code]
            postcode = reading.postcode if code in self._communes.by_postcode.get(reading.postcode, ()) else ""
            nearness = 0.0 if here is None else 0.05 * exp(-_flat_m(*here, commune.lon, commune.lat) / 30_000.0)
            answers.append((share * factor + nearness, self._municipality(commune, share * factor, postcode)))
        return answers

    def _hits(self, reading: Reading, here: tuple[float, float] | None) -> list[_Hit]:
        if self._streets is None or not reading.line.words:
            return []
        line, raw = reading.line, []
        sure = False
        for code, share in reading.places:
            if sure and share < _GATED_SHARE:
                break
            group = self._streets.in_commune(code)
            for position, likeness in matches(line.words, group, known=self._streets.word_count, common=self._streets.is_common_name):
                if likeness >= _LEAST_LIKENESS:
                    raw.append((likeness * share, likeness, share, group.streets[position]))
                    sure = sure or (share >= _SURE_SHARE and likeness >= _GOOD_LIKENESS)
        raw.sort(key=lambda each: (-each[0], each[3].id))
        # Streets of one name in many communes: the number that only one of them has is looked for in all.
        last = max(_CONTENDERS, sum(each[0] > raw[0][0] - _TIE for each in raw)) if raw else 0
        return _ranked([self._hit(each, reading, here) for each in raw[:last]])

    def _hit(
        self, raw: tuple[float, float, float, Street], reading: Reading, here: tuple[float, float] | None
    ) -> _Hit:
        assert self._streets is not None  # noqa: S101 (the caller has looked)
        confidence, likeness, share, street = raw
        line = reading.line
        number = None if line.number is None else self._streets.number(street, line.number, line.suffix)
        score = 0.62 * likeness + 0.30 * share
        score += 0.02 if reading.postcode and street.postcode == reading.postcode else 0.0
        score += 0.035 if street.name in reading.raw else 0.0
        score += 0.04 if fold_quick(street.name) == line.text else 0.0
        score += _number_score(line, number)
        if here is not None:
            where = number[1:3] if number else (street.lon, street.lat)
            score += 0.12 * exp(-_flat_m(*here, *where) / 3_000.0)
        return _Hit(score, confidence, street, number, line)

    def _anywhere(self, q: str, here: tuple[float, float] | None) -> list[tuple[float, Candidate]]:
        assert self._streets is not None  # noqa: S101 (the caller has looked)
        reading = whole_line(q)
        words = corrected_words(reading.line.words, self._streets)
        hits = [
            self._hit((share, share, share, street), reading, here)
            for street, share in street_anywhere(words, self._streets)
            if set(words) - STREET_TYPES
        ]
        return [(hit.confidence + 0.1 * hit.score, self._candidate(hit)) for hit in hits]

    def _candidate(self, hit: _Hit) -> Candidate:
        street, commune = hit.street, self._communes.by_code.get(hit.street.commune)
        precision, lon, lat, suffix = hit.number or ("locality" if street.is_place else "street", street.lon, street.lat, "")
        numero = "" if hit.number is None else f"{hit.line.number}{_SUFFIX_NAMES.get(suffix, suffix.upper())}"
        nom = commune.nom if commune else ""
        label = " ".join(part for part in (numero, street.name, street.postcode, nom) if part)
        return Candidate(
            label=label,
            lon=round(lon, 6),
            lat=round(lat, 6),
            precision=precision,
            code_insee=street.commune,
            code_postal=street.postcode,
            commune=nom,
            confidence=round(min(hit.confidence, 1.0), 4),
            uncertainty_m=max(hit.reach_m, _UNCERTAINTY_M.get(precision, float(street.radius_m))),
            departement=commune.departement if commune else "",
            numero=numero,
            voie=street.name,
        )

    def _municipality(self, commune: Commune, confidence: float, postcode: str) -> Candidate:
        own = postcode or (commune.postcodes[0] if len(commune.postcodes) == 1 else min(commune.postcodes, default=""))
        current = self._communes.current_code(commune.code) or commune.code
        return Candidate(
            label=f"{own} {commune.nom}".strip(),
            lon=commune.lon,
            lat=commune.lat,
            precision="municipality",
            code_insee=current,
            code_postal=own,
            commune=commune.nom,
            confidence=round(min(confidence, 1.0), 4),
            uncertainty_m=round(commune.radius_m),
            departement=commune.departement,
        )


def _by_population(places: Scored, communes: Communes) -> list[tuple[str, float]]:
    """Shares of communes that agree equally well, where no street decides: the chance goes with their inhabitants."""
    people = {code: communes.by_code[code].population + 1 for code, _ in places}
    shared = {share: sum(people[code] for code, other in places if other == share) for _, share in places}
    return [(code, share * (0.5 + 0.5 * people[code] / shared[share])) for code, share in places]


def _ranked(hits: list[_Hit]) -> list[_Hit]:
    """Best first; what the question cannot tell apart is not to be believed, or only as far as it reaches."""
    ordered = sorted(hits, key=lambda hit: (-hit.score, hit.street.id))
    if len(ordered) < 2:
        return ordered
    first = ordered[0]
    alike = [hit for hit in ordered[1:] if hit.confidence > 0.97 * first.confidence and _apart_m(first, hit) > _TIE_M]
    ties = [hit for hit in alike if first.score - hit.score < _TIE]
    abroad = [hit for hit in ties if hit.street.commune != first.street.commune]
    here = [hit for hit in ties if hit.street.commune == first.street.commune]
    factor = _TIE_FACTOR if abroad else 1.0
    # The number was found in one of them only: good evidence, less than a name.
    if not ties and any(hit.street.commune != first.street.commune for hit in alike):
        factor = _NUMBER_ALONE_FACTOR
    reach = max((_apart_m(first, hit) for hit in here), default=0.0)
    best = first._replace(confidence=first.confidence * factor, reach_m=reach, tied=bool(abroad))
    return [best, *(hit._replace(confidence=min(hit.confidence, best.confidence) * _TIE_FACTOR) for hit in ordered[1:])]


def _number_score(line: StreetLine, number: tuple[str, float, float, str] | None) -> float:
    if line.number is None:
        return 0.06
    if number is None or number[0] != "housenumber":
        return 0.0
    return 0.06 if number[3].lower() == line.suffix.lower() else 0.04


def _apart_m(left: _Hit, right: _Hit) -> float:
    return _flat_m(left.street.lon, left.street.lat, right.street.lon, right.street.lat)


def _good(answers: list[tuple[float, Candidate]]) -> bool:
    return any(candidate.confidence >= _GOOD_LIKENESS or candidate.precision == "municipality" and candidate.confidence > 0.5 for _, candidate in answers)


def _distinct(answers: list[tuple[float, Candidate]], limit: int) -> list[Candidate]:
    best: dict[tuple[str, str, str], tuple[float, Candidate]] = {}
    for score, candidate in answers:
        key = (candidate.code_insee, candidate.label, candidate.precision)
        if key not in best or best[key][0] < score:
            best[key] = (score, candidate)
    ordered = sorted(best.values(), key=lambda each: (-each[0], each[1].label, each[1].code_insee))
    return [candidate for _, candidate in ordered[:limit]]


def _flat_m(lon_left: float, lat_left: float, lon_right: float, lat_right: float) -> float:
    scale = 111_320.0 * cos(radians(lat_left))
    return hypot((lon_left - lon_right) * scale, (lat_left - lat_right) * 111_320.0)
