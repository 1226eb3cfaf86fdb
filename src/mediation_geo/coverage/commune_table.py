"""
The published table `communes-couverture`: for each commune the nearest place, people out of reach, white shares, places per head.

Communes, cells and places go in, one row a commune comes out, as a frame and as GeoParquet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from mediation_geo.coverage.communes import commune_of
from mediation_geo.coverage.disclosure import LEAST_HOUSEHOLDS, masked_small_counts
from mediation_geo.coverage.frames import require_columns, weights, with_territory
from mediation_geo.coverage.nearest import nearest_places_by
from mediation_geo.coverage.provenance import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["BEYOND_M", "cells_with_communes", "communes_coverage", "write_communes_coverage"]

BEYOND_M = (2_000.0, 5_000.0, 10_000.0, 20_000.0)


def communes_coverage(
    communes: gpd.GeoDataFrame,
    cells: pd.DataFrame,
    places: pd.DataFrame,
    *,
    white_shares: Sequence[str],
    beyond_m: Sequence[float] = BEYOND_M,
) -> gpd.GeoDataFrame:
    """
    One row a commune: population, nearest place and distance, people beyond distances, white shares, places per 10,000 people.

    Parameters
    ----------
    communes : geopandas.GeoDataFrame
        Columns `COMMUNES` (see `shipped_communes`), EPSG:4326.
    cells : pandas.DataFrame
        Where people live: `lon, lat`, `population`, `code_insee`; with `households` small counts are told by it.
    places : pandas.DataFrame
        `place_id`, position, and `code_insee` (found by position where missing). A place is near in its own territory only.
    white_shares : sequence of str
        Columns of the cells that are shares of a white zone, named `white_share_<definition>`; may be empty.
    beyond_m : sequence of float
        Metres.

    Returns
    -------
    geopandas.GeoDataFrame
        Sorted by `code_insee`: `code_insee, nom, code_departement, code_region, territory, population, nearest_place_id,
        nearest_distance_m` (from the town hall), `mean_distance_m` (weighted by people), `people_beyond_<km>km`, the white shares
        (weighted by people), `places, places_per_10000`, `support` (`grid`, or `town_hall` where no cell lies in the commune),
        `masked`, `geometry`.

    Notes
    -----
    People of the cells are scaled to the commune's legal population. Where a commune has fewer than 11 households in its cells
    (people where households are not known) its figures are hidden, and one more of the département if it would be the only one.

    Examples
    --------
    >>> from mediation_geo.coverage import shipped_communes, spread_population
    >>> lozere = shipped_communes(departement="48")
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.5], "lat": [44.52], "code_insee": ["48095"]})
    >>> table = communes_coverage(lozere, spread_population(lozere, size_m=2000), places, white_shares=[])
    >>> table.loc[table.code_insee == "48095", "people_beyond_10km"].tolist()
    [0.0]
    """
    names = {step: f"people_beyond_{step / 1000:g}km" for step in beyond_m}
    support = _support(communes, cells, places, white_shares)
    people = support["people"]
    sums = {"people": people, "weighted_distance": people * support["distance_m"], "households": support["households"]}
    sums |= {name: people.where(~(support["distance_m"] <= step), 0.0) for step, name in names.items()}
    sums |= {share: people * support[share] for share in white_shares}
    # An unknown share or distance stays unknown: min_count keeps the sum of nothing from being 0.
    by_commune = pd.DataFrame(sums).groupby(support["code_insee"]).sum(min_count=1)
    by_commune = by_commune.reindex(communes["code_insee"]).reset_index(drop=True)
    hall = nearest_places_by(communes[["lon", "lat", "territory"]], with_territory(places), key="territory")
    count = (
        cells_with_communes(places, communes)["code_insee"].value_counts().reindex(communes["code_insee"]).fillna(0).to_numpy()
    )
    population = communes["population"].to_numpy(dtype=np.float64)
    gridded = communes["code_insee"].isin(support.loc[support["from_grid"], "code_insee"].unique())
    known = by_commune["people"].where(by_commune["people"] > 0)
    table = communes.drop(columns=["lon", "lat", "geometry"]).assign(
        nearest_place_id=hall["place_id"].to_numpy(),
        nearest_distance_m=hall["distance_m"].to_numpy(),
        mean_distance_m=(by_commune["weighted_distance"] / known).to_numpy(),
        **{name: by_commune[name].to_numpy() for name in names.values()},
        **{share: (by_commune[share] / known).to_numpy() for share in white_shares},
        places=count.astype(np.int64),
        places_per_10000=np.divide(count * 10_000, population, out=np.full(len(count), np.nan), where=population > 0),
        support=np.where(gridded, "grid", "town_hall"),
    )
    figures = ["mean_distance_m", *names.values(), *white_shares]
    counted = table.assign(households=by_commune["households"].to_numpy())
    shown = masked_small_counts(
        counted, counts="households", figures=figures, within="code_departement", least=LEAST_HOUSEHOLDS
    ).drop(columns="households")
    result = gpd.GeoDataFrame(shown, geometry=communes.geometry.to_numpy(), crs="EPSG:4326").sort_values("code_insee")
    return recorded(
        result.reset_index(drop=True),
        "communes_coverage",
        inputs=[communes, cells, places],
        white_shares=list(white_shares),
        beyond_m=list(beyond_m),
    )


def write_communes_coverage(table: gpd.GeoDataFrame, path: Path) -> Path:
    """
    Write the table as GeoParquet 1.1 (EPSG:4326, zstd, bbox covering) with its provenance in the file's metadata.

    Examples
    --------
    >>> import shapely, tempfile
    >>> from mediation_geo.coverage import provenance_of
    >>> from pathlib import Path
    >>> table = gpd.GeoDataFrame({"code_insee": ["48095"]}, geometry=[shapely.box(3, 44, 4, 45)], crs=4326)
    >>> path = write_communes_coverage(recorded(table, "communes_coverage"), Path(tempfile.mkdtemp()) / "communes.parquet")
    >>> provenance_of(gpd.read_parquet(path))[0]["step"]
    'communes_coverage'
    """
    table.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)
    return path


def cells_with_communes(cells: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Cells, or places, with a commune for each: the one the frame says, else the one whose polygon holds the point.

    Examples
    --------
    >>> from mediation_geo.coverage import shipped_communes
    >>> cells = pd.DataFrame({"lon": [3.5, 3.5], "lat": [44.52, 44.52], "code_insee": [None, "48000"]})
    >>> cells_with_communes(cells, shipped_communes(departement="48")).code_insee.tolist()
    ['48095', '48000']
    """
    if "code_insee" in cells and cells["code_insee"].notna().all():
        return cells
    found = commune_of(cells, communes)
    return cells.assign(code_insee=cells["code_insee"].fillna(found) if "code_insee" in cells else found)


