"""Nothing is declared that is not tested: each class of `/conformance` has its tests here, and no abstract test is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx

SPECS = "http://www.opengis.net/spec"
# `<standard>/conf/<class>` or `<standard>/conf/<class>/<test>` in the docstring of a test.
NAMED = re.compile(r"((?:ogcapi-[a-z]+-\d|cql2)/1\.0)/conf/([a-z0-9-]+)(?:/([\w-]+))?")

# The abstract tests of the standards that are taken over one by one.
ABSTRACT_TESTS = {
    "ogcapi-features-3/1.0": {
        "filter": "get-conformance get-collections get-queryables get-collection filter-param filter-lang-default "
        "expression-construction filter-crs-wgs84 filter-crs-param mixing-expression get-functions",
        "features-filter": "get-conformance filter-on-items",
    },
    "ogcapi-common-3/1.0": {
        "schemas": "basic-schema-inspection role role-id property-seq unit definition nullvalues",
        "advanced-property-roles": "role-primary-geometry role-primary-temporal role-type",
        "returnables-and-receivables": "get-conformance link op-and-response response-1",
        "queryables": "get-conformance link op-and-response",
        "sortables": "get-conformance link op-and-response",
    },
    "cql2/1.0": {
        "basic-cql2": "basic-test comparison is-null boolean test-data logical",
        "advanced-comparison-operators": "like between in test-data logical",
        "case-insensitive-comparison": "casei casei-like test-data logical",
        "accent-insensitive-comparison": "accenti accenti-like accenti-casei accenti-casei-like test-data logical",
        "basic-spatial-functions": "s_intersects test-data logical",
        "basic-spatial-functions-plus": "s_intersects test-data",
        "spatial-functions": "s_intersects s_disjoint s_equals s_touches s_crosses s_within s_contains s_overlaps "
        "test-data logical",
        "temporal-functions": "temporal-functions-1 temporal-functions-2 test-data logical",
        "array-functions": "array-predicates logical",
        "property-property": "comparison-value-property comparison-property-property comparison-value-value test-data logical",
        "arithmetic": "arithmetic test-data logical",
        "cql2-text": "validate escaping",
        "cql2-json": "validate",
    },
}


def named_in_tests() -> Iterator[tuple[str, str, str]]:
    """Standard, class and abstract test that the tests of this folder name."""
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield from NAMED.findall(ast.get_docstring(node) or "")


def test_every_declared_class_has_its_tests_and_every_test_its_class(web: httpx.Client) -> None:
    declared = set(web.get("/ogcapi/conformance").json()["conformsTo"])
    tested = {f"{SPECS}/{standard}/conf/{name}" for standard, name, _test in named_in_tests()}
    assert tested == declared


def test_every_abstract_test_is_taken_over() -> None:
    there = set(named_in_tests())
    wanted = {
        (standard, name, test)
        for standard, classes in ABSTRACT_TESTS.items()
        for name, tests in classes.items()
        for test in tests.split()
    }
    assert wanted - there == set()
