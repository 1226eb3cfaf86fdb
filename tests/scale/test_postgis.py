"""A release in PostGIS says what the release says, to SQL and to pygeoapi's own PostgreSQL provider, and swaps in one step."""

from __future__ import annotations

import json
import warnings
from datetime import date

import pandas as pd
import psycopg
import pytest
from pygeoapi.api import API, APIRequest
from pygeoapi.api.itemtypes import get_collection_items
from pygeoapi.provider.base import ProviderItemNotFoundError
from pygeoapi.provider.sql import PostgreSQLProvider
from sqlalchemy import make_url

from mediation_geo.errors import ChecksumMismatch, SettingsError
from mediation_geo.release import StoreError, open_release, write_release
from mediation_geo.release.errors import StoreUnavailable
from mediation_geo.release.postgis import publish_to_postgis, release_schema
from tests.release.tables import town
from tests.scale import postgres
from tests.service.serving import demo_releases

REASON = postgres.missing()
pytestmark = [
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
    # pygeoapi keeps its engines, and reads geometry columns of views as types it does not know.
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
    pytest.mark.filterwarnings("ignore:You will likely lose important projection:UserWarning"),
]


@pytest.fixture(scope="module")
def address():
    with postgres.database() as found:
        yield found


@pytest.fixture(scope="module")
def demo(address):
    """The demo release, published into a schema of its own."""
    release = open_release(demo_releases())
    publish_to_postgis(release, address, schema="demo")
    return release


@pytest.fixture(scope="module")
def provider(demo, address):
    assert demo
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PostgreSQLProvider(provider_definition(address, "demo"))


def provider_definition(address, schema):
    url = make_url(address)
    return {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": url.host,
            "port": str(url.port),
            "dbname": url.database,
            "user": url.username,
            "password": url.password,
            "search_path": [schema],
        },
        "id_field": "place_id",
        "table": "places",
        "geom_field": "geometry",
        "time_field": "date_maj",
    }


def rows(address, query, *parameters):
    with psycopg.connect(address) as connection:
        cursor = connection.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []


def publish(folder, size, *, day):
    write_release(folder, **town(size, as_of=day))
    return open_release(folder)


def test_every_place_and_record_is_there_with_its_values(demo, address):
    assert rows(address, "SELECT count(*) FROM demo.records") == [(len(demo.records),)]
    names = ["place_id", "nom", "services", "latitude", "date_maj", "provenance"]
    told = rows(address, f'SELECT {", ".join(names)}, ST_X(geometry) FROM demo.places ORDER BY place_id COLLATE "C"')
    assert len(told) == len(demo.places)
    for (place_id, nom, services, latitude, day, provenance, x), place in zip(told, demo.places.itertuples(), strict=True):
        assert (place_id, nom) == (place.place_id, place.nom)
        assert services == (place.services if isinstance(place.services, list) else None)
        assert provenance == json.loads(place.provenance)
        assert day == (None if pd.isna(place.date_maj) else place.date_maj.date())
        assert (latitude, x) == ((None, None) if pd.isna(place.latitude) else (place.latitude, place.geometry.x))


def test_lists_and_distances_are_asked_in_sql(demo, address):
    label = demo.places["services"].explode().mode()[0]
    expected = sum(label in each for each in demo.places["services"] if isinstance(each, list))
    assert rows(address, "SELECT count(*) FROM demo.places WHERE services @> ARRAY[%s]", label) == [(expected,)]
    plan = rows(address, "EXPLAIN SELECT 1 FROM demo.places WHERE geometry && ST_MakeEnvelope(2.3, 48.8, 2.31, 48.81, 4326)")
    indexes = rows(address, "SELECT indexdef FROM pg_indexes WHERE schemaname = %s", release_schema(demo.id, schema="demo"))
    assert plan
    assert any("USING gist (geometry)" in each for (each,) in indexes)


def test_source_licence_and_meaning_are_written_beside_the_tables(demo, address):
    query = "SELECT obj_description('demo.places'::regclass), col_description(%s::regclass, 1)"
    [(view, column)] = rows(address, query, f"{release_schema(demo.id, schema='demo')}.places")
    assert view == demo.credit["attribution"]
    assert column == "Identifiant stable du lieu"


