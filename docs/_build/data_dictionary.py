"""
Write the data dictionary, `docs/data-dictionary.md`, from the code: `python docs/_build/data_dictionary.py`.

What a column or a code means is said here or in the code, once; a column without a sentence stops the script.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mediation_geo import standard
from mediation_geo.standard import FIELDS, issue_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).resolve().parents[1] / "data-dictionary.md"

_INTRODUCTION = """\
# Data dictionary

<!-- Written by `python docs/_build/data_dictionary.py`: change the code, not this page. -->

Types: `text`; `number` (float64); `integer` (int64); `date`; `list` (of text; joined by `|` in CSV); `geometry` (EPSG:4326).
A missing value is missing, never an empty text, an empty list, a zero or 1970. Codes are text and keep their zeros.
"""

_FIELD_COLUMNS = {each.name for each in FIELDS}
_FIELD_MEANINGS = {
    "id": "the source's own id; in places, our `place_id`",
    "pivot": "SIRET of the organisation; fourteen zeros in CSV when it is not known",
    "nom": "name of the place",
    "commune": "name of the commune, as the official code gives it",
    "code_postal": "postcode",
    "code_insee": "code of the commune, current edition",
    "adresse": "number and street",
    "complement_adresse": "floor, building, post box",
    "latitude": "degrees, WGS 84",
    "longitude": "degrees, WGS 84",
    "typologie": "kind of organisation",
    "telephone": "one number, international form",
    "courriels": "e-mail addresses, none of them a person's",
    "site_web": "addresses of web pages",
    "horaires": "opening hours, OpenStreetMap syntax",
    "presentation_resume": "one paragraph about the place",
    "presentation_detail": "more about it",
    "source": "who published the record, as the file says",
    "itinerance": "whether the place moves",
    "structure_parente": "organisation above it",
    "date_maj": "day of the last update by its producer",
    "services": "what help is offered",
    "publics_specifiquement_adresses": "for whom in particular; missing: for everybody",
    "prise_en_charge_specifique": "who is received with special care",
    "frais_a_charge": "what it costs",
    "dispositif_programmes_nationaux": "national programmes it belongs to",
    "formations_labels": "training and labels, of the national list",
    "autres_formations_labels": "training and labels outside that list",
    "modalites_acces": "how to come or to get in touch",
    "modalites_accompagnement": "how help is given",
    "fiche_acces_libre": "sheet about access for disabled people",
    "prise_rdv": "page on which to book",
}
_MEANINGS = {
    "record_id": "`<feed>/<key>`, stable from night to night",
    "feed": "catalogue name of the source the row was read from",
    "row": "row of the file, from 1",
    "code_arrondissement": "arrondissement of Paris, Lyon or Marseille; `code_insee` is then the commune",
    "code_departement": "département, `2A` and `974` included",
    "code_region": "region",
    "timezone": "IANA name of the time zone, such as `Indian/Reunion`",
    "position_precision": "`housenumber`, `interpolated`, `street`, `locality`, `municipality`; missing without a position",
    "position_uncertainty_m": "radius in metres within which the place is expected",
    "position_origin": "`source`, `geocoder`, `commune`, `code_postal`; missing without a position",
    "place_id": "opaque, `[a-z0-9]{13}`, minted once and kept from night to night",
    "source_ids": "`record_id` of every record united in the place",
    "sources": "the sources these records name",
    "aliases": "former place ids and ids as published; they lead to this place",
    "provenance": "JSON: for each field the record, date and rule it came from",
    "freshness": "`recent` (under 6 months), `a_verifier` (to 18), `ancien`; missing when the date is unknown",
    "first_seen": "day of the release that first held the place",
    "last_seen": "day of the last release whose sources named it",
    "geometry": "point, or missing",
    "left_record_id": "the lesser of the two record ids",
    "right_record_id": "the greater of the two record ids",
    "score": "probability from 0 to 1 of the model, or 0 to 100 of the official rule",
    "rule": "`model` and its version, `official`, or the rule or person that decided",
    "decision": "`match`, `distinct`, `review`, `located_with`",
    "reasons": "JSON: each sign with its weight",
    "stage": "`ingest`, `locate`, `dedupe`, `pipeline`",
    "field": "field of the standard that the issue is about",
    "code": "one of the codes below",
    "severity": "`info`, `warning`, `reject`",
    "value": "what the source said",
    "corrected": "what stands in its place",
}
_SEVERITIES = {"reject": "écarté", "warning": "à corriger", "info": "corrigé"}


def data_dictionary() -> str:
    """Text of the page."""
    return "\n".join(
        [
            _INTRODUCTION,
            *_fields(),
            *_layout("Places", "`places.parquet`, one row a place: the 32 fields and", _without(standard.PLACES, _FIELD_COLUMNS)),
            *_layout(
                "Records",
                "`records.parquet`, one row a row of a source: the 32 fields, `place_id`, and",
                {**_without(standard.RECORDS, _FIELD_COLUMNS), **_without(standard.LOCATED_RECORDS, set(standard.RECORDS))},
            ),
            *_layout("Members", "Which record is in which place; published as a column of the records.", standard.MEMBERS),
            *_layout("Links", "`links.parquet`, one row a pair of records that was compared.", standard.LINKS),
            *_layout("Issues", "`issues.parquet`, one row a thing that was wrong or was changed.", standard.ISSUES),
            *_codes(),
            *_vocabularies(),
        ]
    )


def _without(layout: standard.Layout, names: set[str]) -> standard.Layout:
    return {name: kind for name, kind in layout.items() if name not in names}


def _fields() -> Iterator[str]:
    yield "## The 32 fields of the national standard\n\nVersion 1.0.2, names verbatim, in the order of the official CSV.\n"
    yield from _table(
        ("field", "type", "required", "what", "admits"),
        (
            (f"`{each.name}`", each.kind, "yes" if each.required else "", _FIELD_MEANINGS[each.name], _admits(each))
            for each in FIELDS
        ),
    )


def _admits(each: standard.Field) -> str:
    said = []
    if each.vocabulary:
        said.append(f"[{len(each.vocabulary)} labels](#{each.name})")
    if each.pattern is not None:
        said.append(_code(each.pattern.pattern))
    if each.max_length is not None:
        said.append(f"at most {each.max_length} characters")
    return "; ".join(said)


def _code(pattern: str) -> str:
    # Renderers disagree on a bar between backticks inside a table; all agree on entities.
    return f"<code>{pattern.replace(chr(92), '&#92;').replace('|', '&#124;')}</code>" if "|" in pattern else f"`{pattern}`"


def _layout(title: str, sentence: str, layout: standard.Layout) -> Iterator[str]:
    yield f"## {title}\n\n{sentence}\n"
    yield from _table(("column", "type", "what"), ((f"`{name}`", kind, _MEANINGS[name]) for name, kind in layout.items()))


def _codes() -> Iterator[str]:
    yield "## Codes of issues\n\nThe sentences are those that producers read. `reject` is « écarté », `warning` « à corriger »,"
    yield "`info` « corrigé ».\n"
    yield from _table(
        ("code", "étape", "gravité", "phrase"),
        (
            (f"`{each.code}`", each.stage, _SEVERITIES[each.severity], each.message)
            for each in sorted(issue_codes().values(), key=lambda each: (each.stage, each.code))
        ),
    )


def _vocabularies() -> Iterator[str]:
    yield "## Vocabularies\n\nLabels exactly as the standard writes them.\n"
    for name, labels in standard.VOCABULARIES.items():
        yield f"### {name}\n"
        yield "\n".join(f"* {label}" for label in labels) + "\n"
    yield f"### typologie\n\n{', '.join(f'`{code}`' for code in standard.TYPOLOGIES)}"
    yield ""


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(data_dictionary(), encoding="utf-8")
