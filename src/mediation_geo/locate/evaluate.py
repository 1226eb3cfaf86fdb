"""
How good a geocoder is, on labelled queries: right points, wrong communes, and invented streets that it believes.

Comes in: a geocoder and the evaluation files. Goes out: frames of figures. Prints nothing.
"""

from __future__ import annotations

import csv
import json
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.locate.address import STREET_TYPES, street_words
from mediation_geo.locate.build import read_streets
from mediation_geo.locate.geocoder import ACCEPT_CONFIDENCE, Geocoder
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "answerable",
    "autocomplete_share",
    "false_accepts",
    "invented_streets",
    "measure_queries",
    "read_queries",
    "read_tester",
    "recombined_streets",
    "run_tester",
    "summary",
]

_POINT_M = 100.0
_LEAST_STREETS = 8
_FIELDS = ["adresse", "code_postal", "commune", "code_insee"]


def read_queries(path: str | Path, *, held_out: bool | None = None) -> pd.DataFrame:
    """
    Noisy queries with the street each was made from.

    Parameters
    ----------
    path : path
        JSON list with `variant, voie, cp, city, insee, sid, name, lon, lat, expnum`.
    held_out : bool, optional
        Only the half that was never looked at while tuning, or only the other; the halves are cut by the hash of the street.

    Returns
    -------
    pandas.DataFrame
        The columns of `Geocoder.batch` beside those of the file.
    """
    frame = pd.DataFrame(json.loads(Path(path).read_text(encoding="utf-8")))
    frame = frame.rename(columns={"voie": "adresse", "cp": "code_postal", "city": "commune"})
    frame["code_insee"] = ""
    if held_out is not None:
        half = frame["sid"].map(lambda sid: sha256(sid.encode()).digest()[0] % 2 == 1)
        frame = frame[half == held_out]
    return frame.reset_index(drop=True)


def measure_queries(geocoder: Geocoder, queries: pd.DataFrame, *, fields: tuple[str, ...]) -> tuple[pd.DataFrame, float]:
    """
    Answers judged against the truth, and rows a second.

    Parameters
    ----------
    geocoder : Geocoder
    queries : pandas.DataFrame
        From `read_queries`.
    fields : tuple of str
        Which of `adresse, code_postal, commune, code_insee` the geocoder is told; the code is the true one.

    Returns
    -------
    tuple of (pandas.DataFrame, float)
        Queries with `confidence`, `precision`, and the verdicts `right_commune`, `right_street`, `right_point`.

    Notes
    -----
    A point is right when commune and street are, it is within 100 m of the truth, and it is at a house number; where the question
    has no number that exists, a point at street level is right.
    """
    asked = queries.assign(code_insee=queries["insee"])
    asked = asked.assign(**{name: "" for name in _FIELDS if name not in fields})
    start = perf_counter()
    answers = geocoder.batch(asked[_FIELDS])
    seconds = perf_counter() - start
    true_key = queries["name"].map(street_words)
    found_key = answers["voie"].fillna("").map(street_words)
    right_commune = answers["code_insee"].eq(queries["tcity"])
    contains = [set(true) <= set(found) for true, found in zip(true_key, found_key, strict=True)]
    right_street = right_commune & pd.Series(contains, index=queries.index)
    distance = _metres(queries, answers)
    numbered = answers["precision"].isin(["housenumber"]) & distance.lt(_POINT_M)
    at_street = answers["precision"].isin(["street", "locality", "interpolated"])
    right_point = right_street & numbered.where(queries["expnum"].astype(bool), at_street | numbered)
    judged = queries.assign(
        label=answers["label"], confidence=answers["confidence"].fillna(0.0), precision=answers["precision"],
        answered=answers["code_insee"],
        right_commune=right_commune, right_street=right_street, right_point=right_point, distance_m=distance,
    )  # fmt: skip
    return judged, len(queries) / seconds


def _metres(queries: pd.DataFrame, answers: pd.DataFrame) -> pd.Series:
    scale = 111_320.0 * np.cos(np.radians(queries["lat"]))
    dx, dy = (answers["lon"] - queries["lon"]) * scale, (answers["lat"] - queries["lat"]) * 111_320.0
    return pd.Series(np.hypot(dx, dy), index=queries.index)


def summary(judged: pd.DataFrame) -> pd.DataFrame:
    """Percentages by variant of query and over all: right point, right street, wrong commune, no street, kept when right."""
    street = judged["precision"].ne("municipality") & judged["precision"].notna()
    figures = pd.DataFrame(
        {
            "point": judged["right_point"],
            "street": judged["right_street"],
            "wrong_commune": judged["answered"].notna() & ~judged["right_commune"],
            "no_street": ~street,
            "kept": judged["confidence"].ge(ACCEPT_CONFIDENCE).where(judged["right_street"]),
        }
    ).astype(float)
    by_variant = figures.groupby(judged["variant"]).mean()
    by_variant.loc["all"] = figures.mean()
    return (100 * by_variant).assign(queries=[*judged.groupby("variant").size(), len(judged)])


