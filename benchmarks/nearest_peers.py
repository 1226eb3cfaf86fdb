"""
Other ways to find the nearest places, each behind the same two methods, for `benchmarks/nearest.py`.

`exact` says whether the answer is the k nearest by geodesic distance by construction. A peer that has no filter of its own looks
at more neighbours until enough pass, as its users must; `own index` peers get an index for each filter beforehand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rtree
import shapely
from pyproj import Geod

from mediation_geo.geodesy import chord_reach_m, geocentric_m

# The tests of the release in PostGIS start their database the same way.
sys.path.append(str(Path(__file__).parents[1] / "tests" / "scale"))
from postgres import database, missing

GEOD = Geod(ellps="WGS84")
# No two points are farther apart: a box as large holds every place, however few pass a filter.
HALF_ROUND_M = 20_010_000.0


def geodesic(lon, lat, lons, lats):
    """Geodesic distances in metres from one point to others, by pyproj."""
    return GEOD.inv(np.full(len(lons), lon), np.full(len(lons), lat), lons, lats)[2]


class Peer:
    """One contender: built from points and named filters, asked for row numbers."""

    name = ""
    exact = False

    def __init__(self, lons, lats, filters) -> None:
        self.lons, self.lats, self.filters = lons, lats, filters
        # Names of filters as columns of a table.
        self.columns = {name: f"filter_{number}" for number, name in enumerate(filters)}
        self.shares = {name: mask.mean() for name, mask in filters.items()}

    def query(self, lon: float, lat: float, k: int, which: str) -> list[int]:
        """Rows of the k nearest that pass a filter."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what the peer holds."""

    def _refined(self, lon, lat, rows, k):
        rows = np.asarray(rows)
        metres = geodesic(lon, lat, self.lons[rows], self.lats[rows])
        order = np.lexsort((rows, metres))[:k]
        return rows[order], metres[order]

    def _passing(self, found: Callable[[int], list[int]], which: str, count: int) -> list[int]:
        """Rows that pass, of ever more neighbours."""
        mask, total = self.filters[which], len(self.lons)
        fetch = min(int(1.5 * count / max(self.shares[which], 1e-9)) + 1, total)
        while True:
            rows = [row for row in found(fetch) if mask[row]]
            if len(rows) >= count or fetch >= total:
                return rows
            fetch = min(4 * fetch, total)


class RtreeDegrees(Peer):
    """rtree over longitude and latitude, as if degrees were lengths."""

    name = "rtree, degrees"

    def __init__(self, lons, lats, filters) -> None:
        super().__init__(lons, lats, filters)
        points = np.column_stack([lons, lats])
        self.tree = rtree.index.Index((np.arange(len(lons)), points, points))

    def query(self, lon, lat, k, which):
        """Rows of the k nearest that pass a filter."""
        return self._passing(lambda n: list(self.tree.nearest((lon, lat, lon, lat), n)), which, k)[:k]


def geocentric_rtree(points, rows):
    """Three-dimensional rtree of geocentric metres."""
    prop = rtree.index.Property()
    prop.dimension = 3
    return rtree.index.Index((rows, points, points), properties=prop)


class RtreeGeocentric(Peer):
    """rtree in geocentric metres, candidates proven and ranked by geodesic as ours are."""

    name = "rtree, geocentric"
    exact = True

    def __init__(self, lons, lats, filters) -> None:
        super().__init__(lons, lats, filters)
        self.points = geocentric_m(lons, lats)
        self.tree = geocentric_rtree(self.points, np.arange(len(lons)))

    def candidates(self, point, count, which):
        """Rows by chord that pass a filter."""
        box = (*point, *point)
        return self._passing(lambda n: list(self.tree.nearest(box, n)), which, count)

    def inside(self, low, high, which):
        """Rows in a box that pass a filter."""
        mask = self.filters[which]
        return [row for row in self.tree.intersection((*low, *high)) if mask[row]]

    def query(self, lon, lat, k, which):
        """Rows of the k nearest that pass a filter."""
        point = geocentric_m([lon], [lat])[0]
        rows = np.array(self.candidates(point, k + 1, which), dtype=np.intp)
        if not len(rows):
            return []
        chords = np.linalg.norm(self.points[rows] - point, axis=1)
        order = np.argsort(chords)
        rows, chords = rows[order], chords[order]
        best, metres = self._refined(lon, lat, rows[:k], k)
        if len(rows) > k:
            reach = float(chord_reach_m(metres.max()))
            if chords[k] <= reach:
                best, _ = self._refined(lon, lat, self.inside(point - reach, point + reach, which), k)
        return best.tolist()


class RtreeGeocentricOwn(RtreeGeocentric):
    """The same with an index for each filter, made beforehand."""

    name = "rtree, geocentric, own index a filter"

    def __init__(self, lons, lats, filters) -> None:
        super().__init__(lons, lats, filters)
        self.trees = {
            name: geocentric_rtree(self.points[mask], np.flatnonzero(mask)) for name, mask in filters.items() if not mask.all()
        }

    def candidates(self, point, count, which):
        """Rows by chord that pass a filter."""
        return list(self.trees.get(which, self.tree).nearest((*point, *point), count))[: 4 * count]


