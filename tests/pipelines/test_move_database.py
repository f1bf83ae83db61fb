"""A database moves into another of either kind with every row, or nothing of it does."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from db.migrate import upgrade
from db.models import Listen, Song
from db.repositories.listen_months import parts
from db.repositories.listens import add_listens
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines import move_database as moving
from pipelines.move_database import MoveError, compare_databases, move_database
from pipelines.stages import JobRunningError, only_one
from tests.databases import *  # noqa: F403
from tests.pipelines.test_backup import empty, filled, home, sums

__all__ = ["empty", "filled", "home"]

TO_POSTGRESQL = pytest.mark.parametrize(
    ("database_url", "blank_database_url"), [("sqlite", "postgresql")], indirect=True
)


@pytest.fixture
def source(filled: SessionFactory) -> Engine:
    """A database with a value of every kind."""
    engine: Engine = filled.kw["bind"]
    return engine


def test_every_row_moves_into_either_kind_and_ids_go_on(source: Engine, empty: Engine, home: Path) -> None:
    before = sums(source)
    moved = move_database(source, empty, home)
    assert sums(empty) == before == sums(source)
    assert moved.rows == sum(rows for rows, _ in before.values()) - 1  # The revision is no row of ours.
    assert compare_databases(source, empty).different == []
    counts = source.dialect.name == "sqlite"
    with make_session_factory(empty)() as session, session.begin():
        song = Song(title="", artist_id=1, recording_key="", name_key="", search_text="", attributes={})
        session.add(song)
        session.flush()
        assert song.id == (10 if counts else 3)


@TO_POSTGRESQL
def test_what_was_moved_holds_as_what_was_made_new(source: Engine, empty: Engine, home: Path) -> None:
    upgrade(empty)
    before = [_schema(empty, name) for name in inspect(empty).get_table_names()]
    move_database(source, empty, home)
    assert [_schema(empty, name) for name in inspect(empty).get_table_names()] == before


def _schema(engine: Engine, table: str) -> tuple[object, ...]:
    looked = inspect(engine)
    found = (looked.get_indexes(table), looked.get_foreign_keys(table), looked.get_unique_constraints(table))
    return (table, *(sorted(map(str, part)) for part in found))


@TO_POSTGRESQL
def test_listens_lie_in_their_months(source: Engine, empty: Engine, home: Path) -> None:
    with write_transaction(make_session_factory(source)) as session:
        add_listens(session, [(7, 1, 1_746_057_600 + i, None) for i in range(1_000)])
    move_database(source, empty, home)
    with empty.connect() as connection:
        assert "listens_2025_05" in parts(connection)
        assert connection.execute(text("SELECT count(*) FROM listens_2025_05")).scalar_one() == 1_000


@TO_POSTGRESQL
def test_nothing_is_written_over(source: Engine, empty: Engine, home: Path) -> None:
    move_database(source, empty, home)
    with pytest.raises(MoveError, match="has rows already"):
        move_database(source, empty, home)


@TO_POSTGRESQL
def test_what_did_not_arrive_leaves_nothing_and_can_be_moved_again(
    source: Engine, empty: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        write = moving.write_rows
        patch.setattr(
            moving, "write_rows", lambda c, table, rows: write(c, table, rows[table.name == "feedback" :])
        )
        with pytest.raises(MoveError, match="feedback did not arrive"):
            move_database(source, empty, home)
    assert inspect(empty).get_table_names() == []
    move_database(source, empty, home)


@TO_POSTGRESQL
def test_a_difference_is_found_in_the_table_where_it_is(source: Engine, empty: Engine, home: Path) -> None:
    move_database(source, empty, home)
    with make_session_factory(empty)() as session, session.begin():
        session.query(Listen).filter(Listen.listened_at_s == 0).update({"completion": 0.5})
    assert compare_databases(source, empty).different == ["listens"]


@TO_POSTGRESQL
def test_no_night_is_at_work(source: Engine, empty: Engine, home: Path) -> None:
    with only_one(home / "nightly.lock"), pytest.raises(JobRunningError):
        move_database(source, empty, home)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_does_not_move_to_where_it_is(source: Engine, home: Path) -> None:
    with pytest.raises(MoveError, match="where it is"):
        move_database(source, make_engine(str(source.url)), home)
