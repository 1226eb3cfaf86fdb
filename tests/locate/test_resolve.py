from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd
import pytest

from mediation_geo.locate import load_communes
from mediation_geo.locate.names import place_key
from mediation_geo.locate.resolve import resolve_communes
from mediation_geo.text import strip_accents

# A random sample of all communes, drawn once: every law below holds for any of them.
COMMUNES = random.Random(7).sample([each for each in load_communes().communes if each.postcodes], 400)


def resolve(**columns: object) -> pd.DataFrame:
    return resolve_communes(pd.DataFrame({name: [value] for name, value in columns.items()}), communes=load_communes())


def code(**columns: object) -> object:
    found = resolve(**columns)["code"].iloc[0]
    return None if pd.isna(found) else found


@pytest.mark.parametrize(
    ("commune", "code_postal", "expected"),
    [
        ("VIRE", "14500", "14762"),
        ("Le Mont-Dore", "63240", "63236"),
        ("Le Mont-Dore", "98809", "98817"),
        ("Lamentin", "97232", "97213"),
        ("Lamentin", "97129", "97115"),
        ("Saint-Denis", "93200", "93066"),
        ("St Denis", "97400", "97411"),
        ("Lyon CEDEX 03", "69431", "69123"),
        ("Paris 11e", "75011", "75056"),
        ("Nouméa", "98800", "98818"),
        ("Mamoudzou", "97600", "97611"),
        ("Saint-Barthélemy", "97133", "97701"),
        ("Marseile", "13001", "13055"),
        ("Fougerolles", "70220", "70245"),
    ],
)
def test_a_name_with_its_postcode_names_the_commune_of_today(commune: str, code_postal: str, expected: str) -> None:
    assert code(commune=commune, code_postal=code_postal) == expected


def test_the_name_of_a_town_hall_tells_which_commune_of_its_postcode_it_is() -> None:
    drawn = [each for each in COMMUNES if len(load_communes().by_postcode[each.postcodes[0]]) > 1 and place_key(each.nom)]
    halls = pd.DataFrame(
        {"nom": [f"MAIRIE DE {each.nom.upper()}" for each in drawn], "code_postal": [each.postcodes[0] for each in drawn]}
    )
    found = resolve_communes(halls, communes=load_communes())["code"]
    assert len(drawn) > 200
    assert found.eq([each.code for each in drawn]).mean() > 0.98
    assert found.isna().sum() + found.eq([each.code for each in drawn]).sum() == len(drawn)


@pytest.mark.parametrize(
    "nom", ["Communauté de communes de Saint-Pierre", "Association La Rhônelle", "MSAP de Nesle et Rouy-le-Grand", ""]
)
def test_a_name_that_tells_no_commune_or_several_decides_nothing(nom: str) -> None:
    assert code(nom=nom, code_postal="80190") is None


def test_the_name_of_a_place_never_overrules_the_commune_that_is_given() -> None:
    given = {"commune": "Neuvy", "code_postal": "03000"}
    assert code(**given) == code(**given, nom="CCAS de Moulins") != code(nom="CCAS de Moulins", code_postal="03000")


def test_a_postcode_that_contradicts_name_and_point_gives_way() -> None:
    assert code(commune="SARRALBE", code_postal="54430", longitude=7.028527, latitude=48.999797) == "57628"


def test_a_name_that_contradicts_postcode_and_point_gives_way() -> None:
    found = code(commune="CESTAS", code_postal="18300", longitude=2.853027, latitude=47.339868)
    assert str(found).startswith("18")


def test_a_code_that_contradicts_name_and_postcode_gives_way() -> None:
    assert code(commune="Le Mont-Dore", code_postal="98809", code_insee="63236") == "98817"


def test_former_codes_and_arrondissements_become_the_commune_of_today() -> None:
    assert code(code_insee="69383") == "69123"
    assert code(code_insee="01033", commune="Valserhône", code_postal="01200") == "01033"


