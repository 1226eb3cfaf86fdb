"""
The pygeoapi feature provider of the register: translates pygeoapi's arguments and errors, and nothing else.

Named by dotted path in `api_config/`. pygeoapi makes a new one for each request, so the constructor only looks up the snapshot.
"""

# ruff: noqa: ARG002 - the signatures are pygeoapi's

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
from pygeoapi.provider.base import (
    BaseProvider,
    ProviderInvalidQueryError,
    ProviderItemNotFoundError,
    SchemaType,
)

from mediation_geo.service.features.crs import CRS84
from mediation_geo.service.features.geojson import feature_json, features_json
from mediation_geo.service.features.query import BBox, ItemsQuery, Selection, SortKey
from mediation_geo.service.features.select import select
from mediation_geo.service.http.problems import Problem
from mediation_geo.service.ogc.parameters import items_query
from mediation_geo.service.snapshot import SERVING, store_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ReleaseProvider"]


class ReleaseProvider(BaseProvider):  # type: ignore[misc]  # pygeoapi has no types
    """
    Features of one collection of the release being served.

    Parameters
    ----------
    provider_def : dict
        pygeoapi's definition: `data` is the folder of releases, `collection` the id of the collection.
    """

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self.collection: str = provider_def["collection"]
        snapshot = SERVING.get() or store_of(self.data).current
        self.table = snapshot.table(self.collection)
        self._fields: dict[str, dict[str, Any]] = self.table.schemas

    def get_fields(self) -> dict[str, dict[str, Any]]:
        """Names of the properties and their JSON Schema."""
        return self._fields

    def get_schema(self, schema_type: SchemaType = SchemaType.item) -> tuple[str, dict[str, Any]]:
        """Media type and JSON Schema of one feature's properties."""
        return "application/schema+json", {"type": "object", "properties": self.get_fields()}

    def select(self, query: ItemsQuery) -> Selection:
        """Rows of a page, and how many match in all."""
        return select(self.table, query)

    def features_json(self, query: ItemsQuery, selection: Selection) -> bytes | memoryview:
        """Features of a selection as GeoJSON, joined by commas."""
        return features_json(self.table, query, selection)

    def query(
        self,
        offset: int = 0,
        limit: int = 10,
        resulttype: str = "results",
        bbox: Sequence[float] = (),
        datetime_: str | None = None,
        properties: Sequence[tuple[str, str]] = (),
        sortby: Sequence[dict[str, str]] = (),
        select_properties: Sequence[str] = (),
        skip_geometry: bool = False,
        q: str | None = None,
        language: str | None = None,
        filterq: Any = None,
        crs_transform_spec: Any = None,
        **unknown: Any,
    ) -> dict[str, Any]:
        """
        A page of features as GeoJSON-like data, for pygeoapi's own handlers.

        Raises
        ------
        ProviderInvalidQueryError
            For every argument that cannot be honoured: nothing is ignored.
        """
        # pygeoapi's text parser gives AND and OR one rank, so its trees may not mean what was asked; ours reads `filter` itself.
        # With `include_extra_query_parameters` pygeoapi passes on every name it does not know.
        refused = [name for name, _value in properties if name not in self.table.columns]
        refused += [name for name, value in {"q": q, "filter": filterq, **unknown}.items() if value]
        if refused:
            raise ProviderInvalidQueryError(user_msg=f"not served here: {', '.join(refused)}")
        values = dict(properties)
        if datetime_ is not None:
            values["datetime"] = datetime_
        try:
            asked = items_query(values, columns=self.table.columns, has_dates=self.table.date_column is not None)
        except Problem as problem:
            raise ProviderInvalidQueryError(user_msg=problem.detail) from problem
        asked = replace(
            asked,
            limit=limit,
            offset=offset,
            bbox=_box(bbox),
            sortby=tuple(SortKey(each["property"], descending=each["order"] == "-") for each in sortby),
            properties=tuple(select_properties) or None,
            skip_geometry=skip_geometry,
            crs=_target(crs_transform_spec),
            hits=resulttype == "hits",
        )
        selection = self.select(asked)
        features = [] if asked.hits else orjson.loads(b"".join((b"[", self.features_json(asked, selection), b"]")))
        return {
            "type": "FeatureCollection",
            "features": features,
            "numberMatched": selection.matched,
            "numberReturned": len(features),
        }

    def get(self, identifier: str, crs_transform_spec: Any = None, **_options: Any) -> dict[str, Any]:
        """
        One feature by its id.

        Raises
        ------
        ProviderItemNotFoundError
            If no feature has this id.
        """
        feature: dict[str, Any] = orjson.loads(self.feature_json(identifier, crs=_target(crs_transform_spec)) + b"}")
        return feature

    def feature_json(self, identifier: str, *, crs: str) -> bytes:
        """One feature without its closing brace."""
        row = self.table.row_of_id.get(identifier)
        if row is None:
            raise ProviderItemNotFoundError(user_msg="no feature has this id")
        return feature_json(self.table, row, crs=crs)


def _target(crs_transform_spec: Any) -> str:
    return CRS84 if crs_transform_spec is None else str(crs_transform_spec.target_crs_uri)


def _box(bbox: Sequence[float]) -> BBox | None:
    if not bbox:
        return None
    west, south, east, north = (bbox[0], bbox[1], bbox[-2], bbox[-1]) if len(bbox) == 4 else (*bbox[:2], *bbox[3:5])
    return BBox((west, south), (east, north))
