"""HTTP as caches, browsers and scripts rely on it."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import brotli
import httpx
import pytest

from mediation_geo.errors import SettingsError
from mediation_geo.service.cql import MAX_FILTER_CHARACTERS
from mediation_geo.service.http.limits import Limiter
from mediation_geo.service.snapshot import Snapshot
from tests.service.serving import COLLECTION, running

ITEMS = f"/ogcapi/collections/{COLLECTION}/items"
CACHED = ["/ogcapi", f"{ITEMS}?limit=20", f"{ITEMS}?limit=20&f=html", "/ogcapi/openapi", "/", "/integrer"]


@pytest.mark.parametrize("path", CACHED)
def test_an_unchanged_answer_is_not_sent_twice(web: httpx.Client, path: str) -> None:
    first = web.get(path)
    assert first.headers["etag"].startswith('"')
    assert "public" in first.headers["cache-control"]
    again = web.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert web.get(path, headers={"If-None-Match": '"autre"'}).status_code == 200


def test_no_two_answers_of_proches_have_one_tag(web: httpx.Client) -> None:
    bodies: dict[str, bytes] = {}
    queries = (
        "champs=nom&champs=adresse",
        "champs=adresse&champs=nom",
        "source=a&source=b",
        "source=b&source=a",
        "f=txt",
        "f=csv",
    )
    for query in (*queries, *queries):
        path = f"/proches?lat=43.61&lon=3.88&{query}"
        answer = web.get(path)
        tag = answer.headers["etag"]
        assert bodies.setdefault(tag, answer.content) == answer.content
        again = web.get(path, headers={"If-None-Match": tag})
        # A minute may have begun between the two.
        assert again.status_code == 304 or again.headers["etag"] != tag
    assert len(bodies) >= len(queries)


def test_the_tag_follows_what_is_asked_and_not_its_order(web: httpx.Client) -> None:
    tags = [
        web.get(f"{ITEMS}?{query}").headers["etag"]
        for query in ("limit=2&commune=Lille", "commune=Lille&limit=2", "commune=Lille&limit=3")
    ]
    assert tags[0] == tags[1] != tags[2]
    french, english = (web.get(ITEMS, headers={"Accept-Language": language}).headers["etag"] for language in ("fr", "en"))
    assert french != english


def test_two_requests_give_the_same_bytes(web: httpx.Client) -> None:
    for path in ("/ogcapi/collections", "/ogcapi/openapi", "/", f"{ITEMS}?limit=50&f=html"):
        assert web.get(path).content == web.get(path).content
    first, second = (web.get(f"{ITEMS}?limit=50").json() for _ in range(2))
    assert first.pop("timeStamp") < second.pop("timeStamp")
    assert first == second


@pytest.mark.parametrize(("accepted", "undo"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_compressed_answers_hold_the_same_bytes(site_url: str, web: httpx.Client, accepted: str, undo: object) -> None:
    parts = urlsplit(site_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", "/ogcapi/openapi", headers={"Accept-Encoding": accepted})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.headers["content-encoding"] == accepted
    plain = web.get("/ogcapi/openapi", headers={"Accept-Encoding": "identity"})
    assert undo(body) == plain.content  # type: ignore[operator]
    assert len(body) < len(plain.content) / 3
    assert answer.headers["etag"] != plain.headers["etag"]
    connection.close()


@pytest.mark.parametrize("path", ["/", "/ogcapi", f"{ITEMS}?limit=3", "/healthz"])
def test_head_answers_like_get_without_a_body(web: httpx.Client, path: str) -> None:
    head, get = web.head(path), web.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] or get.headers.get("content-encoding")


def test_any_site_may_read_the_answers(web: httpx.Client) -> None:
    for path in ("/ogcapi", ITEMS, f"{ITEMS}?rien=1", "/proches?lat=48.85&lon=2.35", "/rien"):
        answer = web.get(path, headers={"Origin": "https://association.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "X-Dataset-Snapshot" in answer.headers["access-control-expose-headers"]
        assert "set-cookie" not in answer.headers
    preflight = web.options("/proches", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]


def test_every_answer_names_its_release_and_that_it_is_a_demo(web: httpx.Client, snapshot: Snapshot) -> None:
    for path in ("/", "/ogcapi", ITEMS, "/proches?lat=48.85&lon=2.35", "/status?f=json", "/lieux/rien"):
        answer = web.get(path)
        assert answer.headers["x-dataset-snapshot"] == snapshot.id
        assert answer.headers["x-dataset-demo"] == "true"
    for path in ("/", "/guide", "/proches?lat=48.85&lon=2.35&f=html", "/ogcapi?f=html", f"{ITEMS}?f=html", "/lieux/rien"):
        assert "émonstration" in web.get(path, headers={"Accept": "text/html"}).text


@pytest.mark.parametrize(
    ("accept", "path", "expected"),
    [
        ("application/geo+json", ITEMS, "application/geo+json"),
        ("application/json", ITEMS, "application/geo+json"),
        ("*/*", ITEMS, "application/geo+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", ITEMS, "text/html; charset=utf-8"),
        ("text/html;q=0.2,application/geo+json;q=0.9", ITEMS, "application/geo+json"),
        ("application/json", "/ogcapi/collections", "application/json"),
        ("application/schema+json", f"/ogcapi/collections/{COLLECTION}/queryables", "application/schema+json"),
        ("text/html", "/ogcapi", "text/html; charset=utf-8"),
    ],
)
def test_the_form_follows_what_the_client_accepts(web: httpx.Client, accept: str, path: str, expected: str) -> None:
    assert web.get(path, headers={"Accept": accept}).headers["content-type"] == expected


def test_what_cannot_be_written_is_406(web: httpx.Client) -> None:
    for accept in ("application/xml", "image/png", "application/geo+json;q=0"):
        answer = web.get(ITEMS, headers={"Accept": accept})
        assert answer.status_code == 406
        assert answer.headers["content-type"] == "application/problem+json"


def test_security_headers_are_on_every_answer(web: httpx.Client) -> None:
    for path in ("/", ITEMS, "/rien", "/statique/style.css", "/integration"):
        headers = web.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["permissions-policy"].startswith("geolocation=(self)")
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert "server" not in headers
        assert "x-powered-by" not in headers
    assert "frame-ancestors *" in web.get("/integration").headers["content-security-policy"]
    assert "frame-ancestors 'self'" in web.get("/").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/proches", "/adresses", "/ogcapi/processes/nearest-places/execution"])
def test_bodies_beyond_the_limits_are_refused(web: httpx.Client, path: str) -> None:
    big = b'{"q":"' + b"x" * 17_000 + b'"}'
    assert web.post(path, content=big, headers={"Content-Type": "application/json"}).status_code == 413

    def chunks() -> object:
        for _ in range(40):
            yield b"x" * 1_000

    assert web.post(path, content=chunks(), headers={"Content-Type": "application/json"}).status_code == 413  # type: ignore[arg-type]
    assert web.post(path, content=b"<a/>", headers={"Content-Type": "text/xml"}).status_code == 415
    assert web.post(path, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert web.post(path, content=b"[]", headers={"Content-Type": "application/json"}).status_code == 400
    assert web.post(path, content=b"\xff\xfe", headers={"Content-Type": "application/json"}).status_code == 400


def test_random_bytes_never_make_a_server_error_and_hold_nobody_up(site_url: str, web: httpx.Client) -> None:
    parts = urlsplit(site_url)
    for junk in (
        b"\x00\xff" * 500 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%00%ff%fe?%ff=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
            connection.sendall(junk)
            first = connection.recv(100)
        assert first == b"" or first.split()[1][:1] in {b"2", b"4"}
    for query in ("?%ff=%fe", "?limit=%00", "?&&&=&=", "?" + "a=b&" * 50):
        assert web.get(ITEMS + query).status_code == 400
    assert web.get("/healthz").status_code == 200


def test_what_is_not_http_and_what_is_too_long_is_answered_by_a_problem_document(site_url: str) -> None:
    parts = urlsplit(site_url)
    for sent in (b"nonsense\r\n\r\n", b"GET /?q=" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
            connection.sendall(sent)
            got = b"".join(iter(lambda: connection.recv(4096), b""))
        head, _, body = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"content-type: application/problem+json" in head
        assert json.loads(body)["status"] == 400


def test_the_longest_filter_can_be_asked_in_an_address(web: httpx.Client) -> None:
    longest = "nom = '" + "é" * (MAX_FILTER_CHARACTERS // 2 - 8) + "'"
    assert web.get(ITEMS, params={"filter": longest, "limit": "1"}).status_code == 200


def test_slow_clients_do_not_stall_the_others(site_url: str, web: httpx.Client) -> None:
    parts = urlsplit(site_url)
    slow = []
    for _ in range(30):
        connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
        connection.sendall(b"POST /proches HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        slow.append(connection)
    assert all(web.get(f"{ITEMS}?limit=10").status_code == 200 for _ in range(20))
    for connection in slow:
        connection.close()


def test_no_request_leaves_the_server_on_a_strangers_word(web: httpx.Client) -> None:
    called = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(1.0)

    def listen() -> None:
        try:
            listening.accept()
        except TimeoutError:
            return
        called.set()

    thread = threading.Thread(target=listen)
    thread.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    answer = web.post(
        "/ogcapi/processes/nearest-places/execution",
        json={"inputs": {"lat": 48.85, "lon": 2.35}, "subscriber": {"successUri": address, "failedUri": address}},
    )
    thread.join()
    listening.close()
    assert answer.status_code == 400
    assert answer.json()["parametre"] == "subscriber"
    assert not called.is_set()


def test_a_client_that_asks_too_often_waits_and_others_do_not(releases: Path) -> None:
    with running(releases, MEDIATION_GEO_RATE_LIMIT="5/minute") as url, httpx.Client(base_url=url) as client:

        def ask(address: str) -> httpx.Response:
            return client.get("/ogcapi", headers={"X-Forwarded-For": address})

        statuses = [ask("192.0.2.1").status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        refused = ask("192.0.2.1")
        assert 0 < int(refused.headers["retry-after"]) <= 61
        assert refused.headers["content-type"] == "application/problem+json"
        assert ask("192.0.2.2").status_code == 200


def test_a_trusted_client_asks_without_limit(releases: Path) -> None:
    trusted = {"MEDIATION_GEO_RATE_LIMIT": "2/minute", "MEDIATION_GEO_TRUSTED_CLIENTS": "192.0.2.10, 2001:db8::/32"}
    with running(releases, **trusted) as url, httpx.Client(base_url=url, timeout=60) as client:

        def statuses(address: str) -> list[int]:
            return [client.get("/healthz", headers={"X-Forwarded-For": address}).status_code for _ in range(4)]

        assert statuses("192.0.2.10") == statuses("2001:db8::7") == [200] * 4
        assert statuses("192.0.2.11") == statuses("unknown") == [200, 200, 429, 429]


def test_a_trusted_client_that_is_no_address_stops_the_start() -> None:
    with pytest.raises(SettingsError, match=r"trusted_clients: '300\.1' is neither"):
        Limiter("5/minute", trusted="192.0.2.1,300.1")


def test_without_a_release_the_service_lives_and_says_so(tmp_path: Path) -> None:
    with running(tmp_path) as url, httpx.Client(base_url=url) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        for path in ("/", "/ogcapi", ITEMS, "/proches?lat=48&lon=2"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0


def test_a_request_at_hand_is_finished_when_the_server_is_told_to_stop(releases: Path) -> None:
    body = b'{"lat": 48.85, "lon": 2.35}'
    head = f"POST /proches HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    answers: list[bytes] = []
    with running(releases) as url:
        parts = urlsplit(url)
        connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
        connection.sendall(head.encode() + body[:5])
        # Answered after the head above was read: from here on that request is at hand.
        assert httpx.get(f"{url}/healthz", timeout=60).status_code == 200

        def finish() -> None:
            # The service waits ten seconds for a body: on a slow machine it may not be leaving yet when the rest comes.
            deadline = time.monotonic() + 5
            while _accepts(parts.hostname, parts.port) and time.monotonic() < deadline:
                time.sleep(0.02)
            with connection:
                connection.sendall(body[5:])
                answers.append(b"".join(iter(lambda: connection.recv(65_536), b"")))

        thread = threading.Thread(target=finish)
        thread.start()
    thread.join()
    assert answers[0].startswith(b"HTTP/1.1 200 ")
    assert answers[0].rstrip().endswith(b"}")


def _accepts(host: str | None, port: int | None) -> bool:
    try:
        socket.create_connection((host, port), timeout=60).close()
    except OSError:
        return False
    return True
