"""Croissant 1.0 of MLCommons: the description that search engines for datasets and loaders of machine learning read."""

from __future__ import annotations

from typing import Any

from mediation_geo.release.manifest import LICENCE_URL
from mediation_geo.release.metadata.about import KEYWORDS, About
from mediation_geo.standard import FIELDS

__all__ = ["croissant"]

CONTEXT = {
    "@language": "fr",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"text": "sc:Text", "list": "sc:Text", "number": "sc:Float", "date": "sc:Date"}


def croissant(facts: About) -> dict[str, Any]:
    """Croissant description of a release; the record set is that of the official CSV."""
    whole = [entry for entry in facts.files if entry["departement"] is None]
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "lieux-mediation-numerique",
        "alternateName": facts.title,
        "description": facts.description,
        "url": f"{facts.base_url}/",
        "license": LICENCE_URL,
        "version": _semantic(facts.release),
        "datePublished": facts.day,
        "inLanguage": "fr",
        "isLiveDataset": True,
        "keywords": list(KEYWORDS),
        "creator": {"@type": "Organization", "name": facts.publisher},
        "citeAs": f"{facts.publisher}, {facts.title}, version {facts.release}",
        "distribution": [_file(facts, entry) for entry in whole],
    }
    tables = [_record_set(entry) for entry in whole if entry["format"] == "csv"]
    return described | ({"recordSet": tables} if tables else {})


def _semantic(release: str) -> str:
    """
    Version number in three parts, as Croissant recommends: year, month and day, with the number of the day behind.

    Examples
    --------
    >>> _semantic("2026-11-02"), _semantic("2026-11-02.3")
    ('2026.11.2', '2026.11.2+3')
    """
    day, _, number = release.partition(".")
    parts = ".".join(str(int(part)) for part in day.split("-"))
    return f"{parts}+{number}" if number else parts


def _file(facts: About, entry: Any) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": entry["file"],
        "name": entry["file"],
        "description": entry["title"],
        "contentUrl": facts.url(entry["file"]),
        "contentSize": f"{entry['bytes']} B",
        "encodingFormat": entry["media_type"],
        "sha256": entry["sha256"],
    }


def _record_set(entry: Any) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "lieux",
        "name": "lieux",
        "key": {"@id": "lieux/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"lieux/{field.name}",
                "name": field.name,
                "dataType": _TYPES[field.kind],
                "source": {"fileObject": {"@id": entry["file"]}, "extract": {"column": field.name}},
            }
            for field in FIELDS
        ],
    }
