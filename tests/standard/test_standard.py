"""The standard as data says what the published schema says."""

from __future__ import annotations

import json

import pytest

from mediation_geo.standard import FIELD_NAMES, FIELDS, VOCABULARIES, issue_codes
from mediation_geo.standard.issues import concat_issues, issue_table, no_issues
from mediation_geo.standard.territories import BOXES, DEPARTEMENTS, REGIONS, departement_of_commune, departements_of_postcode
from mediation_geo.standard.versions import LABELS_V01, label_targets


@pytest.fixture(scope="module")
def schema(shared_data):
    return json.loads((shared_data / "places/schema/schema_v1.0.2.json").read_text(encoding="utf-8"))


def test_fields_are_those_of_the_published_schema_in_its_order(schema):
    assert [each["name"] for each in schema["fields"]] == list(FIELD_NAMES)
    assert {each["name"] for each in schema["fields"] if each.get("constraints", {}).get("required")} == {
        each.name for each in FIELDS if each.required
    }


def test_every_label_stands_in_the_pattern_of_the_published_schema(schema):
    patterns = {
        each["name"]: each["constraints"]["pattern"] for each in schema["fields"] if "pattern" in each.get("constraints", {})
    }
    for field, labels in VOCABULARIES.items():
        # The published pattern lacks the blank before "(La Poste)" that its own title has.
        pattern = patterns[field].replace("\\", "").replace("numériques(La", "numériques (La")
        assert [label for label in labels if label not in pattern] == []


def test_every_label_of_v1_is_its_own_target():
    for field, labels in VOCABULARIES.items():
        for label in labels:
            assert label_targets(field, label) == ((field, label),)


def test_every_label_of_v01_lands_in_the_vocabulary_of_v1():
    for field, labels in LABELS_V01.items():
        for label, targets in labels.items():
            assert label_targets(field, label) == targets
            for new_field, new_label in targets:
                assert new_field == "autres_formations_labels" or new_label in VOCABULARIES[new_field]


@pytest.mark.parametrize(
    ("field", "written", "label"),
    [
        ("modalites_accompagnement", "À distance (par téléphone ou en visioconférence)", "À distance"),
        (
            "modalites_accompagnement",
            "dans un atelier collectif : j'apprends collectivement à utiliser le numérique",
            "Dans un atelier collectif",
        ),
        ("formations_labels", "Étapes numériques(La Poste)", "Étapes numériques (La Poste)"),
        ("conditions_access", "Gratuit : Je peux accéder gratuitement au lieu et à ses services", "Gratuit"),
        ("services", "S’équiper en matériel informatique", "Acquisition de matériel informatique à prix solidaire"),
    ],
)
def test_variants_that_producers_copy_are_understood(field, written, label):
    assert [target for _, target in label_targets(field, written)] == [label]


def test_every_departement_has_a_box_a_clock_and_a_region():
    assert len(DEPARTEMENTS) == 96 + 11
    for each in DEPARTEMENTS.values():
        assert each.territory in BOXES
        assert each.code_region in REGIONS or each.code_region == each.code
        assert "/" in each.timezone


@pytest.mark.parametrize(("code", "departement"), [("75111", "75"), ("2B033", "2B"), ("97608", "976"), ("98818", "988")])
def test_a_commune_code_names_its_departement(code, departement):
    assert departement_of_commune(code) == departement


def test_a_corsican_postcode_leaves_both_halves_open():
    assert departements_of_postcode("20200") == ("2A", "2B")


def test_every_issue_has_a_french_sentence_and_a_severity():
    for code, each in issue_codes().items():
        assert code == code.lower()
        assert each.message.rstrip().endswith((".", "?"))


def test_issues_come_out_in_one_order_whatever_order_they_went_in():
    first = issue_table("superseded_edition", feed="a", record_id=["a/2", "a/1"], field="id", value=["x", "y"])
    second = issue_table("superseded_edition", feed="b", record_id=["b/1"], field="id")
    assert concat_issues([first, second]).equals(concat_issues([second, no_issues(), first]))


def test_an_unregistered_code_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        issue_table("no_such_code", feed="a", record_id=["a/1"], field="id")
