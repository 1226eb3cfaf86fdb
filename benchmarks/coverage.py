"""
Coverage beside its peers: each command times ours and a named peer in turns in one run and prints the ratio.

`python benchmarks/coverage.py nearest` 2.16 million cells to 25,000 places: shapely's STRtree and scikit-learn's BallTree.
`python benchmarks/coverage.py catchment` E2SFCA at 15 km, with numba, without, and PySAL's `access` on the same pairs (minutes).
`python benchmarks/coverage.py siting` 200 national sites, and HiGHS for a département.
`python benchmarks/coverage.py white` shares of 159,000 cells, and the raster they are read from beside rasterio.
`python benchmarks/coverage.py stream` 21.6 million cells in parts: seconds and peak memory.
`python benchmarks/coverage.py` all but `stream` and the peers that take minutes.

The grid and the places are the synthetic ones of ../shared/data/coverage beside the repository; they say nothing about France.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# numba asks for a module `coverage`, and would get this file from the folder of the script.
sys.path.pop(0)

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

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


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(title: str, contenders: dict[str, Callable[[], object]], *, rounds: int = ROUNDS) -> None:
    """Best wall time of each contender over interleaved rounds, and its ratio to the first."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            taken[name].append(seconds(work))
    first = min(each[0] for each in next(iter(taken.values())))
    print(f"\n{title}")
    for name, times in taken.items():
        wall, cpu = min(times)
        print(f"  {name:<34} {wall:8.2f} s wall {cpu:8.2f} s cpu   x {wall / first:7.1f}")


def peak_mb() -> float:
    """Most memory the process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
    except ImportError:
        print("scikit-learn is not installed: no BallTree")
    compare(f"nearest place: {len(cells):,} cells, {len(sites):,} places", contenders, rounds=2)


def catchment(*, peer: bool) -> None:
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
    compare("E2SFCA at 15 km", {"ours, numba": lambda: cv.catchment_e2sfca(cells, sites, decay=decay), "ours, numpy": plain})
    if peer:
        access_peer(cells, sites, decay)


def access_peer(cells: pd.DataFrame, sites: pd.DataFrame, decay: cv.Decay) -> None:
    """PySAL's access on the same pairs, which it must be given: finding them is not timed."""
    from access import Access, weights

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
    print(f"  largest relative difference: {(ours.loc[found.index] / found - 1).abs().max():.1e}")


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
    print(f"  Lozère, 10 sites: greedy {greedy:,.0f} of the optimum {best:,.0f} = {greedy / best:.1%}")
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
    print(f"  pixels that differ: {int((np.asarray(burned()) != raster.counts).sum())}")


def stream() -> None:
    """A grid of 21.6 million cells, in parts."""
    cells, sites = grid()[["lon", "lat"]], places()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.parquet"
        writer = None
        for piece in range(60):  # 21.6 million rows, a piece at a time
            part = finer(cells, pieces=1, seed=piece).assign(cell_id=np.arange(len(cells)) + piece * len(cells))
            table = pa.Table.from_pandas(part, preserve_index=False)
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None:
            writer.close()
        rows = pq.ParquetFile(path).metadata.num_rows
        wall, cpu = seconds(lambda: cv.nearest_parts(path, sites, Path(folder) / "out", rows_at_once=1_000_000))
        print(f"\n{rows:,} cells in parts of a million: {wall:.1f} s wall, {cpu:.1f} s cpu, peak {peak_mb():.0f} MB")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["nearest", "catchment", "siting", "white", "stream"])
    what = parser.parse_args().what
    if not FOLDER.is_dir():
        sys.exit(f"{FOLDER} is absent: these measurements need the synthetic grid")
    runs: dict[str, Callable[[], None]] = {
        "nearest": nearest,
        "catchment": lambda: catchment(peer=what == "catchment"),
        "siting": siting,
        "white": white,
        "stream": stream,
    }
    for name in [what] if what else ["nearest", "catchment", "siting", "white"]:
        runs[name]()


if __name__ == "__main__":
    main()
