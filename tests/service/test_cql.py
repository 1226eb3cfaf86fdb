"""CQL2 filters keep what SQL's three-valued logic keeps, and refuse by name what they do not know."""

from __future__ import annotations

import operator
import subprocess
import sys
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.service.cql import CqlError, compile_filter
from mediation_geo.service.features.columns import Column
from mediation_geo.service.features.crs import CRS84
from mediation_geo.service.features.table import FeatureTable

COLUMNS = {
    each.name: each
    for each in (
        Column("nom", "text", "Nom"),
        Column("commune", "text", "Commune"),
        Column("date_maj", "date", "Date"),
        Column("first_seen", "date", "Vu"),
        Column("services", "list", "Services"),
        Column("nombre", "number", "Nombre"),
    )
}
ROWS: list[dict[str, Any]] = [
    {
        "nom": "Médiathèque",
        "commune": "Évry",
        "date_maj": "2024-01-01",
        "first_seen": "2023-01-01",
        "services": ["a", "b"],
        "nombre": 1.0,
        "point": (2.0, 48.0),
    },
    {
        "nom": "médiathèque",
        "commune": "Lyon",
        "date_maj": "2024-06-30",
        "first_seen": None,
        "services": ["b"],
        "nombre": 2.5,
        "point": (2.5, 48.5),
    },
    {
        "nom": "L'Été_50%",
        "commune": None,
        "date_maj": None,
        "first_seen": "2024-01-01",
        "services": None,
        "nombre": None,
        "point": None,
    },
    {
        "nom": None,
        "commune": "Lyon",
        "date_maj": "2025-01-15",
        "first_seen": "2025-01-15",
        "services": ["a", "b", "c"],
        "nombre": -3.0,
        "point": (55.4, -21.1),
    },
    {
        "nom": "Lyon",
        "commune": "Lyon",
        "date_maj": "2024-01-01",
        "first_seen": "2024-01-01",
        "services": ["c"],
        "nombre": 0.0,
        "point": (-178.0, -14.0),
    },
]


def _table() -> FeatureTable:
    frame = pd.DataFrame({name: [row[name] for row in ROWS] for name in COLUMNS})
    for name in ("date_maj", "first_seen"):
        frame[name] = pd.to_datetime(frame[name])
    points = np.array([shapely.Point(row["point"]) if row["point"] else None for row in ROWS], dtype=object)
    ids = [str(number) for number in range(len(ROWS))]
    return FeatureTable(frame, tuple(COLUMNS.values()), ids=ids, geometries=points, date_column="date_maj")


TABLE = _table()


