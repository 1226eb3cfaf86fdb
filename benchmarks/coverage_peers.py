"""
Coverage beside its peers: each command times ours and a named peer in turns in one run and prints the ratio.

`python benchmarks/coverage_peers.py nearest` 2.16 million cells to 25,000 places: shapely's STRtree and scikit-learn's BallTree.
`python benchmarks/coverage_peers.py catchment` E2SFCA at 15 km, with numba and without.
`python benchmarks/coverage_peers.py access` E2SFCA at 15 km beside PySAL's `access` on the same pairs (minutes).
`python benchmarks/coverage_peers.py siting` 200 national sites, and HiGHS for a département.
`python benchmarks/coverage_peers.py white` shares of 159,000 cells, and the raster they are read from beside rasterio.
`python benchmarks/coverage_peers.py stream` 21.6 million cells in parts: seconds and peak memory.
`python benchmarks/coverage_peers.py cluster` the same parts by two dask workers, byte by byte.
`python benchmarks/coverage_peers.py peers` all of them.

The grid and the places are the synthetic ones of ../shared/data/coverage beside the repository; they say nothing about France.
"""

from __future__ import annotations

import argparse
import filecmp
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from measure import Document, add_json_option, cost, interleaved, peak_mb

from mediation_geo import coverage as cv
from mediation_geo.coverage.frames import project

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "coverage"
ROUNDS = 3


def grid() -> pd.DataFrame:
    """Synthetic cells of 1 km."""
    return cv.read_grid_centres(FOLDER / "SYNTHETIC_cells1km.parquet", epsg=3035, size_m=1000, vintage="synthetic")


def places() -> pd.DataFrame:
    """Synthetic places with a capacity."""
    return cv.read_places(FOLDER / "SYNTHETIC_places25k.parquet")[["place_id", "lon", "lat", "capacity"]]


def finer(cells: pd.DataFrame, *, pieces: int, seed: int = 0) -> pd.DataFrame:
    """As many cells for each as asked, scattered within half a kilometre."""
    generator = np.random.default_rng(seed)
    lon, lat = (np.repeat(cells[name].to_numpy(), pieces) for name in ("lon", "lat"))
    return pd.DataFrame(
        {"lon": lon + generator.uniform(-0.006, 0.006, len(lon)), "lat": lat + generator.uniform(-0.004, 0.004, len(lat))}
    )


DOCUMENT = Document("Coverage")


def compare(title: str, contenders: dict[str, Callable[[], object]], *, rounds: int = ROUNDS) -> None:
    """Wall seconds of each contender over interleaved rounds, printed and kept for the report."""
    taken = interleaved(contenders, rounds=rounds)
    DOCUMENT.row(title, {name: [each.wall_s for each in costs] for name, costs in taken.items()}, unit="s")
    first = min(each.wall_s for each in next(iter(taken.values())))
    print(f"\n{title}")
    for name, costs in taken.items():
        wall, cpu = min(costs)
        print(f"  {name:<34} {wall:8.2f} s wall {cpu:8.2f} s cpu   x {wall / first:7.1f}", flush=True)


def nearest() -> None:
    """Nearest place of 2.16 million cells."""
    cells, sites = finer(grid(), pieces=6), places()
    lon, lat = cells["lon"].to_numpy(), cells["lat"].to_numpy()
    x, y = project(lon, lat, source_epsg=4326, target_epsg=2154)
    px, py = project(sites["lon"].to_numpy(), sites["lat"].to_numpy(), source_epsg=4326, target_epsg=2154)

    def strtree() -> object:
        tree = shapely.STRtree(shapely.points(px, py))
        return tree.query_nearest(shapely.points(x, y), return_distance=True, all_matches=False)

    contenders: dict[str, Callable[[], object]] = {
        "ours, geodesic": lambda: cv.nearest_places(cells, sites),
        "STRtree, Lambert-93": strtree,
    }
    try:
        from sklearn.neighbors import BallTree

        radians = np.radians(np.column_stack([lat, lon]))
        tree = BallTree(np.radians(sites[["lat", "lon"]].to_numpy()), metric="haversine")
        contenders["BallTree, haversine"] = lambda: tree.query(radians, k=1)
    except ImportError as error:
        DOCUMENT.left_out("BallTree", error)
    compare(f"nearest place: {len(cells):,} cells, {len(sites):,} places", contenders)


def catchment() -> None:
    """E2SFCA over the country."""
    cells, sites = grid(), places()
    decay = cv.Decay.zones(radius_m=15_000)
    before = peak_mb()

    def plain() -> object:
        kept = sys.modules.pop("mediation_geo.coverage.kernels", None)
        sys.modules["mediation_geo.coverage.kernels"] = None  # type: ignore[assignment]
        try:
            return cv.catchment_e2sfca(cells, sites, decay=decay)
        finally:
            del sys.modules["mediation_geo.coverage.kernels"]
            if kept is not None:
                sys.modules["mediation_geo.coverage.kernels"] = kept

    plain()
    print(f"memory above the {before:.0f} MB of inputs: {peak_mb() - before:.0f} MB without numba")
    cv.catchment_e2sfca(cells, sites, decay=decay)  # compile
    compare(
        "E2SFCA at 15 km", {"ours, numba": lambda: cv.catchment_e2sfca(cells, sites, decay=decay), "ours without numba": plain}
    )


