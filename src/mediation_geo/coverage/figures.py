"""
The figures people expect: coverage curve, Lorenz curve, choropleth, bivariate map, siting map, and an interactive map.

Results of this room go in; each function writes an image, and beside it the CSV it was drawn from and its provenance. It needs
matplotlib, and the interactive map folium and mapclassify (extra `coverage`).
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mediation_geo.coverage.frames import require_columns
from mediation_geo.coverage.provenance import write_table
from mediation_geo.errors import CRSMismatch, MediationGeoError, SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["draw_bivariate", "draw_choropleth", "draw_curve", "draw_lorenz", "draw_siting", "interactive_map"]

# Readable in grey and by the colour-blind; rows are classes of x, columns classes of y.
_BIVARIATE = (("#e8e8e8", "#b5c0da", "#6c83b5"), ("#b8d6be", "#90b2b3", "#567994"), ("#73ae80", "#5a9178", "#2a5a5b"))
_BLUE, _ORANGE, _GREY = "#000091", "#e4794a", "#dddddd"
_HIDDEN = "masqué"


def draw_curve(curve: pd.DataFrame, path: Path | str, *, title: str) -> Path:
    """
    Coverage curve, one line for each group where the table has groups (`coverage_curve_by`).

    Parameters
    ----------
    curve : pandas.DataFrame
        Result of `coverage_curve` or `coverage_curve_by`.
    path : path
        Image: PNG, SVG or PDF by its ending.

    Returns
    -------
    pathlib.Path
        The image; the CSV and the provenance lie beside it under the same name.

    Raises
    ------
    MediationGeoError
        If matplotlib is not installed.
    """
    require_columns(curve, ["distance_m", "share"], what="curve")
    figure, axes = _axes(title)
    groups = [name for name in curve.columns if name not in {"distance_m", "population", "share"}]
    lines = curve.groupby(groups[0]) if groups else [("", curve)]
    for name, line in lines:
        axes.plot(line["distance_m"] / 1000, 100 * line["share"], marker="o", label=str(name))
    axes.set(xlabel="distance au lieu le plus proche (km)", ylabel="habitants (%)", ylim=(0, 102), xlim=(0, None))
    if groups:
        axes.legend(title=groups[0])
    return _saved(figure, curve, path)


def draw_lorenz(curve: pd.DataFrame, path: Path | str, *, title: str) -> Path:
    """
    Lorenz curve with the line of equality.

    Parameters
    ----------
    curve : pandas.DataFrame
        Result of `lorenz`.
    path : path
        Image.
    """
    require_columns(curve, ["population_share", "value_share"], what="curve")
    figure, axes = _axes(title)
    axes.plot([0, 100], [0, 100], color=_GREY, label="égalité")
    axes.plot(100 * curve["population_share"], 100 * curve["value_share"], color=_BLUE, label="observé")
    axes.set(xlabel="habitants (%)", ylabel="part cumulée (%)", aspect="equal")
    axes.legend()
    return _saved(figure, curve, path)


def draw_choropleth(
    table: gpd.GeoDataFrame, path: Path | str, *, column: str, breaks: Sequence[float], label: str, title: str
) -> Path:
    """
    Communes coloured by classes of a column; hidden figures are hatched, not white.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        Polygons in a projection in metres (`to_crs` with the legal one): degrees would stretch the map.
    column : str
        Numbers.
    breaks : sequence of float
        Limits between the classes, ascending.
    label : str
        What the legend says, with the unit.
    """
    from_to, names = _classes(breaks)
    require_columns(table, [column], what="table")
    classes = pd.cut(table[column], from_to, labels=names)
    figure, axes = _map(table, title)
    colours = _colour_scale(len(names))
    for name, colour in zip(names, colours, strict=True):  # classes, not communes
        _draw(table[classes == name], axes, color=colour, linewidth=0.05, edgecolor="white")
    _draw(table[classes.isna()], axes, color="white", edgecolor="#999999", hatch="////", linewidth=0.1)
    _legend(axes, [*zip(names, colours, strict=True)], label)
    return _saved(figure, table[[name for name in table.columns if name != "geometry"]], path)


def draw_bivariate(table: gpd.GeoDataFrame, path: Path | str, *, x_label: str, y_label: str, title: str) -> Path:
    """
    Map of two variables in 3 by 3 classes, with its square legend.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        Result of `bivariate_classes` with two breaks each, polygons in a projection in metres.
    """
    require_columns(table, ["x_class", "y_class"], what="table")
    if table[["x_class", "y_class"]].max().max() > len(_BIVARIATE):
        message = "there are more than 3 classes of one variable; expected two breaks each"
        raise SchemaMismatch(message)
    figure, axes = _map(table, title)
    _draw(table[table["x_class"].isna()], axes, color="white", edgecolor="#999999", hatch="////", linewidth=0.1)
    legend = axes.inset_axes((0.02, 0.02, 0.2, 0.2))
    for x, row in enumerate(_BIVARIATE, start=1):
        for y, colour in enumerate(row, start=1):
            _draw(table[(table["x_class"] == x) & (table["y_class"] == y)], axes, color=colour, linewidth=0.05, edgecolor="white")
            legend.fill([x - 1, x, x, x - 1], [y - 1, y - 1, y, y], color=colour)
    legend.set(xticks=[], yticks=[], xlabel=f"{x_label} →", ylabel=f"{y_label} →", aspect="equal")
    return _saved(figure, table[[name for name in table.columns if name != "geometry"]], path)


def draw_siting(area: gpd.GeoDataFrame, places: pd.DataFrame, sites: pd.DataFrame, path: Path | str, *, title: str) -> Path:
    """
    Map of the places there are and the sites proposed, numbered, sized by the people each adds.

    Parameters
    ----------
    area : geopandas.GeoDataFrame
        Polygons in a projection in metres.
    places : pandas.DataFrame
        `lon, lat` or `longitude, latitude`.
    sites : pandas.DataFrame
        Result of `site_greedy`.
    """
    from mediation_geo.coverage.frames import positions

    require_columns(sites, ["rank", "lon", "lat", "people_added"], what="sites")
    figure, axes = _map(area, title)
    _draw(area, axes, color="#f6f6f6", edgecolor="#cccccc", linewidth=0.1)
    west, south, east, north = area.total_bounds
    sizes = 30 + 200 * sites["people_added"] / sites["people_added"].max()
    for frame, colour, size in ((places, _BLUE, 8.0), (sites, _ORANGE, sizes)):
        points = gpd.GeoSeries(gpd.points_from_xy(*positions(frame, what="places")), crs="EPSG:4326").to_crs(str(area.crs))
        axes.scatter(points.x, points.y, s=size, color=colour, alpha=0.8)
    for row, x, y in zip(sites["rank"], points.x, points.y, strict=True):
        axes.annotate(str(row), (x, y), ha="center", va="center", fontsize=7)
    axes.set(xlim=(west, east), ylim=(south, north))
    return _saved(figure, sites, path)


def interactive_map(table: gpd.GeoDataFrame, path: Path | str, *, column: str, breaks: Sequence[float], label: str) -> Path:
    """
    Page with a map to zoom and to point at, in the classes of `draw_choropleth`; a browser shows it without any network.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        Polygons, in any known reference system; every column is shown where one points.
    path : path
        HTML file; the CSV and the provenance lie beside it under the same name. It holds Leaflet and the polygons, and no
        background: streets would be fetched from somebody's server at each look.
    column, breaks, label
        As for `draw_choropleth`.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    MediationGeoError
        If folium is not installed.
    """
    from_to, names = _classes(breaks)
    require_columns(table, [column], what="table")
    shown = [name for name in table.columns if name != "geometry"]
    try:
        from matplotlib.colors import to_hex

        scale = dict(zip(names, map(to_hex, _colour_scale(len(names))), strict=True)) | {_HIDDEN: "#ffffff"}
        classes = pd.cut(table[column], from_to, labels=names).astype("str").fillna(_HIDDEN)
        page = table.explore(
            color=classes.map(scale).tolist(),
            tiles=None,
            tooltip=shown,  # type: ignore[arg-type]  # stubs: one column only
            style_kwds={"weight": 0.5, "fillOpacity": 0.8},
        )
    except ImportError as error:
        message = "interactive maps need folium, mapclassify and matplotlib: pip install 'mediation-geo[coverage]'"
        raise MediationGeoError(message) from error
    target = Path(path)
    target.write_text(_alone(page, _html_legend(scale, label)), encoding="utf-8")
    write_table(table, target.with_suffix(".csv"))
    return target


def _alone(page: Any, legend: str) -> str:
    """HTML of a folium map with Leaflet inside, and without the scripts that folium fetches and these maps never use."""
    from branca.element import Element

    # The copy in the wheel, read as a file: pages of the service show the same one.
    leaflet = Path(__file__).resolve().parents[1] / "service" / "static" / "leaflet"
    style, script = ((leaflet / f"leaflet.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    page.default_js, page.default_css = [], []
    root = page.get_root()
    # A map's own elements come after these: Leaflet must be there first. Braces are Jinja's, hence raw.
    head = f"{{% raw %}}<style>{style}</style><script>{script}</script>{{% endraw %}}"
    root.header.add_child(Element(head), name="leaflet")
    root.html.add_child(Element(legend), name="legend")
    rendered: str = root.render()
    return rendered


def _html_legend(scale: Mapping[str, str], label: str) -> str:
    from markupsafe import Markup

    line = Markup('<div><span style="display:inline-block;width:1em;height:1em;background:{}"></span> {}</div>')
    lines = Markup("").join(line.format(colour, name) for name, colour in scale.items())
    box = Markup('<div style="position:fixed;right:1em;bottom:2em;z-index:1000;background:#fff;padding:.6em"><b>{}</b>{}</div>')
    return str(box.format(label, lines))


def _classes(breaks: Sequence[float]) -> tuple[list[float], list[str]]:
    """Limits from minus to plus infinity, and the name of each class between them."""
    names = [f"≤ {breaks[0]:g}", *(f"{low:g} à {high:g}" for low, high in itertools.pairwise(breaks)), f"> {breaks[-1]:g}"]
    return [-np.inf, *breaks, np.inf], names


def _axes(title: str) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        message = "figures need matplotlib: pip install 'mediation-geo[coverage]'"
        raise MediationGeoError(message) from error
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def _map(table: gpd.GeoDataFrame, title: str) -> tuple[Any, Any]:
    if table.crs is None or not table.crs.is_projected:
        message = f"the polygons are in {table.crs}; expected a projection in metres, such as the legal one of the territory"
        raise CRSMismatch(message)
    figure, axes = _axes(title)
    axes.set_axis_off()
    axes.set_aspect("equal")
    return figure, axes


def _draw(part: gpd.GeoDataFrame, axes: Any, **style: Any) -> None:
    if len(part):
        part.plot(ax=axes, aspect=None, **style)


def _legend(axes: Any, entries: list[tuple[str, Any]], label: str) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=colour, label=name) for name, colour in entries]
    axes.legend(handles=[*patches, Patch(facecolor="white", edgecolor="#999999", hatch="////", label=_HIDDEN)], title=label)


def _colour_scale(count: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["cividis_r"](k / max(count - 1, 1)) for k in range(count)]


def _saved(figure: Any, table: pd.DataFrame, path: Path | str) -> Path:
    target = Path(path)
    figure.savefig(target, dpi=150)
    write_table(table, target.with_suffix(".csv"))
    return target
