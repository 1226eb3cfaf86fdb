from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from mediation_geo.errors import CRSMismatch
from mediation_geo.locate.zones import add_zone_labels

DISTRICT = gpd.GeoDataFrame({"code_insee": ["34172"]}, geometry=[box(3.80, 43.60, 3.85, 43.65)], crs=4326)


def rows(**columns: object) -> pd.DataFrame:
    place = {"code_insee": "34172", "longitude": 3.82, "latitude": 43.62, "position_precision": "street"}
    return pd.DataFrame([{**place, "autres_formations_labels": None, **columns}])


def labels(frame: pd.DataFrame, **zones: object) -> list[str] | None:
    return add_zone_labels(frame, **zones)["autres_formations_labels"].iloc[0]  # type: ignore[arg-type]


def test_a_place_in_a_district_of_its_commune_is_labelled_once() -> None:
    assert labels(rows(), qpv=DISTRICT) == ["QPV"]
    assert labels(rows(autres_formations_labels=["QPV", "Autre"]), qpv=DISTRICT, frr={"34172"}) == ["QPV", "FRR", "Autre"]
    again = add_zone_labels(add_zone_labels(rows(), qpv=DISTRICT), qpv=DISTRICT)
    assert again["autres_formations_labels"].tolist() == [["QPV"]]


@pytest.mark.parametrize(
    "columns", [{"code_insee": "34057"}, {"longitude": 3.9}, {"longitude": None}, {"position_precision": "municipality"}]
)
def test_a_place_elsewhere_or_without_a_precise_point_is_not(columns: dict[str, object]) -> None:
    assert labels(rows(**columns), qpv=DISTRICT) is None


def test_the_old_label_goes() -> None:
    assert labels(rows(autres_formations_labels=["Zrr"])) is None


def test_districts_in_metres_are_refused() -> None:
    with pytest.raises(CRSMismatch, match="EPSG:4326"):
        labels(rows(), qpv=DISTRICT.to_crs(2154))
