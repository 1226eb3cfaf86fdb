"""
Words of the demo: kinds of places, streets, quarters, opening hours, old labels. Tables only.

All of it is invented or generic: institutions by type and commune, streets that hundreds of towns have. Nothing here was copied
from a source, and no living person is named.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTICE = "Lieu inventé pour la démonstration."


@dataclass(frozen=True)
class Kind:
    """
    A kind of place.

    Attributes
    ----------
    names : tuple of str
        The first is the usual name, the others what other sources call the same place. ``{de}`` is "de Lille", ``{lieu}`` is
        "Lille", ``{quartier}`` a quarter.
    smallest : int
        Least population of a commune that has one.
    weight : float
        How often it is drawn where it can be.
    per_quarter : bool
        Whether a town can have several, told apart by their quarter.
    """

    key: str
    typologie: tuple[str, ...]
    names: tuple[str, ...]
    services: tuple[int, ...]
    dispositifs: tuple[str, ...] = ()
    smallest: int = 0
    weight: float = 1.0
    per_quarter: bool = False
    itinerance: str | None = None


# Positions in the standard's list of services, which is also the order of VOCABULARIES["services"].
DEMARCHES, QUOTIDIEN, EMPLOI, SECURITE, PARENTALITE, LOISIRS, COMPRENDRE, ACCES, MATERIEL = range(9)

KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "mairie",
            ("MUNI",),
            ("Mairie {de}", "Commune {de}", "Hôtel de ville {de}"),
            (DEMARCHES, ACCES),
            ("Aidants Connect",),
            weight=2.0,
        ),
        Kind(
            "ccas",
            ("CCAS",),
            ("CCAS {de}", "Centre communal d'action sociale {de}", "Centre Communal d'Action Sociale (CCAS) {de}"),
            (DEMARCHES, QUOTIDIEN),
            ("Aidants Connect", "Conseillers numériques"),
            smallest=1500,
            weight=1.6,
        ),
        Kind(
            "france-services",
            ("RFS",),
            ("France services {de}", "Maison France Services {lieu}", "Espace France services - {lieu}", "MFS {lieu}"),
            (DEMARCHES, QUOTIDIEN, ACCES),
            ("France Services", "Aidants Connect"),
            weight=2.4,
        ),
        Kind(
            "mediatheque",
            ("BIB",),
            ("Médiathèque {de}", "Médiathèque municipale {de}", "Bibliothèque-médiathèque {lieu}"),
            (QUOTIDIEN, ACCES, LOISIRS, COMPRENDRE),
            ("Conseillers numériques", "Bibliothèques numérique de référence"),
            smallest=400,
            weight=2.2,
        ),
        Kind(
            "epn",
            ("EPN",),
            ("Espace public numérique {de}", "EPN {lieu}", "Espace Public Numérique (EPN) - {lieu}"),
            (QUOTIDIEN, ACCES, SECURITE, COMPRENDRE),
            ("Conseillers numériques", "Certification PIX"),
            smallest=3000,
            weight=1.4,
        ),
        Kind(
            "centre-social",
            ("CS",),
            ("Centre social {quartier}", "CS {quartier}", "Centre social et culturel {quartier}"),
            (QUOTIDIEN, PARENTALITE, DEMARCHES),
            ("Conseillers numériques", "Promeneurs du net"),
            smallest=5000,
            weight=1.5,
            per_quarter=True,
        ),
        Kind(
            "maison-de-quartier",
            ("MQ",),
            ("Maison de quartier {quartier}", "MQ {quartier}", "Maison des habitants {quartier}"),
            (QUOTIDIEN, DEMARCHES, LOISIRS),
            ("Conseillers numériques",),
            smallest=15000,
            weight=1.0,
            per_quarter=True,
        ),
        Kind(
            "mission-locale",
            ("ML",),
            ("Mission locale {de}", "ML {lieu}", "Mission locale jeunes {de}"),
            (EMPLOI, QUOTIDIEN, ACCES),
            ("Certification PIX",),
            smallest=8000,
            weight=0.8,
        ),
        Kind(
            "information-jeunesse",
            ("PIJ_BIJ",),
            ("Point information jeunesse {de}", "PIJ {lieu}", "Information jeunesse {lieu}"),
            (EMPLOI, PARENTALITE, COMPRENDRE),
            ("Promeneurs du net",),
            smallest=6000,
            weight=0.6,
        ),
        Kind(
            "tiers-lieu",
            ("TIERS_LIEUX", "FABLAB"),
            ("Tiers-lieu {quartier}", "Tiers lieu numérique {quartier}", "Fablab {quartier}"),
            (LOISIRS, COMPRENDRE, EMPLOI),
            ("Grande école du numérique",),
            smallest=2000,
            weight=0.8,
            per_quarter=True,
        ),
        Kind(
            "atelier-numerique",
            ("ASSO",),
            ("Association Atelier numérique {quartier}", "Atelier numérique {quartier}", "Asso. Atelier Numérique {quartier}"),
            (QUOTIDIEN, SECURITE, COMPRENDRE, MATERIEL),
            ("Conseillers numériques", "La Croix Rouge"),
            smallest=2500,
            weight=1.2,
            per_quarter=True,
        ),
        Kind(
            "ressourcerie",
            ("RESSOURCERIE", "ASSO"),
            ("Ressourcerie informatique {de}", "Recyclerie informatique {de}", "La ressourcerie informatique - {lieu}"),
            (MATERIEL, QUOTIDIEN),
            ("Relais numérique (Emmaüs Connect)",),
            smallest=10000,
            weight=0.5,
        ),
        Kind(
            "la-poste",
            ("LA_POSTE",),
            ("La Poste {de}", "Bureau de poste {de}", "La Poste - {lieu}"),
            (DEMARCHES, ACCES),
            smallest=1000,
            weight=0.7,
        ),
        Kind(
            "solidarites",
            ("MDS",),
            ("Maison des solidarités {de}", "MDS {lieu}", "Maison départementale des solidarités {lieu}"),
            (DEMARCHES, PARENTALITE),
            ("Aidants Connect", "Point d'accès numérique CAF"),
            smallest=7000,
            weight=0.7,
        ),
        Kind(
            "bus",
            ("ENM",),
            ("Bus numérique {de}", "Bus du numérique - {lieu}", "Le bus numérique {de}"),
            (DEMARCHES, QUOTIDIEN),
            ("France Services",),
            weight=0.22,
            itinerance="Itinérant",
        ),
        Kind(
            "emmaus-connect",
            ("ASSO",),
            ("Emmaüs Connect {lieu} {quartier}", "Emmaus Connect - {lieu} {quartier}", "EMMAÜS CONNECT {lieu} {quartier}"),
            (QUOTIDIEN, MATERIEL, SECURITE, ACCES),
            ("Emmaüs Connect",),
            weight=0.0,
            per_quarter=True,
        ),
    )
}

QUARTERS = (
    "Bellevue", "Les Tilleuls", "La Fontaine", "Le Parc", "Les Peupliers", "Beausoleil", "La Gare", "Les Écoles", "Saint-Michel",
    "Sainte-Anne", "Les Hauts", "Le Moulin", "La Prairie", "Les Coteaux", "Le Lac", "Les Cèdres", "La Source", "Le Port",
    "Les Vergers", "La Colline", "Les Glycines", "Le Canal", "Saint-Roch", "Les Remparts", "La Rotonde", "Le Square",
)  # fmt: skip

# Street type, rest of the name. Each of them exists in hundreds of communes.
STREETS = (
    ("rue", "de la République"), ("rue", "des Écoles"), ("avenue", "de la Gare"), ("place", "de la Mairie"),
    ("place", "du Marché"), ("boulevard", "de la Liberté"), ("chemin", "du Moulin"), ("rue", "du Stade"),
    ("allée", "des Tilleuls"), ("impasse", "des Lilas"), ("route", "de Paris"), ("rue", "Victor Hugo"),
    ("avenue", "Jean Jaurès"), ("rue", "Pasteur"), ("avenue", "du Général Leclerc"), ("rue", "du Maréchal Foch"),
    ("place", "du Docteur Schweitzer"), ("boulevard", "du Président Wilson"), ("rue", "Saint-Jacques"),
    ("rue", "Sainte-Catherine"), ("square", "des Acacias"), ("rue", "du 8 mai 1945"), ("rue", "de l'Église"),
    ("cours", "de l'Europe"), ("faubourg", "Saint-Antoine"), ("rue", "des Jardins"), ("avenue", "de l'Industrie"),
    ("quai", "de la Rivière"),
)  # fmt: skip

# How hurried hands write those streets.
ABBREVIATIONS = (
    ("avenue ", "av. "), ("boulevard ", "bd "), ("place ", "pl. "), ("route ", "rte "), ("chemin ", "ch. "), ("allée ", "all. "),
    ("impasse ", "imp. "), ("square ", "sq. "), ("faubourg ", "fbg "), ("Général ", "Gal "), ("Maréchal ", "Mal "),
    ("Docteur ", "Dr "), ("Président ", "Pdt "), ("Sainte-", "Ste "), ("Saint-", "St "), ("rue ", "r. "),
)  # fmt: skip

HOURS = (
    "Mo-Fr 09:00-12:00,14:00-17:30",
    "Mo-Fr 08:30-12:00,13:30-17:00",
    "Mo-Fr 09:00-17:00",
    "Mo,Tu,Th,Fr 08:30-12:00,13:30-17:30; We 08:30-12:00",
    "Mo-Fr 08:45-12:15,13:30-17:15; Sa 09:00-12:00",
    "Tu-Sa 10:00-18:00",
    "Tu,Fr 14:00-18:00; We,Sa 10:00-12:30,14:00-18:00",
    "Tu 09:00-12:00; Th 13:30-16:30",
    "We 14:00-18:00; Sa 10:00-12:30",
    "Mo 14:00-18:00; Tu-Fr 09:00-12:00,14:00-18:00",
    "Mo-Th 09:00-12:30,13:30-18:00; Fr 09:00-12:30",
    "Mo-Fr 09:00-12:00,14:00-17:00; PH off",
    "Tu-Fr 10:00-19:00; Sa 10:00-17:00; PH off",
    "Mo-Fr 09:00-12:00; Sa[1] 09:30-12:00",
)

# Rules that a reader of opening hours meets seldom and has to know all the same.
RARE_HOURS = (
    "Mo-Sa 08:00-19:00",
    "Mo-Su 07:00-21:00",
    "week 2-52/2 Tu 09:00-12:00",
    "week 1-53/2 Th 14:00-17:00",
    "Jan-Jun,Sep-Dec: Mo-Fr 09:00-17:00; Jul-Aug: Mo-Fr 09:00-12:00",
    "Mo-Fr 18:00-21:00",
)

# What people write instead: kept as they would, to be repaired or refused with a reason.
MESSY_HOURS = (
    "lundi au vendredi : 9h-12h / 14h-17h",
    "Du mardi au samedi de 10h à 18h",
    "Mo-Fr 9:00-12:00 , 14:00-17:00",
    "Mo-Fr 09h00-12h00",
    "Mo-Sun 00:00-00:00",
    "sur rendez-vous",
    "Mo-Fr 09:00-12:00,14:00-12:00",
    "Lun. Mar. Jeu. 8h30 - 12h",
)

CLOSED_HOURS = "Mo-Su off"

BROKEN_PHONES = (
    "{first_six}",
    "{national} / {other}",
    "voir à l'accueil",
    "{without_zero}",
    "{national} poste 12",
    "+33{national}",
)

# Labels of version 0.1, as its schema writes them, by the position of the service that each leads to.
OLD_SERVICES = {
    DEMARCHES: (
        "Devenir autonome dans les démarches administratives",
        "Réaliser des démarches administratives avec un accompagnement",
        "Accompagner les démarches de santé",
    ),
    QUOTIDIEN: (
        "Prendre en main un smartphone ou une tablette",
        "Prendre en main un ordinateur",
        "Utiliser le numérique au quotidien",
    ),
    EMPLOI: ("Favoriser mon insertion professionnelle", "Créer et développer mon entreprise"),
    PARENTALITE: ("Soutenir la parentalité et l'éducation avec le numérique",),
    LOISIRS: ("Créer avec le numérique",),
    COMPRENDRE: ("Approfondir ma culture numérique", "Promouvoir la citoyenneté numérique"),
    ACCES: ("Accéder à une connexion internet", "Accéder à du matériel"),
    MATERIEL: ("S'équiper en matériel informatique",),
}
OLD_COSTS = {
    "Gratuit": "Gratuit : Je peux accéder gratuitement au lieu et à ses services",
    "Gratuit sous condition": "Gratuit sous condition : La gratuité est conditionnée à des critères "
    "(situation familiale, convention avec un organisme social...)",
    "Payant": "Adhésion : L'accès au lieu et/ou à ses services nécessite d'y adhérer",
}
OLD_PROGRAMMES = {
    "Conseillers numériques": "CNFS",
    "France Services": "France Services",
    "Aidants Connect": "Aidants Connect",
    "Point d'accès numérique CAF": "Point numérique CAF",
    "Grande école du numérique": "Grandes écoles du numérique",
}
OLD_SUPPORT = {
    "En autonomie": "Seul : j'ai accès à du matériel et une connexion",
    "Accompagnement individuel": "Avec de l'aide : je suis accompagné seul dans l'usage du numérique",
    "Dans un atelier collectif": "Dans un atelier : j'apprends collectivement à utiliser le numérique",
}
OLD_PUBLICS = {
    "Familles et/ou enfants": "Familles/enfants",
    "Jeunes": "Jeunes (16-26 ans)",
    "Seniors": "Seniors (+ 65 ans)",
    "Femmes": "Uniquement femmes",
    "Surdité": "Surdité",
    "Déficience visuelle": "Déficience visuelle",
    "Handicaps mentaux": "Handicaps mentaux : déficiences limitant les activités d'une personne",
    "Illettrisme": "Personnes en situation d'illettrisme",
}

# Labels that producers write beside the vocabulary, and that a reader has to understand all the same.
LABEL_VARIANTS = {
    "Compréhension du monde numérique": "Comprehension du monde numérique",
    "Dans un atelier collectif": "Dans un atelier collectif : j'apprends collectivement à utiliser le numérique",
    "À distance": "À distance (par téléphone ou en visioconférence)",
    "Gratuit": "gratuit",
    "Familles et/ou enfants": "Familles/enfants",
}
UNKNOWN_SERVICE = "Jardinage connecté"
