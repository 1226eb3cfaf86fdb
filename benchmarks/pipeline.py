"""
The whole night on the real corpus: raw files of the producers in, a published release out.

`python benchmarks/pipeline.py` builds from nothing (cold), then again from the same files (unchanged), each in a process of its
own, and prints seconds, processor seconds and peak memory beside what the national pipeline was measured to cost.
`--out FOLDER` keeps the release.

The corpus is the newest file of each source in ../shared/data/places/raw beside the repository.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from measure import Document, add_json_option, peak_mb

RAW = Path(__file__).resolve().parents[2] / "shared" / "data" / "places" / "raw"
AS_OF = date(2026, 11, 21)
# Processor seconds of the national code, measured elsewhere on 23,357 rows of these sources with its geocoder and zoning taken
# out: making the records; uniting 8,000 of them; all of them were not united after 182 s, when it was stopped.
NATIONAL_TRANSFORM_S = 16.9
NATIONAL_UNFINISHED_S = 182.0


def corpus() -> list[Path]:
    """Newest file of each source; the names begin with the date."""
    chosen = []
    for folder in sorted(each for each in RAW.iterdir() if each.is_dir()):
        files = sorted(each for each in folder.iterdir() if each.is_file())
        # Two files of one day may be the two forms of one table: the later name is the form with more in it.
        chosen.append(files[-1])
    return chosen


def once(out: Path) -> dict[str, float]:
    """Figures of one build in this process, interpreter and imports included."""
    from mediation_geo.pipeline import build
    from mediation_geo.release import open_release

    path = build(corpus(), out=out, as_of=AS_OF)
    release = open_release(out)
    return {
        "cpu_s": time.process_time(),
        "peak_mb": peak_mb(),
        "records": len(release.records),
        "places": len(release.places),
        "bytes": sum(each.stat().st_size for each in path.rglob("*") if each.is_file()),
    }


def run(rounds: int, out: Path | None) -> Document:
    """Cold and unchanged builds, in turns."""
    document = Document("Whole pipeline")
    told: dict[str, list[dict[str, float]]] = {"cold": [], "unchanged": []}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as scratch:
            target = out if out is not None and number == rounds - 1 else Path(scratch)
            for kind, found in told.items():
                started = time.perf_counter()
                done = subprocess.run(
                    [sys.executable, __file__, "--once", str(target)], check=True, stdout=subprocess.PIPE, text=True
                )
                figures = json.loads(done.stdout.splitlines()[-1]) | {"wall_s": time.perf_counter() - started}
                found.append(figures)
                print(f"{kind}: {json.dumps(figures)}", flush=True)
    cold, unchanged = told["cold"], told["unchanged"]
    size = f"{cold[0]['records']:,.0f} records"
    cpu = {"ours, raw files to release": [each["cpu_s"] for each in cold]}
    document.row(f"{size}, processor", cpu | {"national code, records only": [NATIONAL_TRANSFORM_S]}, unit="s")
    document.row(f"{size} united too, processor", cpu | {"national code, stopped": [NATIONAL_UNFINISHED_S]}, unit="s")
    document.row(f"{size}, cold", {"ours": [each["wall_s"] for each in cold]}, unit="s")
    document.row(f"{size}, unchanged", {"ours": [each["wall_s"] for each in unchanged]}, unit="s")
    document.row(f"{size}, peak memory", {"ours": [each["peak_mb"] for each in cold]}, unit="MB")
    document.row(f"{cold[0]['places']:,.0f} places, size of the release", {"ours": [cold[0]["bytes"] / 1e6]}, unit="MB")
    document.note(
        "The national code was measured elsewhere: 23,357 rows made into records without its geocoder and zoning in 16.9 s of "
        "processor time; uniting them was stopped unfinished after 182 s, which is a lower bound."
    )
    return document


def main() -> None:
    """Run the night."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="keep the last release in this folder")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    add_json_option(parser)
    asked = parser.parse_args()
    if not RAW.is_dir():
        sys.exit("../shared/data/places/raw is absent: there is no real corpus to build from")
    if asked.once is not None:
        print(json.dumps(once(asked.once)))
        return
    run(asked.rounds, asked.out).save(asked.json)


if __name__ == "__main__":
    main()
