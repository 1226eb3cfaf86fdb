"""
Print how well the shipped positions and polygons agree with an independent list of commune centres and boxes.

In: a JSON object ``{code_insee: {"center": [lon, lat], "bbox": [xmin, ymin, xmax, ymax]}}``, as the national address base's
platform publishes. Out: shares and distances on standard output: ``python datasets/check_positions.py FILE``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Geod

from mediation_geo.datasets import dataset_path

ROUNDING_DEGREES = 0.001  # the reference boxes have three decimals


def read_reference(path: Path) -> pd.DataFrame:
    """Centre and box of each commune of the reference, by ``code_insee``."""
    communes = json.loads(path.read_text(encoding="utf-8"))
    columns = ["centre_lon", "centre_lat", "west", "south", "east", "north"]
    rows = {code: [*commune["center"], *commune["bbox"]] for code, commune in communes.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)


def points_in_boxes(communes: pd.DataFrame, reference: pd.DataFrame) -> pd.Series:
    """Whether the shipped point of each current commune with a position lies in the box of the reference."""
    current = communes.loc[communes["type"].eq("commune") & communes["lon"].notna()].set_index("code_insee")
    both = current.join(reference, how="inner")
    margin = ROUNDING_DEGREES
    return both["lon"].between(both["west"] - margin, both["east"] + margin) & both["lat"].between(
        both["south"] - margin, both["north"] + margin
    )


def centres_in_polygons(polygons: gpd.GeoDataFrame, reference: pd.DataFrame) -> pd.Series:
    """Whether the polygon of each commune contains the centre of the reference."""
    shapes = polygons.set_index("code_insee").geometry
    both = reference.loc[reference.index.isin(shapes.index)]
    centres = gpd.GeoSeries.from_xy(both["centre_lon"], both["centre_lat"], index=both.index, crs="EPSG:4326")
    return centres.within(shapes.loc[both.index])


def distances_m(communes: pd.DataFrame, reference: pd.DataFrame) -> pd.Series:
    """Metres between the shipped point and the centre of the reference, geodesic."""
    current = communes.loc[communes["type"].eq("commune") & communes["lon"].notna()].set_index("code_insee")
    both = current.join(reference, how="inner")
    _, _, metres = Geod(ellps="WGS84").inv(both["lon"], both["lat"], both["centre_lon"], both["centre_lat"])
    return pd.Series(metres, index=both.index)


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path)
    reference = read_reference(parser.parse_args().reference)
    communes = pd.read_parquet(dataset_path("communes.parquet"))
    inside = points_in_boxes(communes, reference)
    print(f"shipped points in the reference box: {inside.sum():,} of {len(inside):,}")
    contained = centres_in_polygons(gpd.read_parquet(dataset_path("communes_polygons.parquet")), reference)
    print(f"reference centres in the shipped polygon: {contained.sum():,} of {len(contained):,} ({contained.mean():.2%})")
    metres = distances_m(communes, reference)
    quantiles = np.percentile(metres, [50, 90, 99])
    print("distance of the two points, median, 90 %, 99 %:", ", ".join(f"{quantile:,.0f} m" for quantile in quantiles))


if __name__ == "__main__":
    main()
