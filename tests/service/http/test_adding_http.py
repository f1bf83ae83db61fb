"""A take becomes a song of the catalogue over HTTP, by a worker: ordered, made, rated, added, deleted.

The worker's process hears the sound as `songspace ingest` does, so it imports all that hears: some seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.add_generated import generated_tracks
from service.http.keys import create_key
from service.settings import load_settings
from service.work.worker import Worker
from tests.running_service import Caller, Running, running
from tests.tiny_world import TinyWorld, copy_world

ANN, PROMPT = "work:ann", "zithers under water"
PATIENCE_S = 240.0


@pytest.fixture(scope="module")
def service(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with a worker that plays tones."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("adding") / "home")
    create_key(world.factory, "admin")
    world.factory.kw["bind"].dispose()
    with running(world.home, auth="on") as found:
        settings = load_settings(found.service.settings.model_dump() | {"nightly_cron": "off"})
        worker = Worker(settings, maker=[sys.executable, "-m", "tests.tone_maker"])
        worker.start()
        try:
            yield found
        finally:
            worker.stop()


@pytest.fixture(scope="module")
def ann(service: Running) -> Caller:
    """Somebody who makes music."""
    service.admin.ask("POST", "/v1/users", json={"user": ANN})
    return service.user(ANN)


@pytest.fixture(scope="module")
def added(ann: Caller) -> dict[str, Any]:
    """The state of a generation whose one take was liked, added twice, and is in the catalogue."""
    order = {"prompt": PROMPT, "seconds": 1.0}
    name = ann.ask("POST", "/v1/generations", json=order).json()["generation"]
    wait(ann, name, lambda state: state["state"] == "done")
    ann.ask("PUT", f"/v1/generations/{name}/takes/1/rating", json={"rating": "like"})
    for _ in range(2):
        answer = ann.ask("POST", f"/v1/generations/{name}/takes/1/catalogue")
        assert (answer.status_code, answer.json()["takes"][0]["song"]) == (202, "")
    return wait(ann, name, lambda state: bool(state["takes"][0]["song"]))


def wait(caller: Caller, name: str, is_so: Any) -> dict[str, Any]:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        state: dict[str, Any] = caller.document(f"/v1/generations/{name}")
        if is_so(state):
            return state
        time.sleep(0.1)
    raise AssertionError(f"it never came to that: {state}")


def found(caller: Caller) -> list[str]:
    return [one["song"] for one in caller.document("/v1/songs", q="zithers")["songs"]]


def test_a_take_that_is_added_twice_is_one_song_that_everybody_finds(
    service: Running, ann: Caller, added: dict[str, Any]
) -> None:
    song = added["takes"][0]["song"]
    again = ann.ask("POST", f"/v1/generations/{added['generation']}/takes/1/catalogue")
    assert (again.status_code, again.json()["takes"][0]["song"]) == (202, song)
    assert found(ann) == found(service.admin) == [song]
    assert ann.document(f"/v1/songs/{song}")["is_generated"]


def test_its_rating_counts_for_the_song(ann: Caller, added: dict[str, Any]) -> None:
    song, take = added["takes"][0]["song"], f"/v1/generations/{added['generation']}/takes/1"
    said = [ann.document(f"/v1/users/{ANN}/export")["feedback"][0]]
    for rating in ("dislike", "like"):
        ann.ask("PUT", f"{take}/rating", json={"rating": rating})
        said += ann.document(f"/v1/users/{ANN}/export")["feedback"]
    assert [(one["song"], one["kind"]) for one in said] == [
        (song, kind) for kind in ("like", "dislike", "like")
    ]


def test_the_song_outlives_its_generation(ann: Caller, added: dict[str, Any]) -> None:
    song, name = added["takes"][0]["song"], added["generation"]
    sound = ann.get(f"/v1/generations/{name}/takes/1/audio").content
    assert ann.ask("DELETE", f"/v1/generations/{name}").status_code == 204
    assert ann.get(f"/v1/generations/{name}").status_code == 404
    assert ann.get(f"/v1/songs/{song}/audio").content == sound
    assert found(ann) == [song]


def test_who_leaves_leaves_the_song_behind_and_nothing_that_says_whose_it_was(
    service: Running, ann: Caller, added: dict[str, Any]
) -> None:
    song = added["takes"][0]["song"]
    assert ann.ask("DELETE", f"/v1/users/{ANN}").status_code == 204
    assert found(service.admin) == [song]
    assert service.admin.document(f"/v1/songs/{song}")["is_generated"]
    assert generated_tracks(service.service.session_factory) == []
