"""
A place as the public answer shows it: the part that does not depend on the question.

One row of the places table in, a dictionary in the words of the answer out. Mediators' names are not in the table; an e-mail
that looks like a person's, or a personal mobile, is hidden while the place can be reached otherwise.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import phonenumbers

from mediation_geo.search.contacts import visible_contacts
from mediation_geo.search.vocabulary import LANGUES
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FeatureStore", "place_properties"]

_KEPT_FEATURES = 8192

# Places whose cells are taken out of the frame together.
_BLOCK = 256

_NUMBER_AND_STREET = re.compile(
    r"^(?P<numero>\d+(?:\s?-\s?\d+)?\s?(?:bis|ter|quater|[a-d](?=\s))?)[\s,]+(?P<voie>.+)$", re.IGNORECASE
)
_LANGUAGE_LABELS = frozenset(label for label in LANGUES.values() if label is not None)


class FeatureStore:
    """
    Properties of places, made on first use and kept.

    Parameters
    ----------
    places : pandas.DataFrame
        The places table with a RangeIndex; columns may be absent.

    Examples
    --------
    >>> FeatureStore(pd.DataFrame({"place_id": ["a"], "nom": ["Mairie"]})).get(0)["nom"]
    'Mairie'
    """

    def __init__(self, places: pd.DataFrame) -> None:
        self._places = places.drop(columns=[name for name in ("geometry", "provenance") if name in places.columns])
        self._blocks: dict[int, dict[str, list[Any]]] = {}
        self._kept: OrderedDict[int, dict[str, Any]] = OrderedDict()

    def row(self, row: int) -> dict[str, Any]:
        """Cells of a place that are not missing."""
        number, position = divmod(row, _BLOCK)
        block = self._blocks.get(number)
        if block is None:
            # A cell of a text column costs ten microseconds on its own, a hundredth of that in a block.
            part = self._places.iloc[number * _BLOCK : (number + 1) * _BLOCK]
            block = {str(name): part[name].astype(object).tolist() for name in part.columns}
            self._blocks[number] = block
        cells = ((name, values[position]) for name, values in block.items())
        return {name: value for name, value in cells if not _missing(value)}

    def make(self, row: int) -> dict[str, Any]:
        """Properties of a place, made anew."""
        return place_properties(self.row(row))

    def get(self, row: int) -> dict[str, Any]:
        """Properties of a place; not to be changed by the caller."""
        kept = self._kept.get(row)
        if kept is None:
            kept = self.make(row)
            self._kept[row] = kept
            if len(self._kept) > _KEPT_FEATURES:
                self._kept.popitem(last=False)
        return kept


def place_properties(place: Mapping[str, Any]) -> dict[str, Any]:
    """
    Properties of a place in the words of the public answer, from its cells that are not missing.

    Parameters
    ----------
    place : mapping
        Column name of the places table -> value.

    Returns
    -------
    dict
        Everything of a feature's properties that does not depend on the question or the instant.

    Examples
    --------
    >>> place_properties({"place_id": "a", "nom": "Mairie", "telephone": "+33467000000"})["contact"]["tel_affiche"]
    '04 67 00 00 00'
    """
    support = _texts(place, "prise_en_charge_specifique")
    return {
        "id": place["place_id"],
        "ids_sources": _texts(place, "source_ids"),
        "nom": place.get("nom"),
        "adresse": _address(place),
        "geocodage": {
            "type": place.get("position_precision"),
            "origine": place.get("position_origin"),
            "incertitude_m": _whole(place.get("position_uncertainty_m")),
        },
        "contact": _contact(place),
        "acces": _access(place),
        "services": _texts(place, "services"),
        "publics": _texts(place, "publics_specifiquement_adresses") or ["tous"],
        "accueil": [label for label in support if label not in _LANGUAGE_LABELS],
        "langues": [label for label in support if label in _LANGUAGE_LABELS],
        "frais": _fees(place),
        "accessibilite": {"fauteuil": place.get("fauteuil", "inconnu"), "acceslibre_url": place.get("fiche_acces_libre")},
        "accompagnement": _texts(place, "modalites_accompagnement"),
        "dispositifs": _texts(place, "dispositif_programmes_nationaux"),
        "labels": _texts(place, "formations_labels") + _texts(place, "autres_formations_labels"),
        "itinerance": _texts(place, "itinerance"),
        "territoire": _territory(place),
        "liens": _links(place),
        "typologie": _texts(place, "typologie"),
        "presentation": place.get("presentation_resume"),
        "sources": _texts(place, "sources") or _texts(place, "source"),
    }


def _missing(value: object) -> bool:
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return isinstance(value, list | tuple | np.ndarray) and len(value) == 0


def _texts(place: Mapping[str, Any], name: str) -> list[str]:
    value = place.get(name)
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(each) for each in value]


def _whole(value: Any) -> int | None:
    return None if value is None else round(value)


def _address(place: Mapping[str, Any]) -> dict[str, Any]:
    line = place.get("adresse")
    parts = _NUMBER_AND_STREET.match(line) if line else None
    town = " ".join(part for part in (place.get("code_postal"), place.get("commune")) if part)
    return {
        "numero": parts["numero"].strip() if parts else None,
        "voie": parts["voie"] if parts else line,
        "complement": place.get("complement_adresse"),
        "cp": place.get("code_postal"),
        "commune": place.get("commune"),
        "insee": place.get("code_insee"),
        "label": ", ".join(part for part in (line, town) if part) or None,
    }


def _contact(place: Mapping[str, Any]) -> dict[str, Any]:
    shown = visible_contacts(place.get("telephone"), _texts(place, "courriels"))
    sites = _texts(place, "site_web")
    return {
        **_phone(shown.phone),
        "courriel": shown.mail,
        "site": sites[0] if sites else None,
        "rdv": place.get("prise_rdv"),
        "masques": list(shown.hidden),
    }


def _phone(phone: str | None) -> dict[str, str | None]:
    shown = phone
    if phone is not None:
        try:
            parsed = phonenumbers.parse(phone, "FR")
            shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        except phonenumbers.NumberParseException:
            # A number we cannot take apart is shown as it is: the source vouches for it.
            shown = phone
    return {"tel_e164": phone, "tel_affiche": shown, "tel_uri": f"tel:{phone}" if phone else None}


def _access(place: Mapping[str, Any]) -> dict[str, Any]:
    ways = _texts(place, "modalites_acces")
    walk_in = "inconnu" if not ways else ("oui" if "Se présenter" in ways else "non")
    sources = _texts(place, "sources")
    # Places known to Aidants Connect alone are counters for a mandate, often not open to everybody.
    last_resort = bool(sources) and all(fold(source) == "aidants connect" for source in sources)
    return {"sans_rdv": walk_in, "modalites": ways, "dernier_recours": last_resort}


def _fees(place: Mapping[str, Any]) -> dict[str, Any]:
    fees = _texts(place, "frais_a_charge")
    if not fees:
        return {"gratuit": "inconnu", "brut": None}
    state = {"Gratuit": "oui", "Payant": "non"}.get(fees[0], "conditions") if len(set(fees)) == 1 else "conditions"
    return {"gratuit": state, "brut": "|".join(fees)}


def _territory(place: Mapping[str, Any]) -> dict[str, Any]:
    labels = {label.upper() for label in _texts(place, "autres_formations_labels")}
    # The national file writes these labels where it computed them; their absence proves nothing.
    return {
        "departement": place.get("code_departement"),
        "region": place.get("code_region"),
        "qpv": True if "QPV" in labels else None,
        "frr": True if labels & {"FRR", "ZRR"} else None,
    }


def _links(place: Mapping[str, Any]) -> dict[str, str | None]:
    lon, lat = place.get("longitude", place.get("lon")), place.get("latitude", place.get("lat"))
    route = None
    if lon is not None and lat is not None:
        route = f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}"
        if place.get("nom"):
            route += f"({quote(place['nom'])})"
    return {
        "fiche": f"/ogcapi/collections/lieux-mediation-numerique/items/{place['place_id']}",
        "itineraire": route,
        # The page that names who keeps each record of the place: an error is corrected at its source.
        "signaler": f"/lieux/{place['place_id']}#signaler",
    }
