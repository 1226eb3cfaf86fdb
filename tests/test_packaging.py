"""What is shipped: the wheel, the pinned packages, and how light the command starts."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "mediation_geo"
PINS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel built from the checkout, with no package index."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    (built,) = folder.glob("*.whl")
    return built


def run(*command: object, **variables: str) -> str:
    finished = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, env=os.environ | variables
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_the_wheel_carries_every_file_of_the_package(wheel: Path) -> None:
    on_disk = {
        path.relative_to(ROOT / "src").as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert shipped == on_disk
    assert {"mediation_geo/py.typed", "mediation_geo/datasets/communes.parquet"} <= shipped


def test_the_wheel_names_its_licence_and_no_file_of_a_machine(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert "License-Expression: MIT" in metadata
    assert str(ROOT) not in metadata


def test_the_installed_wheel_imports_and_prints_its_help(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin" / "python"
    libraries = sysconfig.get_path("purelib")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    # The libraries of this environment, but not its editable install of the project: .pth files do not count on PYTHONPATH.
    printed = run(python, "-c", "import mediation_geo; print(mediation_geo.__file__)", PYTHONPATH=libraries)
    assert printed.startswith(str(venv))
    assert "proches" in run(venv / "bin" / "mediation-geo", "--help", PYTHONPATH=libraries)


def test_importing_the_command_loads_nothing_heavy() -> None:
    heavy = "{'fiona', 'geopandas', 'numpy', 'pandas', 'pyarrow', 'pygeoapi', 'pyproj', 'scipy', 'shapely', 'starlette'}"
    printed = run(sys.executable, "-c", f"import sys, mediation_geo.cli; print(sorted({heavy} & set(sys.modules)))")
    assert printed.strip() == "[]"


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.name)
def test_every_pin_is_exact_and_hashed_and_names_no_index(pins: Path) -> None:
    text = pins.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=", ""), flags=re.MULTILINE)
    entries = requirements_of(text)
    assert entries
    for entry, hashes in entries:
        assert re.fullmatch(r"==[^=*]+", str(entry.specifier)), f"{entry} is not exact"
        assert hashes, f"{entry} has no hash"


def test_every_declared_dependency_is_pinned_within_its_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needs = {
        "run.txt": project["dependencies"],
        "test.txt": project["dependencies"] + extras["dev"] + extras["coverage"] + extras["scale"],
        "bench.txt": project["dependencies"] + extras["dev"] + extras["coverage"] + extras["scale"] + extras["bench"],
        "docs.txt": project["dependencies"] + extras["docs"],
    }
    for name, declared in needs.items():
        pinned: dict[str, list[str]] = {}
        for entry, _ in requirements_of((ROOT / "requirements" / name).read_text(encoding="utf-8")):
            (specifier,) = entry.specifier
            pinned.setdefault(canonicalize_name(entry.name), []).append(specifier.version)
        for need in map(Requirement, declared):
            versions = pinned.get(canonicalize_name(need.name), [])
            assert any(need.specifier.contains(version) for version in versions), f"{need} in {name}: run `make pins`"


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("src", ["coverage", "scale", "postgis", "store"]),
        ("tests", ["coverage", "scale", "postgis", "store", "dev"]),
        ("benchmarks", ["coverage", "scale", "postgis", "store", "dev", "bench"]),
    ],
)
def test_every_imported_library_is_declared(folder: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["dependencies"] + [need for extra in extras for need in project["optional-dependencies"][extra]]
    known = {canonicalize_name(Requirement(need).name) for need in declared}
    # The peers of the benchmarks are not installed for the tests: their imports are known by name.
    homes = {"sklearn": ["scikit-learn"], "splink": ["splink"], **packages_distributions()}
    strangers = {
        f"{name} in {path.relative_to(ROOT)}"
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path)
        if not known & {canonicalize_name(each) for each in homes.get(name, [])}
    }
    assert strangers == set()


def test_every_dependency_has_its_sentence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *(need for extra in project["optional-dependencies"].values() for need in extra)]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert [need for need in declared if Requirement(need).name not in page] == []


def requirements_of(text: str) -> list[tuple[Requirement, list[str]]]:
    """Return each requirement of a pinned list with its hashes."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n?", "", text))
    found = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        entry, *hashes = re.split(r"\s+--hash=", line)
        found.append((Requirement(entry), hashes))
    return found


def imported(path: Path) -> set[str]:
    """Return the top-level names that a file imports, the standard library and our own left out."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    siblings = {sibling.stem for sibling in path.parent.glob("*.py")}
    # What starts a database and a geocoder for the tests starts them for benchmarks too.
    ours = {"benchmarks", "datasets", "mediation_geo", "tests", "postgres", "addok_server", *siblings}
    # QGIS comes with its own Python, which runs the one script that imports it.
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - ours - {"qgis"}
