"""
The referral answer as a JSON Schema, for whoever writes a client: no standard covers why a place is named and what was widened.

Nothing in, a schema (draft 2020-12) out. What is closed here is closed in the answer: properties, reasons, states, and what
`champs` may leave out.
"""

from __future__ import annotations

from typing import Any

from mediation_geo.search.answer import MESSAGES
from mediation_geo.search.reasons import REASONS
from mediation_geo.search.vocabulary import FIELDS_OF_A_FEATURE
from mediation_geo.standard import VOCABULARIES

__all__ = ["answer_schema"]

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_WORD: Schema = {"type": ["string", "null"]}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_NUMBER: Schema = {"type": "number"}
_METRES: Schema = {"type": "integer", "minimum": 0}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_THREE_STATES = ["oui", "non", "inconnu"]
_PRECISIONS = ["housenumber", "interpolated", "street", "locality", "municipality"]


def answer_schema(address: str) -> Schema:
    """
    Schema of the answer of `/proches` in JSON and GeoJSON.

    Parameters
    ----------
    address : str
        Where it is published, its `$id`.

    Examples
    --------
    >>> answer_schema("https://lieux.example.org/schemas/reponse.json")["required"][:2]
    ['type', 'features']
    """
    places = {"type": "array", "items": {"$ref": "#/$defs/lieu"}}
    elsewhere = {"type": "array", "items": {"$ref": "#/$defs/lieu_a_distance"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": "Réponse de /proches : les lieux qui conviennent, du plus proche au plus éloigné",
        **_closed(
            {
                "type": {"const": "FeatureCollection"},
                "features": {**places, "maxItems": 50, "description": "Les lieux, dans l'ordre à proposer."},
                "recherche": _search(),
                "a_distance": {**elsewhere, "description": "Aide à distance, jamais classée avec des kilomètres."},
                "a_verifier": {**places, "description": "Lieux qui ne disent pas leur accueil : à appeler."},
                "donnees": {"$ref": "#/$defs/donnees"},
                "messages": {"type": "array", "items": _closed({"code": {"enum": _message_codes()}, "texte": _TEXT})},
                "links": {"type": "array", "items": {"type": "object", "required": ["href", "rel"]}},
            }
        ),
        "$defs": {
            "lieu": _feature({"$ref": "#/$defs/point"}, _properties()),
            "lieu_a_distance": _feature({"type": "null"}, _properties()),
            "point": _closed({"type": {"const": "Point"}, "coordinates": {"prefixItems": [_lon(), _lat()], "items": False}}),
            "donnees": _release(),
        },
    }


def _closed(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _feature(geometry: Schema, properties: Schema) -> Schema:
    return _closed({"type": {"const": "Feature"}, "id": _TEXT, "geometry": geometry, "properties": properties})


def _message_codes() -> list[str]:
    return sorted(MESSAGES["fr"])


def _lon() -> Schema:
    return {"type": "number", "minimum": -180, "maximum": 180}


def _lat() -> Schema:
    return {"type": "number", "minimum": -90, "maximum": 90}


def _search() -> Schema:
    origin = {
        "lat": _lat(),
        "lon": _lon(),
        "from": _TEXT,
        "precision": {"enum": [*_PRECISIONS, "postcode", None]},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
    }
    step = _closed({"critere": _TEXT, "de": {}, "a": {}, "raison": _TEXT})
    excluded = {"type": "object", "additionalProperties": _COUNT}
    return _closed(
        {
            "origin": _closed(origin, optional=("from", "precision", "score")),
            "instant": {"type": "string", "format": "date-time"},
            "rayon_utilise_km": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
            "demande": {"type": "object", "description": "La question, sous sa forme normale, sans la position."},
            "demande_elargie": {"type": ["object", "null"]},
            "elargissements": {"type": "array", "items": step, "description": "Dans l'ordre où la recherche a été élargie."},
            "compte": _closed({"dans_rayon": _COUNT, "stricts": _COUNT, "exclus": excluded}),
        }
    )


def _properties() -> Schema:
    """Properties of a place; all of them, unless `champs` asked for a few or the place has no distance."""
    described: dict[str, Schema] = {
        "id": _TEXT,
        "ids_sources": _TEXTS,
        "nom": _WORD,
        "adresse": _closed(dict.fromkeys(("numero", "voie", "complement", "cp", "commune", "insee", "label"), _WORD)),
        "geocodage": _closed(
            {
                "type": {"enum": [*_PRECISIONS, None]},
                "origine": {"enum": ["source", "geocoder", "commune", "code_postal", None]},
                "incertitude_m": {"type": ["integer", "null"], "minimum": 0},
            }
        ),
        "distance_m": _METRES,
        "distance_label": _TEXT,
        "contact": _closed(
            {**dict.fromkeys(("tel_e164", "tel_affiche", "tel_uri", "courriel", "site", "rdv"), _WORD), "masques": _TEXTS}
        ),
        "acces": _closed({"sans_rdv": {"enum": _THREE_STATES}, "modalites": _TEXTS, "dernier_recours": {"type": "boolean"}}),
        "horaires": _hours(),
        "services": {"type": "array", "items": {"enum": list(VOCABULARIES["services"])}},
        "publics": {**_TEXTS, "minItems": 1, "description": "« tous » si le lieu n'en nomme aucun."},
        "frais": _closed({"gratuit": {"enum": ["oui", "non", "conditions", "inconnu"]}, "brut": _WORD}),
        "accessibilite": _closed({"fauteuil": {"enum": _THREE_STATES}, "acceslibre_url": _WORD}),
        "presentation": _WORD,
        "correspondance": _match(),
        "fraicheur": _closed(
            {
                "date_maj": {"type": ["string", "null"], "format": "date"},
                "age_jours": {"type": ["integer", "null"]},
                "niveau": {"enum": ["recent", "a_verifier", "ancien", None]},
                "source": _TEXTS,
            }
        ),
        "territoire": _closed({"departement": _WORD, "region": _WORD, "qpv": _label(), "frr": _label()}),
        "liens": _closed({"fiche": _TEXT, "itineraire": _WORD, "signaler": _TEXT}),
        "carte": _closed({"texte": _TEXT, "sms": {"type": "string", "maxLength": 160}}),
    }
    described |= {name: _TEXTS for name in FIELDS_OF_A_FEATURE if name not in described}
    return {**_closed({name: described[name] for name in FIELDS_OF_A_FEATURE}), "required": []}


def _label() -> Schema:
    """A label of the territory: told where a source says so; its absence proves nothing."""
    return {"enum": [True, None]}


def _hours() -> Schema:
    states = {"enum": ["ouvert", "ferme", "inconnu"]}
    clock = {"type": "string", "pattern": r"^\d\d:\d\d$"}
    day = _closed(
        {
            "jour": {"enum": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]},
            "date": {"type": "string", "format": "date"},
            "etat": states,
            "plages": {"type": "array", "items": {"type": "array", "items": clock, "minItems": 2, "maxItems": 2}},
            "ferie": {"type": "boolean"},
        }
    )
    return _closed(
        {
            "osm": _WORD,
            "brut": _WORD,
            "etat": states,
            "change_a": {"type": ["string", "null"], "format": "date-time"},
            "semaine": {"type": "array", "items": day, "maxItems": 7},
            "ferie_pris_en_compte": {"type": "boolean"},
            "fuseau": _WORD,
        }
    )


def _match() -> Schema:
    reason = _closed({"code": {"enum": list(REASONS)}, "texte": _TEXT})
    return _closed(
        {
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "raisons": {"type": "array", "items": reason},
            "non_remplis": _TEXTS,
            "inconnus": _TEXTS,
        }
    )


def _release() -> Schema:
    told = {
        "snapshot": _TEXT,
        "publie_le": {"type": "string", "format": "date"},
        "age_jours": {"type": "integer"},
        "licence": _TEXT,
        "attribution": _TEXT,
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "demo": {"type": "boolean"},
    }
    # The library answers from any table of places; only a release can say where its own come from.
    return _closed(told, optional=tuple(told))
