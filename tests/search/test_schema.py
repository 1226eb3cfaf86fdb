"""The published schema of the answer: it is a schema, every answer keeps to it, and it is as narrow as the contract."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from mediation_geo.search import PlaceIndex, answer
from mediation_geo.search.need import Need
from mediation_geo.search.reasons import REASONS
from mediation_geo.search.schema import answer_schema
from mediation_geo.search.vocabulary import FIELDS_OF_A_FEATURE
from tests.search.drawn import INSTANTS, needs, places

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
RELEASE = {
    "snapshot": "2026-11-20", "publie_le": "2026-11-20", "licence": "x", "attribution": "y", "sha256": "0" * 64, "demo": True,
}  # fmt: skip
HERE = {"lon": 3.87, "lat": 43.61}
SCHEMA = answer_schema("https://lieux.example.org/schemas/reponse.json")
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def check(found):
    VALIDATOR.validate(orjson.loads(orjson.dumps(found)))


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@settings(max_examples=50)  # the validator is slow, and a fault shows in most answers
@given(table=places(max_size=12), need=needs(), at=INSTANTS)
def test_every_answer_keeps_to_the_schema(table, need, at):
    origin = {"from": "q", "precision": "street"}
    check(answer(PlaceIndex.from_places(table), need, at=at, release_info=RELEASE, origin=origin, **HERE))


@settings(max_examples=30)
@given(table=places(max_size=5), fields=st.lists(st.sampled_from(FIELDS_OF_A_FEATURE), min_size=1, max_size=3))
def test_an_answer_with_a_few_fields_keeps_to_the_schema(table, fields):
    check(answer(PlaceIndex.from_places(table), Need(champs=",".join(fields)), at=FRIDAY, **HERE))


def test_the_schema_describes_every_field_and_every_reason():
    properties = SCHEMA["$defs"]["lieu"]["properties"]["properties"]["properties"]
    assert set(properties) == set(FIELDS_OF_A_FEATURE)
    assert set(properties["correspondance"]["properties"]["raisons"]["items"]["properties"]["code"]["enum"]) == set(REASONS)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop("donnees"),
        lambda found: found.update(surprise=1),
        lambda found: found["features"][0]["properties"].update(distance_m=-1),
        lambda found: found["features"][0]["properties"].update(mediateur="x"),
        lambda found: found["features"][0]["properties"]["horaires"].update(etat="open"),
        lambda found: found["features"][0]["properties"]["correspondance"]["raisons"].append({"code": "new", "texte": "x"}),
        lambda found: found["features"][0]["geometry"]["coordinates"].append(12.0),
    ],
)
def test_what_is_not_in_the_contract_does_not_keep_to_the_schema(spoil):
    table = pd.DataFrame({"place_id": ["a"], "nom": ["Mairie"], "longitude": [3.87], "latitude": [43.61]})
    found = orjson.loads(orjson.dumps(answer(PlaceIndex.from_places(table), Need(), at=FRIDAY, **HERE)))
    check(found)
    spoil(found)
    with pytest.raises(ValidationError):
        check(found)
