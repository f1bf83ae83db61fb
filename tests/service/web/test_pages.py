"""Page by page: what stands there, and what a click does, without a browser."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from db.repositories import browse
from db.repositories import feedback as feedback_repository
from db.repositories.playlists import find_playlist, playlist_songs
from db.repositories.songs import find_song
from db.repositories.users import find_user
from pipelines.ingest import ingest
from pipelines.stored_playlists import make_playlist
from service.http.snapshot import NO_RELEASE, Snapshot
from service.web.parts import admin_music
from tests.page_visits import Sitting
from tests.tiny_world import NOBODY

PATIENCE = 100


async def sees(user: Any, *words: str) -> None:
    for one in words:
        await user.should_see(one, retries=PATIENCE)


def press(user: Any, label: str) -> None:
    """Press the first button that is called so, or begins so for those who hear it."""
    from nicegui import events

    for one in user.client.elements.values():
        heard = str(one.props.get("aria-label", ""))
        words = [child.text for child in one.default_slot.children if hasattr(child, "text")]
        if one.tag == "button" and (heard.startswith(label) or label in words):
            (listener,) = one._event_listeners.values()
            with user.client:
                sent = events.GenericEventArguments(sender=one, client=user.client, args=None)
                events.handle_event(listener.handler, sent)
            return
    raise AssertionError(f"there is no button {label!r}")


def test_home_says_why_each_song_is_there(reading: Sitting, listener: str) -> None:
    async def play(user: Any) -> None:
        await user.open("/")
        await sees(user, "Made for you", "Because of", "Discoveries of week", "Radio from", "Recently heard")

    reading.run(play, listener=listener)


def test_somebody_new_is_told_so_and_may_pick_songs(reading: Sitting) -> None:
    async def play(user: Any) -> None:
        await user.open("/")
        await sees(user, "Nothing is known of your taste yet", "Pick three songs that you like")

    reading.run(play, listener=NOBODY)


def test_who_is_nobody_is_asked_who_listens(reading: Sitting) -> None:
    async def play(user: Any) -> None:
        await user.open("/")
        await sees(user, "Welcome to Songspace", "Who listens?", "What many people play")

    reading.run(play)


def test_the_library_finds_songs_by_words(reading: Sitting) -> None:
    title = reading.service.watch.current.need.parts.songs["title"].iat[0]

    async def play(user: Any) -> None:
        await user.open(f"/library?q={title.split()[0]}")
        await sees(user, str(title))
        await user.open("/library?q=qqqq")
        await sees(user, "No song is found for “qqqq”.")

    reading.run(play)


def test_a_song_shows_what_is_like_it_and_what_it_is(reading: Sitting, listener: str) -> None:
    async def play(user: Any) -> None:
        await user.open("/song/1")
        await sees(user, "Similar songs", "What it is", "Radio from here")

    reading.run(play, listener=listener)


def test_a_song_that_is_not_there_is_said_to_be_unknown(reading: Sitting) -> None:
    async def play(user: Any) -> None:
        for address in ("/song/99999", "/song/x", "/playlist/99999"):
            await user.open(address)
            await user.should_see(content=["nknown"] if "9" in address else ["no such"], retries=PATIENCE)
        assert (await user.http_client.get("/nowhere")).status_code == 404

    reading.run(play)


def test_an_artist_has_their_albums_and_songs(reading: Sitting) -> None:
    with reading.service.session_factory() as session:
        (artist,) = browse.find_artists(session, "", 1, 0)
        (song,) = browse.song_rows(session, browse.songs_of_artist(session, artist.artist_id, 1))

    async def play(user: Any) -> None:
        await user.open("/library?show=artists")
        await sees(user, artist.name)
        await user.open(f"/artist/{artist.artist_id}")
        await sees(user, artist.name, song.title)
        await user.open("/artist/99999")
        await sees(user, "There is no such artist.")

    reading.run(play)


def test_a_playlist_is_made_renamed_and_loses_a_song(writing: Sitting, listener: str) -> None:
    factory = writing.service.session_factory
    made = make_playlist(factory, "beach", "Beach", ["sample:5", "sample:7"], user=listener)
    with factory() as session:
        number = find_playlist(session, made.playlist)
    gone = made.songs[0].title

    async def play(user: Any) -> None:
        await user.open(f"/playlist/{number}")
        await sees(user, "Beach", "Would go on with", gone)
        press(user, f"Take {gone} out of the playlist")
        await asyncio.sleep(0.3)
        await user.open("/library?show=playlists")
        await sees(user, "Beach", "1 song")

    writing.run(play, listener=listener)
    with factory() as session:
        assert playlist_songs(session, number) == [find_song(session, "sample:7")]


def test_a_like_is_stored_and_changes_what_is_made_for_you(writing: Sitting) -> None:
    factory = writing.service.session_factory
    title = str(writing.service.watch.current.need.parts.songs["title"].iat[0])

    async def play(user: Any) -> None:
        await user.open("/library")
        await sees(user, title)
        press(user, f"Like {title}")
        await asyncio.sleep(0.3)
        await user.open("/")
        await sees(user, "Because of")
        await user.should_not_see("Nothing is known of your taste yet")

    writing.run(play, listener=NOBODY)
    with factory() as session:
        said = feedback_repository.user_feedback(session, find_user(session, NOBODY))
    assert list(said.values()) == [{"like"}]


def test_an_interest_is_muted_and_taken_back(writing: Sitting, listener: str) -> None:
    async def play(user: Any) -> None:
        await user.open("/taste")
        await sees(user, "Interests", "What you are", "Where you are", "Who is near")
        press(user, "Mute")
        await sees(user, "muted, ", "What you decided")
        press(user, "Take all of it back")
        await user.should_not_see("What you decided", retries=PATIENCE)

    writing.run(play, listener=listener)


def test_create_asks_for_a_worker_and_can_be_stopped(writing: Sitting, listener: str) -> None:
    async def play(user: Any) -> None:
        await user.open("/create?like=1")
        await sees(user, "What is it to sound like?", "like ", "What you make stands here.")
        press(user, "calm solo piano in A minor")
        press(user, "Not like ")
        press(user, "Make it")
        await sees(user, "no worker is at work")
        press(user, "Stop")
        await sees(user, "It was stopped.")

    writing.run(play, listener=listener)


def test_lyrics_say_that_there_is_no_model(
    reading: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.lyrics.SHIPPED", tmp_path / "nothing")

    async def play(user: Any) -> None:
        await user.open("/lyrics")
        await sees(user, "unhinged", "Write two, and choose")
        press(user, "a folk song about the sea")
        press(user, "Write")
        await sees_notice(user, "lyric model")

    reading.run(play)


async def sees_notice(user: Any, words: str) -> None:
    for _ in range(PATIENCE):
        if user.notify.contains(words):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(user.notify.messages)


def test_admin_shows_releases_nights_figures_and_makes_keys(writing: Sitting) -> None:
    async def play(user: Any) -> None:
        await user.open("/admin")
        await sees(user, "answers", "song2vec", "this release", "Beside item-kNN", "There are none.")
        press(user, "Make a key")
        await sees(user, "songspace_1_", "administrator")
        press(user, "Run it now")
        await sees(user, "It waits: no worker is at work")

    writing.run(play)


def test_a_folder_of_playlists_comes_in_by_the_page(
    writing: Sitting, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Giving new songs a place asks the text encoder, which takes longer than all else here.
    monkeypatch.setattr(admin_music, "ingest", lambda paths, *, releases, **more: ingest(paths, **more))
    (tmp_path / "mine.m3u").write_text("#EXTM3U\n#EXTINF:200,Somebody - A Song Nobody Had\nhad.mp3\n")

    async def play(user: Any) -> None:
        await user.open("/admin")
        user.find("A folder or file on this machine").type(str(tmp_path))
        press(user, "Add it")
        await sees(user, "1 new songs, 1 new playlists")

    writing.run(play)


def test_a_home_without_a_release_says_what_is_to_be_done(writing: Sitting, listener: str) -> None:
    service = writing.service
    service.watch.current = Snapshot.of(None, service.session_factory, service.settings.home, NO_RELEASE)

    async def play(user: Any) -> None:
        await user.open("/")
        await sees(user, "Let it learn", "Run a night")

    async def listen(user: Any) -> None:
        await user.open("/taste")
        await sees(user, "Nothing is learned yet")
        await user.open("/song/1")
        await sees(user, "What is like it is known after the first night.")

    writing.run(play)
    writing.run(listen, listener=listener)
