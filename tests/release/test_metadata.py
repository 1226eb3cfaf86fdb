"""What catalogues are told: every description agrees with the bytes, and satisfies its own schema."""

from __future__ import annotations

import hashlib
import json
import tomllib

import pytest
from frictionless import Package, system

from mediation_geo.release import ExportError, open_release, write_release
from mediation_geo.release.metadata import sources_of, table_schema
from mediation_geo.release.metadata.sources import licence_standing
from mediation_geo.release.publication import write_publication
from tests.release.tables import town

BASE = "https://donnees.exemple.fr/lieux"


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    write_release(folder, **town(30, as_of="2026-11-20"))
    write_release(folder, **town(31, as_of="2026-11-21"))
    return folder


@pytest.fixture(scope="module")
def published(releases, tmp_path_factory):
    formats = ["csv", "json", "geojson", "geoparquet"]
    out = tmp_path_factory.mktemp("site") / "lieux"
    return write_publication(releases, out, base_url=BASE + "/", publisher="Association d'exemple", formats=formats)


def read(published, name):
    return json.loads((published / name).read_bytes())


def test_frictionless_finds_every_resource_valid_with_its_hash_and_its_schema(published):
    with system.use_context(trusted=True):
        package = Package(str(published / "datapackage.json"))
        tables = [each for each in package.resources if each.name.startswith("csv")]
        assert len(tables) == 2
        for table in tables:
            report = table.validate()
            assert report.valid, report.flatten(["fieldName", "message"])
    for each in read(published, "datapackage.json")["resources"]:
        content = (published / each["path"]).read_bytes()
        assert (each["bytes"], each["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def test_our_table_schema_says_the_same_as_the_official_one(shared_data):
    official = json.loads((shared_data / "places" / "schema" / "schema_v1.0.2.json").read_bytes())["fields"]
    ours = table_schema()["fields"]
    assert [each["name"] for each in ours] == [each["name"] for each in official]
    assert [each["type"] for each in ours] == [each["type"] for each in official]
    for mine, theirs in zip(ours, official, strict=True):
        asked, given = theirs.get("constraints", {}), mine.get("constraints", {})
        assert given.get("required", False) == asked.get("required", False), mine["name"]
        assert given.get("maxLength") == asked.get("maxLength"), mine["name"]


def test_stac_has_a_valid_item_for_each_release(published):
    pystac = pytest.importorskip("pystac", reason="pystac is not installed")
    from pystac.validation import validate_dict

    collection = pystac.Collection.from_file(str(published / "stac" / "collection.json"))
    items = list(collection.get_items())
    assert [item.id for item in items] == ["2026-11-20", "2026-11-21"]
    index = {each["format"]: each for each in read(published, "index.json")["files"] if each["departement"] is None}
    assert set(items[1].assets) == set(index)
    for name, asset in items[1].assets.items():
        assert asset.extra_fields["file:size"] == index[name]["bytes"]
        assert asset.extra_fields["file:checksum"] == "1220" + index[name]["sha256"]
    for described in (collection, *items):
        # The schemas of STAC itself are bundled with pystac; that of an extension would be fetched from the network.
        validate_dict(described.to_dict(), extensions=[])


def test_the_record_has_what_ogc_api_records_asks_of_one(published):
    record = read(published, "record.json")
    assert record["conformsTo"] == ["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"]
    assert record["type"] == "Feature"
    assert {"id", "geometry", "time", "properties", "links"} <= set(record)
    assert {"type", "title", "description", "license", "updated"} <= set(record["properties"])
    assert record["geometry"]["coordinates"][0][0] == pytest.approx([3.8, 43.6], abs=0.1)
    assert all({"rel", "href"} <= set(link) for link in record["links"])


def test_croissant_describes_every_file_and_every_column_of_the_csv(published):
    described = read(published, "croissant.json")
    whole = [each for each in read(published, "index.json")["files"] if each["departement"] is None]
    assert {each["@id"]: each["sha256"] for each in described["distribution"]} == {each["file"]: each["sha256"] for each in whole}
    columns = [field["source"]["extract"]["column"] for field in described["recordSet"][0]["field"]]
    header = (published / "lieux-mediation-numerique.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == ",".join(f'"{column}"' for column in columns)


def test_a_citation_names_the_release_and_its_day(published):
    lines = (published / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    simple = [line for line in lines if not line.startswith((" ", "authors", "keywords"))]
    # Its values are JSON strings, so this much of its YAML is TOML after one replacement.
    values = tomllib.loads("\n".join(line.replace(": ", " = ", 1) for line in simple))
    assert values["version"] == values["date-released"] == "2026-11-21"
    assert values["cff-version"] == "1.2.0"


def test_attribution_names_each_source_its_licence_and_its_last_update(published):
    text = (published / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "Licence Ouverte 2.0" in text
    assert "| demo | producteur non renseigné | licence non renseignée | 2026-10-01 | 31 |" in text


@pytest.mark.parametrize(("feed", "producer"), [("cnfs", "Conseiller numérique"), ("national", "Cartographie nationale")])
def test_a_source_of_the_catalogue_is_named_with_its_producer_and_licence(tmp_path, feed, producer):
    write_release(tmp_path, **town(5, feed=feed))
    source = sources_of(open_release(tmp_path))[0]
    assert producer in source.producer
    assert source.licence == "Licence Ouverte 2.0"
    assert (source.records, source.last_update) == (5, "2026-10-01")


@pytest.mark.parametrize("feed", ["siilab", "lieux"], ids=["a source whose page states no licence", "a file of one's own"])
def test_a_source_without_a_known_licence_stops_the_publication_until_somebody_answers_for_it(tmp_path, feed):
    tables = town(5, feed=feed)
    write_release(tmp_path / "releases", **tables | {"manifest": tables["manifest"] | {"demo": False}})
    chosen = {"base_url": BASE, "publisher": "Mon association", "formats": ["csv"]}
    with pytest.raises(ExportError, match=rf"not known to be open: {feed} \(.*--allow-licence {feed}$"):
        write_publication(tmp_path / "releases", tmp_path / "site", **chosen)
    assert not (tmp_path / "site").exists()
    site = write_publication(tmp_path / "releases", tmp_path / "site", **chosen, allowed=[feed])
    assert "reprise sous la responsabilité de : Mon association" in (site / "ATTRIBUTION.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "licence", ["ODbL", "CC-BY-SA 4.0", "Open Database License (ODbL)", "Creative Commons Attribution Share Alike"]
)
def test_share_alike_licences_are_known_by_their_usual_names(licence):
    assert licence_standing(licence) == "share_alike"


@pytest.mark.parametrize(
    "licence", ["lov2", "Licence Ouverte / Open Licence version 2.0", "CC0 1.0", "CC BY 4.0", "domaine public"]
)
def test_licences_that_ask_for_a_name_at_most_are_open(licence):
    assert licence_standing(licence) == "open"


@pytest.mark.parametrize(
    "licence", ["", "non indiquée", "celle du producteur", "CC BY-NC 4.0", "CC-BY-NC-SA", "tous droits réservés"]
)
def test_any_other_licence_is_not_taken_for_an_open_one(licence):
    assert licence_standing(licence) != "open"


def test_demo_places_are_called_so_in_every_catalogue(published):
    for name in ("datapackage.json", "catalog.jsonld", "record.json", "croissant.json", "stac/collection.json"):
        assert "DÉMONSTRATION" in (published / name).read_text(encoding="utf-8")


def test_two_publications_of_one_release_are_the_same_to_the_byte(releases, published, tmp_path):
    formats = ["csv", "json", "geojson", "geoparquet"]
    again = write_publication(releases, tmp_path / "lieux", base_url=BASE, publisher="Association d'exemple", formats=formats)
    names = sorted(each.relative_to(published) for each in published.rglob("*") if each.is_file())
    assert names == sorted(each.relative_to(again) for each in again.rglob("*") if each.is_file())
    assert all((published / name).read_bytes() == (again / name).read_bytes() for name in names)
    assert (published / "changements" / "changements.atom").is_file()
