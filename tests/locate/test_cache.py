from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from mediation_geo.locate.cache import CachedGeocoder
from mediation_geo.locate.embedded import EmbeddedGeocoder
from mediation_geo.locate.geocoder import batch_frame

TODAY = date(2026, 1, 1)
ROWS = pd.DataFrame({"adresse": ["12 rue de la Mairie", "1 rue Zzz"], "commune": "Montpellier", "code_postal": "34000"})


class Counting:
    """An engine that counts the rows it is asked and has a version of its own."""

    def __init__(self, engine: EmbeddedGeocoder, version: str = "v1", *, broken: bool = False) -> None:
        self.engine, self.version, self.broken, self.rows = engine, version, broken, 0

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        self.rows += len(frame)
        return batch_frame(["error"] * len(frame), frame.index) if self.broken else self.engine.batch(frame)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "answers.sqlite"


def ask(engine: Counting, path: Path, rows: pd.DataFrame, *, today: date = TODAY) -> tuple[pd.DataFrame, int]:
    before = engine.rows
    cached = CachedGeocoder(engine, path, today=today)  # type: ignore[arg-type]
    answers = cached.batch(rows)
    cached.close()
    return answers, engine.rows - before


def test_what_was_asked_last_night_is_not_asked_again(geocoder: EmbeddedGeocoder, path: Path) -> None:
    engine = Counting(geocoder)
    first, asked = ask(engine, path, ROWS)
    assert asked == 2
    again, asked_again = ask(engine, path, ROWS)
    assert asked_again == 0
    pd.testing.assert_frame_equal(first, again)


def test_only_changed_rows_are_asked_and_spelling_is_no_change(geocoder: EmbeddedGeocoder, path: Path) -> None:
    engine = Counting(geocoder)
    ask(engine, path, ROWS)
    changed = pd.concat([ROWS.assign(adresse=["12, R. DE LA MAIRIE", "1 rue Zzz"]), ROWS.head(1).assign(adresse="2 rue Foch")])
    assert ask(engine, path, changed.reset_index(drop=True))[1] == 1


def test_poor_answers_expire_after_a_week_and_good_ones_do_not(geocoder: EmbeddedGeocoder, path: Path) -> None:
    engine = Counting(geocoder)
    ask(engine, path, ROWS)
    assert ask(engine, path, ROWS, today=TODAY + timedelta(days=6))[1] == 0
    assert ask(engine, path, ROWS, today=TODAY + timedelta(days=8))[1] == 1


def test_new_data_are_asked_anew(geocoder: EmbeddedGeocoder, path: Path) -> None:
    ask(Counting(geocoder), path, ROWS)
    assert ask(Counting(geocoder, "v2"), path, ROWS)[1] == 2


def test_an_outage_is_never_remembered(geocoder: EmbeddedGeocoder, path: Path) -> None:
    answers, _ = ask(Counting(geocoder, broken=True), path, ROWS)
    assert answers["status"].eq("error").all()
    assert ask(Counting(geocoder), path, ROWS)[1] == 2


def test_answers_nobody_asks_for_are_forgotten(geocoder: EmbeddedGeocoder, path: Path) -> None:
    engine = Counting(geocoder)
    ask(engine, path, ROWS)
    later = CachedGeocoder(engine, path, today=TODAY + timedelta(days=91))  # type: ignore[arg-type]
    assert later.forget_orphans() == 2
    later.close()


@pytest.mark.parametrize("damage", ["no database", "torn pages"])
def test_a_damaged_file_is_set_aside_and_the_answers_are_asked_again(geocoder: EmbeddedGeocoder, path: Path, damage: str) -> None:
    good = ask(Counting(geocoder), path, ROWS)[0]
    content = path.read_bytes()
    path.write_bytes(b"PK\x03\x04" * 500 if damage == "no database" else content[:4096] + b"\x5a" * (len(content) - 4096))
    answers, asked = ask(Counting(geocoder), path, ROWS)
    assert asked == 2
    assert answers.equals(good)
    assert path.with_name(f"{path.name}.damaged").is_file()
    assert ask(Counting(geocoder), path, ROWS)[1] == 0
