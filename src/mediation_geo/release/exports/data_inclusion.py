"""
The register as data·inclusion v1 sees the world: structures, and the digital service each of them offers.

Places go in, two JSON arrays come out. One place is one structure; a place with at least one service of the standard also is one
service, whose themes follow `THEMES`. What the schema of data·inclusion cannot hold is left out, never bent.

Source: schema of data·inclusion, version 1 (package data-inclusion-schema 1.0.10, September 2026).
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd

from mediation_geo.standard import PLACES, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import geopandas as gpd

__all__ = ["services", "structures", "write_services", "write_structures"]

SOURCE = "mediation-geo"
NAME_CHARACTERS = (3, 150)
TEXT_CHARACTERS = (5, 10_000)

_ONLINE = "numerique--acceder-a-des-services-en-ligne"
_BASICS = "numerique--maitriser-les-fondamentaux-du-numerique"
THEMES: Mapping[str, str] = MappingProxyType(
    {
        "Aide aux démarches administratives": _ONLINE,
        "Maîtrise des outils numériques du quotidien": _BASICS,
        "Insertion professionnelle via le numérique": _BASICS,
        "Utilisation sécurisée du numérique": _BASICS,
        "Parentalité et éducation avec le numérique": _BASICS,
        "Loisirs et créations numériques": _BASICS,
        "Compréhension du monde numérique": _BASICS,
        "Accès internet et matériel informatique": "numerique--acceder-a-une-connexion-internet",
        "Acquisition de matériel informatique à prix solidaire": "numerique--acquerir-un-equipement",
    }
)
_HANDICAP = "personnes-en-situation-de-handicap"
PUBLICS: Mapping[str, str] = MappingProxyType(
    {
        "Jeunes": "jeunes",
        "Étudiants": "etudiants",
        "Familles et/ou enfants": "familles",
        "Seniors": "seniors",
        "Femmes": "femmes",
        "Surdité": _HANDICAP,
        "Handicaps moteurs": _HANDICAP,
        "Handicaps mentaux": _HANDICAP,
        "Déficience visuelle": _HANDICAP,
    }
)
NETWORKS: Mapping[str, str] = MappingProxyType(
    {
        "Aidants Connect": "aidants-connect",
        "Conseillers numériques": "conseillers-numeriques",
        "France Services": "france-service",
        "Emmaüs Connect": "emmaus",
        "Relais numérique (Emmaüs Connect)": "emmaus",
        "La Croix Rouge": "croix-rouge",
        "Grande école du numérique": "grandes-ecoles-du-numerique",
        "Point d'accès numérique CAF": "caf",
        "Étapes numériques (La Poste)": "la-poste",
        "Fabriques de Territoire": "fabrique-de-territoire",
    }
)
_PRESCRIPTION = "Envoyer un mail avec une fiche de prescription"
WAYS_IN: Mapping[str, str] = MappingProxyType(
    {
        "Se présenter": "se-presenter",
        "Téléphoner": "telephoner",
        "Contacter par mail": "envoyer-un-courriel",
        _PRESCRIPTION: "envoyer-un-courriel",
        "Prendre un RDV en ligne": "utiliser-lien-mobilisation",
    }
)
PRESENCE: Mapping[str, str] = MappingProxyType(
    {
        "En autonomie": "en-presentiel",
        "Accompagnement individuel": "en-presentiel",
        "Dans un atelier collectif": "en-presentiel",
        "À distance": "a-distance",
    }
)
_SIRET = re.compile(r"(?!0{14})\d{14}")
_POSTCODE = re.compile(r"\d{5}")
_INSEE = re.compile(r"\w{5}")
_WEB = re.compile(r"https?://[^\s/]+\.[^\s/]+\S*")
_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def write_structures(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write the structures as a JSON array, one for each place."""
    path.write_bytes(_array(structures(places)))


