"""
Maps on other people's sites: a page of another origin, in Chromium, draws the places with Leaflet and with MapLibre.

MapLibre is not part of this project: `make clients` fetches it and names its folder in MEDIATION_GEO_MAPLIBRE.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import as_file, files
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser

from mediation_geo.service.snapshot import Snapshot
from tests.service.serving import COLLECTION

PLACES = f"ogcapi/collections/{COLLECTION}/items?code_departement=59"
LEAFLET = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Leaflet</title>
<link rel="stylesheet" href="leaflet.css"><div id="map" style="height:500px"></div><script src="leaflet.js"></script>
<script>
const map = L.map("map").setView([50.4, 3.2], 8);
(async () => {
  let next = new URLSearchParams(location.search).get("places"), drawn = 0;
  while (next) {
    const page = await (await fetch(next)).json();
    L.geoJSON(page, {
      pointToLayer: (feature, where) => L.circleMarker(where),
      onEachFeature: ({ properties }, layer) => { drawn += 1; layer.bindPopup(`${properties.nom}, ${properties.code_postal}`); },
    }).addTo(map);
    next = page.links.find((link) => link.rel === "next")?.href;
  }
  window.drawn = drawn;
})();
</script></html>"""
MAPLIBRE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>MapLibre</title>
<link rel="stylesheet" href="maplibre-gl.css"><div id="map" style="height:500px"></div>
<script type="module">
import * as maplibregl from "./maplibre-gl.mjs";
const places = { type: "geojson", data: new URLSearchParams(location.search).get("places") };
const circles = { id: "places", type: "circle", source: "places", paint: { "circle-radius": 4 } };
const map = new maplibregl.Map({
  container: "map", center: [3.2, 50.4], zoom: 6, style: { version: 8, sources: { places }, layers: [circles] },
});
map.on("error", (event) => { window.failed = String(event.error); });
map.on("idle", () => {
  const shown = map.queryRenderedFeatures({ layers: ["places"] });
  window.codes = shown.map((feature) => feature.properties.code_postal);
  window.drawn = new Set(shown.map((feature) => feature.properties.id)).size;
});
</script></html>"""


@contextmanager
def site_of(folder: Path) -> Iterator[str]:
    """A site of another origin over a folder."""

    class Quiet(SimpleHTTPRequestHandler):
        extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def located(snapshot: Snapshot) -> int:
    """Places of the Nord that have a position."""
    return int(snapshot.places.has_geometry[snapshot.places.rows_equal("code_departement", "59")].sum())


def test_a_leaflet_page_of_another_site_draws_every_place_of_a_departement(
    browser: Browser, site_url: str, snapshot: Snapshot, tmp_path: Path
) -> None:
    with as_file(files("mediation_geo.service") / "static" / "leaflet") as leaflet:
        shutil.copytree(leaflet, tmp_path, dirs_exist_ok=True)
    (tmp_path / "index.html").write_text(LEAFLET, encoding="utf-8")
    context = browser.new_context()
    try:
        page = context.new_page()
        with site_of(tmp_path) as origin:
            # Pages of 10: the page follows `next` as often as it takes.
            page.goto(f"{origin}/index.html?places={site_url}/{PLACES}".replace("&", "%26"))
            page.wait_for_function("window.drawn !== undefined", timeout=120_000)
            assert page.evaluate("window.drawn") == len(snapshot.places.rows_equal("code_departement", "59"))
            assert page.locator("path.leaflet-interactive").count() == located(snapshot)
            page.locator("path.leaflet-interactive").first.dispatch_event("click")
            assert ", 59" in page.locator(".leaflet-popup-content").inner_text(timeout=60_000)
    finally:
        context.close()


def test_a_maplibre_page_of_another_site_draws_every_place_of_a_departement(
    browser: Browser, site_url: str, snapshot: Snapshot, tmp_path: Path
) -> None:
    if "MEDIATION_GEO_MAPLIBRE" not in os.environ:
        pytest.skip("needs MapLibre, which `make clients` fetches")
    shutil.copytree(os.environ["MEDIATION_GEO_MAPLIBRE"], tmp_path, dirs_exist_ok=True)
    (tmp_path / "index.html").write_text(MAPLIBRE, encoding="utf-8")
    context = browser.new_context(viewport={"width": 900, "height": 600})
    try:
        page = context.new_page()
        with site_of(tmp_path) as origin:
            page.goto(f"{origin}/index.html?places={site_url}/{PLACES}%26limit=1000")
            page.wait_for_function("window.failed || window.drawn > 0", timeout=120_000)
            assert page.evaluate("window.failed") is None
            assert page.evaluate("window.drawn") == located(snapshot)
            assert {code[:2] for code in page.evaluate("window.codes")} == {"59"}
            if "MEDIATION_GEO_SCREENSHOTS" in os.environ:
                page.screenshot(path=Path(os.environ["MEDIATION_GEO_SCREENSHOTS"]) / "client-maplibre.png")
    finally:
        context.close()
