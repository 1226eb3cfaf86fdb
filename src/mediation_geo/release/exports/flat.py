"""Places as flat tables and as features: what the exports that are not the official one have in common."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from mediation_geo.standard import PLACES, conform

__all__ = ["PUBLIC_COLUMNS", "flat", "positioned", "printable"]

# `place_id` is told once, as `id`; which record gave which value is in the GeoParquet release, not in an export for maps.
_LEFT_OUT = {"place_id", "provenance", "source_ids", "geometry"}
PUBLIC_COLUMNS = MappingProxyType({name: kind for name, kind in PLACES.items() if name not in _LEFT_OUT})


def flat(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Public columns with lists joined by `|` and days as text, for formats that know neither.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": ["p"], "services": [["A", "B"]], "date_maj": [pd.Timestamp("2026-01-02")]})
    >>> table = flat(gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([2], [48]), crs=4326))
    >>> table.loc[0, ["services", "date_maj"]].tolist()
    ['A|B', '2026-01-02']
    """
    conformed = conform(pd.DataFrame(places), PUBLIC_COLUMNS)
    columns: dict[str, Any] = {}
    for name, kind in PUBLIC_COLUMNS.items():
        if kind == "list":
            columns[name] = conformed[name].map("|".join, na_action="ignore").astype("str")
        elif kind == "date":
            columns[name] = conformed[name].dt.strftime("%Y-%m-%d")
        else:
            columns[name] = conformed[name]
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=places.geometry.to_numpy(), crs=places.crs)


def positioned(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Places that have a position, for formats that are nothing but maps.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame({"id": ["p", "q"]}, geometry=gpd.points_from_xy([2, 3], [48, 49]), crs=4326)
    >>> frame.loc[1, "geometry"] = None
    >>> positioned(frame)["id"].tolist()
    ['p']
    """
    return places[places.geometry.notna()].reset_index(drop=True)


def printable(text: str) -> str:
    r"""
    Text without the control characters that XML cannot hold, not even escaped.

    Examples
    --------
    >>> printable("Mairie\x0b de Lodève\n")
    'Mairie de Lodève\n'
    """
    return "".join(each for each in text if each >= " " or each in "\n\t")
