"""
Accents given back to the words in which they were lost: U+FFFD in damaged files, and names typed in capitals.

The words are those that names, addresses and descriptions of places of digital help are made of; a word that is not listed
is left
alone, since a wrong letter is worse than a missing one.
"""

from __future__ import annotations

import re

from mediation_geo.text import strip_accents

__all__ = ["accented", "restore_accents"]

_WORDS_TEXT = """
abbé académie accessibilité accès accédant accéder accompagné accompagnée achèvement activité activités adapté adaptée
adaptées adaptés adhérent adhérents adhésion adhésions agréé agréée aîné aînés allée allées amélie améliorer animé animée
année années antiquité août appréhender après arène arènes arrêt assurée à âge âgé âgée âgées âgés âgisme âme barème bâti
bâtiment bâtiments béarn bénéficiaire bénéficiaires bénévolat bénévole bénévoles béthanie bêta bibliothèque bibliothèques
bibliothécaire boétie brûlé café cafés centralité célestin célestins châlet château châteaux chèque chèques chômage cinéma
cité cités citoyenneté clé clés collectivité collectivités collège collèges communauté communautés compétence compétences
complémentaire conférence conférences confirmé confirmée confirmés congé congés congrès connecté connectée connectés
conseillère contrôle coordonnée coordonnées côte côté crèche création créations créative créer créé créée curé cybersécurité
çà demandé demandée dès débat débutant débutants décembre décès déchets déclaration découverte découvertes découvrir dédié
dédiée défense déjà délégation délégué déléguée délivrance démarche démarches démarré dématérialisation dématérialisé
dématérialisée dématérialisées dématérialisés démocratie dépannage départ département départemental départementale
départementales départementaux dépôt désert désinformation détaillé détaillée détails détente développement développer
développé différents difficulté difficultés diplôme diplômes efficacité emmaüs emploi-mobilité enquête entité entraînement
expérience expérimentation expérimenté écologie écologique économie économique écoute écran écrans écrit écrits écrivain
éditeur éducateur éducateurs éducatif éducation éducative église électricité électronique élève élèves élémentaire éloigné
éloignée éloignées éloignés élu élus énergie épargne épicerie équipe équipement équipements équipes équipé équipée équitable
érasme établissement établissements étage étang étape étapes état été étienne étoile étranger étrangers étrangère étrangères
étude études étudiant étudiante étudiants évaluation évènement événement événements évêché être faculté façade fenêtre fermé
fermée fermés ferrière fédération fédérations félix férié fériés février fête fidèle filière financé financée forêt formé
formée formés français française françaises frères frédéric genève général générale généraliste génération générations
généraux géographique gérard gérer gérée grâce grève gré guérin handicapé handicapée handicapées handicapés hébergement hélène
héros hôpital hôpitaux hôtel hôtels identité idée idées illimité immédiat impôt impôts inclusivité indépendance indépendant
indépendants inégalités informé initié initiée insérer intermédiaire intégration intégré intégrée intégrés intérêt intérieur
isolé isolée isolées isolés itinérance itinérant itinérante itinérants île îles jérôme journée journées labellisé labellisée
laïque laïques là légal légale légumes liberté libération libérée liège lisière littéraire littérature lycée lycées maître
maîtres maîtrise maîtriser maréchal matériel matériels matinée mâcon mère mères médecin médecine média médiateur médiateurs
médiathèque médiathèques médiation médiatrice médical médicale médico méditerranée mémoire métal méthode métier métiers
métropole métropolitain même mêmes mobilité mobilités modalité modalités multimédia musée musées nécessaire nécessité nîmes
noël numérique numériques numérisation numérisé numérisée orienté orientée orientés orléans ouvrière où parentalité père
pédagogie pédagogique pédagogiques pépinière période périodes périscolaire piéton plénière pôle pôles première préalable
précarité précédent précision précisions préfecture préfet préférence prélèvement prénom préparation prépare préparer préparé
présence présentation présente présenter présentes présentiel président prévention prévert prévu prêt prêté prêts privé privée
privés privilège problème problèmes procédure procédures proposé proposée proposées proposés propriétaire propriété protégé
protégée proximité publicité qualité recyclé relâche rentrée repérage responsabilité restauré règlement réalisation réaliser
réalisé réalisée réception récépissé réduction réduit réel référence référent référents réfugié réfugiée réfugiés région
régional régionale régionaux régions réglementé régularité régulier régulière régulièrement réinsertion rémi réparation
réparer répertoire répondre réponse république réseau réseaux réservé réservée réservés résidence résidences résident
résidents résistance résoudre réunion réunions réussite révolution rêve rhône rivière rosé salarié salariée salariés santé
scène secrétaire secrétariat séance séances sécuriser sécurisé sécurisée sécurité séjour sénior séniors séparé situé située
société soirée solidarité solidarités spécialisé spécialisée spécialité spécifique spécifiques stéphane stratégie sûr sûreté
système systèmes tâche tâches télé télécharger téléphone téléphones téléphonique télétravail télévision témoignage thème
thèmes théâtre théâtres thématique thématiques théodore thérèse très trésor trésorerie unité unités université usagée utilisé
utilité vallée véhicule véhicules vélo vélos vérité vidéo vidéos visioconférence voilà volontés
"""
_WORDS = _WORDS_TEXT.split()