def kept(text: str, *, language: str = "cql2-text", crs: str = CRS84) -> list[int]:
    return compile_filter(text, language=language, crs=crs, columns=COLUMNS).rows(TABLE).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("nom = 'Lyon'", [4]),
        ("nom <> 'Lyon'", [0, 1, 2]),
        ("NOT nom = 'Lyon'", [0, 1, 2]),
        ("nom = 'L''Été_50%'", [2]),
        (r"nom = 'L\'Été_50%'", [2]),
        (r"nom LIKE 'L\'%' AND nombre IS NULL", [2]),
        ("nombre > 0", [0, 1]),
        ("nombre >= 0 AND nombre < 2.5", [0, 4]),
        ("0 < nombre", [0, 1]),
        ("commune = 'Lyon' AND nombre = 99 OR nom = 'Lyon'", [4]),
        ("commune = 'Lyon' AND (nombre = 99 OR nom = 'Lyon')", [4]),
        ("nom = 'Lyon' OR commune = 'Lyon' AND nombre = 99", [4]),
        ("nom IS NULL", [3]),
        ("nom IS NOT NULL", [0, 1, 2, 4]),
        ("services IS NULL", [2]),
        ("geometry IS NULL", [2]),
        ("nom LIKE 'Méd%'", [0]),
        ("nom LIKE '%th_que'", [0, 1]),
        ("nom LIKE 'L%'", [2, 4]),
        ("nom LIKE '%\\%'", [2]),
        ("nom LIKE '%\\_50%'", [2]),
        ("nom NOT LIKE 'L%'", [0, 1]),
        ("nom LIKE 'Lyon'", [4]),
        ("nom LIKE 'Lyo'", []),
        ("nom LIKE ''", []),
        ("nom LIKE '%'", [0, 1, 2, 4]),
        ("nom LIKE 'L%n%n'", []),
        ("CASEI(nom) = CASEI('MÉDIATHÈQUE')", [0, 1]),
        ("CASEI(nom) LIKE CASEI('MÉD%')", [0, 1]),
        ("ACCENTI(nom) = ACCENTI('Mediatheque')", [0]),
        ("CASEI(ACCENTI(nom)) = CASEI(ACCENTI('MEDIATHEQUE'))", [0, 1]),
        ("ACCENTI(CASEI(nom)) IN (ACCENTI(CASEI('Mediatheque')), 'lyon')", [0, 1, 4]),
        ("nombre BETWEEN 0 AND 1", [0, 4]),
        ("nombre NOT BETWEEN 0 AND 1", [1, 3]),
        ("nom IN ('Lyon', 'absent')", [4]),
        ("nom NOT IN ('Lyon')", [0, 1, 2]),
        ("nombre IN (1, 2.5)", [0, 1]),
        ("nom = commune", [4]),
        ("nombre + 1 > 2 * 1", [1]),
        ("nombre / 0 > 1", []),
        ("nombre % 2 = 1", [0, 3]),
        ("-nombre = 3", [3]),
        ("date_maj > DATE('2024-01-01')", [1, 3]),
        ("date_maj = '2024-01-01'", [0, 4]),
        ("date_maj >= TIMESTAMP('2024-06-30T12:00:00Z')", [1, 3]),
        ("date_maj > first_seen", [0]),
        ("T_AFTER(date_maj, DATE('2024-01-01'))", [1, 3]),
        ("T_BEFORE(date_maj, DATE('2024-06-30'))", [0, 4]),
        ("T_EQUALS(date_maj, DATE('2024-06-30'))", [1]),
        ("T_DISJOINT(date_maj, DATE('2024-01-01'))", [1, 3]),
        ("T_INTERSECTS(date_maj, INTERVAL('2024-01-02', '..'))", [1, 3]),
        ("T_DURING(INTERVAL(first_seen, date_maj), INTERVAL('2022-01-01', '2025-01-01'))", [0, 4]),
        ("T_STARTS(INTERVAL(first_seen, date_maj), INTERVAL('2023-01-01', '2025-01-01'))", [0]),
        ("T_MEETS(INTERVAL(first_seen, date_maj), INTERVAL('2024-01-01', '..'))", [0, 4]),
        ("A_CONTAINS(services, ('a', 'b'))", [0, 3]),
        ("A_CONTAINEDBY(services, ('a', 'b'))", [0, 1]),
        ("A_EQUALS(services, ('b', 'a'))", [0]),
        ("A_OVERLAPS(services, ('c', 'x'))", [3, 4]),
        ("services = ('c')", [4]),
        ("NOT A_CONTAINS(services, ('a'))", [1, 4]),
        ("S_INTERSECTS(geometry, POLYGON((1 47, 3 47, 3 49, 1 49, 1 47)))", [0, 1]),
        ("S_INTERSECTS(geometry, BBOX(1, 47, 2.2, 49))", [0]),
        ("S_INTERSECTS(geometry, BBOX(170, -20, -170, 0))", [4]),
        ("S_WITHIN(geometry, BBOX(1, 47, 3, 49))", [0, 1]),
        ("S_WITHIN(geometry, BBOX(2, 48, 3, 49))", [1]),
        ("S_CONTAINS(BBOX(1, 47, 3, 49), geometry)", [0, 1]),
        ("S_DISJOINT(geometry, BBOX(1, 47, 3, 49))", [3, 4]),
        ("S_EQUALS(geometry, POINT(2 48))", [0]),
        ("S_TOUCHES(geometry, BBOX(2, 48, 3, 49))", [0]),
        ("NOT S_INTERSECTS(geometry, BBOX(1, 47, 3, 49))", [3, 4]),
        ("S_CROSSES(geometry, LINESTRING(1 48, 3 48))", []),
        ("S_OVERLAPS(geometry, POINT(2 48))", []),
        ("S_EQUALS(geometry, geometry)", [0, 1, 3, 4]),
        ("S_TOUCHES(geometry, geometry)", []),
        ("NOT S_TOUCHES(geometry, geometry)", [0, 1, 3, 4]),
        ("S_INTERSECTS(POINT(2 48), BBOX(1, 47, 3, 49))", [0, 1, 2, 3, 4]),
        ("(nombre > 0) IS NULL", [2]),
        ("(nombre > 0 OR true) IS NOT NULL", [0, 1, 2, 3, 4]),
        ("POINT(1 2) IS NULL", []),
    ],
)
def test_filter_keeps_these_rows(text: str, rows: list[int]) -> None:
    assert kept(text) == rows


