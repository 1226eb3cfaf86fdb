"""
From version 0.1 of the standard to version 1.0: field names and labels.

The mapping of labels follows the only complete official one (Conseiller numérique); where that has none, the label is kept as a
free one rather than lost. Labels are looked up folded (case, accents, apostrophes, explanations after a colon ignored).
"""

from __future__ import annotations

from functools import cache

from mediation_geo.standard.vocabularies import VOCABULARIES
from mediation_geo.text import fold

__all__ = ["FIELD_RENAMES", "LABELS_V01", "label_targets"]

# Old name -> new names. A field that was split is read into each of them, label by label.
FIELD_RENAMES: dict[str, tuple[str, ...]] = {
    "courriel": ("courriels",),
    "conditions_acces": ("frais_a_charge",),
    "conditions_access": ("frais_a_charge",),
    "modalites_access": ("modalites_accompagnement",),
    "accessibilite": ("fiche_acces_libre",),
    "labels_autres": ("autres_formations_labels",),
    "labels_nationaux": ("dispositif_programmes_nationaux", "formations_labels", "autres_formations_labels"),
    "publics_accueillis": ("publics_specifiquement_adresses", "prise_en_charge_specifique"),
}

_DEMARCHES = ("services", "Aide aux démarches administratives")
_QUOTIDIEN = ("services", "Maîtrise des outils numériques du quotidien")
_EMPLOI = ("services", "Insertion professionnelle via le numérique")
_PARENTS = ("services", "Parentalité et éducation avec le numérique")
_LOISIRS = ("services", "Loisirs et créations numériques")
_COMPRENDRE = ("services", "Compréhension du monde numérique")
_ACCES = ("services", "Accès internet et matériel informatique")
_MATERIEL = ("services", "Acquisition de matériel informatique à prix solidaire")

# Field of v0.1 -> label of v0.1 -> (field, label) pairs of v1.0. An empty tuple says: known, and without a counterpart.
LABELS_V01: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "services": {
        "Devenir autonome dans les démarches administratives": (_DEMARCHES,),
        "Réaliser des démarches administratives avec un accompagnement": (_DEMARCHES,),
        "Accompagner les démarches de santé": (_DEMARCHES,),
        "Prendre en main un smartphone ou une tablette": (_QUOTIDIEN,),
        "Prendre en main un ordinateur": (_QUOTIDIEN,),
        "Utiliser le numérique au quotidien": (_QUOTIDIEN,),
        "Approfondir ma culture numérique": (_COMPRENDRE,),
        "Promouvoir la citoyenneté numérique": (_COMPRENDRE,),
        "Favoriser mon insertion professionnelle": (_EMPLOI,),
        "Créer et développer mon entreprise": (_EMPLOI,),
        "Accéder à une connexion internet": (_ACCES,),
        "Accéder à du matériel": (_ACCES,),
        "S'équiper en matériel informatique": (_MATERIEL,),
        "Créer avec le numérique": (_LOISIRS,),
        "Soutenir la parentalité et l'éducation avec le numérique": (_PARENTS,),
    },
    "publics_accueillis": {
        "Familles/enfants": (("publics_specifiquement_adresses", "Familles et/ou enfants"),),
        "Jeunes (16-26 ans)": (("publics_specifiquement_adresses", "Jeunes"),),
        "Seniors (+ 65 ans)": (("publics_specifiquement_adresses", "Seniors"),),
        "Uniquement femmes": (("publics_specifiquement_adresses", "Femmes"),),
        "Adultes": (),
        "Surdité": (("prise_en_charge_specifique", "Surdité"),),
        "Déficience visuelle": (("prise_en_charge_specifique", "Déficience visuelle"),),
        "Handicaps moteurs": (("prise_en_charge_specifique", "Handicaps moteurs"),),
        "Handicaps mentaux": (("prise_en_charge_specifique", "Handicaps mentaux"),),
        "Handicaps psychiques": (("prise_en_charge_specifique", "Handicaps mentaux"),),
        "Personnes en situation d'illettrisme": (("prise_en_charge_specifique", "Illettrisme"),),
        "Public langues étrangères": (
            ("prise_en_charge_specifique", "Langues étrangères (anglais)"),
            ("prise_en_charge_specifique", "Langues étrangères (autres)"),
        ),
    },
    "conditions_acces": {
        "Gratuit": (("frais_a_charge", "Gratuit"),),
        "Gratuit sous condition": (("frais_a_charge", "Gratuit sous condition"),),
        "Payant": (("frais_a_charge", "Payant"),),
        "Adhésion": (("frais_a_charge", "Payant"),),
        "Accepte le Pass numérique": (("autres_formations_labels", "Accepte le Pass numérique"),),
    },
    "labels_nationaux": {
        "CNFS": (("dispositif_programmes_nationaux", "Conseillers numériques"),),
        "France Services": (("dispositif_programmes_nationaux", "France Services"),),
        "Aidants Connect": (("dispositif_programmes_nationaux", "Aidants Connect"),),
        "Point relais CAF": (("dispositif_programmes_nationaux", "Point d'accès numérique CAF"),),
        "Point numérique CAF": (("dispositif_programmes_nationaux", "Point d'accès numérique CAF"),),
        "Grandes écoles du numérique": (("dispositif_programmes_nationaux", "Grande école du numérique"),),
        "Fabriques de Territoire": (("formations_labels", "Fabriques de Territoire"),),
        "APTIC": (("autres_formations_labels", "APTIC"),),
        "Relais pôle emploi": (("autres_formations_labels", "Relais pôle emploi"),),
        "French Tech": (("autres_formations_labels", "French Tech"),),
        "Campus connecté": (("autres_formations_labels", "Campus connecté"),),
    },
    "modalites_accompagnement": {
        "Seul": (("modalites_accompagnement", "En autonomie"),),
        "Avec de l'aide": (("modalites_accompagnement", "Accompagnement individuel"),),
        "A ma place": (("modalites_accompagnement", "Accompagnement individuel"),),
        "Dans un atelier": (("modalites_accompagnement", "Dans un atelier collectif"),),
    },
}
LABELS_V01["conditions_access"] = LABELS_V01["conditions_acces"]
LABELS_V01["modalites_access"] = LABELS_V01["modalites_accompagnement"]