def access() -> None:
    """PySAL's access on the same pairs, which it must be given: finding them is not timed."""
    try:
        from access import Access, weights
    except ImportError as error:
        DOCUMENT.left_out("PySAL access", error)
        return
    cells, sites = grid(), places()
    decay = cv.Decay.zones(radius_m=15_000)
    from mediation_geo.coverage.neighbours import SourceRows, neighbour_pairs
    from mediation_geo.geodesy import geodesic_distance_m

    rows = SourceRows(sites["lon"].to_numpy(), sites["lat"].to_numpy(), radius_m=15_000)
    origin, dest = neighbour_pairs(rows, cells["lon"].to_numpy(), cells["lat"].to_numpy(), radius_m=15_000)
    homes = [cells[name].to_numpy()[origin] for name in ("lon", "lat")]
    metres = geodesic_distance_m(*homes, *(sites[name].to_numpy()[dest] for name in ("lon", "lat")))
    costs = pd.DataFrame({"origin": origin, "dest": dest, "metres": metres})
    names = {"cost_origin": "origin", "cost_dest": "dest", "cost_name": "metres"}
    peer = Access(
        demand_df=cells.rename_axis("origin").reset_index()[["origin", "population"]],
        demand_index="origin",
        demand_value="population",
        supply_df=sites.rename_axis("dest").reset_index()[["dest", "capacity"]],
        supply_index="dest",
        supply_value="capacity",
        cost_df=costs,
        neighbor_cost_df=costs,
        **names,
        **{f"neighbor_{key}": value for key, value in names.items()},
    )
    steps = weights.step_fn(dict(zip(decay.edges_m, decay.weights, strict=True)))
    theirs: list[pd.DataFrame] = []
    contenders = {
        "ours": lambda: cv.catchment_e2sfca(cells, sites, decay=decay),
        "PySAL access": lambda: theirs.append(peer.enhanced_two_stage_fca(name="e", max_cost=15_000, weight_fn=steps)),
    }
    compare(f"E2SFCA beside access, {len(costs):,} pairs given", contenders, rounds=1)
    ours = cv.catchment_e2sfca(cells, sites, decay=decay).cells["access"]
    found = theirs[0]["e_capacity"]
    DOCUMENT.note(f"E2SFCA beside access: largest relative difference {(ours.loc[found.index] / found - 1).abs().max():.1e}.")
    print("  " + DOCUMENT.notes[-1])


def siting() -> None:
    """Sites for the country and for one département."""
    cells, sites = grid(), places()
    generator = np.random.default_rng(0)
    few = sites.iloc[np.sort(generator.choice(len(sites), 3_000, replace=False))]
    beyond = cv.MediationGap(name="loin", distance_m=5_000, service="any")
    far = cv.mediation_gap(cv.nearest_places(cells, few), definition=beyond)
    communes = cv.shipped_communes()
    mainland = communes[communes["territory"] == "metropole"].rename(columns={"code_insee": "site_id"})
    compare(
        f"200 sites for {len(far):,} cells beyond 5 km, {len(mainland):,} candidates",
        {"greedy": lambda: cv.site_greedy(far, mainland, radius_m=5_000, count=200)},
    )
    lozere = mainland[mainland["code_departement"] == "48"]
    near = far[far["code_insee"].str[:2] == "48"]
    greedy = cv.site_greedy(near, lozere, radius_m=5_000, count=10)["people_added"].sum()
    best = cv.site_exact(near, lozere, radius_m=5_000, count=10, time_limit_s=60).attrs["people_reached"]
    DOCUMENT.note(f"Lozère, 10 sites: greedy {greedy:,.0f} people of the optimum {best:,.0f}, {greedy / best:.1%}.")
    print("  " + DOCUMENT.notes[-1])
    contenders = {
        "greedy": lambda: cv.site_greedy(near, lozere, radius_m=5_000, count=10),
        "HiGHS": lambda: cv.site_exact(near, lozere, radius_m=5_000, count=10, time_limit_s=60),
    }
    compare("Lozère, 10 sites", contenders)


