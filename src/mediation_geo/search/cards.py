"""
The answer as things people carry away: a card, a text message, a contact, waypoints, a sheet of paper.

Features or a whole answer in, text in a public format out. Nothing here decides which place is shown.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import segno
from jinja2 import Environment, FileSystemLoader

from mediation_geo.search.easy import easy_sentences
from mediation_geo.search.hours import hours_line
from mediation_geo.search.sms import place_sms

__all__ = ["Rendered", "card_html", "card_text", "easy_html", "gpx", "json_ld", "print_sheet", "render", "vcards"]

Feature = Mapping[str, Any]

# Operators whose service is a public one; anything else is a service.
_PUBLIC_OPERATORS = frozenset(
    ("BIB", "CAF", "CCAS", "CDAS", "CIAS", "CPAM", "DEPT", "EPCI", "FT", "MDPH", "MDS", "MSAP", "MUNI", "PREF", "REG", "RFS")
)

_SCHEMA_DAYS = {
    "lundi": "Monday",
    "mardi": "Tuesday",
    "mercredi": "Wednesday",
    "jeudi": "Thursday",
    "vendredi": "Friday",
    "samedi": "Saturday",
    "dimanche": "Sunday",
}


class Rendered(NamedTuple):
    """Text of an answer and its media type."""

    text: str
    media_type: str


def render(answer: Mapping[str, Any], *, f: str) -> Rendered:
    """
    Answer in one of the formats of the parameter `f`.

    Examples
    --------
    >>> render({"type": "FeatureCollection", "features": []}, f="txt")
    Rendered(text='', media_type='text/plain; charset=utf-8')
    """
    features = [*answer.get("features", ()), *answer.get("a_distance", ())]
    makers: dict[str, Callable[[], Rendered]] = {
        "geojson": lambda: Rendered(json.dumps(answer, ensure_ascii=False), "application/geo+json"),
        "json": lambda: Rendered(json.dumps(answer, ensure_ascii=False), "application/json"),
        "html": lambda: Rendered("\n".join(card_html(each) for each in features), "text/html; charset=utf-8"),
        "txt": lambda: Rendered("\n".join(place_sms(each["properties"]) for each in features), "text/plain; charset=utf-8"),
        "csv": lambda: Rendered(_csv(features), "text/csv; charset=utf-8; header=present"),
        "vcf": lambda: Rendered(vcards(features), "text/vcard; charset=utf-8"),
        "gpx": lambda: Rendered(gpx(features), "application/gpx+xml"),
    }
    return makers[f]()


def card_text(properties: Mapping[str, Any]) -> str:
    """
    Card as plain text, one thing a line.

    Examples
    --------
    >>> print(card_text({"nom": "Mairie", "adresse": {"label": "1 rue Foch, 34000 Montpellier"}}))
    Mairie
    1 rue Foch, 34000 Montpellier
    """
    contact = properties.get("contact") or {}
    reasons = [each["texte"] for each in (properties.get("correspondance") or {}).get("raisons", ())]
    lines = [
        properties.get("nom"),
        (properties.get("adresse") or {}).get("label"),
        properties.get("distance_label"),
        contact.get("tel_affiche"),
        contact.get("courriel"),
        contact.get("site"),
        hours_line(properties.get("horaires") or {}),
        " · ".join(reasons),
    ]
    return "\n".join(line for line in lines if line)


def card_html(feature: Feature) -> str:
    """Card as an HTML fragment with its JSON-LD; every value is escaped."""
    properties = feature["properties"]
    html: str = _template("card.html.j2").render(
        p=properties,
        hours=hours_line(properties.get("horaires") or {}),
        sms=place_sms(properties),
        # A closing tag inside a name must not end the script.
        ld=json.dumps(json_ld(feature), ensure_ascii=False).replace("<", "\\u003c"),
    )
    return html


def easy_html(feature: Feature) -> str:
    """Card in easy-to-read French as an HTML fragment; every value is escaped."""
    sentences = easy_sentences(feature["properties"])
    html: str = _template("easy.html.j2").render(p=feature["properties"], sentences=sentences)
    return html


def print_sheet(features: Sequence[Feature], *, url: str, title: str = "Des lieux pour vous aider") -> str:
    """
    Sheet of paper with up to three places, a QR code to the answer, and a blank line to write a name by hand.

    Parameters
    ----------
    features : sequence of mapping
        Features of an answer; the first three are printed.
    url : str
        Address of the answer, which holds no personal data.
    title : str
        Heading.
    """
    code = segno.make(url, error="m").svg_inline(scale=3, border=1)
    shown = [{"p": each["properties"], "hours": hours_line(each["properties"].get("horaires") or {})} for each in features[:3]]
    html: str = _template("print.html.j2").render(places=shown, title=title, url=url, code=code)
    return html


def json_ld(feature: Feature) -> dict[str, Any]:
    """
    Place as schema.org data.

    Examples
    --------
    >>> json_ld({"properties": {"id": "a", "nom": "Mairie", "typologie": ["MUNI"]}})["@type"]
    'GovernmentService'
    """
    properties = feature["properties"]
    address, contact = properties.get("adresse") or {}, properties.get("contact") or {}
    public = bool(_PUBLIC_OPERATORS.intersection(properties.get("typologie") or ()))
    place: dict[str, Any] = {
        "@type": "Place",
        "name": properties.get("nom"),
        "address": {
            "@type": "PostalAddress",
            "streetAddress": " ".join(part for part in (address.get("numero"), address.get("voie")) if part),
            "postalCode": address.get("cp"),
            "addressLocality": address.get("commune"),
            "addressCountry": "FR",
        },
        "openingHoursSpecification": [
            {"@type": "OpeningHoursSpecification", "dayOfWeek": _SCHEMA_DAYS[day["jour"]], "opens": start, "closes": end}
            | {"validFrom": day["date"], "validThrough": day["date"]}
            for day in (properties.get("horaires") or {}).get("semaine", ())
            for start, end in day["plages"]
        ],
    }
    if feature.get("geometry"):
        lon, lat = feature["geometry"]["coordinates"]
        place["geo"] = {"@type": "GeoCoordinates", "latitude": lat, "longitude": lon}
    channel: dict[str, Any] = {"@type": "ServiceChannel", "serviceLocation": place}
    if contact.get("tel_e164"):
        channel["servicePhone"] = {"@type": "ContactPoint", "telephone": contact["tel_e164"]}
    return {
        "@context": "https://schema.org",
        "@type": "GovernmentService" if public else "Service",
        "name": properties.get("nom"),
        "identifier": properties.get("id"),
        "serviceType": properties.get("services") or [],
        "url": contact.get("site"),
        "availableChannel": channel,
    }


def vcards(features: Iterable[Feature]) -> str:
    """
    Places as vCards 4.0 (RFC 6350), lines folded at 75 octets.

    Examples
    --------
    >>> vcards([{"properties": {"id": "a", "nom": "Mairie"}}]).splitlines()[3]
    'FN:Mairie'
    """
    return "".join(_vcard(feature) for feature in features)


def gpx(features: Iterable[Feature]) -> str:
    """Places with a position as waypoints of a GPX 1.1 file."""
    root = ET.Element("gpx", {"version": "1.1", "creator": "mediation-geo", "xmlns": "http://www.topografix.com/GPX/1/1"})
    for feature in features:
        if not feature.get("geometry"):
            continue
        lon, lat = feature["geometry"]["coordinates"]
        properties = feature["properties"]
        point = ET.SubElement(root, "wpt", {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}"})
        ET.SubElement(point, "name").text = _printable(properties.get("nom") or properties.get("id") or "")
        ET.SubElement(point, "desc").text = _printable(card_text(properties))
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _csv(features: Iterable[Feature]) -> str:
    """One row a place; a cell that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["id", "nom", "adresse", "telephone", "courriel", "site", "horaires", "distance_m", "longitude", "latitude"])
    for feature in features:
        properties = feature["properties"]
        contact = properties.get("contact") or {}
        lon, lat = feature["geometry"]["coordinates"] if feature.get("geometry") else ("", "")
        cells = [
            properties.get("id"),
            properties.get("nom"),
            (properties.get("adresse") or {}).get("label"),
            contact.get("tel_affiche"),
            contact.get("courriel"),
            contact.get("site"),
            (properties.get("horaires") or {}).get("brut"),
        ]
        writer.writerow([*(_harmless(cell) for cell in cells), properties.get("distance_m"), lon, lat])
    return out.getvalue()


