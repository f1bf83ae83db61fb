"""Processes that answer beside the service: the same answers, and the service does without them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.forget_user import forget_user
from pipelines.recommend import Recommender
from pipelines.release_files import current_name
from recsys.rules import RuleSettings
from service.answering import pool
from service.answering.pool import Answerer, Answerers, NotHeardError
from service.answering.question import Order, Question
from service.http.snapshot import ReleaseWatch
from service.settings import load_settings
from tests.home_database import url_of
from tests.tiny_world import TinyWorld

RULES = RuleSettings.of_adventure(0.5)


def answerers_of(world: TinyWorld, n: int) -> Answerers:
    given = {"home": world.home, "database_url": url_of(world.home), "answering_processes": n}
    return Answerers(load_settings(given))


@pytest.fixture(scope="module")
def two(tiny_world: TinyWorld) -> Iterator[Answerers]:
    """Two processes that have the world's release ready."""
    found = answerers_of(tiny_world, 2)
    found.prepare(tiny_world.release.name)
    yield found
    found.end()


def ask(answerers: Answerers, world: TinyWorld, user: str) -> object:
    return answerers.recommend(world.release.name, user, 7, rules=RULES, explain=True)


def test_a_process_answers_as_the_service_would(two: Answerers, tiny_world: TinyWorld) -> None:
    here = Recommender(tiny_world.release, tiny_world.factory)
    for user in tiny_world.truth.user_refs[:4]:
        assert ask(two, tiny_world, user) == here.recommend(user, 7, rules=RULES)


def test_what_a_process_cannot_answer_is_left_to_the_service(two: Answerers, tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[0]
    assert two.recommend("another release", user, 7, rules=None, explain=True) is None
    assert ask(two, tiny_world, "app:nobody") is None
    assert ask(two, tiny_world, user) is not None


def test_a_process_that_was_killed_is_begun_again_and_no_answer_is_lost(
    two: Answerers, tiny_world: TinyWorld
) -> None:
    before, user = two.pids, tiny_world.truth.user_refs[0]
    expected = ask(two, tiny_world, user)
    os.kill(before[0], signal.SIGKILL)
    assert all(ask(two, tiny_world, user) == expected for _ in range(4))
    until = time.monotonic() + 60
    while len(two.pids) < 2 or before[0] in two.pids:
        assert time.monotonic() < until, "no other process has begun"
        ask(two, tiny_world, user)
        time.sleep(0.05)
    assert ask(two, tiny_world, user) == expected


def test_processes_end_with_the_service(tiny_world: TinyWorld) -> None:
    found = answerers_of(tiny_world, 1)
    found.prepare(tiny_world.release.name)
    (pid,) = found.pids
    found.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert ask(found, tiny_world, tiny_world.truth.user_refs[0]) is None


def runs(pid: int) -> bool:
    """Whether a process is there, and not merely waiting for somebody to hear that it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


SERVICE = """
import sys, time
from service.answering.pool import Answerers
from service.settings import load_settings

if __name__ == "__main__":
    answerers = Answerers(load_settings({"home": sys.argv[1], "answering_processes": 1}))
    answerers.prepare(sys.argv[2])
    print(*answerers.pids, flush=True)
    time.sleep(600)
"""


def test_a_service_that_was_killed_leaves_no_process(tiny_world: TinyWorld, tmp_path: Path) -> None:
    script = tmp_path / "begun.py"
    script.write_text(SERVICE)
    command = [sys.executable, str(script), str(tiny_world.home), tiny_world.release.name]
    there = {**os.environ, "PYTHONPATH": str(Path(pool.__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=there) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        assert runs(pid)
        service.kill()
    until = time.monotonic() + 30
    while runs(pid):
        assert time.monotonic() < until, "the process goes on"
        time.sleep(0.05)


def test_none_are_begun_where_none_are_wanted(tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    monkeypatch.setattr(pool, "Answerer", begun.append)
    answerers = answerers_of(tiny_world, 0)
    answerers.prepare(tiny_world.release.name)
    assert (begun, answerers.pids) == ([], [])


def test_a_process_that_says_nothing_is_not_waited_for(
    tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ANSWER_S", 0.2)
    one = Answerer(load_settings({"home": tiny_world.home}))
    try:
        assert one.pid is not None
        os.kill(one.pid, signal.SIGSTOP)
        with pytest.raises(NotHeardError):
            one.ask(Question("some", "app:ann", 7, None, True))
    finally:
        one.end()


def test_a_release_that_cannot_be_loaded_is_said_to_be_none(tiny_world: TinyWorld) -> None:
    one = Answerer(load_settings({"home": tiny_world.home, "database_url": url_of(tiny_world.home)}))
    try:
        assert not one.order(Order("20000101T000000"))
        assert one.order(Order(tiny_world.release.name))
    finally:
        one.end()


def test_the_service_asks_them_and_whoever_is_forgotten_is_forgotten_there(world_copy: TinyWorld) -> None:
    watch = ReleaseWatch(world_copy.home, world_copy.factory, answerers_of(world_copy, 1))
    try:
        watch.look()
        ann, ben = world_copy.truth.user_refs[:2]
        alone = replace(watch.current, answerers=None)
        assert watch.current.recommend(ann, 7) == alone.recommend(ann, 7)
        forget_user(world_copy.factory, Path(world_copy.home), ann)
        watch.renew()
        fresh = Recommender(world_copy.release, world_copy.factory)
        assert watch.current.recommend(ben, 7) == fresh.recommend(ben, 7)
        assert watch.current.name == current_name(world_copy.home / "releases")
    finally:
        watch.stop()
