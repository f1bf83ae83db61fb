"""The file of an SQLite database is read once, unless it is too large for that; other databases are not."""

from __future__ import annotations

from pathlib import Path

from db.migrate import upgrade
from db.read_in import read_in
from db.session import make_engine


def test_all_of_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "songspace.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    size = path.stat().st_size
    assert size > 0
    assert read_in(engine, at_most=size) == size


def test_nothing_is_read_of_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "songspace.db"
    path.write_bytes(bytes(100))
    assert read_in(make_engine(f"sqlite:///{path}"), at_most=99) == 0


def test_what_has_no_file_is_let_alone(tmp_path: Path) -> None:
    for url in ("sqlite://", f"sqlite:///{tmp_path / 'missing.db'}", "postgresql://nobody@localhost/none"):
        assert read_in(make_engine(url), at_most=10**9) == 0
