"""
The tables of `eval geocode`, for people and for machines.

Comes in: the folder of the evaluation files and, when built, a street table of their corpus. Goes out: measures, each as text and
as values. What is measured and how is in `evaluate`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

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

__all__ = ["Measure", "moved_records", "report_quality"]

_WAYS = {
    "code_insee known": ("adresse", "code_insee"),
    "postcode and commune text": ("adresse", "code_postal", "commune"),
}
_CORPUS = "bench_corpus_semi_synthetic.ndjson.gz"
_QUERIES = "SEMI_SYNTHETIC_noisy_queries_dev.json"


@dataclass(frozen=True, slots=True)
class Measure:
    """
    One figure or table of the evaluation.

    Attributes
    ----------
    name : str
        What it measures, for machines.
    text : str
        The same for people, one line or a table.
    figures : object
        Values for JSON: a list of rows where it is a table.
    """

    name: str
    text: str
    figures: Any


def report_quality(folder: Path, *, streets: Path | None, held_out: bool, seed: int) -> Iterator[Measure]:
    """
    Measures of the evaluation, as they become known.

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
        text = f"queries: {half} half, {len(queries)}; accepted from confidence {ACCEPT_CONFIDENCE}"
        yield Measure("queries", text, {"half": half, "queries": len(queries), "accept_confidence": ACCEPT_CONFIDENCE})
        invented = {
            "a name of another commune": invented_streets(corpus, count=1000, seed=seed),
            "a new name of known words": recombined_streets(corpus, count=1000, seed=seed),
        }
        for way, fields in _WAYS.items():
            yield _variants(geocoder, queries, way, fields)
            yield from _inventions(geocoder, invented, way, fields)
        yield from _completion(geocoder, queries, seed)
        yield from _one_line(geocoder, folder, corpus)
        geocoder.close()
    yield from _moved(folder)


def _variants(geocoder: EmbeddedGeocoder, queries: pd.DataFrame, way: str, fields: tuple[str, ...]) -> Measure:
    judged, rate = measure_queries(geocoder, queries, fields=fields)
    figures = summary(judged).round(2)
    head = f"\n## {way}: {rate:,.0f} rows/s (percent; kept = right street and confidence accepted)"
    rows = figures.reset_index(names="variant").to_dict("records")
    return Measure(f"variants, {way}", f"{head}\n{figures.to_string()}", {"rows_per_s": round(rate), "percent": rows})


def _inventions(
    geocoder: EmbeddedGeocoder, invented: dict[str, pd.DataFrame], way: str, fields: tuple[str, ...]
) -> Iterator[Measure]:
    for kind, addresses in invented.items():
        believed = false_accepts(geocoder, addresses, fields=fields)
        accepted = believed["accepted"]
        figures = {
            "queries": len(believed),
            "accepted": int(accepted.sum()),
            "another_type": int((accepted & believed["same_name"]).sum()),
            "another_commune": int((accepted & believed["elsewhere"]).sum()),
        }
        text = (
            f"invented streets, {kind}: {figures['accepted']} of {figures['queries']} accepted, of which "
            f"{figures['another_type']} a street of that name under another type, {figures['another_commune']} in another commune"
        )
        yield Measure(f"invented streets, {kind}, {way}", text, figures)


def _completion(geocoder: EmbeddedGeocoder, queries: pd.DataFrame, seed: int) -> Iterator[Measure]:
    head = "\n## autocomplete, 600 clean lines cut at 75 %: right street among the first 5\n"
    for fields in (("adresse", "code_postal", "commune"), ("adresse", "commune")):
        share, (p50, p95) = autocomplete_share(geocoder, queries, fields=fields, count=600, seed=seed)
        text = f"{head}line of {' '.join(fields)}: {100 * share:.1f} %, p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        yield Measure(f"autocomplete, {' '.join(fields)}", text, {"share": share, "p50_ms": p50, "p95_ms": p95})
        head = ""


def _one_line(geocoder: EmbeddedGeocoder, folder: Path, corpus: Path) -> Iterator[Measure]:
    cases = read_tester(folder / "geocoder-tester-france")
    verdicts = run_tester(geocoder, cases)
    verdicts["held"] = answerable(cases, corpus)
    verdicts["name"] = verdicts["file"].str.rpartition("/")[2]
    by_file = verdicts.groupby("name").agg(cases=("held", "size"), strict=("strict", "mean"), loose=("loose", "mean")).round(3)
    head = "\n## geocoder-tester, one line each (shares; most files expect streets that the corpus does not hold)"
    yield Measure("geocoder-tester, shares by file", f"{head}\n{by_file.to_string()}", by_file.reset_index().to_dict("records"))
    addresses = verdicts[verdicts["name"].eq("test_addresses.csv") & verdicts["held"]]
    biased = addresses["lon"].ne("")
    for kind, rows in (("all", addresses), ("with a position", addresses[biased]), ("without", addresses[~biased])):
        strict, loose = float(rows["strict"].mean()), float(rows["loose"].mean())
        shares = f"strict {100 * strict:.1f} %, loose {100 * loose:.1f} %"
        text = f"addresses whose street the corpus holds, {kind}: {len(rows)}, {shares}"
        yield Measure(f"geocoder-tester, held addresses, {kind}", text, {"cases": len(rows), "strict": strict, "loose": loose})
    p50, p95, p99 = verdicts["milliseconds"].quantile([0.5, 0.95, 0.99])
    text = f"one line: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"
    yield Measure("geocoder-tester, duration of one line", text, {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99})


def _moved(folder: Path) -> Iterator[Measure]:
    path = folder.parent / "places" / "official" / "cp_dept_changed.json"
    if path.is_file():
        rows = moved_records(path)
        head = "\n## records that the official code moved to another département"
        figures = rows.astype(object).where(rows.notna(), None).to_dict("records")
        yield Measure("records moved by the official code", f"{head}\n{rows.to_string(index=False)}", figures)


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
