"""On PostgreSQL each month of listens has a table of its own; nobody who asks can tell."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.orm import Session

from db.migrate import HEAD, upgrade
from db.models import Listen, User, now
from db.older_schema import make_tables
from db.repositories import listen_months
from db.repositories.bulk import insert_rows
from db.repositories.catalogue import SongFacts, add_songs
from db.repositories.listen_months import OTHER, WORTH_IT, month_of, name_of, parts, tidy
from db.repositories.listens import add_listens, delete_listen, new_listens, user_listens
from db.repositories.users import delete_user, ensure_users
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MAY_S = int(datetime(2025, 5, 1, tzinfo=UTC).timestamp())
JUNE_S = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp())
Row = tuple[int, int, int, float | None]


def store(factory: SessionFactory, times_s: list[int]) -> list[Row]:
    """Store a listen of one user to one song at each time."""
    with write_transaction(factory) as session:
        users, made = ensure_users(session, [("t", "ann")])
        song = add_songs(session, [SongFacts("A Song")])[0] if made else 1
        rows: list[Row] = [(users["t", "ann"], song, at_s, None) for at_s in times_s]
        assert add_listens(session, rows) == len(rows)
    return rows


def counts(engine: Engine) -> dict[str, int]:
    """How many listens lie in each part that has any."""
    with engine.connect() as connection:
        found = connection.execute(text("SELECT tableoid::regclass::text, count(*) FROM listens GROUP BY 1"))
        return {str(name): int(count) for name, count in found}


def test_names_and_bounds_of_months() -> None:
    may = month_of(datetime(2025, 5, 31, 23, 59, 59, tzinfo=UTC))
    assert (name_of(may), listen_months.bounds_of(may)) == ("listens_2025_05", (MAY_S, JUNE_S))
    assert listen_months.months_of([0, MAY_S, JUNE_S - 1, JUNE_S]).tolist() == [0, may, may, may + 1]


def test_what_is_yet_to_come_is_worth_nothing() -> None:
    assert listen_months.worth_a_part([2**40] * WORTH_IT) == []


@ON_POSTGRESQL
def test_this_month_and_the_next_ones_are_there_before_anybody_listens(engine: Engine) -> None:
    with engine.connect() as connection:
        present = month_of(now())
        assert parts(connection) >= {OTHER, *(name_of(present + n) for n in range(3))}


@ON_POSTGRESQL
def test_a_month_with_many_listens_gets_its_own_part_and_few_do_not(
    engine: Engine, session_factory: SessionFactory
) -> None:
    store(session_factory, [*range(MAY_S, MAY_S + WORTH_IT), JUNE_S, 0, 2**40])
    assert counts(engine) == {"listens_2025_05": WORTH_IT, OTHER: 3}


@ON_POSTGRESQL
def test_few_listens_at_a_time_move_when_they_are_many(
    engine: Engine, session_factory: SessionFactory
) -> None:
    rows = store(session_factory, list(range(MAY_S, MAY_S + WORTH_IT - 1)))
    rows += store(session_factory, [JUNE_S - 1])
    assert counts(engine) == {OTHER: WORTH_IT}
    tidy(engine)
    assert counts(engine) == {"listens_2025_05": WORTH_IT}
    with session_factory() as session:
        assert user_listens(session, rows[0][0])["listened_at_s"].tolist() == [row[2] for row in rows]


def test_a_listen_is_there_once_wherever_it_lies(session_factory: SessionFactory) -> None:
    many = store(session_factory, [*range(MAY_S, MAY_S + WORTH_IT), 0, 2**40])
    with write_transaction(session_factory) as session:
        assert new_listens(session, [*many, (many[0][0], many[0][1], JUNE_S, None)])[0][2] == JUNE_S
        assert (add_listens(session, many), add_listens(session, many[-2:])) == (0, 0)


def test_listens_of_any_month_are_deleted_alone_and_with_their_user(session_factory: SessionFactory) -> None:
    rows = store(session_factory, [*range(MAY_S, MAY_S + WORTH_IT), 0, 2**40])
    with write_transaction(session_factory) as session:
        assert all(delete_listen(session, *row[:3]) for row in (rows[0], rows[-1]))
        delete_user(session, rows[0][0])
    with session_factory() as session:
        assert session.query(Listen).count() == 0


@ON_POSTGRESQL
def test_who_is_in_the_way_of_a_part_delays_nobody_for_long(
    engine: Engine, session_factory: SessionFactory
) -> None:
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM listens")).scalar()  # Holds every part until it ends.
        store(session_factory, list(range(MAY_S, MAY_S + WORTH_IT)))
    assert counts(engine) == {OTHER: WORTH_IT}
    tidy(engine)
    assert counts(engine) == {"listens_2025_05": WORTH_IT}


@ON_POSTGRESQL
def test_many_may_tidy_at_once(engine: Engine, session_factory: SessionFactory) -> None:
    store(session_factory, list(range(MAY_S, MAY_S + WORTH_IT // 2)))
    store(session_factory, list(range(MAY_S + WORTH_IT // 2, MAY_S + WORTH_IT)))
    threads = [threading.Thread(target=tidy, args=(engine,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(engine) == {"listens_2025_05": WORTH_IT}


@pytest.fixture
def older(blank_database_url: str) -> Iterator[Engine]:
    """A database as it was before there were months, with listens in it."""
    engine = make_engine(blank_database_url)
    with engine.connect().execution_options(songspace_write=True) as connection, connection.begin():
        make_tables(connection, "0006")
        _fill(connection)
    yield engine
    engine.dispose()


def _fill(connection: Connection) -> None:
    with Session(connection) as session:
        insert_rows(session, User, [{"scheme": "t", "value": "ann", "name": ""}])
        song = add_songs(session, [SongFacts("A Song")])[0]
        session.flush()
        times_s = [*range(MAY_S, MAY_S + WORTH_IT), JUNE_S, 0, 2**40]
        rows = [{"u": 1, "s": song, "at": at_s, "c": None if at_s % 2 else 0.5} for at_s in times_s]
        statement = (
            "INSERT INTO listens (user_id, song_id, listened_at_s, completion) VALUES (:u, :s, :at, :c)"
        )
        session.execute(text(statement), rows)
        session.commit()


def _listens(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM listens ORDER BY user_id, song_id, listened_at_s"))
        return [tuple(row) for row in rows]


def test_migrating_moves_every_listen(older: Engine) -> None:
    before = _listens(older)
    upgrade(older)
    assert _listens(older) == before
    if older.dialect.name == "postgresql":
        assert counts(older) == {"listens_2025_05": WORTH_IT, OTHER: 3}


def test_what_was_migrated_holds_as_what_was_made_new(older: Engine, engine: Engine) -> None:
    upgrade(older)
    if older.dialect.name == engine.dialect.name:
        told = [
            (
                inspect(one).get_pk_constraint("listens"),
                sorted(inspect(one).get_indexes("listens"), key=str),
                sorted(inspect(one).get_foreign_keys("listens"), key=str),
                sorted(inspect(one).get_check_constraints("listens"), key=str),
            )
            for one in (older, engine)
        ]
        assert told[0] == told[1]
    assert HEAD >= "0007"


def test_a_migrated_listen_is_still_there_once(older: Engine) -> None:
    upgrade(older)
    rows: list[Row] = [(1, 1, MAY_S, None), (1, 1, 0, None)]
    with write_transaction(make_session_factory(older)) as session:
        assert add_listens(session, rows) == 0
