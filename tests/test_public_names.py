"""The public names are a contract: adding or removing one is a decision, made here."""

from __future__ import annotations

import importlib
import subprocess
import sys

import mediation_geo as mg


def test_the_public_names_are_these_and_no_others():
    assert mg.__all__ == [
        "EmbeddedGeocoder",
        "Need",
        "PlaceIndex",
        "__version__",
        "build",
        "deduplicate",
        "locate",
        "open_release",
        "read_source",
    ]


def test_every_public_name_can_be_had():
    for name in mg.__all__:
        assert getattr(mg, name) is not None


def test_locate_stays_the_function_after_its_folder_was_imported():
    importlib.import_module("mediation_geo.locate")
    assert callable(mg.locate)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(mg, "no_such_name")


def test_importing_the_package_imports_nothing_heavy():
    code = "import mediation_geo, sys; print({'pandas', 'numpy', 'pyproj', 'pygeoapi'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
