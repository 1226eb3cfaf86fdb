"""
The features of a selection as GeoJSON bytes: other systems, fewer properties, no geometry, distances.

Takes a table, a query and its selection; the envelope around the features is made elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from mediation_geo.service.features.crs import CRS84

if TYPE_CHECKING:
    from mediation_geo.service.features.query import ItemsQuery, Selection
    from mediation_geo.service.features.table import FeatureTable

__all__ = ["feature_json", "features_json"]


def features_json(table: FeatureTable, query: ItemsQuery, selection: Selection) -> bytes | memoryview:
    """Features of a selection, joined by commas, written as the query wants."""
    plain = query.crs == CRS84 and not query.skip_geometry
    if plain and query.properties is None and selection.distances_m is None:
        return table.features_json(selection.rows)
    geometries = [b"null"] * len(selection.rows) if query.skip_geometry else table.view(query.crs).geojson(selection.rows)
    distances = selection.distances_m or (None,) * len(selection.rows)
    return b",".join(
        _head(table, row, query.properties, distance) + b',"geometry":' + geometry + b"}"
        for row, geometry, distance in zip(selection.rows.tolist(), geometries, distances, strict=True)
    )


def feature_json(table: FeatureTable, row: int, *, crs: str) -> bytes:
    """One feature, without its closing brace so that links can follow."""
    if crs == CRS84:
        return bytes(table.features_json(table.all_rows[row : row + 1])[:-1])
    [geometry] = table.view(crs).geojson(table.all_rows[row : row + 1])
    return table.properties_json(row) + b',"geometry":' + geometry


def _head(table: FeatureTable, row: int, properties: tuple[str, ...] | None, distance: float | None) -> bytes:
    head = table.properties_json(row)
    if properties is None:
        if distance is None:
            return head
        # The head ends with the brace that closes the properties.
        return head[:-1] + b',"distance_m":' + orjson.dumps(round(distance, 1)) + b"}"
    kept = {name: table.values(name)[row] for name in properties}
    if distance is not None:
        kept["distance_m"] = round(distance, 1)
    return orjson.dumps({"type": "Feature", "id": table.ids[row], "properties": kept})[:-1]
