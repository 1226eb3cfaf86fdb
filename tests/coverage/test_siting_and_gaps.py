"""Siting against the optimum and spopt, network nearest against networkx, gaps, classes, masking, uncertainty."""

from __future__ import annotations

from dataclasses import replace

import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediation_geo.coverage import (
    CombinedGap,
    MediationGap,
    MobileWhiteZone,
    bivariate_classes,
    combined_gap,
    distance_bounds,
    gap_areas,
    masked_small_counts,
    mediation_gap,
    nearest_places,
    network_nearest,
    people_beyond_spread,
    sensitivity,
    site_exact,
    site_greedy,
    snap_to_nodes,
    summary_by,
)
from mediation_geo.errors import SchemaMismatch
from mediation_geo.geodesy import geodesic_distance_m
from tests.coverage.studies import cells, places, studies


def as_sites(places_: pd.DataFrame) -> pd.DataFrame:
    return places_.rename(columns={"place_id": "site_id"})


@settings(max_examples=25)
@given(studies(), st.integers(1, 4))
def test_greedy_sites_reach_at_least_63_per_cent_of_the_optimum(study, count):
    homes, sites = study
    greedy = site_greedy(homes, as_sites(sites), radius_m=12_000, count=count)
    best = site_exact(homes, as_sites(sites), radius_m=12_000, count=count, time_limit_s=30)
    reached = greedy["people_added"].sum()
    assert (1 - 1 / np.e) * best.attrs["people_reached"] - 1e-6 <= reached <= best.attrs["people_reached"] + 1e-6
    assert greedy["people_added"].is_monotonic_decreasing


@settings(max_examples=20)
@given(studies(), st.integers(0, 99))
def test_sites_do_not_depend_on_the_order_of_rows(study, seed):
    homes, sites = study
    straight = site_greedy(homes, as_sites(sites), radius_m=12_000, count=3)
    mixed = site_greedy(
        homes.sample(frac=1, random_state=seed), as_sites(sites).sample(frac=1, random_state=seed), radius_m=12_000, count=3
    )
    pd.testing.assert_frame_equal(straight, mixed)


@given(studies())
def test_people_added_are_those_within_reach_of_no_earlier_site(study):
    homes, sites = study
    chosen = site_greedy(homes, as_sites(sites), radius_m=12_000, count=3)
    reached = np.zeros(len(homes), dtype=bool)
    for row in chosen.itertuples():
        near = geodesic_distance_m(homes["lon"], homes["lat"], row.lon, row.lat) <= 12_000
        assert row.people_added == homes["population"][near & ~reached].sum()
        reached |= near


@pytest.mark.filterwarnings("ignore")
def test_spopt_finds_the_same_optimum():
    locate = pytest.importorskip("spopt.locate")
    pulp = pytest.importorskip("pulp")
    homes, sites = cells(11, 60), places(12, 15)
    lon, lat = homes["lon"].to_numpy()[:, None], homes["lat"].to_numpy()[:, None]
    distance = geodesic_distance_m(lon, lat, sites["lon"].to_numpy()[None, :], sites["lat"].to_numpy()[None, :])
    problem = locate.MCLP.from_cost_matrix(distance, homes["population"].to_numpy(), service_radius=150_000, p_facilities=4)
    peer = problem.solve(pulp.PULP_CBC_CMD(msg=False))
    best = site_exact(homes, as_sites(sites), radius_m=150_000, count=4, time_limit_s=30)
    assert best.attrs["people_reached"] == pytest.approx(pulp.value(peer.problem.objective), rel=1e-9)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 90)), min_size=1, max_size=40), st.data())
def test_network_costs_are_those_of_networkx(rows, data):
    arcs = pd.DataFrame(rows, columns=["from_node", "to_node", "cost"])
    nodes = sorted(set(arcs["from_node"]) | set(arcs["to_node"]))
    at = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=4))
    sites = pd.DataFrame({"place_id": [f"p{k}" for k in range(len(at))], "node_id": at})
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(nodes)
    graph.add_weighted_edges_from((b, a, c) for a, b, c in rows)
    truth = networkx.multi_source_dijkstra_path_length(graph, set(at))
    found = network_nearest(arcs, sites).set_index("node_id")
    assert found["cost"].dropna().to_dict() == truth
    for node, place in found["place_id"].dropna().items():
        home = sites.set_index("place_id")["node_id"][place]
        assert networkx.dijkstra_path_length(graph, home, node) == found["cost"][node]


def test_a_place_off_the_graph_is_named():
    arcs = pd.DataFrame({"from_node": [1], "to_node": [2], "cost": [1.0]})
    with pytest.raises(SchemaMismatch, match="place 'a' at a node of the graph"):
        network_nearest(arcs, pd.DataFrame({"place_id": ["a"], "node_id": [9]}))
    with pytest.raises(SchemaMismatch, match=r"cost is 0\.0 in row 0"):
        network_nearest(arcs.assign(cost=0.0), pd.DataFrame({"place_id": ["a"], "node_id": [1]}))


def test_cells_meet_the_roads_at_the_nearest_node():
    nodes = places(5, 30).rename(columns={"place_id": "node_id"})
    homes = cells(6, 40)
    snapped = snap_to_nodes(homes, nodes)
    direct = nearest_places(homes, nodes.rename(columns={"node_id": "place_id"}))
    assert snapped["node_id"].tolist() == direct["place_id"].tolist()


