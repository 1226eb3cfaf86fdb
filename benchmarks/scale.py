"""
Growth: what the whole night costs at one, ten and forty times the rows of today, and what follows for a hundred million.

`python benchmarks/scale.py run 25000 250000 1000000` makes a synthetic country of each size, runs the stages of the night over it
one after the other, each size in a process of its own, and prints a table: seconds of processor, peak memory and bytes a stage,
with the exponent of growth fitted over the sizes. `--json FILE` keeps the figures.
`python benchmarks/scale.py partitions 25000 --workers 2` unites the records of one size alone and on a dask cluster here.
`python benchmarks/scale.py make 1000 FOLDER` writes the files only.

The country is invented: places stand in real communes in proportion to their people, under names, streets and contacts drawn by
chance, and each is told by one to four sources, with the abbreviations, gaps and shifts that real sources have. A million rows
in one country are forty times as dense as today: for blocking that is the worst case, more so than forty countries.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mediation_geo.datasets import dataset_path

AS_OF = date(2026, 11, 21)
SOURCES = 8
# Rows a place, and how often a source knows a field: as in the national files of 2024.
COPIES = [0.72, 0.18, 0.07, 0.03]
KNOWN = {"telephone": 0.62, "courriels": 0.55, "site_web": 0.38, "horaires": 0.52, "latitude": 0.94, "pivot": 0.35}
KINDS = [
    ("Mairie", "MUNI"), ("France Services", "RFS"), ("Médiathèque", "BIB"), ("Bibliothèque", "BIB"), ("CCAS", "CCAS"),
    ("Centre social", "CS"), ("Mission locale", "ML"), ("Espace public numérique", "ASSO"), ("Association", "ASSO"),
    ("Maison de quartier", "CS"), ("MJC", "ASSO"), ("Point information jeunesse", "PIJ_BIJ"), ("Tiers-lieu", "TIERS_LIEUX"),
    ("Emmaüs Connect", "ASSO"), ("Régie de quartier", "REG"), ("Foyer rural", "ASSO"),
]  # fmt: skip
STREETS = [("rue", "rue"), ("avenue", "av."), ("place", "pl."), ("boulevard", "bd"), ("chemin", "ch."), ("impasse", "imp.")]
HOURS = ["Mo-Fr 09:00-12:00,14:00-17:00", "Tu-Sa 10:00-18:00", "Mo,We,Fr 08:30-12:30", "Mo-Fr 08:00-19:00; Sa 09:00-12:00"]
SERVICES = [
    "Aide aux démarches administratives",
    "Accès internet et matériel informatique",
    "Insertion professionnelle via le numérique",
]


def make(rows: int, folder: Path) -> list[Path]:
    """Files of the national standard with about so many rows together, one a source; the same for the same number."""
    random = np.random.default_rng(rows)
    copies = random.choice(len(COPIES), size=int(rows / np.dot(COPIES, np.arange(1, len(COPIES) + 1))), p=COPIES) + 1
    places = _places(len(copies), random)
    told = places.loc[places.index.repeat(copies)].reset_index(drop=True)
    # No source tells a place twice: the copies of one place go to sources that follow each other.
    turn = told.groupby("place").cumcount().to_numpy()
    told["source"] = (told["place"].to_numpy() * 5 + turn) % SOURCES
    told = _as_told(told, copy=turn > 0, random=random)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, table in told.groupby("source"):
        path = folder / f"source-{number}.csv"
        table.drop(columns=["source", "place", "abbreviated"]).assign(source=f"source-{number}").to_csv(path, index=False)
        paths.append(path)
    return paths


def _places(count: int, random: np.random.Generator) -> pd.DataFrame:
    communes = pd.read_parquet(dataset_path("communes.parquet"))
    communes = communes[(communes["type"] == "commune") & communes["lon"].notna() & (communes["population"] > 0)]
    at = communes.iloc[random.choice(len(communes), size=count, p=communes["population"] / communes["population"].sum())]
    kind = random.integers(len(KINDS), size=count)
    words, streets = _words(60_000, random), _words(20_000, random)
    frame = pd.DataFrame(
        {
            "place": np.arange(count),
            "commune": at["nom"].to_numpy(),
            "code_insee": at["code_insee"].to_numpy(),
            "code_postal": at["codes_postaux"].str[0].to_numpy(),
            "kind": np.array([name for name, _ in KINDS], dtype=object)[kind],
            "typologie": np.array([code for _, code in KINDS], dtype=object)[kind],
        }
    )
    word = pd.Series(words[random.zipf(1.3, size=count) % len(words)], dtype=object)
    # One town hall a commune: the second place of a kind bears a name of its own.
    plain = ~frame.duplicated(["code_insee", "kind"])
    frame["nom"] = frame["kind"] + np.where(
        plain, " de " + frame["commune"], " " + word + " " + words[random.integers(len(words), size=count)]
    )
    radius = at["radius_m"].to_numpy() * np.sqrt(random.random(count)) * 0.8
    angle = random.random(count) * 2 * np.pi
    frame["latitude"] = at["lat"].to_numpy() + radius * np.sin(angle) / 111_200
    frame["longitude"] = at["lon"].to_numpy() + radius * np.cos(angle) / (111_200 * np.cos(np.radians(at["lat"].to_numpy())))
    frame["number"] = random.integers(1, 120, size=count)
    # A commune has as many streets as its people need, so that neighbours share some.
    street = (
        frame["code_insee"].astype("category").cat.codes.to_numpy() * 31 + random.integers(0, 9 + at["population"] // 60)
    ) % len(streets)
    frame["way"] = random.integers(len(STREETS), size=count)
    frame["street"] = streets[street]
    frame["telephone"] = [f"+331{each:08d}" for each in random.integers(10_000_000, 99_999_999, size=count)]
    slug = word.astype(str) + frame["place"].astype(str)
    frame["courriels"] = "contact@" + slug + ".example"
    frame["site_web"] = "https://www." + slug + ".example/"
    frame["horaires"] = np.array(HOURS, dtype=object)[random.integers(len(HOURS), size=count)]
    frame["pivot"] = [f"{each:014d}" for each in random.integers(10**13, 10**14, size=count)]
    return frame.drop(columns="kind")


def _as_told(told: pd.DataFrame, *, copy: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    """The rows as sources write them: a copy abbreviates, shifts, shouts and forgets."""
    count = len(told)
    short = copy & (random.random(count) < 0.5)
    full, brief = (np.array(each, dtype=object)[told["way"]] for each in zip(*STREETS, strict=True))
    number = told["number"].astype(str).where(~(copy & (random.random(count) < 0.1)), "").to_numpy(dtype=object)
    told["adresse"] = (pd.Series(number) + " " + np.where(short, brief, full) + " " + told["street"]).str.strip()
    shouted = copy & (random.random(count) < 0.15)
    told["nom"] = told["nom"].where(~shouted, told["nom"].str.upper())
    told["nom"] = told["nom"].where(~short, told["nom"].str.replace("Médiathèque", "Mediatheque").str.replace(" de ", " "))
    shift = np.where(copy, random.exponential(30, size=count), 0.0) / 111_200
    told["latitude"] = (told["latitude"] + shift * random.choice([-1, 1], size=count)).round(6)
    told["longitude"] = (told["longitude"] + shift * random.choice([-1, 1], size=count)).round(6)
    for name, share in KNOWN.items():
        told[name] = told[name].astype(object).where(random.random(count) < share, None)
    told.loc[told["latitude"].isna(), "longitude"] = None
    days = random.integers(0, 900, size=count)
    told["date_maj"] = (np.datetime64(AS_OF) - days.astype("timedelta64[D]")).astype(str)
    told["services"] = np.array(SERVICES, dtype=object)[random.integers(len(SERVICES), size=count)]
    told["id"] = "lieu_" + pd.Series(random.permutation(count)).astype(str)
    told["abbreviated"] = short
    return told.drop(columns=["number", "way", "street"])


def _words(count: int, random: np.random.Generator) -> np.ndarray:
    """Invented proper names of two or three syllables."""
    heads = [
        "Ba",
        "Bel",
        "Cha",
        "Cor",
        "Da",
        "Du",
        "Fa",
        "Gar",
        "Ja",
        "La",
        "Mar",
        "Mo",
        "Nor",
        "Per",
        "Ro",
        "Sau",
        "Ta",
        "Val",
        "Ver",
    ]
    hearts = ["ba", "che", "da", "ga", "li", "lo", "mi", "no", "pi", "que", "ra", "ri", "sa", "ti", "va", "ve"]
    tails = ["bert", "court", "dal", "gnon", "lac", "lin", "mond", "nac", "rel", "ry", "sel", "tier", "val", "ville", "zan"]
    parts = [np.array(each, dtype=object)[random.integers(len(each), size=count)] for each in (heads, hearts, hearts, tails)]
    return np.where(random.random(count) < 0.5, parts[0] + parts[1] + parts[3], parts[0] + parts[1] + parts[2] + parts[3])


class Stages:
    """Processor seconds, wall seconds and peak memory of each stage of one process."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    @contextmanager
    def measured(self, stage: str) -> Iterator[dict[str, Any]]:
        """Note what is done inside under the name of a stage."""
        _forget_peak()
        row: dict[str, Any] = {"stage": stage}
        wall, cpu = time.perf_counter(), _cpu()
        yield row
        row |= {"cpu_s": _cpu() - cpu, "wall_s": time.perf_counter() - wall, "peak_mb": _peak_mb()}
        self.rows.append(row)
        print(
            f"  {stage:<10} {row['cpu_s']:9.1f} s CPU {row['wall_s']:9.1f} s {row['peak_mb']:9,.0f} MB",
            file=sys.stderr,
            flush=True,
        )


