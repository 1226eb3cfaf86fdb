"""
DCAT-AP as JSON-LD: one catalog with one dataset and a distribution for each file, ready to be harvested by data.gouv.fr.

The context is written out in the file, and every resource says of which class it is: a harvester needs no other address to read
and to check it. Source: DCAT-AP 3.0, classes and ranges of its SHACL shapes.
"""

from __future__ import annotations

from typing import Any

from mediation_geo.release.manifest import LICENCE_URL
from mediation_geo.release.metadata.about import KEYWORDS, STANDARD_URL, About

__all__ = ["catalog"]

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "adms": "http://www.w3.org/ns/adms#",
    "spdx": "http://spdx.org/rdf/terms#",
    "locn": "http://www.w3.org/ns/locn#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
_VOCABULARY = "http://publications.europa.eu/resource/authority"
_CONFORMING = frozenset({"csv", "json"})


def catalog(facts: About) -> dict[str, Any]:
    """Catalog with the dataset of a release."""
    publisher = {"@id": f"{facts.base_url}#publisher", "@type": "foaf:Agent", "foaf:name": facts.publisher}
    return {
        "@context": CONTEXT,
        "@id": facts.url("catalog.jsonld"),
        "@type": "dcat:Catalog",
        "dct:title": _french(facts.title),
        "dct:description": _french(facts.description),
        "dct:publisher": publisher,
        "dct:language": _link(f"{_VOCABULARY}/language/FRA", "dct:LinguisticSystem"),
        "dct:license": _link(LICENCE_URL, "dct:LicenseDocument"),
        "foaf:homepage": _link(f"{facts.base_url}/", "foaf:Document"),
        "dct:modified": _day(facts.day),
        "dcat:dataset": _dataset(facts, publisher),
    }


def _dataset(facts: About, publisher: dict[str, Any]) -> dict[str, Any]:
    dataset = {
        "@id": f"{facts.base_url}#dataset",
        "@type": "dcat:Dataset",
        "dct:identifier": "lieux-mediation-numerique",
        "dct:title": _french(facts.title),
        "dct:description": _french(facts.description),
        "dct:publisher": publisher,
        "dct:language": _link(f"{_VOCABULARY}/language/FRA", "dct:LinguisticSystem"),
        "dct:license": _link(LICENCE_URL, "dct:LicenseDocument"),
        "dct:accrualPeriodicity": _link(f"{_VOCABULARY}/frequency/DAILY", "dct:Frequency"),
        "dct:modified": _day(facts.day),
        "dcat:version": facts.release,
        "adms:versionNotes": _french(f"Version {facts.release} : {facts.places} lieux."),
        "dcat:keyword": [_french(each) for each in KEYWORDS],
        "dcat:theme": _link(f"{_VOCABULARY}/data-theme/SOCI", "skos:Concept"),
        "dcat:landingPage": _link(f"{facts.base_url}/", "foaf:Document"),
        "dcat:distribution": [_distribution(facts, entry) for entry in facts.files],
    }
    if facts.bbox is not None:
        dataset["dct:spatial"] = {"@type": "dct:Location", "dcat:bbox": _typed(_polygon(facts.bbox), "geo:wktLiteral")}
    if facts.previous is not None:
        dataset["dcat:previousVersion"] = {"@id": f"{facts.base_url}#{facts.previous}"}
    return dataset


def _distribution(facts: About, entry: Any) -> dict[str, Any]:
    address = facts.url(entry["file"])
    where = f", département {entry['departement']}" if entry["departement"] else ""
    distribution = {
        "@id": f"{address}#distribution",
        "@type": "dcat:Distribution",
        "dct:title": _french(f"{entry['title']}{where}"),
        "dcat:accessURL": {"@id": address},
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": _link(f"https://www.iana.org/assignments/media-types/{entry['media_type']}", "dct:MediaType"),
        "dcat:byteSize": _typed(str(entry["bytes"]), "xsd:nonNegativeInteger"),
        "dct:license": _link(LICENCE_URL, "dct:LicenseDocument"),
        "dct:modified": _day(facts.day),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"},
            "spdx:checksumValue": _typed(entry["sha256"], "xsd:hexBinary"),
        },
    }
    if entry["format"] in _CONFORMING:
        distribution["dct:conformsTo"] = _link(STANDARD_URL, "dct:Standard")
    return distribution


def _french(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "fr"}


def _link(address: str, kind: str) -> dict[str, str]:
    return {"@id": address, "@type": kind}


def _typed(value: str, kind: str) -> dict[str, str]:
    return {"@value": value, "@type": kind}


def _day(day: str) -> dict[str, str]:
    return _typed(day, "xsd:date")


def _polygon(bbox: tuple[float, float, float, float]) -> str:
    west, south, east, north = bbox
    return f"POLYGON(({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))"
