"""
What each column of a collection is: name, kind, and the JSON Schema other people's tools read.

Comes from the national standard; says nothing about where the values are or how they are filtered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mediation_geo.standard.fields import FIELDS

__all__ = ["PLACE_COLUMNS", "Column", "Kind", "json_schema"]

Kind = Literal["text", "list", "number", "integer", "date"]

_SCHEMA_OF_KIND: dict[Kind, dict[str, Any]] = {
    "text": {"type": "string"},
    "list": {"type": "array", "items": {"type": "string"}},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "date": {"type": "string", "format": "date"},
}


@dataclass(frozen=True, slots=True)
class Column:
    """
    One property of the features of a collection.

    Attributes
    ----------
    name : str
        Name in the data and in queries.
    kind : {"text", "list", "number", "integer", "date"}
        How values are stored, compared and written.
    title : str
        French words for people.
    vocabulary : tuple of str
        Admitted labels, empty where the column is free.
    """

    name: str
    kind: Kind
    title: str
    vocabulary: tuple[str, ...] = ()


def json_schema(column: Column) -> dict[str, Any]:
    """
    JSON Schema of the values of a column.

    Examples
    --------
    >>> json_schema(Column("date_maj", "date", "Mise à jour"))
    {'title': 'Mise à jour', 'type': 'string', 'format': 'date'}
    """
    return {"title": column.title, **_SCHEMA_OF_KIND[column.kind]}


_TITLES = {
    "id": "Identifiant du lieu",
    "pivot": "SIRET ou RNA",
    "nom": "Nom",
    "commune": "Commune",
    "code_postal": "Code postal",
    "code_insee": "Code commune INSEE",
    "adresse": "Adresse",
    "complement_adresse": "Complément d'adresse",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "typologie": "Type de structure",
    "telephone": "Téléphone",
    "courriels": "Courriels",
    "site_web": "Sites web",
    "horaires": "Horaires (format OpenStreetMap)",
    "presentation_resume": "Présentation courte",
    "presentation_detail": "Présentation",
    "source": "Source",
    "itinerance": "Itinérance",
    "structure_parente": "Structure parente",
    "date_maj": "Date de mise à jour",
    "services": "Services",
    "publics_specifiquement_adresses": "Publics accueillis",
    "prise_en_charge_specifique": "Accueil adapté",
    "frais_a_charge": "Frais à charge",
    "dispositif_programmes_nationaux": "Dispositifs et programmes nationaux",
    "formations_labels": "Formations et labels",
    "autres_formations_labels": "Autres formations et labels",
    "modalites_acces": "Modalités d'accès",
    "modalites_accompagnement": "Modalités d'accompagnement",
    "fiche_acces_libre": "Fiche Acceslibre",
    "prise_rdv": "Prise de rendez-vous",
}

PLACE_COLUMNS: tuple[Column, ...] = (
    *(Column(each.name, each.kind, _TITLES[each.name], each.vocabulary) for each in FIELDS),
    Column("code_arrondissement", "text", "Code arrondissement municipal"),
    Column("code_departement", "text", "Code département"),
    Column("code_region", "text", "Code région"),
    Column("timezone", "text", "Fuseau horaire"),
    Column("position_precision", "text", "Précision de la position"),
    Column("position_uncertainty_m", "number", "Incertitude de la position (m)"),
    Column("position_origin", "text", "Origine de la position"),
    Column("freshness", "text", "Fraîcheur"),
    Column("sources", "list", "Sources réunies"),
    Column("source_ids", "list", "Fiches d'origine"),
    Column("first_seen", "date", "Vu pour la première fois"),
    Column("last_seen", "date", "Vu pour la dernière fois"),
)
