"""Releases come and go under a running service: no answer is dropped, none is of two releases."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from db.errors import DatabaseUnavailableError
from db.session import SessionFactory
from pipelines.release_files import MANIFEST, current_name, publish, release_names, write_manifest
from service.http.snapshot import NO_RELEASE, ReleaseWatch
from tests.running_service import Running, running
from tests.tiny_world import TinyWorld, copy_world

SECOND = "29990101T000000"
MARK = "Second: "


@pytest.fixture(scope="module")
def world(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyWorld]:
    """A world with a second release, in which every title says so."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("swap") / "home")
    releases = world.home / "releases"
    folder = releases / SECOND
    shutil.copytree(releases / str(current_name(releases)), folder)
    songs = pd.read_parquet(folder / "songs.parquet")
    songs.assign(title=MARK + songs["title"]).to_parquet(folder / "songs.parquet", index=False)
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["files"]
    write_manifest(folder, {**manifest, "name": SECOND})
    yield world
    world.factory.kw["bind"].dispose()


@pytest.fixture(scope="module")
def service(world: TinyWorld) -> Iterator[Running]:
    with running(world.home) as found:
        yield found


@pytest.fixture(scope="module")
def first(world: TinyWorld) -> str:
    """Name of the release that is published to begin with."""
    return str(current_name(world.home / "releases"))


def wait_for(service: Running, release: str) -> float:
    """Wait until a release answers; return the seconds that it took."""
    started = time.monotonic()
    while service.service.watch.current.name != release:
        assert time.monotonic() - started < 60, f"{release} was not picked up"
        time.sleep(0.02)
    return time.monotonic() - started


def test_no_answer_is_dropped_and_none_is_of_two_releases(
    service: Running, world: TinyWorld, first: str, listener: str
) -> None:
    paths = [
        f"/v1/users/{listener}/recommendations",
        "/v1/songs/sample:5/similar",
        "/v1/continuation?song=sample:7",
    ]
    seen: set[str] = set()
    wrong: list[str] = []
    done = threading.Event()

    def read(path: str) -> None:
        while not done.is_set():
            answer = service.nobody.get(path)
            if answer.status_code != 200:
                wrong.append(answer.text)
                return
            document = answer.json()
            seen.add(document["release"])
            titles = [song["title"] for song in document["songs"]]
            if {title.startswith(MARK) for title in titles} != {document["release"] == SECOND}:
                wrong.append(answer.text)

    readers = [threading.Thread(target=read, args=[path]) for path in paths]
    for reader in readers:
        reader.start()
    for release in (SECOND, first, SECOND, first):
        publish(world.home / "releases", release)
        wait_for(service, release)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert seen == {first, SECOND}


def test_a_rollback_is_asked_for_and_answers_at_once(service: Running, world: TinyWorld, first: str) -> None:
    publish(world.home / "releases", SECOND)
    wait_for(service, SECOND)
    done = service.nobody.ask("POST", "/v1/admin/releases/rollback", json={})
    assert (done.status_code, done.json()["release"]) == (200, first)
    assert service.nobody.document("/v1/songs/sample:5/similar")["release"] == first
    unknown = service.nobody.ask("POST", "/v1/admin/releases/rollback", json={"release": "../../etc"})
    assert (unknown.status_code, unknown.json()["kind"]) == (404, "release")


@pytest.fixture
def releases(world: TinyWorld, tmp_path: Path) -> Path:
    """A copy of the world's releases."""
    shutil.copytree(world.home / "releases", tmp_path / "home" / "releases")
    return tmp_path / "home" / "releases"


def watch_of(releases: Path, factory: SessionFactory) -> ReleaseWatch:
    watch = ReleaseWatch(releases.parent, factory)
    watch.look()
    return watch


def damage(releases: Path, name: str) -> None:
    file = releases / name / "input.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"x")


def point_at(releases: Path, name: str) -> None:
    """Move the pointer as a careless hand would, without looking at the release."""
    (releases / "current").write_text(f"{name}\n")


