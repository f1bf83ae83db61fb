"""Generations over HTTP: ordered, watched, heard, rated and deleted; and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from db.migrate import upgrade
from db.repositories.generation_jobs import DONE, begin_job, finish_job
from db.session import make_engine, make_session_factory, write_transaction
from generation.audio.checks import Examiner
from service.http.keys import create_key
from service.work.folders import job_folder
from service.work.making import Studio, make
from tests.running_service import Caller, Running, running
from tests.tiny_noise import ToneBackend

MINE = "work:mine"
NO_SUCH = "0" * 24


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service without songs, to which keys are needed."""
    home = tmp_path_factory.mktemp("work") / "home"
    home.mkdir()
    url = f"sqlite:///{home / 'songspace.db'}"
    engine = make_engine(url)
    upgrade(engine)
    create_key(make_session_factory(engine), "admin")
    engine.dispose()
    with running(home, auth="on", database_url=url) as found:
        yield found


@pytest.fixture(scope="module")
def mine(service: Running) -> Caller:
    """Somebody who orders."""
    service.admin.ask("POST", "/v1/users", json={"user": MINE})
    return service.user(MINE)


@pytest.fixture(scope="module")
def other(service: Running) -> Caller:
    """Somebody else."""
    service.admin.ask("POST", "/v1/users", json={"user": "work:other"})
    return service.user("work:other")


def ordered(caller: Caller, **wanted: Any) -> str:
    response = caller.ask("POST", "/v1/generations", json={"seconds": 1.0, "prompt": "slow jazz"} | wanted)
    assert response.status_code == 202, response.text
    name: str = response.json()["generation"]
    assert response.headers["location"] == f"/v1/generations/{name}"
    return name


@pytest.fixture(scope="module")
def done(service: Running, mine: Caller) -> str:
    """A generation that was made as a worker makes it."""
    name, place = ordered(mine), service.service
    with write_transaction(place.session_factory) as session:
        job = begin_job(session, name)
    assert job is not None
    result = make(place, Studio(ToneBackend, Examiner), job, lambda *_, **__: None, lambda: False)
    with write_transaction(place.session_factory) as session:
        assert finish_job(session, name, DONE, result=result, attempt=1)
    return name


def test_an_order_waits_for_a_worker_and_says_so(mine: Caller) -> None:
    answer = mine.document(f"/v1/generations/{ordered(mine, takes=2)}")
    assert (answer["state"], answer["order"]["takes"], answer["user"]) == ("queued", 2, MINE)
    assert "no worker" in answer["notice"]


def test_a_take_is_heard_in_every_format_and_in_parts(mine: Caller, done: str) -> None:
    (take,) = mine.document(f"/v1/generations/{done}")["takes"]
    assert set(take["files"]) == {"flac", "wav", "mp3", "ogg"}
    starts = {"flac": b"fLaC", "wav": b"RIFF", "ogg": b"OggS"}
    for format, link in take["files"].items():
        sound = mine.get(link)
        assert sound.status_code == 200
        assert sound.content.startswith(starts.get(format, b""))
    part = mine.get(take["files"]["wav"], headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)


def test_a_take_is_drawn(mine: Caller, done: str) -> None:
    picture = mine.get(f"/v1/generations/{done}/takes/1/waveform")
    assert picture.content.startswith(b"\x89PNG")
    again = mine.get(
        f"/v1/generations/{done}/takes/1/waveform", headers={"If-None-Match": picture.headers["etag"]}
    )
    assert again.status_code == 304


