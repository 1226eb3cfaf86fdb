"""
The communes as a frame to measure coverage by: code, name, population, town hall, and polygon.

Comes in: the tables shipped with the package, or a GeoParquet of one's own. Goes out: a GeoDataFrame in EPSG:4326.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.lib
import shapely

from mediation_geo.coverage.archives import open_table
from mediation_geo.coverage.frames import identifiers, positions, require_columns, territory_of, weights
from mediation_geo.coverage.provenance import file_input, recorded
from mediation_geo.datasets import dataset_path
from mediation_geo.errors import CRSMismatch, SchemaMismatch, SourceUnavailable
from mediation_geo.standard.territories import DEPARTEMENTS, departement_of_commune

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMMUNES", "commune_of", "read_communes", "read_density_grid", "shipped_communes"]

COMMUNES = ("code_insee", "nom", "code_departement", "code_region", "territory", "population", "lon", "lat", "geometry")
_SYNONYMS = {"code": "code_insee", "departement": "code_departement", "region": "code_region"}


def shipped_communes(*, departement: str | None = None) -> gpd.GeoDataFrame:
    """
    Communes shipped with the package: COG 2026, legal populations, town halls, simplified polygons.

    Parameters
    ----------
    departement : str, optional
        Only those of this département.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns `COMMUNES`, EPSG:4326. `lon, lat` is the town hall, else the centre. Communes without polygon have none here.

    Raises
    ------
    SchemaMismatch
        If the département is unknown.

    Examples
    --------
    >>> lozere = shipped_communes(departement="48")
    >>> len(lozere) > 100, lozere.crs.to_epsg()
    (True, 4326)
    """
    table, polygons = dataset_path("communes.parquet"), dataset_path("communes_polygons.parquet")
    frame = pd.read_parquet(table)
    frame = frame[(frame["type"] == "commune") & frame["population"].notna()]
    frame = frame.assign(lon=frame["mairie_lon"].fillna(frame["lon"]), lat=frame["mairie_lat"].fillna(frame["lat"]))
    outlines = gpd.read_parquet(polygons).set_index("code_insee").geometry
    frame = frame[frame["lon"].notna()].assign(geometry=outlines.reindex(frame.loc[frame["lon"].notna(), "code_insee"]).array)
    files = [file_input(table, vintage="COG 2026"), file_input(polygons)]
    whole = _conform(gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326"), what="shipped communes")
    return recorded(_of_departement(whole, departement), "shipped_communes", files=files, departement=departement)


def read_communes(path: Path | str, *, vintage: str, departement: str | None = None) -> gpd.GeoDataFrame:
    """
    Communes of a GeoParquet file with a code, a population and polygons.

    Parameters
    ----------
    path : path
        GeoParquet, EPSG:4326, with `code_insee` (or `code`), `nom`, `population`.
    vintage : str
        Year of the codes and populations, such as `COG 2025`.
    departement : str, optional
        Only those of this département.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns `COMMUNES`; where the file has no town hall, `lon, lat` is a point inside the polygon.

    Raises
    ------
    SourceUnavailable
        If the file is not there.
    CRSMismatch
        If the polygons are in another system.
    SchemaMismatch
        If a column is absent, a code comes twice, or a population is negative.
    """
    source = Path(path)
    if not source.is_file():
        message = "the file of communes is not there"
        raise SourceUnavailable(message, path=str(source))
    try:
        frame = gpd.read_parquet(source).rename(columns=_SYNONYMS)
    except (ValueError, pyarrow.lib.ArrowInvalid) as error:
        message = f"is no GeoParquet of communes ({error})"
        raise SchemaMismatch(message, path=str(source)) from error
    if frame.crs != "EPSG:4326":
        message = f"{source.name}: communes are in {frame.crs}; expected EPSG:4326"
        raise CRSMismatch(message)
    if not {"lon", "lat"} <= set(frame.columns):
        inside = frame.geometry.representative_point()
        frame = frame.assign(lon=inside.x, lat=inside.y)
    whole = _conform(frame, what=source.name)
    files = [file_input(source, vintage=vintage)]
    return recorded(_of_departement(whole, departement), "read_communes", files=files, departement=departement)


def read_density_grid(path: Path | str, *, vintage: str) -> pd.DataFrame:
    r"""
    Density class of each commune, of INSEE's grille communale de densité in 3, 4 or 7 levels.

    Parameters
    ----------
    path : path
        CSV, or the workbook as INSEE publishes it, with `CODGEO`, `DENS` and mostly `LIBDENS`.
    vintage : str
        Edition, such as `2025`.

    Returns
    -------
    pandas.DataFrame
        `code_insee` (text), `density` (1, the densest, to 7), `density_name` as the file says it, missing where it does not.

    Raises
    ------
    SchemaMismatch
        If a column is absent, a commune comes twice, or a class is no number from 1 to 7.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "densite.csv"
    >>> _ = file.write_text("CODGEO;DENS;LIBDENS\n01001;6;Rural à habitat dispersé\n")
    >>> read_density_grid(file, vintage="2025").to_dict("records")
    [{'code_insee': '01001', 'density': 6, 'density_name': 'Rural à habitat dispersé'}]
    """
    source = Path(path)
    table = _workbook_table(source, "CODGEO") if source.suffix.lower() == ".xlsx" else open_table(source)
    table.columns = table.columns.str.lower()
    require_columns(table, ["codgeo", "dens"], what=source.name)
    classes = pd.to_numeric(table["dens"], errors="coerce")
    wrong = np.flatnonzero(~classes.isin(range(1, 8)))
    if wrong.size:
        message = (
            f"DENS of {table['codgeo'].iloc[wrong[0]]} is {str(table['dens'].iloc[wrong[0]])!r}; expected a class from 1 to 7"
        )
        raise SchemaMismatch(message, path=source.name)
    names = table["libdens"] if "libdens" in table else pd.Series(None, index=table.index)
    codes = table["codgeo"].astype("str").str.zfill(5)
    found = pd.DataFrame({"code_insee": codes, "density": classes.astype("int64"), "density_name": names.astype("str")})
    identifiers(found, "code_insee", what=source.name)
    return recorded(found, "read_density_grid", files=[file_input(source, vintage=vintage)])


def commune_of(points: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """
    Code of the commune whose polygon holds each point; missing where none does.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns `lon, lat` or `longitude, latitude`.
    communes : geopandas.GeoDataFrame
        EPSG:4326, `code_insee` and polygons.

    Examples
    --------
    >>> lozere = shipped_communes(departement="48")
    >>> commune_of(pd.DataFrame({"lon": [3.5, 0.0], "lat": [44.52, 0.0]}), lozere).tolist()
    ['48095', nan]
    """
    positions(communes, what="communes")
    lon, lat = positions(points, what="points")
    tree = shapely.STRtree(np.asarray(shapely.points(lon, lat)))
    owner, row = tree.query(communes.geometry.to_numpy(), predicate="intersects")
    # On a common border the smaller code wins, so that the order of rows does not matter.
    codes = communes["code_insee"].to_numpy()[owner]
    found = pd.DataFrame({"row": row, "code": codes}).groupby("row")["code"].min()
    return found.reindex(range(len(points))).astype("str").set_axis(points.index)


def departements_of(frame: pd.DataFrame, codes: Iterable[str]) -> pd.Series:
    """Département of each commune code, missing where its beginning is unknown."""
    return pd.Series(
        [departement_of_commune(each) if isinstance(each, str) else None for each in codes], frame.index, dtype="str"
    )


def _conform(frame: gpd.GeoDataFrame, *, what: str) -> gpd.GeoDataFrame:
    require_columns(frame, ["code_insee", "nom", "population", "lon", "lat"], what=what)
    identifiers(frame, "code_insee", what=what)
    weights(frame, "population", what=what)
    lon, lat = positions(frame, what=what)
    departement = departements_of(frame, frame["code_insee"])
    region = departement.map({code: each.code_region for code, each in DEPARTEMENTS.items()})
    territory = pd.Series(territory_of(lon, lat), index=frame.index, dtype="str")
    # A box holds no border: what the code says wins over the box (Saint-Martin and Saint-Barthélemy lie in one another's).
    territory = departement.map({code: each.territory for code, each in DEPARTEMENTS.items()}).fillna(territory)
    full = frame.assign(code_departement=departement, code_region=region, territory=territory)
    return full[list(COMMUNES)].sort_values("code_insee", ignore_index=True)


def _workbook_table(path: Path, header: str) -> pd.DataFrame:
    """Rows of the first sheet under the row that holds a column's name; INSEE writes titles above it."""
    if not path.is_file():
        message = "the file is not there"
        raise SourceUnavailable(message, path=str(path))
    sheet = pd.read_excel(path, header=None, dtype="str")
    rows = np.flatnonzero((sheet == header).any(axis=1))
    if not rows.size:
        message = f"no row of the first sheet holds {header}"
        raise SchemaMismatch(message, path=path.name)
    return sheet.iloc[rows[0] + 1 :].set_axis(sheet.iloc[rows[0]].astype("str"), axis=1).reset_index(drop=True)


def _of_departement(communes: gpd.GeoDataFrame, departement: str | None) -> gpd.GeoDataFrame:
    if departement is None:
        return communes
    chosen = communes[communes["code_departement"] == departement].reset_index(drop=True)
    if chosen.empty:
        known = ", ".join(sorted(communes["code_departement"].dropna().unique()))
        message = f"no commune of département {departement!r}; there are those of {known}"
        raise SchemaMismatch(message)
    return chosen