class StrtreeBoxes(Peer):
    """shapely's STRtree over degrees: a box that surely holds the k nearest, then geodesics. Exact away from poles and 180°."""

    name = "STRtree, box + geodesic"
    exact = True

    def __init__(self, lons, lats, filters) -> None:
        super().__init__(lons, lats, filters)
        self.tree = shapely.STRtree(shapely.points(lons, lats))

    def _box(self, lon, lat, metres, which):
        if metres >= HALF_ROUND_M:
            return np.flatnonzero(self.filters[which])
        high = metres / 110_574 * 1.001
        wide = metres / (111_320 * max(np.cos(np.radians(min(abs(lat) + high, 89.9))), 1e-6)) * 1.01
        rows = self.tree.query(shapely.box(lon - wide, lat - high, lon + wide, lat + high))
        return rows[self.filters[which][rows]]

    def query(self, lon, lat, k, which):
        """Rows of the k nearest that pass a filter."""
        metres = 1500.0 / np.sqrt(max(self.shares[which] * len(self.lons), 1) / 25_000)
        while len(rows := self._box(lon, lat, metres, which)) < k and metres < HALF_ROUND_M:
            metres *= 2
        best, distances = self._refined(lon, lat, rows, k)
        if len(best) and distances.max() > metres:
            best, _ = self._refined(lon, lat, self._box(lon, lat, distances.max(), which), k)
        return best.tolist()


class BallTreeHaversine(Peer):
    """scikit-learn's BallTree on a sphere."""

    name = "BallTree, haversine"

    def __init__(self, lons, lats, filters) -> None:
        from sklearn.neighbors import BallTree

        super().__init__(lons, lats, filters)
        self.tree = BallTree(np.radians(np.column_stack([lats, lons])), metric="haversine")

    def query(self, lon, lat, k, which):
        """Rows of the k nearest that pass a filter."""
        point = np.radians([[lat, lon]])
        return self._passing(lambda n: self.tree.query(point, n)[1][0].tolist(), which, k)[:k]


class DuckDb(Peer):
    """A scan in SQL ordered by chord; nothing is proven, but a chord is nearly always right over France."""

    name = "DuckDB, scan by chord"

    def __init__(self, lons, lats, filters) -> None:
        import duckdb
        import pandas as pd

        super().__init__(lons, lats, filters)
        x, y, z = geocentric_m(lons, lats).T
        columns = {self.columns[name]: mask for name, mask in filters.items()}
        places = pd.DataFrame({"row": np.arange(len(lons)), "x": x, "y": y, "z": z, **columns})
        self.base = duckdb.connect(":memory:", config={"threads": 1})
        self.base.register("given", places)
        self.base.execute("CREATE TABLE places AS SELECT * FROM given")

    def query(self, lon, lat, k, which):
        """Rows of the k nearest that pass a filter."""
        x, y, z = geocentric_m([lon], [lat])[0].tolist()
        sql = f'SELECT "row" FROM places WHERE {self.columns[which]} ORDER BY (x-?)*(x-?)+(y-?)*(y-?)+(z-?)*(z-?) LIMIT {k}'
        found = self.base.execute(sql, [x, x, y, y, z, z]).fetchall()
        return self._refined(lon, lat, [row for (row,) in found], k)[0].tolist()

    def close(self):
        """Give back what the peer holds."""
        self.base.close()


class PostGis(Peer):
    """`<->` on geography with a GiST index, in a cluster of its own on a Unix socket."""

    name = "PostGIS, geography <->"

    def __init__(self, lons, lats, filters) -> None:
        import psycopg

        super().__init__(lons, lats, filters)
        if reason := missing():
            raise FileNotFoundError(reason)
        self.ended = ExitStack()
        address = self.ended.enter_context(database(shared_buffers="512MB"))
        with psycopg.connect(address) as base:
            [folder] = base.execute("SHOW unix_socket_directories").fetchone()
        # A socket of the file system is the shortest way to it.
        self.base = self.ended.enter_context(psycopg.connect(address, host=folder, autocommit=True))
        self.base.execute("CREATE EXTENSION postgis")
        columns = ", ".join(f"{name} boolean" for name in self.columns.values())
        self.base.execute(f"CREATE TABLE places (row integer, lon float8, lat float8, {columns})")
        with self.base.cursor().copy("COPY places FROM STDIN") as copy:
            for row, record in enumerate(zip(lons.tolist(), lats.tolist(), *(m.tolist() for m in filters.values()), strict=True)):
                copy.write_row((row, *record))
        self.base.execute("ALTER TABLE places ADD geog geography; UPDATE places SET geog = ST_MakePoint(lon, lat)::geography")
        self.base.execute("CREATE INDEX ON places USING gist (geog)")
        self.base.execute("VACUUM ANALYZE places")

    def query(self, lon, lat, k, which):
        """Rows of the k nearest that pass a filter."""
        sql = f"SELECT row FROM places WHERE {self.columns[which]} ORDER BY geog <-> ST_MakePoint(%s, %s)::geography LIMIT {k}"
        return [row for (row,) in self.base.execute(sql, (lon, lat), prepare=True).fetchall()]

    def close(self):
        """Give back what the peer holds."""
        self.ended.close()


PEERS = (RtreeGeocentric, RtreeGeocentricOwn, StrtreeBoxes, RtreeDegrees, BallTreeHaversine, DuckDb, PostGis)
