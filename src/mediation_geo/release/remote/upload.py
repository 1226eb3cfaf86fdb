"""
Sending a release to a store: tables first, then its manifest, and the pointer last.

An open release and a store in. Who follows the store finds the old release until the pointer moves, and then all of the new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mediation_geo.release.errors import StoreError
from mediation_geo.release.reading import CHECKSUMS, MANIFEST
from mediation_geo.release.remote.store import POINTER

if TYPE_CHECKING:
    from mediation_geo.release.reading import Release
    from mediation_geo.release.remote.store import Store

__all__ = ["send_release"]


def send_release(release: Release, store: Store) -> list[str]:
    """
    Make a release the current one of a store; the names of the files that had to be sent.

    Parameters
    ----------
    release : Release
        Its checksums are verified first.
    store : Store
        Sent to; a release that is there already is not sent again, so the command can be repeated after a failure, and going back
        to an earlier release only moves the pointer.

    Raises
    ------
    ChecksumMismatch
        If the release is damaged; nothing is sent then.
    StoreError
        If the store cannot be written, or holds another release of that id.
    StoreUnavailable
        If the store does not answer, or not any more.
    """
    if store.protocol in {"http", "https"}:
        message = f"{store.shown}: a store over HTTP is only read; publish to the folder or bucket that stands behind it"
        raise StoreError(message)
    release.verify()
    manifest = (release.path / MANIFEST).read_bytes()
    own = f"{release.id}/{MANIFEST}"
    there = store.size(own)
    if there is not None and store.read(own) != manifest:
        message = f"{store.shown} holds another release {release.id}; an id is used once: build again, the next id is free"
        raise StoreError(message)
    sizes = {name: entry["bytes"] for name, entry in release.manifest["files"].items()}
    sizes[CHECKSUMS] = (release.path / CHECKSUMS).stat().st_size
    sent = []
    for name, size in sorted(sizes.items()):
        # Sizes suffice here: who fetches compares checksums.
        if there is None or store.size(f"{release.id}/{name}") != size:
            store.send(release.path / name, f"{release.id}/{name}")
            sent.append(name)
    if there is None:
        store.write(manifest, own)
        sent.append(MANIFEST)
    if store.size(POINTER) is None or store.read(POINTER) != manifest:
        store.write(manifest, POINTER)
        sent.append(POINTER)
    return sent
