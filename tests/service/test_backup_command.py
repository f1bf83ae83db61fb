"""`songspace backup` and `songspace restore`: what they say, and that what is restored answers as before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny_world import TinyWorld

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def own(run: Run, world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SONGSPACE_HOME", str(world_copy.home))
    return run


def test_a_restored_home_answers_as_before(
    own: Run, world_copy: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("recommend", world_copy.truth.user_refs[3], "--k", "5", "--json")
    before = own(*asked)
    code, said, _ = own("backup", str(tmp_path / "kept"))
    assert (code, "read back, and right" in said) == (0, True)
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path / "new"))
    code, said, _ = own("restore", str(tmp_path / "kept"))
    assert (code, "counted and compared, and right" in said) == (0, True)
    assert own(*asked) == before
    assert own("releases", "verify")[0] == 0


def test_programs_are_told_what_a_backup_holds(own: Run, tmp_path: Path) -> None:
    made = json.loads(own("backup", str(tmp_path / "kept"), "--json")[1])
    assert made["tables"]["songs"] > 100
    assert json.loads(own("restore", str(tmp_path / "kept"), "--check", "--json")[1]) == made


def test_what_is_in_the_way_or_no_backup_is_said_in_a_line(own: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for command, end in (
        ("backup", "a backup overwrites nothing\n"),
        ("restore", "it has no manifest.json\n"),
    ):
        code, _, said = own(command, str(tmp_path / "taken"))
        assert (code, said.startswith("error: "), said.endswith(end)) == (1, True, True)
