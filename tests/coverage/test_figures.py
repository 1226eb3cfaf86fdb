"""Figures: each is an image with its CSV and its provenance beside it."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest

from mediation_geo.coverage import (
    bivariate_classes,
    communes_coverage,
    coverage_curve_by,
    draw_bivariate,
    draw_choropleth,
    draw_curve,
    draw_lorenz,
    draw_siting,
    interactive_map,
    lorenz,
    nearest_places,
    shipped_communes,
    site_greedy,
    spread_population,
)
from mediation_geo.errors import CRSMismatch, MediationGeoError, SchemaMismatch

pytest.importorskip("matplotlib")
PLACES = pd.DataFrame({"place_id": ["mende"], "lon": [3.5], "lat": [44.518], "code_insee": ["48095"]})


@pytest.fixture(scope="module")
def study():
    lozere = shipped_communes(departement="48")
    homes = nearest_places(spread_population(lozere, size_m=2000), PLACES)
    return lozere, homes, communes_coverage(lozere, homes, PLACES, white_shares=[])


def is_figure(path):
    note = json.loads(path.with_suffix(".provenance.json").read_text())
    return (
        path.read_bytes()[:4] == b"\x89PNG"
        and note["rows"] == len(pd.read_csv(path.with_suffix(".csv")))
        and len(note["steps"]) > 0
    )


def test_every_figure_writes_its_image_its_table_and_its_provenance(study, tmp_path):
    lozere, homes, table = study
    curve = coverage_curve_by(homes, by="territory", distances_m=[1000, 5000, 20000])
    sites = site_greedy(homes, lozere.rename(columns={"code_insee": "site_id"}), radius_m=5000, count=3)
    flat = table.to_crs(2154)
    classes = {"x": "nearest_distance_m", "y": "population", "x_breaks": [5e3, 2e4], "y_breaks": [200, 1000]}
    bivariate = bivariate_classes(table, **classes)
    bivariate = gpd.GeoDataFrame(bivariate, crs=4326).to_crs(2154)
    bivariate.attrs = table.attrs
    breaks = {"column": "nearest_distance_m", "breaks": [5e3, 2e4], "label": "m"}
    assert is_figure(draw_curve(curve, tmp_path / "curve.png", title="c"))
    assert is_figure(draw_lorenz(lorenz(homes, value="distance_m"), tmp_path / "lorenz.png", title="l"))
    assert is_figure(draw_choropleth(flat, tmp_path / "map.png", title="m", **breaks))
    assert is_figure(draw_bivariate(bivariate, tmp_path / "two.png", x_label="x", y_label="y", title="b"))
    assert is_figure(draw_siting(flat, PLACES, sites, tmp_path / "sites.png", title="s"))


def test_a_map_in_degrees_is_refused(study, tmp_path):
    with pytest.raises(CRSMismatch, match="expected a projection in metres"):
        draw_choropleth(study[2], tmp_path / "m.png", column="population", breaks=[1], label="x", title="m")


def test_a_fourth_class_does_not_fit_on_a_bivariate_map(study, tmp_path):
    classes = {"x": "nearest_distance_m", "y": "population", "x_breaks": [1, 2, 3], "y_breaks": [1, 2]}
    table = gpd.GeoDataFrame(bivariate_classes(study[2], **classes), crs=4326).to_crs(2154)
    with pytest.raises(SchemaMismatch, match="more than 3 classes"):
        draw_bivariate(table, tmp_path / "m.png", x_label="x", y_label="y", title="b")


MAP = {"column": "nearest_distance_m", "breaks": [2_000, 5_000, 10_000], "label": "distance (m)"}


def test_a_map_to_point_at_is_one_page_that_fetches_nothing(study, tmp_path):
    pytest.importorskip("mapclassify")
    page = interactive_map(study[2], tmp_path / "map.html", **MAP).read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)\s*=\s*["']?https?:[^"'> ]+""", page.replace("https://leafletjs.com", "")) == []
    assert "2000 à 5000" in page
    assert len(pd.read_csv(tmp_path / "map.csv")) == len(study[2])
    assert json.loads((tmp_path / "map.provenance.json").read_text())["rows"] == len(study[2])


def test_a_map_to_point_at_has_the_colours_of_its_legend_and_hidden_figures_are_white(study, tmp_path):
    pytest.importorskip("mapclassify")
    far = study[2].assign(nearest_distance_m=[500.0, 2_000.0, 20_000.0, float("nan")] + [7_000.0] * (len(study[2]) - 4))
    page = interactive_map(far, tmp_path / "map.html", **MAP).read_text(encoding="utf-8")
    legend = dict(re.findall(r"background:(#\w+)\"></span> ([^<]+)<", page.replace("&gt;", ">")))
    drawn = {
        code: legend[colour] for colour, code in re.findall(r'"__folium_color": "(#\w+)".{0,400}?"code_insee": "(\w+)"', page)
    }
    named = ["\u2264 2000", "\u2264 2000", "> 10000", "masqué"] + ["5000 à 10000"] * (len(far) - 4)
    assert drawn == dict(zip(far["code_insee"], named, strict=True))


def test_a_map_to_point_at_is_drawn_by_a_browser(study, tmp_path, needs_system):
    pytest.importorskip("mapclassify")
    page = interactive_map(study[2], tmp_path / "map.html", **MAP)
    browser = needs_system("chromium", "google-chrome")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run(
        [browser, *options, "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=300,
    )
    assert done.stdout.count("leaflet-interactive") >= len(study[2])


def test_without_folium_the_error_says_what_to_install(study, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "folium", None)
    with pytest.raises(MediationGeoError, match=re.escape("pip install 'mediation-geo[coverage]'")):
        interactive_map(study[2], tmp_path / "map.html", **MAP)
