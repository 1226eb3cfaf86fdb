"""The published folder over HTTP: every file whole, by range, with its checksum; the page that lists them; what changed."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from mediation_geo.release import write_release
from mediation_geo.release.publication import write_publication
from tests.release.tables import town
from tests.service.serving import running

FORMATS = ["csv", "geojson", "geoparquet"]
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@dataclass(frozen=True)
class Published:
    """A server over two releases, and the folder that was published of them."""

    web: httpx.Client
    folder: Path
    releases: Path

    def publish(self) -> None:
        write_publication(
            self.releases, self.folder, base_url=f"{self.web.base_url}/telechargements", publisher="Exemple", formats=FORMATS
        )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("downloads")
    write_release(folder / "releases", **town(30, as_of="2026-11-20"))
    write_release(folder / "releases", **town(31, as_of="2026-11-21"))
    target = folder / "publication"
    with (
        running(folder / "releases", MEDIATION_GEO_PUBLICATION=str(target)) as url,
        httpx.Client(base_url=url, timeout=60, headers={"Accept-Encoding": "identity"}) as web,
    ):
        site = Published(web, target, folder / "releases")
        assert "Aucun export n&#39;est publié" in web.get("/telechargements").text
        assert "Aucun changement" in web.get("/changements").text
        site.publish()
        yield site


def names(published: Published) -> list[str]:
    root = published.folder.resolve()
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_every_file_of_the_folder_is_served_as_it_lies_there(published: Published) -> None:
    found = names(published)
    assert len(found) > 15
    for name in found:
        answer = published.web.get(f"/telechargements/{name}")
        assert answer.status_code == 200, name
        assert answer.content == (published.folder / name).read_bytes(), name
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["x-dataset-snapshot"] == "2026-11-21"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert published.web.head(f"/telechargements/{name}").headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("lieux-mediation-numerique.csv", "text/csv; charset=utf-8"),
        ("lieux-mediation-numerique.geojson", "application/geo+json"),
        ("lieux-mediation-numerique.parquet", "application/vnd.apache.parquet"),
        ("places.parquet", "application/vnd.apache.parquet"),
        ("catalog.jsonld", "application/ld+json"),
        ("record.json", "application/geo+json"),
        ("stac/collection.json", "application/json"),
        ("stac/2026-11-21.json", "application/geo+json"),
        ("CITATION.cff", "application/yaml"),
        ("SHA256SUMS", "text/plain; charset=utf-8"),
        ("changements/changements.atom", "application/atom+xml"),
        ("changements/changements.ndjson", "application/x-ndjson"),
    ],
)
def test_files_have_the_media_type_registered_for_them(published: Published, name: str, media_type: str) -> None:
    assert published.web.head(f"/telechargements/{name}").headers["content-type"] == media_type


def test_checksums_are_those_of_the_bytes_and_the_tag_is_the_checksum(published: Published) -> None:
    sums = published.web.get("/telechargements/SHA256SUMS").text.splitlines()
    assert len(sums) >= len(FORMATS)
    for line in sums:
        checksum, name = line.split(maxsplit=1)
        answer = published.web.get(f"/telechargements/{name}")
        assert hashlib.sha256(answer.content).hexdigest() == checksum
        assert answer.headers["etag"] == f'"{checksum}"'
        algorithm, _, digest = answer.headers["repr-digest"].partition("=")
        assert (algorithm, b64decode(digest.strip(":")).hex()) == ("sha-256", checksum)
        known = published.web.get(f"/telechargements/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")


def test_a_broken_download_goes_on_where_it_stopped_and_starts_again_after_a_new_release(published: Published) -> None:
    url = "/telechargements/lieux-mediation-numerique.csv"
    whole = published.web.get(url)
    rest = published.web.get(url, headers={"Range": "bytes=100-", "If-Range": whole.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"
    stale = published.web.get(url, headers={"Range": "bytes=100-", "If-Range": '"of an older file"'})
    assert (stale.status_code, stale.content) == (200, whole.content)
    assert published.web.get(url, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416


@pytest.mark.parametrize(
    "name",
    [
        "../releases/current/manifest.json",
        "..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "absent.csv",
        "stac",
        "%00",
        "a" * 5000,
        ".publication.lock",
    ],
)
def test_nothing_but_published_files_is_served(published: Published, name: str) -> None:
    answer = published.web.get(f"{published.web.base_url}/telechargements/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_page_of_downloads_leads_to_every_export_and_description(published: Published) -> None:
    for language in ("fr", "facile", "en"):
        page = published.web.get("/telechargements", params={"lang": language}).text
        links = {each.split('"')[0] for each in page.split('href="/telechargements/')[1:]}
        missing = {name for name in names(published) if name.count("/") == 0 and name not in {"index.json"}} - links
        assert missing == set()
        assert "departements/34.csv" in links
        for name in links:
            assert published.web.head(f"/telechargements/{name}").status_code == 200


def test_the_page_of_changes_tells_what_the_feeds_tell(published: Published) -> None:
    page = published.web.get("/changements").text
    assert "2026-11-20 → 2026-11-21" in page
    feed = ET.fromstring(published.web.get("/telechargements/changements/changements.atom").content)
    entries = feed.findall("a:entry", ATOM)
    assert entries
    own = feed.find("a:link[@rel='self']", ATOM)
    assert own is not None
    assert published.web.get(own.attrib["href"]).status_code == 200
    assert f"{len(entries)} changements" in page
    code = (
        next(name for name in names(published) if name.startswith("changements/departements/"))
        .split("/")[-1]
        .removesuffix(".atom")
    )
    assert f'href="/telechargements/changements/departements/{code}.atom"' in page
    part = published.web.get("/changements", params={"dep": code})
    assert f"Département {code}" in part.text
    assert published.web.get("/changements", params={"dep": "00"}).json()["parametre"] == "dep"


def test_a_new_publication_shows_at_once_and_changes_the_tag_of_the_pages(published: Published) -> None:
    before = published.web.get("/telechargements")
    again = published.web.get("/telechargements", headers={"If-None-Match": before.headers["etag"]})
    assert again.status_code == 304
    write_release(published.releases, **town(33, as_of="2026-11-22"))
    published.publish()
    after = published.web.get("/telechargements", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "22 novembre 2026" in after.text
    assert published.web.get("/telechargements/index.json").json()["release"] == "2026-11-22"
