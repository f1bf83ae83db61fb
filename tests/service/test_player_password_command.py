"""`songspace player-password`: a password for a user's key, shown once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from db.session import make_engine, make_session_factory
from pipelines.make_user import make_user
from pipelines.player_passwords import key_with_password

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """Give a home with a user who has key 2; key 1 is an administrator's."""
    home = tmp_path / "var"
    assert run("keys", "create", "--admin")[0] == 0
    engine = make_engine(f"sqlite:///{home / 'songspace.db'}")
    make_user(make_session_factory(engine), home, "set:ann")
    engine.dispose()
    assert run("keys", "create", "set:ann")[0] == 0
    return home


def opens(home: Path, password: str) -> bool:
    engine = make_engine(f"sqlite:///{home / 'songspace.db'}")
    try:
        with make_session_factory(engine)() as session:
            return key_with_password(session, home, "set:ann", password) is not None
    finally:
        engine.dispose()


def test_a_password_opens_until_it_is_taken_away(run: Run, home: Path) -> None:
    code, out, _ = run("player-password", "2", "--json")
    made = json.loads(out)
    assert (code, made["user"], len(made["password"])) == (0, "set:ann", 32)
    assert opens(home, made["password"])
    assert not opens(home, "")
    assert json.loads(run("player-password", "2", "--off", "--json")[1])["changed"]
    assert not opens(home, made["password"])


def test_the_database_does_not_hold_the_password(run: Run, home: Path) -> None:
    password = json.loads(run("player-password", "2", "--json")[1])["password"]
    for file in home.glob("songspace.db*"):
        assert password.encode() not in file.read_bytes()


def test_only_a_users_key_that_is_in_force_has_one(run: Run, home: Path) -> None:
    assert "administrator" in run("player-password", "1")[2]
    assert "unknown key" in run("player-password", "9")[2]
    run("keys", "revoke", "2")
    assert run("player-password", "2")[0] == 1
