from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd
import pytest

from mediation_geo.errors import GeocoderProtocolError, GeocoderUnavailable
from mediation_geo.locate.chain import ChainGeocoder
from mediation_geo.locate.embedded import EmbeddedGeocoder
from mediation_geo.locate.remote import RemoteGeocoder
from tests.locate.national_service import Fault, national_service, slow

ROWS = pd.DataFrame(
    {
        "adresse": [f"{number} rue de la Mairie" for number in range(1, 41)] + ["Rue Inconnue", "", "3 RUE DE LA MAIRIE BP 12"],
        "commune": ["Montpellier"] * 40 + ["Montpellier", "", "MONTPELLIER CEDEX 3"],
        "code_postal": ["34000"] * 40 + ["34000", "", "34961"],
    },
    index=range(100, 143),
)


@contextmanager
def client(fault: Fault = lambda _number: None, **options: object) -> Iterator[tuple[RemoteGeocoder, list[str], list[float]]]:
    pauses: list[float] = []
    with national_service(fault) as (address, seen):
        geocoder = RemoteGeocoder(address, pause=pauses.append, **options)  # type: ignore[arg-type]
        yield geocoder, seen, pauses
        geocoder.close()


def check_all_right(answers: pd.DataFrame) -> None:
    assert answers.index.tolist() == ROWS.index.tolist()
    assert answers["numero"].iloc[:40].tolist() == [str(number) for number in range(1, 41)]
    assert answers["status"].iloc[:40].eq("ok").all()
    assert answers["confidence"].iloc[:40].eq(1.0).all()
    assert answers["status"].iloc[40:].tolist() == ["not-found", "skipped", "ok"]


def test_every_row_gets_its_own_answer() -> None:
    with client() as (geocoder, seen, _):
        check_all_right(geocoder.batch(ROWS))
        assert len(seen) == 1


def first_only(fault: tuple[int, dict[str, str]] | Callable[[str], str]) -> Fault:
    return lambda number: fault if number == 1 else None


def reordered(text: str) -> str:
    head, *rows = text.splitlines(keepends=True)
    random.Random(1).shuffle(rows)
    return head + "".join(rows)


def swapped_identifiers(text: str) -> str:
    head, first, second, *rest = text.splitlines(keepends=True)
    (a, tail_a), (b, tail_b) = (each.split(",", 1) for each in (first, second))
    return "".join([head, f"{b},{tail_a}", f"{a},{tail_b}", *rest])


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ((429, {"retry-after": "5"}), [5.0]),
        ((503, {}), [0.5]),
        ((500, {}), [0.5]),
        (lambda text: text[: len(text) // 2], []),
        (lambda text: text[: text.rindex("4")], []),
        (reordered, []),
        (swapped_identifiers, []),
        (lambda text: text + text.splitlines(keepends=True)[1], []),
    ],
    ids=["429", "503", "500", "truncated", "cut in a row", "reordered", "misassigned", "doubled"],
)
def test_a_fault_once_loses_no_row_and_misassigns_none(
    fault: tuple[int, dict[str, str]] | Callable[[str], str], pause: list[float]
) -> None:
    with client(first_only(fault)) as (geocoder, _, pauses):
        check_all_right(geocoder.batch(ROWS))
        assert pauses == pause


def test_a_slow_answer_is_asked_for_again() -> None:
    with client(first_only(slow(0.6)), timeout_s=0.2) as (geocoder, _, _):
        check_all_right(geocoder.batch(ROWS))


def test_an_outage_marks_every_row_and_never_looks_like_an_empty_answer() -> None:
    with client(lambda _number: (503, {}), attempts=3) as (geocoder, seen, _):
        answers = geocoder.batch(ROWS)
        asked = answers["status"].ne("skipped")
        assert answers.loc[asked, "status"].eq("error").all()
        assert asked.sum() == len(ROWS) - 1
        assert len(seen) == 3
        with pytest.raises(GeocoderUnavailable, match="3 attempts"):
            geocoder.search("12 rue de la Mairie Montpellier")


def test_nobody_listening_is_an_outage() -> None:
    with client() as (geocoder, _, _):
        address = geocoder.version.strip()
    gone = RemoteGeocoder(address, attempts=2, pause=lambda _seconds: None)
    assert gone.batch(ROWS.head(2))["status"].tolist() == ["error", "error"]
    gone.close()


def test_a_request_that_is_refused_is_our_fault_and_raises() -> None:
    with client(lambda _number: (400, {})) as (geocoder, _, _), pytest.raises(GeocoderProtocolError, match="status 400"):
        geocoder.batch(ROWS.head(2))


def test_an_answer_that_is_no_table_or_no_geojson_is_a_protocol_error() -> None:
    with client(lambda _number: lambda _text: "<html>") as (geocoder, _, _):
        with pytest.raises(GeocoderProtocolError, match="without the columns"):
            geocoder.batch(ROWS.head(2))
        with pytest.raises(GeocoderProtocolError, match="FeatureCollection"):
            geocoder.search("12 rue de la Mairie Montpellier")


def test_a_line_and_a_point_are_answered_with_our_confidence() -> None:
    with client() as (geocoder, _, _):
        best = geocoder.search("12 r. de la Mairie 34000 Montpellier")[0]
        assert (best.numero, best.code_insee, best.confidence) == ("12", "34172", 1.0)
        assert geocoder.reverse(3.87, 43.61)[0].voie == "Rue de la Mairie"
        assert geocoder.search("!") == []


def test_the_answer_of_another_commune_is_refused_whatever_its_score() -> None:
    with client() as (geocoder, _, _):
        rows = ROWS.head(1).assign(code_insee="34057")
        assert geocoder.batch(rows)["status"].tolist() == ["not-found"]


def test_a_chain_asks_the_service_only_for_what_is_not_known(geocoder: EmbeddedGeocoder) -> None:
    rows = pd.DataFrame(
        {"adresse": ["1 avenue des Essais", "8 rue de la Mairie"], "commune": "Montpellier", "code_postal": "34000"}
    )
    with client() as (remote, _, _):
        answers = ChainGeocoder([geocoder, remote]).batch(rows.iloc[:1])
        assert answers["voie"].tolist() == ["Avenue des Essais"]
        with client(lambda _number: (503, {}), attempts=1) as (broken, _, _):
            assert ChainGeocoder([broken, remote]).batch(rows.iloc[1:])["status"].tolist() == ["ok"]
            unknown = rows.iloc[1:].assign(adresse="1 rue Zzz")
            assert ChainGeocoder([remote, broken]).batch(unknown)["status"].tolist() == ["error"]
