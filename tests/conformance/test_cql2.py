"""
CQL2 (OGC 21-065r2): one test for each abstract test of the classes that are declared, in text and in JSON, over a socket.

The standard's predicates on its own data become those of `predicates` on ours; what they must keep comes from `oracle`.
"""

from __future__ import annotations

import random
from itertools import pairwise

import cql2
import httpx
import pytest

from tests.conformance.asked import (
    COLLECTIONS,
    LANGUAGES,
    asked,
    features_of,
    kept,
    matched,
    queryables_of,
    simple_queryables,
    type_of,
)
from tests.conformance.oracle import ByHand
from tests.conformance.predicates import COMBINED, PREDICATES
from tests.service.serving import COLLECTION

SPEC = "http://www.opengis.net/spec/cql2/1.0/conf"
# A value of each type, as the standard chooses them.
VALUES = {"string": "'foo'", "number": "3.14", "integer": "1", "date": "DATE('2022-04-14')"}
SCALARS = tuple(VALUES)
SIGNS = ("=", "<>", ">", "<=", "<", ">=")
WORLD = ("BBOX(-180,-90,180,90)", "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))")
LINE, POINT, POINTS = "LINESTRING(7 50,10 51)", "POINT(7.02 49.92)", "MULTIPOINT(7 50,10 51)"
ALLEN = ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS", "CONTAINS", "DURING", "FINISHEDBY", "FINISHES",
         "MEETS", "METBY", "OVERLAPPEDBY", "OVERLAPS", "STARTEDBY", "STARTS")  # fmt: skip


@pytest.fixture(scope="module")
def by_hand(web: httpx.Client) -> dict[str, ByHand]:
    """The features of each collection, to be looked at one by one."""
    return {each: ByHand(features_of(web, each)) for each in COLLECTIONS}


@pytest.fixture(scope="module")
def places(by_hand: dict[str, ByHand]) -> ByHand:
    """All places."""
    return by_hand[COLLECTION]


def predicates_of(name: str, places: ByHand) -> list[str]:
    """The predicates of a class, with the position of one place where they want one."""
    x, y = places.features[7]["geometry"]["coordinates"]
    return [each.replace("{x}", repr(x)).replace("{y}", repr(y)) for each in PREDICATES[name]]


def complementary(counts: list[int], known: int) -> bool:
    """Whether of six comparisons in the order of `SIGNS` each and its opposite keep all that have a value, and nothing twice."""
    return [counts[at] + counts[at + 1] for at in (0, 2, 4)] == [known] * 3


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_queryables_say_what_filters_can_be_made_of(web: httpx.Client, collection: str) -> None:
    """cql2/1.0/conf/basic-cql2/basic-test."""
    types = [type_of(each) for each in queryables_of(web, collection).values()]
    assert set(types) <= {*SCALARS, "array", "geometry"}
    assert set(types) & set(SCALARS)
    assert {f"{SPEC}/{each}" for each in PREDICATES} <= set(web.get("/ogcapi/conformance").json()["conformsTo"])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_property_compares_with_a_value(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/basic-cql2/comparison."""
    features = by_hand[collection]
    for name, kind in simple_queryables(web, collection, *SCALARS).items():
        value = VALUES[kind]
        filters = [f"{name} {sign} {value}" for sign in SIGNS]
        counts = [matched(web, each, collection=collection) for each in filters]
        assert counts == [features.matched(each) for each in filters], name
        assert complementary(counts, features.known(name))


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_property_is_null_or_is_not(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/basic-cql2/is-null."""
    features = by_hand[collection]
    for name in queryables_of(web, collection):
        counts = [matched(web, text, collection=collection) for text in (f"{name} IS NULL", f"{name} is not null")]
        assert counts == [len(features) - features.known(name), features.known(name)], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_true_keeps_everything_and_false_nothing(web: httpx.Client, places: ByHand, language: str) -> None:
    """cql2/1.0/conf/basic-cql2/boolean."""
    assert matched(web, "true", language=language) == len(places)
    assert matched(web, "false", language=language) == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PREDICATES)
