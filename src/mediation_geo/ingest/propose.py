"""
A first mapping for an unknown file: for each field of the standard the column that looks like it, with the evidence.

The proposal is TOML that `load_mapping` reads; a person checks it, names the source, and puts it beside the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mediation_geo.ingest.clean.contact import to_e164
from mediation_geo.ingest.clean.dates import read_date
from mediation_geo.ingest.clean.identifiers import is_siret
from mediation_geo.ingest.clean.labels import split_labels
from mediation_geo.ingest.clean.prose import read_prose
from mediation_geo.ingest.clean.typology import read_typologies
from mediation_geo.ingest.clean.web import emails_in, urls_in
from mediation_geo.standard.versions import label_targets
from mediation_geo.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Proposal", "propose_mapping", "to_toml"]

_SAMPLE = 200
# Words of a column's name that speak for a field, the clearest first.
_NAMES: dict[str, str] = {
    "id": "identifiant|id|uid|objectid|gid|num|code",
    "pivot": "pivot|siret|siren|rna|ridet",
    "nom": "nom|name|lieu|structure|libelle|lib|organisation|etablissement|title|intitule|bf_titre|denomination",
    "adresse": "adresse|rue|voie|address|adr",
    "complement_adresse": "complement|comp",
    "code_postal": "postal|cp|postcode|zip",
    "code_insee": "insee|citycode|com insee",
    "commune": "commune|ville|city|localite|town",
    "latitude": "latitude|lat|y|coord y|coord x",
    "longitude": "longitude|lon|long|lng|x|coord x|coord y",
    "telephone": "telephone|tel|phone|fixe|mobile|numero de telephone",
    "courriels": "courriel|mail|email|e mail|courriels",
    "site_web": "site|web|url|lien|internet",
    "horaires": "horaire|horaires|ouverture|opening",
    "date_maj": "maj|mise a jour|date|modif|updated|modification",
    "typologie": "typologie|type|categorie|nature|statut",
    "services": "services|service|activites|thematiques|prestations",
    "publics_accueillis": "public|publics|cible",
    "frais_a_charge": "tarif|tarifs|frais|cout|gratuit|conditions",
    "modalites_accompagnement": "accompagnement|modalites",
    "presentation_detail": "description|presentation|detail|commentaire",
    "structure_parente": "porteuse|parente|gestionnaire|siege",
}


@dataclass(frozen=True)
class Proposal:
    """A column proposed for a field: how sure (0 to 1), and why."""

    field: str
    column: str
    score: float
    evidence: str


def _degrees(low: float, high: float) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        number = pd.to_numeric(text.replace(",", "."), errors="coerce")
        return bool(low <= number <= high) and "." in text.replace(",", ".")

    return test


_TESTS: dict[str, Callable[[str], bool]] = {
    "pivot": lambda text: is_siret(re.sub(r"\s", "", text)),
    "code_postal": lambda text: bool(re.fullmatch(r"\d{4,5}", text.strip())),
    "code_insee": lambda text: bool(re.fullmatch(r"\d[\dAB]\d{3}", text.strip())),
    "adresse": lambda text: bool(re.search(r"\b(rue|avenue|av|place|pl|bd|boulevard|route|chemin|impasse|allee)\b", fold(text))),
    "latitude": _degrees(-25, 52),
    "longitude": _degrees(-180, 180),
    "telephone": lambda text: bool(re.fullmatch(r"[\d\s.+()/\-]{9,25}", text.strip())) and to_e164(text, "") is not None,
    "courriels": lambda text: bool(emails_in(text)),
    "site_web": lambda text: bool(urls_in(text)) and "@" not in text,
    "horaires": lambda text: read_prose(text) is not None or bool(re.search(r"\d\s?h\s?\d?", text)),
    "date_maj": lambda text: len(text) < 30 and read_date(text) is not None,
    "typologie": lambda text: bool(read_typologies(text)[0]) and len(text) < 80,
    "services": lambda text: any(label_targets("services", label) for label in split_labels("services", text)),
}


def propose_mapping(frame: pd.DataFrame) -> list[Proposal]:
    """
    The best column for each field, one field a column.

    Parameters
    ----------
    frame : pandas.DataFrame
        Raw text cells.

    Returns
    -------
    list of Proposal
        Surest first.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Libellé": ["Mairie"], "Ville": ["Lyon"], "Contact": ["accueil@x.fr"]}, dtype="str")
    >>> [(each.field, each.column) for each in propose_mapping(frame)]
    [('commune', 'Ville'), ('nom', 'Libellé'), ('courriels', 'Contact')]
    """
    candidates = [
        proposal
        for column in frame.columns
        for field in _NAMES
        if (proposal := _judge(field, str(column), frame[column].dropna().head(_SAMPLE))).score >= 0.4
    ]
    chosen: list[Proposal] = []
    for proposal in sorted(candidates, key=lambda each: (-each.score, each.field, each.column)):
        taken = {each.field for each in chosen} | {each.column for each in chosen}
        if proposal.field not in taken and proposal.column not in taken:
            chosen.append(proposal)
    return chosen


def _judge(field: str, column: str, sample: pd.Series) -> Proposal:
    words = fold(column)
    hits = [word for word in _NAMES[field].split("|") if re.search(rf"(?<!\w){word}(?!\w)", words)]
    by_name = 0.0 if not hits else 0.55 if hits[0] != words else 0.6
    test = _TESTS.get(field)
    if test is None:
        share, told = 0.0, ""
    else:
        share = float(sample.map(test).mean()) if len(sample) else 0.0
        told = f"{share:.0%} des valeurs ont la forme attendue"
    # An empty column, or one whose values are something else, is not made right by its name.
    score = by_name if test is None else by_name * (0.5 + share / 2) + (0.4 if by_name else 0.5) * share
    named = f"le nom contient « {hits[0]} »" if hits else ""
    return Proposal(field, column, round(score, 2), " ; ".join(part for part in (named, told) if part))


def to_toml(proposals: list[Proposal], *, name: str, columns: list[str]) -> str:
    """
    Mapping file of a proposal, the evidence as comments; what a person must fill in says so.

    Examples
    --------
    >>> print(to_toml([Proposal("nom", "Libellé", 0.6, "le nom")], name="demo", columns=["Libellé"]).splitlines()[0])
    name = "demo"
    """
    lines = [
        f'name = "{name}"',
        f'title = "{name} (à compléter)"',
        'territory = "à compléter"',
        'producer = "à compléter"',
        'licence = "à compléter"',
    ]
    ids = [each.column for each in proposals if each.field == "id"]
    lines += (
        [f"key = [{_quoted(ids[0])}]"]
        if ids
        else ["# Aucune colonne d'identifiant : les identifiants viendront du nom et de l'adresse."]
    )
    lines += ["", "[[recognise]]", f"columns = [{', '.join(_quoted(each.column) for each in proposals[:4])}]", "", "[fields]"]
    lines += [f"{each.field} = {_quoted(each.column)}  # {each.score:.2f} : {each.evidence}" for each in proposals]
    used = {each.column for each in proposals}
    lines += ["", "# Colonnes sans champ proposé :", *(f"#   {column}" for column in columns if column not in used)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{escaped}"'
