"""
What changed between two releases, place by place.

The places of two releases go in, one row for each change comes out: added, removed, merged, split, moved, renamed, hours,
contact. Old and new values are told for names and hours only: a phone number or an address of a person that was withdrawn must
not live on in a list of changes, so of contacts only the names of the fields are told.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pandas as pd

from mediation_geo.geodesy import geodesic_distance_m
from mediation_geo.standard import Layout, conform

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["CHANGES", "KINDS", "MOVED_M", "changes_between", "changes_to_ndjson"]

MOVED_M = 100.0
CONTACT_FIELDS = ("telephone", "courriels", "site_web", "prise_rdv")

# Kind -> French, for the page and the feeds, in the order in which they are told.
KINDS = MappingProxyType(
    {
        "added": "Nouveau lieu",
        "removed": "Lieu retiré",
        "merged": "Fiche réunie à une autre",
        "split": "Fiche séparée d'une autre",
        "moved": "Position corrigée",
        "renamed": "Nouveau nom",
        "hours": "Horaires modifiés",
        "contact": "Coordonnées modifiées",
    }
)

CHANGES: Layout = MappingProxyType(
    {
        "change": "text",
        "place_id": "text",
        "other_place_id": "text",
        "nom": "text",
        "commune": "text",
        "code_departement": "text",
        "before": "text",
        "after": "text",
        "distance_m": "number",
    }
)


def changes_between(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Changes from one release to a later one, sorted by kind, département and place.

    Parameters
    ----------
    before, after : geopandas.GeoDataFrame
        Layout `PLACES`, EPSG:4326.

    Returns
    -------
    pandas.DataFrame
        Layout `CHANGES`. `other_place_id` is the place that took a merged one in, or from which a split one came. `distance_m` is
        how far a place moved, NaN where it had no position before or has none now.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mediation_geo.standard import PLACES
    >>> frame = conform(pd.DataFrame({"place_id": ["a", "b"], "nom": ["Mairie", "Poste"]}), PLACES)
    >>> places = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([2, 3], [48, 49]), crs=4326)
    >>> changes_between(places[:1], places)[["change", "place_id"]].values.tolist()
    [['added', 'b']]
    """
    old, new = before.set_index("place_id", drop=False), after.set_index("place_id", drop=False)
    kept = old.index.intersection(new.index)
    was, now = old.loc[kept], new.loc[kept]
    found = [
        *_gone(old.loc[old.index.difference(new.index)], new),
        *_come(new.loc[new.index.difference(old.index)], old, new),
        _moved(was, now),
        _told(now, was["nom"], now["nom"], "renamed"),
        _told(now, was["horaires"], now["horaires"], "hours"),
        _contact(was, now),
    ]
    table = pd.concat([conform(each, CHANGES) for each in found], ignore_index=True)
    order = {kind: number for number, kind in enumerate(KINDS)}
    keys = table.assign(order=table["change"].map(order)).sort_values(
        ["order", "code_departement", "place_id"], kind="stable", na_position="first"
    )
    return table.loc[keys.index].reset_index(drop=True)


def changes_to_ndjson(changes: pd.DataFrame, *, release_id: str, previous_id: str) -> bytes:
    """
    NDJSON text of changes, one object a line; what is unknown is left out.

    Examples
    --------
    >>> table = conform(pd.DataFrame({"change": ["added"], "place_id": ["a"]}), CHANGES)
    >>> changes_to_ndjson(table, release_id="2026-11-21", previous_id="2026-11-20").decode().strip()
    '{"change":"added","place_id":"a","previous_release":"2026-11-20","release":"2026-11-21"}'
    """
    told = {"release": release_id, "previous_release": previous_id}
    rows = changes.astype(object).where(changes.notna(), None).to_dict(orient="records")
    lines = ({name: value for name, value in row.items() if value is not None} | told for row in rows)
    return b"".join(orjson.dumps(line, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for line in lines)


def _gone(gone: pd.DataFrame, new: pd.DataFrame) -> list[pd.DataFrame]:
    """Places that are no more: merged where another one carries their id as an alias, else removed."""
    aliases = new[["place_id", "aliases"]].explode("aliases").dropna().drop_duplicates("aliases").set_index("aliases")["place_id"]
    other = gone["place_id"].map(aliases)
    merged = other.notna()
    return [gone[merged].assign(change="merged", other_place_id=other[merged]), gone[~merged].assign(change="removed")]


def _come(come: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame) -> list[pd.DataFrame]:
    """Places that are new: split where one of their records was part of a place that is still there, else added."""
    home = old.loc[old.index.intersection(new.index), ["place_id", "source_ids"]].explode("source_ids").dropna()
    members = come[["place_id", "source_ids"]].explode("source_ids").dropna().reset_index(drop=True)
    origin = members["source_ids"].map(home.drop_duplicates("source_ids").set_index("source_ids")["place_id"])
    found = members.assign(origin=origin).dropna(subset="origin").groupby("place_id")["origin"].min()
    other = come["place_id"].map(found)
    split = other.notna()
    return [come[split].assign(change="split", other_place_id=other[split]), come[~split].assign(change="added")]


def _moved(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    distance = geodesic_distance_m(was["longitude"], was["latitude"], now["longitude"], now["latitude"])
    appeared = was["longitude"].notna().to_numpy() != now["longitude"].notna().to_numpy()
    moved = appeared | (np.nan_to_num(distance) > MOVED_M)
    rows: pd.DataFrame = now.loc[moved]
    return rows.assign(change="moved", distance_m=distance[moved].round(1))


def _told(now: pd.DataFrame, before: pd.Series[str], after: pd.Series[str], kind: str) -> pd.DataFrame:
    changed = _differs(before, after).to_numpy()
    return now.loc[changed].assign(change=kind, before=before[changed], after=after[changed])


def _contact(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    differs = pd.DataFrame({name: _differs(_text(was[name]), _text(now[name])) for name in CONTACT_FIELDS}, index=now.index)
    changed = differs.any(axis=1)
    fields = differs[changed].dot(np.array([f"{name}, " for name in CONTACT_FIELDS], dtype=object)).str.removesuffix(", ")
    return now[changed].assign(change="contact", after=fields)


def _differs(before: pd.Series[str], after: pd.Series[str]) -> pd.Series[bool]:
    return before.fillna("").ne(after.fillna(""))


def _text(column: pd.Series[str]) -> pd.Series[str]:
    return column if column.dtype == "str" else column.map("|".join, na_action="ignore").astype("str")