def test_predicates_of_each_class_keep_what_they_say(web: httpx.Client, places: ByHand, name: str, language: str) -> None:
    """
    The predicates on test data, for each class.

    cql2/1.0/conf/basic-cql2/test-data, cql2/1.0/conf/advanced-comparison-operators/test-data,
    cql2/1.0/conf/case-insensitive-comparison/test-data, cql2/1.0/conf/accent-insensitive-comparison/test-data,
    cql2/1.0/conf/basic-spatial-functions/test-data, cql2/1.0/conf/basic-spatial-functions-plus/test-data,
    cql2/1.0/conf/spatial-functions/test-data, cql2/1.0/conf/temporal-functions/test-data,
    cql2/1.0/conf/property-property/test-data, cql2/1.0/conf/arithmetic/test-data,
    cql2/1.0/conf/cql2-text/validate, cql2/1.0/conf/cql2-json/validate.
    """
    telling = 0
    for text in predicates_of(name, places):
        wanted = places.kept(text)
        assert kept(web, text, language=language) == wanted, text
        telling += 0 < len(wanted) < len(places)
    assert telling >= len(PREDICATES[name]) // 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [each for each in PREDICATES if each != "basic-spatial-functions-plus"])
def test_predicates_of_each_class_combine(web: httpx.Client, places: ByHand, name: str, language: str) -> None:
    """
    Ten combinations of four predicates of a class and of basic CQL2.

    cql2/1.0/conf/basic-cql2/logical, cql2/1.0/conf/advanced-comparison-operators/logical,
    cql2/1.0/conf/case-insensitive-comparison/logical, cql2/1.0/conf/accent-insensitive-comparison/logical,
    cql2/1.0/conf/basic-spatial-functions/logical, cql2/1.0/conf/spatial-functions/logical,
    cql2/1.0/conf/temporal-functions/logical, cql2/1.0/conf/array-functions/logical,
    cql2/1.0/conf/property-property/logical, cql2/1.0/conf/arithmetic/logical.
    """
    chance = random.Random(name)
    stored = [f"({each})" for each in (*predicates_of(name, places), *PREDICATES["basic-cql2"])]
    for _ in range(10):
        text = COMBINED.format(*chance.sample(stored, 4))
        assert matched(web, text, language=language) == places.matched(text), text


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_text_is_like_something(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/advanced-comparison-operators/like."""
    features = by_hand[collection]
    for name in simple_queryables(web, collection, "string"):
        patterns = [f"{name} like '{each}'" for each in ("%", "%%", "_%", "", r"\%\_")]
        counts = [matched(web, each, collection=collection) for each in patterns]
        assert counts == [features.matched(each) for each in patterns]
        assert counts[0] == counts[1] == counts[2] + counts[3] == features.known(name)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_number_is_between_others(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/advanced-comparison-operators/between."""
    features = by_hand[collection]
    for name in simple_queryables(web, collection, "number", "integer"):
        for text in (f"{name} BETWEEN 0 AND 100", f"{name} between 100.0 and 1.0"):
            assert matched(web, text, collection=collection) == features.matched(text)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_property_is_in_a_list(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/advanced-comparison-operators/in."""
    features = by_hand[collection]
    lists = {"integer": "(1, 2, 3)", "number": "(1, 2, 3)", "string": "('foo', 'bar')", "date": "('2022-04-14', '2022-04-15')"}
    for name, kind in simple_queryables(web, collection, *lists).items():
        text = f"{name} IN {lists[kind]}"
        assert matched(web, text, collection=collection) == features.matched(text)


def test_every_text_compares_without_case_and_accents(web: httpx.Client, places: ByHand) -> None:
    """
    CASEI and ACCENTI, alone and together, in comparisons and in LIKE.

    cql2/1.0/conf/case-insensitive-comparison/casei, cql2/1.0/conf/case-insensitive-comparison/casei-like,
    cql2/1.0/conf/accent-insensitive-comparison/accenti, cql2/1.0/conf/accent-insensitive-comparison/accenti-like,
    cql2/1.0/conf/accent-insensitive-comparison/accenti-casei, cql2/1.0/conf/accent-insensitive-comparison/accenti-casei-like.
    """
    for name in simple_queryables(web, COLLECTION, "string"):
        both = f"ACCENTI(CASEI({name}))"
        for folded, one, other in (("CASEI", "'foo'", "'FOO'"), ("ACCENTI", "'äöüéáí'", "'aoueai'")):
            equal, unequal = (f"{folded}({name}) {sign} {folded.lower()}({value})" for sign, value in (("=", one), ("<>", other)))
            assert [matched(web, equal), matched(web, unequal)] == [places.matched(equal), places.matched(unequal)]
            assert not places.kept(equal) & places.kept(unequal)
        for left, right in (
            (f"CASEI({name}) LIKE casei('foo%')", f"CASEI({name}) LIKE casei('FOO%')"),
            (f"ACCENTI({name}) LIKE accenti('É%')", f"ACCENTI({name}) LIKE accenti('E%')"),
            (f"{both} = accenti(casei('ÄÉ'))", f"{both} = accenti(casei('ae'))"),
            (f"{both} LIKE accenti(casei('Ä%'))", f"{both} LIKE accenti(casei('a%'))"),
        ):
            assert places.kept(left) == places.kept(right)
            assert matched(web, left) == matched(web, right) == places.matched(right)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_positions_intersect_points_and_boxes(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/basic-spatial-functions/s_intersects."""
    features = by_hand[collection]
    for geometry in (WORLD[0], POINT):
        text = f"S_INTERSECTS(geometry,{geometry})"
        assert kept(web, text, collection=collection) == features.kept(text)
    assert asked(web, "S_INTERSECTS(geometry,POINT(90 180))", collection=collection).status_code == 400
    west, east = (f"S_INTERSECTS(geometry,BBOX({box}))" for box in ("-180,-90,-90,90", "90,-90,180,90"))
    assert kept(web, f"{west} AND {east}", collection=collection) == set()


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_positions_intersect_every_kind_of_geometry(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/basic-spatial-functions-plus/s_intersects."""
    features = by_hand[collection]
    assert asked(web, "S_INTERSECTS(geometry,MULTIPOINT(7.02 49.92, 90 180))", collection=collection).status_code == 400
    hole = "(-180 -90, -90 -90, -90 90, -180 90, -180 -90), (-120 -50, -100 -50, -100 -40, -120 -40, -120 -50)"
    square = "(0 40, 10 40, 10 50, 0 50, 0 40)"
    for geometry in (
        "LINESTRING(-180 -45, 0 -45)",
        "MULTILINESTRING((-180 -45, 0 -45), (0 45, 180 45))",
        f"POLYGON({hole})",
        f"MULTIPOLYGON(({hole}), ({square}))",
        f"GEOMETRYCOLLECTION({POINT}, POLYGON({square}))",
    ):
        text = f"S_INTERSECTS(geometry,{geometry})"
        assert kept(web, text, collection=collection) == features.kept(text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_eight_spatial_functions_answer_every_kind_of_geometry(web: httpx.Client, places: ByHand, language: str) -> None:
    """
    Every spatial function with boxes, lines and points.

    cql2/1.0/conf/spatial-functions/s_intersects, cql2/1.0/conf/spatial-functions/s_disjoint,
    cql2/1.0/conf/spatial-functions/s_equals, cql2/1.0/conf/spatial-functions/s_touches,
    cql2/1.0/conf/spatial-functions/s_crosses, cql2/1.0/conf/spatial-functions/s_within,
    cql2/1.0/conf/spatial-functions/s_contains, cql2/1.0/conf/spatial-functions/s_overlaps.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for name in ("INTERSECTS", "DISJOINT", "EQUALS", "TOUCHES", "CROSSES", "WITHIN", "CONTAINS", "OVERLAPS"):
        for geometry in (*WORLD, LINE, POINT, POINTS):
            text = f"S_{name}(geometry,{geometry})"
            found[name, geometry] = places.kept(text)
            # Ids in one language, counts in the other: the trees are the same.
            assert matched(web, text, language=language) == places.matched(text), text
            assert language == "cql2-json" or kept(web, text) == places.kept(text), text
    located = {each["id"] for each in places.features if each["geometry"] is not None}
    assert found["INTERSECTS", WORLD[0]] == found["INTERSECTS", WORLD[1]] == found["WITHIN", WORLD[0]] == located
    assert not found["DISJOINT", WORLD[0]] | found["DISJOINT", WORLD[1]]
    for geometry in (*WORLD, LINE, POINT, POINTS):
        assert not found["DISJOINT", geometry] & found["INTERSECTS", geometry]
    for name in ("INTERSECTS", "DISJOINT"):
        assert asked(web, f"S_{name}(geometry,POINT(90 180))", language=language).status_code == 400


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_date_stands_before_at_or_after_others(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/temporal-functions/temporal-functions-1."""
    features = by_hand[collection]
    moments = ("DATE('2022-04-24')", "TIMESTAMP('2022-04-24T07:59:57Z')", "INTERVAL('2021-01-01','2021-12-31')",
               "INTERVAL('2025-01-01T00:00:00Z','2025-12-31T23:59:59Z')")  # fmt: skip
    for name in simple_queryables(web, collection, "date"):
        for text in (f"T_{function}({name},{moment})" for function in ALLEN[:5] for moment in moments):
            assert matched(web, text, collection=collection) == features.matched(text), text


def test_every_pair_of_dates_is_an_interval(web: httpx.Client, places: ByHand) -> None:
    """cql2/1.0/conf/temporal-functions/temporal-functions-2."""
    dates = list(simple_queryables(web, COLLECTION, "date"))
    assert len(dates) >= 2
    for first, last in pairwise(dates):
        for text in (f"T_{each}(INTERVAL({first},{last}),INTERVAL('2025-01-01','2026-11-21'))" for each in ALLEN):
            assert matched(web, text) == places.matched(text), text


def test_every_list_compares_with_others(web: httpx.Client, places: ByHand) -> None:
    """cql2/1.0/conf/array-functions/array-predicates."""
    for name in simple_queryables(web, COLLECTION, "array"):
        some = next((each["properties"][name] for each in places.features if each["properties"][name]), ["foo"])
        values = ",".join("'" + each.replace("'", "''") + "'" for each in [*some, "foo"])
        for function in ("A_CONTAINS", "A_CONTAINEDBY", "A_EQUALS", "A_OVERLAPS"):
            for text in (f"{function}({name},('foo','bar'))", f"{function}({name},({values}))"):
                assert matched(web, text) == places.matched(text), text


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_value_compares_with_every_property_and_every_property_with_itself(
    web: httpx.Client, by_hand: dict[str, ByHand], collection: str
) -> None:
    """
    Values on the left, properties on both sides.

    cql2/1.0/conf/property-property/comparison-value-property, cql2/1.0/conf/property-property/comparison-property-property.
    """
    features = by_hand[collection]
    for name, kind in simple_queryables(web, collection, *SCALARS).items():
        value = VALUES[kind]
        known = features.known(name)
        turned = [matched(web, f"{value} {sign} {name}", collection=collection) for sign in SIGNS]
        assert turned == [features.matched(f"{value} {sign} {name}") for sign in SIGNS]
        assert complementary(turned, known)
        itself = [matched(web, f"{name} {sign} {name}", collection=collection) for sign in SIGNS]
        assert itself == [known, 0, 0, known, 0, known]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_compares_with_a_value(web: httpx.Client, places: ByHand, language: str) -> None:
    """cql2/1.0/conf/property-property/comparison-value-value."""
    for value in (*VALUES.values(), "true", "TIMESTAMP('2022-04-14T14:48:46Z')"):
        counts = [matched(web, f"{value} {sign} {value}", language=language) for sign in SIGNS]
        assert counts == [len(places) if holds else 0 for holds in (True, False, False, True, False, True)]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_number_can_be_reckoned_with(web: httpx.Client, by_hand: dict[str, ByHand], collection: str) -> None:
    """cql2/1.0/conf/arithmetic/arithmetic."""
    features = by_hand[collection]
    for name in simple_queryables(web, collection, "number", "integer"):
        for text in (f"{name} + 1 > 2 * 3", f"{name} * 2 - {name} = {name}", f"{name} % 7 < 2^2 - 1", f"-{name} div 2 < 0 - 1"):
            assert matched(web, text, collection=collection) == features.matched(text), text


def test_a_text_with_an_apostrophe_is_found_however_it_is_escaped(web: httpx.Client, places: ByHand) -> None:
    """cql2/1.0/conf/cql2-text/escaping."""
    rows = [each["properties"] for each in places.features]
    name, text = next((name, row[name]) for name in ("nom", "adresse", "commune") for row in rows if "'" in (row[name] or ""))
    alike = {row["id"] for row in rows if row[name] == text}
    for escaped in ("''", r"\'"):
        assert kept(web, f"{name} = '" + text.replace("'", escaped) + "'") == alike
    # None of our texts holds a control character: that each is read for what it means is shown beside the parser.
    for sign in "abtnvfr":
        assert matched(web, rf"{name} = '\{sign}'") == 0


@pytest.mark.parametrize("name", PREDICATES)
def test_what_another_program_writes_of_a_filter_keeps_the_same(web: httpx.Client, places: ByHand, name: str) -> None:
    """A filter that went to JSON and back keeps what it kept, and its JSON is valid against the schema of the standard."""
    for text in predicates_of(name, places):
        expression = cql2.parse_text(text)
        expression.validate()
        assert matched(web, expression.to_text()) == places.matched(text), expression.to_text()