def test_the_end_comes_as_an_event(mine: Caller, done: str) -> None:
    stream = mine.get(f"/v1/generations/{done}/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    last = stream.text.strip().split("\n\n")[-1].split("\n")
    assert last[1] == "event: done"
    assert json.loads(last[2].removeprefix("data: "))["generation"]["state"] == "done"


def test_without_a_worker_a_stream_says_so_and_ends(mine: Caller) -> None:
    stream = mine.get(f"/v1/generations/{ordered(mine)}/events")
    assert "event: waiting" in stream.text


def test_a_rating_is_kept_and_taken_back(mine: Caller, done: str) -> None:
    for rating in ("like", "dislike", None):
        said = mine.ask("PUT", f"/v1/generations/{done}/takes/1/rating", json={"rating": rating})
        assert said.json()["takes"][0]["rating"] == rating


def test_a_cancelled_one_stays_cancelled(mine: Caller) -> None:
    name = ordered(mine)
    for _ in range(2):
        assert mine.ask("POST", f"/v1/generations/{name}/cancel").json()["state"] == "cancelled"
    assert mine.get(f"/v1/generations/{name}/takes/1/audio").status_code == 404


def test_a_deleted_one_is_gone_with_its_folder(service: Running, mine: Caller) -> None:
    name = ordered(mine)
    folder = job_folder(service.service.settings.home, name)
    assert folder.is_dir()
    assert mine.ask("DELETE", f"/v1/generations/{name}").status_code == 204
    assert mine.get(f"/v1/generations/{name}").status_code == 404
    assert not folder.exists()


def test_the_list_is_of_ones_own_and_comes_in_pages(service: Running, mine: Caller, other: Caller) -> None:
    name = ordered(other)
    page = other.document("/v1/generations", limit=1)
    assert [one["generation"] for one in page["generations"]] == [name]
    assert name not in mine.get("/v1/generations?limit=100").text
    assert name in service.admin.get("/v1/generations?limit=100").text
    first = mine.document("/v1/generations", limit=1)
    second = mine.document("/v1/generations", limit=1, cursor=first["next"])
    assert first["generations"] != second["generations"]


def test_another_users_key_opens_no_generation_of_mine(other: Caller, done: str) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/events", None),
        ("POST", "/cancel", None),
        ("DELETE", "", None),
        ("GET", "/takes/1/audio", None),
        ("GET", "/takes/1/spectrogram", None),
        ("PUT", "/takes/1/rating", {"rating": "like"}),
        ("POST", "/takes/1/catalogue", None),
    ):
        more = {} if body is None else {"json": body}
        assert other.ask(method, f"/v1/generations/{done}{path}", **more).status_code == 403, path
    sound = {"edit": {"kind": "variation", "sound": {"generation": done}}}
    assert other.ask("POST", "/v1/generations", json=sound).status_code == 404
    for_me = other.ask("POST", "/v1/generations", json={"user": MINE})
    assert for_me.status_code == 403


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"prompt": ""}, 422),
        ({"seconds": 0.1}, 422),
        ({"takes": 99}, 422),
        ({"nonsense": 1}, 422),
        ({"edit": {"kind": "loop"}}, 409),
        ({"edit": {"kind": "variation", "sound": {"upload": "0" * 64}}}, 404),
        ({"edit": {"kind": "variation", "sound": {"upload": "../../etc/passwd"}}}, 422),
        ({"like": ["no:song"]}, 404),
        ({"key": "H sharp sharp"}, 409),
    ],
)
def test_what_cannot_be_made_is_refused_before_it_waits(mine: Caller, wanted: Any, status: int) -> None:
    assert mine.ask("POST", "/v1/generations", json=wanted).status_code == status


def test_a_sound_is_sniffed(mine: Caller) -> None:
    refused = mine.ask("POST", "/v1/generations/sounds", content=b"#!/bin/sh\nrm -rf /\n")
    assert refused.status_code == 409
    assert "no sound" in refused.json()["detail"]


def test_a_user_takes_their_generations_along(service: Running) -> None:
    service.admin.ask("POST", "/v1/users", json={"user": "work:leaving"})
    leaving = service.user("work:leaving")
    name = ordered(leaving)
    exported = leaving.document("/v1/users/work:leaving/export")
    assert [one["token"] for one in exported["generations"]] == [name]
    assert exported["files"] == []
    assert leaving.ask("DELETE", "/v1/users/work:leaving").status_code == 204
    assert not job_folder(service.service.settings.home, name).exists()


def test_an_export_names_every_file(mine: Caller, done: str) -> None:
    files = mine.document(f"/v1/users/{MINE}/export")["files"]
    assert {one["format"] for one in files if one["generation"] == done} == {"flac", "wav", "mp3", "ogg"}
    assert all(mine.get(one["link"]).status_code == 200 for one in files)


def test_a_night_is_for_administrators_and_one_at_a_time(service: Running, mine: Caller) -> None:
    assert mine.ask("POST", "/v1/admin/nightly").status_code == 403
    admin = service.admin
    asked = admin.ask("POST", "/v1/admin/nightly")
    assert asked.status_code == 202
    assert admin.ask("POST", "/v1/admin/nightly").status_code == 409
    number = asked.json()["number"]
    assert admin.document(f"/v1/admin/nightly/{number}")["state"] == "queued"
    assert admin.ask("POST", f"/v1/admin/nightly/{number}/cancel").json()["state"] == "cancelled"
    assert admin.document("/v1/admin/nightly", limit=1)["nights"][0]["number"] == number
