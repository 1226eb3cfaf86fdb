"""
Kinds of structure: codes of the standard from what a source calls them, and from words in the name of the place.

Source of the keywords: the vocabulary of data.inclusion and the habit of the national pipeline; the expressions are our own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mediation_geo.standard.fields import LIST_SEPARATOR
from mediation_geo.standard.vocabularies import TYPOLOGIES
from mediation_geo.text import fold

__all__ = ["read_typologies", "typologies_in_name"]

# Code -> expression over folded text (lower-case ASCII, single blanks), matched at word boundaries.
_KEYWORDS: dict[str, str] = {
    "ACI": r"(atelier s? et )?chantiers? d insertion|aci",
    "AFPA": r"afpa|association nationale pour la formation professionnelle",
    "ASSO": r"asso|assoc|associations?|emmaus|secours (populaire|catholique)|croix rouge|restos? du coeur|familles rurales|"
    r"ligue de l enseignement|konexio|groupe sos|apf|coallia|afr|foyers? ruraux|foyer rural|atd quart monde|unis cite",
    "BIB": r"(bibli?oth?e[qk]ue?s?|bibilotheque|bibliothe que|mediath?eques?|mediateque|ludomediatheque|ludotheques?|bdp|"
    r"mediabus)\w*",
    "CAARUD": r"caarud",
    "CADA": r"cada|centre d accueil (de|pour) demandeurs? d asile",
    "CAF": r"caf|caisse d allocations familiales",
    "CAP_EMPLOI": r"cap emploi",
    "CC": r"^(communaute (de |des )?communes|cc|cdc|comcom)",
    "CCAS": r"ccas|c c a s|centre (communale?|intercommunal et communal) d actions? sociale?s?",
    "CCONS": r"consulat|chambre (departementale |dep |regionale )?(d )?(agriculture|de metiers|des metiers|(de )?commerce)|cci|"
    r"cma",
    "CD": r"conseil (departemental|general)|cdad",
    "CDAS": r"cdas|centre departemental d action sociale",
    "CFP": r"centre (des|de) finances publiques|tresor public|tresorerie|finances publiques",
    "CHRS": r"chrs|centre d hebergement et de re(adaptation|insertion) sociale",
    "CHU": r"centre d hebergement d urgence",
    "CIAS": r"cias|centre intercommunal d actions? sociales?",
    "CIDFF": r"cidff|centre d information (sur|des|du) (les )?droits? des femmes.*",
    "CITMET": r"cite (des metiers|de l emploi)|cjm",
    "CMP": r"cmp|centre medico psychologique",
    "CMS": r"cms|centre medico social|pms|pole medico social",
    "CPAM": r"cpam|caisse primaire d assurance maladie|assurance maladie",
    "CPH": r"cph|centre provisoire d hebergement",
    "CS": r"(centre|espace) social( et culturel)?|centres sociaux",
    "CSAPA": r"csapa",
    "CSC": r"(centre |espace )?socio ?culturel(le)?|csc|centre culturel|centre socio culturel|maison socioculturelle",
    "DEPT": r"^(departement|dpt)",
    "E2C": r"e2c|ecole de la (2e|2eme|deuxieme) chance",
    "EI": r"entreprise d insertion",
    "ENM": r"bus|van|camion|camping car|caravane|itinerant|mobibus|mediabus",
    "EPCI": r"epci|intercommunalite|communaute d agglomeration|metropole",
    "EPI": r"epi|espace public (internet|informatique)",
    "EPIDE": r"epide",
    "EPN": r"epn|e p n|espaces? (public )?numeriques?|espace multimedia|cyber ?bases?|cyber ?centre|cyber ?espace|"
    r"cybercase|point cyb",
    "ES": r"epicerie (sociale|solidaire)",
    "ESAT": r"esat",
    "ESS": r"ess|economie sociale et solidaire",
    "ETTI": r"etti|travail temporaire d insertion",
    "EVS": r"evs|espace de vie sociale",
    "FABLAB": r"fab ?lab|hacker ?space|maker ?space|atelier de fabrication",
    "FT": r"france travail|pole emploi",
    "GEIQ": r"geiq|groupement d employeurs.*",
    "HUDA": r"huda|hebergement d urgence (pour )?demandeurs? d asile",
    "LA_POSTE": r"la poste|agences? postales?( communale| intercommunale)?|bureau de poste|relais poste",
    "MDE": r"maison de l emploi( et de la formation)?",
    "MDH": r"maison des habitants?|mjh",
    "MDPH": r"mdph|maison departementale des personnes handicapees|mda|maison departementale de l autonomie",
    "MDS": r"mdsi?|msd|eds|maisons? (du departement|departementales?|de la metropole)( pour les| des| de la)? "
    r"?(solidarites?)?( sociale| et de proximite)?|"
    r"(espace|centre) departemental (des|de|pour les) (solidarites?|proximite)|maison (des|de la) solidarites?( departementale)?",
    "MJC": r"mjc|maison des? jeunes( et (de )?la culture)?|maison pour tous|mpt",
    "ML": r"missions? locales?|mission locale \w+",
    "MQ": r"maison de (quartier|l? ?quartier)|maisons de quartier|maison du quartier",
    "MSA": r"msa|mutualite sociale agricole",
    "MSAP": r"msap|(maison|relais) de services? (au|aux|) ?publics?|maisons? des? services",
    "MUNI": r"mairie|mairies|municipalite|(commune|ville) (de|des|du|d)|hotel de ville|agglomeration|"
    r"mairie annexe|mairie de quartier",
    "OF": r"organisme de formation|greta|cfa|centre de formation",
    "OIL": r"oil|office international du logement",
    "PAD": r"(point|maison|relais|espace) ?(d|de|du|des|)? ?(acces )?(au|aux|de la)? ?(droits?|justice et du droit)|pad|"
    r"mjd|point justice",
    "PENSION": r"pension de famille|maison relais",
    "PI": r"points? infos?|point d information",
    "PIJ_BIJ": r"pij|bij|crij|cij|info(rmation)?s? jeunes(se)?|espace jeunes?|point accueil jeunes?|"
    r"bureau d information jeunesse",
    "PIMMS": r"pimms",
    "PJJ": r"pjj|protection judiciaire de la jeunesse",
    "PLIE": r"plie|plan local pour l insertion et l emploi",
    "PREF": r"(sous )?prefecture",
    "REG": r"^region",
    "RESSOURCERIE": r"ressourceries?|recyclerie",
    "RFS": r"france services?|efs|mfs",
    "RS_FJT": r"fjt|residence sociale|foyer (de |des )?jeunes travailleurs|habitat jeunes",
    "SCP": r"club de prevention|prevention specialisee",
    "SPIP": r"spip",
    "TIERS_LIEUX": r"tiers lieux?|co ?working|tiers ?lieu",
    "UDAF": r"udaf( ?\d\d)?|union departementale des associations familiales",
}
_EXPRESSIONS = {code: re.compile(rf"(?<!\w)(?:{expression})(?!\w)") for code, expression in _KEYWORDS.items()}
_ANCHORED = {code: re.compile(rf"{expression}(?!\w)") for code, expression in _KEYWORDS.items() if expression.startswith("^")}
_BY_FOLDED_CODE = {fold(code): code for code in TYPOLOGIES} | {"pe": "FT"}
# What sources write in their column for the kind of a place, beside words that names contain.
_SOURCE_TERMS = {
    "association": "ASSO", "associations": "ASSO", "centre social": "CS", "collectivite": "MUNI", "commune": "MUNI",
    "mediatheque bibliotheque": "BIB", "bibliotheque mediatheque": "BIB", "autre": "Autre", "maison de quartier": "MQ",
    "espace public numerique autre": "EPN", "cyberbase cybercase": "EPN", "service public": "Autre", "tiers lieu": "TIERS_LIEUX",
    "organisme de formation": "OF",
}  # fmt: skip


@lru_cache(maxsize=1 << 15)
def typologies_in_name(name: str) -> tuple[str, ...]:
    """
    Codes that words of a name point to, in the order of the vocabulary.

    Examples
    --------
    >>> typologies_in_name("Médiathèque Simone de Beauvoir"), typologies_in_name("France Services - Mairie de Corscia")
    (('BIB',), ('MUNI', 'RFS'))
    >>> typologies_in_name("Ville de Lille - CCAS"), typologies_in_name("Konstantin")
    (('CCAS', 'MUNI'), ())
    """
    folded = fold(name)
    found = []
    for code, expression in _EXPRESSIONS.items():
        anchored = _ANCHORED.get(code)
        if anchored.match(folded) if anchored else expression.search(folded):
            found.append(code)
    return tuple(found)


@lru_cache(maxsize=1 << 15)
def read_typologies(value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Codes in a cell, and the parts of it that are neither codes nor known words.

    Examples
    --------
    >>> read_typologies("CC;CCONS"), read_typologies("Association")
    ((('CC', 'CCONS'), ()), (('ASSO',), ()))
    >>> read_typologies("Point et bureau information jeunesse (PIJ/BIJ)")
    (('PIJ_BIJ',), ())
    >>> read_typologies("Guinguette")
    ((), ('Guinguette',))
    """
    codes: list[str] = []
    unknown = []
    for part in re.split(r"[|;,\n]| / ", value.strip(" {}[]")):
        folded = fold(part)
        if not folded:
            continue
        code = _BY_FOLDED_CODE.get(folded) or _SOURCE_TERMS.get(folded)
        found = (code,) if code else typologies_in_name(part)
        codes += found
        if not found:
            unknown.append(part.strip())
    return tuple(dict.fromkeys(codes)), tuple(unknown)


def join_codes(codes: tuple[str, ...]) -> str | None:
    """Codes as one cell, None when there are none."""
    return LIST_SEPARATOR.join(codes) or None
