"""`songspace keys` and the start of `songspace serve`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny_world import TinyWorld

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def own(run: Run, world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SONGSPACE_HOME", str(world_copy.home))
    return run


def test_a_key_is_made_shown_once_listed_and_revoked(own: Run, tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[3]
    code, key, note = own("keys", "create", user)
    assert (code, "not shown again" in note) == (0, True)
    assert key.startswith("songspace_1_")
    code, listed, _ = own("keys", "list")
    assert user in listed
    assert key.strip() not in listed
    assert own("keys", "revoke", "1")[:2] == (0, "Key 1 is revoked.\n")


@pytest.mark.parametrize("wrong", [[], ["ann", "--admin"]])
def test_a_key_is_a_users_or_an_administrators(own: Run, wrong: list[str]) -> None:
    assert own("keys", "create", *wrong)[0] == 2


def test_nobodys_key_is_made_for_a_user_who_is_not_there(own: Run) -> None:
    assert own("keys", "create", "no:body")[2] == "error: unknown user: no:body\n"
    assert own("keys", "revoke", "7")[2] == "error: unknown key: 7\n"


def test_off_loopback_it_does_not_start_without_keys(run: Run, tmp_path: Path) -> None:
    code, _, said = run("serve", "--host", "0.0.0.0")
    assert (code, "songspace keys create --admin" in said) == (1, True)
