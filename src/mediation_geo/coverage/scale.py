"""
Figures for grids that do not fit into memory: nearest places and catchments, part by part, alone or on a dask cluster.

A Parquet file of cells goes in, a folder of Parquet parts comes out. One function makes each part, whoever calls it, so the
bytes are the same with and without a cluster.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mediation_geo.coverage.frames import positions, require_columns, weights
from mediation_geo.coverage.nearest import NearestIndex
from mediation_geo.coverage.neighbours import SourceRows, decayed_sums
from mediation_geo.errors import MediationGeoError, SchemaMismatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mediation_geo.coverage.decay import Decay
    from mediation_geo.coverage.frames import Floats

__all__ = ["catchment_parts", "catchment_parts_on", "nearest_parts", "nearest_parts_on"]

_COLUMNS = ["cell_id", "lon", "lat", "population"]
_METRES_PER_DEGREE = 110_500.0


class _Part(NamedTuple):
    """Rows of the file of cells, and where their results go."""

    source: str
    target: str
    first: int
    last: int


def nearest_parts(cells: Path | str, places: pd.DataFrame, out: Path | str, *, rows_at_once: int) -> list[Path]:
    """
    Nearest place of each cell of a file, as parts `part-00000.parquet` ... with `cell_id, place_id, distance_m`.

    Parameters
    ----------
    cells : path
        Parquet with `cell_id`, `lon`, `lat`; any size.
    places : pandas.DataFrame
        As for `nearest_places`.
    out : path
        Folder, made if absent.
    rows_at_once : int
        Cells of one part: a million take about 200 MB.

    Returns
    -------
    list of pathlib.Path
        The parts, in the order of the file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> cells = pd.DataFrame({"cell_id": ["x", "y"], "lon": [3.5, 3.6], "lat": [44.5, 44.5]})
    >>> cells.to_parquet(folder / "cells.parquet")
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.5], "lat": [44.5]})
    >>> parts = nearest_parts(folder / "cells.parquet", places, folder / "out", rows_at_once=1)
    >>> [part.name for part in parts], pd.read_parquet(folder / "out").distance_m.round().tolist()
    (['part-00000.parquet', 'part-00001.parquet'], [0.0, 7953.0])
    """
    index = NearestIndex(places)
    return [_nearest_part(part, index) for part in _parts(cells, out, rows_at_once)]


def nearest_parts_on(client: Any, cells: Path | str, places: pd.DataFrame, out: Path | str, *, rows_at_once: int) -> list[Path]:
    """
    `nearest_parts` by the workers of a dask cluster that see the same files; the places are sent to each once.

    Parameters
    ----------
    client : distributed.Client
        Of a `LocalCluster` or any other.
    """
    _check_client(client)
    slim = places[["place_id"]].assign(**dict(zip(("lon", "lat"), positions(places, what="places"), strict=True)))
    shared = client.scatter(slim, broadcast=True)
    return _gathered(client, _nearest_part_of_places, _parts(cells, out, rows_at_once), shared)


def catchment_parts(cells: Path | str, places: pd.DataFrame, out: Path | str, *, decay: Decay, rows_at_once: int) -> list[Path]:
    """
    E2SFCA of the cells of a file, as parts with `cell_id, access`; the same numbers as `catchment_e2sfca`.

    Parameters
    ----------
    cells : path
        Parquet with `cell_id`, `lon`, `lat`, `population`, sorted by latitude so that a band of it is a few row groups.
    places : pandas.DataFrame
        As for `catchment_e2sfca`.
    out, rows_at_once
        As for `nearest_parts`.
    decay : Decay
        Weight by distance; its radius is the halo around each band.

    Notes
    -----
    First the demand at each place, from a band of places and the cells within reach of it; then the access of each part of cells,
    from all places. Sums run in one order, so the parts add up to the whole to the last bit.

    Examples
    --------
    >>> import tempfile
    >>> from mediation_geo.coverage import Decay
    >>> folder = Path(tempfile.mkdtemp())
    >>> cells = pd.DataFrame({"cell_id": ["x", "y"], "lon": [3.5, 3.6], "lat": [44.5, 44.5], "population": [30.0, 20.0]})
    >>> cells.to_parquet(folder / "cells.parquet")
    >>> places = pd.DataFrame({"place_id": ["a"], "lon": [3.55], "lat": [44.5], "capacity": [5.0]})
    >>> decay = Decay.constant(radius_m=10_000)
    >>> _ = catchment_parts(folder / "cells.parquet", places, folder / "out", decay=decay, rows_at_once=1)
    >>> pd.read_parquet(folder / "out").access.tolist()
    [0.1, 0.1]
    """
    bands = _bands(places)
    demand = np.concatenate([_demand(str(cells), band, decay) for band in bands])
    supply = _supply(pd.concat(bands), demand)
    return [_access_part(part, supply, decay) for part in _parts(cells, out, rows_at_once)]


def catchment_parts_on(
    client: Any, cells: Path | str, places: pd.DataFrame, out: Path | str, *, decay: Decay, rows_at_once: int
) -> list[Path]:
    """`catchment_parts` by the workers of a dask cluster that see the same files."""
    _check_client(client)
    bands = _bands(places)
    futures = client.map(_demand, [str(cells)] * len(bands), bands, [decay] * len(bands), pure=False)
    supply = client.scatter(_supply(pd.concat(bands), np.concatenate(client.gather(futures))), broadcast=True)
    return _gathered(client, _access_part, _parts(cells, out, rows_at_once), supply, decay)


def _check_client(client: Any) -> None:
    if not hasattr(client, "submit"):
        message = f"client is {client!r}; expected a distributed.Client: pip install 'mediation-geo[scale]'"
        raise MediationGeoError(message)


def _gathered(client: Any, function: Any, parts: Iterable[_Part], *shared: Any) -> list[Path]:
    futures = [client.submit(function, part, *shared, pure=False) for part in parts]
    return [Path(each) for each in client.gather(futures)]


def _parts(cells: Path | str, out: Path | str, rows_at_once: int) -> Iterator[_Part]:
    if rows_at_once < 1:
        message = f"rows_at_once is {rows_at_once}; expected at least 1"
        raise SchemaMismatch(message)
    with pq.ParquetFile(cells) as file:
        require_columns(pd.DataFrame(columns=file.schema_arrow.names), ["cell_id", "lon", "lat"], what=Path(cells).name)
        total = file.metadata.num_rows
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, total, rows_at_once)):
        target = folder / f"part-{number:05d}.parquet"
        yield _Part(str(cells), str(target), first, min(first + rows_at_once, total))


def _rows(part: _Part, columns: list[str]) -> pa.Table:
    """Rows of a part, from the row groups that hold them."""
    with pq.ParquetFile(part.source) as file:
        ends = np.cumsum([file.metadata.row_group(k).num_rows for k in range(file.metadata.num_row_groups)])
        first, last = np.searchsorted(ends, [part.first, part.last - 1], side="right")
        groups = list(range(int(first), int(last) + 1))
        before = int(ends[first - 1]) if first else 0
        return file.read_row_groups(groups, columns=columns).slice(part.first - before, part.last - part.first)


def _nearest_part_of_places(part: _Part, places: pd.DataFrame) -> Path:
    return _nearest_part(part, NearestIndex(places))


def _nearest_part(part: _Part, index: NearestIndex) -> Path:
    table = _rows(part, ["cell_id", "lon", "lat"])
    found = index.query(*positions(table.select(["lon", "lat"]).to_pandas(), what="cells"))
    rows = pa.array(found.row, type=pa.int64(), mask=found.row < 0)
    names = pa.DictionaryArray.from_arrays(rows, pa.array(index.place_ids, type=pa.string()))
    distance = pa.array(found.distance_m, from_pandas=True)
    return _write(part, {"cell_id": table.column("cell_id"), "place_id": names, "distance_m": distance})


def _bands(places: pd.DataFrame) -> list[pd.DataFrame]:
    """Places with a position in bands of about one degree, from south to north."""
    lon, lat = positions(places, what="places")
    slim = pd.DataFrame({"lon": lon, "lat": lat, "capacity": weights(places, "capacity", what="places")}).dropna()
    if slim.empty:
        message = "no place has a position: there is nothing to reach"
        raise SchemaMismatch(message)
    return [band for _, band in slim.groupby(np.floor(slim["lat"]), sort=True)]


def _demand(cells: str, places: pd.DataFrame, decay: Decay) -> Floats:
    """People who share each place of a band, from the cells of the band and its halo."""
    halo = decay.radius_m / _METRES_PER_DEGREE
    low, high = float(places["lat"].min() - halo), float(places["lat"].max() + halo)
    near = pq.read_table(cells, columns=_COLUMNS[1:], filters=[("lat", ">=", low), ("lat", "<=", high)]).to_pandas()
    sources = SourceRows(*positions(near, what="cells"), radius_m=decay.radius_m)
    people = weights(near, "population", what="cells")
    return decayed_sums(sources, people, *positions(places, what="places"), decay=decay, power=1)


def _supply(places: pd.DataFrame, demand: Floats) -> pd.DataFrame:
    capacity = places["capacity"].to_numpy()
    ratio = np.divide(capacity, demand, out=np.zeros(len(demand)), where=demand > 0)
    # In the order of the caller's rows, as `catchment_e2sfca` sums them.
    return places.assign(ratio=ratio).sort_index()


def _access_part(part: _Part, supply: pd.DataFrame, decay: Decay) -> Path:
    table = _rows(part, _COLUMNS)
    lon, lat = positions(table.select(["lon", "lat"]).to_pandas(), what="cells")
    sources = SourceRows(*positions(supply, what="places"), radius_m=decay.radius_m)
    access = decayed_sums(sources, supply["ratio"].to_numpy(), lon, lat, decay=decay, power=1)
    return _write(part, {"cell_id": table.column("cell_id"), "access": pa.array(access)})


def _write(part: _Part, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), part.target, compression="zstd")
    return Path(part.target)
