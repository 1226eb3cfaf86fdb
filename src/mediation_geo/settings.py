"""
One frozen set of settings, read once by the command line or the service and passed down by value.

Environment variables are `MEDIATION_GEO_<NAME>`; nothing below the command line and the service reads them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from mediation_geo.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings"]

_PREFIX = "MEDIATION_GEO_"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What an operator can choose.

    Attributes
    ----------
    releases : Path
        Folder that holds the releases.
    host : str
        Address the service listens on.
    port : int
        Port the service listens on.
    base_url : str
        Public address of the service, without a slash at the end; empty means `http://<host>:<port>`.
    basemap : str
        Background of the map: `none` or `ign`.
    download_timeout_s : float
        Seconds a source may take to answer before it counts as unavailable.
    downloads : Path
        Folder in which downloaded sources are kept between nights.
    rate_limit : str
        Requests one client may make, in the notation of the `limits` package.
    streets : Path or None
        Street table made by `mediation-geo geocoder build`; without it addresses are found to the commune.

    Examples
    --------
    >>> Settings.from_environment({"MEDIATION_GEO_PORT": "8080"}).port
    8080
    """

    releases: Path = Path("releases")
    host: str = "127.0.0.1"
    port: int = 5000
    base_url: str = ""
    basemap: str = "none"
    download_timeout_s: float = 20.0
    downloads: Path = Path("downloads")
    rate_limit: str = "1200/minute"
    streets: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """
        Return settings with every `MEDIATION_GEO_*` variable that is set taking the place of its default.

        Parameters
        ----------
        environment : mapping of str to str, optional
            The process environment where absent.

        Raises
        ------
        SettingsError
            If a value is not of the type of its setting.
        """
        variables = os.environ if environment is None else environment
        chosen: dict[str, Path | str | int | float] = {}
        for each in fields(cls):
            raw = variables.get(_PREFIX + each.name.upper())
            if raw is not None:
                chosen[each.name] = _parse(each.name, raw, like=each.default)
        return cls(**chosen)  # type: ignore[arg-type]  # _parse gives each value the type of its default

    @property
    def public_url(self) -> str:
        """Return the address under which people reach the service, without a slash at the end."""
        return self.base_url.rstrip("/") or f"http://{self.host}:{self.port}"


def _parse(name: str, raw: str, *, like: object) -> Path | str | int | float:
    kind = Path if like is None or isinstance(like, Path) else type(like)
    try:
        return kind(raw)  # type: ignore[call-arg, return-value]  # kind is one of Path, str, int, float
    except ValueError as error:
        message = f"{_PREFIX}{name.upper()}={raw!r}: expected a value like {like!r}"
        raise SettingsError(message) from error
