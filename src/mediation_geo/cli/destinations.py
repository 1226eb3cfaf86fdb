"""Where `publish --to` sends a release itself: a database, or a store that replicas follow."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from mediation_geo.cli.console import print_json, say
from mediation_geo.errors import RequestError, SettingsError

if TYPE_CHECKING:
    from mediation_geo.release import Release

__all__ = ["send_to"]

_DATABASE = "MEDIATION_GEO_POSTGIS"


def send_to(releases: Path, to: str, *, allowed: Collection[str], publisher: str, as_json: bool) -> None:
    """
    Send the current release and say what was done.

    Parameters
    ----------
    releases : Path
        Folder of releases.
    to : str
        `postgis`, or the address of a store.
    allowed : collection of str
        Feeds that the publisher answers for although their licence is share-alike or not known.
    publisher : str
        Who then answers.
    as_json : bool
        Whether programs read the answer.

    Raises
    ------
    RequestError
        If there is no such destination.
    ExportError
        If the licence of a source stands against it.
    """
    from mediation_geo.release import open_release
    from mediation_geo.release.metadata import sources_to_publish
    from mediation_geo.release.remote import is_store_address

    if to != "postgis" and not is_store_address(to):
        option, message = "--to", f"unknown destination {to!r}"
        raise RequestError(option, message, allowed=["datagouv", "postgis", "s3://bucket/prefix", "file:///folder"])
    release = open_release(releases)
    sources_to_publish(release, allowed=allowed, publisher=publisher)
    if to == "postgis":
        _to_postgis(release, as_json=as_json)
    else:
        _to_store(release, to, as_json=as_json)


def _to_store(release: Release, address: str, *, as_json: bool) -> None:
    from mediation_geo.release.remote import Store, send_release

    store = Store(address)
    sent = send_release(release, store)
    if as_json:
        print_json({"current": release.id, "store": store.shown, "sent": sent})
        return
    say(f"{store.shown}: release {release.id} is current, {len(sent)} files sent; replicas take it up by themselves")
    print("\n".join(sent))


def _to_postgis(release: Release, *, as_json: bool) -> None:
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
    removed = publish_to_postgis(release, address)
    if as_json:
        print_json({"current": release.id, "removed": removed})
        return
    say(f"PostGIS: the views mediation_geo.places and mediation_geo.records lead to release {release.id} now")
    if removed:
        say(f"removed {', '.join(removed)}")