def _cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def _forget_peak() -> None:
    """Linux counts the peak anew after this word."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def one_size(rows: int, folder: Path) -> dict[str, Any]:
    """The stages of the night over one synthetic country, in this process."""
    from mediation_geo.dedupe import deduplicate
    from mediation_geo.ingest import read_source
    from mediation_geo.locate import locate
    from mediation_geo.release import open_release, write_release
    from mediation_geo.search import PlaceIndex
    from mediation_geo.standard import concat_issues

    stages = Stages()
    paths = make(rows, folder / "raw")
    with stages.measured("read"):
        results = [read_source(path, feed=path.stem) for path in paths]
        records = pd.concat([each.table for each in results], ignore_index=True)
        issues = [each.issues for each in results]
        del results
    with stages.measured("locate"):
        located = locate(records)
        del records
    with stages.measured("dedupe"):
        united = deduplicate(located.table, as_of=AS_OF)
    count, links = len(located.table), len(united.links)
    with stages.measured("write"):
        told = located.table.merge(united.members, on="record_id", how="left", validate="one_to_one")
        path = write_release(
            folder / "releases", places=united.places, records=told, links=united.links, events=united.events,
            issues=concat_issues([*issues, located.issues, united.issues]), manifest={"as_of": AS_OF.isoformat(), "demo": True},
        )  # fmt: skip
    places = len(united.places)
    del located, united, told, issues
    with stages.measured("serve"):
        release = open_release(path)
        index = PlaceIndex.from_places(release.places)
        index.nearest(2.35, 48.85, k=5)
    return {
        "rows": count,
        "places": places,
        "links": links,
        "raw_bytes": sum(each.stat().st_size for each in paths),
        "release_bytes": sum(each.stat().st_size for each in path.iterdir()),
        "stages": stages.rows,
    }


def run(sizes: list[int], *, scratch: Path | None) -> list[dict[str, Any]]:
    """Every size in a process of its own, so that none inherits the memory of another."""
    runs = []
    for rows in sizes:
        print(f"{rows:,} rows", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            told = subprocess.run(
                [sys.executable, __file__, "one", str(rows), folder], check=True, stdout=subprocess.PIPE, text=True
            )
            runs.append(json.loads(told.stdout))
    return runs


def partitions(rows: int, *, workers: int) -> None:
    """The same records united in this process and on a cluster of processes, by turns: seconds, and whether all bytes agree."""
    from distributed import Client, LocalCluster

    from mediation_geo.dedupe import deduplicate
    from mediation_geo.dedupe.partition import deduplicate_on
    from mediation_geo.ingest import read_source
    from mediation_geo.locate import locate

    with tempfile.TemporaryDirectory() as folder:
        paths = make(rows, Path(folder))
        records = locate(pd.concat([read_source(path, feed=path.stem).table for path in paths], ignore_index=True)).table
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster,
        Client(cluster) as client,
    ):
        deduplicate_on(client, records.head(100), as_of=AS_OF)  # workers import the package
        walls: dict[str, list[tuple[float, float]]] = {"alone": [], "cluster": []}
        for _ in range(3):
            alone = _timed(walls["alone"], lambda: deduplicate(records, as_of=AS_OF))
            spread = _timed(walls["cluster"], lambda: deduplicate_on(client, records, as_of=AS_OF))
    same = all(getattr(alone, name).equals(getattr(spread, name)) for name in ("places", "members", "links", "issues", "events"))
    (wall, cpu), (wall_on, cpu_on) = (np.median(walls[name], axis=0) for name in ("alone", "cluster"))
    print(f"{len(records):,} records, {workers} workers, medians of 3 by turns; results equal: {same}")
    print(f"alone    {wall:7.1f} s, {cpu:7.1f} s of processor here")
    print(f"cluster  {wall_on:7.1f} s, {cpu_on:7.1f} s of processor here; {wall / wall_on:.2f} times as fast")


def _timed(walls: list[tuple[float, float]], work: Callable[[], Any]) -> Any:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    walls.append((time.perf_counter() - wall, time.process_time() - cpu))
    return result


def exponent(sizes: list[float], costs: list[float]) -> float:
    """Slope of the cost over the size, both as logarithms: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(costs, 1e-9)), 1)[0])


