"""
The tables of `eval geocode`, as lines of text.

Comes in: the folder of the evaluation files and, when built, a street table of their corpus. Goes out: lines. What is measured
and how is in `evaluate`.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.errors import SourceUnavailable
from mediation_geo.locate.build import build_streets
from mediation_geo.locate.communes import load_communes
from mediation_geo.locate.embedded import EmbeddedGeocoder
from mediation_geo.locate.evaluate import (
    answerable,
    autocomplete_share,
    false_accepts,
    invented_streets,
    measure_queries,
    read_queries,
    read_tester,
    recombined_streets,
    run_tester,
    summary,
)
from mediation_geo.locate.geocoder import ACCEPT_CONFIDENCE
from mediation_geo.locate.resolve import resolve_communes

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["moved_records", "report_quality"]

_WAYS = {
    "code_insee known": ("adresse", "code_insee"),
    "postcode and commune text": ("adresse", "code_postal", "commune"),
}
_CORPUS = "bench_corpus_semi_synthetic.ndjson.gz"
_QUERIES = "SEMI_SYNTHETIC_noisy_queries_dev.json"


def report_quality(folder: Path, *, streets: Path | None, held_out: bool, seed: int) -> Iterator[str]:
    """
    Lines of the evaluation.

    Parameters
    ----------
    folder : path
        `geocoding` of the evaluation data.
    streets : path, optional
        Street table of the corpus; built in a temporary folder where absent.
    held_out : bool
        Only the half of the queries kept away from tuning; otherwise only the other half.
    seed : int
        Seed of the invented streets and of the lines cut for autocomplete.

    Raises
    ------
    SourceUnavailable
        If the corpus is not there.
    """
    corpus = folder / _CORPUS
    if not corpus.is_file():
        message = "the corpus of the evaluation is not there"
        raise SourceUnavailable(message, path=str(corpus))
    with TemporaryDirectory() as scratch:
        table = streets or Path(scratch) / "streets.sqlite"
        if streets is None:
            build_streets([corpus], table, communes=load_communes(), data_version="evaluation")
        geocoder = EmbeddedGeocoder(table)
        queries = read_queries(folder / _QUERIES, held_out=held_out)
        half = "held out" if held_out else "tuning"
        yield f"queries: {half} half, {len(queries)}; accepted from confidence {ACCEPT_CONFIDENCE}"
        yield from _queries_and_inventions(geocoder, queries, corpus, seed)
        yield from _one_line(geocoder, folder, queries, corpus, seed)
        geocoder.close()
    yield from _moved(folder)


def _queries_and_inventions(geocoder: EmbeddedGeocoder, queries: pd.DataFrame, corpus: Path, seed: int) -> Iterator[str]:
    taken = invented_streets(corpus, count=1000, seed=seed)
    recombined = recombined_streets(corpus, count=1000, seed=seed)
    for way, fields in _WAYS.items():
        judged, rate = measure_queries(geocoder, queries, fields=fields)
        yield f"\n## {way}: {rate:,.0f} rows/s (percent; kept = right street and confidence accepted)"
        yield summary(judged).round(2).to_string()
        for kind, invented in (("a name of another commune", taken), ("a new name of known words", recombined)):
            believed = false_accepts(geocoder, invented, fields=fields)
            accepted = believed["accepted"]
            yield (
                f"invented streets, {kind}: {accepted.sum()} of {len(believed)} accepted, of which "
                f"{(accepted & believed['same_name']).sum()} a street of that name under another type, "
                f"{(accepted & believed['elsewhere']).sum()} in another commune"
            )


def _one_line(geocoder: EmbeddedGeocoder, folder: Path, queries: pd.DataFrame, corpus: Path, seed: int) -> Iterator[str]:
    yield "\n## autocomplete, 600 clean lines cut at 75 %: right street among the first 5"
    for fields in (("adresse", "code_postal", "commune"), ("adresse", "commune")):
        share, (p50, p95) = autocomplete_share(geocoder, queries, fields=fields, count=600, seed=seed)
        yield f"line of {' '.join(fields)}: {100 * share:.1f} %, p50 {p50:.1f} ms, p95 {p95:.1f} ms"
    cases = read_tester(folder / "geocoder-tester-france")
    verdicts = run_tester(geocoder, cases)
    verdicts["held"] = answerable(cases, corpus)
    verdicts["cases"] = 1
    verdicts["name"] = verdicts["file"].str.rpartition("/")[2]
    by_file = verdicts.groupby("name").agg(cases=("cases", "size"), strict=("strict", "mean"), loose=("loose", "mean"))
    yield "\n## geocoder-tester, one line each (shares; most files expect streets that the corpus does not hold)"
    yield by_file.round(3).to_string()
    addresses = verdicts[verdicts["name"].eq("test_addresses.csv") & verdicts["held"]]
    biased = addresses["lon"].ne("")
    for kind, rows in (("all", addresses), ("with a position", addresses[biased]), ("without", addresses[~biased])):
        yield (
            f"addresses whose street the corpus holds, {kind}: {len(rows)}, strict {100 * rows['strict'].mean():.1f} %, "
            f"loose {100 * rows['loose'].mean():.1f} %"
        )
    p50, p95, p99 = verdicts["milliseconds"].quantile([0.5, 0.95, 0.99])
    yield f"one line: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"


def _moved(folder: Path) -> Iterator[str]:
    path = folder.parent / "places" / "official" / "cp_dept_changed.json"
    if path.is_file():
        yield "\n## records that the official code moved to another département"
        yield moved_records(path).to_string(index=False)


def moved_records(path: Path) -> pd.DataFrame:
    """
    Decisions on the records that the official address code moved to another département than their postcode.

    Returns
    -------
    pandas.DataFrame
        `commune`, `code_postal` (of the source), `official` and `ours` (INSEE codes), `kept` (ours serves the source postcode, or
        is in its département).
    """
    columns = ["id", "commune", "code_postal", "official_commune", "official", "latitude", "longitude", "source"]
    records = pd.DataFrame(json.loads(path.read_text(encoding="utf-8")), columns=columns)
    communes = load_communes()
    resolved = resolve_communes(records[["commune", "code_postal", "latitude", "longitude"]], communes=communes)
    names = [communes.by_code[code].nom if code in communes.by_code else "" for code in resolved["code"].fillna("")]
    distance = resolved["distance_m"]
    return records[["commune", "code_postal", "official"]].assign(
        ours=resolved["code"],
        name=names,
        postcode_serves=resolved["served"],
        point_inside=distance.eq(0).where(distance.notna(), "-"),
    )
