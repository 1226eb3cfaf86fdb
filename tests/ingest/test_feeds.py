"""Each mapping of an official feed reads a file of the shape it declares: every column it names, every label it gives."""

from __future__ import annotations

import csv
import json

import pandas as pd
import pytest

from mediation_geo.ingest import read_source, shipped_mappings
from mediation_geo.standard import FIELD_NAMES
from mediation_geo.standard.versions import FIELD_RENAMES

OFFICIAL_FEEDS = """coop-numerique dora fredo france-travail france-services charente-maritime francil-in grand-paris-sud
herault hinaura les-landes loire-atlantique mednum-bfc meuse mulhouse numi paca paris res-in rhin-occ siilab vendee vosges"""
FEEDS = OFFICIAL_FEEDS.split()
# Something that a place may have in each field; any other field takes a text as it is.
VALUES = {
    "id": "a1", "pivot": "13000548100010", "nom": "Maison des Lilas", "adresse": "12 rue des Lilas", "numero": "12",
    "code_postal": "34000", "commune": "Montpellier", "code_insee": "34172", "latitude": "43.61", "longitude": "3.87",
    "typologie": "BIB", "telephone": "04 67 00 00 01", "telephone_secondaire": "04 67 00 00 02",
    "courriels": "contact@exemple.fr", "site_web": "https://exemple.fr", "prise_rdv": "https://exemple.fr/rdv",
    "fiche_acces_libre": "https://acceslibre.beta.gouv.fr/app/x/", "horaires": "lundi 9h-12h", "horaires_brut": "lundi 9h-12h",
    "date_maj": "2026-01-02", "itinerance": "Fixe", "services": "Aide aux démarches administratives",
    "publics_specifiquement_adresses": "Seniors", "prise_en_charge_specifique": "Surdité", "frais_a_charge": "Payant",
    "dispositif_programmes_nationaux": "France Services", "formations_labels": "ORDI 3.0", "modalites_acces": "Téléphoner",
    "modalites_accompagnement": "En autonomie", "labels_nationaux": "CNFS", "publics_accueillis": "Seniors (+ 65 ans)",
    "conditions_acces": "Payant : L'accès au lieu et/ou à ses services est payant",
}  # fmt: skip


def _row(mapping, *, without=(), chosen=None):
    """One row in which every field has a value; of several columns of a field the chosen one has it, else the first."""
    row, splits = {}, {}
    for name, rule in mapping.fields.items():
        if name in without:
            continue
        value = VALUES.get(name, f"Un texte pour {name}")
        if rule.when:
            row[rule.when] = "oui"
        elif rule.split:
            splits.setdefault((rule.split, rule.separator), {})[rule.part] = value
        elif rule.join:
            row |= dict.fromkeys(rule.join, "")
            row[rule.join[-1]] = value
        elif rule.columns:
            row.setdefault((chosen or {}).get(name, rule.columns[0]), value)
    for (column, separator), parts in splits.items():
        row[column] = separator.join(parts.get(part, "") for part in range(max(parts) + 1))
    for halves in mapping.hours.values():
        row |= dict.fromkeys(halves.ranges[:1], "9h-12h")
        for opens, closes in halves.times[:1]:
            row |= {opens: "9h", closes: "12h"}
    return row


def _write(folder, mapping, rows):
    """File in the format of the feed, recognised by its first evidence."""
    evidence = mapping.recognise[0]
    known = {name: values[0] for name, values in evidence.only.items()}
    names = list(dict.fromkeys([*evidence.columns, *known, *(name for row in rows for name in row)]))
    fetch = mapping.fetch
    complete = [{name: row.get(name, "") for name in names} | known for row in rows]
    if fetch is not None and fetch.format == "csv":
        path = folder / f"{mapping.name}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, names, delimiter=";")
            writer.writeheader()
            writer.writerows(complete)
        return path
    path = folder / f"{mapping.name}.json"
    document = {fetch.key: complete} if fetch is not None and fetch.key else complete
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _read(folder, mapping, rows):
    """The records in the order of the rows; the file must be found to be of the feed, and every row kept."""
    table = read_source(_write(folder, mapping, rows)).table.sort_values("row", ignore_index=True)
    assert table["feed"].eq(mapping.feed or mapping.name).all()
    assert len(table) == len(rows)
    return table


def _is_there(value):
    return isinstance(value, list) or pd.notna(value)


@pytest.mark.parametrize("feed", FEEDS)
def test_every_column_that_the_mapping_names_is_read(feed, tmp_path):
    mapping = shipped_mappings()[feed]
    choices = [(name, column) for name, rule in mapping.fields.items() for column in rule.columns]
    table = _read(tmp_path, mapping, [_row(mapping, chosen={name: column}) for name, column in choices] or [_row(mapping)])
    for number, (name, column) in enumerate(choices):
        fields = FIELD_RENAMES.get(name, (name,)) if name not in FIELD_NAMES else (name,)
        read = [field for field in fields if field in table and _is_there(table.loc[number, field])]
        assert read or name in {"numero", "horaires_brut", "telephone_secondaire"}, (name, column)
    first = table.iloc[0]
    assert first["adresse"] in {"12 rue des Lilas", "12 Rue des Lilas"}
    assert (round(first["latitude"], 2), round(first["longitude"], 2)) == (43.61, 3.87)
    assert first["telephone"] == "+33467000001"
    assert not mapping.hours or first["horaires"].startswith("Mo")
    for name, rule in mapping.fields.items():
        if rule.constant is not None and name in FIELD_NAMES:
            assert rule.constant in first[name], name


@pytest.mark.parametrize("feed", FEEDS)
def test_every_label_that_the_mapping_gives_is_given(feed, tmp_path):
    mapping = shipped_mappings()[feed]
    rules = [(field, rule) for field, rules in mapping.terms.items() for rule in rules if rule.columns]
    if not rules:
        pytest.skip("a feed in the words of the standard: its mapping gives no labels")
    rows = []
    for field, rule in rules:
        says = (*rule.terms, *rule.codes, "oui")[0]
        rows.append(_row(mapping, without={field}) | {rule.columns[0]: says})
    table = _read(tmp_path, mapping, rows)
    missing = [
        (field, rule.value, table.loc[number, field])
        for number, (field, rule) in enumerate(rules)
        if not set(rule.value) <= set(table.loc[number, field] or ())
    ]
    assert missing == []