def _short(label: str) -> str:
    """Label up to a trailing explanation: producers write both 'Payant' and 'Payant : L'accès au lieu ...'."""
    return fold(label.split(" : ")[0])


@cache
def _targets(field: str) -> dict[str, tuple[tuple[str, str], ...]]:
    table: dict[str, tuple[tuple[str, str], ...]] = {}
    for new_field in FIELD_RENAMES.get(field, (field,)):
        for label in VOCABULARIES.get(new_field, ()):
            table[fold(label)] = ((new_field, label),)
            # "À distance (par téléphone ou en visioconférence)", "Étapes numériques(La Poste)": blanks and explanations vary.
    for label, targets in LABELS_V01.get(field, {}).items():
        table[_short(label)] = targets
    return table


def label_targets(field: str, label: str) -> tuple[tuple[str, str], ...] | None:
    """
    Where a label of any version of the standard goes in version 1.0.

    Parameters
    ----------
    field : str
        Field of v0.1 or v1.0 in which the label stood.
    label : str
        The label as written, with or without its explanation.

    Returns
    -------
    tuple of (str, str), or None
        Pairs of v1.0 field and label. Empty when the label is known and has no counterpart; None when it is unknown.

    Examples
    --------
    >>> label_targets("labels_nationaux", "CNFS")
    (('dispositif_programmes_nationaux', 'Conseillers numériques'),)
    >>> label_targets("services", "Comprehension du monde numérique")
    (('services', 'Compréhension du monde numérique'),)
    >>> label_targets("publics_accueillis", "Adultes")
    ()
    >>> label_targets("services", "Jardinage") is None
    True
    """
    table = _targets(field)
    whole = fold(label)
    if whole in table:
        return table[whole]
    short = _short(label)
    if short in table:
        return table[short]
    return table.get(fold(label.split("(")[0]))
