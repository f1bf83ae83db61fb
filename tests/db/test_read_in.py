"""The file of an SQLite database is read once, unless it is too large or small for that; others are not."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from db.migrate import upgrade
from db.read_in import read_in
from db.session import make_engine

ELSEWHERE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT x FROM t").fetchall())
database.close()
"""


def test_all_of_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "songspace.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    size = path.stat().st_size
    assert size > 0
    assert read_in(engine, at_most=size, from_bytes=size) == size


def test_nothing_is_read_of_a_file_that_is_too_large_or_small(tmp_path: Path) -> None:
    path = tmp_path / "songspace.db"
    path.write_bytes(bytes(100))
    engine = make_engine(f"sqlite:///{path}")
    assert read_in(engine, at_most=99, from_bytes=0) == 0
    assert read_in(engine, at_most=100, from_bytes=101) == 0


def test_what_has_no_file_is_let_alone(tmp_path: Path) -> None:
    for url in ("sqlite://", f"sqlite:///{tmp_path / 'missing.db'}", "postgresql://nobody@localhost/none"):
        assert read_in(make_engine(url), at_most=10**9, from_bytes=0) == 0


def test_what_is_written_after_it_is_kept_when_another_process_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "songspace.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE t (x)")
    engine = make_engine(f"sqlite:///{path}")
    with engine.connect() as open_all_along:
        open_all_along.execute(text("SELECT * FROM t")).all()
        open_all_along.rollback()
        assert read_in(engine, at_most=10**9, from_bytes=0) > 0
        # The last one to close a database throws its log away; ours is open.
        assert seen_elsewhere(path) == "[]"
        open_all_along.execute(text("INSERT INTO t VALUES (1)"))
        open_all_along.commit()
        assert seen_elsewhere(path) == "[(1,)]"
    engine.dispose()


def seen_elsewhere(path: Path) -> str:
    """What another process, which comes and goes, finds."""
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(path)], check=True, capture_output=True, text=True
    ).stdout.strip()
