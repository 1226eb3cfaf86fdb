"""
Why two records are, or are not, one place: the contribution of each sign, as a waterfall.

Two records in, an `Explanation` out, as text or as a page of HTML. The score is the model's own, taken apart.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mediation_geo.dedupe.features import FEATURES, pair_distance_m, pair_features
from mediation_geo.dedupe.model import Model, load_model
from mediation_geo.dedupe.normalise import prepare
from mediation_geo.errors import RequestError
from mediation_geo.standard import LOCATED_RECORDS, conform

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SIGNS", "Contribution", "Explanation", "explain_pair"]

# What a sign says, for the people who review.
SIGNS = {
    "name": "noms semblables",
    "idf_min": "mots rares en commun (nom le plus court)",
    "idf_jac": "mots rares en commun",
    "words_within": "tous les mots de l'un sont dans l'autre, même commune",
    "specific": "mots propres au lieu semblables",
    "specific_same": "mêmes mots propres au lieu",
    "specific_both": "les deux noms ont des mots propres",
    "numbers_ne": "numéros différents dans les noms",
    "acronym": "un nom est le sigle de l'autre",
    "handle": "le nom de l'un figure dans le courriel ou le site de l'autre",
    "handle_shared": "un mot commun dans les courriels ou les sites",
    "town_hall": "deux mairies de la même commune",
    "label_one": "un seul porte France services",
    "label_admin": "l'un porte France services, l'autre est une collectivité",
    "label_admin_near": "l'un porte France services, l'autre est une collectivité, sur place",
    "label_mail": "le courriel de la France services chez son hôte",
    "admin_both": "deux bureaux d'une collectivité dans la même commune",
    "kind_eq": "même nature de lieu",
    "kind_part": "natures de lieu en partie communes",
    "kind_ne": "natures de lieu différentes",
    "kind_one": "nature connue d'un seul côté",
    "mobile_ne": "un seul est itinérant",
    "street": "rues semblables",
    "street_miss": "rue inconnue d'un côté",
    "num_eq": "même numéro de rue",
    "num_ne": "numéros de rue différents",
    "street_ne": "rues différentes",
    "same_street": "même rue",
    "same_address": "même adresse",
    "insee": "même commune",
    "insee_ne": "communes différentes",
    "ld": "distance",
    "nodist": "distance inconnue",
    "here": "à moins de 40 m",
    "round_the_corner": "entre 80 et 500 m",
    "far2km": "à plus de 2 km",
    "tel_eq": "même téléphone",
    "mail_eq": "même courriel",
    "mail_near": "courriels presque égaux",
    "mail_ne": "courriels différents",
    "siret_eq": "même SIRET",
    "siret_here": "même SIRET d'un organisme privé, au même endroit",
    "siret_ne": "SIREN différents",
    "web_ne": "sites différents",
    "same_src": "même source",
    "near": "sur place",
    "near_kind_eq": "sur place, même nature",
    "near_kind_ne": "sur place, nature différente",
    "near_contact": "sur place, même contact",
    "near_name": "sur place, noms semblables",
    "contact_name": "même contact, noms semblables",
    "contact_insee_ne": "même contact, communes différentes",
    "name_other_contact": "noms semblables, autre téléphone ou courriel",
    "tel_eq_mail_ne": "même téléphone, courriels différents",
    "name_street": "même nom et même rue",
    "same_src_name": "même source, même nom",
    "same_src_specific": "même source, mots propres semblables",
}

_BAR_WIDTH = 24
_SHOWN = ("nom", "adresse", "commune", "telephone", "source")


@dataclass(frozen=True, slots=True)
class Contribution:
    """
    What one sign adds to the log-odds.

    Attributes
    ----------
    feature : str
        Name in the model.
    value : float
        Its value for this pair.
    log_odds : float
        What it adds (or takes).
    """

    feature: str
    value: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    The score of a pair, sign by sign.

    Attributes
    ----------
    left, right : dict
        What the records say, as shown.
    base : float
        Log-odds of the average pair.
    contributions : tuple of Contribution
        Strongest first; they add up with `base` to the log-odds of `probability`.
    probability : float
    join : float
        Probability from which two records become one place.
    distance_m : float
        NaN when a position is unknown.
    """

    left: dict[str, str]
    right: dict[str, str]
    base: float
    contributions: tuple[Contribution, ...]
    probability: float
    join: float
    distance_m: float

    def text(self, *, shown: int = 14) -> str:
        """
        Waterfall for a terminal: the strongest signs with a bar each.

        Parameters
        ----------
        shown : int
            How many signs; the rest is summed up in one line.
        """
        lines = [f"  A  {' | '.join(self.left.values())}", f"  B  {' | '.join(self.right.values())}", ""]
        lines.append(f"{'départ (paire moyenne)':44} {self.base:+6.2f}")
        largest = max((abs(each.log_odds) for each in self.contributions), default=1.0) or 1.0
        for each in self.contributions[:shown]:
            bar = ("+" if each.log_odds > 0 else "-") * max(1, round(_BAR_WIDTH * abs(each.log_odds) / largest))
            lines.append(f"{SIGNS[each.feature][:38]:38} {each.value:5.2f} {each.log_odds:+6.2f} {bar}")
        rest = sum(each.log_odds for each in self.contributions[shown:])
        lines.append(f"{'autres signes':44} {rest:+6.2f}")
        total = self.base + sum(each.log_odds for each in self.contributions)
        verdict = "un seul lieu" if self.probability >= self.join else "deux lieux"
        lines.append(f"{'total':44} {total:+6.2f}  probabilité {self.probability:.3f} (seuil {self.join:.2f}) : {verdict}")
        return "\n".join(lines)

    def html(self) -> str:
        """Waterfall as a page of HTML without script or outside resources."""
        largest = max((abs(each.log_odds) for each in self.contributions), default=1.0) or 1.0
        rows = "".join(_html_row(each, largest) for each in self.contributions if abs(each.log_odds) >= 0.005)
        fields = "".join(
            f"<tr><th scope=row>{name}</th><td>{html.escape(self.left[name])}</td><td>{html.escape(self.right[name])}</td></tr>"
            for name in self.left
        )
        verdict = "un seul lieu" if self.probability >= self.join else "deux lieux"
        return (
            "<!doctype html><html lang=fr><meta charset=utf-8><title>Pourquoi ces fiches</title>"
            "<style>body{font:16px sans-serif;max-width:60rem;margin:2rem auto}td,th{text-align:left;padding:.2rem .6rem}"
            ".plus{background:#2e7d32}.moins{background:#c62828}.bar{display:inline-block;height:.8rem}</style>"
            f"<h1>Deux fiches : {verdict}</h1><table><tr><th></th><th>A</th><th>B</th></tr>{fields}</table>"
            f"<p>Probabilité {self.probability:.3f}, seuil {self.join:.2f}; départ {self.base:+.2f}.</p>"
            f"<table><tr><th>Signe</th><th>Valeur</th><th>Effet</th><th></th></tr>{rows}</table></html>"
        )