def invented_streets(corpus: str | Path, *, count: int, seed: int) -> pd.DataFrame:
    """
    Addresses that do not exist: a street name of another commune put into a commune of at least eight streets.

    Parameters
    ----------
    corpus : path
        The address file the geocoder was built from.
    count, seed : int

    Returns
    -------
    pandas.DataFrame
        The columns of `Geocoder.batch`, and `body`, the street's words without its type.
    """
    streets = pd.DataFrame(
        [(each.code_insee, each.code_postal, each.name) for each in read_streets(corpus) if not each.is_place],
        columns=["code_insee", "code_postal", "name"],
    )
    names = _commune_names(corpus)
    streets["key"] = streets["name"].map(lambda name: " ".join(street_words(name)))
    keys = streets.groupby("code_insee")["key"].agg(set)
    big = streets.groupby("code_insee").size().loc[lambda size: size >= _LEAST_STREETS].index.intersection(list(names))
    random = np.random.default_rng(seed)
    rows: list[tuple[str, ...]] = []
    while len(rows) < count:
        code, stranger = str(random.choice(big)), streets.iloc[int(random.integers(len(streets)))]
        if stranger["key"] in keys[code] or not stranger["key"]:
            continue
        postcodes = streets.loc[streets["code_insee"].eq(code), "code_postal"]
        rows.append((f"{random.integers(1, 30)} {stranger['name']}", postcodes.mode().iloc[0], names[code], code))
    return pd.DataFrame(rows, columns=_FIELDS)


def _commune_names(corpus: str | Path) -> dict[str, str]:
    import gzip

    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        documents = (json.loads(line) for line in lines if '"municipality"' in line)
        return {each["citycode"]: each["name"] for each in documents if isinstance(each["citycode"], str)}


def false_accepts(geocoder: Geocoder, invented: pd.DataFrame, *, fields: tuple[str, ...]) -> pd.DataFrame:
    """
    Answers to invented addresses: which would be believed, in which commune, and whether only the type of the street differs.

    Returns
    -------
    pandas.DataFrame
        `invented` with `label`, `confidence`, `accepted`, `same_name` (a street of that name under another type), `elsewhere`.
    """
    asked = invented.assign(**{name: "" for name in _FIELDS if name not in fields})
    answers = geocoder.batch(asked[_FIELDS])
    street = answers["precision"].ne("municipality") & answers["precision"].notna()
    bodies = [
        _body(question.partition(" ")[2]) == _body(found)
        for question, found in zip(invented["adresse"], answers["voie"].fillna(""), strict=True)
    ]
    return invented.assign(
        label=answers["label"],
        confidence=answers["confidence"].fillna(0.0),
        accepted=street & answers["confidence"].ge(ACCEPT_CONFIDENCE),
        same_name=bodies,
        elsewhere=answers["code_insee"].ne(invented["code_insee"]),
    )


def _body(street: str) -> list[str]:
    return sorted(word for word in street_words(street) if word not in STREET_TYPES)


def read_tester(folder: str | Path) -> pd.DataFrame:
    """Cases of geocoder-tester, its CSV files: `file`, `query`, `lon`, `lat`, `limit` and the `expected_*` columns as text."""
    return pd.DataFrame([case for path in sorted(Path(folder).rglob("*.csv")) for case in _cases(path, Path(folder))]).fillna("")


def _cases(path: Path, folder: Path) -> Iterator[dict[str, Any]]:
    text = path.read_text(encoding="utf-8-sig")
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    for row in csv.DictReader(text.splitlines(), delimiter=delimiter):
        kept = {name: value or "" for name, value in row.items() if name and not isinstance(value, list)}
        yield {**kept, "file": str(path.relative_to(folder))}


def run_tester(geocoder: Geocoder, cases: pd.DataFrame) -> pd.DataFrame:
    """
    Verdicts on the cases, each asked as one line.

    Adds `strict` (equal text), `loose` (folded text), `milliseconds` and `answer` to their columns.
    """
    verdicts = []
    for case in _records(cases):
        start = perf_counter()
        answers = geocoder.search(
            case["query"],
            limit=int(case.get("limit") or 1),
            lon=float(case["lon"]) if case.get("lon") else None,
            lat=float(case["lat"]) if case.get("lat") else None,
        )
        milliseconds = 1000 * (perf_counter() - start)
        wanted = {name.removeprefix("expected_"): value for name, value in case.items() if name.startswith("expected_") and value}
        described = [_described(each) for each in answers]
        verdicts.append(
            {
                "strict": any(_passes(each, wanted, str) for each in described),
                "loose": any(_passes(each, wanted, _loose) for each in described),
                "milliseconds": milliseconds,
                "answer": answers[0].label if answers else "",
            }
        )
    return pd.concat([cases.reset_index(drop=True), pd.DataFrame(verdicts)], axis=1)


