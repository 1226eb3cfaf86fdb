"""
The embedded geocoder and addok on the same addresses and the same questions, measured in turns in one run.

Usage: python benchmarks/geocode.py --data ../shared/data [--addok URL] [--streets adresses.sqlite]
       python benchmarks/geocode.py --national      (a table of a million invented rows, and what 26 million would cost)

Without a URL, addok is started on loopback and loads the corpus of the evaluation, which takes minutes; one at a URL must have
loaded it (`addok batch`, `addok ngrams`). It is asked over HTTP as CSV, as it is in service, and in free text, since its CSV
plugin 1.1 fails on filters. Both are judged by the same code. Where there is no addok, ours is measured alone.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from measure import Document, add_json_option

from mediation_geo.locate import EmbeddedGeocoder, load_communes
from mediation_geo.locate.build import build_streets
from mediation_geo.locate.evaluate import (
    answerable,
    false_accepts,
    invented_streets,
    measure_queries,
    read_queries,
    read_tester,
    run_tester,
    summary,
)
from mediation_geo.locate.remote import RemoteGeocoder

# The tests of the remote geocoder start their addok the same way.
sys.path.append(str(Path(__file__).parents[1] / "tests" / "locate"))
from addok_server import addok_serving

CORPUS = "bench_corpus_semi_synthetic.ndjson.gz"
QUERIES = "SEMI_SYNTHETIC_noisy_queries_dev.json"
FIELDS = ("adresse", "code_postal", "commune")
NATIONAL_NUMBERS = 26_000_000


def alone(data: Path, *, streets: Path, rounds: int, rows: int, seed: int) -> Document:
    """Rows a second of our engine, where there is no peer."""
    document = Document("Geocoding")
    queries = read_queries(data / QUERIES, held_out=True)
    embedded = EmbeddedGeocoder(streets)
    chosen = [queries.sample(rows, random_state=seed + number).reset_index(drop=True) for number in range(rounds)]
    rates = [measure_queries(embedded, each, fields=FIELDS)[1] for each in chosen]
    embedded.close()
    document.row(f"{rows:,} addresses a round", {"ours, embedded": rates}, unit="rows/s", better="more")
    print(f"embedded {np.median(rates):,.0f} rows/s")
    return document


def side_by_side(data: Path, *, addok: str, streets: Path, rounds: int, rows: int, seed: int) -> Document:
    """Print accuracy and rows a second of both engines, round by round."""
    document = Document("Geocoding")
    embedded = EmbeddedGeocoder(streets)
    peer = RemoteGeocoder(addok, streets=embedded.streets)
    peer.search("Paris")  # an engine that is not there stops the run here: its silence must not be counted as answers
    queries = read_queries(data / QUERIES, held_out=True)
    random = np.random.default_rng(seed)
    rates: dict[str, list[float]] = {"embedded": [], "addok": []}
    judged: dict[str, list[pd.DataFrame]] = {"embedded": [], "addok": []}
    for number in range(rounds):
        chosen = queries.iloc[random.choice(len(queries), rows, replace=False)].reset_index(drop=True)
        for name, engine in (("embedded", embedded), ("addok", peer)):
            table, rate = measure_queries(engine, chosen, fields=FIELDS)
            rates[name].append(rate)
            judged[name].append(table)
        print(f"round {number + 1}: embedded {rates['embedded'][-1]:,.0f} rows/s, addok {rates['addok'][-1]:,.0f} rows/s")
    figures = {name: summary(pd.concat(tables)).loc["all"] for name, tables in judged.items()}
    print(pd.DataFrame(figures).T.round(2).to_string())
    ratios = np.array(rates["embedded"]) / np.array(rates["addok"])
    document.row(f"{rows:,} addresses a round", {"ours, embedded": rates["embedded"], "addok": rates["addok"]}, unit="rows/s",
                 better="more")  # fmt: skip
    for measure, column in (("right point", "point"), ("wrong commune", "wrong_commune")):
        if column in figures["embedded"]:
            shares = ", ".join(f"{name} {each[column]:.2f} %" for name, each in figures.items())
            document.note(f"{measure}: {shares}.")
    print(f"rows/s, embedded / addok: median {np.median(ratios):.1f}, {ratios.min():.1f} to {ratios.max():.1f}")
    invented = invented_streets(data / CORPUS, count=1000, seed=seed)
    for name, engine in (("embedded", embedded), ("addok, judged by our confidence", peer)):
        print(f"invented streets accepted of 1000, {name}: {false_accepts(engine, invented, fields=FIELDS)['accepted'].sum()}")
    one_line(data, embedded, peer, seed)
    embedded.close()
    peer.close()
    return document


def one_line(data: Path, embedded: EmbeddedGeocoder, peer: RemoteGeocoder, seed: int) -> None:
    """Print shares of geocoder-tester addresses answered by both, asked one by one."""
    cases = read_tester(data / "geocoder-tester-france")
    cases = cases[cases["file"].str.endswith("test_addresses.csv")]
    cases = cases[answerable(cases, data / CORPUS)].sample(600, random_state=seed).reset_index(drop=True)
    for name, engine in (("embedded", embedded), ("addok", peer)):
        verdicts = run_tester(engine, cases)
        p50, p95 = verdicts["milliseconds"].quantile([0.5, 0.95])
        print(
            f"geocoder-tester, {len(cases)} addresses the corpus holds, {name}: strict {100 * verdicts['strict'].mean():.1f} %, "
            f"loose {100 * verdicts['loose'].mean():.1f} %, p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        )


def national(rows: int, *, seed: int) -> None:
    """Print what a table of invented addresses costs, and what 26 million would by proportion."""
    communes = [each for each in load_communes().communes if each.postcodes and each.lon == each.lon]
    random = np.random.default_rng(seed)
    with TemporaryDirectory() as folder:
        source, out = Path(folder) / "adresses-france.csv", Path(folder) / "streets.sqlite"
        _write_national(source, communes, rows, random)
        start = time.perf_counter()
        counts = build_streets([source], out, communes=load_communes(), data_version="invented")
        seconds = time.perf_counter() - start
        size = out.stat().st_size
        opening = time.perf_counter()
        geocoder = EmbeddedGeocoder(out)
        opened = time.perf_counter() - opening
        geocoder.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    factor = NATIONAL_NUMBERS / counts["numbers"]
    print(f"{counts['numbers']:,} numbers in {counts['streets']:,} streets: {seconds:.0f} s, {size / 1e6:.0f} MB")
    print(f"opened in {opened:.2f} s")
    print(f"peak memory of the process, commune table included: {peak:,.0f} MB")
    print(f"26,000,000 numbers by proportion: {seconds * factor / 60:.0f} min, {size * factor / 1e9:.2f} GB on disk")


def _write_national(source: Path, communes: list, rows: int, random: np.random.Generator) -> None:  # type: ignore[type-arg]
    people = np.array([each.population + 50 for each in communes], dtype=float)
    streets = np.maximum(1, np.round(people / people.sum() * rows / 11)).astype(int)
    ends = ("ville", "mont", "bois", "ac", "y", "on")
    starts = ("mar", "bel", "cor", "dun", "fal", "gri", "lan", "nor", "pel", "tour")
    words = [f"{start}{end}" for start in starts for end in ends]
    types = ("Rue", "Avenue", "Chemin", "Impasse", "Place", "Allée", "Route")
    with source.open("w", encoding="utf-8") as out:
        out.write("id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;x;y;lon;lat\n")
        for commune, count in zip(communes, streets, strict=True):
            for street in range(count):
                chosen = random.choice(words, 2)
                name = f"{types[street % len(types)]} {chosen[0].title()} {chosen[1].title()} {street}"
                lon, lat = commune.lon + random.normal(0, 0.01), commune.lat + random.normal(0, 0.01)
                place = f"{name};{commune.postcodes[0]};{commune.code};{commune.nom};0;0"
                out.writelines(f";;{number};;{place};{lon + number * 1e-5:.6f};{lat:.6f}\n" for number in range(1, 12))


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--addok", help="address of an addok that has loaded the corpus; one is started where absent")
    add_json_option(parser)
    parser.add_argument("--streets", type=Path, help="street table of the corpus; built where absent")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--national", type=int, nargs="?", const=1_000_000, help="rows of the invented national table")
    chosen = parser.parse_args()
    if chosen.national:
        return national(chosen.national, seed=chosen.seed)
    folder = chosen.data / "geocoding"
    with TemporaryDirectory() as scratch:
        streets = chosen.streets or Path(scratch) / "streets.sqlite"
        if chosen.streets is None:
            build_streets([folder / CORPUS], streets, communes=load_communes(), data_version="evaluation")
        measured = {"streets": streets, "rounds": chosen.rounds, "rows": chosen.rows, "seed": chosen.seed}
        try:
            with ExitStack() as ended:
                addok = chosen.addok or ended.enter_context(addok_serving(folder / CORPUS))
                document = side_by_side(folder, addok=addok, **measured)
        except FileNotFoundError as error:
            document = alone(folder, **measured)
            document.left_out("addok", error)
        document.save(chosen.json)
    return None


if __name__ == "__main__":
    main()
