"""What is looked at after a kill: the database's own checks, its rows, the releases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from db.session import make_engine
from pipelines.release_files import check_files, current_name, release_names
from pipelines.stored_release import load_release, self_test

# Rows by names that do not depend on the order in which they came in.
_CONTENT = {
    "entries": """SELECT p.scheme, p.value, e.position, min(a.scheme || ':' || a.value)
        FROM playlist_entries e JOIN playlists p ON p.id = e.playlist_id
        JOIN song_aliases a ON a.song_id = e.song_id GROUP BY p.scheme, p.value, e.position""",
    "listens": """SELECT u.scheme, u.value, l.listened_at_s, min(a.scheme || ':' || a.value) FROM listens l
        JOIN users u ON u.id = l.user_id JOIN song_aliases a ON a.song_id = l.song_id
        GROUP BY u.scheme, u.value, l.listened_at_s, l.song_id""",
}


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of its own, gone at the end."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def indexes(url: str) -> set[str]:
    """Names of all indexes."""
    with connected(url) as connection:
        looked = inspect(connection)
        return {str(one["name"]) for table in looked.get_table_names() for one in looked.get_indexes(table)}


def database_faults(url: str) -> list[str]:
    """What the database's own checks say, and rows whose parent is gone."""
    found: list[str] = []
    with connected(url) as connection:
        if connection.dialect.name == "sqlite":
            found += [row[0] for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
            found += [f"foreign key {row}" for row in connection.execute(text("PRAGMA foreign_key_check"))]
            return found
        found += [
            f"index {row[0]} is not valid"
            for row in connection.execute(
                text("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid OR NOT indisready")
            )
        ]
        found += [
            f"constraint {row[0]} is not validated"
            for row in connection.execute(text("SELECT conname FROM pg_constraint WHERE NOT convalidated"))
        ]
        looked = inspect(connection)
        for table in looked.get_table_names():
            for key in looked.get_foreign_keys(table):
                own, far = key["constrained_columns"], key["referred_columns"]
                same = " AND ".join(f"p.{b} = c.{a}" for a, b in zip(own, far, strict=True))
                told = " AND ".join(f"c.{a} IS NOT NULL" for a in own)
                orphans = connection.execute(
                    text(
                        f"SELECT count(*) FROM {table} c WHERE {told} AND NOT EXISTS"
                        f" (SELECT 1 FROM {key['referred_table']} p WHERE {same})"
                    )
                ).scalar_one()
                if orphans:
                    found.append(f"{orphans} rows of {table} without a parent in {key['referred_table']}")
    return found


def counts(url: str) -> dict[str, int]:
    """How many rows each table has; on PostgreSQL a parent counts its parts."""
    with connected(url) as connection:
        names = set(inspect(connection).get_table_names())
        parts = set()
        if connection.dialect.name == "postgresql":
            parts = {
                row[0]
                for row in connection.execute(text("SELECT relname FROM pg_class WHERE relispartition"))
            }
        return {
            name: int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())
            for name in sorted(names - parts)
        }


def content(url: str) -> dict[str, str]:
    """A hash of what lists hold and who heard what, by external names."""
    with connected(url) as connection:
        return {
            name: hashlib.sha256(
                "\n".join(sorted(repr(tuple(row)) for row in connection.execute(text(query)))).encode()
            ).hexdigest()
            for name, query in _CONTENT.items()
        }


def release_faults(home: Path, *, must: bool) -> list[str]:
    """What is wrong with the published release and with finished ones; `must`: there has to be one."""
    releases = home / "releases"
    name = current_name(releases)
    if name is None:
        return ["no release is published"] if must else []
    found = [f"{one}: {fault}" for one in release_names(releases) for fault in check_files(releases, one)]
    return found + self_test(load_release(releases, name))


def differing(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Tables whose counts differ."""
    return [
        f"{name} has {after.get(name, 0)} rows instead of {before.get(name, 0)}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name, 0) != after.get(name, 0)
    ]