def test_pages_of_the_stock_provider_put_together_are_the_whole(demo, provider):
    assert provider.query(resulttype="hits")["numberMatched"] == len(demo.places)
    seen = []
    for offset in range(0, len(demo.places) + 500, 500):
        page = provider.query(offset=offset, limit=500)["features"]
        assert len(page) <= 500
        seen += [each["id"] for each in page]
    assert seen == demo.places["place_id"].tolist()


def test_the_stock_provider_finds_a_place_by_its_id_and_no_place_by_another(demo, provider):
    place = demo.places[demo.places["geometry"].notna()].iloc[7]
    found = provider.get(place["place_id"])
    assert found["properties"]["nom"] == place["nom"]
    assert found["geometry"]["coordinates"] == (place["longitude"], place["latitude"])
    with pytest.raises(ProviderItemNotFoundError):
        provider.get("no-such-place")


def test_the_stock_provider_answers_boxes_days_values_and_order_as_the_release_does(demo, provider):
    places = demo.places
    box = [2.0, 48.0, 3.0, 49.5]
    inside = places["longitude"].between(box[0], box[2]) & places["latitude"].between(box[1], box[3])
    assert inside.any()
    assert ids(provider.query(bbox=box, limit=5000)) == set(places.loc[inside, "place_id"])
    recent = places["date_maj"].between("2026-01-01", "2026-06-30")
    assert recent.any()
    assert ids(provider.query(datetime_="2026-01-01/2026-06-30", limit=5000)) == set(places.loc[recent, "place_id"])
    commune = places["commune"].mode()[0]
    there = places["commune"] == commune
    assert ids(provider.query(properties=[("commune", commune)], limit=5000)) == set(places.loc[there, "place_id"])
    ordered = provider.query(sortby=[{"property": "code_insee", "order": "+"}], limit=5000)["features"]
    codes = [each["properties"]["code_insee"] for each in ordered if each["properties"]["code_insee"]]
    assert codes == sorted(codes)
    assert len(codes) == places["code_insee"].notna().sum()


def test_pygeoapi_serves_the_table_as_geojson(demo, address):
    resource = {
        "type": "collection",
        "title": "Lieux",
        "description": "Lieux",
        "keywords": ["lieux"],
        "links": [],
        "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
        "providers": [provider_definition(address, "demo")],
    }
    config = {
        "server": {"url": "http://127.0.0.1", "encoding": "utf-8", "mimetype": "application/json", "language": "fr-FR"},
        "logging": {"level": "ERROR"},
        "metadata": {"identification": {"title": "Lieux", "description": "Lieux"}},
        "resources": {"lieux": resource},
    }
    config["server"]["limits"] = {"default_items": 10, "max_items": 1000}

    class Request:
        headers: dict[str, str] = {}  # noqa: RUF012 (what pygeoapi reads)
        args = {"f": "json", "limit": "3"}  # noqa: RUF012
        scope = {"path": "/"}  # noqa: RUF012

    _headers, status, content = get_collection_items(API(config, {}), APIRequest(Request(), ["fr-FR"]), "lieux")
    answer = json.loads(content)
    assert status == 200
    assert answer["numberMatched"] == len(demo.places)
    assert [each["id"] for each in answer["features"]] == demo.places["place_id"].tolist()[:3]
    days = [None if pd.isna(day) else str(day.date()) for day in demo.places["date_maj"][:3]]
    assert [each["properties"]["date_maj"] for each in answer["features"]] == days


