"""The tiny world in PostgreSQL: the same rows under the same numbers, so that its release fits."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from db.repositories.whole_tables import columns_of, last_ids, read_rows, set_last_ids, tables_of, write_rows
from db.session import make_engine
from tests.databases import PostgresServer
from tests.home_database import URL_FILE, url_of
from tests.tiny_world import TinyWorld

_VERSION = "alembic_version"


def on_postgresql(world: TinyWorld, server: PostgresServer, home: Path) -> TinyWorld:
    """Copy a world into another home folder, and its database into a server."""
    world.factory.kw["bind"].dispose()
    shutil.copytree(world.home, home, ignore=shutil.ignore_patterns("songspace.db*"))
    url = server.create(server.template)
    _copy_rows(url_of(world.home), url)
    (home / URL_FILE).write_text(url, encoding="utf-8")
    return TinyWorld(home, world.truth)


def copy_database(url: str) -> str:
    """Copy a database that nobody is connected to within its server, and return the copy's URL."""
    name, copy = urlsplit(url).path.lstrip("/"), f"t{uuid4().hex[:16]}"
    with psycopg.connect(url.replace(f"/{name}", "/postgres", 1), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
    return url.replace(f"/{name}", f"/{copy}", 1)


def _copy_rows(source: str, target: str) -> None:
    out, into = make_engine(source), make_engine(target)
    with out.connect() as reading, into.begin() as writing:
        given = {table.name: table for table in tables_of(reading)}
        tables = [table for table in tables_of(writing) if table.name != _VERSION]
        for table in tables:
            names = [column.name for column in columns_of(given[table.name])]
            places = [names.index(column.name) for column in columns_of(table)]
            for batch in read_rows(reading, given[table.name]):
                write_rows(writing, table, [tuple(row[place] for place in places) for row in batch])
        set_last_ids(writing, last_ids(reading), tables)
    out.dispose()
    into.dispose()
