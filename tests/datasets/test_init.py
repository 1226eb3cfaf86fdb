"""Finding the shipped files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mediation_geo.datasets
from mediation_geo.datasets import dataset_path

FOLDER = Path(mediation_geo.datasets.__file__).parent


def test_a_shipped_file_is_found_by_its_name():
    assert dataset_path("communes.parquet").is_file()
    assert dataset_path("demo").is_dir()
    assert dataset_path("demo/planted.json").is_file()


@given(st.lists(st.sampled_from(["..", "demo", "communes.parquet", "/", "errors.py", "planted.json", "etc"])).map("/".join))
def test_no_name_leads_out_of_the_folder(name):
    try:
        path = dataset_path(name)
    except FileNotFoundError:
        return
    assert path.exists()
    assert path.is_relative_to(FOLDER)


@pytest.mark.parametrize("name", ["communes.csv", "../errors.py", "demo/nothing.csv"])
def test_a_file_that_is_not_shipped_is_named_with_those_that_are(name):
    with pytest.raises(FileNotFoundError, match=r"is no shipped dataset; expected one of .*communes\.parquet"):
        dataset_path(name)
