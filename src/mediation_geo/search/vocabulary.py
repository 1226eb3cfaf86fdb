"""
The words of a question, and the labels of the national standard they stand for.

Tables only. The words are part of the public interface: they are French because those who ask are.
"""

from __future__ import annotations

from collections.abc import Mapping

from mediation_geo.standard import VOCABULARIES
from mediation_geo.text import slug

__all__ = [
    "ACCOMPAGNEMENTS",
    "ACCUEILS",
    "ALIASES",
    "BESOINS",
    "CONTACTS",
    "DAYS",
    "DISPOSITIFS",
    "LANGUES",
    "PUBLICS",
    "SERVICES",
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
