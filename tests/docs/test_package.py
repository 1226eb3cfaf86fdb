"""What people install: the wheel, built from the source distribution, holds all it needs and works in an empty folder."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "mediation_geo"
SBOM = ROOT / "requirements" / "sbom.cdx.json"
COMMAND = "from mediation_geo.cli import main; main()"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that holds the package as a wheel lays it out, the wheel being built as from a downloaded source distribution."""
    folder = tmp_path_factory.mktemp("package")
    source = _built("sdist", of=ROOT, into=folder)
    with tarfile.open(source) as archive:
        archive.extractall(folder / "source", filter="data")
    (unpacked,) = (folder / "source").iterdir()
    with zipfile.ZipFile(_built("wheel", of=unpacked, into=folder)) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_the_wheel_carries_the_bill_of_materials(installed: Path) -> None:
    (shipped,) = installed.glob("mediation_geo-*.dist-info/sboms/*.cdx.json")
    assert shipped.read_bytes() == SBOM.read_bytes()


def test_the_bill_of_materials_is_that_of_the_pins_and_of_what_the_package_asks_for() -> None:
    script = runpy.run_path(str(ROOT / "requirements" / "sbom.py"))
    assert SBOM.read_text(encoding="utf-8") == script["sbom"](), "run: python requirements/sbom.py"
    bill = json.loads(SBOM.read_bytes())
    known = {each["bom-ref"] for each in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert len(known) == len(bill["components"]) + 1
    assert {ref for each in bill["dependencies"] for ref in [each["ref"], *each["dependsOn"]]} <= known
    own = next(each for each in bill["dependencies"] if each["ref"].startswith("pkg:pypi/mediation-geo@"))
    asked = {ref.removeprefix("pkg:pypi/").partition("@")[0] for ref in own["dependsOn"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {canonicalize_name(Requirement(each).name) for each in project["dependencies"]} <= asked


def test_the_bill_of_materials_satisfies_the_schema_of_cyclonedx() -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib is not installed")
    from cyclonedx.schema import SchemaVersion

    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(SBOM.read_text(encoding="utf-8")) is None


def _built(target: str, *, of: Path, into: Path) -> Path:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into / target)], cwd=of, check=True)
    (file,) = (into / target).iterdir()
    return file


def test_the_wheel_holds_every_file_of_the_package(installed: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "."], cwd=PACKAGE, capture_output=True, text=True, check=False).stdout.split()
    if not listed:
        pytest.skip("no checkout here to compare with")
    assert {each for each in listed if (PACKAGE / each).exists()} <= {
        str(each.relative_to(installed / "mediation_geo")) for each in (installed / "mediation_geo").rglob("*") if each.is_file()
    }


def test_the_wheel_builds_and_answers_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    demo = sorted((installed / "mediation_geo" / "datasets" / "demo").glob("demo-*.json"))
    assert "published release 2026-11-21" in _run(installed, tmp_path, "build", *map(str, demo), "--as-of", "2026-11-21")
    assert '"FeatureCollection"' in _run(installed, tmp_path, "proches", "34000 Montpellier", "--json")


def _run(installed: Path, folder: Path, *arguments: str) -> str:
    # PYTHONPATH comes before the checkout, which the environment of the tests has installed.
    environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout
