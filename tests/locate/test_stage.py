from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from mediation_geo.locate import load_communes, locate
from mediation_geo.locate.geocoder import Candidate, batch_frame
from mediation_geo.locate.positions import PRECISIONS
from mediation_geo.standard import LOCATED_RECORDS, RECORDS, check_row_ledger, conform, rejected_ids

COMMUNES = random.Random(11).sample([each for each in load_communes().communes if each.postcodes and each.lon == each.lon], 200)


def records(*rows: dict[str, object]) -> pd.DataFrame:
    numbered = [{"record_id": f"essai/{number}", "feed": "essai", "row": number, **row} for number, row in enumerate(rows, 1)]
    return conform(pd.DataFrame(numbered), RECORDS)


MONTPELLIER = {"commune": "Montpellier", "code_postal": "34000", "adresse": "12 rue de la Mairie"}
POINT = {"longitude": 3.87671, "latitude": 43.61076}


class OneAnswer:
    """A geocoder that always answers the same, or fails."""

    version = "one"

    def __init__(self, answer: Candidate | str) -> None:
        self.answer = answer

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        return batch_frame([self.answer] * len(frame), frame.index)


def house(lon: float, lat: float, **other: object) -> Candidate:
    values = {
        "label": "12 Rue de la Mairie 34000 Montpellier", "lon": lon, "lat": lat, "precision": "housenumber",
        "code_insee": "34172", "code_postal": "34000", "commune": "Montpellier", "confidence": 0.95, "uncertainty_m": 10.0,
        "departement": "34",
    }  # fmt: skip
    return Candidate(**(values | other))  # type: ignore[arg-type]


def codes(result: object) -> set[str]:
    return set(result.issues["code"])  # type: ignore[attr-defined]


@st.composite
def messy_rows(draw: st.DrawFn) -> dict[str, object]:
    commune = draw(st.sampled_from(COMMUNES))
    coordinate = st.one_of(st.none(), st.floats(-200, 200), st.just(0.0), st.floats(1e5, 7e6))
    near = (commune.lon + draw(st.floats(-0.02, 0.02)), commune.lat + draw(st.floats(-0.02, 0.02)))
    lon, lat = draw(st.one_of(st.just(near), st.just(near[::-1]), st.tuples(coordinate, coordinate)))
    return {
        "commune": draw(st.one_of(st.just(commune.nom), st.none(), st.just("Nulle-Part"))),
        "code_postal": draw(st.one_of(st.just(commune.postcodes[0]), st.none(), st.just("00000"))),
        "code_insee": draw(st.one_of(st.just(commune.code), st.none(), st.just("99999"), st.just(commune.postcodes[0]))),
        "adresse": draw(st.one_of(st.none(), st.just("3 rue des Essais"), st.just("Le Bourg"))),
        "longitude": lon,
        "latitude": lat,
    }


# One call of the stage costs as much for fifty rows as for one: few examples of many rows each.
many = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
messy_tables = st.lists(messy_rows(), min_size=8, max_size=16)


@many
@given(messy_tables)
def test_no_record_is_lost_whatever_is_wrong_with_it(rows: list[dict[str, object]]) -> None:
    before = records(*rows)
    kept = before.copy(deep=True)
    result = locate(before)
    pd.testing.assert_frame_equal(before, kept)
    check_row_ledger(
        "locate", came_in=before["record_id"], went_on=result.table["record_id"], rejected=rejected_ids(result.issues)
    )
    assert list(result.table.columns) == list(LOCATED_RECORDS)
    placed = result.table["longitude"].notna()
    assert (placed == result.table["position_origin"].notna()).all()
    assert result.table.loc[placed, "position_precision"].isin(PRECISIONS).all()
    assert (result.table.loc[placed, "position_uncertainty_m"] > 0).all()


@many
@given(messy_tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[dict[str, object]], shuffle: random.Random) -> None:
    before = records(*rows)
    order = list(range(len(before)))
    shuffle.shuffle(order)
    left, right = locate(before), locate(before.iloc[order])
    pd.testing.assert_frame_equal(left.table, right.table)
    pd.testing.assert_frame_equal(left.issues, right.issues)


@many
@given(messy_tables)
def test_what_is_located_stays_where_it_is(rows: list[dict[str, object]]) -> None:
    once = locate(records(*rows)).table
    once = once[once["code_insee"].notna()]
    twice = locate(conform(once, RECORDS)).table
    fields = ["record_id", "commune", "code_postal", "code_insee", "code_departement", "timezone"]
    pd.testing.assert_frame_equal(once[fields].reset_index(drop=True), twice[fields])
    given_points = once["position_origin"].eq("source").to_numpy()
    points = ["longitude", "latitude"]
    pd.testing.assert_frame_equal(
        once.loc[given_points, points].reset_index(drop=True), twice[given_points][points].reset_index(drop=True)
    )


class Centres:
    """A geocoder that answers each commune's centre and calls it precise."""

    version = "centres"

    def __init__(self, precision: str) -> None:
        self.precision = precision

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        communes = [load_communes().by_code[code] for code in frame["code_insee"]]
        answers = [house(each.lon, each.lat, precision=self.precision, code_insee=each.code) for each in communes]
        return batch_frame(answers, frame.index)


@pytest.mark.parametrize("precision", PRECISIONS[1:])
def test_a_point_inside_its_commune_is_never_replaced_by_a_coarser_one(precision: str) -> None:
    inside = random.Random(3)
    rows = []
    for commune in COMMUNES:
        lon = round(commune.lon + inside.uniform(-0.004, 0.004), 4) + 1.23e-5
        lat = round(commune.lat + inside.uniform(-0.004, 0.004), 4) + 1.23e-5
        if not load_communes().limits.get(commune.code, box(*commune.box)).contains(Point(lon, lat)):
            continue
        named = {"commune": commune.nom, "code_postal": commune.postcodes[0], "code_insee": commune.code}
        rows.append({**named, "adresse": "3 rue des Essais", "longitude": lon, "latitude": lat})
    before = records(*rows).sort_values("record_id", ignore_index=True)
    located = locate(before, geocoder=Centres(precision)).table
    assert set(located["position_origin"]) == {"source"}
    pd.testing.assert_frame_equal(located[["longitude", "latitude"]], before[["longitude", "latitude"]])


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (0.0, 0.0, "position_null_island"),
        (43.61076, 3.87671, "position_swapped"),
        (770_779.0, 6_279_313.0, "position_projected"),
        (6_279_313.0, 770_779.0, "position_projected"),
        (-100.0, 40.0, "position_outside_france"),
        (np.nan, 43.61076, "position_incomplete"),
        (7.7521, 48.5734, "position_far_from_commune"),
        (3.87, 43.61, "position_coarse"),
    ],
)
def test_each_fault_of_a_position_has_its_name(lon: float, lat: float, code: str) -> None:
    result = locate(records({**MONTPELLIER, "longitude": lon, "latitude": lat}))
    assert code in codes(result)
    located = result.table.iloc[0]
    assert located["code_insee"] == "34172"
    assert abs(located["longitude"] - 3.87) < 0.05
    assert abs(located["latitude"] - 43.61) < 0.05


def test_a_place_without_a_point_gets_the_centre_of_its_commune_and_says_so() -> None:
    result = locate(records(MONTPELLIER))
    located = result.table.iloc[0]
    assert (located["position_origin"], located["position_precision"]) == ("commune", "municipality")
    assert located["position_uncertainty_m"] > 1_000
    assert "position_from_commune" in codes(result)


def test_a_place_whose_postcode_alone_is_known_stands_in_the_middle_of_its_communes_and_says_so() -> None:
    result = locate(records({"nom": "Coallia", "code_postal": "21800", "adresse": "5 rue des Essais"}))
    located = result.table.iloc[0]
    assert pd.isna(located["code_insee"])
    assert (located["position_origin"], located["position_precision"]) == ("code_postal", "municipality")
    assert {"commune_unresolved", "position_from_postcode"} <= codes(result)
    served = [load_communes().by_code[code] for code in load_communes().by_postcode["21800"]]
    assert len(served) > 1
    for each in served:
        off = each._replace(box=(each.lon, each.lat) * 2).distance_m(located["longitude"], located["latitude"])
        assert off < located["position_uncertainty_m"]


