"""
The places to measure from: those of a release, or of a file of one's own when there is none at hand.

A release, CSV or Parquet goes in, a frame with `place_id`, position, `code_insee` and `capacity` comes out; every other column
is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mediation_geo.coverage.archives import open_table
from mediation_geo.coverage.frames import identifiers, positions
from mediation_geo.coverage.provenance import file_input, recorded
from mediation_geo.release import open_release

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["read_places", "release_places"]


def release_places(releases: Path | str, *, release_id: str | None = None) -> gpd.GeoDataFrame:
    """
    Places of a published release, each with a capacity of 1, and the release in their provenance.

    Parameters
    ----------
    releases : path
        Folder of releases.
    release_id : str, optional
        The current release where absent.

    Returns
    -------
    geopandas.GeoDataFrame
        Layout `PLACES` and `capacity`, EPSG:4326.

    Raises
    ------
    ReleaseNotFound
        If there is no such release.
    """
    release = open_release(Path(releases), release_id)
    name = "places.parquet"
    entry = {"file": name, "sha256": release.manifest["files"][name]["sha256"], "release": release.id}
    places = release.places.assign(capacity=1.0)
    return recorded(places, "release_places", files=[entry], demo=bool(release.manifest.get("demo")))


def read_places(path: Path | str) -> pd.DataFrame:
    r"""
    Places of a CSV or Parquet file with `lon, lat` (or `longitude, latitude`), in degrees.

    Returns
    -------
    pandas.DataFrame
        The file's columns; `place_id` is its `id` where it has no other, else the number of the row; `capacity` (or `cap`) is 1
        where the file has none, and `code_insee` missing.

    Raises
    ------
    SchemaMismatch
        If the file is no table, has no positions, or repeats an id.
    CRSMismatch
        If the positions are no degrees.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "places.csv"
    >>> _ = file.write_text("id,longitude,latitude\na,3.5,44.5\n")
    >>> read_places(file)[["place_id", "capacity"]].values.tolist()
    [['a', 1.0]]
    """
    table = open_table(path).rename(columns={"cap": "capacity"})
    if "place_id" not in table:
        numbered = pd.Series(np.arange(1, len(table) + 1), index=table.index).astype("str")
        table = table.assign(place_id=table["id"].astype("str") if "id" in table else "p" + numbered.str.zfill(6))
    identifiers(table, "place_id", what=Path(path).name)
    positions(table, what=Path(path).name)
    missing: dict[str, Any] = {"capacity": 1.0, "code_insee": pd.Series(None, index=table.index, dtype="str")}
    table = table.assign(**{name: value for name, value in missing.items() if name not in table})
    return recorded(table, "read_places", files=[file_input(path)])