def test_a_damaged_release_leaves_the_one_before_in_force_and_says_so(
    releases: Path, world: TinyWorld, first: str
) -> None:
    point_at(releases, first)
    watch = watch_of(releases, world.factory)
    damage(releases, SECOND)
    point_at(releases, SECOND)
    watch.look()
    assert watch.current.name == first
    assert SECOND in watch.current.notice
    point_at(releases, first)
    watch.look()
    assert (watch.current.name, watch.current.notice) == (first, "")


def test_a_service_that_starts_with_a_damaged_release_takes_the_one_before(
    releases: Path, world: TinyWorld, first: str
) -> None:
    damage(releases, SECOND)
    point_at(releases, SECOND)
    watch = watch_of(releases, world.factory)
    assert watch.current.name == first
    assert SECOND in watch.current.notice


def test_when_no_release_is_whole_nothing_is_served_and_that_is_said(
    releases: Path, world: TinyWorld
) -> None:
    for name in release_names(releases):
        damage(releases, name)
    watch = watch_of(releases, world.factory)
    assert watch.current.name is None
    assert "no release can be served" in watch.current.notice


def test_a_release_whose_folder_goes_away_still_answers(releases: Path, world: TinyWorld, first: str) -> None:
    point_at(releases, first)
    watch = watch_of(releases, world.factory)
    shutil.rmtree(releases)
    watch.look()
    assert watch.current.name == first
    assert "not" in watch.current.notice or "any more" in watch.current.notice


@pytest.fixture(scope="module")
def bare(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service over a database without any release."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("bare") / "home")
    shutil.rmtree(world.home / "releases")
    world.factory.kw["bind"].dispose()
    with running(world.home) as found:
        yield found


@pytest.mark.parametrize(
    "path",
    [
        "/v1/recommendations",
        "/v1/users/{user}/recommendations",
        "/v1/users/{user}/discoveries",
        "/v1/songs/sample:5/similar",
        "/v1/continuation?song=sample:5",
        "/v1/playlists/sample:rare/continuation",
        "/v1/radio?song=sample:5",
        "/v1/space/blend?plus=sample:5",
    ],
)
def test_without_a_release_the_answer_is_what_is_popular_and_says_so(
    bare: Running, listener: str, path: str
) -> None:
    answer = bare.nobody.document(path.format(user=listener))
    assert (answer["release"], answer["fallback"], answer["notice"]) == (None, "popular", NO_RELEASE)
    assert len(answer["songs"]) >= 5


@pytest.mark.parametrize(
    "path",
    [
        "/v1/users/{user}/profile",
        "/v1/users/{user}/neighbours",
        "/v1/songs/sample:5/axes",
        "/v1/songs/by-meaning?text=calm",
        "/v1/space/path?start=sample:5&end=sample:7",
        "/v1/space/map",
        "/v1/space/axes",
    ],
)
def test_what_has_no_answer_without_a_release_says_why(bare: Running, listener: str, path: str) -> None:
    answer = bare.nobody.get(path.format(user=listener))
    assert (answer.status_code, answer.json()["detail"]) == (409, NO_RELEASE)


def test_the_first_release_is_picked_up(bare: Running, world: TinyWorld, first: str) -> None:
    home = bare.service.settings.home
    shutil.copytree(world.home / "releases" / first, home / "releases" / first)
    publish(home / "releases", first)
    wait_for(bare, first)
    assert bare.nobody.document("/readyz")["notice"] == ""


def test_with_the_database_lost_the_release_answers_with_what_is_popular(
    service: Running, listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise DatabaseUnavailableError("gone")

    watch = service.service.watch
    monkeypatch.setattr(watch, "current", replace(watch.current))
    monkeypatch.setattr(service.service, "session_factory", lost)
    answer = service.nobody.document(f"/v1/users/{listener}/recommendations", k=3)
    assert (len(answer["songs"]), answer["fallback"]) == (3, "popular")
    assert "database" in answer["notice"]
    assert service.nobody.get("/readyz").status_code == 503
    refused = service.nobody.get("/v1/songs/sample:5")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
