"""The counted collections add up to the release they are counted from."""

from __future__ import annotations

import numpy as np
import pytest

from mediation_geo.geodesy import geodesic_distance_m
from mediation_geo.service.features.derived import COVERAGE, QUALITY
from mediation_geo.service.snapshot import Snapshot


def test_quality_counts_every_record_with_a_departement_once(snapshot: Snapshot) -> None:
    records, table = snapshot.release.records, snapshot.table(QUALITY)
    located = records.dropna(subset=["code_departement"])
    assert table.numbers("fiches").sum() == len(located)
    assert table.numbers("sans_position").sum() == located["latitude"].isna().sum()
    assert table.numbers("sans_telephone").sum() == located["telephone"].isna().sum()
    first = table.feature(0)["properties"]
    alike = located[(located["code_departement"] == first["code_departement"]) & (located["feed"] == first["source"])]
    assert (first["fiches"], first["lieux"]) == (len(alike), alike["place_id"].nunique())


def test_coverage_has_every_commune_and_its_true_nearest_place(snapshot: Snapshot) -> None:
    table, places = snapshot.table(COVERAGE), snapshot.places
    assert len(table) > 34_000
    assert table.numbers("lieux").sum() <= len(places)
    lon_lat = places.lon_lat[places.has_geometry]
    for row in np.random.default_rng(0).choice(len(table), 25, replace=False).tolist():
        lon, lat = table.lon_lat[row]
        nearest = geodesic_distance_m(lon, lat, lon_lat[:, 0], lon_lat[:, 1]).min()
        assert table.numbers("distance_m")[row] == pytest.approx(nearest, abs=0.51)
