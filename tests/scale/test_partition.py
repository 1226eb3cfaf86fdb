"""Deduplication on a dask cluster is the deduplication of one process, to the last byte."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mediation_geo.dedupe import Previous, deduplicate
from mediation_geo.dedupe import partition as partitioned
from mediation_geo.dedupe.partition import deduplicate_on, departements
from mediation_geo.errors import MediationGeoError
from mediation_geo.ingest import read_source
from mediation_geo.locate import locate
from mediation_geo.pipeline import demo_sources
from mediation_geo.release.events import events_to_ndjson
from mediation_geo.standard import ISSUES, LINKS, MEMBERS, PLACES, conform, to_arrow

distributed = pytest.importorskip("distributed")
AS_OF = dt.date(2026, 11, 21)


@pytest.fixture(scope="module")
def client():
    # Two workers in this process: what is sent is pickled all the same, and no process has to start.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            protocol="tcp://",
        )
        client = distributed.Client(cluster)
    try:
        yield client
    finally:
        client.close()
        cluster.close()


@pytest.fixture(scope="module")
def demo():
    records = pd.concat([read_source(path, feed=path.stem).table for path in demo_sources()], ignore_index=True)
    return locate(records).table


def in_bytes(result):
    """Everything a deduplication says, as bytes."""
    plain = {name: kind for name, kind in PLACES.items() if kind != "geometry"}
    tables = [(result.places, plain), (result.members, MEMBERS), (result.links, LINKS), (result.issues, ISSUES)]
    written = [_ipc(frame, layout) for frame, layout in tables]
    return [*written, result.places.geometry.to_wkb().tolist(), events_to_ndjson(result.events, release_id="2026-11-21")]


def _ipc(frame, layout):
    sink = pa.BufferOutputStream()
    table = to_arrow(conform(frame, layout), layout)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_the_demo_is_united_the_same_on_a_cluster(client, demo):
    assert in_bytes(deduplicate_on(client, demo, as_of=AS_OF)) == in_bytes(deduplicate(demo, as_of=AS_OF))


def test_memory_and_human_decisions_count_the_same_on_a_cluster(client, demo):
    first = deduplicate(demo, as_of=AS_OF)
    review = first.links[first.links["decision"].isin(["review", "located_with"])].head(4)
    overrides = review[["left_record_id", "right_record_id"]].assign(decision=["same", "different"] * (len(review) // 2))
    told = {
        "previous": Previous.from_places(first.places, links=first.links, events=first.events),
        "overrides": overrides.assign(decided_on="2026-11-20", reason=""),
        "as_of": AS_OF,
    }
    fewer = demo.iloc[::-1].iloc[50:]
    assert in_bytes(deduplicate_on(client, fewer, **told)) == in_bytes(deduplicate(fewer, **told))


@pytest.mark.parametrize("size", [0, 1])
def test_none_and_one_record_are_no_special_case(client, demo, size):
    few = demo.iloc[:size]
    assert in_bytes(deduplicate_on(client, few, as_of=AS_OF)) == in_bytes(deduplicate(few, as_of=AS_OF))


# Drawn by numpy and not by hypothesis, which forbids the threads of a cluster to use `random` while it draws.
@pytest.mark.parametrize(("seed", "parts"), [(1, 2), (2, 5), (3, 40)])
def test_however_the_records_are_spread_the_result_is_the_same(client, demo, monkeypatch, seed, parts):
    random = np.random.default_rng(seed)
    some = demo.sample(300, random_state=seed)
    expected = in_bytes(deduplicate(some, as_of=AS_OF))
    # Not départements but any spread at all: every record may have its neighbours elsewhere.
    monkeypatch.setattr(partitioned, "departements", lambda insee: random.integers(parts, size=len(insee)))
    assert in_bytes(deduplicate_on(client, some, as_of=AS_OF)) == expected


def test_the_real_sources_are_united_the_same_on_a_cluster(client, shared_data):
    from mediation_geo.pipeline.obtain import source_files

    paths = sorted(source_files([shared_data / "places" / "raw" / name for name in ("angers", "conumm", "paca", "siilab-hdf")]))
    records = pd.concat([read_source(path).table for path in paths], ignore_index=True).drop_duplicates("record_id")
    located = locate(records).table
    assert in_bytes(deduplicate_on(client, located, as_of=AS_OF)) == in_bytes(deduplicate(located, as_of=AS_OF))


def test_a_commune_is_never_in_two_parts():
    insee = np.array(["2A004", "2B033", "75056", "97105", "97411", "98818", None, "75056"], dtype=object)
    parts = departements(insee).tolist()
    assert parts[2] == parts[7]
    assert len(set(parts)) == 7


def test_what_is_no_client_is_named(demo):
    with pytest.raises(MediationGeoError, match=r"pip install 'mediation-geo\[scale\]'"):
        deduplicate_on(None, demo, as_of=AS_OF)
