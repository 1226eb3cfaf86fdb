import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from mediation_geo.dedupe.clusters import closure
from mediation_geo.dedupe.official import official_pairs, official_similarity
from mediation_geo.dedupe.truth import records_from_rows
from tests.dedupe.registers import located


@pytest.fixture(scope="module")
def dense(shared_data):
    """Every record of Auvergne-Rhône-Alpes, and what the national pipeline made of it."""
    folder = shared_data / "places" / "official" / "aura"
    rows = json.loads((folder / "golden_input_aura.json").read_text(encoding="utf-8"))
    scored = pd.read_csv(folder / "duplications.csv", sep=";", dtype=str, keep_default_na=False)
    merged = json.loads((folder / "sans-doublons.json").read_text(encoding="utf-8"))
    return records_from_rows(rows, feed="aura"), scored, merged


def _key(names, left, right, *scores):
    # The published file left out the semicolon of HTML entities, since it separates columns by it.
    a, b = sorted(str(names[side]).replace(";", "") for side in (left, right))
    return a, b, *scores


def test_every_score_of_the_national_pipeline_is_reproduced(dense):
    records, scored, _ = dense
    pairs = official_pairs(records)
    across = pairs[~pairs["same_source"]]
    assert len(across) == len(scored) == 25_104
    names = records["nom"].tolist()
    columns = ("left", "right", "score", "score_nom", "score_adresse", "score_distance")
    ours = Counter(_key(names, a, b, *scores) for a, b, *scores in across[list(columns)].itertuples(index=False))
    theirs = Counter()
    for row in scored.to_dict("records"):
        told = [int(row[name]) for name in ("Score", "Score Nom", "Score Adresse", "Score Distance")]
        theirs[_key([row["Nom 1"], row["Nom 2"]], 0, 1, *told)] += 1
    assert ours == theirs


def test_the_groups_are_those_of_the_national_pipeline(dense):
    records, _, merged = dense
    pairs = official_pairs(records)
    kept = pairs[pairs["duplicate"] & ~pairs["same_source"]]
    clusters = closure(kept["left"].to_numpy(), kept["right"].to_numpy(), n=len(records))
    ids = records["id"].str.replace("-?mediation-numerique-?", "", regex=True)
    ours = {frozenset(group) for _, group in ids.groupby(clusters) if len(group) > 1}
    theirs = {frozenset(row["id"].split("__")) for row in merged if "__" in row["id"]}
    assert len(theirs) == 941
    assert ours == theirs


def test_accents_count_as_in_the_national_pipeline():
    names = pd.Series(["Mediatheque", "Médiathèque"])
    assert official_similarity(names, np.array([0]), np.array([1])).tolist() == [82]


def test_a_missing_position_counts_as_the_same_place_as_in_the_national_pipeline():
    mairie = {"nom": "Mairie", "adresse": "1 rue Foch", "code_insee": "34129"}
    records = located([{**mairie, "source": "a", "longitude": 3.9, "latitude": 43.5}, {**mairie, "source": "b"}])
    assert official_pairs(records)["score_distance"].tolist() == [100]


def test_incompatible_typologies_are_never_compared():
    mairie = {"nom": "Mairie", "adresse": "1 rue Foch", "code_insee": "34129"}
    records = located([{**mairie, "source": "a", "typologie": ["MUNI"]}, {**mairie, "source": "b", "typologie": ["BIB"]}])
    assert official_pairs(records).empty
