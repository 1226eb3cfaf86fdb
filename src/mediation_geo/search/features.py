"""
A place as the public answer shows it: the part that does not depend on the question.

One row of the places table in, a dictionary in the words of the answer out. Mediators' names are not in the table; an e-mail
that looks like a person's, or a personal mobile, is hidden while the place can be reached otherwise.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import phonenumbers

from mediation_geo.search.vocabulary import LANGUES
from mediation_geo.text import fold

__all__ = ["FeatureStore", "place_properties"]

_KEPT_FEATURES = 8192

_NUMBER_AND_STREET = re.compile(r"^(?P<numero>\d+(?:\s?-\s?\d+)?\s?(?:bis|ter|quater|[a-dA-D](?=\s))?)[\s,]+(?P<voie>.+)$", re.IGNORECASE)
_TWO_WORDS = re.compile(r"^([a-z]+)[._-]([a-z]+)$")
_MOBILE = re.compile(r"^\+(?:33[67]|590690|590691|594694|596696|596697|262692|262693|262639)")
_LANGUAGE_LABELS = frozenset(label for label in LANGUES.values() if label is not None)

# Words of the local part of an address that belong to an office, so that `france.services@` is not taken for a person.
_OFFICE_WORDS = frozenset(
    """accueil administration agence antenne asso association atelier ateliers biblio bibliotheque bureau ccas centre cias
    client collectivite com commune communaute communication conseil conseiller conseillers contact coordination csc culture
    cyber cyberbase departement direction dir emploi enfance epn espace famille fablab formation france ft hotel info infos
    insertion inclusion jeunes jeunesse la le les local ludo mairie maison maire mde media mediatheque mediation mission mjc
    msap msd multi multimedia numerique pij pimms point pole public relais reseau saint sainte secretariat secteur service
    services sivom social solidarite st ste support territoire tourisme ville villes""".split()
)


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
        # The arrays behind the columns: a cell costs a microsecond, a row of the frame a hundred.
        self._columns = {str(name): places[name].array for name in places.columns if name not in {"geometry", "provenance"}}
        self._kept: OrderedDict[int, dict[str, Any]] = OrderedDict()

    def row(self, row: int) -> dict[str, Any]:
        """Cells of a place that are not missing."""
        cells = ((name, column[row]) for name, column in self._columns.items())
        return {name: value for name, value in cells if not _missing(value)}

    def get(self, row: int) -> dict[str, Any]:
        """Properties of a place; not to be changed by the caller."""
        kept = self._kept.get(row)
        if kept is None:
            kept = place_properties(self.row(row))
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
        "presentation": place.get("presentation_resume"),
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
    phone = place.get("telephone")
    mails = _texts(place, "courriels")
    sites = _texts(place, "site_web")
    office_mails = [mail for mail in mails if not is_nominative(mail)]
    personal_phone = bool(phone and _MOBILE.match(phone))
    open_ways = bool(office_mails or (phone and not personal_phone))
    hidden: list[str] = []
    if personal_phone and open_ways:
        phone = None
        hidden.append("telephone")
    shown_mails = office_mails if open_ways or phone else mails
    if mails and not shown_mails:
        hidden.append("courriel")
    return {
        **_phone(phone),
        "courriel": shown_mails[0] if shown_mails else None,
        "site": sites[0] if sites else None,
        "rdv": place.get("prise_rdv"),
        "masques": hidden,
    }


def is_nominative(mail: str) -> bool:
    """
    Whether an e-mail address looks like that of a person: two words, none of which belongs to an office.

    Examples
    --------
    >>> is_nominative("prenom.nom@exemple.fr"), is_nominative("france.services@exemple.fr"), is_nominative("mairie@exemple.fr")
    (True, False, False)
    """
    found = _TWO_WORDS.match(mail.split("@")[0].lower())
    return found is not None and not _OFFICE_WORDS.intersection(found.groups())


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
    state = {("Gratuit",): "oui", ("Payant",): "non"}.get(tuple(sorted(set(fees))), "conditions")
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
    return {"fiche": f"/ogcapi/collections/lieux-mediation-numerique/items/{place['place_id']}", "itineraire": route}
