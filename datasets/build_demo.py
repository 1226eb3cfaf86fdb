"""
Build the demo sources: about 1,400 invented records in the four published dialects, and the truth about them.

In: the shipped commune table and polygons. Out: five files in ``src/mediation_geo/datasets/demo/``, the same bytes each time,
and the counts on standard output. Run from the root of the repository: ``python datasets/build_demo.py``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
from demo_files import number_rows, write_files, write_truth
from demo_places import invent_places
from demo_records import sight_places

from mediation_geo.datasets import dataset_path

OUTPUT = Path(__file__).parent.parent / "src" / "mediation_geo" / "datasets" / "demo"
SEED = 2026


def build_files(*, seed: int) -> dict[str, bytes]:
    """Bytes of the four sources and of ``planted.json``, by file name."""
    communes = pd.read_parquet(dataset_path("communes.parquet"))
    places = invent_places(communes, gpd.read_parquet(dataset_path("communes_polygons.parquet")), seed=seed)
    rows = number_rows(sight_places(places, seed=seed), seed=seed)
    return {**write_files(rows), "planted.json": write_truth(places, rows, seed=seed)}


def print_counts(files: dict[str, bytes]) -> None:
    """Print the size of each file and how often each fault was planted."""
    for name, content in files.items():
        print(f"{name:24}{len(content):>10,} bytes")
    print(f"{'total':24}{sum(map(len, files.values())):>10,} bytes")
    truth = json.loads(files["planted.json"])
    print(f"{len(truth['places'])} places, rows: {truth['rows']}")
    for mark, count in truth["counts"].items():
        print(f"  {mark:32}{count:>5}")


def main() -> None:
    """Read the command line, build, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUTPUT)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    files = build_files(seed=SEED)
    for name, content in files.items():
        (options.out / name).write_bytes(content)
    print_counts(files)


if __name__ == "__main__":
    main()