@pytest.mark.parametrize(
    ("written", "meant"), [("''", "'"), (r"\'", "'"), (r"\a", "\a"), (r"\b", "\b"), (r"\t", "\t"), (r"\n", "\n"),
                           (r"\v", "\v"), (r"\f", "\f"), (r"\r", "\r"), (r"\z", r"\z"), (r"\\n", r"\\n"), ('"', '"')]
)  # fmt: skip
def test_a_text_between_apostrophes_says_what_its_escapes_mean(written: str, meant: str) -> None:
    frame = pd.DataFrame({"nom": [f"a{meant}b", "ab"]})
    table = FeatureTable(frame, (COLUMNS["nom"],), ids=["x", "y"], geometries=np.array([None, None]))
    found = compile_filter(f"nom = 'a{written}b'", language="cql2-text", crs=CRS84, columns=COLUMNS)
    assert found.rows(table).tolist() == [0]


def test_letters_with_a_stroke_are_letters_with_an_accent() -> None:
    frame = pd.DataFrame({"nom": ["København", "Łódź", "Kobenhavn"]})
    table = FeatureTable(frame, (COLUMNS["nom"],), ids=list("xyz"), geometries=np.array([None] * 3))
    for text, rows in (("ACCENTI(nom) = ACCENTI('København')", [0, 2]), ("CASEI(ACCENTI(nom)) = 'lodz'", [1])):
        assert compile_filter(text, language="cql2-text", crs=CRS84, columns=COLUMNS).rows(table).tolist() == rows


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("mon = 'Lyon'", "mon"),
        ("nom = 5", "texte"),
        ("nombre = 'cinq'", "nombre"),
        ("date_maj > DATE('2024-13-01')", "date"),
        ("nom", "condition"),
        ("S_DWITHIN(geometry, POINT(1 2), 10)", "S_DWITHIN"),
        ("buffer(nom) = 'x'", "buffer"),
        ("S_INTERSECTS(nom, POINT(1 2))", "nom"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", "géométrie"),
        ("S_INTERSECTS(geometry, nom)", "nom"),
        ("S_INTERSECTS(geometry, 'POINT(1 2)')", "géométrie"),
        ("S_INTERSECTS(geometry, POINT(90 180))", "portée"),
        ("S_INTERSECTS(geometry, BBOX(1000000, 1000000, 2000000, 2000000))", "portée"),
        ("POINT(90 180) IS NULL", "portée"),
        ("nom LIKE commune", "like"),
        ("services LIKE 'a'", "services"),
        ("nom = NULL", "IS NULL"),
        ("T_AFTER(nom, DATE('2024-01-01'))", "nom"),
        ("nom = 'x' AND", "CQL2"),
        ("nom = 'x'; DROP TABLE lieux", "CQL2"),
        ("nom = 'x' UNION SELECT 1", "CQL2"),
        ("' OR 1=1 --", "CQL2"),
        ("", "CQL2"),
        ("a" * 20_000, "long"),
        (" AND ".join(["nombre = 1"] * 400), "complexe"),
        ("(" * 12 + "nombre = 1" + ")" * 12, ""),
        ("(" * 13 + "nombre = 1" + ")" * 13, "complexe"),
    ],
)
def test_what_a_filter_cannot_do_is_refused_by_name(text: str, named: str) -> None:
    if named == "":
        assert kept(text) == [0]
        return
    with pytest.raises(CqlError, match=named):
        kept(text)


