"""The shipped commune table: codes, former codes, positions, clocks."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mediation_geo.datasets import dataset_path
from mediation_geo.standard.territories import DEPARTEMENTS

SIZE_LIMIT_BYTES = 4_000_000
UNINHABITED = {"98411", "98412", "98413", "98414", "98415", "98901"}


@pytest.fixture(scope="module")
def communes() -> pd.DataFrame:
    return pd.read_parquet(dataset_path("communes.parquet"), dtype_backend="pyarrow")


@pytest.fixture(scope="module")
def current(communes: pd.DataFrame) -> pd.DataFrame:
    return communes.loc[communes["type"] == "commune"].set_index("code_insee")


def test_the_table_is_small_enough_for_the_wheel():
    assert dataset_path("communes.parquet").stat().st_size < SIZE_LIMIT_BYTES


def test_every_commune_of_the_official_list_is_there_once(communes, current):
    assert len(current) == 34_969
    assert communes["type"].value_counts().to_dict() == {
        "commune": 34_969,
        "ancienne": 2_248,
        "commune-deleguee": 2_105,
        "commune-associee": 471,
        "arrondissement": 45,
    }
    assert not communes.duplicated(["code_insee", "type"]).any()


def test_rows_come_sorted_by_code_and_type(communes):
    keys = list(zip(communes["code_insee"], communes["type"], strict=True))
    assert keys == sorted(keys)


def test_codes_keep_their_zeros_and_corsican_letters(communes, current):
    assert communes["code_insee"].str.fullmatch(r"(\d{2}|2[AB])\d{3}").all()
    assert communes["codes_postaux"].explode().dropna().str.fullmatch(r"\d{5}").all()
    assert current.loc["01001", "codes_postaux"] == ["01400"]
    assert current.loc["2A004", ["nom", "code_departement"]].tolist() == ["Ajaccio", "2A"]


def test_every_code_leads_to_one_current_commune(communes, current):
    assert communes["code_actuel"].isin(current.index).all()
    assert current["code_actuel"].eq(pd.Series(current.index, index=current.index)).all()
    leads_to = communes.loc[communes["type"] != "commune"].groupby("code_insee")["code_actuel"].nunique()
    assert leads_to.max() == 1


def test_former_codes_are_rows_that_lead_back(communes, current):
    former = current["anciens_codes"].dropna().explode()
    rows = communes.loc[communes["type"] != "commune"].drop_duplicates("code_insee").set_index("code_insee")["code_actuel"]
    assert len(former) == 4_240
    assert (rows.loc[former.to_numpy()].to_numpy() == former.index.to_numpy()).all()


@pytest.mark.parametrize(
    ("code", "nom", "code_actuel"),
    [
        ("01172", "Germagnat", "01095"),
        ("01132", "Crépieux-la-Pape", "69286"),
        ("69232", "Saint-Rambert-l'Île-Barbe", "69123"),
        ("20325", "Tivolaggio", "2A249"),
    ],
)
def test_a_commune_absorbed_or_moved_long_ago_is_found_by_its_old_code(communes, code, nom, code_actuel):
    row = communes.loc[communes["code_insee"] == code].iloc[0]
    assert row["code_actuel"] == code_actuel
    assert row["type"] == "ancienne"
    assert row["nom"] == nom


def test_a_delegated_commune_that_has_its_communes_code_is_a_row_of_its_own(communes):
    rows = communes.loc[communes["code_insee"] == "01015"].set_index("type")
    assert rows["nom"].to_dict() == {"commune": "Arboys en Bugey", "commune-deleguee": "Arbignieu"}


@pytest.mark.parametrize(("code", "nom", "count"), [("75056", "Paris", 20), ("69123", "Lyon", 9), ("13055", "Marseille", 16)])
def test_the_three_cities_have_their_arrondissements(communes, current, code, nom, count):
    parts = communes.loc[(communes["type"] == "arrondissement") & (communes["code_actuel"] == code)]
    assert len(parts) == count
    assert parts["population"].sum() == pytest.approx(current.loc[code, "population"], rel=0.02)
    assert set(parts["codes_postaux"].explode()) == set(current.loc[code, "codes_postaux"])
    assert current.loc[code, "nom"] == nom
    assert parts[["xmin", "ymin"]].min().tolist() == current.loc[code, ["xmin", "ymin"]].tolist()


def test_each_arrondissement_of_paris_has_its_postcode(communes):
    paris = communes.loc[communes["code_insee"].str.startswith("751") & (communes["type"] == "arrondissement")]
    postcodes = paris.set_index("code_insee")["codes_postaux"]
    assert postcodes["75111"] == ["75011"]
    assert sorted(postcodes["75116"]) == ["75016", "75116"]


def test_every_inhabited_commune_has_a_position(current):
    assert set(current.index[current["lon"].isna()]) == UNINHABITED


def test_points_lie_in_their_box(communes):
    boxed = communes.dropna(subset=["xmin"])
    assert (boxed["xmin"].le(boxed["lon"]) & boxed["lon"].le(boxed["xmax"])).all()
    assert (boxed["ymin"].le(boxed["lat"]) & boxed["lat"].le(boxed["ymax"])).all()
    halls = boxed.dropna(subset=["mairie_lon"])
    assert (halls["xmin"].le(halls["mairie_lon"]) & halls["mairie_lon"].le(halls["xmax"])).all()


def test_radius_fits_the_box(communes):
    sized = communes.dropna(subset=["radius_m"]).astype({"radius_m": float, "ymin": float, "ymax": float})
    height_m = (sized["ymax"] - sized["ymin"]) * 111_195
    width_m = (sized["xmax"] - sized["xmin"]).astype(float) * 111_320 * np.cos(np.radians(sized["ymin"]))
    assert (math.pi * sized["radius_m"] ** 2 <= 1.02 * height_m * width_m).all()
    assert (sized["radius_m"] > 0).all()


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("34172", "Europe/Paris"),
        ("2B033", "Europe/Paris"),
        ("97105", "America/Guadeloupe"),
        ("97209", "America/Martinique"),
        ("97302", "America/Cayenne"),
        ("97411", "Indian/Reunion"),
        ("97502", "America/Miquelon"),
        ("97611", "Indian/Mayotte"),
        ("97701", "America/St_Barthelemy"),
        ("97801", "America/Marigot"),
        ("98613", "Pacific/Wallis"),
        ("98735", "Pacific/Tahiti"),
        ("98731", "Pacific/Marquesas"),
        ("98719", "Pacific/Gambier"),
        ("98818", "Pacific/Noumea"),
    ],
)
def test_clocks_follow_the_territory(current, code, zone):
    assert current.loc[code, "timezone"] == zone


def test_departements_and_regions_are_those_of_the_standard(current):
    known = current.loc[current["code_departement"].isin(list(DEPARTEMENTS))]
    assert set(current["code_departement"]) - set(DEPARTEMENTS) <= {"984", "989"}
    regions = known["code_departement"].map(lambda code: DEPARTEMENTS[code].code_region)
    assert regions.eq(known["code_region"]).all()
    assert set(DEPARTEMENTS) <= set(current["code_departement"])


def test_population_is_that_of_the_country(current):
    assert current["population"].sum() == pytest.approx(69_000_000, rel=0.02)
    assert current["population"].isna().sum() == len(UNINHABITED)


def test_the_file_says_where_it_comes_from():
    metadata = pq.read_schema(dataset_path("communes.parquet")).metadata
    assert b"2026" in metadata[b"vintage"]
    assert b"Licence Ouverte" in metadata[b"licence"]
    packages = {source["package"] for source in json.loads(metadata[b"sources"])}
    assert "@etalab/decoupage-administratif 6.0.0" in packages
    assert all(source["licence"] for source in json.loads(metadata[b"sources"]))


def test_positions_agree_with_an_independent_list_of_communes(current, shared_data):
    reference = json.loads((shared_data / "geocoding" / "ban_plateforme_geo_communes.json").read_text("utf-8"))
    located = current.dropna(subset=["lon"])
    margin = 0.001  # the reference boxes have three decimals
    astray = [
        code
        for code, lon, lat in zip(located.index, located["lon"], located["lat"], strict=True)
        if code in reference
        and not (
            reference[code]["bbox"][0] - margin <= lon <= reference[code]["bbox"][2] + margin
            and reference[code]["bbox"][1] - margin <= lat <= reference[code]["bbox"][3] + margin
        )
    ]
    assert astray == []


def test_codes_names_and_postcodes_agree_with_the_official_list(current, shared_data):
    official = json.loads((shared_data / "geocoding" / "decoupage_administratif_v6_communes.json").read_text("utf-8"))
    communes = {row["code"]: row for row in official if row["type"] == "commune-actuelle"}
    assert set(communes) == set(current.index)
    assert all(communes[code]["nom"] == nom for code, nom in current["nom"].items())
    for code, postcodes in current["codes_postaux"].dropna().items():
        listed = communes[code]["codesPostaux"]
        assert list(postcodes)[: len(listed)] == listed, code
