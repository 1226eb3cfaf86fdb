"""Population: grids from their ids, whatever the edition; nobody lost between communes and cells."""

from __future__ import annotations

import io
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediation_geo.coverage import (
    calibrate,
    commune_of,
    grid_ids,
    land_border,
    landmass_of,
    parse_grid_ids,
    read_communes,
    read_density_grid,
    read_grid,
    read_grid_centres,
    read_legal_populations,
    read_places,
    shipped_communes,
    spread_population,
)
from mediation_geo.coverage.frames import project
from mediation_geo.errors import CRSMismatch, SchemaMismatch, SourceError, SourceUnavailable
from mediation_geo.standard.territories import BOXES, DEPARTEMENTS

HEADS = {
    "2015": "IdINSPIRE;Depcom;I_est_cr;Ind;Men\n",
    "2017": "Idcar_200m,Idcar_1km,I_est_200,lcog_geo,Ind,Men\n",
    "2019": "idcar_200m,lcog_geo,i_est_200,ind,men,ind_65_79\n",
}
ROWS = {
    "2015": "CRS3035RES200mN2529800E3752400;48095;0;12.5;5\n",
    "2017": "CRS3035RES200mN2529800E3752400,x,0,4809548080,12.5,5\n",
    "2019": "CRS3035RES200mN2529800E3752400,48095,0,12.5,5,3\n",
}


@pytest.mark.parametrize("edition", HEADS)
def test_each_edition_of_the_grid_gives_the_same_cell(edition, tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text(HEADS[edition] + ROWS[edition])
    cell = read_grid(path, vintage=f"Filosofi {edition}").iloc[0]
    assert (cell["cell_id"], cell["population"], cell["households"], cell["imputed"]) == (
        "CRS3035RES200mN2529800E3752400",
        12.5,
        5,
        False,
    )
    assert (cell["code_insee"], cell["territory"], cell["size_m"]) == ("48095", "metropole", 200)


def test_a_grid_in_a_zip_in_which_a_7z_lies_is_read(tmp_path):
    import py7zr

    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as inner:
        inner.writestr(HEADS["2019"] + ROWS["2019"], "grid.csv")
    path = tmp_path / "Filosofi.zip"
    with zipfile.ZipFile(path, "w") as outer:
        outer.writestr("grid.7z", packed.getvalue())
    assert read_grid(path, vintage="Filosofi 2019")["ind_65_79"].tolist() == [3]
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SourceError, match=r"Filosofi\.zip.*damaged or cut short"):
        read_grid(path, vintage="Filosofi 2019")


