"""
The words of the pages in French, easy-to-read French and English; one table, so that no page mixes languages.

Sentences in easy-to-read French have at most twelve words and no jargon.
"""

from __future__ import annotations

from functools import cache

from mediation_geo.service.pages.words_about import ABOUT

__all__ = ["CONDITIONS", "KIND_WORDS", "LANGUAGES", "NEEDS", "Words", "words_in"]

LANGUAGES = ("fr", "facile", "en")

Words = dict[str, str]

_WORDS: dict[str, tuple[str, str, str]] = {
    "site": ("Lieux de médiation numérique", "Trouver de l'aide pour le numérique", "Places of digital help"),
    "accroche": (
        "Trouvez, près d'une personne, un lieu où se faire aider avec le numérique.",
        "Ici, vous trouvez un lieu près de chez vous. On vous aide avec l'ordinateur ou le téléphone.",
        "Find a place near a person where somebody helps with digital life.",
    ),
    "demo": (
        "Démonstration : les lieux de cette page sont inventés. N'y envoyez personne.",
        "Attention : ces lieux sont inventés. N'allez pas là-bas.",
        "Demonstration: every place on this page is invented. Do not send anybody there.",
    ),
    "demonstration": ("Démonstration", "Démonstration", "Demonstration"),
    "aller": ("Aller au contenu", "Aller au contenu", "Skip to content"),
    "menu": ("Menu principal", "Menu principal", "Main menu"),
    "langues": ("Langues", "Langues", "Languages"),
    "chercher": ("Chercher un lieu", "Chercher un lieu", "Find a place"),
    "guide": ("Être guidé en trois questions", "Répondre à trois questions", "Three guided questions"),
    "ou": ("Où ?", "Où êtes-vous ?", "Where?"),
    "ou_aide": (
        "Adresse, commune ou code postal. L'adresse n'est ni gardée ni transmise.",
        "Écrivez le nom de la ville ou le code postal. Nous ne gardons pas l'adresse.",
        "Address, town or postcode. The address is neither kept nor passed on.",
    ),
    "ma_position": ("Utiliser ma position", "Utiliser ma position", "Use my position"),
    "besoin": ("Pour quel besoin ?", "Vous voulez de l'aide pour quoi ?", "What for?"),
    "indifferent": ("Tous les besoins", "Je ne sais pas", "Any need"),
    "precisions": ("Précisions", "Plus de choix", "More choices"),
    "public": ("Pour qui ?", "Pour qui ?", "For whom?"),
    "accueil": ("Accueil adapté nécessaire", "Vous avez besoin de quoi ?", "Support needed"),
    "conditions": ("Conditions", "Vous voulez", "Conditions"),
    "trouver": ("Trouver les lieux", "Trouver", "Find places"),
    "suite": ("Continuer", "Continuer", "Continue"),
    "passer": ("Passer cette question", "Passer", "Skip this question"),
    "etape": ("Question", "Question", "Question"),
    "sur": ("sur", "sur", "of"),
    "resultats": ("Lieux les plus proches", "Les lieux près de vous", "Nearest places"),
    "elargi": ("La recherche a été élargie :", "Nous avons cherché plus loin :", "The search was widened:"),
    "appeler": ("Appeler", "Appeler", "Call"),
    "ecrire": ("Écrire", "Écrire", "Write"),
    "site_web": ("Site web", "Site internet", "Website"),
    "rdv": ("Prendre rendez-vous", "Prendre rendez-vous", "Book a time"),
    "itineraire": ("Itinéraire", "Le chemin", "Directions"),
    "fiche": ("Fiche complète", "En savoir plus", "Full record"),
    "pourquoi": ("Pourquoi ce lieu", "Pourquoi ce lieu", "Why this place"),
    "horaires": ("Horaires", "Jours et heures", "Opening hours"),
    "ouvert": ("Ouvert maintenant", "C'est ouvert", "Open now"),
    "ferme": ("Fermé maintenant", "C'est fermé", "Closed now"),
    "inconnu": ("Horaires inconnus : appelez avant", "Appelez avant de venir", "Hours unknown: call first"),
    "inconnu_sans_telephone": ("Horaires inconnus", "Nous ne connaissons pas les horaires", "Hours unknown"),
    "sans_telephone": ("Pas de téléphone connu", "Nous n'avons pas le téléphone", "No known phone"),
    "vie_privee_titre": ("Vie privée", "Vie privée", "Privacy"),
    "accessibilite": ("Accessibilité", "Accessibilité", "Accessibility"),
    "jusqua": ("jusqu'à", "jusqu'à", "until"),
    "ouvre": ("ouvre", "ouvre", "opens"),
    "a_verifier": (
        "À appeler pour vérifier leur accueil",
        "Appelez ces lieux avant de venir",
        "To call: they do not say whom they receive",
    ),
    "semaine": ("Horaires des sept jours à venir", "Les heures de la semaine", "Opening hours of the next seven days"),
    "ferie": ("jour férié", "jour férié", "public holiday"),
    "jour_ferme": ("fermé", "fermé", "closed"),
    "jour_inconnu": ("inconnu, appelez", "appelez avant", "unknown, call first"),
    "jour": ("Jour", "Jour", "Day"),
    "a_distance": ("Aide à distance", "Aide par téléphone ou internet", "Remote help"),
    "modifier": ("Modifier la recherche", "Changer la recherche", "Change the search"),
    "imprimer": ("Imprimer", "Imprimer", "Print"),
    "carte": ("Voir le plan", "Voir le plan", "See the map"),
    "carte_aide": (
        "Croquis orienté au nord ; le centre est le point de départ.",
        "Le nord est en haut. Vous êtes au milieu.",
        "Sketch, north up; the centre is the starting point.",
    ),
    "carte_fond": ("Afficher la carte", "Afficher la carte", "Show the map"),
    "carte_tiers": (
        "Le fond de carte vient de l'IGN, qui voit alors la zone affichée.",
        "La carte vient d'un autre site.",
        "The background comes from IGN, which then sees the area shown.",
    ),
    "gratuit": ("Gratuit", "C'est gratuit", "Free"),
    "toujours_payant": ("Payant", "C'est payant", "Not free"),
    "payant": ("Payant sous conditions", "Parfois payant", "May cost"),
    "frais_inconnus": ("Tarif inconnu", "Demandez le prix", "Cost unknown"),
    "sans_rdv": ("Sans rendez-vous", "Venez quand vous voulez", "No appointment needed"),
    "sur_rdv": ("Sur rendez-vous", "Prenez rendez-vous", "By appointment"),
    "services": ("Services", "On vous aide pour", "Services"),
    "publics": ("Publics", "Pour qui", "For"),
    "adapte": ("Accueil adapté", "Accueil adapté", "Support"),
    "maj": ("Mis à jour le", "Mis à jour le", "Updated on"),
    "ancien": ("information ancienne, appelez avant", "appelez avant de venir", "old information, call first"),
    "source": ("Source", "D'où vient l'information", "Source"),
    "choisir": (
        "Plusieurs endroits portent ce nom. Lequel ?",
        "Il y a plusieurs villes. Laquelle ?",
        "Several places have this name. Which one?",
    ),
    "retour": ("Retour", "Retour", "Back"),
    "erreur": ("Une erreur sur cette fiche ?", "Une erreur ?", "Something wrong here?"),
    "erreur_aide": (
        "Dites-le à qui tient la fiche : corrigée à la source, elle l'est ici la nuit suivante.",
        "Dites-le à ceux qui ont écrit cette page. Donnez-leur le numéro.",
        "Tell whoever keeps the record: corrected at its source, it is corrected here the night after.",
    ),
    "reference": ("référence", "numéro :", "reference"),
    "donnees": ("Télécharger", "Télécharger", "Downloads"),
    "changements": ("Changements", "Ce qui a changé", "Changes"),
    "changements_entre": (
        "Ce qui a changé dans le registre, d'une publication à la suivante.",
        "Voici les lieux qui ont changé.",
        "What changed in the register from one publication to the next.",
    ),
    "aucun_changement": (
        "Aucun changement n'a encore été publié.",
        "Rien n'a changé.",
        "No change has been published yet.",
    ),
    "nombre": ("Lieux", "Lieux", "Places"),
    "changement": ("Changement", "Changement", "Change"),
    "et_autres": ("autres : la liste entière est dans", "autres. La liste est ici :", "others: the whole list is in"),
    "flux": ("S'abonner (flux Atom)", "Suivre les changements", "Subscribe (Atom feeds)"),
    "france": ("Toute la France", "Toute la France", "All of France"),
    "departement": ("Département", "Département", "Département"),
    "registre_entier": ("Tout le registre", "Tous les lieux", "The whole register"),
    "par_departement": ("Par département", "Par département", "By département"),
    "pour_catalogues": ("Pour les catalogues", "Pour les catalogues", "For catalogues"),
    "instantane_servi": ("Fichiers de l'instantané servi", "Les fichiers du service", "Files of the release being served"),
    "rien_de_publie": (
        "Aucun export n'est publié ici. L'API donne les mêmes lieux.",
        "Il n'y a pas encore de fichier ici.",
        "No export is published here. The API serves the same places.",
    ),
    "lieux_nombre": ("lieux", "lieux", "places"),
    "integrer": ("Intégrer", "Pour votre site", "Embed"),
    "api": ("API", "API", "API"),
    "etat": ("État du service", "État du service", "Service status"),
    "licence": ("Données : Licence Ouverte 2.0", "Données : Licence Ouverte 2.0", "Data: Licence Ouverte 2.0"),
    "vie_privee": (
        "Ni cookie ni mesure d'audience. L'adresse cherchée n'est pas gardée.",
        "Nous ne gardons rien de votre recherche.",
        "No cookie, no tracking. The address you type is not kept.",
    ),
    "instantane": ("Données du", "Données du", "Data of"),
    "nom_a_la_main": ("Rendez-vous noté pour :", "Rendez-vous pour :", "Appointment for:"),
    "vcard": ("Ajouter aux contacts", "Ajouter aux contacts", "Add to contacts"),
}

