"""`songspace backup` and `songspace restore`: what they say, and that what is restored answers as before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import BACKENDS, postgres_server
from tests.home_database import url_of
from tests.postgres_world import on_postgresql
from tests.running_service import running
from tests.tiny_world import TinyWorld, copy_world

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


def test_the_drill_passes_on_what_is_whole_and_on_nothing_else(
    own: Run, repository: Path, tmp_path: Path
) -> None:
    own("backup", str(tmp_path / "kept"))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def drill() -> tuple[int, str]:
        line = [str(repository / "docker/backup_drill.sh"), str(tmp_path / "kept")]
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = drill()
    assert (code, "the drill is passed" in said, "sample:" in said) == (0, True, True), said
    next((tmp_path / "kept/tables").iterdir()).write_bytes(b"")
    code, said = drill()
    assert (code, "damaged" in said, "passed" in said) == (1, True, False), said


def test_what_is_in_the_way_or_no_backup_is_said_in_a_line(own: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for command, end in (
        ("backup", "a backup overwrites nothing\n"),
        ("restore", "it has no manifest.json\n"),
    ):
        code, _, said = own(command, str(tmp_path / "taken"))
        assert (code, said.startswith("error: "), said.endswith(end)) == (1, True, True)


@pytest.fixture(params=BACKENDS)
def served(request: pytest.FixtureRequest, tiny_world: TinyWorld, tmp_path: Path) -> Iterator[TinyWorld]:
    """A world of the test's own, on either kind of database."""
    if request.param == "sqlite":
        world = copy_world(tiny_world, tmp_path / "served")
    else:
        world = on_postgresql(tiny_world, postgres_server(request.config), tmp_path / "served")
    yield world
    world.factory.kw["bind"].dispose()


def test_the_drill_loses_nothing_while_the_service_takes_listens(
    run: Run, served: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    ended = threading.Event()
    monkeypatch.setenv("SONGSPACE_HOME", str(served.home))
    monkeypatch.setenv("SONGSPACE_DATABASE_URL", url_of(served.home))
    with running(served.home) as service:
        service.nobody.ask("POST", "/v1/users", json={"user": "app:ann"}).raise_for_status()

        def listen() -> None:
            while not ended.is_set():
                at = 1_780_000_000 + 300 * len(taken)
                listens = {"listens": [{"song": "sample:5", "listened_at_s": at}]}
                service.nobody.ask("POST", "/v1/users/app:ann/listens", json=listens).raise_for_status()
                taken.append(at)

        thread = threading.Thread(target=listen)
        thread.start()
        while len(taken) < 3:
            ended.wait(0.01)
        before = len(taken)
        code, _, err = run("backup", str(tmp_path / "kept"))
        after = len(taken)
        ended.set()
        thread.join()
        asked = ("recommend", served.truth.user_refs[3], "--k", "5", "--json")
        answer = run(*asked)
    assert (code, err) == (0, "")
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path / "new"))
    monkeypatch.delenv("SONGSPACE_DATABASE_URL")
    assert run("restore", str(tmp_path / "kept"))[0] == 0
    users = {user["user"]: user["listens"] for user in json.loads(run("users", "--json")[1])["users"]}
    assert before <= users["app:ann"] <= after + 1
    assert run(*asked) == answer