def test_a_sure_address_tells_the_commune_of_a_record_that_names_none() -> None:
    row = {"nom": "Coallia", "code_postal": "21800", "adresse": "5 rue des Essais"}
    result = locate(records(row), geocoder=OneAnswer(house(5.1, 47.3, code_insee="21171")))
    located = result.table.iloc[0]
    assert (located["code_insee"], located["position_origin"]) == ("21171", "geocoder")
    assert located["commune"] == load_communes().by_code["21171"].nom
    assert "commune_unresolved" not in codes(result)
    for answer in (house(5.1, 47.3, code_insee="21171", confidence=0.5), house(5.1, 47.3, code_insee="99999")):
        assert pd.isna(locate(records(row), geocoder=OneAnswer(answer)).table.loc[0, "code_insee"])


def test_the_limits_of_the_commune_count_where_they_are_known() -> None:
    # Inside the box of Marseille and twelve kilometres out at sea.
    at_sea = {"commune": "Marseille", "code_postal": "13008", "longitude": 5.23456, "latitude": 43.18765}
    assert codes(locate(records(at_sea))) & {"position_suspect", "position_far_from_commune"}


def test_a_missing_point_is_geocoded() -> None:
    result = locate(records(MONTPELLIER), geocoder=OneAnswer(house(3.876, 43.611)))
    located = result.table.iloc[0]
    assert (located["longitude"], located["position_origin"], located["position_uncertainty_m"]) == (3.876, "geocoder", 10.0)
    assert "position_geocoded" in codes(result)


def test_an_answer_without_confidence_or_in_another_commune_is_not_taken() -> None:
    for answer in (house(3.876, 43.611, confidence=0.5), house(3.97, 43.65, code_insee="34057")):
        assert locate(records(MONTPELLIER), geocoder=OneAnswer(answer)).table.loc[0, "position_origin"] == "commune"


def test_a_suspect_point_gives_way_to_the_certain_address() -> None:
    suspect = {**MONTPELLIER, "longitude": 3.87671, "latitude": 43.70001}
    kept = locate(records(suspect))
    assert "position_suspect" in codes(kept)
    assert kept.table.loc[0, "position_origin"] == "source"
    moved = locate(records(suspect), geocoder=OneAnswer(house(3.876, 43.611)))
    assert "position_replaced" in codes(moved)
    assert moved.table.loc[0, "latitude"] == 43.611


def test_an_outage_of_the_geocoder_is_an_issue_not_an_empty_answer() -> None:
    result = locate(records(MONTPELLIER), geocoder=OneAnswer("error"))
    assert "geocode_unavailable" in codes(result)
    assert len(result.table) == 1


def test_many_addresses_on_one_point_are_not_doors() -> None:
    rows = [{**MONTPELLIER, **POINT, "adresse": f"{number} rue des Essais"} for number in range(1, 7)]
    result = locate(records(*rows))
    assert set(result.table["position_precision"]) == {"locality"}
    assert "position_shared" in codes(result)


def test_changes_say_from_what_to_what_and_why() -> None:
    result = locate(
        records(
            {"commune": "Le Mont-Dore", "code_postal": "98809", "code_insee": "63236"},
            {"commune": "Lyon", "code_postal": "69003", "code_insee": "69383"},
            {"commune": "SARRALBE", "code_postal": "54430", "longitude": 7.028527, "latitude": 48.999797},
            {"commune": "Pamiers", "code_postal": "09100", "code_insee": "09100"},
        )
    )
    changes = result.issues.set_index(["record_id", "code"])[["value", "corrected"]].apply(tuple, axis=1).to_dict()
    assert changes["essai/1", "code_insee_contradicted"] == ("63236", "98817")
    assert changes["essai/2", "code_insee_arrondissement"] == ("69383", "69123")
    assert changes["essai/3", "code_postal_corrected"] == ("54430", "57430")
    assert changes["essai/4", "code_insee_is_postcode"] == ("09100", "09225")
    assert result.table["code_arrondissement"].tolist()[1] == "69383"
    assert result.table["timezone"].tolist()[0] == "Pacific/Noumea"
