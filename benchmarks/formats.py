"""
The table of places in the formats a user could ask for: seconds to write, seconds to read, bytes.

`python benchmarks/formats.py RELEASES` takes the current release of a folder, such as the one `pipeline.py --out` keeps, and
builds one of the same files where there is none.

Every format holds the same rows; lists become texts joined by `|` where a format has none, which is not timed. GeoParquet is
read back with its types; from CSV come texts only, and nobody is charged for what it does not give.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from measure import Document, add_json_option, interleaved
from pipeline import AS_OF, corpus

from mediation_geo.pipeline import build
from mediation_geo.release import current_id, open_release
from mediation_geo.release.geoparquet import write_geoparquet

OURS = "ours, GeoParquet"
FORMATS = {OURS: "parquet", "CSV": "csv", "GeoJSON": "geojson", "GeoPackage": "gpkg", "FlatGeobuf": "fgb"}
DRIVERS = {"GeoJSON": "GeoJSON", "GeoPackage": "GPKG", "FlatGeobuf": "FlatGeobuf"}


def flat(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Same rows with lists as texts."""
    texts = [name for name in places.columns if places[name].dtype == object]
    lists = [name for name in texts if places[name].map(lambda each: isinstance(each, list | np.ndarray)).any()]
    joined = {
        name: places[name].map(lambda each: "|".join(each) if isinstance(each, list | np.ndarray) else None) for name in lists
    }
    return places.assign(**joined)


def writers(places: gpd.GeoDataFrame, folder: Path) -> dict[str, Callable[[], Any]]:
    """What writes each format."""
    plain = flat(places)
    table = pd.DataFrame(plain.drop(columns="geometry"))
    found: dict[str, Callable[[], Any]] = {
        OURS: lambda: write_geoparquet(places, folder / "places.parquet"),
        "CSV": lambda: table.to_csv(folder / "places.csv", index=False),
    }
    for name, driver in DRIVERS.items():
        found[name] = lambda name=name, driver=driver: plain.to_file(folder / f"places.{FORMATS[name]}", driver=driver)
    return found


def readers(folder: Path) -> dict[str, Callable[[], Any]]:
    """What reads each format."""
    found: dict[str, Callable[[], Any]] = {
        OURS: lambda: gpd.read_parquet(folder / "places.parquet"),
        "CSV": lambda: pd.read_csv(folder / "places.csv", dtype="str"),
    }
    for name in DRIVERS:
        found[name] = lambda name=name: gpd.read_file(folder / f"places.{FORMATS[name]}")
    return found


def run(releases: Path, rounds: int) -> Document:
    """All formats, in turns."""
    places = open_release(releases).places
    # FlatGeobuf indexes no row without a point: nobody is given any.
    places = places[places.geometry.notna()].reset_index(drop=True)
    document = Document("File formats")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = f"{len(places):,} places"
        for what, contenders in (("write", writers(places, folder)), ("read", readers(folder))):
            taken = interleaved(contenders, rounds=rounds)
            document.row(f"{size}, {what}", {each: [cost.wall_s for cost in costs] for each, costs in taken.items()}, unit="s")
        sizes = {each: [(folder / f"places.{ending}").stat().st_size / 1e6] for each, ending in FORMATS.items()}
        document.row(f"{size}, on disk", sizes, unit="MB")
    for row in document.rows:
        print(row["what"], {each: [round(value, 2) for value in values] for each, values in row["contenders"].items()})
    return document


def main() -> None:
    """Read the command and run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    add_json_option(parser)
    asked = parser.parse_args()
    if current_id(asked.releases) is None:
        build(corpus(), out=asked.releases, as_of=AS_OF)
    run(asked.releases, asked.rounds).save(asked.json)


if __name__ == "__main__":
    main()
