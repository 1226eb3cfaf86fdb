"""
The territories of France: départements with region, clock and legal projection, and the boxes that hold them.

Sources: INSEE, code officiel géographique 2025; décret 2006-272 and its successors for the legal systems; IANA time zones.
Latitudes and longitudes are EPSG:4326.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BOXES",
    "DEPARTEMENTS",
    "REGIONS",
    "Box",
    "Departement",
    "departement_of_commune",
    "departements_of_postcode",
]


@dataclass(frozen=True, slots=True)
class Box:
    """Longitudes and latitudes between which a territory lies, in degrees, EPSG:4326."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Departement:
    """A département or overseas collectivity."""

    code: str
    nom: str
    code_region: str
    timezone: str
    legal_epsg: int
    territory: str


REGIONS: dict[str, str] = {
    "01": "Guadeloupe", "02": "Martinique", "03": "Guyane", "04": "La Réunion", "06": "Mayotte",
    "11": "Île-de-France", "24": "Centre-Val de Loire", "27": "Bourgogne-Franche-Comté", "28": "Normandie",
    "32": "Hauts-de-France", "44": "Grand Est", "52": "Pays de la Loire", "53": "Bretagne", "75": "Nouvelle-Aquitaine",
    "76": "Occitanie", "84": "Auvergne-Rhône-Alpes", "93": "Provence-Alpes-Côte d'Azur", "94": "Corse",
}  # fmt: skip

_METROPOLE = {
    "11": "75 Paris;77 Seine-et-Marne;78 Yvelines;91 Essonne;92 Hauts-de-Seine;"
    "93 Seine-Saint-Denis;94 Val-de-Marne;95 Val-d'Oise",
    "24": "18 Cher;28 Eure-et-Loir;36 Indre;37 Indre-et-Loire;41 Loir-et-Cher;45 Loiret",
    "27": "21 Côte-d'Or;25 Doubs;39 Jura;58 Nièvre;70 Haute-Saône;71 Saône-et-Loire;89 Yonne;90 Territoire de Belfort",
    "28": "14 Calvados;27 Eure;50 Manche;61 Orne;76 Seine-Maritime",
    "32": "02 Aisne;59 Nord;60 Oise;62 Pas-de-Calais;80 Somme",
    "44": "08 Ardennes;10 Aube;51 Marne;52 Haute-Marne;54 Meurthe-et-Moselle;55 Meuse;"
    "57 Moselle;67 Bas-Rhin;68 Haut-Rhin;88 Vosges",
    "52": "44 Loire-Atlantique;49 Maine-et-Loire;53 Mayenne;72 Sarthe;85 Vendée",
    "53": "22 Côtes-d'Armor;29 Finistère;35 Ille-et-Vilaine;56 Morbihan",
    "75": "16 Charente;17 Charente-Maritime;19 Corrèze;23 Creuse;24 Dordogne;33 Gironde;40 Landes;47 Lot-et-Garonne;"
    "64 Pyrénées-Atlantiques;79 Deux-Sèvres;86 Vienne;87 Haute-Vienne",
    "76": "09 Ariège;11 Aude;12 Aveyron;30 Gard;31 Haute-Garonne;32 Gers;34 Hérault;46 Lot;48 Lozère;65 Hautes-Pyrénées;"
    "66 Pyrénées-Orientales;81 Tarn;82 Tarn-et-Garonne",
    "84": "01 Ain;03 Allier;07 Ardèche;15 Cantal;26 Drôme;38 Isère;42 Loire;43 Haute-Loire;63 Puy-de-Dôme;69 Rhône;73 Savoie;"
    "74 Haute-Savoie",
    "93": "04 Alpes-de-Haute-Provence;05 Hautes-Alpes;06 Alpes-Maritimes;13 Bouches-du-Rhône;83 Var;84 Vaucluse",
    "94": "2A Corse-du-Sud;2B Haute-Corse",
}

