"""What a page loads beside itself: covers, sounds, waveforms, the map, and listens that it tells of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from db.repositories.users import find_user
from generation.audio_files import write_audio
from pipelines.scrobble import listen_count
from service.web.media import N_PEAKS, loudness
from service.web.session import COOKIE, Sessions
from service.web.uploads import music_path
from tests.page_visits import Sitting, ask
from tests.tiny_world import NOBODY


def test_near_songs_and_the_same_song_have_a_cover(reading: Sitting) -> None:
    first, again = (ask(reading.service, "GET", "/web/cover/1?size=100") for _ in range(2))
    assert first.headers["content-type"] == "image/jpeg"
    assert first.content == again.content
    assert ask(reading.service, "GET", "/web/cover/999999").status_code == 200


def test_a_song_that_is_not_there_is_a_problem(reading: Sitting) -> None:
    answer = ask(reading.service, "GET", "/web/audio/99999")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_loudness_follows_the_sound(tmp_path: Path) -> None:
    rate = 22_050
    time_s = np.arange(2 * rate) / rate
    sound = np.sin(2 * np.pi * 440 * time_s) * np.where(time_s < 1, 0.1, 0.8)
    write_audio(tmp_path / "a.wav", np.stack([sound, sound], axis=1).astype(np.float32), rate)
    found = loudness(tmp_path / "a.wav")
    assert len(found) == N_PEAKS
    assert max(found[:140]) < 20 < 95 < min(found[160:])


def test_the_map_has_every_song_once_and_the_listener_on_it(reading: Sitting, listener: str) -> None:
    cookies = {COOKIE: Sessions(reading.service.settings.home).write(None, listener)}
    document = ask(reading.service, "GET", "/web/map", cookies=cookies).json()
    numbers = [song[3] for song in document["songs"]]
    assert len(set(numbers)) == len(numbers) > 100
    assert document["heard"]
    assert document["interests"]


def test_a_song_that_was_heard_is_stored_once(writing: Sitting) -> None:
    service = writing.service
    cookies = {COOKIE: Sessions(service.settings.home).write(None, NOBODY)}
    for _ in range(2):
        body = {"song": 1, "listened_at_s": 1_790_000_000}
        assert ask(service, "POST", "/web/listens", json=body, cookies=cookies).json() == {"stored": True}
    with service.session_factory() as session:
        user_id = find_user(session, NOBODY)
    assert listen_count(service.session_factory, user_id) == 1


def test_nobodys_listens_are_stored_nowhere(reading: Sitting) -> None:
    body = {"song": 1, "listened_at_s": 1_790_000_000}
    assert ask(reading.service, "POST", "/web/listens", json=body).json() == {"stored": False}


def test_a_playlist_that_is_sent_is_the_listeners(writing: Sitting, listener: str) -> None:
    service = writing.service
    cookies = {COOKIE: Sessions(service.settings.home).write(None, listener)}
    title, artist = (str(service.watch.current.need.parts.songs[one].iat[0]) for one in ("title", "artist"))
    file = f"#EXTM3U\n#EXTINF:200,{artist} - {title}\na.mp3\n#EXTINF:9,Nobody - Nothing\nb.mp3\n".encode()
    sent = ask(service, "POST", "/web/send/playlist?name=mine.m3u", content=file, cookies=cookies)
    assert sent.json() == {"name": "mine", "songs": 1, "unknown": ["Nothing - Nobody"]}
    refused = ask(service, "POST", "/web/send/playlist?name=x.m3u", content=b"what?", cookies=cookies)
    assert (refused.status_code, "M3U" in refused.json()["detail"]) == (422, True)


def test_a_file_that_is_too_large_is_refused(reading: Sitting) -> None:
    answer = ask(reading.service, "POST", "/web/send/playlist", content=b"#" * ((8 << 20) + 1))
    assert answer.status_code == 413


def test_a_music_file_that_is_sent_is_kept_whole_below_the_home_folder(writing: Sitting) -> None:
    service = writing.service
    sent = ask(service, "POST", "/web/send/music?name=Wren/Nettles/01 a.ogg", content=b"sound")
    assert sent.json() == {"kept": "01 a.ogg"}
    assert [path.read_bytes() for path in (service.settings.home / "music").rglob("*.ogg")] == [b"sound"]
    refused = ask(service, "POST", "/web/send/music?name=list.txt", content=b"a")
    assert (refused.status_code, "music ends in" in refused.json()["detail"]) == (422, True)


def test_no_name_leads_out_of_the_folder_for_music(tmp_path: Path) -> None:
    for name in (
        "../../../a.mp3",
        "/etc/a.mp3",
        "..\\..\\a.mp3",
        "a/./../b.mp3",
        "夜" * 300 + ".mp3",
        "a\0b.mp3",
    ):
        path = music_path(tmp_path, name)
        assert path.resolve().is_relative_to(tmp_path / "music")
        assert len(path.name.encode()) <= 200
        assert ".." not in path.parts
