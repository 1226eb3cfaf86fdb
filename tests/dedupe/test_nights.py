"""Thirty nights on a small register: what nobody touched keeps its id (`benchmarks/dedupe.py nights` does it on the corpus)."""

import datetime as dt

import numpy as np
import pandas as pd

from mediation_geo.dedupe import Previous, deduplicate
from tests.dedupe.registers import located

START = dt.date(2024, 8, 1)
TOWNS = [("34129", "Lattes", 3.9046, 43.5676), ("59512", "Roubaix", 3.1746, 50.6942), ("97411", "Saint-Denis", 55.4485, -20.8823)]
PLACES = ["France services", "Médiathèque Aimé Césaire", "CCAS", "Centre social du Port", "Fablab du Canal", "Mission locale"]


def _register():
    rows = []
    for insee, commune, lon, lat in TOWNS:
        for number, name in enumerate(PLACES):
            place = {"commune": commune, "code_insee": insee, "longitude": lon + number / 500, "latitude": lat}
            place |= {
                "adresse": f"{number + 1} rue des Lilas",
                "telephone": f"+33467{insee[:3]}{number:03}",
                "date_maj": "2024-01-01",
            }
            rows += [{**place, "nom": name, "source": "cnfs"}, {**place, "nom": f"{name} de {commune}".upper(), "source": "hub"}]
    return located(rows)


def test_thirty_nights_of_edits_leave_untouched_places_their_ids():
    generator = np.random.default_rng(1)
    current, away = _register(), []
    first = previous = None
    touched, events = set(), []
    for night in range(31):
        if night:
            row = int(generator.integers(len(current)))
            touched.add(current.loc[row, "record_id"])
            current.loc[row, "nom"] = current.loc[row, "nom"].lower()
            current.loc[row, "telephone"] = f"+334{generator.integers(10**8):08d}"
            gone = int(generator.integers(len(current)))
            back, away = away[:1], [*away[1:], current.loc[[gone]]]
            current = pd.concat([current.drop(index=gone), *back], ignore_index=True)
        result = deduplicate(current, previous=previous, as_of=START + dt.timedelta(days=night))
        events.append(result.events)
        previous = Previous.from_places(result.places, links=result.links, events=pd.concat(events))
        ids = result.members.set_index("record_id")["place_id"].to_dict()
        first = first or ids
        untouched = [each for each in first if each not in touched and each in ids and not _neighbours(first, each) & touched]
        assert untouched
        assert all(ids[each] == first[each] for each in untouched)
    assert len(set(first.values())) == len(TOWNS) * len(PLACES)


def _neighbours(ids, record_id):
    return {other for other, place in ids.items() if place == ids[record_id]}