def write_services(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write the services as a JSON array, one for each place that offers any."""
    path.write_bytes(_array(services(places)))


def structures(places: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Structures in the schema of data·inclusion v1, one for each place.

    Examples
    --------
    >>> places = pd.DataFrame({"place_id": ["p"], "nom": ["Mairie de Lodève."], "first_seen": [pd.Timestamp("2026-01-02")]})
    >>> structures(places)[0]["nom"], structures(places)[0]["date_maj"]
    ('Mairie de Lodève', '2026-01-02')
    """
    return [{**_common(row), "id": _id(row), "nom": _name(row), **_structure(row)} for row in _rows(places)]


def services(places: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Services in the schema of data·inclusion v1, one for each place that offers any of the standard's services.

    Examples
    --------
    >>> places = pd.DataFrame({"place_id": ["p"], "nom": ["Mairie"], "services": [["Aide aux démarches administratives"]]})
    >>> services(places)[0]["thematiques"]
    ['numerique--acceder-a-des-services-en-ligne']
    """
    return [{**_common(row), "structure_id": _id(row), **_service(row)} for row in _rows(places) if row["services"]]


def _rows(places: pd.DataFrame) -> list[dict[str, Any]]:
    conformed = conform(pd.DataFrame(places), {name: kind for name, kind in PLACES.items() if kind != "geometry"})
    return [
        {str(name): value for name, value in row.items()}
        for row in conformed.astype(object).where(conformed.notna(), None).to_dict(orient="records")
    ]


def _common(row: dict[str, Any]) -> dict[str, Any]:
    """Fields that structures and services share."""
    # The date is required: where the sources have none, the day on which the register first saw the place stands.
    day = row["date_maj"] or row["first_seen"]
    return {
        "source": SOURCE,
        "date_maj": None if day is None else day.date().isoformat(),
        "commune": row["commune"],
        "code_postal": _matching(row["code_postal"], _POSTCODE),
        "code_insee": _matching(row["code_insee"], _INSEE),
        "adresse": row["adresse"],
        "complement_adresse": row["complement_adresse"],
        "longitude": row["longitude"],
        "latitude": row["latitude"],
        "telephone": row["telephone"],
        "courriel": _first(row["courriels"], _MAIL),
        "horaires_accueil": row["horaires"],
    }


def _structure(row: dict[str, Any]) -> dict[str, Any]:
    labels = [*(row["dispositif_programmes_nationaux"] or []), *(row["formations_labels"] or [])]
    return {
        "siret": _matching(row["pivot"], _SIRET),
        "description": _text(row["presentation_detail"] or row["presentation_resume"]),
        "site_web": _first(row["site_web"], _WEB),
        "accessibilite_lieu": _matching(row["fiche_acces_libre"], _WEB),
        "reseaux_porteurs": _translated(labels, NETWORKS),
    }


def _service(row: dict[str, Any]) -> dict[str, Any]:
    offered = ", ".join(row["services"])
    ways = row["modalites_acces"] or []
    publics = [*(row["publics_specifiquement_adresses"] or []), *(row["prise_en_charge_specifique"] or [])]
    frais = row["frais_a_charge"] or []
    return {
        "id": f"{_id(row)}--numerique",
        "nom": "Accompagnement numérique",
        "description": _text(f"{offered}. {row['presentation_resume'] or ''}".strip()),
        "thematiques": _translated(row["services"], THEMES),
        "frais": "gratuit" if "Gratuit" in frais else "payant" if "Payant" in frais else None,
        "frais_precisions": "Gratuit sous condition" if "Gratuit sous condition" in frais else None,
        "publics": _translated(publics, PUBLICS),
        "modes_accueil": _translated(row["modalites_accompagnement"] or [], PRESENCE),
        "modes_mobilisation": _translated(ways, WAYS_IN),
        "mobilisable_par": _mobilised_by(ways),
        "lien_mobilisation": _matching(row["prise_rdv"], _WEB),
    }


def _mobilised_by(ways: list[str]) -> list[str] | None:
    if not ways:
        return None
    if set(ways) == {_PRESCRIPTION}:
        return ["professionnels"]
    return ["professionnels", "usagers"]


def _id(row: dict[str, Any]) -> str:
    return f"{SOURCE}--{row['place_id']}"


def _name(row: dict[str, Any]) -> str:
    shortest, longest = NAME_CHARACTERS
    name = (row["nom"] or "").strip()[:longest].rstrip(" .")
    return name if len(name) >= shortest else f"Lieu de médiation numérique {name}".strip()


def _text(text: str | None) -> str | None:
    shortest, longest = TEXT_CHARACTERS
    return text[:longest] if text is not None and len(text) >= shortest else None


def _matching(text: str | None, pattern: re.Pattern[str]) -> str | None:
    return text if text is not None and pattern.fullmatch(text) else None


def _first(values: list[str] | None, pattern: re.Pattern[str]) -> str | None:
    return next((each for each in values or [] if pattern.fullmatch(each)), None)


def _translated(labels: Iterable[str], table: Mapping[str, str]) -> list[str] | None:
    return sorted({table[label] for label in labels if label in table}) or None


def _array(rows: list[dict[str, Any]]) -> bytes:
    filled = ({name: value for name, value in row.items() if value is not None} for row in rows)
    return b"[\n" + b",\n".join(map(orjson.dumps, filled)) + b"\n]\n"
