"""The command line as a person meets it: helpful, one clear sentence when something is wrong, machine-readable when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", "from mediation_geo.cli import main; main()"]


def run(*arguments, **variables):
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", **variables}
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    from mediation_geo.datasets import dataset_path

    out = tmp_path_factory.mktemp("cli") / "releases"
    done = run("build", dataset_path("demo/demo-national.csv"), "--out", out, "--as-of", "2026-01-05")
    assert done.returncode == 0, done.stderr
    return out


def test_build_prints_the_folder_of_the_release_and_tells_its_progress_apart(tmp_path):
    from mediation_geo.datasets import dataset_path

    done = run("build", dataset_path("demo/demo-conseillers.json"), "--out", tmp_path, "--as-of", "2026-01-05")
    assert done.stdout.strip().endswith("2026-01-05")
    assert "located" in done.stderr


def test_a_night_ends_with_the_removal_of_releases_that_are_too_old(tmp_path):
    from mediation_geo.datasets import dataset_path
    from mediation_geo.release import release_ids

    some = dataset_path("demo/demo-national.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    out = tmp_path / "releases"
    for night, rows in ((5, 20), (6, 21)):
        (tmp_path / "lieux.csv").write_text("".join(some[:rows]), encoding="utf-8")
        kept = ["--keep-last", 1, "--keep-months", 0]
        done = run("build", tmp_path / "lieux.csv", "--out", out, "--as-of", f"2026-01-0{night}", *kept, "--json")
    answer = json.loads(done.stdout)
    assert (answer["release"], answer["removed"]) == ("2026-01-06", ["2026-01-05"])
    assert "removed 1 old releases: 2026-01-05" in done.stderr
    assert release_ids(out) == ["2026-01-06"]


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("empty.csv", b"", "empty.csv"),
        ("cut.json", b'[{"id": "1", "nom": "Mairie"', "cut.json"),
        ("prose.csv", b"Bonjour,\nvoici la liste.\n", "prose.csv"),
        ("long.csv", b"id,nom,adresse\n" + b"x" * 210_000_000, "long.csv"),
    ],
    ids=["empty", "cut off", "not a source", "one line of 210 MB"],
)
def test_an_unusable_file_ends_with_one_sentence_and_code_2_and_the_release_stays(releases, tmp_path, name, content, named):
    bad = tmp_path / name
    bad.write_bytes(content)
    done = run("build", bad, "--out", releases, "--as-of", "2026-01-06")
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
    assert json.loads(run("status", "--releases", releases, "--json").stdout)["current"] == "2026-01-05"


def test_the_nearest_place_is_answered_from_the_release(releases):
    done = run("proches", "33000 Bordeaux", "--k", 1, "--json", "--releases", releases)
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["features"][0]["properties"]["adresse"]["commune"] == "Bordeaux"


def test_an_unknown_need_is_named_with_those_there_are(releases):
    done = run("proches", "33000 Bordeaux", "--besoin", "jardinage", "--releases", releases)
    assert done.returncode == 2
    assert "jardinage" in done.stderr
    assert "demarches" in done.stderr


def test_a_day_that_is_no_day_is_named(tmp_path):
    done = run("build", "x.csv", "--as-of", "demain", "--out", tmp_path)
    assert done.returncode == 2
    assert "'demain'" in done.stderr


def test_doctor_says_what_is_there_and_what_is_missing():
    findings = json.loads(run("doctor", "--json").stdout)
    by_name = {each["name"]: each for each in findings}
    assert by_name["pygeoapi"]["found"]
    assert all(each["help"] for each in findings)


def test_doctor_names_a_needed_package_that_is_missing_and_ends_with_1(tmp_path):
    described = tmp_path / "mediation_geo-9.dist-info" / "METADATA"
    described.parent.mkdir()
    described.write_text("Metadata-Version: 2.4\nName: mediation-geo\nVersion: 9\nRequires-Dist: absentium>=1\n")
    done = run("doctor", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "!! absentium              comes with mediation-geo: pip install" in done.stdout


def test_doctor_names_a_setting_that_cannot_be_used():
    done = run("doctor", MEDIATION_GEO_PORT="http")
    assert done.returncode == 1
    assert "MEDIATION_GEO_PORT='http'" in done.stdout


def test_a_shell_completes_the_name_of_a_command():
    done = run(_MEDIATION_GEO_COMPLETE="complete_bash", COMP_WORDS="mediation-geo pub", COMP_CWORD="1")
    assert done.stdout.split() == ["publish"]


def test_help_loads_no_heavy_library():
    code = "import sys, mediation_geo.cli; print({'pandas', 'numpy', 'pygeoapi', 'pydantic', 'httpx'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
