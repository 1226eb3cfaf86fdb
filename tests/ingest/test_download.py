"""Downloads from a server on loopback: retried, conditional, whole or not at all, never from elsewhere."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mediation_geo.errors import ChecksumMismatch, SettingsError, SourceError, SourceUnavailable
from mediation_geo.ingest.catalogue import CatalogueEntry, allowed_hosts, catalogue, catalogue_entry
from mediation_geo.ingest.download import Patience, fetch, fetch_source
from mediation_geo.ingest.mapping import Fetch

HOSTS = frozenset({"127.0.0.1"})
CONTENT = b"id,nom\n1,Mairie\n"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        self.server.answer(self)

    def log_message(self, *_):
        pass

    def reply(self, status=200, body=b"", **headers):
        self.send_response(status)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.requests = []
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    httpd.url = f"http://127.0.0.1:{httpd.server_port}"
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def _get(server, target, *, waits=None, **options):
    patience = Patience(pause=(waits if waits is not None else []).append)
    return fetch(f"{server.url}/lieux.csv", target, hosts=HOSTS, patience=patience, **options)


def test_a_file_arrives_with_its_checksum(server, tmp_path):
    server.answer = lambda handler: handler.reply(body=CONTENT, ETag='"1"')
    done = _get(server, tmp_path / "lieux.csv", sha256=hashlib.sha256(CONTENT).hexdigest())
    assert done.path.read_bytes() == CONTENT
    assert (done.changed, done.sha256) == (True, hashlib.sha256(CONTENT).hexdigest())


def test_an_unchanged_file_is_not_sent_again(server, tmp_path):
    def answer(handler):
        fresh = handler.headers.get("If-None-Match") == '"1"'
        handler.reply(304) if fresh else handler.reply(body=CONTENT, ETag='"1"')

    server.answer = answer
    first, second = (_get(server, tmp_path / "lieux.csv") for _ in range(2))
    assert (first.changed, second.changed) == (True, False)
    assert second.sha256 == first.sha256
    assert second.path.read_bytes() == CONTENT


def test_a_damaged_copy_is_fetched_anew(server, tmp_path):
    server.answer = lambda handler: handler.reply(body=CONTENT, ETag='"1"')
    _get(server, tmp_path / "lieux.csv").path.write_bytes(b"half")
    assert _get(server, tmp_path / "lieux.csv").path.read_bytes() == CONTENT
    assert "If-None-Match" not in server.requests[1][1]


def test_a_busy_server_is_asked_again_after_the_pause_it_names(server, tmp_path):
    answers = iter([(503, {"Retry_After": "7"}), (429, {})])

    def answer(handler):
        status, headers = next(answers, (200, {}))
        handler.reply(status, CONTENT, **headers)

    server.answer = answer
    waits = []
    assert _get(server, tmp_path / "lieux.csv", waits=waits).path.read_bytes() == CONTENT
    assert waits == [7.0, 2.0]


def _cut(handler):
    handler.reply(body=CONTENT, Content_Length="1000")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda handler: handler.reply(500), "4 attempts"),
        (lambda handler: handler.reply(404), "HTTP 404"),
        (lambda handler: handler.reply(), "empty answer"),
        (_cut, "4 attempts"),
    ],
    ids=["broken", "gone", "empty", "cut short"],
)
def test_a_failed_download_never_replaces_a_good_file(server, tmp_path, answer, words):
    target = tmp_path / "lieux.csv"
    target.write_bytes(b"old")
    server.answer = answer
    with pytest.raises(SourceUnavailable, match=words):
        _get(server, target)
    assert target.read_bytes() == b"old"


def test_other_bytes_than_promised_are_refused(server, tmp_path):
    target = tmp_path / "lieux.csv"
    target.write_bytes(b"old")
    server.answer = lambda handler: handler.reply(body=CONTENT)
    with pytest.raises(ChecksumMismatch):
        _get(server, target, sha256="0" * 64)
    assert target.read_bytes() == b"old"


def test_a_small_answer_that_unpacks_without_end_is_cut(server, tmp_path):
    bomb = gzip.compress(b"0" * 5_000_000)
    server.answer = lambda handler: handler.reply(body=bomb, Content_Encoding="gzip")
    with pytest.raises(SourceError, match="more than 1,000,000 bytes"):
        _get(server, tmp_path / "lieux.csv", max_bytes=1_000_000)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url", ["https://evil.example/x.csv", "http://www.data.gouv.fr/x.csv", "file:///etc/passwd", "https://169.254.169.254/"]
)
def test_only_listed_hosts_are_asked(tmp_path, url):
    with pytest.raises(SourceError, match="allowed host"):
        fetch(url, tmp_path / "x", patience=Patience(pause=[].append))


def test_a_redirect_to_another_host_is_refused(server, tmp_path):
    server.answer = lambda handler: handler.reply(302, Location="https://evil.example/x.csv")
    with pytest.raises(SourceError, match="allowed host"):
        _get(server, tmp_path / "lieux.csv")


def _paged_entry(server):
    rule = Fetch.model_construct(
        url=f"{server.url}/1", format="json", key="data", next="links.next", total="meta.total", token_variable=None
    )
    return CatalogueEntry.model_construct(name="paged", title="", producer="", licence="", fetch=rule)


def test_pages_are_put_together_and_counted_against_the_declared_total(server, tmp_path):
    pages = {
        "/1": {"data": [{"id": 1}, {"id": 2}], "links": {"next": "/2"}, "meta": {"total": 3}},
        "/2": {"data": [{"id": 3}], "links": {"next": None}},
    }
    server.answer = lambda handler: handler.reply(body=json.dumps(pages[handler.path]).encode())
    done = fetch_source(_paged_entry(server), tmp_path, token="invented", hosts=HOSTS, patience=Patience(pause=[].append))
    assert json.loads(done.path.read_text()) == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert (done.declared_rows, done.received_rows) == (3, 3)
    assert all(headers["Authorization"] == "Bearer invented" for _, headers in server.requests)
    assert all("invented" not in path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ({"data": [{}], "meta": {"total": 9}}, "1 rows received of 9 declared"),
        ({"data": [{}], "links": {"next": "/1"}}, "never end"),
    ],
)
def test_an_incomplete_answer_is_no_answer(server, tmp_path, page, words):
    server.answer = lambda handler: handler.reply(body=json.dumps(page).encode())
    with pytest.raises(SourceUnavailable, match=words):
        fetch_source(_paged_entry(server), tmp_path, hosts=HOSTS, patience=Patience(pause=[].append))
    assert not list(tmp_path.iterdir())


def test_the_catalogue_names_https_addresses_on_listed_hosts():
    assert {"national", "france-services", "coop-numerique", "hinaura"} <= set(catalogue())
    for entry in catalogue().values():
        assert entry.fetch.url.split("/")[2] in allowed_hosts()
    with pytest.raises(SettingsError, match="expected one of"):
        catalogue_entry("nowhere")


def test_a_source_that_trickles_is_given_up_in_time_and_the_old_file_stays(server, tmp_path):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(600):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.1)

    target = tmp_path / "lieux.csv"
    target.write_bytes(b"old")
    server.answer = drip
    with pytest.raises(SourceUnavailable, match=r"too slow: [\d,]+ bytes"):
        fetch(f"{server.url}/lieux.csv", target, hosts=HOSTS, patience=Patience(whole_s=1.0, pause=[].append))
    assert [each.name for each in tmp_path.iterdir()] == ["lieux.csv"]
    assert target.read_bytes() == b"old"


def test_a_disk_that_refuses_a_download_is_said_to_refuse(server, tmp_path):
    server.answer = lambda handler: handler.reply(body=CONTENT)
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SourceUnavailable, match="cannot be kept in"):
        _get(server, tmp_path / "file" / "lieux.csv")
