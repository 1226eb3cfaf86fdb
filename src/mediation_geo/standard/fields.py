"""
The 32 fields of the national standard "lieux de médiation numérique" v1.0.2, in the order of the official CSV.

Source: LaMednum/standard-mediation-num, schema.json, version 1.0.2 of 2024-07-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from mediation_geo.standard.vocabularies import VOCABULARIES

__all__ = ["FIELDS", "FIELD_NAMES", "LIST_FIELDS", "LIST_SEPARATOR", "REQUIRED_FIELDS", "Field"]

LIST_SEPARATOR = "|"
UNKNOWN_PIVOT = "0" * 14

Kind = Literal["text", "list", "number", "date"]


@dataclass(frozen=True, slots=True)
class Field:
    """
    One field of the standard.

    Attributes
    ----------
    name : str
        French name, verbatim.
    kind : {"text", "list", "number", "date"}
        `list` fields are joined by `|` in CSV.
    required : bool
        Whether the schema demands a value.
    pattern : re.Pattern or None
        What one value (one element of a list) must match in full.
    max_length : int or None
        Longest text the schema admits.
    vocabulary : tuple of str
        Admitted labels; empty where the field is free.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    pattern: re.Pattern[str] | None = None
    max_length: int | None = None
    vocabulary: tuple[str, ...] = field(default=())


_PHONE = re.compile(r"(\+33|\+590|\+594|\+262|\+596|\+269|\+687|\+689|\+508|\+681)(\d){6,9}")


def _choice(name: str) -> Field:
    return Field(name, "list", vocabulary=VOCABULARIES[name])


FIELDS: tuple[Field, ...] = (
    Field("id", required=True),
    Field("pivot", required=True, pattern=re.compile(r"[a-zA-Z0-9]{9,14}")),
    Field("nom", required=True),
    Field("commune", required=True),
    Field("code_postal", required=True, pattern=re.compile(r"\d{5}")),
    Field("code_insee", pattern=re.compile(r"([013-9]\d|2[AB1-9])\d{3}")),
    Field("adresse", required=True),
    Field("complement_adresse"),
    Field("latitude", "number"),
    Field("longitude", "number"),
    Field("typologie", "list"),
    Field("telephone", pattern=_PHONE),
    Field("courriels", "list"),
    Field("site_web", "list"),
    Field("horaires"),
    Field("presentation_resume", max_length=280),
    Field("presentation_detail"),
    Field("source"),
    _choice("itinerance"),
    Field("structure_parente"),
    Field("date_maj", "date", required=True),
    _choice("services"),
    _choice("publics_specifiquement_adresses"),
    _choice("prise_en_charge_specifique"),
    _choice("frais_a_charge"),
    _choice("dispositif_programmes_nationaux"),
    _choice("formations_labels"),
    Field("autres_formations_labels", "list"),
    _choice("modalites_acces"),
    _choice("modalites_accompagnement"),
    Field("fiche_acces_libre"),
    Field("prise_rdv"),
)

FIELD_NAMES = tuple(each.name for each in FIELDS)
LIST_FIELDS = tuple(each.name for each in FIELDS if each.kind == "list")
REQUIRED_FIELDS = tuple(each.name for each in FIELDS if each.required)
