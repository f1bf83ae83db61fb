"""A take goes into the catalogue once and whole, however often whoever puts it there is stopped.

Sounds are heard as `songspace ingest` hears them, which takes this file some seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from db.models import AudioFile, Feedback, Generation, Song
from db.repositories import users as users_repository
from db.repositories.generation_jobs import DONE, begin_job, finish_job
from db.session import write_transaction
from generation.audio.checks import Examiner
from service.work import generations, takes
from service.work.adding import add_take, sweep_copies
from service.work.folders import adding_folder
from service.work.making import Studio, make
from service.work.order import EditOrder, Order, SoundSource
from service.work.place import Bench
from service.work.slots import has_worker
from tests.service.work.conftest import wait_until
from tests.tiny_noise import ToneBackend
from tests.tone_maker import POINTS, break_at


class PowerCut(BaseException):
    """Nothing catches it."""


def made(place: Bench, order: Order, *, user_id: int) -> str:
    """A generation that is done."""
    name = generations.submit(place, order, user_id=user_id).generation
    with write_transaction(place.session_factory) as session:
        job = begin_job(session, name)
    assert job is not None
    result = make(place, Studio(ToneBackend, Examiner), job, lambda *_, **__: None, lambda: False)
    with write_transaction(place.session_factory) as session:
        finish_job(session, name, DONE, result=result, attempt=1)
    return name


@pytest.fixture
def take(place: Bench) -> str:
    """A generation of somebody's with a finished take that is liked."""
    with write_transaction(place.session_factory) as session:
        known, _ = users_repository.ensure_users(session, [("test", "ann")])
    name = made(place, Order(prompt="slow jazz", seconds=1.0, seed=7), user_id=known["test", "ann"])
    takes.rate(place, name, 1, "like")
    return name


def counts(place: Bench) -> dict[str, int]:
    """How many rows there are of what a take becomes."""
    with place.session_factory() as session:
        added = select(func.count()).select_from(Generation).where(Generation.token.is_(None))
        made = select(func.count()).select_from(Song).where(Song.is_generated.is_(True))
        found = {
            table.__name__: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Song, AudioFile, Feedback)
        }
        return found | {
            "added": session.execute(added).scalar_one(),
            "generated": session.execute(made).scalar_one(),
        }


ONCE = {"Song": 1, "AudioFile": 1, "Feedback": 1, "added": 1, "generated": 1}


def copies(place: Bench) -> list[str]:
    return sorted(path.name for path in (place.settings.home / "generations").iterdir() if path.is_file())


def is_whole(place: Bench, name: str) -> bool:
    kept = f"made-{name[:12]}-1.flac"
    return counts(place) == ONCE and copies(place) == [kept, f"{kept}.json"]


def test_a_take_of_a_take_is_added_without_the_sound_that_it_was_made_of(place: Bench, take: str) -> None:
    edit = EditOrder("variation", SoundSource(generation=take, take=1))
    owner = generations.owner_of(place, take)
    assert owner is not None
    other = made(place, Order(prompt="slow jazz", seed=7, edit=edit), user_id=owner)
    assert add_take(place, other, 1)["song"]
    assert counts(place)["generated"] == 1


def test_wherever_it_is_broken_off_the_next_try_completes_it(
    place: Bench, take: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut() -> None:
        raise PowerCut

    for point in POINTS:
        with monkeypatch.context() as patched:
            break_at(point, cut, put=patched.setattr)
            with pytest.raises(PowerCut):
                add_take(place, take, 1)
    song = add_take(place, take, 1)["song"]
    assert add_take(place, take, 1)["song"] == song == generations.show(place, take).takes[0].song
    assert is_whole(place, take)


def test_a_rating_that_is_given_while_it_is_added_counts(
    place: Bench, take: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = takes._tell_catalogue

    def tell_after_change_of_mind(*given: Any) -> None:
        monkeypatch.setattr(takes, "_tell_catalogue", told)
        takes.rate(place, take, 1, "dislike")
        told(*given)

    monkeypatch.setattr(takes, "_tell_catalogue", tell_after_change_of_mind)
    add_take(place, take, 1)
    with place.session_factory() as session:
        assert session.execute(select(Feedback.kind)).scalars().all() == ["dislike"]


def test_a_generation_that_is_deleted_meanwhile_becomes_no_song(
    place: Bench, take: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at("its record is copied", lambda: generations.delete(place, take), put=monkeypatch.setattr)
    with pytest.raises(FileNotFoundError):
        add_take(place, take, 1)
    monkeypatch.undo()
    assert add_take(place, take, 1) == {}
    assert (counts(place)["Song"], counts(place)["added"]) == (0, 0)
    assert copies(place) == [f"made-{take[:12]}-1.flac.json"]
    assert sweep_copies(place, now_s=time.time() + 3_600) == 1
    assert copies(place) == []


def test_a_sweep_leaves_what_is_a_song_or_waits(place: Bench, take: str) -> None:
    add_take(place, take, 1)
    folder, later = place.settings.home / "generations", time.time() + 3_600
    for name in (f".made-{take[:12]}-1.flac.4711", "made-000000000000-1.flac", "somebodys-own.flac"):
        (folder / name).touch()
    adding_folder(place.settings.home).mkdir()
    (adding_folder(place.settings.home) / f"{'0' * 24}-1").touch()
    assert sweep_copies(place) == 0
    assert sweep_copies(place, now_s=later) == 1
    assert "made-000000000000-1.flac" in copies(place)
    (adding_folder(place.settings.home) / f"{'0' * 24}-1").unlink()
    assert sweep_copies(place, now_s=later) == 1
    (folder / "somebodys-own.flac").unlink()
    assert is_whole(place, take)


def test_one_that_cannot_be_added_says_why(place: Bench, take: str) -> None:
    takes.change_take(place, take, 1, {"song": None, "note": "the disk is full"})
    state = generations.show(place, take)
    assert state.notes == ("take 1 was not put into the catalogue: the disk is full",)
    add_take(place, take, 1)
    assert generations.show(place, take).notes == ()
    takes.change_take(place, take, 1, {"song": None}, unless_added=True)
    assert generations.show(place, take).takes[0].song


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_adds_loses_and_doubles_nothing(place: Bench, take: str) -> None:
    takes.add_to_catalogue(place, take, 1)
    for point in [*POINTS, ""]:
        worker = start_worker(place, point)
        try:
            if point:
                assert worker.wait(240) == -9, point
                wait_until(lambda: not has_worker(place.settings.home))
            else:
                wait_until(lambda: not any(adding_folder(place.settings.home).iterdir()))
        finally:
            worker.kill()
            worker.wait()
    assert {path.name for path in place.settings.home.glob("died.*")} == {f"died.{point}" for point in POINTS}
    assert generations.show(place, take).takes[0].song
    sweep_copies(place, now_s=time.time() + 3_600)
    assert is_whole(place, take)


def start_worker(place: Bench, point: str) -> subprocess.Popen[bytes]:
    settings = place.settings
    arguments = [str(settings.home), settings.database_url, "0", "0", "off", point]
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-m", "tests.tiny_worker", "tone", *arguments]
    return subprocess.Popen(command, cwd=root, env={**os.environ, "OMP_NUM_THREADS": "1"})