HOSTILE = {
    "parentheses": "(" * 8_000 + "nombre = 1" + ")" * 8_000,
    "not": "not " * 4_000 + "nombre = 1",
    "minus": "nombre = " + "- " * 8_000 + "1",
    "equals": "nombre = 1" + " = 1" * 3_000,
    "is null": "nombre" + " is null" * 2_000,
    "like": "nom" + " like 'x'" * 1_700,
    "quotes": "'" * 15_999,
    "casei": "casei(" * 2_000 + "nom" + ")" * 2_000 + " = 'x'",
    "power": "nombre = " + "2^" * 7_000 + "1",
    "brackets": "nombre in " + "(" * 7_000,
    "a wrong word in parentheses": "(" * 50 + "nombre 1" + ")" * 50,
    "parentheses that stay open": "nom IN ('a', " + "(" * 50 + "'b'))",
    "random bytes": "".join(chr(32 + (7 * number * number) % 9_000) for number in range(15_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_filters_cannot_end_the_process(name: str) -> None:
    program = (
        "import sys, threading\n"
        "from mediation_geo.service.cql import compile_filter, CqlError\n"
        "from mediation_geo.service.features.columns import Column\n"
        "columns = {'nom': Column('nom', 'text', ''), 'nombre': Column('nombre', 'number', '')}\n"
        "def work():\n"
        "    try:\n"
        "        compile_filter(text, language='cql2-text', crs='', columns=columns)\n"
        "    except CqlError:\n"
        "        pass\n"
        "    print('alive')\n"
        "text = sys.stdin.read()\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], input=HOSTILE[name], capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, run.stdout.strip()) == (0, "alive"), run.stderr[-500:]


def test_deep_json_is_refused() -> None:
    deep = '{"op":"not","args":[' * 10_000 + "true" + "]}" * 10_000
    with pytest.raises(CqlError):
        kept(deep[:16_000], language="cql2-json")
    nested: Any = True
    for _ in range(100):
        nested = {"op": "not", "args": [nested]}
    with pytest.raises(CqlError, match="profond"):
        kept(orjson.dumps(nested).decode(), language="cql2-json")


def test_no_like_pattern_is_slow() -> None:
    table = FeatureTable(
        pd.DataFrame({"nom": ["a" * 280] * 2}), (COLUMNS["nom"],), ids=["x", "y"], geometries=np.array([None, None])
    )
    found = compile_filter(f"nom LIKE '{'%a' * 140}b'", language="cql2-text", crs=CRS84, columns=COLUMNS)
    assert found.rows(table).tolist() == []


LEAVES = [
    ("nom = 'Lyon'", lambda row: None if row["nom"] is None else row["nom"] == "Lyon"),
    ("nombre > 0", lambda row: None if row["nombre"] is None else row["nombre"] > 0),
    ("commune IS NULL", lambda row: row["commune"] is None),
    ("date_maj < DATE('2024-06-30')", lambda row: None if row["date_maj"] is None else row["date_maj"] < "2024-06-30"),
    ("A_CONTAINS(services, ('b'))", lambda row: None if row["services"] is None else "b" in row["services"]),
    ("S_INTERSECTS(geometry, BBOX(1, 47, 3, 49))", lambda row: None if row["point"] is None else 1 <= row["point"][0] <= 3),
]


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


trees = st.recursive(
    st.integers(0, len(LEAVES) - 1),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.just("and"), inner, inner),
        st.tuples(st.just("or"), inner, inner),
    ),
    max_leaves=8,
)


def _text(tree: Any) -> str:
    if isinstance(tree, int):
        return LEAVES[tree][0]
    if tree[0] == "not":
        return f"NOT ({_text(tree[1])})"
    return f"({_text(tree[1])}) {tree[0].upper()} ({_text(tree[2])})"


def _truth(tree: Any, row: dict[str, Any]) -> bool | None:
    if isinstance(tree, int):
        return LEAVES[tree][1](row)  # type: ignore[no-any-return]
    if tree[0] == "not":
        return _not(_truth(tree[1], row))
    left, right = _truth(tree[1], row), _truth(tree[2], row)
    return _and(left, right) if tree[0] == "and" else _not(_and(_not(left), _not(right)))


@given(trees)
def test_any_combination_follows_three_valued_logic(tree: Any) -> None:
    assert kept(_text(tree)) == [number for number, row in enumerate(ROWS) if _truth(tree, row) is True]


@given(trees)
def test_text_and_json_say_the_same(tree: Any) -> None:
    import cql2

    as_json = orjson.dumps(cql2.parse_text(_text(tree)).to_json()).decode()
    assert kept(as_json, language="cql2-json") == kept(_text(tree))


@given(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), st.sampled_from([-3.0, 0.0, 1.0, 2.5]))
def test_comparisons_are_those_of_numbers(symbol: str, number: float) -> None:
    compare = {"=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[
        symbol
    ]
    expected = [row for row, each in enumerate(ROWS) if each["nombre"] is not None and compare(each["nombre"], number)]
    assert kept(f"nombre {symbol} {number}") == expected
