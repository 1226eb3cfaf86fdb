"""
Where in France is help out of reach, above all where the network is too: the researchers' room.

Frames go in, frames come out, each with the steps that made it (`provenance_of`). What a white zone is must be named:
there is no default.
"""

from __future__ import annotations

from mediation_geo.coverage.arcep_maps import newest_layers, parse_layer_name, read_mobile_layer, read_mobile_layers
from mediation_geo.coverage.arcep_tables import (
    programme_shares,
    read_centre_bourgs,
    read_nbope,
    read_operator_communes,
    read_sites,
    read_targeted_sites,
    read_targeted_zones,
)
from mediation_geo.coverage.borders import border_flags, land_border, landmass_of
from mediation_geo.coverage.catchment import Catchment, catchment_2sfca, catchment_3sfca, catchment_e2sfca
from mediation_geo.coverage.commune_table import BEYOND_M, cells_with_communes, communes_coverage, write_communes_coverage
from mediation_geo.coverage.communes import commune_of, read_communes, read_density_grid, shipped_communes
from mediation_geo.coverage.curve import (
    coverage_curve,
    coverage_curve_by,
    distance_summary,
    population_beyond,
    weighted_quantiles,
)
from mediation_geo.coverage.decay import Decay
from mediation_geo.coverage.definitions import (
    CombinedGap,
    FixedWhiteZone,
    MediationGap,
    MobileWhiteZone,
    ProgrammeWhiteZone,
    WhiteZoneDefinition,
)
from mediation_geo.coverage.demo import demo_mobile_layers
from mediation_geo.coverage.disclosure import LEAST_HOUSEHOLDS, masked_small_counts
from mediation_geo.coverage.figures import (
    draw_bivariate,
    draw_choropleth,
    draw_curve,
    draw_lorenz,
    draw_siting,
    interactive_map,
)
from mediation_geo.coverage.gaps import bivariate_classes, combined_gap, gap_areas, mediation_gap
from mediation_geo.coverage.grid import grid_ids, parse_grid_ids
from mediation_geo.coverage.inequality import gini, inequality_by, lorenz
from mediation_geo.coverage.nearest import NearestIndex, nearest_places, nearest_places_by, places_offering
from mediation_geo.coverage.network import network_nearest, snap_to_nodes
from mediation_geo.coverage.places import read_places, release_places
from mediation_geo.coverage.population import (
    calibrate,
    read_grid,
    read_grid_centres,
    read_legal_populations,
    spread_population,
)
from mediation_geo.coverage.provenance import file_input, provenance_of, write_table
from mediation_geo.coverage.report import CURVE_M, Report, coverage_report, report_html, write_report
from mediation_geo.coverage.scale import catchment_parts, catchment_parts_on, nearest_parts, nearest_parts_on
from mediation_geo.coverage.siting import site_exact, site_greedy
from mediation_geo.coverage.summary import sensitivity, summary_by
from mediation_geo.coverage.uncertainty import distance_bounds, people_beyond_spread
from mediation_geo.coverage.white import (
    OperatorRaster,
    commune_operator_shares,
    operator_raster,
    white_shares,
    white_shares_exact,
)
from mediation_geo.coverage.zone_files import ZoneFile, measure_zones, read_zones

__all__ = [
    "BEYOND_M",
    "CURVE_M",
    "LEAST_HOUSEHOLDS",
    "Catchment",
    "CombinedGap",
    "Decay",
    "FixedWhiteZone",
    "MediationGap",
    "MobileWhiteZone",
    "NearestIndex",
    "OperatorRaster",
    "ProgrammeWhiteZone",
    "Report",
    "WhiteZoneDefinition",
    "ZoneFile",
    "bivariate_classes",
    "border_flags",
    "calibrate",
    "catchment_2sfca",
    "catchment_3sfca",
    "catchment_e2sfca",
    "catchment_parts",
    "catchment_parts_on",
    "cells_with_communes",
    "combined_gap",
    "commune_of",
    "commune_operator_shares",
    "communes_coverage",
    "coverage_curve",
    "coverage_curve_by",
    "coverage_report",
    "demo_mobile_layers",
    "distance_bounds",
    "distance_summary",
    "draw_bivariate",
    "draw_choropleth",
    "draw_curve",
    "draw_lorenz",
    "draw_siting",
    "file_input",
    "gap_areas",
    "gini",
    "grid_ids",
    "inequality_by",
    "interactive_map",
    "land_border",
    "landmass_of",
    "lorenz",
    "masked_small_counts",
    "measure_zones",
    "mediation_gap",
    "nearest_parts",
    "nearest_parts_on",
    "nearest_places",
    "nearest_places_by",
    "network_nearest",
    "newest_layers",
    "operator_raster",
    "parse_grid_ids",
    "parse_layer_name",
    "people_beyond_spread",
    "places_offering",
    "population_beyond",
    "programme_shares",
    "provenance_of",
    "read_centre_bourgs",
    "read_communes",
    "read_density_grid",
    "read_grid",
    "read_grid_centres",
    "read_legal_populations",
    "read_mobile_layer",
    "read_mobile_layers",
    "read_nbope",
    "read_operator_communes",
    "read_places",
    "read_sites",
    "read_targeted_sites",
    "read_targeted_zones",
    "read_zones",
    "release_places",
    "report_html",
    "sensitivity",
    "shipped_communes",
    "site_exact",
    "site_greedy",
    "snap_to_nodes",
    "spread_population",
    "summary_by",
    "weighted_quantiles",
    "white_shares",
    "white_shares_exact",
    "write_communes_coverage",
    "write_report",
    "write_table",
]
