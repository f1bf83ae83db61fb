"""Engines and transactions behave the same on both databases, and failures have names."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db.errors import DatabaseUnavailableError, DatabaseUrlError
from db.models import Artist, User
from db.repositories.users import ensure_users
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction


@pytest.mark.parametrize("url", ["mysql://localhost/music", "mongodb://x"])
def test_other_databases_are_named(url: str) -> None:
    with pytest.raises(DatabaseUrlError, match=url.split(":")[0]):
        make_engine(url)


@pytest.mark.parametrize("url", ["", "songs.db", "postgresql://u:secret@host:port/x"])
def test_text_that_is_no_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(DatabaseUrlError) as caught:
        make_engine(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_goes_through_psycopg(prefix: str) -> None:
    assert make_engine(f"{prefix}://u@h/x").driver == "psycopg"


@pytest.mark.parametrize(
    "url",
    ["sqlite:////no/such/folder/x.db", "postgresql://u@127.0.0.1:1/x", "postgresql://u@/x?host=/nowhere"],
)
def test_unreachable_database_is_named(url: str) -> None:
    engine = make_engine(url)
    with pytest.raises(DatabaseUnavailableError, match="cannot be used"), engine.connect():
        pass
    engine.dispose()


def test_sqlite_is_set_up_for_many_readers_and_clean_deletion(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "secure_delete", "busy_timeout")
        }
    engine.dispose()
    assert said == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 1,
        "secure_delete": 1,
        "busy_timeout": 30_000,
    }


def test_failed_write_transaction_leaves_nothing(session_factory: SessionFactory) -> None:
    def fail() -> None:
        with write_transaction(session_factory) as session:
            session.add(User(scheme="test", value="ann", name="Ann"))
            session.flush()
            raise KeyError("something else went wrong")

    with pytest.raises(KeyError):
        fail()
    with session_factory() as session:
        assert session.query(User).count() == 0


def test_foreign_keys_hold(session_factory: SessionFactory) -> None:
    with pytest.raises(IntegrityError), write_transaction(session_factory) as session:
        session.execute(text("INSERT INTO song_aliases (scheme, value, song_id) VALUES ('isrc', 'x', 7)"))


def test_reader_sees_the_old_state_while_a_writer_works(session_factory: SessionFactory) -> None:
    with write_transaction(session_factory) as writer:
        writer.add(Artist(name="A", name_key="a"))
        writer.flush()
        with session_factory() as reader:
            assert reader.query(Artist).count() == 0


def test_writers_of_one_lock_come_one_after_another(session_factory: SessionFactory) -> None:
    def add_ann() -> None:
        with write_transaction(session_factory, lock="test") as session:
            ensure_users(session, [("test", "ann")])

    threads = [threading.Thread(target=add_ann) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with session_factory() as session:
        assert session.query(User).count() == 1


def test_read_only_folder_is_named(tmp_path: Path) -> None:
    factory = make_session_factory(make_engine(f"sqlite:///{tmp_path}"))
    with pytest.raises(DatabaseUnavailableError, match="unable to open"), factory() as session:
        session.execute(text("SELECT 1"))
