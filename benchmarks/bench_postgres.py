"""Rows a second into PostgreSQL: by COPY, and beside it by statements, in the same run.

    python -m benchmarks.bench_postgres [--rows 1000000] [--url URL_OF_AN_EMPTY_DATABASE] [--parts move]

Playlists of 66 songs, popular as Zipf's law has it, go through `add_playlists` as an ingest stores them,
1,000 a transaction; before them songs with their ids, after them listens of a year. Without `--url` a server
of its own is started in a temporary folder, with its write-ahead log flushed as a server in earnest does.
Statements do a quarter of the rows. `--parts` is `playlists`, `listens` or both, or `move`: then an SQLite
file of that size is moved into PostgreSQL. Beside the time by the clock stands the processor's: of this
process, and of the server's that it speaks to. The two take turns, so on a machine with nothing else to do
their sum is the time, but for the disk's.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sqlalchemy import Engine

from db.migrate import upgrade
from db.repositories import bulk, copying
from db.repositories.catalogue import SongFacts, add_aliases, add_songs
from db.repositories.listens import add_listens
from db.repositories.playlists import PlaylistContent, add_playlists
from db.repositories.users import ensure_users
from db.repositories.whole_tables import row_counts, tables_of
from db.session import Connections, SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.move_database import move_database

LENGTH, LISTS_AT_ONCE, AT_ONCE = 66, 1_000, 50_000
N_SONGS, N_USERS = 200_000, 10_000
YEAR_S, BEGAN_S = 365 * 86_400, 1_760_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--songs", type=int, default=N_SONGS)
    parser.add_argument("--url", default="")
    parser.add_argument("--parts", nargs="+", default=["playlists", "listens"])
    given = parser.parse_args()
    with _database(given.url) as url:
        engine = make_engine(url, Connections(at_once=1))  # Of which the processor's time is known.
        factory = make_session_factory(engine)
        with factory() as session:
            version = session.connection().exec_driver_sql("SHOW server_version").scalar()
        print(f"PostgreSQL {version}; rows a second, whole transactions")
        if given.parts == ["move"]:
            _measure_move(factory, given.songs, given.rows)
        else:
            upgrade(engine)
            _measure(factory, given.songs, given.rows, given.parts)
        engine.dispose()


def _measure(factory: SessionFactory, songs: int, rows: int, parts: Sequence[str]) -> None:
    rng = np.random.default_rng(1)
    few = songs // 4
    _run(factory, "songs and their ids", 2 * songs, lambda: _store_songs(factory, 0, songs))
    with by_statements():
        _run(factory, "  by statements", 2 * few, lambda: _store_songs(factory, songs, few))
    with write_transaction(factory) as session:
        ensure_users(session, (("bench", str(number)) for number in range(N_USERS)))
    if "playlists" in parts:
        lists = rows // LENGTH
        few = lists // 4
        _run(factory, "playlist rows", lists * LENGTH, lambda: _store_lists(factory, rng, songs, 0, lists))
        with by_statements():
            _run(
                factory,
                "  by statements",
                few * LENGTH,
                lambda: _store_lists(factory, rng, songs, lists, few),
            )
    if "listens" in parts:
        _run(factory, "listens", rows, lambda: _store_listens(factory, rng, songs, rows))
        with by_statements():
            _run(
                factory, "  by statements", rows // 4, lambda: _store_listens(factory, rng, songs, rows // 4)
            )


def _measure_move(factory: SessionFactory, songs: int, rows: int) -> None:
    """Move an SQLite file with so many rows of playlists and half as many listens."""
    rng = np.random.default_rng(1)
    with TemporaryDirectory(prefix="ssmove-") as folder:
        source = make_engine(f"sqlite:///{folder}/songspace.db")
        upgrade(source)
        old = make_session_factory(source)
        _store_songs(old, 0, songs)
        with write_transaction(old) as session:
            ensure_users(session, (("bench", str(number)) for number in range(N_USERS)))
        _store_lists(old, rng, songs, 0, rows // LENGTH)
        _store_listens(old, rng, songs, rows // 2)
        with source.connect() as connection:
            n = sum(row_counts(connection, tables_of(connection)).values())
        target: Engine = factory.kw["bind"]
        _run(factory, "moved from SQLite", n, lambda: _moved(source, target, Path(folder)))
        source.dispose()


def _moved(source: Engine, target: Engine, home: Path) -> None:
    for table in move_database(source, target, home).tables:
        if table.rows:
            print(f"  {table.name:20} {table.rows:>9,} rows, the same in both")


@contextmanager
def by_statements() -> Iterator[None]:
    """Have nothing be worth a COPY."""
    before, copying.WORTH_IT = copying.WORTH_IT, sys.maxsize
    try:
        yield
    finally:
        copying.WORTH_IT = before


def _store_songs(factory: SessionFactory, first: int, n: int) -> None:
    for chunk in bulk.chunks(range(first, first + n), AT_ONCE):
        facts = [SongFacts(f"Song {i}", f"Artist {i // 12}", f"Album {i // 12}", 180_000) for i in chunk]
        with write_transaction(factory) as session:
            numbers = add_songs(session, facts)
            add_aliases(session, ((song, "bench", str(i)) for song, i in zip(numbers, chunk, strict=True)))


def _store_lists(factory: SessionFactory, rng: np.random.Generator, n_songs: int, first: int, n: int) -> None:
    for chunk in bulk.chunks(range(first, first + n), LISTS_AT_ONCE):
        songs = _popular(rng, n_songs, LENGTH * len(chunk)).reshape(-1, LENGTH).tolist()
        contents = [
            PlaylistContent("bench", str(i), f"List {i}", row, f"{i:064x}")
            for i, row in zip(chunk, songs, strict=True)
        ]
        with write_transaction(factory) as session:
            add_playlists(session, contents)


def _store_listens(factory: SessionFactory, rng: np.random.Generator, n_songs: int, n: int) -> None:
    for chunk in bulk.chunks(range(n), AT_ONCE):
        users = rng.integers(1, N_USERS + 1, len(chunk)).tolist()
        at_s = (BEGAN_S + rng.integers(0, YEAR_S, len(chunk))).tolist()
        songs = _popular(rng, n_songs, len(chunk)).tolist()
        with write_transaction(factory) as session:
            add_listens(session, list(zip(users, songs, at_s, [1.0] * len(chunk), strict=True)))


def _popular(rng: np.random.Generator, n_songs: int, n: int) -> np.ndarray:
    """Song ids by Zipf's law, exponent 1."""
    ids: np.ndarray = np.exp(rng.random(n) * np.log(n_songs)).astype(np.int64)
    return ids.clip(1, n_songs)


def _run(factory: SessionFactory, name: str, rows: int, work: Callable[[], None]) -> None:
    """Do the work, and print how long it took by the clock, and the processor here and there."""
    before = _clocks(factory)
    work()
    spent, ours, theirs = (after - start for start, after in zip(before, _clocks(factory), strict=True))
    print(
        f"{name:20} {rows:>9,} rows {spent:7.1f} s {rows / spent:>9,.0f} rows/s   processor {ours:5.1f} + "
        f"{theirs:5.1f} s {rows / (ours + theirs):>9,.0f} rows/s",
        flush=True,
    )


def _clocks(factory: SessionFactory) -> tuple[float, float, float]:
    """Seconds of the clock, of this process, and of the server's process behind the one connection."""
    with factory() as session:
        number = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
    stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    server = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return time.perf_counter(), time.process_time(), server


@contextmanager
def _database(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    from tests.databases import PostgresServer, postgres_binaries

    binaries = postgres_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL server is installed; name a database with --url")
    durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}
    server = PostgresServer(binaries, **durable, shared_buffers="1GB", max_wal_size="4GB")
    try:
        yield server.create()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