def white() -> None:
    """Pixels and shares."""
    bounds = (700_000.0, 6_400_000.0, 900_000.0, 6_600_000.0)
    layers = cv.demo_mobile_layers(bounds, epsg=2154, quarter="2026_T2", sites=150, seed=0)
    zone = cv.MobileWhiteZone(name="z", techno="4G", level="BC", max_operators=0, quarter="2026_T2", population="none")
    operators = sorted(layers["operator"].unique())
    raster = cv.operator_raster(layers, definition=zone, operators=operators, bounds=bounds)
    x, y = np.meshgrid(np.arange(710_000.0, 890_000.0, 450.0), np.arange(6_410_000.0, 6_590_000.0, 450.0))
    lon, lat = project(x.ravel(), y.ravel(), source_epsg=2154, target_epsg=4326)
    east, north = project(lon, lat, source_epsg=4326, target_epsg=3035)
    cells = cv.parse_grid_ids(cv.grid_ids(east, north, epsg=3035, size_m=200).drop_duplicates())
    compare(f"white shares of {len(cells):,} cells, 16 points each", {"ours": lambda: cv.white_shares(cells, raster)})

    def burned() -> object:
        from rasterio.features import rasterize
        from rasterio.transform import from_origin

        transform = from_origin(bounds[0], bounds[3], 50, 50)
        chosen = layers[layers["niveau"].isin(["BC", "TBC"])]
        kept = {"out_shape": raster.masks.shape, "transform": transform}
        return sum(rasterize(chosen.geometry[chosen["operator"] == each], **kept)[::-1].astype(int) for each in operators)

    def filled() -> object:
        return cv.operator_raster(layers, definition=zone, operators=operators, bounds=bounds)

    contenders = {"ours, scanline": filled, "rasterio": burned}
    vertices = int(shapely.get_num_coordinates(layers.geometry.to_numpy()).sum())
    compare(f"operators in {raster.masks.size:,} pixels from {vertices:,} vertices", contenders)
    DOCUMENT.note(f"Pixels that differ from rasterio's: {int((np.asarray(burned()) != raster.counts).sum())}.")
    print("  " + DOCUMENT.notes[-1])


@contextmanager
def large_grid() -> Iterator[Path]:
    """Folder with `cells.parquet`: 21.6 million rows, written a piece at a time."""
    cells = grid()[["lon", "lat"]]
    with tempfile.TemporaryDirectory() as name:
        folder, writer = Path(name), None
        for piece in range(60):
            part = finer(cells, pieces=1, seed=piece).assign(cell_id=np.arange(len(cells)) + piece * len(cells))
            table = pa.Table.from_pandas(part, preserve_index=False)
            writer = writer or pq.ParquetWriter(folder / "cells.parquet", table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()
        yield folder


def stream() -> None:
    """A grid of 21.6 million cells, in parts."""
    sites = places()
    with large_grid() as folder:
        path = folder / "cells.parquet"
        rows = pq.ParquetFile(path).metadata.num_rows
        taken = cost(lambda: cv.nearest_parts(path, sites, folder / "out", rows_at_once=1_000_000))
        DOCUMENT.row(f"{rows:,} cells in parts of a million", {"ours": [taken.wall_s]}, unit="s")
        DOCUMENT.row(f"{rows:,} cells in parts, peak memory", {"ours": [peak_mb()]}, unit="MB")
        print(f"\n{rows:,} cells in parts of a million: {taken.wall_s:.1f} s, {taken.cpu_s:.1f} s cpu, peak {peak_mb():.0f} MB")


def cluster() -> None:
    """The same grid by two workers of dask: the bytes must be those of one process."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        DOCUMENT.left_out("dask workers", error)
        return
    sites = places()
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with large_grid() as folder:
        path = folder / "cells.parquet"
        alone = cost(lambda: cv.nearest_parts(path, sites, folder / "alone", rows_at_once=1_000_000))
        with LocalCluster(processes=True, local_directory=str(folder), **options) as workers, Client(workers) as client:
            together = cost(lambda: cv.nearest_parts_on(client, path, sites, folder / "together", rows_at_once=1_000_000))
        names = sorted(each.name for each in (folder / "alone").iterdir())
        same = filecmp.cmpfiles(folder / "alone", folder / "together", names, shallow=False)[0]
        times = {"ours, one process": [alone.wall_s], "ours, two dask workers": [together.wall_s]}
        DOCUMENT.row("21.6 million cells, alone and on a cluster here", times, unit="s")
        DOCUMENT.note(f"{len(same)} of {len(names)} parts of the cluster are the same to the byte.")
        print(f"\none process {alone.wall_s:.1f} s, two workers {together.wall_s:.1f} s; {DOCUMENT.notes[-1]}")


RUNS: dict[str, Callable[[], None]] = {
    "stream": stream,  # first: its peak memory is that of the process
    "nearest": nearest,
    "catchment": catchment,
    "access": access,
    "siting": siting,
    "white": white,
    "cluster": cluster,
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*RUNS, "peers"])
    add_json_option(parser)
    asked = parser.parse_args()
    if not FOLDER.is_dir():
        sys.exit("../shared/data/coverage is absent: these measurements need the synthetic grid")
    for name in RUNS if asked.what == "peers" else [asked.what]:
        RUNS[name]()
    DOCUMENT.save(asked.json)


if __name__ == "__main__":
    main()
