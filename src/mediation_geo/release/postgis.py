"""
A release in PostGIS, for those who want SQL: places and records in a schema of their own, and views that lead to the current one.

    mediation_geo.releases                      one row a release that is there, with its manifest
    mediation_geo.places, .records              views of the current release, moved in one transaction
    mediation_geo_2026_11_21.places, .records   the tables of one release, never changed

An open release and the address of a database in. Everything happens in one transaction: who reads finds the old release or the
new one, and a publication that fails or is killed leaves nothing behind.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from mediation_geo.errors import SettingsError
from mediation_geo.release.errors import StoreError, StoreUnavailable
from mediation_geo.release.manifest import release_order
from mediation_geo.release.reading import RELEASED_RECORDS
from mediation_geo.standard import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from mediation_geo.release.reading import Release
    from mediation_geo.standard import Layout

__all__ = ["publish_to_postgis", "release_schema"]

SCHEMA = "mediation_geo"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")
_KEYS = {"places": "place_id", "records": "record_id"}
_JSON = frozenset({"provenance"})
_COMMENTS = {
    "place_id": "Identifiant stable du lieu",
    "record_id": "Fiche d'une source : flux/clé",
    "feed": "Flux dont vient la fiche",
    "row": "Rang de la ligne dans le fichier",
    "source_ids": "Fiches réunies dans ce lieu",
    "sources": "Sources qui décrivent ce lieu",
    "aliases": "Autres identifiants sous lesquels ce lieu est connu",
    "provenance": "Champ par champ : la fiche choisie, sa date, la règle",
    "freshness": "recent : moins de 6 mois ; a_verifier : moins de 18 ; ancien",
    "position_precision": "Finesse de la position : housenumber, interpolated, street, locality, municipality",
    "position_uncertainty_m": "Rayon d'incertitude de la position, en mètres",
    "position_origin": "Origine de la position : source, geocoder, commune, code_postal",
    "code_arrondissement": "Arrondissement de Paris, Lyon ou Marseille",
    "first_seen": "Premier jour où ce lieu a été publié",
    "last_seen": "Dernier jour où ce lieu a été publié",
    "geometry": "Position, WGS 84, longitude d'abord",
}


def release_schema(release_id: str, *, schema: str = SCHEMA) -> str:
    """
    Name of the schema that holds the tables of a release.

    Examples
    --------
    >>> release_schema("2026-11-21.2")
    'mediation_geo_2026_11_21_2'
    """
    return f"{schema}_{re.sub('[-.]', '_', release_id)}"


def publish_to_postgis(release: Release, address: str, *, schema: str = SCHEMA, keep: int = 3) -> list[str]:
    """
    Make a release the current one of a database; the ids of older releases that were removed for it.

    Parameters
    ----------
    release : Release
        Its checksums are verified first.
    address : str
        `postgresql://user:password@host:port/database`; the password is never told again.
    schema : str
        Schema of the views, and beginning of the names of the others.
    keep : int
        How many releases stay, the new one included.

    Notes
    -----
    A release that is there already is not written again: publishing it once more, or an earlier one, only moves the views. Rights
    given on the views stay.

    Raises
    ------
    ChecksumMismatch
        If the release is damaged; nothing is written then.
    SettingsError
        If the address or the name of the schema cannot be used.
    StoreUnavailable
        If the database does not answer or refuses the connection.
    StoreError
        If PostGIS is not there or a right is missing.
    """
    if not _NAME.fullmatch(schema):
        message = f"schema {schema!r}: expected small letters, digits and _, at most 41"
        raise SettingsError(message)
    release.verify()
    url = _url(address)
    # Parameters are kept out of error texts: they are what the register holds.
    engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    with _clear(url), engine.begin() as connection:
        # One publication at a time; the lock ends with the transaction, however that ends.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(schema))))
        _prepare(connection, schema)
        if not _is_there(connection, release, schema):
            _write(connection, release, schema)
        _move_views(connection, release, schema)
        return _prune(connection, schema, keep=keep)


def _url(address: str) -> sa.URL:
    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        # Its text may hold the password: what the parser says is not passed on.
        message = "the address of the database cannot be read; expected postgresql://user:password@host:port/database"
        raise SettingsError(message) from None
    if url.get_backend_name() != "postgresql":
        message = f"{url.render_as_string(hide_password=True)}: expected an address that begins with postgresql://"
        raise SettingsError(message)
    return url.set(drivername="postgresql+psycopg")


@contextmanager
def _clear(url: sa.URL) -> Iterator[None]:
    """Turn what the database refuses into one sentence without secrets."""
    shown = url.set(drivername="postgresql").render_as_string(hide_password=True)
    try:
        yield
    except sa.exc.OperationalError as error:
        message = f"{shown}: {_first_line(error)}; what was published before is untouched"
        raise StoreUnavailable(message) from None
    except sa.exc.DBAPIError as error:
        message = f"{shown}: {_first_line(error)}; what was published before is untouched"
        raise StoreError(message) from None


def _first_line(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _prepare(connection: sa.Connection, schema: str) -> None:
    if connection.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")).first() is None:
        connection.execute(sa.text("CREATE EXTENSION postgis"))
    connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    _releases(schema).create(connection, checkfirst=True)


def _releases(schema: str) -> sa.Table:
    return sa.Table(
        "releases",
        sa.MetaData(),
        sa.Column("release_id", sa.Text, primary_key=True),
        sa.Column("content_sha256", sa.Text, nullable=False),
        sa.Column("is_current", sa.Boolean, nullable=False),
        sa.Column("manifest", postgresql.JSONB, nullable=False),
        schema=schema,
        comment="Instantanés présents dans cette base",
    )


def _is_there(connection: sa.Connection, release: Release, schema: str) -> bool:
    table = _releases(schema)
    query = sa.select(table.c.content_sha256).where(table.c.release_id == release.id)
    known = connection.execute(query).scalar()
    if known not in (None, release.manifest["content_sha256"]):
        message = f"schema {schema} holds another release {release.id}; an id is used once: build again, the next id is free"
        raise StoreError(message)
    return known is not None


def _write(connection: sa.Connection, release: Release, schema: str) -> None:
    name = release_schema(release.id, schema=schema)
    connection.execute(sa.schema.CreateSchema(name))
    for table_name, frame, layout in (("places", release.places, PLACES), ("records", release.records, RELEASED_RECORDS)):
        table = _table(table_name, layout, schema=name, comment=f"{release.credit['attribution']}")
        table.create(connection)
        _copy(connection, table, frame, layout)
        connection.execute(sa.text(f'ANALYZE "{name}"."{table_name}"'))
    table = _releases(schema)
    row = {"release_id": release.id, "content_sha256": release.manifest["content_sha256"], "is_current": False}
    connection.execute(table.insert().values(**row, manifest=json.loads(json.dumps(dict(release.manifest)))))


def _table(name: str, layout: Layout, *, schema: str, comment: str) -> sa.Table:
    key = _KEYS[name]
    columns = [
        sa.Column(column, _type(column, kind), primary_key=column == key, comment=_COMMENTS.get(column))
        for column, kind in layout.items()
    ]
    table = sa.Table(name, sa.MetaData(), *columns, schema=schema, comment=comment)
    for column in {"code_insee", "code_departement", "place_id", "feed"} & set(layout) - {key}:
        sa.Index(f"ix_{name}_{column}", table.c[column])
    return table


def _type(column: str, kind: str) -> Any:
    if column in _JSON:
        return postgresql.JSONB()
    match kind:
        case "list":
            return postgresql.ARRAY(sa.Text)
        case "number":
            return sa.Double()
        case "integer":
            return sa.BigInteger()
        case "date":
            return sa.Date()
        case "geometry":
            return Geometry("POINT", srid=4326, spatial_index=True)
        case _:
            return sa.Text()


def _copy(connection: sa.Connection, table: sa.Table, frame: pd.DataFrame, layout: Layout) -> None:
    columns = [_values(frame, name, kind) for name, kind in layout.items()]
    names = ", ".join(f'"{name}"' for name in layout)
    raw: Any = connection.connection.driver_connection
    # COPY takes a row at a time; it is many times faster than inserts.
    with raw.cursor() as cursor, cursor.copy(f'COPY "{table.schema}"."{table.name}" ({names}) FROM STDIN') as copy:
        for row in zip(*columns, strict=True):
            copy.write_row(row)


def _values(frame: pd.DataFrame, name: str, kind: str) -> list[Any]:
    """Values of a column as the driver takes them, None where they are missing."""
    if kind == "geometry":
        return _hex(frame)
    column = frame[name]
    if kind == "date":
        return [None if pd.isna(day) else day.date() for day in column]
    return column.astype(object).where(column.notna(), None).tolist()


def _hex(frame: gpd.GeoDataFrame | pd.DataFrame) -> list[str | None]:
    points = shapely.set_srid(frame["geometry"].to_numpy(dtype=object), 4326)
    values: list[str | None] = shapely.to_wkb(points, hex=True, include_srid=True).tolist()
    return values


def _move_views(connection: sa.Connection, release: Release, schema: str) -> None:
    """Lead the views to a release; rights given on them stay as long as their columns do."""
    name = release_schema(release.id, schema=schema)
    for view in _KEYS:
        statement = f'VIEW "{schema}"."{view}" AS SELECT * FROM "{name}"."{view}"'
        try:
            with connection.begin_nested():
                connection.execute(sa.text(f"CREATE OR REPLACE {statement}"))
        except sa.exc.ProgrammingError:
            # Another version of the package wrote other columns.
            connection.execute(sa.text(f'DROP VIEW IF EXISTS "{schema}"."{view}"'))
            connection.execute(sa.text(f"CREATE {statement}"))
        said = str(release.credit["attribution"]).replace("'", "''")
        connection.exec_driver_sql(f'COMMENT ON VIEW "{schema}"."{view}" IS \'{said}\''.replace("%", "%%"))
    table = _releases(schema)
    connection.execute(table.update().values(is_current=table.c.release_id == release.id))


def _prune(connection: sa.Connection, schema: str, *, keep: int) -> list[str]:
    table = _releases(schema)
    rows = connection.execute(sa.select(table.c.release_id, table.c.is_current)).all()
    ids = sorted((row.release_id for row in rows), key=release_order)
    current = {row.release_id for row in rows if row.is_current}
    gone = [each for each in ids[: max(len(ids) - keep, 0)] if each not in current]
    for each in gone:
        connection.execute(sa.schema.DropSchema(release_schema(each, schema=schema), cascade=True, if_exists=True))
        connection.execute(table.delete().where(table.c.release_id == each))
    return gone
