"""Grids in parts: the same bytes with and without a cluster, the same numbers as in one piece."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pandas as pd
import pytest

from mediation_geo.coverage import (
    Decay,
    catchment_e2sfca,
    catchment_parts,
    catchment_parts_on,
    nearest_parts,
    nearest_parts_on,
    nearest_places,
)
from mediation_geo.errors import MediationGeoError, SchemaMismatch
from tests.coverage.studies import cells, places

DECAY = Decay.zones(radius_m=60_000)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scale")
    homes = cells(1, 5_000).sort_values("lat", ignore_index=True)
    homes.to_parquet(folder / "cells.parquet", row_group_size=700)
    return folder / "cells.parquet", homes, places(2, 300)


def digests(parts):
    return [hashlib.sha256(part.read_bytes()).hexdigest() for part in parts]


@pytest.mark.parametrize("rows_at_once", [900, 5_000, 10**9])
def test_parts_hold_what_one_piece_would(study, tmp_path, rows_at_once):
    path, homes, sites = study
    nearest_parts(path, sites, tmp_path / "nearest", rows_at_once=rows_at_once)
    catchment_parts(path, sites, tmp_path / "access", decay=DECAY, rows_at_once=rows_at_once)
    nearest = pd.read_parquet(tmp_path / "nearest")
    whole = nearest_places(homes, sites)
    assert nearest["cell_id"].tolist() == homes["cell_id"].tolist()
    assert (nearest["distance_m"] == whole["distance_m"]).all()
    assert nearest["place_id"].astype("str").tolist() == whole["place_id"].tolist()
    access = pd.read_parquet(tmp_path / "access")["access"]
    assert (access == catchment_e2sfca(homes, sites, decay=DECAY).cells["access"]).all()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
def test_two_dask_workers_write_the_same_bytes(study, tmp_path):
    distributed = pytest.importorskip("distributed")
    path, _, sites = study
    alone = nearest_parts(path, sites, tmp_path / "a", rows_at_once=900)
    alone += catchment_parts(path, sites, tmp_path / "b", decay=DECAY, rows_at_once=900)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with (
        distributed.LocalCluster(processes=True, local_directory=os.fspath(tmp_path), **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        together = nearest_parts_on(client, path, sites, tmp_path / "c", rows_at_once=900)
        together += catchment_parts_on(client, path, sites, tmp_path / "d", decay=DECAY, rows_at_once=900)
    assert digests(together) == digests(alone)


def test_a_cell_without_position_stays_in_its_part(tmp_path):
    homes = pd.DataFrame({"cell_id": ["x", "y"], "lon": [3.5, np.nan], "lat": [44.5, 44.5]})
    homes.to_parquet(tmp_path / "cells.parquet")
    nearest_parts(tmp_path / "cells.parquet", places(1, 3), tmp_path / "out", rows_at_once=10)
    found = pd.read_parquet(tmp_path / "out")
    assert found["distance_m"].isna().tolist() == [False, True]


def test_what_cannot_be_cut_into_parts_is_refused(study, tmp_path):
    path, _, sites = study
    with pytest.raises(SchemaMismatch, match="rows_at_once is 0"):
        nearest_parts(path, sites, tmp_path, rows_at_once=0)
    with pytest.raises(MediationGeoError, match=r"expected a distributed\.Client"):
        catchment_parts_on(object(), path, sites, tmp_path, decay=DECAY, rows_at_once=5)
