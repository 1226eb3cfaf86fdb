"""Where `publish --to` sends a release itself: a database, or a store that replicas follow."""

from __future__ import annotations

import os
from pathlib import Path

from mediation_geo.cli.console import print_json, say
from mediation_geo.errors import RequestError, SettingsError

__all__ = ["send_to"]

_DATABASE = "MEDIATION_GEO_POSTGIS"


def send_to(releases: Path, to: str, *, as_json: bool) -> None:
    """
    Send the current release and say what was done.

    Parameters
    ----------
    releases : Path
        Folder of releases.
    to : str
        `postgis`, or the address of a store.
    as_json : bool
        Whether programs read the answer.

    Raises
    ------
    RequestError
        If there is no such destination.
    """
    from mediation_geo.release.remote import is_store_address

    if to == "postgis":
        _to_postgis(releases, as_json=as_json)
    elif is_store_address(to):
        _to_store(releases, to, as_json=as_json)
    else:
        option, message = "--to", f"unknown destination {to!r}"
        raise RequestError(option, message, allowed=["datagouv", "postgis", "s3://bucket/prefix", "file:///folder"])


def _to_store(releases: Path, address: str, *, as_json: bool) -> None:
    from mediation_geo.release import open_release
    from mediation_geo.release.remote import Store, send_release

    release = open_release(releases)
    store = Store(address)
    sent = send_release(release, store)
    if as_json:
        print_json({"current": release.id, "store": store.shown, "sent": sent})
        return
    say(f"{store.shown}: release {release.id} is current, {len(sent)} files sent; replicas take it up by themselves")
    print("\n".join(sent))


def _to_postgis(releases: Path, *, as_json: bool) -> None:
    # The address holds a password: it comes from the environment, where no list of processes shows it.
    address = os.environ.get(_DATABASE)
    if not address:
        message = f"no database: set {_DATABASE} to postgresql://user:password@host:port/database"
        raise SettingsError(message)
    try:
        from mediation_geo.release.postgis import publish_to_postgis
    except ImportError as error:
        message = "publishing to PostGIS needs an extra: pip install 'mediation-geo[postgis]'"
        raise SettingsError(message) from error
    from mediation_geo.release import open_release

    release = open_release(releases)
    removed = publish_to_postgis(release, address)
    if as_json:
        print_json({"current": release.id, "removed": removed})
        return
    say(f"PostGIS: the views mediation_geo.places and mediation_geo.records lead to release {release.id} now")
    if removed:
        say(f"removed {', '.join(removed)}")