# Slug -> French, easy French, English.
NEEDS: dict[str, tuple[str, str, str]] = {
    "demarches": (
        "Démarches administratives en ligne", "Faire des papiers sur internet", "Administrative steps online",
    ),
    "apprendre": ("Apprendre les bases : ordinateur, téléphone", "Apprendre l'ordinateur", "Learn the basics"),
    "acceder": ("Accéder à internet et à un ordinateur", "Utiliser un ordinateur", "Use a computer and the internet"),
    "equiper": ("S'équiper à petit prix", "Acheter moins cher", "Get equipment at a low price"),
    "emploi": ("Chercher un emploi", "Chercher un travail", "Look for a job"),
    "enfants": ("Accompagner ses enfants", "Aider ses enfants", "Help one's children"),
    "securite": ("Se protéger en ligne", "Éviter les arnaques", "Stay safe online"),
    "comprendre": ("Comprendre le monde numérique", "Comprendre internet", "Understand the digital world"),
    "creer": ("Loisirs et création", "Créer et s'amuser", "Leisure and creation"),
}  # fmt: skip

# Parameter -> value -> the same three.
CONDITIONS: dict[str, dict[str, tuple[str, str, str]]] = {
    "public": {
        "jeunes": ("Jeunes", "Jeunes", "Young people"),
        "etudiants": ("Étudiants", "Étudiants", "Students"),
        "familles": ("Familles, enfants", "Familles, enfants", "Families, children"),
        "seniors": ("Seniors", "Personnes âgées", "Older people"),
        "femmes": ("Femmes", "Femmes", "Women"),
    },
    "accueil": {
        "illettrisme": ("Difficultés à lire et écrire", "J'ai du mal à lire", "Reading and writing"),
        "moteur": ("Handicap moteur", "J'ai du mal à bouger", "Reduced mobility"),
        "mental": ("Handicap mental", "J'ai du mal à comprendre", "Learning disability"),
        "surdite": ("Surdité", "J'entends mal", "Hearing"),
        "visuel": ("Déficience visuelle", "Je vois mal", "Sight"),
    },
    "conditions": {
        "gratuit": ("Gratuit", "Gratuit", "Free"),
        "sans_rdv": ("Sans rendez-vous", "Sans rendez-vous", "No appointment"),
        "ouvert": ("Ouvert maintenant", "Ouvert maintenant", "Open now"),
        "fauteuil": ("Accessible en fauteuil roulant", "En fauteuil roulant", "Wheelchair access"),
    },
}

