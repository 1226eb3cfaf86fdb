"""What holds for every command: help with an example, one JSON document where it is asked for, and an error in one sentence."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from mediation_geo import pipeline
from mediation_geo.cli import app
from mediation_geo.datasets import dataset_path
from mediation_geo.errors import PublishRefused
from mediation_geo.release import write_release
from tests.release.tables import town

COMMAND = [sys.executable, "-c", "from mediation_geo.cli import main; main()"]
# They measure on real data for minutes, or load the country: tested in their rooms. Servers go on for good: below.
LONG = {"coverage", "eval dedupe", "eval train-dedupe", "eval geocode"}
SERVERS = {"up", "serve"}


def walk(command, name=""):
    """Each command and group with its full name."""
    yield name, command
    for word, below in getattr(command, "commands", {}).items():
        yield from walk(below, f"{name} {word}".strip())


EVERYTHING = dict(walk(typer.main.get_command(app)))
COMMANDS = {name: command for name, command in EVERYTHING.items() if not hasattr(command, "commands")}

# What a person types for each command, in the folder of the fixture `here`; the last word of a line is always --json.
SCENES = {
    "accept": "accept",
    "build": "build demo.csv --out built --as-of 2026-01-05",
    "check": "check demo.csv",
    "diff": "diff",
    "doctor": "doctor",
    "explain": "explain demo/00000 demo/00001",
    "export": "export --format csv",
    "geocode": "geocode addresses.csv",
    "geocoder build": "geocoder build streets.ndjson.gz",
    "label": "label labels.csv --draw 1",
    "map": "map unknown.csv",
    "proches": "proches --lat 43.6 --lon 3.87",
    "prune": "prune --keep-last 1 --keep-months 0",
    "publish": "publish --base-url https://exemple.fr --format csv",
    "review": "review",
    "quality": "quality --releases built",
    "rollback": "rollback",
    "sources": "sources",
    "status": "status",
}
STREET = {
    "type": "street", "id": "34172_0001", "name": "Rue Foch", "postcode": "34000", "citycode": "34172", "city": "Montpellier",
    "lon": 3.87, "lat": 43.61, "importance": 0.1, "housenumbers": {"1": {"id": "34172_0001_1", "lon": 3.87, "lat": 43.61}},
}  # fmt: skip


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """A folder with releases, a refused build and the files that the scenes name."""
    folder = tmp_path_factory.mktemp("furnished")
    write_release(folder / "releases", **town(30, as_of="2026-11-20"))
    write_release(folder / "releases", **town(31, as_of="2026-11-21"))
    with pytest.raises(PublishRefused):
        write_release(folder / "releases", **town(3, as_of="2026-11-22"))
    some = dataset_path("demo/demo-national.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:20]
    (folder / "demo.csv").write_text("".join(some), encoding="utf-8")
    pipeline.build([folder / "demo.csv"], out=folder / "built", as_of=date(2026, 1, 4))
    (folder / "unknown.csv").write_text("Libellé,Ville,Code postal\nMairie,Lyon,69001\n", encoding="utf-8")
    (folder / "addresses.csv").write_text("adresse,code_postal,commune\n1 rue Foch,34000,Montpellier\n", encoding="utf-8")
    (folder / "streets.ndjson.gz").write_bytes(gzip.compress(json.dumps(STREET).encode() + b"\n"))
    return folder


@pytest.fixture
def here(furnished, tmp_path, monkeypatch):
    """A copy of it to work in."""
    shutil.copytree(furnished, tmp_path / "here", symlinks=True)
    monkeypatch.chdir(tmp_path / "here")


def test_every_command_has_a_scene_here():
    assert set(SCENES) == set(COMMANDS) - LONG - SERVERS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_answer_as_json(name):
    (option,) = [each for each in COMMANDS[name].params if "--json" in each.opts]
    assert option.is_flag


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", SCENES)
def test_the_json_of_a_command_is_one_document_and_all_it_prints(name):
    answer = CliRunner().invoke(app, [*SCENES[name].split(), "--json"])
    assert isinstance(answer.exception, SystemExit | None), answer.exception
    assert isinstance(json.loads(answer.stdout), dict | list)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", sorted(SERVERS))
def test_a_server_says_as_json_where_it_listens_and_then_nothing(name):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, name, "--port", str(port), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ,
    )
    try:
        first = "".join(iter(process.stdout.readline, "}\n")) + "}"
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert json.loads(first)["url"] == f"http://127.0.0.1:{port}"
    assert rest == ""


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_help_shows_an_example_of_its_command(name):
    shown = " ".join(CliRunner().invoke(app, [*name.split(), "--help"], terminal_width=200).stdout.split())
    assert f"Example: mediation-geo {name}".strip() in shown