def answerable(cases: pd.DataFrame, corpus: str | Path) -> pd.Series:
    """Whether the corpus holds the street a case expects, in the postcode or commune it expects."""
    streets = list(read_streets(corpus))
    names = _commune_names(corpus)
    by_postcode = {(" ".join(street_words(each.name)), each.code_postal) for each in streets}
    by_city = {(" ".join(street_words(each.name)), _loose(names.get(each.code_insee, ""))) for each in streets}
    keys = cases["expected_street"].map(lambda name: " ".join(street_words(name)) if name else "")
    held = [
        bool(key) and ((key, postcode) in by_postcode or (key, _loose(city)) in by_city)
        for key, postcode, city in zip(keys, cases["expected_postcode"], cases["expected_city"], strict=True)
    ]
    return pd.Series(held, index=cases.index)


def _records(cases: pd.DataFrame) -> list[dict[str, str]]:
    return [{str(name): value for name, value in row.items()} for row in cases.to_dict("records")]


def _described(candidate: Any) -> dict[str, str]:
    name = f"{candidate.numero} {candidate.voie}".strip() if candidate.voie else candidate.commune
    return {
        "housenumber": candidate.numero,
        "street": candidate.voie,
        "city": candidate.commune.partition(" 1er ")[0],
        "postcode": candidate.code_postal,
        "name": name,
        "coordinate": f"{candidate.lat},{candidate.lon}",
    }


def _loose(value: str) -> str:
    return " ".join(street_words(value)).replace("arrondissement", "").strip() or fold(value)


def _passes(described: dict[str, str], wanted: dict[str, str], form: Any) -> bool:
    for name, value in wanted.items():
        if name == "coordinate":
            lat, lon, metres = (float(part) for part in value.split(","))
            found_lat, found_lon = (float(part) for part in described["coordinate"].split(","))
            here = np.hypot((found_lon - lon) * 111_320 * np.cos(np.radians(lat)), (found_lat - lat) * 111_320)
            if here > metres:
                return False
        elif name in described and form(described[name]) != form(value):
            street = name == "name" and form(described["street"]) == form(value)
            if not street:
                return False
    return True


def recombined_streets(corpus: str | Path, *, count: int, seed: int) -> pd.DataFrame:
    """
    Addresses that do not exist anywhere: the type of one street and a word each of two others, in a commune of eight streets.

    Harder than `invented_streets`: no list of names tells that the name is new, only the words do.
    """
    base = invented_streets(corpus, count=3 * count, seed=seed)
    bodies = [[word for word in street_words(each.partition(" ")[2]) if word not in STREET_TYPES] for each in base["adresse"]]
    names = {" ".join(street_words(each.name)) for each in read_streets(corpus)}
    rows = []
    for at in range(0, len(base) - 2, 3):
        first, second = bodies[at + 1], bodies[at + 2]
        if first and second and f"rue {first[0]} {second[-1]}" not in names:
            rows.append({**base.iloc[at].to_dict(), "adresse": f"{at % 40 + 1} rue {first[0]} {second[-1]}"})
    return pd.DataFrame(rows[:count], columns=_FIELDS)


def autocomplete_share(
    geocoder: Any, queries: pd.DataFrame, *, fields: tuple[str, ...], count: int, seed: int
) -> tuple[float, tuple[float, float]]:
    """
    Share of clean lines, cut at three quarters, whose street is among the first five completions.

    A line is made of the given fields. Beside the share p50 and p95 of the milliseconds each took.
    """
    clean = queries[queries["variant"].eq("clean")]
    chosen = clean.sample(min(count, len(clean)), random_state=seed)
    hits, times = 0, []
    lines = chosen[list(fields)].agg(" ".join, axis=1)
    for line, code, street in zip(lines, chosen["tcity"], chosen["name"], strict=True):
        start = perf_counter()
        answers = geocoder.complete(line[: round(0.75 * len(line))], 5)
        times.append(1000 * (perf_counter() - start))
        key = street_words(street)
        hits += any(each.code_insee == code and street_words(each.voie) == key for each in answers)
    p50, p95 = np.quantile(times, [0.5, 0.95])
    return hits / max(len(chosen), 1), (float(p50), float(p95))
