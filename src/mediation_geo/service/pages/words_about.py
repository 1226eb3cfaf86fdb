"""
The words of the pages about the service itself: privacy, accessibility, status, downloads, embedding; the same three languages.

A table for `words`, which puts it with its own. Sentences in easy-to-read French have at most twelve words and no jargon.
"""

from __future__ import annotations

__all__ = ["ABOUT"]

# Name -> French, easy French, English.
ABOUT: dict[str, tuple[str, str, str]] = {
    # Privacy.
    "vp_accroche": (
        "Ce site n'utilise aucun cookie, aucune mesure d'audience, aucun service d'un autre site.",
        "Ce site ne vous suit pas. Il n'envoie rien à d'autres sites.",
        "This site uses no cookie, no audience measurement and no service of another site.",
    ),
    "vp_adresse": (
        "L'adresse cherchée sert à trouver une position, puis elle est oubliée. Elle n'est ni enregistrée, ni journalisée, "
        "ni transmise.",
        "Vous écrivez une adresse. Le site cherche, puis il oublie l'adresse.",
        "The address you type is used to find a position, then forgotten. It is not stored, not logged and not passed on.",
    ),
    "vp_position": (
        "La position est arrondie à une centaine de mètres.",
        "Le site ne garde pas l'endroit exact où vous êtes.",
        "The position is rounded to about a hundred metres.",
    ),
    "vp_journal": (
        "Le journal du serveur garde l'heure, la page demandée sans ses paramètres, le résultat et la durée. Ni adresse IP, "
        "ni navigateur.",
        "Le site note l'heure et la page demandée. Il ne note pas qui vous êtes.",
        "The log of the server keeps the time, the page without its parameters, the outcome and the duration. Neither IP "
        "address nor browser.",
    ),
    "vp_empreinte": (
        "Pour limiter les abus, une empreinte de l'adresse IP est gardée en mémoire, avec une clé qui change chaque jour.",
        "Le site compte les demandes pour bloquer les abus. Il oublie tout chaque jour.",
        "To limit abuse, a fingerprint of the IP address is kept in memory, with a key that changes every day.",
    ),
    "vp_contacts": (
        "Les courriels nominatifs et les numéros de mobile personnels sont masqués quand un autre contact existe.",
        "Le site montre le téléphone du lieu. Il cache celui des personnes.",
        "Mail addresses with a person's name and personal mobile numbers are hidden when there is another contact.",
    ),
    # Accessibility.
    "acc_accroche": (
        "Ce site est fait pour être utilisé sans souris, sans JavaScript, avec un lecteur d'écran, sur un petit écran, et par "
        "des personnes qui lisent peu.",
        "Ce site est fait pour tout le monde. Il marche sur un petit téléphone. Il marche sans souris.",
        "This site is made to be used without a mouse, without JavaScript, with a screen reader, on a small screen, and by "
        "people who read little.",
    ),
    "acc_machine": (
        "Contrôles automatiques : axe-core, avec les règles WCAG 2.2 AA et celles marquées RGAA, sur chaque page, à 320 et "
        "1280 pixels, avec et sans JavaScript.",
        "Un programme vérifie toutes les pages.",
        "Automatic checks: axe-core, with the rules of WCAG 2.2 AA and those marked RGAA, on every page, at 320 and 1280 "
        "pixels, with and without JavaScript.",
    ),
    "acc_main": (
        "Contrôles à la main : la liste est publiée avec la documentation du service.",
        "Nous avons aussi vérifié les pages nous-mêmes. La liste est publiée.",
        "Checks by hand: the list is published with the documentation of the service.",
    ),
    "acc_audit": (
        "Aucun audit RGAA complet n'a encore été mené par un tiers : le site n'est donc pas déclaré conforme.",
        "Personne d'autre n'a encore tout vérifié.",
        "No complete RGAA audit by a third party has been made yet: the site is therefore not declared compliant.",
    ),
    # Status.
    "etat_normal": ("Service normal", "Tout va bien", "Everything works"),
    "etat_degrade": ("Service dégradé", "Il y a un problème", "Something is wrong"),
    "etat_instantane": ("Instantané", "Numéro des données", "Release"),
    "etat_jour": ("jour", "jour", "day"),
    "etat_jours": ("jours", "jours", "days"),
    "etat_situes": ("situés", "sur la carte", "with a position"),
    "etat_illisible": ("Instantané illisible", "Données impossibles à lire", "Release that cannot be read"),
    "etat_injoignable": ("Magasin injoignable depuis", "Données absentes depuis", "Store out of reach since"),
    "etat_refuse": ("Instantané refusé", "Données refusées", "Release refused"),
    "etat_construction": (
        "Construction refusée par un contrôle", "Données refusées par une vérification", "Build refused by a check",
    ),
    "etat_retenues": (
        "Sources qui ne sont pas de cette nuit", "Fichiers trop anciens", "Sources that are not of this night",
    ),
    "etat_depuis": ("Depuis", "Depuis", "Since"),
    "etat_raison": ("Raison", "Pourquoi", "Why"),
    "etat_sources": ("Sources de cet instantané", "Fichiers utilisés", "Sources of this release"),
    "etat_fichier": ("Fichier", "Fichier", "File"),
    "etat_lignes": ("Lignes", "Lignes", "Rows"),
    "etat_rejets": ("Rejets", "Refus", "Rejected"),
    # Downloads, by the name of the file where it is a file.
    "dit_places.parquet": (
        "Les lieux, une ligne par lieu (GeoParquet)", "Tous les lieux", "The places, one row a place (GeoParquet)",
    ),
    "dit_records.parquet": (
        "Les fiches de toutes les sources (GeoParquet)", "Toutes les fiches reçues", "The records of all sources (GeoParquet)",
    ),
    "dit_links.parquet": (
        "Les rapprochements entre fiches, avec leur score",
        "Les fiches qui se ressemblent",
        "Which records were held against each other, and their score",
    ),
    "dit_issues.parquet": (
        "Les anomalies relevées, fiche par fiche", "Les erreurs trouvées", "The issues found, record by record",
    ),
    "dit_events.ndjson": (
        "La vie des identifiants : créations, fusions, retraits",
        "Les lieux nouveaux, réunis ou enlevés",
        "The life of the identifiers: minted, merged, retired",
    ),
    "dit_manifest.json": (
        "Le manifeste : sommes de contrôle, comptes, sources",
        "La liste des fichiers",
        "The manifest: checksums, counts, sources",
    ),
    "dit_datapackage.json": ("Frictionless Data Package",) * 3,
    "dit_catalog.jsonld": ("DCAT-AP",) * 3,
    "dit_record.json": ("OGC API Records",) * 3,
    "dit_stac/collection.json": ("STAC",) * 3,
    "dit_croissant.json": ("Croissant",) * 3,
    "dit_CITATION.cff": ("Citation File Format",) * 3,
    "dit_ATTRIBUTION.md": ("Sources et licences", "D'où viennent les données", "Sources and licences"),
    "dit_SHA256SUMS": ("Sommes de contrôle", "Pour vérifier les fichiers", "Checksums"),
    # Embedding.
    "int_accroche": (
        "Sans jeton, sans inscription. Tout est servi avec",
        "Vous pouvez montrer les lieux sur votre site. C'est gratuit. Tout est servi avec",
        "No token, no registration. Everything is served with",
    ),
    "int_cadre": ("Un cadre dans votre page", "Une page dans votre page", "A frame in your page"),
    "int_json": (
        "Les lieux les plus proches, en JSON", "Les lieux proches, pour un programme", "The nearest places, as JSON",
    ),
    "int_qgis": ("Dans QGIS, ogr2ogr ou GeoPandas", "Dans un logiciel de cartes", "In QGIS, ogr2ogr or GeoPandas"),
    "int_carte": ("Une carte Leaflet", "Une carte", "A Leaflet map"),
    "int_parametres": ("Tous les paramètres", "Tout ce qui est possible", "All parameters"),
}  # fmt: skip