def test_a_cell_without_id_or_with_negative_people_is_named(tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text(HEADS["2019"] + ROWS["2019"] + ",48095,0,1,1,0\n")
    with pytest.raises(SchemaMismatch, match="cell id of row 1"):
        read_grid(path, vintage="x")
    path.write_text(HEADS["2019"] + ROWS["2019"].replace("12.5", "-3"))
    with pytest.raises(SchemaMismatch, match=r"population is -3\.0 in row 0"):
        read_grid(path, vintage="x")
    path.write_text(HEADS["2019"] + ROWS["2019"] * 2)
    with pytest.raises(SchemaMismatch, match="comes twice"):
        read_grid(path, vintage="x")
    with pytest.raises(SourceUnavailable, match="not there"):
        read_grid(tmp_path / "absent.csv", vintage="x")


LEGAL = {each.territory: each.legal_epsg for each in DEPARTEMENTS.values()}


@given(st.sampled_from(sorted(set(LEGAL) - {"978", "977", "986", "987"})), st.floats(0.2, 0.8), st.floats(0.2, 0.8))
def test_an_id_of_any_territory_leads_back_to_its_point(territory, across, up):
    box = BOXES[territory]
    lon, lat = box.west + across * (box.east - box.west), box.south + up * (box.north - box.south)
    x, y = project(pd.Series([lon]).to_numpy(), pd.Series([lat]).to_numpy(), source_epsg=4326, target_epsg=LEGAL[territory])
    name = grid_ids(x, y, epsg=LEGAL[territory], size_m=200)
    cell = parse_grid_ids(name).iloc[0]
    assert cell["x"] <= x[0] < cell["x"] + 200
    assert cell["y"] <= y[0] < cell["y"] + 200
    assert abs(cell["lat"] - lat) < 0.002


@pytest.mark.parametrize("size_m", [1000, 5000])
# 15: communes made anew share the outline of the one they left.
@pytest.mark.parametrize("departement", ["15", "48", "2A", "92", "974", "976"])
def test_spreading_people_over_squares_loses_nobody(departement, size_m):
    communes = shipped_communes(departement=departement)
    known = communes[communes.geometry.notna()]
    cells = spread_population(known, size_m=size_m)
    spread = cells.groupby("code_insee")["population"].sum()
    pd.testing.assert_series_equal(spread, known.set_index("code_insee")["population"].astype("float64"), check_index_type=False)
    assert cells["cell_id"].is_unique
    assert set(cells["territory"]) == set(known["territory"])


def test_the_order_of_communes_does_not_change_where_people_are_spread():
    known = shipped_communes(departement="15").query("geometry.notna()")
    pd.testing.assert_frame_equal(spread_population(known, size_m=3000), spread_population(known[::-1], size_m=3000))


def test_calibrated_cells_add_up_to_legal_populations():
    cells = pd.DataFrame({"cell_id": list("abc"), "population": [1.0, 3.0, 5.0], "code_insee": ["1", "1", "2"]})
    legal = pd.DataFrame({"code_insee": ["1"], "population": [100.0]})
    assert calibrate(cells, legal)["population"].tolist() == [25, 75, 5]


def test_old_and_new_files_of_legal_populations_give_the_same_codes(tmp_path):
    new, old = tmp_path / "new.csv", tmp_path / "old.csv"
    new.write_text("COM;Commune;PMUN;PCAP;PTOT\n01001;L'Abergement;832;14;846\n")
    old.write_text("CODREG;CODDEP;CODCOM;COM;PMUN\n84;01;001;L'Abergement;832\n")
    for path in (new, old):
        assert read_legal_populations(path, vintage="2022").to_dict("records") == [{"code_insee": "01001", "population": 832}]


def test_real_communes_and_synthetic_cells_hold_the_same_people(shared_data):
    folder = shared_data / "coverage"
    communes = read_communes(folder / "communes_cog2025_geom2018.parquet", vintage="COG 2025", departement="48")
    cells = read_grid_centres(folder / "SYNTHETIC_cells1km.parquet", epsg=3035, size_m=1000, vintage="synthetic")
    assert len(cells) == 359_607
    inside = cells[cells["code_insee"].isin(communes["code_insee"])]
    assert inside["population"].sum() == pytest.approx(communes["population"].sum(), rel=1e-3)
    with pytest.raises(CRSMismatch, match="expected EPSG:4326"):
        read_communes(folder / "communes_metro_l93_simpl300m.parquet", vintage="COG 2025")


def test_a_point_belongs_to_the_commune_that_holds_it():
    communes = shipped_communes(departement="48")
    inside = communes.geometry.representative_point()
    points = pd.DataFrame({"lon": inside.x, "lat": inside.y})
    assert commune_of(points, communes).tolist() == communes["code_insee"].tolist()


def test_corsica_is_a_landmass_of_its_own():
    communes = pd.concat([shipped_communes(departement=each) for each in ("2A", "2B", "06")], ignore_index=True)
    communes = gpd.GeoDataFrame(communes, crs=4326)
    towns = pd.DataFrame({"lon": [8.74, 9.45, 7.27], "lat": [41.93, 42.70, 43.70]})
    ajaccio, bastia, nice = landmass_of(towns, communes)
    assert ajaccio == bastia != nice


def test_the_frontier_passes_wissembourg_and_not_brest():
    from mediation_geo.coverage import border_flags

    communes = pd.concat([shipped_communes(departement=each) for each in ("67", "29")], ignore_index=True)
    border = land_border(gpd.GeoDataFrame(communes, crs=4326))
    towns = pd.DataFrame({"lon": [7.95, -4.49], "lat": [49.04, 48.39]})
    assert border_flags(towns, border, within_m=5_000)["near_border"].tolist() == [True, False]


def test_an_unknown_departement_is_an_error_that_lists_the_known():
    with pytest.raises(SchemaMismatch, match="no commune of département '99'"):
        shipped_communes(departement="99")


def test_places_of_a_file_are_numbered_when_they_have_no_id(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("longitude,latitude\n3.5,44.5\n3.6,44.6\n")
    assert read_places(path)["place_id"].tolist() == ["p000001", "p000002"]


def density_rows(kind, path):
    rows = [["01001", "6", "Rural à habitat dispersé"], ["75056", "1", "Grands centres urbains"]]
    if kind == "csv":
        path.write_text("CODGEO;DENS;LIBDENS\n" + "".join(";".join(row) + "\n" for row in rows), encoding="utf-8")
    else:
        title = [["Grille communale de densité", None, None], [None] * 3, ["CODGEO", "DENS", "LIBDENS"]]
        pd.DataFrame([*title, *rows]).to_excel(path, header=False, index=False)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_density_classes_are_read_from_a_table_and_from_the_workbook(kind, tmp_path):
    density_rows(kind, tmp_path / f"densite.{kind}")
    found = read_density_grid(tmp_path / f"densite.{kind}", vintage="2025")
    assert found.set_index("code_insee")["density"].to_dict() == {"01001": 6, "75056": 1}
    assert found["density_name"].iloc[1] == "Grands centres urbains"


def test_an_unknown_density_class_is_refused(tmp_path):
    (tmp_path / "densite.csv").write_text("CODGEO;DENS\n01001;8\n")
    with pytest.raises(SchemaMismatch, match="DENS of 01001 is '8'; expected a class from 1 to 7"):
        read_density_grid(tmp_path / "densite.csv", vintage="2025")