_OVERSEAS = (
    Departement("971", "Guadeloupe", "01", "America/Guadeloupe", 5490, "971"),
    Departement("972", "Martinique", "02", "America/Martinique", 5490, "972"),
    Departement("973", "Guyane", "03", "America/Cayenne", 2972, "973"),
    Departement("974", "La Réunion", "04", "Indian/Reunion", 2975, "974"),
    Departement("975", "Saint-Pierre-et-Miquelon", "975", "America/Miquelon", 4467, "975"),
    Departement("976", "Mayotte", "06", "Indian/Mayotte", 4471, "976"),
    Departement("977", "Saint-Barthélemy", "977", "America/St_Barthelemy", 5490, "977"),
    Departement("978", "Saint-Martin", "978", "America/Marigot", 5490, "978"),
    Departement("986", "Wallis-et-Futuna", "986", "Pacific/Wallis", 8903, "986"),
    Departement("987", "Polynésie française", "987", "Pacific/Tahiti", 3297, "987"),
    Departement("988", "Nouvelle-Calédonie", "988", "Pacific/Noumea", 3163, "988"),
)

DEPARTEMENTS: dict[str, Departement] = {
    line[: line.index(" ")]: Departement(
        line[: line.index(" ")], line[line.index(" ") + 1 :], region, "Europe/Paris", 2154, "metropole"
    )
    for region, lines in _METROPOLE.items()
    for line in lines.split(";")
} | {each.code: each for each in _OVERSEAS}

# Metropole and DROM as measured on the commune points; 986 and 987 from their outermost islands.
BOXES: dict[str, Box] = {
    "metropole": Box(-5.2, 41.3, 9.6, 51.1),
    "971": Box(-61.9, 15.8, -60.9, 16.6),
    "972": Box(-61.3, 14.3, -60.7, 14.9),
    "973": Box(-54.6, 2.1, -51.6, 5.8),
    "974": Box(55.2, -21.4, 55.9, -20.8),
    "975": Box(-56.5, 46.7, -56.1, 47.2),
    "976": Box(44.9, -13.1, 45.4, -12.6),
    "977": Box(-63.0, 17.8, -62.7, 18.0),
    "978": Box(-63.2, 17.99, -62.9, 18.2),
    "986": Box(-178.3, -14.4, -176.0, -13.1),
    "987": Box(-155.0, -28.0, -134.0, -7.5),
    "988": Box(158.0, -23.0, 172.2, -19.0),
}


def departement_of_commune(code_insee: str) -> str | None:
    """
    Code of the département a commune code belongs to, or None when the code has no known beginning.

    Examples
    --------
    >>> departement_of_commune("2A004"), departement_of_commune("97411"), departement_of_commune("34172")
    ('2A', '974', '34')
    >>> departement_of_commune("XX001") is None
    True
    """
    code = code_insee[:3] if code_insee[:2] in {"97", "98"} else code_insee[:2]
    return code if code in DEPARTEMENTS else None


def departements_of_postcode(code_postal: str) -> tuple[str, ...]:
    """
    Départements that a postcode suggests by its beginning: both halves of Corsica for 20xxx, none when unknown.

    A suggestion only: some postcodes serve communes of a neighbouring département.

    Examples
    --------
    >>> departements_of_postcode("20090"), departements_of_postcode("97133"), departements_of_postcode("75011")
    (('2A', '2B'), ('971', '977'), ('75',))
    >>> departements_of_postcode("99999")
    ()
    """
    if code_postal.startswith("20"):
        return ("2A", "2B")
    # Saint-Barthélemy and Saint-Martin kept the postcodes of Guadeloupe beside their own.
    if code_postal in {"97133", "97098"}:
        return ("971", "977")
    if code_postal in {"97150", "97051"}:
        return ("971", "978")
    code = code_postal[:3] if code_postal[:2] in {"97", "98"} else code_postal[:2]
    return (code,) if code in DEPARTEMENTS else ()
