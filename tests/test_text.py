"""French text is compared without what people write differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.text import (
    STREET_ABBREVIATIONS,
    collapse_blanks,
    expand,
    fold,
    repair_mojibake,
    slug,
    strip_accents,
    tokens,
)

french = st.text(alphabet="abcdéèêëàâîïôöûüùçœæÉÈŒ 0123'’-,.")


@given(st.text())
def test_folding_twice_is_folding_once(value):
    assert fold(fold(value)) == fold(value)


@given(french)
def test_case_and_accents_never_change_the_folded_text(value):
    assert fold(value.upper()) == fold(value) == fold(strip_accents(value))


@given(french)
def test_french_text_damaged_by_a_wrong_encoding_is_repaired(value):
    damaged = value.encode("utf-8").decode("latin-1")
    assert repair_mojibake(damaged) == value


@given(french)
def test_right_french_text_is_left_alone(value):
    assert repair_mojibake(value) == value


@pytest.mark.parametrize(
    ("written", "folded"),
    [("L’Haÿ-les-Roses", "l hay les roses"), ("Cœur d'Hérault", "coeur d herault"), ("\u202f12\u00a0bis", "12 bis"), ("", "")],
)
def test_known_spellings_fold_alike(written, folded):
    assert fold(written) == folded


def test_an_abbreviated_street_expands_to_the_full_one():
    assert expand(tokens("12 bis Bd. Gal de Gaulle"), abbreviations=STREET_ABBREVIATIONS) == tokens(
        "12 bis boulevard général de Gaulle"
    )


def test_expanding_a_full_street_changes_nothing():
    for full in STREET_ABBREVIATIONS.values():
        words = full.split()
        assert expand(words, abbreviations=STREET_ABBREVIATIONS) == words


def test_narrow_and_zero_width_blanks_count_as_blanks():
    assert collapse_blanks("75\u202f011\u200b Paris\ufeff") == "75 011 Paris"


def test_a_slug_is_safe_in_an_address():
    assert slug("Île-de-France / 2024") == "ile-de-france-2024"
