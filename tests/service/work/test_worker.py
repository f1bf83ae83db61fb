"""What becomes of a generation: done, failed with a reason, or cancelled; once, whatever happens."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from db.repositories import users as users_repository
from db.session import write_transaction
from service.work import generations, making_job, takes
from service.work.folders import sweep
from service.work.generations import TooManyWaitingError
from service.work.order import Order
from service.work.place import Bench
from service.work.states import NO_WORKER
from service.work.takes import NotReadyError
from tests.service.work.conftest import TAKE_FILES, ended, files_of, place_at, wait_until, working

ORDER = Order(prompt="slow jazz", seconds=2.0)


def user_ids(place: Bench, *names: str) -> list[int]:
    with write_transaction(place.session_factory) as session:
        known, _ = users_repository.ensure_users(session, [("test", name) for name in names])
    return [known["test", name] for name in names]


def test_a_generation_is_made_watched_and_kept_whole(place: Bench) -> None:
    name = generations.submit(place, ORDER).generation
    assert generations.show(place, name).notice == NO_WORKER
    with working(place):
        done = ended(place, name)[0]
        wait_until(lambda: files_of(place, name) == ["events.jsonl", *TAKE_FILES])
    assert (done.state, done.reason, done.attempts, len(done.takes)) == ("done", "", 1, 1)
    kinds = [one.kind for one in generations.events(place, name)]
    assert kinds == ["started", *["step"] * 5, "done"]
    assert [one.number for one in generations.events(place, name, after=5)] == [6, 7]
    assert takes.take_file(place, name, 1, "mp3").read_bytes() == b"whole " * 100


def test_it_is_made_on_every_kind_of_database(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> None:
    place = place_at(tmp_path_factory.mktemp("any") / "home", database_url=database_url)
    names = [generations.submit(place, ORDER).generation for _ in range(2)]
    with working(place):
        states = [one.state for one in ended(place, *names)]
    place.session_factory.kw["bind"].dispose()
    assert states == ["done", "done"]


def test_a_cancelled_generation_stops_at_its_next_step(place: Bench) -> None:
    with working(place, step_s=0.2, n_steps=10_000):
        name = generations.submit(place, ORDER).generation
        wait_until(lambda: any(one.kind == "step" for one in generations.events(place, name)))
        assert generations.cancel(place, name).state == "cancelled"
        wait_until(lambda: files_of(place, name) == ["events.jsonl"])
        steps = len(generations.events(place, name))
        time.sleep(1)
        assert len(generations.events(place, name)) == steps
    assert generations.cancel(place, name).state == "cancelled"
    with pytest.raises(LookupError):
        takes.take_file(place, name, 1, "wav")


def test_the_next_one_is_made_by_the_same_process_after_a_cancelled_one(place: Bench) -> None:
    with working(place, step_s=0.1, n_steps=20) as worker:
        first = generations.submit(place, ORDER).generation
        wait_until(lambda: any(one.kind == "step" for one in generations.events(place, first)))
        pids = {child.pid for child in worker._makers._busy}
        second = generations.submit(place, ORDER).generation
        generations.cancel(place, first)
        assert ended(place, second)[0].state == "done"
        wait_until(lambda: {child.pid for _, child in worker._makers._idle} == pids)


def test_who_takes_too_long_fails_and_says_so(place: Bench) -> None:
    with working(place, step_s=0.1, n_steps=10_000, generation_timeout_s=0.5):
        name = generations.submit(place, ORDER).generation
        state = ended(place, name)[0]
    assert (state.state, state.reason) == ("failed", "it took longer than the 0.5 s that it may")


def test_a_process_that_hears_no_stop_is_killed(place: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making_job, "STOP_WITHIN_S", 0.3)
    with working(place, step_s=0.1, n_steps=10_000, mode="deaf") as worker:
        name = generations.submit(place, ORDER).generation
        wait_until(lambda: any(one.kind == "step" for one in generations.events(place, name)))
        generations.cancel(place, name)
        wait_until(lambda: not worker._makers._busy)
        assert not worker._makers._idle


def test_why_it_failed_is_kept(place: Bench) -> None:
    with working(place, mode="fail"):
        state = ended(place, generations.submit(place, ORDER).generation)[0]
    assert (state.state, state.reason, state.takes) == ("failed", "it did not want to", ())


def test_what_kills_every_process_fails_in_the_end(place: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making_job, "MOST_ATTEMPTS", 2)
    with working(place, mode="die"):
        state = ended(place, generations.submit(place, ORDER).generation)[0]
    assert (state.state, state.reason) == ("failed", "its worker died 2 times while it was made")


def test_two_users_are_served_side_by_side_and_one_user_in_turn(place: Bench) -> None:
    ann, bob = user_ids(place, "ann", "bob")
    owners = (ann, ann, bob)
    names = [generations.submit(place, ORDER, user_id=owner).generation for owner in owners]
    with working(place, step_s=0.1, n_steps=15, generations_at_once=3):
        first, second, other = ended(place, *names)
    assert all(one.state == "done" for one in (first, second, other))
    assert first.started_at and first.finished_at and second.started_at and second.finished_at  # noqa: PT018
    in_turn = sorted([(first.started_at, first.finished_at), (second.started_at, second.finished_at)])
    assert in_turn[0][1] <= in_turn[1][0]
    assert other.started_at is not None
    assert other.started_at < in_turn[0][1]
    with closing(sqlite3.connect(place.settings.home / "workflows.db")) as queue:
        lines = [row[0] for row in queue.execute("SELECT queue_partition_key FROM workflow_status")]
    assert len(lines) == 3
    assert len(set(lines)) == 2
    assert all(len(line) == 16 for line in lines), "a queue that outlives its users names none of them"


def test_so_many_may_wait_and_not_one_more(tmp_path: Path) -> None:
    few = place_at(tmp_path / "few", generations_waiting=2)
    (ann, bob) = user_ids(few, "ann", "bob")
    for _ in range(2):
        generations.submit(few, ORDER, user_id=ann)
    with pytest.raises(TooManyWaitingError):
        generations.submit(few, ORDER, user_id=ann)
    assert generations.submit(few, ORDER, user_id=bob).state == "queued"
    few.session_factory.kw["bind"].dispose()


def test_a_deleted_generation_leaves_nothing_even_while_it_is_made(place: Bench) -> None:
    with working(place, step_s=0.1, n_steps=10_000) as worker:
        name = generations.submit(place, ORDER).generation
        wait_until(lambda: any(one.kind == "step" for one in generations.events(place, name)))
        generations.delete(place, name)
        wait_until(lambda: not worker._makers._busy)
    assert not (place.settings.home / "generations" / "jobs" / name).exists()


def test_nothing_is_handed_out_before_it_is_done(place: Bench) -> None:
    name = generations.submit(place, ORDER).generation
    with pytest.raises(NotReadyError):
        takes.take_file(place, name, 1, "wav")
    with pytest.raises(NotReadyError):
        takes.rate(place, name, 1, "like")


def test_a_sweep_takes_what_belongs_to_nothing_and_leaves_the_rest(place: Bench) -> None:
    home = place.settings.home
    kept = generations.submit(place, ORDER).generation
    jobs = home / "generations" / "jobs"
    for name in ("0" * 24, "1" * 24):
        (jobs / name / "takes-1-a").mkdir(parents=True)
        (jobs / name / "takes-2-b").mkdir()
    later = time.time() + 3_600
    assert sweep(home, {kept, "1" * 24}, {"1" * 24: "takes-2-b"}, now_s=later) == 1
    assert {path.name for path in jobs.iterdir()} == {kept, "1" * 24}
    assert [path.name for path in (jobs / ("1" * 24)).iterdir()] == ["takes-2-b"]
