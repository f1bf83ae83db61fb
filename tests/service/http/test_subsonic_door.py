"""The door for music players: credentials, the catalogue, marks, playlists, likeness."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from db.repositories.audio import StoredFile, add_files
from db.repositories.songs import find_song
from db.session import write_transaction
from pipelines.explore import similar
from pipelines.player_passwords import drop_password, give_password
from service.http.keys import create_key, revoke_key
from tests.running_service import Running
from tests.tiny_world import UNPLAYED

USER = "door:player"
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def key(service: Running) -> str:
    """The key of a user of these tests."""
    assert service.admin.ask("POST", "/v1/users", json={"user": USER}).status_code == 201
    return create_key(service.service.session_factory, "user", USER).key


@pytest.fixture(scope="module")
def ask(service: Running, key: str) -> Ask:
    """Ask as that user; give what is in the envelope, which says that it is done."""

    def of(method: str, /, **params: Any) -> Any:
        given = {"f": "json", "apiKey": key} | {name.rstrip("_"): value for name, value in params.items()}
        response = service.client.post(f"/rest/{method}.view", data=given)
        answer = response.json()["subsonic-response"]
        assert answer["status"] == "ok", answer
        return answer

    return of


@pytest.fixture(scope="module")
def fails(service: Running) -> Ask:
    """Ask what is refused; give the number of the error."""

    def of(method: str, /, **params: Any) -> int:
        response = service.client.get(f"/rest/{method}", params={"f": "json"} | params)
        answer = response.json()["subsonic-response"]
        assert answer["status"] == "failed", answer
        assert "Traceback" not in response.text
        return int(answer["error"]["code"])

    return of


def token(password: str, salt: str = "c19b2d") -> dict[str, str]:
    return {"u": USER, "t": hashlib.md5((password + salt).encode()).hexdigest(), "s": salt}


def test_anybody_may_ask_what_we_can_do(service: Running) -> None:
    answer = service.client.get("/rest/getOpenSubsonicExtensions", params={"f": "json"}).json()
    names = {one["name"] for one in answer["subsonic-response"]["openSubsonicExtensions"]}
    assert names == {"apiKeyAuthentication", "formPost", "sonicSimilarity"}


def test_an_answer_is_xml_unless_json_is_asked_for(service: Running, key: str) -> None:
    response = service.client.get("/rest/getSong.view", params={"id": "sample:5", "apiKey": key})
    assert response.headers["content-type"].startswith("text/xml")
    root = ElementTree.fromstring(response.content)
    assert root.get("status") == "ok"
    assert root[0].get("isDir") == "false"


def test_a_player_password_opens_by_token_and_in_the_open(service: Running, ask: Ask, fails: Ask) -> None:
    factory, home = service.service.session_factory, service.service.settings.home
    stored = create_key(factory, "user", USER).stored
    old = give_password(factory, home, stored.key_id).password
    password = give_password(factory, home, stored.key_id).password
    for given in (token(password), {"u": USER, "p": password}, {"u": "player", "p": password}):
        response = service.client.get("/rest/ping", params={"f": "json"} | given)
        assert response.json()["subsonic-response"]["status"] == "ok"
    assert fails("ping", **token(old)) == 40
    revoke_key(factory, stored.key_id)
    assert fails("ping", **token(password)) == 40


def test_a_password_that_is_taken_away_opens_nothing(service: Running, key: str, fails: Ask) -> None:
    factory, home = service.service.session_factory, service.service.settings.home
    number = int(key.split("_")[1])
    password = give_password(factory, home, number).password
    assert drop_password(factory, number)
    assert fails("ping", **token(password)) == 40


def test_a_key_does_as_password(service: Running, key: str) -> None:
    for password in (key, "enc:" + key.encode().hex()):
        given = {"f": "json", "u": USER, "p": password}
        assert service.client.get("/rest/tokenInfo", params=given).json()["subsonic-response"]["tokenInfo"]


def test_wrong_credentials_have_their_numbers(fails: Ask, key: str, listener: str) -> None:
    assert fails("ping") == 10
    assert fails("ping", u=USER) == 10
    assert fails("ping", apiKey=key, u=USER) == 43
    assert fails("ping", apiKey=key[:-2] + "xx") == 44
    assert fails("ping", u=USER, p="guess") == 40
    assert fails("ping", u=listener, p=key) == 40
    assert fails("ping", **token("guess")) == 40


def test_what_cannot_be_done_has_its_number(fails: Ask, service: Running, key: str) -> None:
    mine = {"apiKey": key}
    assert fails("getSong", **mine) == 10
    for thing in ("so-999999", "al-1", "sample:none", "", "so-1e3", "../../etc/passwd", "so-99999999999"):
        assert fails("getSong", id=thing, **mine) == 70
    assert fails("getAlbum", id="lo-999999", **mine) == 70
    assert fails("getAlbumList2", type="best", **mine) == 0
    assert fails("search3", query="a", songCount="many", **mine) == 0
    assert fails("star", id="sample:5", apiKey=service.admin.key) == 50
    assert fails("getUser", username="sample:somebody", **mine) == 50
    assert service.client.get("/rest/formatDisk", params=mine).status_code == 404
    assert service.client.delete("/rest/ping").status_code == 405


def test_the_catalogue_leads_from_artist_to_song(ask: Ask) -> None:
    artists = [one for index in ask("getArtists")["artists"]["index"] for one in index["artist"]]
    artist = ask("getArtist", id=artists[0]["id"])["artist"]
    album = ask("getAlbum", id=artist["album"][0]["id"])["album"]
    song = ask("getSong", id=album["song"][0]["id"])["song"]
    assert len(artist["album"]) == artist["albumCount"]
    assert len(album["song"]) == album["songCount"]
    assert (song["artistId"], song["albumId"]) == (artist["id"], album["id"])
    inside = ask("getMusicDirectory", id=album["id"])["directory"]["child"]
    assert [one["id"] for one in inside] == [one["id"] for one in album["song"]]


def test_songs_without_album_stand_on_one_of_their_own(ask: Ask) -> None:
    song = ask("getSong", id=UNPLAYED)["song"]
    album = ask("getAlbum", id=song["albumId"])["album"]
    assert (album["name"], [one["id"] for one in album["song"]]) == ("(no album)", [song["id"]])


def test_search_finds_by_words_and_all_without(ask: Ask) -> None:
    song = ask("getSong", id="sample:5")["song"]
    found = ask("search3", query=f"{song['title']} {song['artist']}")["searchResult3"]
    assert found["song"][0]["id"] == song["id"]
    everything = ask("search3", query='""', songCount=500, artistCount=500, albumCount=0)["searchResult3"]
    assert len(everything["song"]) >= 150
    assert everything["album"] == []
    rest = ask("search3", query="", songCount=500, songOffset=100)["searchResult3"]["song"]
    assert [one["id"] for one in everything["song"]][100:] == [one["id"] for one in rest]


@pytest.mark.parametrize(
    "order",
    ["random", "newest", "alphabeticalByName", "alphabeticalByArtist", "highest", "byYear", "byGenre"],
)
def test_albums_are_listed_once_each(ask: Ask, order: str) -> None:
    more = {"fromYear": 2100, "toYear": 1900, "genre": "rock", "size": 500}
    listed = [one["id"] for one in ask("getAlbumList2", type=order, **more)["albumList2"]["album"]]
    assert listed
    assert len(set(listed)) == len(listed)


def test_years_of_albums_run_the_way_they_are_asked_for(ask: Ask) -> None:
    def years(first: int, last: int) -> list[int]:
        found = ask("getAlbumList2", type="byYear", fromYear=first, toYear=last, size=500)
        albums = found["albumList2"]["album"]
        return [ask("getAlbum", id=one["id"])["album"]["song"][0]["year"] for one in albums[:6]]

    assert years(1900, 2100) == sorted(years(1900, 2100))
    assert years(2100, 1900) == sorted(years(2100, 1900), reverse=True)


def test_a_star_on_a_song_is_a_like(ask: Ask, service: Running) -> None:
    ask("star", id="sample:20", albumId="al-2", artistId="ar-3")
    starred = ask("getStarred2")["starred2"]
    song = ask("getSong", id="sample:20")["song"]
    assert song["starred"]
    assert [one["id"] for kind in ("song", "album", "artist") for one in starred[kind]] == [
        song["id"], "al-2", "ar-3"
    ]  # fmt: skip
    assert service.admin.document(f"/v1/users/{USER}/export")["feedback"][0]["kind"] == "like"
    ask("unstar", id=[song["id"], "al-2", "ar-3"])
    assert ask("getStarred2")["starred2"] == {"artist": [], "album": [], "song": []}


def test_a_rating_likes_dislikes_and_is_taken_back(ask: Ask, service: Running) -> None:
    for rating, kinds in ((5, ["like"]), (1, ["dislike"]), (3, []), (4, ["like"]), (0, [])):
        ask("setRating", id="sample:21", rating=rating)
        said = service.admin.document(f"/v1/users/{USER}/export")["feedback"]
        assert [one["kind"] for one in said] == kinds
        assert ask("getSong", id="sample:21")["song"].get("userRating", 0) == rating


def test_a_rating_of_three_leaves_a_star_that_was_given_by_itself(ask: Ask) -> None:
    ask("star", id="sample:22")
    ask("setRating", id="sample:22", rating=3)
    assert ask("getSong", id="sample:22")["song"]["starred"]
    ask("unstar", id="sample:22")
    ask("setRating", id="sample:22", rating=0)


def test_a_play_that_is_told_twice_counts_once(ask: Ask, service: Running) -> None:
    for _ in range(2):
        ask("scrobble", id=["sample:5", "sample:6"], time=[1_763_700_000_000, 1_763_700_200_000])
    ask("scrobble", id="sample:7", submission="false")
    found = service.admin.document(f"/v1/users/{USER}/listens")["listens"]
    assert [one["listened_at_s"] for one in found] == [1_763_700_200, 1_763_700_000]
    assert ask("getNowPlaying")["nowPlaying"]["entry"][0]["id"] == ask("getSong", id="sample:7")["song"]["id"]


def test_a_playlist_is_made_changed_and_deleted(ask: Ask, fails: Ask, key: str) -> None:
    made = ask("createPlaylist", name="Door List", songId=["sample:5", "sample:6", "sample:5"])["playlist"]
    ask("updatePlaylist", playlistId=made["id"], name="Other", songIdToAdd="sample:7", songIndexToRemove=[0])
    kept = ask("getPlaylist", id=made["id"])["playlist"]
    songs = [ask("getSong", id=f"sample:{n}")["song"]["id"] for n in (6, 5, 7)]
    assert (kept["name"], [one["id"] for one in kept["entry"]]) == ("Other", songs)
    assert made["id"] in {one["id"] for one in ask("getPlaylists")["playlists"]["playlist"]}
    ask("deletePlaylist", id=made["id"])
    assert fails("getPlaylist", id=made["id"], apiKey=key) == 70


def test_a_playlist_of_somebody_else_is_not_there(
    ask: Ask, fails: Ask, service: Running, listener: str
) -> None:
    made = ask("createPlaylist", name="Mine", songId="sample:5")["playlist"]["id"]
    other = create_key(service.service.session_factory, "user", listener).key
    for method in ("getPlaylist", "deletePlaylist", "getCoverArt"):
        assert fails(method, id=made, apiKey=other) == 70
    nobodys = next(one for one in ask("getPlaylists")["playlists"]["playlist"] if one["id"].startswith("pl-")
                   and one["public"])["id"]  # fmt: skip
    assert fails("deletePlaylist", id=nobodys, apiKey=other) == 50


def test_recommendations_are_a_playlist_that_nobody_edits(ask: Ask, fails: Ask, key: str) -> None:
    for name in ("mix-recommended", "mix-discoveries"):
        mix = ask("getPlaylist", id=name)["playlist"]
        assert mix["songCount"] == len(mix["entry"]) > 0
    assert fails("deletePlaylist", id="mix-recommended", apiKey=key) == 50


def test_similar_songs_are_those_of_the_song_space(ask: Ask, service: Running) -> None:
    now = service.service.watch.current
    expected = similar(now.shelves, service.service.session_factory, "sample:5", 5)
    found = ask("getSimilarSongs2", id="sample:5", count=5)["similarSongs2"]["song"]
    assert [one["title"] for one in found] == [one.title for one in expected.songs]
    album = ask("getAlbum", id="al-2")["album"]
    near = ask("getSimilarSongs2", id="al-2", count=5)["similarSongs2"]["song"]
    assert not {one["id"] for one in near} & {one["id"] for one in album["song"]}


def test_a_sonic_path_begins_and_ends_where_it_is_asked_to(ask: Ask) -> None:
    found = ask("findSonicPath", startSongId="sample:5", endSongId="sample:60", count=6)["sonicMatch"]
    ends = [ask("getSong", id=f"sample:{n}")["song"]["id"] for n in (5, 60)]
    assert [found[0]["entry"]["id"], found[-1]["entry"]["id"]] == ends
    assert found[0]["similarity"] == 1.0
    assert len(found) == 6


def test_what_sounds_alike_comes_in_order(ask: Ask) -> None:
    found = ask("getSonicSimilarTracks", id="sample:5", count=8)["sonicMatch"]
    likeness = [one["similarity"] for one in found]
    assert likeness == sorted(likeness, reverse=True)
    assert all(0 <= one <= 1 for one in likeness)


def test_a_song_is_streamed_as_it_lies_there(service: Running, key: str, fails: Ask, tmp_path: Path) -> None:
    file, data = tmp_path / "song.mp3", bytes(range(256)) * 40
    assert fails("stream", id="sample:lost-1", apiKey=key) == 70
    file.write_bytes(data)
    factory = service.service.session_factory
    with write_transaction(factory) as session:
        song = find_song(session, "sample:lost-1")
        sha256 = hashlib.sha256(data).hexdigest()
        add_files(session, [StoredFile(0, song, str(file), sha256, len(data), None, 3.0)])
    given: dict[str, Any] = {"id": "sample:lost-1", "apiKey": key, "format": "raw", "maxBitRate": 32}
    whole = service.client.get("/rest/stream", params=given)
    part = service.client.get("/rest/stream", params=given, headers={"Range": "bytes=256-511"})
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "audio/mpeg")
    assert (part.status_code, part.content) == (206, data[256:512])
    posted = service.client.post("/rest/stream.view", data=given, headers={"Range": "bytes=256-511"})
    assert (posted.status_code, posted.content) == (206, data[256:512])


def test_a_cover_is_the_same_each_time_and_another_for_another_song(service: Running, key: str) -> None:
    def cover(thing: str, **headers: str) -> Any:
        given: dict[str, Any] = {"id": thing, "size": 64, "apiKey": key}
        return service.client.get("/rest/getCoverArt", params=given, headers=headers)

    first = cover("sample:5")
    assert (first.headers["content-type"], first.content) == ("image/jpeg", cover("sample:5").content)
    assert first.content != cover("sample:60").content
    assert cover("sample:5", **{"If-None-Match": first.headers["etag"]}).status_code == 304
    assert cover("al-2").status_code == cover("ar-2").status_code == cover(UNPLAYED).status_code == 200