_DAMAGE = "\ufffd"
_DAMAGED_WORD = re.compile(rf"[\w{_DAMAGE}]*{_DAMAGE}[\w{_DAMAGE}]*")
_ELISION = re.compile(rf"^([ldsnjcmt]|qu){_DAMAGE}(?=[\w{_DAMAGE}]{{2}})", re.IGNORECASE)


def _damaged(word: str) -> str:
    return "".join(char if char.isascii() else _DAMAGE for char in word)


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Form -> word, for the forms that only one word has."""
    table: dict[str, str] = {}
    doubtful = set()
    for form, word in pairs:
        if table.setdefault(form, word) != word:
            doubtful.add(form)
    return {form: word for form, word in table.items() if form not in doubtful}


_BY_DAMAGE = _unique([(_damaged(word), word) for word in _WORDS])
# Words that also exist without their accent ("etage" does not, "cote" does) stay as typed.
_ALSO_PLAIN_TEXT = """
a ou la ca du des sur meme cure dedie rose ferme isole anime eleve ecrit remi grace cote forme prive privee cree aine
age gere equipe presente precis charge marche reserve detente
"""
_ALSO_PLAIN = frozenset(_ALSO_PLAIN_TEXT.split())
_BY_PLAIN = {
    plain: word for plain, word in _unique([(strip_accents(word), word) for word in _WORDS]).items() if plain not in _ALSO_PLAIN
}


def accented(word: str) -> str:
    """
    A lower-case word with its accents when it is a known one that has no other spelling.

    Examples
    --------
    >>> accented("mediatheque"), accented("cote"), accented("dupont")
    ('médiathèque', 'cote', 'dupont')
    """
    return _BY_PLAIN.get(word, word)


def restore_accents(value: str) -> str:
    """
    Text in which each damaged word that can only be one known word is that word again.

    Examples
    --------
    >>> restore_accents("L\ufffdacc\ufffds aux d\ufffdmarches du D\ufffdPARTEMENT, Th\ufffdze")
    "L'accès aux démarches du DÉPARTEMENT, Th\ufffdze"
    """
    return _DAMAGED_WORD.sub(lambda match: _restored(match.group()), value)


def _restored(word: str) -> str:
    whole = _BY_DAMAGE.get(word.lower())
    if whole is None and (elision := _ELISION.match(word)):
        rest = word[elision.end() :]
        known = _BY_DAMAGE.get(rest.lower()) if _DAMAGE in rest else rest
        return f"{elision.group(1)}'{_like(rest, known)}" if known else word
    return _like(word, whole) if whole else word


def _like(damaged: str, word: str) -> str:
    """The known word in the case of the damaged one; a lost letter is a capital when the letters beside it are."""
    if len(damaged) > 1 and damaged.replace(_DAMAGE, "").isupper() and len(damaged.replace(_DAMAGE, "")) > 1:
        return word.upper()
    return word[0].upper() + word[1:] if damaged[0].isupper() else word
