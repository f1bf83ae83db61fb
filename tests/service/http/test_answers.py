"""What the routes answer: the songs of the use cases, named as they were asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from db.repositories.audio import StoredFile, add_files
from db.session import write_transaction
from generation.audio_files import write_audio
from pipelines.continue_lists import Continuer
from pipelines.explore import similar
from pipelines.recommend import Recommender
from pipelines.shelf import Shelves
from tests.running_service import Caller, Running
from tests.tiny_world import NOBODY, TinyWorld


def names(document: dict[str, list[dict[str, str]]]) -> list[str]:
    return [song["song"] for song in document["songs"]]


def test_recommendations_are_those_of_the_use_case(
    admin: Caller, tiny_world: TinyWorld, listener: str
) -> None:
    expected = Recommender(tiny_world.release, tiny_world.factory).recommend(listener, 5)
    answer = admin.document(f"/v1/users/{listener}/recommendations", k=5)
    assert names(answer) == [song.song for song in expected.songs]
    assert answer["songs"][0]["because"][0]["title"] == expected.songs[0].because[0].title
    assert (answer["release"], answer["notice"]) == (tiny_world.release.name, "")


def test_a_user_of_whom_nothing_is_known_is_told_so(admin: Caller) -> None:
    assert admin.document(f"/v1/users/{NOBODY}/recommendations")["fallback"] == "popular"


def test_songs_are_named_in_the_askers_namespace(admin: Caller) -> None:
    assert admin.document("/v1/songs/other:5")["song"] == "other:5"
    found = names(admin.document("/v1/songs/other:5/similar", k=50))
    assert any(name.startswith("other:") for name in found)
    assert all(name.startswith(("other:", "songspace:")) for name in found)


def test_similar_songs_and_continuations_are_those_of_the_use_cases(
    admin: Caller, tiny_world: TinyWorld
) -> None:
    release, factory = tiny_world.release, tiny_world.factory
    near = similar(Shelves(release), factory, "sample:5", 4)
    assert names(admin.document("/v1/songs/sample:5/similar", k=4)) == [song.song for song in near.songs]
    on = Continuer(release, factory).continue_songs(["sample:5", "sample:7"], 4)
    answer = admin.document("/v1/continuation", song=["sample:5", "sample:7"], k=4)
    assert names(answer) == [song.song for song in on.songs]


def test_a_radio_goes_on_where_it_stopped(admin: Caller) -> None:
    whole = names(admin.document("/v1/radio", song="sample:5", k=12))
    assert names(admin.document("/v1/radio", song="sample:5", k=6, after=6)) == whole[6:]


def test_space_answers_with_songs_paths_axes_and_a_map(admin: Caller) -> None:
    assert len(names(admin.document("/v1/space/blend", plus="sample:5", minus="sample:60", k=3))) == 3
    path = names(admin.document("/v1/space/path", start="sample:5", end="sample:60", k=4))
    assert (path[0], path[-1]) == ("sample:5", "sample:60")
    assert "drums" in {axis["name"] for axis in admin.document("/v1/space/axes")["axes"]}
    drawn = admin.document("/v1/space/map", songs=30)
    assert len(drawn["places"]) == len(drawn["colours"]) == 30
    assert sum(region["songs"] for region in drawn["regions"]) == 30


@pytest.mark.parametrize("format", ["png", "svg"])
def test_a_map_is_drawn(admin: Caller, format: str) -> None:
    drawn = admin.get("/v1/space/map/picture", params={"songs": 30, "format": format})
    assert drawn.content[:4] == {"png": b"\x89PNG", "svg": b"<?xm"}[format]


def test_a_profile_names_interests_and_neighbours_share_songs(admin: Caller, listener: str) -> None:
    profile = admin.document(f"/v1/users/{listener}/profile")
    assert profile["listens"] > 0
    assert profile["interests"][0]["weight"] > 0
    near = admin.document(f"/v1/users/{listener}/neighbours", k=2)["neighbours"]
    assert len(near) == 2
    assert near[0]["similarity"] >= near[1]["similarity"]


def test_a_like_changes_the_next_answer(service: Running, tiny_world: TinyWorld) -> None:
    caller = service.user(tiny_world.truth.user_refs[5])
    address = f"/v1/users/{tiny_world.truth.user_refs[5]}"
    before = names(caller.document(f"{address}/recommendations"))
    said = caller.ask("PUT", f"{address}/feedback/{before[0]}", json={"kind": "block"})
    assert said.json()["kinds"] == ["block"]
    assert before[0] not in names(caller.document(f"{address}/recommendations"))


def test_a_listen_sent_twice_is_stored_once(admin: Caller) -> None:
    assert admin.ask("POST", "/v1/users", json={"user": "app:ann"}).status_code == 201
    sent = {
        "listens": [
            {"song": "sample:9", "listened_at_s": 1_790_000_000},
            {"song": "no:1", "listened_at_s": 1},
        ]
    }
    first = admin.ask("POST", "/v1/users/app:ann/listens", json=sent).json()
    again = admin.ask("POST", "/v1/users/app:ann/listens", json=sent).json()
    assert (first, again) == (
        {"added": 1, "known": 0, "unknown": ["no:1"]},
        {"added": 0, "known": 1, "unknown": ["no:1"]},
    )
    assert [one["song"] for one in admin.document("/v1/users/app:ann/listens")["listens"]] == ["songspace:10"]


def test_a_decision_is_made_and_undone(admin: Caller, listener: str) -> None:
    address = f"/v1/users/{listener}/decisions"
    made = admin.ask("POST", address, json={"do": "mute", "what": "1"}).json()
    assert [one["do"] for one in made["decisions"]] == ["mute"]
    assert admin.ask("DELETE", address).json()["decisions"] == []


def test_pages_hold_every_song_once(admin: Caller) -> None:
    whole = names(admin.document("/v1/songs", limit=500))
    pages, cursor = [], None
    while True:
        page = admin.document("/v1/songs", limit=60, **({"cursor": cursor} if cursor else {}))
        pages += names(page)
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == whole
    assert len(set(whole)) == len(whole) > 150


def test_a_search_goes_on_where_it_stopped(admin: Caller) -> None:
    whole = names(admin.document("/v1/songs", q="the", limit=6))
    first = admin.document("/v1/songs", q="the", limit=3)
    assert names(admin.document("/v1/songs", q="the", limit=3, cursor=first["next"])) == whole[3:]


def test_listens_come_newest_first_over_pages(admin: Caller, listener: str) -> None:
    address = f"/v1/users/{listener}/listens"
    first = admin.document(address, limit=20)
    then = admin.document(address, limit=20, cursor=first["next"])
    times = [one["listened_at_s"] for one in first["listens"] + then["listens"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 40


def test_who_has_the_answer_is_told_so_without_its_being_made(
    service: Running, admin: Caller, listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/v1/users/{listener}/recommendations"
    tag = admin.get(address).headers["etag"]
    monkeypatch.setattr(Recommender, "recommend", None)
    again = admin.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag


def test_an_etag_ends_with_what_the_user_does(service: Running, tiny_world: TinyWorld) -> None:
    user = tiny_world.truth.user_refs[7]
    caller, address = service.user(user), f"/v1/users/{user}"
    tags = [caller.get(f"{address}/recommendations").headers["etag"]]
    for kind in ("like", "dislike", "clear"):
        caller.ask("PUT", f"{address}/feedback/sample:90", json={"kind": kind})
        tags.append(caller.get(f"{address}/recommendations").headers["etag"])
    sent = {"listens": [{"song": "sample:90", "listened_at_s": 1_000_000_000}]}
    caller.ask("POST", f"{address}/listens", json=sent)
    tags.append(caller.get(f"{address}/recommendations").headers["etag"])
    assert tags[3] == tags[0]
    assert len(set(tags)) == 4


@pytest.mark.parametrize("path", ["/v1/songs", "/v1/songs/sample:5", "/v1/space/axes", "/v1/playlists"])
def test_every_answer_has_an_etag(admin: Caller, path: str) -> None:
    tag = admin.get(path).headers["etag"]
    assert admin.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert admin.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.fixture
def heard(service: Running, tmp_path: Path) -> str:
    """A song with a music file of half a second."""
    path = tmp_path / "song.flac"
    write_audio(path, np.sin(np.arange(11_025) / 8).astype(np.float32) / 2, 22_050)
    file = StoredFile(0, 11, str(path), "0" * 64, path.stat().st_size, None, 0.5)
    with write_transaction(service.service.session_factory) as session:
        add_files(session, [file])
    return "sample:10"


def test_a_part_of_a_sound_is_sent_and_the_whole_is_drawn(admin: Caller, heard: str) -> None:
    part = admin.get(f"/v1/songs/{heard}/audio", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"fLaC")
    size = int(part.headers["content-range"].rpartition("/")[2])
    assert len(admin.get(f"/v1/songs/{heard}/audio").content) == size
    beyond = admin.get(f"/v1/songs/{heard}/audio", headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    picture = admin.get(f"/v1/songs/{heard}/waveform")
    assert picture.content[:4] == b"\x89PNG"
    again = admin.get(f"/v1/songs/{heard}/waveform", headers={"If-None-Match": picture.headers["etag"]})
    assert again.status_code == 304
    assert admin.get(f"/v1/songs/{heard}/spectrogram?format=svg").content[:5] == b"<?xml"


def test_a_song_without_sound_is_said_to_have_none(admin: Caller) -> None:
    missing = admin.get("/v1/songs/sample:rare-1/audio")
    assert (missing.status_code, missing.json()["kind"]) == (404, "sound")


def test_the_document_has_examples_and_problems(service: Running) -> None:
    document = json.loads(service.nobody.get("/openapi.json").text)
    song = document["paths"]["/v1/songs/{song}"]["get"]
    assert set(song["responses"]) >= {"200", "304", "401", "403", "404", "422", "429", "503"}
    assert song["security"] == [{"key": []}]
    assert document["components"]["schemas"]["Recommendations"]["examples"]
    assert "HTTPValidationError" not in json.dumps(document)


def test_health_readiness_and_figures(service: Running, admin: Caller, tiny_world: TinyWorld) -> None:
    assert service.nobody.document("/healthz") == {"status": "ok"}
    ready = service.nobody.document("/readyz")
    assert (ready["ready"], ready["release"]) == (True, tiny_world.release.name)
    admin.get("/v1/songs/sample:5")
    figures = admin.get("/metrics").text
    assert 'songspace_requests_total{method="GET",route="/v1/songs/{song}",status="200"}' in figures
    assert "sample:5" not in figures
