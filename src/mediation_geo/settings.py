"""
One frozen set of settings, read once by the command line or the service and passed down by value.

Environment variables are `MEDIATION_GEO_<NAME>`; nothing below the command line and the service reads them.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, fields, replace
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
        Folder that holds the releases; `MEDIATION_GEO_RELEASES` may also be the address of a store, see `at`.
    store : str
        Address of the store that the folder is a copy of; empty where there is none.
    replica : Path
        Folder in which copies of stores are kept.
    store_poll_s : float
        Seconds between two looks at a store.
    host : str
        Address the service listens on.
    port : int
        Port the service listens on.
    base_url : str
        Public address of the service, without a slash at the end; empty means `http://<host>:<port>`.
    basemap : str
        Background of the map: `none` or `ign`.
    download_timeout_s : float
        Seconds a source may be silent before it counts as unavailable.
    download_limit_s : float
        Seconds the whole download of one source may take.
    source_hosts : str
        Hosts, separated by commas, from which sources may be fetched beside those of the catalogue.
    downloads : Path
        Folder in which downloaded sources are kept between nights.
    rate_limit : str
        Requests one client may make, in the notation of the `limits` package.
    trusted_clients : str
        Addresses and networks, separated by commas, that may ask without limit.
    publication : Path
        Folder that `mediation-geo publish` wrote; its files are served for download where it is there.
    streets : Path or None
        Street table made by `mediation-geo geocoder build`; without it addresses are found to the commune.

    Examples
    --------
    >>> Settings.from_environment({"MEDIATION_GEO_PORT": "8080"}).port
    8080
    """

    releases: Path = Path("releases")
    store: str = ""
    replica: Path = Path("replica")
    store_poll_s: float = 10.0
    host: str = "127.0.0.1"
    port: int = 5000
    base_url: str = ""
    basemap: str = "none"
    download_timeout_s: float = 20.0
    download_limit_s: float = 900.0
    source_hosts: str = ""
    downloads: Path = Path("downloads")
    rate_limit: str = "1200/minute"
    trusted_clients: str = ""
    publication: Path = Path("publication")
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
            if raw is not None and each.name not in {"releases", "store"}:
                chosen[each.name] = _parse(each.name, raw, like=each.default)
        settings = cls(**chosen)  # type: ignore[arg-type]  # _parse gives each value the type of its default
        releases = variables.get(f"{_PREFIX}RELEASES")
        return settings if releases is None else settings.at(releases)

    def at(self, releases: str | Path) -> Settings:
        """
        Return these settings with releases elsewhere.

        Parameters
        ----------
        releases : str or Path
            A folder, or the address of a store such as `s3://bucket/lieux` or `https://data.example/releases`: the folder of
            releases is then the copy of that store.

        Examples
        --------
        >>> Settings().at("/srv/releases").store
        ''
        >>> Settings().at("s3://bucket/lieux").releases.parent
        PosixPath('replica')
        """
        text = str(releases)
        if "://" not in text:
            return replace(self, releases=Path(releases), store="")
        # Two stores never share a copy, and the address, which may hold a password, is no name for a folder.
        copy = hashlib.sha256(text.encode()).hexdigest()[:12]
        return replace(self, releases=self.replica / copy, store=text)

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