def _harmless(cell: str | None) -> str:
    text = cell or ""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _vcard(feature: Feature) -> str:
    properties = feature["properties"]
    address, contact = properties.get("adresse") or {}, properties.get("contact") or {}
    street = " ".join(part for part in (address.get("numero"), address.get("voie")) if part)
    parts = ["", address.get("complement"), street, address.get("commune"), "", address.get("cp"), "France"]
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "KIND:org",
        f"FN:{_escaped(properties.get('nom') or properties.get('id'))}",
        f"ORG:{_escaped(properties.get('nom'))}",
        "ADR:" + ";".join(_escaped(part) for part in parts),
        f"UID:urn:mediation-geo:{properties.get('id')}",
    ]
    if contact.get("tel_uri"):
        lines.append(f"TEL;VALUE=uri:{contact['tel_uri']}")
    if contact.get("courriel"):
        lines.append(f"EMAIL:{_escaped(contact['courriel'])}")
    if contact.get("site"):
        lines.append(f"URL:{contact['site']}")
    if feature.get("geometry"):
        lon, lat = feature["geometry"]["coordinates"]
        lines.append(f"GEO:geo:{lat:.6f},{lon:.6f}")
    if (properties.get("horaires") or {}).get("brut"):
        lines.append(f"NOTE:{_escaped('Horaires : ' + properties['horaires']['brut'])}")
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCARD"])


def _escaped(text: str | None) -> str:
    plain = (text or "").replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> str:
    """Line in pieces of at most 75 octets, never inside a letter."""
    pieces: list[str] = []
    piece, size = "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > (75 if not pieces else 74):
            pieces.append(piece)
            piece, size = "", 0
        piece, size = piece + letter, size + width
    return "\r\n ".join([*pieces, piece])


def _printable(text: str) -> str:
    """Text without the control characters that XML does not allow."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")


@cache
def _environment() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _template(name: str) -> Any:
    return _environment().get_template(name)
