"""Playlists over HTTP: made, edited, handed out and taken in again, whole."""

from __future__ import annotations

import pytest

from tests.running_service import Caller, Running

SONGS = ["sample:30", "sample:31", "sample:30"]


@pytest.fixture(scope="module")
def owner(service: Running) -> Caller:
    """A user who makes playlists."""
    service.admin.ask("POST", "/v1/users", json={"user": "lists:ann"})
    return service.user("lists:ann")


def songs(playlist: dict[str, list[dict[str, str]]]) -> list[str]:
    return [song["song"] for song in playlist["songs"]]


def test_a_playlist_is_made_edited_and_deleted(owner: Caller) -> None:
    made = owner.ask("POST", "/v1/playlists", json={"name": "Beach", "songs": SONGS})
    address = made.headers["location"]
    assert (made.status_code, songs(made.json())) == (201, SONGS)
    assert owner.document(address) == made.json()
    renamed = owner.ask("PATCH", address, json={"name": "Sea"}).json()
    assert (renamed["name"], songs(renamed)) == ("Sea", SONGS)
    shorter = owner.ask("PATCH", address, json={"songs": SONGS[1:]}).json()
    assert (shorter["name"], songs(shorter)) == ("Sea", SONGS[1:])
    assert shorter["playlist"] in owner.get("/v1/playlists?limit=500").text
    assert owner.ask("DELETE", address).status_code == 204
    assert owner.get(address).status_code == 404


@pytest.mark.parametrize("format", ["m3u8", "jspf", "xspf"])
def test_a_playlist_comes_back_from_its_file(owner: Caller, format: str) -> None:
    made = owner.ask("POST", "/v1/playlists", json={"name": "Été & <b>", "songs": SONGS}).json()
    file = owner.get(f"/v1/playlists/{made['playlist']}/export?format={format}").content
    taken = owner.ask("POST", "/v1/playlists/import", content=file)
    assert taken.status_code == 201, taken.text
    assert (taken.json()["name"], songs(taken.json()), taken.json()["unknown"]) == ("Été & <b>", SONGS, [])


def test_tracks_that_nobody_knows_are_named_and_make_no_song(owner: Caller, admin: Caller) -> None:
    before = len(admin.document("/v1/songs", limit=500)["songs"])
    file = b"#EXTM3U\n#EXTINF:1,Nobody - Never Heard\n/music/never.mp3\n"
    taken = owner.ask("POST", "/v1/playlists/import?name=Mine", content=file).json()
    assert (taken["name"], taken["songs"], taken["unknown"]) == ("Mine", [], ["Never Heard - Nobody"])
    assert len(admin.document("/v1/songs", limit=500)["songs"]) == before


def test_a_playlist_of_a_user_is_gone_on_with(owner: Caller) -> None:
    made = owner.ask("POST", "/v1/playlists", json={"name": "On", "songs": SONGS}).json()
    on = owner.document(f"/v1/playlists/{made['playlist']}/continuation", k=5)
    assert len(on["songs"]) == 5
    assert not set(songs(on)) & set(SONGS)


def test_an_upload_brings_a_playlist_into_the_catalogue_once(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Placing new songs takes the text encoder, and there are none.
    monkeypatch.setattr("pipelines.new_songs.place_after_ingest", lambda *_: None)
    file = admin.get("/v1/playlists/sample:rare/export?format=jspf").content.replace(
        b"sample:rare", b"uploaded"
    )
    first = admin.ask("POST", "/v1/admin/ingest?namespace=mine", content=file)
    assert first.status_code == 200, first.text
    again = admin.ask("POST", "/v1/admin/ingest?namespace=mine", content=file).json()
    assert (first.json()["playlists"]["added"], again["playlists"]["added"]) == (1, 0)
    assert again["playlists"]["unchanged"] == 1
    assert first.json()["problems"] == []
    refused = admin.ask("POST", "/v1/admin/ingest?namespace=..%2Fup", content=file)
    assert [one["field"] for one in refused.json()["errors"]] == ["namespace"]