def test_the_views_move_to_the_next_release_and_back_and_old_ones_go(address, tmp_path):
    releases = [publish(tmp_path, 5 + number, day=f"2026-11-{18 + number}") for number in range(3)]
    provider = None
    for number, release in enumerate(releases):
        assert publish_to_postgis(release, address, schema="moving", keep=2) == ([] if number < 2 else ["2026-11-18"])
        if provider is None:
            rows(address, "GRANT USAGE ON SCHEMA moving TO PUBLIC; GRANT SELECT ON moving.places TO PUBLIC")
            provider = PostgreSQLProvider(provider_definition(address, "moving"))
        # The provider that pygeoapi made before the swap follows it.
        assert provider.query(resulttype="hits")["numberMatched"] == 5 + number
    assert publish_to_postgis(releases[1], address, schema="moving", keep=2) == []
    assert rows(address, "SELECT count(*) FROM moving.places") == [(6,)]
    assert rows(address, "SELECT release_id FROM moving.releases WHERE is_current") == [("2026-11-19",)]
    assert rows(address, "SELECT has_table_privilege('public', 'moving.places', 'SELECT')") == [(True,)]
    schemas = rows(address, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'moving%%' ORDER BY 1")
    assert [name for (name,) in schemas] == ["moving", "moving_2026_11_19", "moving_2026_11_20"]


def test_publishing_twice_writes_once(address, tmp_path):
    release = publish(tmp_path, 5, day="2026-11-21")
    publish_to_postgis(release, address, schema="twice")
    made = rows(address, "SELECT 'twice_2026_11_21.places'::regclass::oid")
    publish_to_postgis(release, address, schema="twice")
    assert rows(address, "SELECT 'twice_2026_11_21.places'::regclass::oid") == made


def test_a_publication_that_fails_leaves_what_was_there(address, tmp_path):
    publish_to_postgis(publish(tmp_path, 5, day="2026-11-20"), address, schema="failing")
    # Somebody else's table where the next release would go.
    rows(address, "CREATE SCHEMA failing_2026_11_21")
    with pytest.raises(StoreError, match="already exists"):
        publish_to_postgis(publish(tmp_path, 6, day="2026-11-21"), address, schema="failing")
    assert rows(address, "SELECT count(*) FROM failing.places") == [(5,)]
    assert rows(address, "SELECT release_id, is_current FROM failing.releases") == [("2026-11-20", True)]


def test_another_release_under_a_used_id_is_refused(address, tmp_path):
    publish_to_postgis(publish(tmp_path / "one", 5, day="2026-11-20"), address, schema="used")
    with pytest.raises(StoreError, match="another release 2026-11-20"):
        publish_to_postgis(publish(tmp_path / "two", 6, day="2026-11-20"), address, schema="used")


def test_a_damaged_release_is_not_written(address, tmp_path):
    release = publish(tmp_path, 5, day="2026-11-20")
    places = release.path / "places.parquet"
    places.chmod(0o644)
    places.write_bytes(places.read_bytes()[:-1] + b"?")
    with pytest.raises(ChecksumMismatch):
        publish_to_postgis(release, address, schema="damaged")
    assert rows(address, "SELECT count(*) FROM pg_namespace WHERE nspname = 'damaged'") == [(0,)]


@pytest.mark.parametrize("wrong", ["password", "port", "scheme", "rubbish"])
def test_no_message_tells_the_password(address, tmp_path, wrong):
    url = make_url(address).set(password="hush-hush")
    given = {
        "password": url.render_as_string(hide_password=False),
        "port": url.set(port=9).render_as_string(hide_password=False),
        "scheme": url.set(drivername="mysql").render_as_string(hide_password=False),
        "rubbish": "postgresql//lieux:hush-hush@",
    }[wrong]
    with pytest.raises(SettingsError if wrong in {"scheme", "rubbish"} else StoreUnavailable) as caught:
        publish_to_postgis(publish(tmp_path, 2, day="2026-11-20"), given)
    assert "hush-hush" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_name_of_the_schema_is_no_door_for_sql(tmp_path):
    with pytest.raises(SettingsError, match="expected small letters"):
        publish_to_postgis(publish(tmp_path, 2, day="2026-11-20"), "postgresql://127.0.0.1/x", schema='x"; DROP SCHEMA public')


def ids(answer):
    return {each["id"] for each in answer["features"]}


def test_days_are_days(demo, address):
    [(first,)] = rows(address, "SELECT min(first_seen) FROM demo.places")
    assert first == date.fromisoformat(demo.manifest["as_of"])