# Kind of change -> the same three.
KIND_WORDS: dict[str, tuple[str, str, str]] = {
    "added": ("Nouveaux lieux", "Nouveaux lieux", "New places"),
    "removed": ("Lieux retirés", "Lieux enlevés", "Places removed"),
    "merged": ("Fiches réunies à une autre", "Deux lieux étaient le même", "Records united with another"),
    "split": ("Fiches séparées d'une autre", "Un lieu était deux lieux", "Records separated from another"),
    "moved": ("Positions corrigées", "Adresses corrigées", "Positions corrected"),
    "renamed": ("Nouveaux noms", "Nouveaux noms", "New names"),
    "hours": ("Horaires modifiés", "Nouveaux horaires", "Opening hours changed"),
    "contact": ("Coordonnées modifiées", "Nouveau téléphone ou site", "Contact details changed"),
}


@cache
def words_in(language: str) -> Words:
    """
    All words of the pages in one language; the same table each time, not to be changed.

    Examples
    --------
    >>> words_in("en")["ou"]
    'Where?'
    """
    position = LANGUAGES.index(language)
    return {name: _held_together(texts[position]) for name, texts in {**_WORDS, **ABOUT}.items()}


def _held_together(text: str) -> str:
    """French text whose signs never begin a line."""
    return text.replace(" ?", "\xa0?").replace(" :", "\xa0:")
