"""Publishing to data.gouv.fr, whose API a server on loopback plays."""

from __future__ import annotations

import hashlib
import json
import threading
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from mediation_geo.cli import app
from mediation_geo.errors import RequestError
from mediation_geo.release import CatalogueError, ExportError, open_release, write_release
from mediation_geo.release.datagouv import MARK, fetch_dataset, plan_uploads, send
from mediation_geo.release.exports import write_exports
from tests.release.tables import town

DATASET = "69c3ba7a9884d29f3b44f77d"
FORMATS = ["csv", "json"]


class Platform(ThreadingHTTPServer):
    """A dataset with its resources, kept in memory; refuses everything after `patience` writes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.resources: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.patience = 100
        self.writes = 0


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def log_message(self, *_arguments: object) -> None:
        """Keep the output of the tests clean."""

    def do_GET(self) -> None:
        self._answer(200, {"id": DATASET, "resources": list(self.server.resources.values())})

    def do_POST(self) -> None:
        body = self._body()
        if not self._allowed():
            return
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        part = next(BytesParser(EmailMessage).parsebytes(head + body).iter_parts())
        content = part.get_payload(decode=True)
        parts = self.path.strip("/").split("/")
        resource_id = parts[-2] if "resources" in parts else f"r{len(self.server.resources) + 1}"
        resource = self.server.resources.setdefault(resource_id, {"id": resource_id, "title": part.get_filename(), "extras": {}})
        resource["checksum"] = {"type": "sha1", "value": hashlib.sha1(content).hexdigest()}
        self.server.contents[resource_id] = content
        self._answer(201, resource)

    def do_PUT(self) -> None:
        body = self._body()
        if not self._allowed():
            return
        resource = self.server.resources[self.path.strip("/").split("/")[-1]]
        resource.update(json.loads(body))
        self._answer(200, resource)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _allowed(self) -> bool:
        self.server.writes += 1
        allowed = self.headers["X-API-KEY"] == "key" and self.server.writes <= self.server.patience
        if not allowed:
            self._answer(403, {"message": "not for you"})
        return allowed

    def _answer(self, status: int, content: object) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def platform():
    with Platform() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(platform):
    base = f"http://127.0.0.1:{platform.server_port}/api/1/"
    with httpx.Client(base_url=base, headers={"X-API-KEY": "key"}, trust_env=False) as client:
        yield client


def exported(tmp_path, size, *, demo=False):
    tables = town(size)
    tables["manifest"]["demo"] = demo
    write_release(tmp_path / "releases", **tables)
    return write_exports(open_release(tmp_path / "releases"), tmp_path / f"exports{size}", formats=FORMATS)


def publish(client, folder):
    uploads = plan_uploads(folder, fetch_dataset(client, DATASET), formats=FORMATS)
    return send(client, DATASET, folder, uploads)


def test_a_dry_run_sends_nothing(client, platform, tmp_path):
    uploads = plan_uploads(exported(tmp_path, 5), fetch_dataset(client, DATASET), formats=FORMATS)
    assert [(each.format, each.resource_id, each.needed) for each in uploads] == [("csv", None, True), ("json", None, True)]
    assert platform.writes == 0


def test_each_file_arrives_whole_and_keeps_its_resource_when_it_changes(client, platform, tmp_path):
    first, second = exported(tmp_path, 5), exported(tmp_path, 6)
    assert publish(client, first) == ["r1", "r2"]
    assert platform.contents["r1"] == (first / "lieux-mediation-numerique.csv").read_bytes()
    assert platform.resources["r1"]["extras"] == {MARK: "csv"}
    assert publish(client, second) == ["r1", "r2"]
    assert platform.contents["r2"] == (second / "lieux-mediation-numerique.json").read_bytes()
    assert len(platform.resources) == 2


def test_what_is_there_already_is_not_sent_again(client, platform, tmp_path):
    folder = exported(tmp_path, 5)
    publish(client, folder)
    before = platform.writes
    assert publish(client, folder) == []
    assert platform.writes == before


def test_a_publication_that_was_cut_goes_on_where_it_stopped(client, platform, tmp_path):
    folder = exported(tmp_path, 5)
    platform.patience = 2
    with pytest.raises(CatalogueError, match=r"answered 403 to POST datasets/69c3ba7a9884d29f3b44f77d/upload/: .*not for you"):
        publish(client, folder)
    assert list(platform.contents) == ["r1"]
    platform.patience = 100
    assert publish(client, folder) == ["r2"]


def test_a_resource_filled_by_hand_is_taken_over_by_its_title(client, platform, tmp_path):
    platform.resources["old"] = {"id": "old", "title": "CSV du standard national", "extras": {}}
    assert publish(client, exported(tmp_path, 5))[0] == "old"


def test_invented_places_are_never_published(tmp_path):
    with pytest.raises(ExportError, match="a demonstration is never published"):
        plan_uploads(exported(tmp_path, 5, demo=True), {"resources": []}, formats=FORMATS)


def test_a_format_that_was_not_exported_is_named(tmp_path):
    with pytest.raises(ExportError, match="has no xlsx; export these formats first"):
        plan_uploads(exported(tmp_path, 5), {"resources": []}, formats=["csv", "xlsx"])


@pytest.fixture
def command(platform, tmp_path, monkeypatch):
    """`publish --to datagouv` as an operator types it, with the platform on loopback; the lines it prints after the folder."""
    tables = town(5, feed="cnfs")
    write_release(tmp_path / "releases", **tables | {"manifest": tables["manifest"] | {"demo": False}})
    monkeypatch.setenv("MEDIATION_GEO_DATAGOUV_URL", f"http://127.0.0.1:{platform.server_port}/api/1/")
    monkeypatch.setenv("MEDIATION_GEO_DATAGOUV_KEY", "key")

    def run(*more):
        where = ["--releases", str(tmp_path / "releases"), "--out", str(tmp_path / "site"), "--base-url", "https://exemple.fr"]
        answer = CliRunner().invoke(app, ["publish", *where, "--to", "datagouv", "--dataset", DATASET, *more])
        if not isinstance(answer.exception, SystemExit | None):
            raise answer.exception
        return answer.stdout.splitlines()[1:]

    return run


def test_the_command_plans_then_sends_the_chosen_formats_then_finds_them_there(command, platform):
    (planned,) = command("--format", "csv", "--format", "kml")
    assert planned.startswith("lieux-mediation-numerique.csv ")
    assert planned.endswith("would be sent")
    assert platform.writes == 0
    (done,) = command("--format", "csv", "--send")
    assert done.endswith("bytes  sent")
    assert len(platform.contents) == 1
    (again,) = command("--format", "csv", "--send")
    assert again.endswith("same bytes, not sent")


def test_the_command_says_what_is_missing_before_it_writes_anything(command, tmp_path, monkeypatch):
    with pytest.raises(RequestError, match="none of these goes to"):
        command("--format", "kml")
    monkeypatch.delenv("MEDIATION_GEO_DATAGOUV_KEY")
    with pytest.raises(CatalogueError, match="no key: set MEDIATION_GEO_DATAGOUV_KEY"):
        command("--format", "csv", "--send")
    assert not (tmp_path / "site").exists()
