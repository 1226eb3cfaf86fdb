"""`make run` on other people's machines: which Python it takes, what it says when it cannot, and that it never half-installs."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT_NEEDS = ("cat", "find", "grep", "head", "mkdir", "mv", "rm", "sed", "sh", "sort", "tail")
COMPLETE, WITHOUT_VENV, BROKEN = "complete", "without venv", "broken"


class Machine:
    """A machine with the shell's usual commands and the interpreters put there, and a checkout of a tiny project."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.home = folder / "home"
        self.checkout = folder / "checkout"
        self.wheels = folder / "wheels"
        for each in (self.bin, self.home, self.checkout, self.wheels):
            each.mkdir()
        for command in SCRIPT_NEEDS:
            (self.bin / command).symlink_to(shutil.which(command) or pytest.fail(f"no {command} here"))
        shutil.copytree(ROOT / "requirements", self.checkout / "requirements")

    def put_python(self, path: Path, state: str) -> None:
        """Write an interpreter that answers the questions of the script, and fails at making a virtual environment."""
        path.parent.mkdir(parents=True, exist_ok=True)
        code = {COMPLETE: 0, WITHOUT_VENV: 1}
        path.write_text(
            "#!/bin/sh\nexit 127\n"
            if state == BROKEN
            else "#!/bin/sh\n"
            'case "$1 $2" in\n'
            f"*ensurepip*) exit {code[state]} ;;\n"
            '-m*) echo "asked to make an environment"; exit 1 ;;\n'
            "esac\n"
        )
        path.chmod(0o755)

    def install(self, list_name: str = "run", **variables: str) -> subprocess.CompletedProcess[str]:
        plain = {"PATH": str(self.bin), "HOME": str(self.home), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return subprocess.run(
            ["sh", "requirements/install", ".venv", list_name],
            cwd=self.checkout,
            env=plain | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def chosen(self, **variables: str) -> Path:
        """Return the interpreter that the script picks, by its complaint that this one cannot make an environment."""
        finished = self.install(**variables)
        assert finished.returncode == 2
        return Path(finished.stderr.removeprefix("mediation-geo: ").split(" could not make", maxsplit=1)[0])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_newest_python_is_taken(machine: Machine) -> None:
    for version in ("3.11", "3.14", "3.12"):
        machine.put_python(machine.bin / f"python{version}", COMPLETE)
    assert machine.chosen() == machine.bin / "python3.14"


def test_a_python_of_pyenv_is_found_though_it_is_not_activated(machine: Machine) -> None:
    versions = machine.home / ".pyenv" / "versions"
    for patch in ("3.12.1", "3.12.10", "3.12.9", "3.10.13"):
        machine.put_python(versions / patch / "bin" / "python", COMPLETE)
    machine.put_python(machine.bin / "python3.12", BROKEN)  # pyenv's shim, which refuses
    machine.put_python(machine.bin / "python3.11", COMPLETE)
    assert machine.chosen() == versions / "3.12.10" / "bin" / "python"


@pytest.mark.parametrize("state", [BROKEN, WITHOUT_VENV])
def test_an_unfit_python_is_passed_over(machine: Machine, state: str) -> None:
    machine.put_python(machine.bin / "python3.14", state)
    machine.put_python(machine.bin / "python3.11", COMPLETE)
    assert machine.chosen() == machine.bin / "python3.11"


def test_a_version_can_be_asked_for(machine: Machine) -> None:
    for version in ("3.11", "3.13"):
        machine.put_python(machine.bin / f"python{version}", COMPLETE)
    assert machine.chosen(PYTHON="3.11") == machine.bin / "python3.11"


@pytest.mark.parametrize(
    ("state", "variables", "named"),
    [
        (BROKEN, {}, "no Python 3.11 to 3.14 that runs"),
        (WITHOUT_VENV, {}, "python3-venv"),
        (COMPLETE, {"PYTHON": "3.11"}, "PYTHON=3.11"),
    ],
)
def test_one_line_says_what_is_missing(machine: Machine, state: str, variables: dict[str, str], named: str) -> None:
    machine.put_python(machine.bin / "python3.13", state)
    finished = machine.install(**variables)
    assert finished.returncode == 2
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert line.startswith("mediation-geo: ")
    assert named in line


def test_a_folder_that_is_no_environment_is_left_alone(machine: Machine) -> None:
    machine.put_python(machine.bin / "python3.13", COMPLETE)
    kept = machine.checkout / ".venv" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("ten years of work")
    finished = machine.install()
    assert "is no virtual environment" in finished.stderr
    assert kept.read_text() == "ten years of work"


def test_an_interrupted_installation_is_begun_again_and_a_finished_one_is_kept(machine: Machine) -> None:
    wheel = tiny_project(machine)
    nowhere = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_RETRIES": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    stopped = machine.install(PYTHON=sys.executable, **nowhere)
    assert stopped.returncode == 2
    (line,) = stopped.stderr.splitlines()
    assert line.startswith("mediation-geo: no package index within reach has brick==1.0")
    assert (machine.checkout / ".venv" / "bin" / "python").exists()  # an environment is there, its packages are not

    mended = machine.install(PYTHON=sys.executable)
    assert mended.returncode == 0, mended.stderr
    assert "Making .venv" in mended.stdout
    assert imports_brick(machine)

    again = machine.install(PYTHON=sys.executable)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    # Other pins call for another environment. That one is asked for shows, quickly, by the refusal to replace a folder
    # that no longer looks like an environment.
    (machine.checkout / ".venv" / "pyvenv.cfg").unlink()
    assert machine.install(PYTHON=sys.executable).returncode == 0
    (machine.checkout / "requirements" / "run.txt").write_text("# other pins\n" + pin(wheel))
    assert "is no virtual environment" in machine.install(PYTHON=sys.executable).stderr


def tiny_project(machine: Machine) -> Path:
    """Replace the pinned lists by one small wheel, which is returned, and the project by one that needs no library to build."""
    wheel = machine.wheels / "brick-1.0-py3-none-any.whl"
    write_wheel(wheel, {"brick.py": b"LAID = True\n"})
    for name in ("build", "run"):
        (machine.checkout / "requirements" / f"{name}.txt").write_text(pin(wheel))
    (machine.checkout / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "brick"\nversion = "1.0"\n'
    )
    (machine.checkout / "backend.py").write_text(
        f"import shutil\n\ndef build_editable(folder, *_):\n    return shutil.copy({str(wheel)!r}, folder).rsplit('/', 1)[1]\n"
    )
    return wheel


def write_wheel(path: Path, files: dict[str, bytes]) -> None:
    info = "brick-1.0.dist-info"
    files = files | {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: brick\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={record_hash(content)},{len(content)}" for name, content in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "\n".join([*lines, f"{info}/RECORD,,", ""]))


def record_hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def pin(wheel: Path) -> str:
    return f"brick==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def imports_brick(machine: Machine) -> bool:
    python = machine.checkout / ".venv" / "bin" / "python"
    return subprocess.run([python, "-c", "import brick"], check=False, env=dict(os.environ)).returncode == 0
