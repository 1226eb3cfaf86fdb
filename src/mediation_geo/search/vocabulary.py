"""
The words of a question, and the labels of the national standard they stand for.

Tables only. The words are part of the public interface: they are French because those who ask are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mediation_geo.standard import VOCABULARIES
from mediation_geo.text import slug

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ACCOMPAGNEMENTS",
    "ACCUEILS",
    "ADMITTED",
    "ALIASES",
    "BESOINS",
    "CONTACTS",
    "DAYS",
    "DISPOSITIFS",
    "FIELDS_OF_A_FEATURE",
    "LANGUES",
    "PUBLICS",
    "SERVICES",
    "WIDER_OPENINGS",
]

BESOINS: Mapping[str, str] = {
    "demarches": "Aide aux démarches administratives",
    "apprendre": "Maîtrise des outils numériques du quotidien",
    "acceder": "Accès internet et matériel informatique",
    "equiper": "Acquisition de matériel informatique à prix solidaire",
    "emploi": "Insertion professionnelle via le numérique",
    "enfants": "Parentalité et éducation avec le numérique",
    "securite": "Utilisation sécurisée du numérique",
    "comprendre": "Compréhension du monde numérique",
    "creer": "Loisirs et créations numériques",
}

PUBLICS: Mapping[str, str] = {
    "jeunes": "Jeunes",
    "etudiants": "Étudiants",
    "familles": "Familles et/ou enfants",
    "seniors": "Seniors",
    "femmes": "Femmes",
}

ACCUEILS: Mapping[str, str] = {
    "illettrisme": "Illettrisme",
    "moteur": "Handicaps moteurs",
    "mental": "Handicaps mentaux",
    "surdite": "Surdité",
    "visuel": "Déficience visuelle",
}

# French needs no filter: every place speaks it.
LANGUES: Mapping[str, str | None] = {
    "fr": None,
    "en": "Langues étrangères (anglais)",
    "autre": "Langues étrangères (autres)",
}

# Value -> name of the facet bit.
CONTACTS: Mapping[str, str] = {
    "telephone": "telephone",
    "mail": "mail",
    "rdv_en_ligne": "rdv",
    "prescription": "prescription",
}

ACCOMPAGNEMENTS: Mapping[str, str] = {
    "individuel": "Accompagnement individuel",
    "atelier": "Dans un atelier collectif",
    "autonomie": "En autonomie",
    "distance": "À distance",
}

SERVICES: Mapping[str, str] = {slug(label): label for label in VOCABULARIES["services"]}
DISPOSITIFS: Mapping[str, str] = {slug(label): label for label in VOCABULARIES["dispositif_programmes_nationaux"]}

DAYS = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")

# English name -> name of the parameter.
ALIASES: Mapping[str, str] = {
    "latitude": "lat",
    "longitude": "lon",
    "need": "besoin",
    "audience": "public",
    "welcome": "accueil",
    "language": "langue",
    "wheelchair": "fauteuil",
    "free": "gratuit",
    "walk_in": "sans_rdv",
    "support": "accompagnement",
    "remote": "a_distance",
    "open": "ouvert",
    "updated_within": "maj_depuis",
    "exclude_source": "exclure_source",
    "programme": "dispositif",
    "limit": "k",
    "radius": "rayon",
    "relax": "elargir",
    "explain": "expliquer",
    "fields": "champs",
}

# Properties of a feature that `champs` may name.
FIELDS_OF_A_FEATURE = (
    "id", "ids_sources", "nom", "adresse", "geocodage", "distance_m", "distance_label", "contact", "acces", "horaires",
    "services", "publics", "accueil", "langues", "frais", "accessibilite", "accompagnement", "dispositifs", "labels",
    "itinerance", "typologie", "presentation", "correspondance", "fraicheur", "territoire", "liens", "carte",
)  # fmt: skip

# What a person may write; where the list is open (instants, numbers) the form is described. A value marked `~` is accepted
# failing the others and ranks after them: this is how a widened question is written.
ADMITTED: Mapping[str, tuple[str, ...]] = {
    "besoin": tuple(BESOINS),
    "besoin_requis": ("tous", "un", "~un"),
    "services": tuple(SERVICES),
    "public": tuple(PUBLICS),
    "accueil": tuple(ACCUEILS),
    "langue": tuple(LANGUES),
    "fauteuil": ("oui",),
    "gratuit": ("prefere", "oui", "inconnu", "conditions", "~inconnu", "~conditions"),
    "sans_rdv": ("indifferent", "oui", "rdv", "~rdv"),
    "contact": tuple(CONTACTS),
    "accompagnement": (*ACCOMPAGNEMENTS, "indifferent", "~indifferent"),
    "a_distance": ("exclure", "aussi", "seulement"),
    "ouvert": ("maintenant", "AAAA-MM-JJThh:mm", "jeu:09:00-12:00", "48h", "indifferent", "~48h", "~indifferent"),
    "maj_depuis": ("1..120 (months)",),
    "dispositif": tuple(DISPOSITIFS),
    "k": ("1..50",),
    "rayon": ("adaptatif", "0.1..100 (km)"),
    "elargir": ("auto", "jamais"),
    "expliquer": ("0", "1"),
    "champs": FIELDS_OF_A_FEATURE,
    "lang": ("fr", "facile", "en"),
    "f": ("geojson", "json", "html", "txt", "csv", "vcf", "gpx"),
    "lat": ("-90..90",),
    "lon": ("-180..180",),
    "code_insee": ("5 characters, such as 34172 or 2A004",),
    "code_postal": ("5 digits, such as 34000",),
}

# What `ouvert` takes beside instants and slots: what opens within 48 hours, then all; marked, only failing what was asked.
WIDER_OPENINGS = ("48h", "indifferent", "~48h", "~indifferent")