ZONE = MobileWhiteZone(name="z", techno="4G", level="BC", max_operators=0, quarter="2026_T2", population="none")


def test_a_combined_gap_holds_fewer_people_than_either_gap_alone():
    homes = cells(9, 300).assign(white_share_z=np.linspace(0, 1, 300))
    homes = nearest_places(homes, places(10, 20))
    far = MediationGap(name="far", distance_m=60_000, service="any")
    both = combined_gap(homes, definition=CombinedGap(name="both", mediation=far, white=ZONE))
    alone = mediation_gap(homes, definition=far)
    white = (homes["population"] * homes["white_share_z"]).sum()
    assert 0 < both["gap_population"].sum() < min(alone["gap_population"].sum(), white)
    areas = gap_areas(both, join_m=40_000)
    assert areas["gap_population"].sum() == pytest.approx(both["gap_population"].sum())
    assert areas["cells"].sum() == len(both)


def test_a_share_above_one_is_refused():
    homes = pd.DataFrame({"population": [1.0], "distance_m": [9e4], "white_share_z": [1.2]})
    far = MediationGap(name="far", distance_m=1, service="any")
    with pytest.raises(SchemaMismatch, match=r"white_share_z is 1\.2 in row 0"):
        combined_gap(homes, definition=CombinedGap(name="both", mediation=far, white=ZONE))


def test_an_unknown_value_has_no_class():
    table = pd.DataFrame({"x": [1.0, np.nan], "y": [5.0, 5.0]})
    found = bivariate_classes(table, x="x", y="y", x_breaks=[2, 4], y_breaks=[2, 4])
    assert found["bivariate"].tolist()[0] == "1-3"
    assert found[["bivariate", "x_class"]].isna().iloc[1].all()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60)), min_size=1, max_size=12))
def test_a_hidden_count_cannot_be_worked_out_from_the_total(rows):
    table = pd.DataFrame(rows, columns=["dep", "households"]).assign(people=lambda each: each["households"] * 2.0)
    masked = masked_small_counts(table, counts="households", figures=["people"], within="dep")
    small = table["households"].between(1, 10)
    assert masked.loc[small, "people"].isna().all()
    for _, group in masked.groupby("dep"):
        shown_with_people = group["people"].notna() & (group["households"] > 0)
        # One hidden row alone would be the total minus the others: never, unless no other row has anybody.
        assert group["people"].isna().sum() != 1 or not shown_with_people.any()


def test_a_summary_hides_small_communes_and_keeps_every_cell_in_its_counts():
    homes = nearest_places(cells(2, 60), places(3, 10))
    homes = homes.assign(dep="48", code_insee=[f"{k % 7}" for k in range(60)], households=homes["population"] / 2, imputed=False)
    homes.loc[homes["code_insee"] == "0", "households"] = 0.5
    table = summary_by(homes, by="code_insee", within="dep", white_shares=[], beyond_m=[5_000])
    assert table["cells"].sum() == 60
    assert table["masked"].notna().sum() == 2
    assert table.loc[table["masked"].notna(), "population"].isna().all()


def test_definitions_are_compared_with_the_first():
    homes = cells(2, 60).assign(white_share_a=0.1, white_share_b=0.3)
    zones = {f"white_share_{name}": replace(ZONE, name=name, max_operators=most) for most, name in enumerate("ab")}
    table = sensitivity(homes, definitions=zones)
    np.testing.assert_allclose(table["ratio_to_first"], [1, 3])
    assert table["max_operators"].tolist() == [0, 1]


@settings(max_examples=20)
@given(studies(), st.integers(0, 1000))
def test_wherever_places_lie_in_their_circles_the_distance_is_within_its_bounds(study, seed):
    homes, sites = study
    generator = np.random.default_rng(seed)
    sites = sites.assign(position_uncertainty_m=generator.choice([0, 50, 800, 3_000], len(sites)))
    bounds = distance_bounds(homes, sites)
    from mediation_geo.geodesy import geod

    azimuth, share = generator.uniform(0, 360, len(sites)), generator.uniform(0, 1, len(sites))
    lon, lat, _ = geod().fwd(sites["lon"], sites["lat"], azimuth, share * sites["position_uncertainty_m"])
    moved = nearest_places(homes, sites.assign(lon=lon, lat=lat))["distance_m"]
    assert (bounds["distance_low_m"] <= moved + 1e-3).all()
    assert (moved <= bounds["distance_high_m"] + 1e-3).all()


def test_the_spread_of_exactly_known_places_is_nothing():
    homes, sites = cells(3, 80), places(4, 10).assign(position_uncertainty_m=0.0)
    spread = people_beyond_spread(homes, sites, distances_m=[20_000, 80_000], draws=3, seed=1)
    assert (spread["low"] == spread["people_beyond"]).all()
    assert (spread["high"] == spread["people_beyond"]).all()


def test_an_uncertainty_that_is_missing_is_refused():
    with pytest.raises(SchemaMismatch, match="position_uncertainty_m is nan in row 0"):
        distance_bounds(cells(1, 2), places(1, 2).assign(position_uncertainty_m=np.nan))
