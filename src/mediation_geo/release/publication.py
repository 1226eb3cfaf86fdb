"""
The folder that is published: exports, descriptions for catalogues, changes and feeds of the current release, made in one step.

A folder of releases goes in, a folder of files for any web server comes out. It is whole or not there: a reader never finds the
CSV of one night beside the checksums of another.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mediation_geo.release.exports.catalogue import FORMATS, chosen_formats, fill_exports
from mediation_geo.release.feeds import steps, write_changes
from mediation_geo.release.folder import replaced_folder
from mediation_geo.release.manifest import release_order
from mediation_geo.release.metadata import about, sources_to_publish, write_metadata
from mediation_geo.release.store import open_release, release_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["HISTORY", "write_publication"]

# Releases that the feeds and the STAC items tell, the published one included.
HISTORY = 10


def write_publication(
    directory: str | Path,
    out: str | Path,
    *,
    base_url: str,
    publisher: str,
    formats: Iterable[str] = tuple(FORMATS),
    allowed: Collection[str] = (),
) -> Path:
    """
    Folder with everything to publish about the current release.

    Parameters
    ----------
    directory : str or pathlib.Path
        Folder of releases.
    out : str or pathlib.Path
        Folder to make, or to replace where this function made it.
    base_url : str
        Public address of that folder: catalogues need it to say where each file is.
    publisher : str
        Name of who publishes.
    formats : iterable of str
        Names in `FORMATS`.
    allowed : collection of str
        Feeds that the publisher answers for although their licence is share-alike or not known.

    Raises
    ------
    ReleaseNotFound
        If nothing was published yet.
    ExportError
        If a format is unknown, the licence of a source stands against it, or `out` holds something else.
    """
    chosen = chosen_formats(formats)
    release = open_release(directory)
    sources = sources_to_publish(release, allowed=allowed, publisher=publisher)
    earlier = [each for each in release_ids(directory) if release_order(each) < release_order(release.id)]
    history = [*(open_release(directory, each) for each in earlier[-(HISTORY - 1) :]), release]
    target = Path(out)
    with replaced_folder(target) as staging:
        index = fill_exports(release, staging, formats=chosen)
        facts = about(release, index, base_url=base_url, publisher=publisher, sources=sources)
        write_metadata(facts, staging, history=history)
        told = steps(history)
        if told:
            write_changes(told, staging / "changements", base_url=facts.url("changements"))
    return target
