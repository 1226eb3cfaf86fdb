"""
A map of an answer as one HTML file that asks nobody for anything: no tiles, no script, no font.

An answer, and outlines to draw under it, in; a page with an inline drawing and the cards out.
"""

from __future__ import annotations

from functools import cache
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from shapely import box

from mediation_geo.search.cards import card_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

__all__ = ["map_html", "map_span"]

_SIZE = 640
_METRES_A_DEGREE = 111_320.0
_RINGS_KM = (0.5, 1, 2, 5, 10, 20, 50, 100)


def map_span(answer: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """
    Box of degrees, EPSG:4326, that holds the origin and every place of an answer with a margin: west, south, east, north.

    Examples
    --------
    >>> west, south, east, north = map_span({"recherche": {"origin": {"lon": 2.0, "lat": 48.0}}, "features": []})
    >>> west < 2.0 < east and south < 48.0 < north
    True
    """
    lon, lat = _origin(answer)
    half = 1.15 * max((feature["properties"].get("distance_m") or 0 for feature in answer["features"]), default=0)
    height = max(half, 500.0) / _METRES_A_DEGREE
    width = height / max(cos(radians(lat)), 0.01)
    return lon - width, lat - height, lon + width, lat + height


def map_html(answer: Mapping[str, Any], *, outlines: Iterable[BaseGeometry] = (), title: str = "Lieux proches") -> str:
    """
    Page with a drawn map and the cards of an answer.

    Parameters
    ----------
    answer : mapping
        As `answer` gives it.
    outlines : iterable of shapely geometries
        Polygons to draw under the places, EPSG:4326, for example communes.
    title : str
        Heading.

    Notes
    -----
    Degrees are drawn on a plane that is true to scale at the origin, good for the eye up to some 100 km; distances in the cards
    are geodesic.

    Examples
    --------
    >>> "<svg" in map_html({"recherche": {"origin": {"lon": 2.0, "lat": 48.0}}, "features": []})
    True
    """
    span = map_span(answer)
    west, _, east, north = span
    scale = _SIZE / (east - west)
    stretch = 1 / max(cos(radians(_origin(answer)[1])), 0.01)

    def drawn(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * scale, 1), round((north - lat) * scale * stretch, 1)

    paths = [path for outline in outlines for path in _paths(outline, span, drawn)]
    markers = [
        {"number": number, "name": feature["properties"].get("nom") or "", "at": drawn(*feature["geometry"]["coordinates"])}
        for number, feature in enumerate(answer["features"], start=1)
    ]
    metres_a_unit = (east - west) / _SIZE * _METRES_A_DEGREE / stretch
    rings = [{"km": km, "radius": round(1000 * km / metres_a_unit, 1)} for km in _RINGS_KM]
    html: str = _template().render(
        title=title,
        size=_SIZE,
        paths=paths,
        markers=markers,
        origin=drawn(*_origin(answer)),
        rings=[ring for ring in rings if _SIZE / 10 < ring["radius"] < _SIZE / 2],
        cards=[Markup(card_html(feature)) for feature in answer["features"]],
        messages=answer.get("messages", ()),
        source=answer.get("donnees", {}),
    )
    return html


def _origin(answer: Mapping[str, Any]) -> tuple[float, float]:
    origin = answer["recherche"]["origin"]
    return origin["lon"], origin["lat"]


def _paths(outline: BaseGeometry, span: tuple[float, float, float, float], drawn: Any) -> list[str]:
    shown = outline.intersection(box(*span))
    parts = getattr(shown, "geoms", [shown])
    found = []
    for part in parts:
        if part.geom_type == "Polygon" and not part.is_empty:
            points = " L".join(f"{x} {y}" for x, y in (drawn(lon, lat) for lon, lat in part.exterior.coords))
            found.append(f"M{points}Z")
    return found


@cache
def _template() -> Any:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True).get_template("map.html.j2")
