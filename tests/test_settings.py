"""Settings come from the environment, and a wrong one is named."""

from __future__ import annotations

import pytest

from mediation_geo.errors import SettingsError
from mediation_geo.settings import Settings


def test_without_variables_the_defaults_hold():
    assert Settings.from_environment({}) == Settings()


def test_a_variable_takes_the_place_of_its_default():
    settings = Settings.from_environment({"MEDIATION_GEO_PORT": "8081", "MEDIATION_GEO_BASE_URL": "https://lieux.example/"})
    assert (settings.port, settings.public_url) == (8081, "https://lieux.example")


def test_a_value_of_the_wrong_kind_is_named_with_its_variable():
    with pytest.raises(SettingsError, match="MEDIATION_GEO_PORT='many'"):
        Settings.from_environment({"MEDIATION_GEO_PORT": "many"})