def test_the_postcode_and_town_at_the_end_of_the_address_are_evidence() -> None:
    assert code(adresse="12 rue de la Gare, 34000 Montpellier") == "34172"


def test_a_name_many_communes_bear_decides_nothing_alone() -> None:
    assert code(commune="Saint-Aubin") is None


def test_nothing_known_stays_nothing() -> None:
    assert code(commune="Xxqqzz", code_postal="00000") is None
    assert code(commune=None, code_postal=None) is None


def test_no_record_is_moved_to_another_departement_against_its_own_point(shared_data: Path) -> None:
    rows = json.loads((shared_data / "places" / "official" / "cp_dept_changed.json").read_text(encoding="utf-8"))
    records = pd.DataFrame(
        [(row[1], row[2], row[5], row[6]) for row in rows], columns=["commune", "code_postal", "latitude", "longitude"]
    )
    found = resolve_communes(records, communes=load_communes())
    assert found["code"].notna().all()
    # Read by hand: in these five the postcode is the typing error, name and point agree against it.
    typos = records["code_postal"].isin(["06922", "04900", "93160", "16260", "54430"])
    kept = [
        code.startswith(postcode[:3] if postcode.startswith("97") else postcode[:2])
        for code, postcode in zip(found["code"], records["code_postal"], strict=True)
    ]
    assert pd.Series(kept)[~typos].all()
    assert found.loc[typos, "code"].tolist() == ["69019", "49331", "95197", "17172", "57628"]


def written_otherwise(name: str, how: str) -> str:
    words = name.replace("-", " ").split()
    return {
        "upper": name.upper(),
        "lower": name.lower(),
        "no accents": strip_accents(name),
        "no hyphens": name.replace("-", " "),
        "saint": name.replace("Saint-", "St ").replace("Sainte-", "Ste "),
        "cedex": f"{name} CEDEX 3",
        "blanks": f"  {name} ",
        "order": " ".join(reversed(words)),
        "article": name.removeprefix("La ").removeprefix("Le ").removeprefix("Les "),
    }[how]


WAYS = ["upper", "lower", "no accents", "no hyphens", "saint", "cedex", "blanks", "order", "article"]


@pytest.mark.parametrize("how", WAYS)
def test_spelling_never_changes_the_commune(how: str) -> None:
    plain = pd.DataFrame([(each.nom, each.postcodes[0]) for each in COMMUNES], columns=["commune", "code_postal"])
    before = resolve_communes(plain, communes=load_communes())["code"]
    otherwise = plain["commune"].map(lambda name: written_otherwise(name, how))
    for names in (otherwise, otherwise + " cedex", otherwise + " CEDEX 3"):
        after = resolve_communes(plain.assign(commune=names), communes=load_communes())["code"]
        different = before.ne(after) & ~(before.isna() & after.isna())
        assert plain[different].to_dict("records") == []


def test_every_commune_is_found_by_its_own_name_and_postcode() -> None:
    rows = pd.DataFrame([(each.nom, each.postcodes[0]) for each in COMMUNES], columns=["commune", "code_postal"])
    assert resolve_communes(rows, communes=load_communes())["code"].tolist() == [each.code for each in COMMUNES]


def test_the_order_of_rows_and_their_company_change_nothing() -> None:
    rows = pd.DataFrame([(each.nom, each.postcodes[0], each.lon, each.lat) for each in COMMUNES[:80]])
    rows.columns = ["commune", "code_postal", "longitude", "latitude"]
    together = resolve_communes(rows, communes=load_communes())["code"]
    shuffled = resolve_communes(rows.sample(frac=1, random_state=3), communes=load_communes())["code"]
    assert shuffled.sort_index().tolist() == together.tolist()
    alone = [code(**row) for row in rows.head(5).to_dict("records")]
    assert alone == together.head(5).tolist()
