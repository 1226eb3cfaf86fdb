"""
The collections that are counted from a release: quality of each source by département, and how near help is to each commune.

Takes an open release and its index, returns tables; nothing here is stored, so the figures are those of the release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from mediation_geo.datasets import dataset_path
from mediation_geo.service.features.columns import Column
from mediation_geo.service.features.table import FeatureTable

if TYPE_CHECKING:
    from mediation_geo.release import Release
    from mediation_geo.search import PlaceIndex

__all__ = ["COVERAGE", "QUALITY", "coverage_table", "quality_table"]

QUALITY = "qualite-sources"
COVERAGE = "communes-couverture"

_ID = Column("id", "text", "Identifiant")
_QUALITY_COLUMNS = (
    _ID,
    Column("code_departement", "text", "Code département"),
    Column("source", "text", "Source"),
    Column("fiches", "integer", "Fiches"),
    Column("lieux", "integer", "Lieux réunis"),
    Column("sans_position", "integer", "Fiches sans position"),
    Column("position_imprecise", "integer", "Fiches situées à la commune seulement"),
    Column("sans_telephone", "integer", "Fiches sans téléphone"),
    Column("sans_horaires", "integer", "Fiches sans horaires"),
    Column("avertissements", "integer", "Avertissements relevés"),
    Column("date_maj", "date", "Mise à jour la plus récente"),
)
_COVERAGE_COLUMNS = (
    _ID,
    Column("code_insee", "text", "Code commune INSEE"),
    Column("nom", "text", "Commune"),
    Column("code_departement", "text", "Code département"),
    Column("code_region", "text", "Code région"),
    Column("population", "number", "Population"),
    Column("lieux", "integer", "Lieux dans la commune"),
    Column("lieu_le_plus_proche", "text", "Lieu le plus proche du centre"),
    Column("distance_m", "number", "Distance au lieu le plus proche (m)"),
)


def quality_table(release: Release) -> FeatureTable:
    """One feature for each source in each département, placed at the middle of the département's communes."""
    records, issues = release.records, release.issues
    warnings = issues.loc[issues["severity"] == "warning", "record_id"].value_counts()
    marked = pd.DataFrame(
        {
            "code_departement": records["code_departement"].astype("str"),
            "source": records["feed"],
            "place_id": records["place_id"],
            "sans_position": records["latitude"].isna(),
            "position_imprecise": records["position_precision"] == "municipality",
            "sans_telephone": records["telephone"].isna(),
            "sans_horaires": records["horaires"].isna(),
            "avertissements": records["record_id"].map(warnings).fillna(0).astype("int64"),
            "date_maj": records["date_maj"],
        }
    ).dropna(subset=["code_departement"])
    counted = marked.groupby(["code_departement", "source"], sort=True).agg(
        fiches=("place_id", "size"),
        lieux=("place_id", "nunique"),
        sans_position=("sans_position", "sum"),
        position_imprecise=("position_imprecise", "sum"),
        sans_telephone=("sans_telephone", "sum"),
        sans_horaires=("sans_horaires", "sum"),
        avertissements=("avertissements", "sum"),
        date_maj=("date_maj", "max"),
    )
    frame = counted.reset_index()
    middles = _communes().groupby("code_departement")[["lon", "lat"]].mean().reindex(frame["code_departement"])
    frame["id"] = frame["code_departement"] + "-" + frame["source"].str.replace(r"[^A-Za-z0-9._-]", "-", regex=True)
    return FeatureTable(frame, _QUALITY_COLUMNS, ids=frame["id"].tolist(), geometries=_points(middles), date_column="date_maj")


def coverage_table(release: Release, index: PlaceIndex) -> FeatureTable:
    """One feature for each commune of France, with its places and the distance from its centre to the nearest one."""
    communes = _communes()
    nearest = index.nearest_batch(communes["lon"], communes["lat"], k=1).set_index("query")
    frame = communes.assign(
        id=communes["code_insee"],
        lieux=communes["code_insee"].map(release.places["code_insee"].value_counts()).fillna(0).astype("int64"),
        lieu_le_plus_proche=nearest["place_id"].reindex(communes.index),
        distance_m=nearest["distance_m"].round(0).reindex(communes.index),
    )
    return FeatureTable(frame, _COVERAGE_COLUMNS, ids=frame["id"].tolist(), geometries=_points(frame))


def _communes() -> pd.DataFrame:
    names = ["code_insee", "nom", "type", "population", "lon", "lat", "code_departement", "code_region"]
    communes = pd.read_parquet(dataset_path("communes.parquet"), columns=names)
    kept = communes.loc[(communes["type"] == "commune") & communes["lon"].notna()]
    return kept.sort_values("code_insee").reset_index(drop=True)


def _points(frame: pd.DataFrame) -> Any:
    points = np.asarray(shapely.points(frame["lon"].to_numpy(), frame["lat"].to_numpy()), dtype=object)
    points[np.isnan(frame["lon"].to_numpy())] = None
    return points
