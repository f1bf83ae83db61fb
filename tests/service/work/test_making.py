"""From an order to finished files: what is refused before, and what comes out."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from db.errors import NotFoundError
from db.repositories.generation_jobs import begin_job
from db.session import write_transaction
from generation.audio.checks import Examiner
from generation.audio.edit.given import GivenError
from generation.audio.request import Cancelled
from generation.policy import RefusedError
from service.work import generations
from service.work.making import Studio, make, reason_of
from service.work.order import EditOrder, Order, SoundSource, TasteOrder, order_of_json
from service.work.place import Bench
from service.work.sounds import take_sound
from tests.service.work.conftest import place_at
from tests.tiny_noise import RATE, ToneBackend

LOOP = EditOrder("loop", bars=2)


def made(place: Bench, name: str, *, stop_at: int = 99) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Make an order as a worker's process does; give the result and what was told."""
    with write_transaction(place.session_factory) as session:
        job = begin_job(session, name)
    assert job is not None
    told: list[dict[str, Any]] = []
    studio = Studio(ToneBackend, Examiner)

    def tell(kind: str, **more: Any) -> None:
        told.append({"kind": kind, **more})

    def is_stopped() -> bool:
        return sum(one["kind"] == "step" for one in told) >= stop_at

    return make(place, studio, job, tell, is_stopped), told


def wav(seconds: float = 2.0, gain: float = 0.3) -> bytes:
    """A sound file."""
    import soundfile

    content = io.BytesIO()
    tone = gain * np.sin(2 * np.pi * 330 * np.arange(round(seconds * RATE)) / RATE)
    soundfile.write(content, tone, RATE, format="WAV")
    return content.getvalue()


def test_takes_come_out_in_every_format_with_their_pictures_on_the_way(place: Bench) -> None:
    name = generations.submit(place, Order(prompt="slow jazz", seconds=1.0, takes=2, seed=7)).generation
    result, told = made(place, name)
    folder = place.settings.home / "generations" / "jobs" / name
    written = sorted(path.name for path in (folder / result["folder"]).iterdir())
    assert written == sorted(
        f"take-{take}.{format}{record}"
        for take in (1, 2)
        for format in ("flac", "wav", "mp3", "ogg")
        for record in ("", ".json")
    )
    assert [one["seed"] for one in result["takes"]] == [7, 8]
    assert [one["kind"] for one in told] == ["loading", *["step"] * 6, "checking"]
    assert (folder / told[3]["preview"]).read_bytes().startswith(b"\x89PNG")


def test_a_step_that_is_told_to_stop_makes_nothing(place: Bench) -> None:
    name = generations.submit(place, Order(seconds=1.0)).generation
    with pytest.raises(Cancelled):
        made(place, name, stop_at=2)
    assert not list((place.settings.home / "generations" / "jobs" / name).glob("takes-*"))


def test_an_upload_is_gone_on_from_and_its_folder_stays_unknown(place: Bench) -> None:
    sent = take_sound(place, wav(), user_id=None)
    assert (sent.seconds, sent.channels) == (2.0, 1)
    edit = EditOrder("continuation", SoundSource(upload=sent.sound))
    name = generations.submit(place, Order(edit=edit, seconds=4.0)).generation
    result, _ = made(place, name)
    folder = place.settings.home / "generations" / "jobs" / name / result["folder"]
    assert str(place.settings.home) not in (folder / "take-1.flac.json").read_text()


@pytest.mark.parametrize("data", [b"", b"MZ\x90", wav(0.5), wav(gain=0.0), b"RIFF" + b"\x00" * 100])
def test_what_is_no_sound_is_not_taken_in(place: Bench, data: bytes) -> None:
    with pytest.raises(GivenError) as caught:
        take_sound(place, data, user_id=None)
    assert str(place.settings.home) not in str(caught.value)
    assert list((place.settings.home / "generations" / "sounds").rglob("*.*")) == []


@pytest.mark.parametrize("upload", ["0" * 64, "../../songspace.db", "/etc/passwd"])
def test_an_upload_of_somebody_else_is_none(place: Bench, upload: str) -> None:
    take_sound(place, wav(), user_id=5)
    order = Order(edit=EditOrder("variation", SoundSource(upload=upload)))
    with pytest.raises(NotFoundError):
        generations.submit(place, order, user_id=4)


def test_the_policy_is_asked_before_anything_is_stored(tmp_path: Path) -> None:
    policy = tmp_path / "policy.txt"
    policy.write_text("[topics]\nlynch\n[names]\nDrake\n")
    place = place_at(tmp_path / "home", policy=policy)
    for order in (Order("lynching"), Order("jazz", title="by Drake"), Order("jazz", blend=("lynch", 0.5))):
        with pytest.raises(RefusedError):
            generations.submit(place, order)
    assert generations.generations_before(place, None, 10) == []
    place.session_factory.kw["bind"].dispose()


@pytest.mark.parametrize(
    "order",
    [
        Order(prompt=" "),
        Order(seconds=0.5),
        Order(key="H sharp sharp"),
        Order(genre="no such genre"),
        Order(edit=LOOP, seconds=4.0),
        Order(sections=(("quiet", 90.0),)),
        Order(taste=TasteOrder()),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(place: Bench, order: Order) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        generations.submit(place, order)


def test_an_order_survives_being_written() -> None:
    order = Order(
        "jazz",
        takes=2,
        like=("a:1",),
        edit=LOOP,
        sections=(("b", 1.0),),
        blend=("c", 0.5),
        taste=TasteOrder(2.0),
    )
    other = replace(order, edit=EditOrder("variation", SoundSource(song="a:1"), strength=0.2))
    for one in (order, other):
        assert order_of_json(json.loads(json.dumps(one.to_json()))) == one


def test_reasons_name_no_folder() -> None:
    assert reason_of(OSError(28, "No space left on device", "/secret/x")) == (
        "a file could not be written: No space left on device"
    )
    assert reason_of(RuntimeError("unforeseen")) is None
