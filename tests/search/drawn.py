"""Hypothesis strategies and small tables of places for the tests of the search room."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from mediation_geo.search import Need
from mediation_geo.search.vocabulary import ACCOMPAGNEMENTS, ACCUEILS, BESOINS, CONTACTS, PUBLICS
from mediation_geo.standard import PLACES, VOCABULARIES, conform

HOURS = (
    None,
    "Mo-Fr 09:00-12:00,14:00-18:00",
    "Mo-Fr 09:00-12:00; PH off",
    "Tu-Sa 10:00-19:00",
    "We 14:00-17:00",
    "24/7",
    "sur rendez-vous",
    "Lundi au vendredi 9h-12h",
)
PHONES = (None, "+33467000001", "+33600000001", "+262262000001")
MAILS = (None, ["accueil@exemple.fr"], ["prenom.nom@exemple.fr"])
DEPARTEMENTS = (("34", "Europe/Paris"), ("67", "Europe/Paris"), ("974", "Indian/Reunion"), ("972", "America/Martinique"))

# Wednesday 11 November is a public holiday, the Friday is not.
INSTANTS = st.sampled_from(
    [
        datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        datetime(2026, 11, 11, 9, 30, tzinfo=UTC),
        datetime(2026, 11, 21, 22, 0, tzinfo=UTC),
    ]
)


_LABELLED = (
    "services",
    "publics_specifiquement_adresses",
    "prise_en_charge_specifique",
    "frais_a_charge",
    "modalites_acces",
    "modalites_accompagnement",
    "dispositif_programmes_nationaux",
)


@st.composite
def places(draw: st.DrawFn, *, max_size: int = 25) -> pd.DataFrame:
    """A places table around one town, a few places far away or without a position."""
    count = draw(st.integers(1, max_size))
    # Hundreds of cells a table: a drawn seed is a hundred times quicker than drawing each.
    rng = random.Random(draw(st.integers(0, 2**32)))
    return conform(pd.DataFrame([_place(number, rng) for number in range(count)]), PLACES)


def _place(number: int, rng: random.Random) -> dict[str, object]:
    departement, zone = rng.choice(DEPARTEMENTS)
    place: dict[str, object] = {
        "place_id": f"p{number:012d}",
        "nom": f"Lieu {number}",
        "horaires": rng.choice(HOURS),
        "telephone": rng.choice(PHONES),
        "courriels": rng.choice(MAILS),
        "code_departement": departement,
        "timezone": zone,
        "date_maj": rng.choice([None, "2026-10-01", "2025-11-01", "2022-01-01"]),
        "position_precision": rng.choice([None, "housenumber", "street", "municipality"]),
        "prise_rdv": rng.choice([None, "https://exemple.fr/rdv"]),
        "sources": rng.choice([None, ["Hinaura"], ["Aidants Connect"]]),
    }
    for field in _LABELLED:
        labels = VOCABULARIES[field]
        place[field] = rng.sample(labels, rng.randint(1, min(3, len(labels)))) if rng.random() < 0.6 else None
    if rng.random() < 0.9:
        # Some share one point, some are out of reach.
        spread = rng.choice([0.0, 0.02, 0.2, 1.0])
        place["longitude"] = 3.87 + spread * rng.uniform(-1, 1)
        place["latitude"] = 43.61 + spread * rng.uniform(-1, 1)
    return place


def some(values: object, *, most: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(values)), unique=True, max_size=most)  # type: ignore[call-overload]


@st.composite
def needs(draw: st.DrawFn) -> Need:
    """A need over the whole contract, most parameters absent most of the time."""
    given: dict[str, object] = {"besoin": draw(some(BESOINS))}
    optional = {
        "public": some(PUBLICS),
        "accueil": some(ACCUEILS),
        "langue": st.sampled_from([["en"], ["autre"], ["fr"]]),
        "gratuit": st.sampled_from(["oui", "oui,inconnu", "oui,~inconnu", "inconnu,~conditions", "prefere"]),
        "sans_rdv": st.sampled_from(["oui", "oui,rdv", "oui,~rdv", "rdv", "indifferent"]),
        "contact": some(CONTACTS),
        "accompagnement": some(ACCOMPAGNEMENTS),
        "ouvert": st.sampled_from(
            [
                "maintenant",
                "2026-11-24T10:00",
                "jeu:09:00-12:00",
                "maintenant,48h",
                "maintenant,~48h",
                "48h",
                "indifferent",
            ]
        ),
        "rayon": st.sampled_from([1, 5, 30]),
        "besoin_requis": st.sampled_from(["tous", "un", "~un"]),
        "maj_depuis": st.sampled_from([6, 24]),
        "fauteuil": st.just("oui"),
    }
    for name in draw(st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=3)):
        given[name] = draw(optional[name])
    return Need(k=draw(st.integers(1, 8)), **given)


def positions_near_trouble(rng: np.random.Generator, count: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Point sets on which nearest-neighbour shortcuts are known to fail: name -> longitudes, latitudes."""
    france = rng.uniform(-5, 8, count), rng.uniform(42, 51, count)
    polar = rng.uniform(-180, 180, count), 90 - np.abs(rng.normal(0, 0.05, count))
    # Longitudes on both sides of the antimeridian.
    fiji = (rng.normal(180, 0.3, count) + 180) % 360 - 180, rng.normal(-16, 0.3, count)
    globe = rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    side = max(int(np.sqrt(count / 2)), 1)
    lattice = np.meshgrid(np.linspace(2, 3, side), np.linspace(45, 46, side))
    doubled = tuple(np.concatenate([axis.ravel(), axis.ravel()]) for axis in lattice)
    reunion = rng.normal(55.5, 0.1, count), rng.normal(-21.1, 0.1, count)
    return {"france": france, "pole": polar, "antimeridian": fiji, "globe": globe, "lattice": doubled, "reunion": reunion}
