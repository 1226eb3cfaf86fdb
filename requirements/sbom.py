"""
Write the bill of materials, `requirements/sbom.cdx.json`, from the pins: `python requirements/sbom.py`.

CycloneDX 1.6 as JSON, shipped inside the wheel (PEP 770): what an installation with the pinned list holds, with the versions, and
who asked for what, and the one library of others that the wheel itself carries. There is no clock and no chance in it, so the
same pins give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PINS = HERE / "run.txt"
SBOM = HERE / "sbom.cdx.json"

_PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,]+\])?==(?P<version>[^ \\]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?$")
_OURS = "mediation-geo (pyproject.toml)"
# Any fixed name space will do: this one is that of URLs.
_NAMESPACE = uuid.NAMESPACE_URL
_LEAFLET = HERE.parent / "src" / "mediation_geo" / "service" / "static" / "leaflet" / "leaflet.js"


@dataclass(frozen=True)
class Pin:
    """One pinned package: where it is installed (a marker, or everywhere), and which packages asked for it."""

    name: str
    version: str
    marker: str | None
    via: list[str] = field(default_factory=list)

    @property
    def purl(self) -> str:
        """Package URL, which is also its reference."""
        return f"pkg:pypi/{self.name}@{self.version}"


def read_pins(text: str) -> list[Pin]:
    """Pins of a list made by `uv pip compile`, in its order."""
    pins: list[Pin] = []
    for line in text.splitlines():
        if pin := _PIN.match(line):
            pins.append(Pin(pin["name"], pin["version"], pin["marker"]))
        elif pins and line.startswith("    #"):
            asked = line.lstrip(" #").removeprefix("via").strip()
            pins[-1].via.extend([asked] if asked else [])
    return pins


def bill(pins: list[Pin], *, version: str) -> dict[str, Any]:
    """CycloneDX document of an installation of this version of mediation-geo."""
    own = f"pkg:pypi/mediation-geo@{version}"
    leaflet = _leaflet(_LEAFLET.read_bytes())
    dependencies = [
        {"ref": own, "dependsOn": sorted([leaflet["bom-ref"], *(pin.purl for pin in pins if _OURS in pin.via)])},
        *({"ref": pin.purl, "dependsOn": sorted(other.purl for other in pins if pin.name in other.via)} for pin in pins),
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, ' '.join([own, *(pin.purl for pin in pins)]))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "mediation-geo",
                "version": version,
                "purl": own,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": [leaflet, *(_component(pin) for pin in pins)],
        "dependencies": dependencies,
    }


def _component(pin: Pin) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library", "bom-ref": pin.purl, "name": pin.name, "version": pin.version, "purl": pin.purl
    }  # fmt: skip
    if pin.marker:
        # Two generations of Python get two versions of a package: each says for which it is.
        component["properties"] = [{"name": "mediation-geo:marker", "value": pin.marker}]
    return component


def _leaflet(script: bytes) -> dict[str, Any]:
    version = re.search(rb"Leaflet ([\d.]+\d)", script)
    if version is None:
        message = f"{_LEAFLET}: its first lines do not say which version it is"
        raise ValueError(message)
    purl = f"pkg:npm/leaflet@{version[1].decode()}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": "leaflet",
        "version": version[1].decode(),
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(script).hexdigest()}],
        "licenses": [{"license": {"id": "BSD-2-Clause"}}],
    }


def sbom() -> str:
    """Text of the bill of materials of this checkout."""
    package = (HERE.parent / "src" / "mediation_geo" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'^__version__ = "(.+)"$', package, flags=re.MULTILINE)
    if version is None:
        message = 'src/mediation_geo/__init__.py: no line like __version__ = "1.2.3"'
        raise ValueError(message)
    document = bill(read_pins(PINS.read_text(encoding="utf-8")), version=version[1])
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    SBOM.write_text(sbom(), encoding="utf-8")