def explain_pair(records: pd.DataFrame, left: str, right: str, *, model: Model | None = None) -> Explanation:
    """
    Score two records and tell why.

    Parameters
    ----------
    records : pandas.DataFrame
        Layout `LOCATED_RECORDS`, or at least both records.
    left, right : str
        Record ids.
    model : Model, optional
        Default: the one shipped.

    Returns
    -------
    Explanation

    Raises
    ------
    RequestError
        If a record id is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> records = pd.DataFrame({
    ...     "record_id": ["a/1", "b/1"], "feed": ["a", "b"], "row": [1, 1], "nom": ["Mairie", "Mairie"],
    ...     "adresse": ["1 rue Foch", "1 rue Foch"], "commune": ["Lattes", "Lattes"], "code_insee": ["34129", "34129"],
    ... })
    >>> told = explain_pair(records, "a/1", "b/1")
    >>> total = told.base + sum(each.log_odds for each in told.contributions)
    >>> math.isclose(told.probability, 1 / (1 + math.exp(-total)))
    True
    """
    used = model or load_model()
    rows = conform(records[records["record_id"].isin([left, right])], LOCATED_RECORDS)
    for wanted in (left, right):
        if wanted not in set(rows["record_id"]):
            parameter = "record_id"
            message = f"no record {wanted!r} in this release"
            raise RequestError(parameter, message)
    rows = rows.set_index("record_id", drop=False).loc[[left, right]].reset_index(drop=True)
    prepared = prepare(rows)
    a, b = np.array([0], dtype=np.int64), np.array([1], dtype=np.int64)
    features = pair_features(prepared, a, b, tokens=used.tokens)
    effects = used.contributions(features)[0]
    signs = zip(FEATURES, features[0], effects, strict=True)
    told = [Contribution(name, float(value), float(effect)) for name, value, effect in signs]
    total = used.base + sum(each.log_odds for each in told)
    return Explanation(
        _shown(rows.iloc[0]),
        _shown(rows.iloc[1]),
        used.base,
        tuple(sorted(told, key=lambda each: (-abs(each.log_odds), each.feature))),
        1.0 / (1.0 + math.exp(-total)),
        used.thresholds.join,
        float(pair_distance_m(prepared.points, a, b)[0]),
    )


def _shown(row: pd.Series) -> dict[str, str]:
    return {name: str(row[name]) if isinstance(row[name], str) else "-" for name in _SHOWN}


def _html_row(each: Contribution, largest: float) -> str:
    width = round(200 * abs(each.log_odds) / largest)
    kind = "plus" if each.log_odds > 0 else "moins"
    return (
        f"<tr><td>{html.escape(SIGNS[each.feature])}</td><td>{each.value:.2f}</td><td>{each.log_odds:+.2f}</td>"
        f"<td><span class='bar {kind}' style='width:{width}px'></span></td></tr>"
    )
