"""
The report on a département or the country: one set of tables, each with its provenance, and one page to read them.

Communes, cells and places go in; a `Report` comes out, and its files: CSV with provenance, GeoParquet, HTML. It computes nothing
that the other functions of this room do not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape

from mediation_geo.coverage.borders import border_flags
from mediation_geo.coverage.commune_table import (
    BEYOND_M,
    cells_with_communes,
    communes_coverage,
    town_halls_without_cells,
    write_communes_coverage,
)
from mediation_geo.coverage.curve import coverage_curve, distance_summary
from mediation_geo.coverage.frames import with_territory
from mediation_geo.coverage.inequality import gini
from mediation_geo.coverage.nearest import nearest_places_by
from mediation_geo.coverage.provenance import provenance_of, recorded, write_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from mediation_geo.coverage.definitions import WhiteZoneDefinition

__all__ = ["CURVE_M", "Report", "coverage_report", "report_html", "write_report"]

CURVE_M = (500.0, 1_000.0, 2_000.0, 3_000.0, 5_000.0, 7_500.0, 10_000.0, 15_000.0, 20_000.0, 30_000.0, 50_000.0)
# Near a frontier the places across it are missing from every French list: within this, distances are too long.
_BORDER_M = 10_000.0
_WORST = 15


@dataclass(frozen=True)
class Report:
    """
    Tables of a report, each with its provenance.

    Attributes
    ----------
    title : str
        What the report is about, such as `Lozère (48)`.
    summary : pandas.DataFrame
        One row: people, distances, people beyond, Gini of distance, places, share near a frontier, white shares.
    curve : pandas.DataFrame
        Share of people within each distance.
    communes : geopandas.GeoDataFrame
        The table `communes-couverture` of the area.
    cells : pandas.DataFrame
        Cells of the area with `place_id`, `distance_m`, `near_border`; for figures, not published.
    warnings : tuple of str
        What a reader must know before quoting a figure.
    """

    title: str
    summary: pd.DataFrame
    curve: pd.DataFrame
    communes: gpd.GeoDataFrame
    cells: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def worst(self) -> pd.DataFrame:
        """Communes with the most people beyond 5 km of help."""
        column = f"people_beyond_{BEYOND_M[1] / 1000:g}km"
        ranked = self.communes.sort_values([column, "code_insee"], ascending=[False, True])
        return pd.DataFrame(ranked[ranked[column] > 0].head(_WORST).drop(columns="geometry"))


def coverage_report(
    communes: gpd.GeoDataFrame,
    cells: pd.DataFrame,
    places: pd.DataFrame,
    *,
    border: gpd.GeoSeries,
    title: str,
    white: Mapping[str, WhiteZoneDefinition],
) -> Report:
    """
    Report on the area of some communes; distances are to places of the same territory, not across an ocean.

    Parameters
    ----------
    communes : geopandas.GeoDataFrame
        The area (see `shipped_communes`).
    cells : pandas.DataFrame
        Where people live, at least in the area; cells outside it are left aside.
    places : pandas.DataFrame
        All places, also those around the area: people cross its border.
    border : geopandas.GeoSeries
        The land frontier (see `land_border`).
    title : str
        Name of the area.
    white : mapping of str to WhiteZoneDefinition
        Columns of the cells that are white shares, and what each means; may be empty.

    Returns
    -------
    Report

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mediation_geo.coverage import shipped_communes, spread_population
    >>> lozere = shipped_communes(departement="48")
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.5], "lat": [44.52], "code_insee": ["48095"]})
    >>> cells, no_border = spread_population(lozere, size_m=2000), gpd.GeoSeries([], crs=4326)
    >>> report = coverage_report(lozere, cells, places, border=no_border, title="Lozère (48)", white={})
    >>> report.summary.places.tolist(), report.curve.share.is_monotonic_increasing
    ([1], True)
    """
    placed = cells_with_communes(cells, communes)
    grid = placed[placed["code_insee"].isin(communes["code_insee"])].reset_index(drop=True)
    halls = town_halls_without_cells(communes, grid)
    inside = pd.concat([grid, halls], ignore_index=True) if len(halls) else grid
    inside = recorded(inside, "town_halls_without_cells", inputs=[grid, communes], communes=len(halls))
    measured = nearest_places_by(with_territory(inside), with_territory(places), key="territory")
    measured = border_flags(measured, border, within_m=_BORDER_M)
    people = measured["population"]
    facts: dict[str, Any] = {
        "gini_distance": gini(measured, value="distance_m"),
        "places": int(cells_with_communes(places, communes)["code_insee"].isin(communes["code_insee"]).sum()),
        "share_near_border": float(people[measured["near_border"]].sum() / people.sum()),
    }
    facts |= {name: _share(people, measured[name]) for name in white}
    if "imputed" in measured:
        facts["share_imputed"] = _share(people, measured["imputed"].astype("float64"))
    facts["communes_without_cells"] = len(halls)
    summary = distance_summary(measured, beyond_m=BEYOND_M).assign(area=title, **facts)
    table = communes_coverage(communes, grid, places, white_shares=list(white))
    return Report(
        title=title,
        summary=recorded(summary, "coverage_report", inputs=[summary], title=title, white=dict(white)),
        curve=coverage_curve(measured, distances_m=CURVE_M),
        communes=table,
        cells=measured,
        warnings=tuple(_warnings(facts, measured, places)),
    )


def write_report(report: Report, folder: Path | str) -> list[Path]:
    """
    Write the report: `summary.csv`, `curve.csv`, `communes.csv`, `communes-couverture.parquet`, `provenance.json`, `report.html`.

    Returns
    -------
    list of pathlib.Path
        The files a reader opens, the page last.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = [
        write_table(report.summary, target / "summary.csv"),
        write_table(report.curve, target / "curve.csv"),
        write_table(report.communes, target / "communes.csv"),
        write_communes_coverage(report.communes, target / "communes-couverture.parquet"),
    ]
    steps = provenance_of(report.communes)
    provenance = target / "provenance.json"
    provenance.write_text(json.dumps({"title": report.title, "steps": steps}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    page = target / "report.html"
    page.write_text(report_html(report), encoding="utf-8")
    return [*written, provenance, page]


def report_html(report: Report) -> str:
    """Page in French that needs nothing but itself: figures, curve, communes with most people out of reach, provenance."""
    environment = Environment(
        loader=PackageLoader("mediation_geo.coverage"), autoescape=select_autoescape(["html", "j2"], default=True)
    )
    environment.filters["number"] = _number
    row = report.summary.iloc[0]
    return environment.get_template("report.html.j2").render(
        report=report,
        row=row,
        curve=report.curve.to_dict("records"),
        points=_polyline(report.curve),
        worst=report.worst.to_dict("records"),
        beyond=[(f"{step / 1000:g}", f"people_beyond_{step / 1000:g}km") for step in BEYOND_M],
        white=[name for name in report.summary.columns if name.startswith("white_share_")],
        steps=json.dumps(provenance_of(report.summary), ensure_ascii=False, indent=1),
    )


def _warnings(facts: Mapping[str, Any], cells: pd.DataFrame, places: pd.DataFrame) -> Sequence[str]:
    said = []
    steps = json.dumps(provenance_of(cells), ensure_ascii=False).lower()
    if "synthetic" in steps:
        said.append("Les carreaux de population sont synthétiques : aucun chiffre de cette page ne vaut pour le territoire réel.")
    if any(step.get("parameters", {}).get("demo") for step in provenance_of(cells)):
        said.append("Les lieux sont ceux de la démonstration, tous inventés : n'envoyez personne nulle part.")
    if "spread_population" in steps:
        said.append(
            "La population est répartie uniformément dans chaque commune, faute de carreaux : ordre de grandeur seulement."
        )
    if facts["communes_without_cells"]:
        count = facts["communes_without_cells"]
        said.append(f"{count} communes n'ont aucun carreau habité : leurs habitants sont comptés à la mairie.")
    if facts["share_near_border"] > 0:
        share = _number(100 * facts["share_near_border"], 1)
        said.append(f"{share} % des habitants vivent à moins de 10 km d'une frontière : les lieux étrangers manquent.")
    if "position_precision" in places and len(places):
        vague = float(places["position_precision"].isin(["municipality", "locality"]).mean())
        if vague > 0:
            said.append(
                f"{_number(100 * vague, 1)} % des lieux ne sont situés qu'à la commune : leurs distances sont incertaines."
            )
    said.append("Distances à vol d'oiseau sur l'ellipsoïde ; par la route, comptez davantage.")
    return said


def _share(people: pd.Series, share: pd.Series) -> float:
    """Mean of a share over the people for whom it is known; missing where it is for nobody."""
    known = people[share.notna()].sum()
    return float((people * share).sum() / known) if known > 0 else float("nan")


def _number(value: Any, decimals: int = 0) -> str:
    """Number as French writes it: narrow no-break spaces between thousands, decimal comma; a dash where hidden."""
    if value is None or pd.isna(value):
        return "–"
    return f"{value:,.{decimals}f}".replace(",", "\u202f").replace(".", ",")


def _polyline(curve: pd.DataFrame) -> str:
    x = 40 + curve["distance_m"] / curve["distance_m"].max() * 550
    y = 210 - curve["share"] * 190
    return " ".join(f"{left:.1f},{top:.1f}" for left, top in zip(x, y, strict=True))
