"""Migrations and models tell the same; migrating is safe to repeat, to share and to lose."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from db.errors import DatabaseError, DatabaseTooNewError, DatabaseUnavailableError
from db.migrate import HEAD, alembic_config, upgrade
from db.models import Base
from db.repositories.listen_months import parts
from db.session import make_engine

ONLY_ON_POSTGRESQL = {"ix_songs_search_text_trigrams", "ix_artists_name_key_trigrams"}


def test_migrated_database_has_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        within = parts(connection)  # A part of a table has what the table has.
        elsewhere = set() if connection.dialect.name == "postgresql" else ONLY_ON_POSTGRESQL
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: name not in within,
            "include_object": lambda item, name, kind, *_: name not in elsewhere,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_migrated_sqlite_is_the_models_to_the_letter(tmp_path: Path) -> None:
    migrated, created = (make_engine(f"sqlite:///{tmp_path / name}") for name in ("a.db", "b.db"))
    upgrade(migrated)
    Base.metadata.create_all(created)
    assert schema_of(migrated) == schema_of(created)
    migrated.dispose()
    created.dispose()


def schema_of(engine: Engine) -> set[tuple[str, ...]]:
    """Return the words of each statement that makes the schema; constraints may come in another order."""
    statement = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    with engine.connect() as connection:
        statements = connection.execute(text(statement)).scalars().all()
    return {tuple(sorted(re.split(r"[\s,()]+", sql.replace('"', "")))) for sql in statements}


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_upgrade_makes_all_tables_and_again_nothing(blank_database_url: str) -> None:
    engine = make_engine(blank_database_url)
    upgrade(engine)
    upgrade(engine)
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - parts(connection)
    assert tables == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()


def test_many_may_upgrade_at_once(blank_database_url: str) -> None:
    engines = [make_engine(blank_database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, engines))
    for engine in engines:
        engine.dispose()


def test_processes_may_upgrade_at_once(blank_database_url: str) -> None:
    program = (
        "import sys; from db.migrate import upgrade; from db.session import make_engine; "
        "upgrade(make_engine(sys.argv[1]))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, blank_database_url]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]


def test_newer_database_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError, match="newer version of Songspace"):
        upgrade(engine)


def test_foreign_tables_in_the_way_leave_all_as_it_was(blank_database_url: str) -> None:
    engine = make_engine(blank_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE songs (anything INTEGER)"))
    with pytest.raises(DatabaseError, match="songs"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == ["songs"]
    engine.dispose()


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("This is no database. " * 100)
    engine = make_engine(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailableError, match="not a database"):
        upgrade(engine)
    engine.dispose()
