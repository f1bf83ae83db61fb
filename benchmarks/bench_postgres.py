"""Rows a second into PostgreSQL: by COPY, and beside it by statements, in the same run.

    python -m benchmarks.bench_postgres [--rows 1000000] [--url URL_OF_AN_EMPTY_DATABASE]

Playlists of 66 songs, popular as Zipf's law has it, go through `add_playlists` as an ingest stores them,
1,000 a transaction; before them songs with their ids, after them listens of a year. Without `--url` a server
of its own is started in a temporary folder, with its write-ahead log flushed as a server in earnest does.
Statements do a quarter of the rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from db.migrate import upgrade
from db.repositories import bulk, copying
from db.repositories.catalogue import SongFacts, add_aliases, add_songs
from db.repositories.listens import add_listens
from db.repositories.playlists import PlaylistContent, add_playlists
from db.repositories.users import ensure_users
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction

LENGTH, LISTS_AT_ONCE, AT_ONCE = 66, 1_000, 50_000
N_SONGS, N_USERS = 200_000, 10_000
YEAR_S, BEGAN_S = 365 * 86_400, 1_760_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--url", default="")
    given = parser.parse_args()
    with _database(given.url) as url:
        engine = make_engine(url)
        upgrade(engine)
        factory = make_session_factory(engine)
        with factory() as session:
            version = session.connection().exec_driver_sql("SHOW server_version").scalar()
        print(f"PostgreSQL {version}; rows a second, whole transactions")
        _measure(factory, given.rows)
        engine.dispose()


def _measure(factory: SessionFactory, rows: int) -> None:
    rng = np.random.default_rng(1)
    _line("songs and their ids", 2 * N_SONGS, _timed(lambda: _store_songs(factory, 0, N_SONGS)))
    with by_statements():
        few = N_SONGS // 4
        _line("  by statements", 2 * few, _timed(lambda: _store_songs(factory, N_SONGS, few)))
    with write_transaction(factory) as session:
        ensure_users(session, (("bench", str(number)) for number in range(N_USERS)))
    lists = rows // LENGTH
    _line("playlist rows", lists * LENGTH, _timed(lambda: _store_lists(factory, rng, 0, lists)))
    with by_statements():
        few = lists // 4
        _line("  by statements", few * LENGTH, _timed(lambda: _store_lists(factory, rng, lists, few)))
    _line("listens", rows, _timed(lambda: _store_listens(factory, rng, rows)))
    with by_statements():
        _line("  by statements", rows // 4, _timed(lambda: _store_listens(factory, rng, rows // 4)))


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


def _store_lists(factory: SessionFactory, rng: np.random.Generator, first: int, n: int) -> None:
    for chunk in bulk.chunks(range(first, first + n), LISTS_AT_ONCE):
        songs = _popular(rng, LENGTH * len(chunk)).reshape(-1, LENGTH).tolist()
        contents = [
            PlaylistContent("bench", str(i), f"List {i}", row, f"{i:064x}")
            for i, row in zip(chunk, songs, strict=True)
        ]
        with write_transaction(factory) as session:
            add_playlists(session, contents)


def _store_listens(factory: SessionFactory, rng: np.random.Generator, n: int) -> None:
    for chunk in bulk.chunks(range(n), AT_ONCE):
        users = rng.integers(1, N_USERS + 1, len(chunk)).tolist()
        at_s = (BEGAN_S + rng.integers(0, YEAR_S, len(chunk))).tolist()
        songs = _popular(rng, len(chunk)).tolist()
        with write_transaction(factory) as session:
            add_listens(session, list(zip(users, songs, at_s, [1.0] * len(chunk), strict=True)))


def _popular(rng: np.random.Generator, n: int) -> np.ndarray:
    """Song ids by Zipf's law, exponent 1."""
    ids: np.ndarray = np.exp(rng.random(n) * np.log(N_SONGS)).astype(np.int64)
    return ids.clip(1, N_SONGS)


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _line(name: str, rows: int, seconds: float) -> None:
    print(f"{name:24} {rows:>9,} rows {seconds:7.1f} s {rows / seconds:>9,.0f} rows/s", flush=True)


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
