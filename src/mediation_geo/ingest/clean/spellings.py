"""
Spellings of labels that producers use and no version of the standard knows: folded text to (field, label) pairs.

Case, accents and punctuation do not matter (see `text.fold`). An empty tuple means: understood, and nothing to say in the
standard.
"""

from __future__ import annotations

__all__ = ["VARIANTS"]

Targets = tuple[tuple[str, str], ...]


def _table(field: str, rows: dict[str, str]) -> dict[str, Targets]:
    """Label -> spellings separated by `;`, turned round."""
    return {
        spelling.strip(): ((field, label),)
        for label, spellings in rows.items()
        for spelling in spellings.replace("\n", " ").split(";")
        if spelling.strip()
    }


_SERVICES = _table(
    "services",
    {
        "Aide aux démarches administratives": """devenir autonome dans ses demarches administratives; demarches administratives;
            realiser des demarches administratives; accompagner les demarches de sante; aide administrative;
            aide aux demarches; acces aux droits; demarches en ligne; e administration""",
        "Maîtrise des outils numériques du quotidien": """utiliser le numerique; prendre en main un smartphone et ou une tablette;
            decouvrir les usages de base du numerique; prendre en main un smartphone; prendre en main une tablette;
            initiation aux outils numeriques; bureautique; maitrise des outils numeriques""",
        "Compréhension du monde numérique": """approfondir sa culture numerique; culture numerique; citoyennete numerique;
            promouvoir la citoyennete""",
        "Insertion professionnelle via le numérique": """favoriser son insertion professionnelle; insertion professionnelle;
            creer et developper son entreprise; recherche d emploi""",
        "Accès internet et matériel informatique": """acceder a du materie; acceder a du materiel informatique; acces internet;
            acceder a internet; acces a internet; acces internet et materiel; wifi; acces a du materiel""",
        "Acquisition de matériel informatique à prix solidaire": """s equiper; sequiper en materiel informatique;
            acquisition de materiel; acquisition de materiel informatique a prix solidaires""",
        "Loisirs et créations numériques": "creation numerique; loisirs numeriques; loisirs et creation numeriques",
        "Parentalité et éducation avec le numérique": """soutenir la parentalite; parentalite;
            soutenir la parentalite et l education; parentalite et education""",
        "Utilisation sécurisée du numérique": "securite numerique; cybersecurite; utilisation securise du numerique",
    },
)
_PUBLICS = _table(
    "publics_specifiquement_adresses",
    {
        "Familles et/ou enfants": "familles; famille; enfants; familles enfants; familles et enfants; familles adultes; "
        "parents; famille et ou enfants",
        "Jeunes": "jeune; jeunes 16 26 ans; jeunes 16 26; jeunes 16 25 ans; jeunes 16 25; jeune public; adolescents",
        "Étudiants": "etudiant; etudiants; etudiantes",
        "Seniors": "senior; seniors 65 ans; seniors 60 ans; seniors 65; personnes agees; retraites",
        "Femmes": "femmes; uniquement des femmes; public feminin",
    },
) | dict.fromkeys(
    ("adultes", "adulte", "tout public", "tous publics", "public adulte", "tous", "tout type de public", "tout types de publics"),
    (),
)
_SPECIFIC = _table(
    "prise_en_charge_specifique",
    {
        "Surdité": "surdite; sourds et malentendants; deficience auditive; handicap auditif",
        "Handicaps moteurs": "handicap moteur; personnes a mobilite reduite; pmr; mobilite reduite; handicaps moteurs pmr",
        "Handicaps mentaux": """handicap mental; handicaps psychiques; handicap psychique; handicaps mentaux deficiences
            limitant les
            activites d une personne; handicaps psychiques troubles psychiatriques donnant lieu a des atteintes
                comportementales""",
        "Illettrisme": "personne en situation d illettrisme; personnes en situation illettrisme; illettrisme; analphabetisme",
        "Langues étrangères (anglais)": "anglais; langues etrangeres anglais",
        "Langues étrangères (autres)": """langues etrangeres autre; langue etrangere autre; langues etrangeres; personnes
            allophones;
            allophones""",
        "Déficience visuelle": "deficience visuelle; deficiance visuelle; deficiences visuelles; malvoyants; handicap "
        "visuel; cecite",
    },
)
_FEES = _table(
    "frais_a_charge",
    {
        "Gratuit": "gratuit; gratuite; libre et gratuit; acces libre et gratuit; entierement gratuit",
        "Gratuit sous condition": "gratuit sous conditions; gratuit avec condition; gratuite sous condition; gratuit sous "
        "condition s",
        "Payant": "payante; adhesion; adherent; payant adhesion; sur adhesion; cotisation",
    },
)
_PROGRAMMES = _table(
    "dispositif_programmes_nationaux",
    {
        "Aidants Connect": "aidant connect; aidants connect; aidantsconnect",
        "Conseillers numériques": """conseiller numerique; conseillers numerique; conseiller numerique france services; cnfs;
            conseillers numeriques france services; conumm""",
        "France Services": """france service; france services; maison france services; espace france services; msap; mfs;
            maison de services au public; point relais france services""",
        "Point d'accès numérique CAF": "point relais caf; point numerique caf; points relais caf; point caf",
        "Emmaüs Connect": "emmaus connect",
        "La Croix Rouge": "croix rouge; croix rouge francaise",
        "Promeneurs du net": "promeneur du net; promeneurs du net",
        "Grande école du numérique": "grandes ecoles du numerique; gen",
        "Bibliothèques numérique de référence": "bibliotheque numerique de reference; bibliotheques numeriques de reference; bnr",
        "Certification PIX": "pix; centre pix; certification pix; centre de certification pix",
    },
)
_TRAININGS = _table(
    "formations_labels",
    {
        "Fabriques de Territoire": "fabrique de territoire; fabriques de territoire; fabrique numerique de territoire",
        "SUD LABS (PACA)": "sud labs; sud lab",
        "ORDI 3.0": "ordi 3 0; ordi3 0; ordi 30",
        "Étapes numériques (La Poste)": "etape numerique; etapes numeriques la poste; etapes numerique",
        "Arnia/MedNum BFC (Bourgogne-Franche-Comté)": "arnia mednum bfc; mednum bfc; arnia",
        "Les Éclaireurs du numérique (Drôme)": "les eclaireurs du numerique; eclaireurs du numerique",
    },
)
_SUPPORT = _table(
    "modalites_accompagnement",
    {
        "En autonomie": """seul; autonomie; en autonomie; acces libre; seul j ai acces a du materiel et une connexion;
            libre acces; acces libre sans accompagnement""",
        "Accompagnement individuel": """avec de l aide; individuel; individuelle; accompagnement individuel ponctuel; a ma place;
            accompagnement individuel sur rendez vous; acces libre avec accompagnement; aide individuelle;
            accompagnement individuel et personnalise; accompagnement individualise""",
        "Dans un atelier collectif": """dans un atelier; collectif; atelier collectif; ateliers collectifs; en groupe; atelier;
            accompagnement en groupe; accompagnement collectif; ateliers; atelier collectif thematique;
            dans un atelier j apprends collectivement a utiliser le numerique""",
        "À distance": "distance; a distance; distanciel; en ligne; visioconference; par telephone",
    },
)
_ACCESS = _table(
    "modalites_acces",
    {
        "Se présenter": "sur place; se presenter sur place; sans rendez vous; acces libre",
        "Téléphoner": "par telephone; telephone; telephoner",
        "Contacter par mail": "par mail; mail; contacter par courriel; par email; envoyer un mail",
        "Prendre un RDV en ligne": "prendre un rendez vous en ligne; rdv en ligne; prise de rdv en ligne; rendez vous en ligne",
    },
)
_TRAVELLING = _table(
    "itinerance",
    {"Itinérant": "oui; itinerant; itinerante; mobile; true; itinerance", "Fixe": "non; fixe; lieu fixe; false"},
)

VARIANTS: dict[str, dict[str, Targets]] = {
    "services": _SERVICES,
    "publics_specifiquement_adresses": _PUBLICS,
    "prise_en_charge_specifique": _SPECIFIC,
    "frais_a_charge": _FEES,
    "dispositif_programmes_nationaux": _PROGRAMMES,
    "formations_labels": _TRAININGS,
    "modalites_accompagnement": _SUPPORT,
    "modalites_acces": _ACCESS,
    "itinerance": _TRAVELLING,
}