def report(runs: list[dict[str, Any]]) -> None:
    """Table of the stages, the exponents and the totals."""
    rows = [each["rows"] for each in runs]
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; CPU seconds and peak MB by rows")
    print(f"{'stage':<10}" + "".join(f"{each:>22,}" for each in rows) + f"{'exponent':>12}")
    table = {each["stage"]: [] for each in runs[0]["stages"]}
    for one in runs:
        for stage in one["stages"]:
            table[stage["stage"]].append(stage)
    for name, found in table.items():
        cells = "".join(f"{each['cpu_s']:>12.1f} s {each['peak_mb']:>6,.0f} M" for each in found)
        print(f"{name:<10}{cells}{_slope(rows, [each['cpu_s'] for each in found]):>12}")
    # A server starts later and elsewhere: what it loads is no part of the night.
    night = [[each for each in one["stages"] if each["stage"] != "serve"] for one in runs]
    total = [sum(each["cpu_s"] for each in one) for one in night]
    peak = [max(each["peak_mb"] for each in one) for one in night]
    cells = "".join(f"{seconds:>12.1f} s {mb:>6,.0f} M" for seconds, mb in zip(total, peak, strict=True))
    print(f"{'the night':<10}{cells}{_slope(rows, total):>12}")
    for name in ("places", "links", "raw_bytes", "release_bytes"):
        values = [each[name] for each in runs]
        print(f"{name:<10}" + "".join(f"{each:>22,}" for each in values) + f"{_slope(rows, values):>12}")


def _slope(rows: list[float], costs: list[float]) -> str:
    return f"{exponent(rows, costs):.2f}" if len(rows) > 1 else "-"


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("rows", type=int)
    making.add_argument("folder", type=Path)
    one = commands.add_parser("one")
    one.add_argument("rows", type=int)
    one.add_argument("folder", type=Path)
    several = commands.add_parser("run")
    several.add_argument("rows", type=int, nargs="+")
    several.add_argument("--json", type=Path)
    several.add_argument("--scratch", type=Path, help="where the files of a run are kept while it lasts")
    spread = commands.add_parser("partitions")
    spread.add_argument("rows", type=int)
    spread.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    handlers: dict[str, Callable[[], None]] = {
        "make": lambda: print("\n".join(map(str, make(asked.rows, asked.folder)))),
        "one": lambda: print(json.dumps(one_size(asked.rows, asked.folder))),
        "run": lambda: _run_and_tell(asked),
        "partitions": lambda: partitions(asked.rows, workers=asked.workers),
    }
    handlers[asked.command]()


def _run_and_tell(asked: argparse.Namespace) -> None:
    runs = run(asked.rows, scratch=asked.scratch)
    if asked.json:
        asked.json.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    report(runs)


if __name__ == "__main__":
    main()
