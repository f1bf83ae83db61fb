"""The clients that others wrote, unmodified, against a server of its own process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import liblistenbrainz
import libopensonic
import pytest
from libopensonic.errors import AuthError, CredentialError, DataNotFoundError, ParameterError

from pipelines.make_user import make_user
from pipelines.player_passwords import give_password
from service.http.keys import create_key
from tests.tiny_world import TinyWorld, copy_world

pytestmark = pytest.mark.slow
USER, NOON, STARTS_S = "real:ann", 1_763_700_000, 120.0


@dataclass(frozen=True)
class Server:
    """A server with a user: their key, and the password of it for players."""

    port: int
    key: str
    password: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def server(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    world = copy_world(tiny_world, tmp_path_factory.mktemp("real") / "home")
    make_user(world.factory, world.home, USER)
    made = create_key(world.factory, "user", USER)
    password = give_password(world.factory, world.home, made.stored.key_id).password
    world.factory.kw["bind"].dispose()
    port = free_port()
    own = {"SONGSPACE_HOME": str(world.home), "SONGSPACE_AUTH": "on", "SONGSPACE_RATE_LIMIT": "0"}
    command = [sys.executable, "-m", "service.cli.main", "serve", "--port", str(port)]
    root = Path(__file__).resolve().parents[3]
    with (world.home / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=root, env={**os.environ, **own}, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield Server(port, made.key, password)
    finally:
        process.terminate()
        process.wait(60)
    assert "Traceback" not in (world.home / "serve.log").read_text(encoding="utf-8")


@contextmanager
def connected(server: Server, **given: Any) -> Iterator[Any]:
    """Connect a player; it leaves the loop of its thread open, which is closed for it."""
    client = libopensonic.Connection("http://127.0.0.1", port=server.port, **given)
    try:
        yield client
    finally:
        client.cleanup()
        client._loop.close()


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    import httpx2

    until = time.monotonic() + STARTS_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(url).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"the server did not start: {process.poll()}")


@pytest.fixture
def brainz(server: Server) -> Any:
    client = liblistenbrainz.ListenBrainz(api_base_url=server.url)
    client.set_auth_token(server.key)
    return client


@pytest.fixture
def player(server: Server) -> Iterator[Any]:
    with connected(server, username=USER, password=server.password) as client:
        yield client


def test_liblistenbrainz_tells_listens_and_reads_them_back(brainz: Any) -> None:
    one = liblistenbrainz.Listen("Real Song", "Real Artist", listened_at=NOON, release_name="Real Album",
                                 isrc="USRC17607839")  # fmt: skip
    for _ in range(2):
        assert brainz.submit_single_listen(one) == {"status": "ok"}
    many = [liblistenbrainz.Listen(f"Real {n}", "Real Artist", listened_at=NOON + n) for n in range(1, 60)]
    brainz.submit_multiple_listens(many)
    brainz.submit_playing_now(liblistenbrainz.Listen("Playing", "Real Artist"))
    assert brainz.get_user_listen_count(USER) == 60
    assert brainz.get_playing_now(USER).track_name == "Playing"
    newest = brainz.get_listens(USER, count=2)
    assert [found.track_name for found in newest] == ["Real 59", "Real 58"]
    (first,) = brainz.get_listens(USER, max_ts=NOON + 1)
    assert (first.track_name, first.artist_name, first.release_name) == (
        "Real Song", "Real Artist", "Real Album"
    )  # fmt: skip


def test_liblistenbrainz_gives_feedback_and_is_recommended_to(brainz: Any) -> None:
    mbid = "0d3a8c1e-9f4b-4c57-8e26-3a1b5f0c7d92"
    song = liblistenbrainz.Listen("Loved", "Real Artist", listened_at=NOON - 60, recording_mbid=mbid)
    brainz.submit_single_listen(song)
    brainz.submit_user_feedback(1, mbid)
    said = brainz.get_user_feedback(USER, 1, True)
    assert [one["recording_mbid"] for one in said["feedback"]] == [mbid]
    assert said["feedback"][0]["track_metadata"]["track_name"] == "Loved"
    brainz.submit_user_feedback(0, mbid)
    assert brainz.get_user_feedback(USER, 1, False)["total_count"] == 0
    payload = brainz.get_user_recommendation_recordings(USER, "raw", count=5)["payload"]
    assert payload["count"] == len(payload["mbids"]) == 5


def test_liblistenbrainz_is_told_what_is_wrong(brainz: Any, server: Server) -> None:
    with pytest.raises(liblistenbrainz.errors.InvalidAuthTokenException):
        liblistenbrainz.ListenBrainz(api_base_url=server.url).set_auth_token("songspace_1_guess")
    with pytest.raises(liblistenbrainz.errors.ListenBrainzAPIException) as refused:
        brainz.submit_single_listen(liblistenbrainz.Listen("", "Nobody", listened_at=NOON))
    assert (refused.value.status_code, "track_name" in refused.value.message) == (400, True)


def test_twenty_clients_of_liblistenbrainz_store_each_listen_once(brainz: Any, server: Server) -> None:
    before = brainz.get_user_listen_count(USER)

    def client(number: int) -> None:
        own = liblistenbrainz.ListenBrainz(api_base_url=server.url)
        own.set_auth_token(server.key, check_validity=False)
        at = 1_500_000_000 + 1_000 * number
        listens = [liblistenbrainz.Listen(f"Crowd {n % 9}", "Crowd", listened_at=at + n) for n in range(50)]
        for _ in range(2):
            own.submit_multiple_listens(listens)

    with ThreadPoolExecutor(20) as clients:
        list(clients.map(client, range(20)))
    assert brainz.get_user_listen_count(USER) == before + 1_000


def test_py_opensonic_walks_through_the_catalogue(player: Any) -> None:
    assert player.ping()
    assert player.get_license()["license"]["valid"]
    assert "sonicSimilarity" in {one.name for one in player.get_open_subsonic_extensions()}
    assert player.get_user(USER).scrobbling_enabled
    assert player.get_indexes().index
    artist = player.get_artist(player.get_artists().index[0].artist[0].id)
    album = player.get_album(artist.album[0].id)
    song = player.get_song(album.song[0].id)
    assert (song.artist_id, song.album_id) == (artist.id, album.id)
    assert player.search3(song.title).song
    assert player.search3("", song_count=500, artist_count=3).song[100:]
    assert len(player.get_album_list2("newest", size=5)) == 5
    assert len(player.get_random_songs(size=7)) == 7


def test_py_opensonic_finds_what_is_alike(player: Any) -> None:
    first, last = player.search3("", song_count=60).song[::59]
    assert len(player.get_similar_songs2(first.id, count=5)) == 5
    assert player.get_similar_songs2(first.artist_id, count=5)
    alike = player.get_sonic_similar_tracks(first.id, count=5)
    assert all(0 <= one.similarity <= 1 for one in alike)
    path = player.find_sonic_path(first.id, last.id, count=6)
    assert (path[0].entry.id, path[-1].entry.id, len(path)) == (first.id, last.id, 6)


def test_py_opensonic_stars_rates_and_scrobbles(player: Any, brainz: Any) -> None:
    one, other = player.search3("", song_count=2).song
    before = brainz.get_user_listen_count(USER)
    player.star(sids=[one.id], album_ids=[one.album_id], artist_ids=[one.artist_id])
    player.set_rating(other.id, 5)
    starred = player.get_starred2()
    assert {song.id for song in starred.song} == {one.id, other.id}
    assert (starred.album[0].id, starred.artist[0].id) == (one.album_id, one.artist_id)
    player.unstar(sids=[one.id, other.id], album_ids=[one.album_id], artist_ids=[one.artist_id])
    assert not player.get_starred2().song
    for _ in range(2):
        player.scrobble(one.id, listen_time=NOON - 3_600)
    player.scrobble(one.id, submission=False)
    assert brainz.get_user_listen_count(USER) == before + 1
    assert brainz.get_playing_now(USER).track_name == one.title


def test_py_opensonic_keeps_playlists(player: Any) -> None:
    songs = [song.id for song in player.search3("", song_count=4).song]
    assert player.create_playlist(name="Real List", song_ids=songs[:3])
    (made,) = [one for one in player.get_playlists() if one.name == "Real List"]
    player.update_playlist(made.id, name="Renamed", song_ids_to_add=songs[3:], song_indices_to_remove=[0, 2])
    kept = player.get_playlist(made.id)
    assert (kept.name, [song.id for song in kept.entry]) == ("Renamed", [songs[1], songs[3]])
    player.create_playlist(playlist_id=made.id, song_ids=songs)
    assert player.get_playlist(made.id).song_count == 4
    mix = player.get_playlist("mix-recommended")
    assert mix.readonly
    assert mix.entry
    player.delete_playlist(made.id)
    with pytest.raises(DataNotFoundError):
        player.get_playlist(made.id)


def test_py_opensonic_hears_and_sees(player: Any) -> None:
    song = player.search3("", song_count=1).song[0]

    def read(response: Any) -> bytes:
        import asyncio

        return bytes(asyncio.run_coroutine_threadsafe(response.read(), player._loop).result(60))

    whole = player.stream(song.id)
    data = read(whole)
    assert (whole.status, data[:4]) == (200, b"fLaC")
    part = player.stream(song.id, byte_range="bytes=4-99")
    assert (part.status, read(part)) == (206, data[4:100])
    cover = player.get_cover_art(song.cover_art, size=64)
    assert cover.headers["Content-Type"] == "image/jpeg"
    assert read(cover) == read(player.get_cover_art(song.cover_art, size=64))
    silent = player.search3("A Rare One", song_count=1).song[0]
    with pytest.raises(DataNotFoundError):
        player.stream(silent.id)


@pytest.mark.parametrize("more", [{"use_get": True}, {"use_views": False}, {"legacy_auth": True}])
def test_py_opensonic_comes_in_by_every_way(server: Server, more: dict[str, bool]) -> None:
    for given in ({"username": USER, "password": server.password}, {"api_key": server.key}):
        with connected(server, **given, **more) as client:
            assert client.ping()


def test_py_opensonic_is_told_what_is_wrong(server: Server, player: Any) -> None:
    with connected(server, username=USER, password="guess") as stranger, pytest.raises(CredentialError):
        stranger.ping()
    with pytest.raises(DataNotFoundError):
        player.get_song("so-999999")
    with pytest.raises(AuthError):
        player.get_user("sample:somebody")
    with pytest.raises(ParameterError, match=re.escape("albumId")):
        player.star()
