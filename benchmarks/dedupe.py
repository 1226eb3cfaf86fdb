"""
Deduplication beside its peers: seconds, processor seconds and memory at growing sizes, and ids over simulated nights.

    python benchmarks/dedupe.py speed --data ../shared/data --sizes 24000 48000 119000 262000 --splink /path/to/python
    python benchmarks/dedupe.py nights --data ../shared/data --nights 30

`speed` runs each rule in a process of its own, interleaved size by size, and prints a table of ratios. Larger registers are the
corpus repeated on moved ground (other communes, shifted positions), so that density stays what it is. The official rule is ours,
which gives the scores of the national pipeline about thirty times faster than its own code. Splink needs an interpreter that
has it (`pip install splink`); without one its rows are left out. `nights` edits one record in a hundred each night, takes some
away and brings some back, and prints the share of unchanged places that keep their id.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measure import Document, add_json_option, peak_mb

_START = dt.date(2024, 8, 1)
# Wide enough that no copy of the country overlaps another.
_SHIFT_DEGREES = 20.0
_OPAQUE_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def main() -> None:
    """Parse the command line and run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    speed = commands.add_parser("speed")
    speed.add_argument("--data", type=Path, default=Path("../shared/data"))
    speed.add_argument("--sizes", type=int, nargs="+", default=[24_000, 48_000, 119_000, 262_000])
    speed.add_argument("--splink", help="a Python interpreter that has splink")
    add_json_option(speed)
    nights = commands.add_parser("nights")
    nights.add_argument("--data", type=Path, default=Path("../shared/data"))
    nights.add_argument("--nights", type=int, default=30)
    once = commands.add_parser("once")
    once.add_argument("rule", choices=["model", "official"])
    once.add_argument("path", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "speed":
        document = Document("Deduplication")
        print(run_speed(arguments.data, arguments.sizes, splink=arguments.splink, document=document))
        document.save(arguments.json)
    elif arguments.command == "nights":
        print(run_nights(arguments.data, nights=arguments.nights))
    else:
        print(json.dumps(run_once(arguments.rule, arguments.path)))


def grown(records: pd.DataFrame, size: int) -> pd.DataFrame:
    """Register of `size` records: the corpus again and again, each time in other communes and on moved ground."""
    parts = []
    for copy in range(-(-size // len(records))):
        part = records.copy()
        part["record_id"] = f"{copy}-" + part["record_id"]
        part["longitude"] = (part["longitude"] + _SHIFT_DEGREES * copy + 180) % 360 - 180
        if copy:
            part["code_insee"] = part["code_insee"] + f"-{copy}"
            part["telephone"] = part["telephone"].str.slice(0, 3) + f"{copy % 10}" + part["telephone"].str.slice(4)
            part["id"] = [_other_id(each, copy=copy) for each in part["id"]]
            part["pivot"] = part["pivot"].str.slice(0, 12) + f"{copy:02d}"
            part["courriels"] = pd.Series(
                [[f"{copy}.{mail}" for mail in mails] if isinstance(mails, list) else None for mails in part["courriels"]],
                dtype=object,
            )
        parts.append(part)
    return pd.concat(parts, ignore_index=True).head(size)


def _other_id(published: str, *, copy: int) -> str:
    """Published id with another opaque part, or copies would be taken for the records they were made from."""
    return _OPAQUE_ID.sub(lambda found: hashlib.sha256(f"{copy} {found[0]}".encode()).hexdigest()[:24], published)


def run_speed(data: Path, sizes: list[int], *, splink: str | None, document: Document) -> str:
    """Table of seconds and megabytes, every contender at every size, each in its own process."""
    from mediation_geo.dedupe.truth import corpus

    records = corpus(data)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.pkl"
            grown(records, size).to_pickle(path)
            contenders = [("model", [sys.executable, __file__, "once", "model", str(path)])]
            contenders.append(("official rule", [sys.executable, __file__, "once", "official", str(path)]))
            if splink:
                plain = _for_splink(path)
                contenders.append(("splink", [splink, str(Path(__file__).with_name("dedupe_splink.py")), str(plain)]))
            for name, command in contenders:
                done = subprocess.run(command, check=name != "splink", capture_output=True, text=True)
                if done.returncode:
                    document.left_out("splink", done.stderr)
                    splink = None
                    continue
                told = json.loads(done.stdout.splitlines()[-1])
                rows.append({"records": size, "rule": name, **told})
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    table = pd.DataFrame(rows)
    for size, runs in table.groupby("records"):
        for column, unit in (("cpu_s", "s"), ("megabytes", "MB")):
            name = "processor" if unit == "s" else "peak memory"
            found = {rule: [value] for rule, value in zip(runs["rule"], runs[column], strict=True)}
            document.row(f"{size:,} records, {name}", found, unit=unit)
    for rule, runs in table.groupby("rule"):
        if len(runs) > 1:
            document.growth(f"deduplication, {rule}", runs["records"].tolist(), runs["cpu_s"].tolist(), unit="s")
    document.note(
        "The official rule is our reading of it, with the scores of the national code at about a thirtieth of its cost."
    )
    ours = table[table["rule"].eq("model")].set_index("records")
    for column in ("wall_s", "cpu_s", "megabytes"):
        table[f"{column} / ours"] = (table[column] / table["records"].map(ours[column])).round(2)
    lines = [table.to_string(index=False)]
    if len(ours) > 1:
        exponent = np.polyfit(np.log(ours.index.to_numpy(dtype=float)), np.log(ours["cpu_s"]), 1)[0]
        lines.append(f"growth of the model in processor seconds: records ^ {exponent:.2f}")
    return "\n".join(lines)


def run_once(rule: str, path: Path) -> dict[str, float]:
    """Figures of one run in this process; reading the records is not counted, importing is."""
    records = pd.read_pickle(path)
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    from mediation_geo.dedupe import deduplicate

    result = deduplicate(records, rule=rule, as_of=_START)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall_s": round(time.perf_counter() - started, 2),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
        "megabytes": round(_peak_mb()),
        "pairs": len(result.links),
        "places": len(result.places),
    }


def _peak_mb() -> float:
    """Peak of this program alone: what `getrusage` tells a child begins with the peak of the parent that grew the register."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return peak_mb()


def run_nights(data: Path, *, nights: int) -> str:
    """Share of places whose records were not touched and that still have their first id, night by night."""
    from mediation_geo.dedupe import Previous, deduplicate
    from mediation_geo.dedupe.truth import corpus

    generator = np.random.default_rng(1)
    current = corpus(data)
    touched: set[str] = set()
    away: list[pd.DataFrame] = []
    previous, events, lines = None, [], []
    first = None
    for night in range(nights + 1):
        if night:
            current, away = _edited(current, away, touched, generator, night=night)
        result = deduplicate(current, previous=previous, as_of=_START + dt.timedelta(days=night))
        events.append(result.events)
        previous = Previous.from_places(result.places, links=result.links, events=pd.concat(events))
        ids = dict(zip(result.members["record_id"], result.members["place_id"], strict=True))
        if first is None:
            first = result.members.groupby("place_id")["record_id"].agg(list).to_dict()
            continue
        untouched = {place: rows for place, rows in first.items() if touched.isdisjoint(rows) and ids.keys() >= set(rows)}
        kept = np.mean([all(ids[row] == place for row in rows) for place, rows in untouched.items()])
        if night % 5 == 0:
            lines.append(
                f"night {night:3}: {len(untouched)} untouched places, {kept:.4%} keep their id, {len(result.events)} events"
            )
    return "\n".join(lines)


def _edited(
    current: pd.DataFrame, away: list[pd.DataFrame], touched: set[str], generator: np.random.Generator, *, night: int
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """One night of news: 1 % of the records edited, 0.2 % gone, half of those gone before come back."""
    order = generator.permutation(len(current))
    edited, gone = order[: len(current) // 100], order[len(current) // 100 : len(current) // 100 + len(current) // 500]
    # Lists: a frame is copied column by column for each cell that is written.
    columns = {name: current[name].tolist() for name in ("nom", "adresse", "telephone", "latitude", "date_maj")}
    touched.update(current["record_id"].iloc[edited])
    for row in edited.tolist():
        name, adresse = columns["nom"][row], columns["adresse"][row]
        match generator.integers(5):
            case 0 if isinstance(name, str):
                columns["nom"][row] = name.upper()
            case 1 if isinstance(adresse, str):
                columns["adresse"][row] = adresse.replace("rue", "r.").replace("avenue", "av.")
            case 2:
                columns["telephone"][row] = f"+334{generator.integers(10**8):08d}"
            case 3:
                columns["latitude"][row] += generator.normal(0, 2e-4)
            case _:
                columns["date_maj"][row] = pd.Timestamp(_START) + pd.Timedelta(days=night)
    current = current.assign(**{name: pd.Series(cells, dtype=current[name].dtype) for name, cells in columns.items()})
    back, waiting = away[: len(away) // 2], away[len(away) // 2 :]
    waiting = waiting + [current.loc[[row]] for row in gone]
    return pd.concat([current.drop(index=gone), *back], ignore_index=True), waiting


def _for_splink(path: Path) -> Path:
    """Plain columns for a matcher that has no lists: normalised as ours, since normalising is not what is compared."""
    from mediation_geo.dedupe.normalise import prepare

    records = pd.read_pickle(path)
    told = prepare(records).columns
    table = pd.DataFrame({name: told[name] for name in ("core", "number", "street", "phone", "insee", "siret")})
    table.insert(0, "unique_id", np.arange(len(table)))
    table["mail"] = [mails[0] if isinstance(mails, list) else None for mails in records["courriels"]]
    table["lat"], table["lon"] = records["latitude"], records["longitude"]
    plain = path.with_suffix(".parquet")
    table.replace("", None).to_parquet(plain)
    return plain


if __name__ == "__main__":
    main()