def town_halls_without_cells(communes: gpd.GeoDataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """
    Communes in whose cells nobody lives, each as one cell at its town hall with all its people, so that none is forgotten.

    Examples
    --------
    >>> from mediation_geo.coverage import shipped_communes
    >>> cells = pd.DataFrame({"code_insee": ["48095"], "population": [12.0]})
    >>> "48095" in town_halls_without_cells(shipped_communes(departement="48"), cells)["code_insee"].tolist()
    False
    """
    settled = cells.loc[cells["population"] > 0, "code_insee"].unique()
    bare = ~communes["code_insee"].isin(settled) & (communes["population"] > 0)
    return pd.DataFrame(communes.loc[bare, ["code_insee", "lon", "lat", "population"]]).reset_index(drop=True)


def _support(communes: gpd.GeoDataFrame, cells: pd.DataFrame, places: pd.DataFrame, white_shares: Sequence[str]) -> pd.DataFrame:
    """Cells of these communes, and the town hall of each commune that has none, with people scaled to legal populations."""
    require_columns(cells, ["population", *white_shares], what="cells")
    placed = cells_with_communes(cells, communes)
    inside = placed[placed["code_insee"].isin(communes["code_insee"])]
    counted = pd.Series(weights(inside, "population", what="cells"), index=inside.index)
    halls = town_halls_without_cells(communes, inside)
    columns = ["code_insee", "lon", "lat", "population", *white_shares]
    households = inside["households"].fillna(counted) if "households" in inside else counted
    grid = pd.DataFrame(inside[columns]).assign(from_grid=True, households=households)[counted > 0]
    town = pd.DataFrame(halls).reindex(columns=columns).assign(from_grid=False, households=halls["population"])
    support = pd.concat([grid, town.astype(dict.fromkeys(white_shares, "float64"))], ignore_index=True)
    legal = communes.set_index("code_insee")["population"].reindex(support["code_insee"]).to_numpy(dtype=np.float64)
    sums = support.groupby("code_insee")["population"].transform("sum").to_numpy(dtype=np.float64)
    scale = np.divide(legal, sums, out=np.ones(len(sums)), where=sums > 0)
    measured = nearest_places_by(with_territory(support), with_territory(places), key="territory")
    return measured.assign(people=support["population"] * scale)
