"""The door for clients of ListenBrainz: listens told once or often, the song being played, feedback."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.running_service import Caller, Running
from tests.tiny_world import TinyWorld

USER = "door:brainz"
NOON = 1_763_700_000


@pytest.fixture(scope="module")
def ann(service: Running) -> Caller:
    """A user of these tests, with a key."""
    assert service.admin.ask("POST", "/v1/users", json={"user": USER}).status_code == 201
    return service.user(USER)


def listen(title: str, at_s: int | None, artist: str = "Door Artist", **info: Any) -> dict[str, Any]:
    told = {"track_name": title, "artist_name": artist, "additional_info": info}
    return {"track_metadata": told} | ({} if at_s is None else {"listened_at": at_s})


def submit(caller: Caller, kind: str, *listens: dict[str, Any]) -> tuple[int, Any]:
    response = caller.ask("POST", "/1/submit-listens", json={"listen_type": kind, "payload": list(listens)})
    return response.status_code, response.json()


def count(caller: Caller) -> int:
    return int(caller.document(f"/1/user/{USER}/listen-count")["payload"]["count"])


def test_a_token_names_its_user(ann: Caller) -> None:
    assert ann.document("/1/validate-token") == {
        "code": 200, "message": "Token valid.", "valid": True, "user_name": USER
    }  # fmt: skip
    by_query = Caller(ann.client).document("/1/validate-token", token=ann.key)
    assert by_query["user_name"] == USER


def test_a_wrong_token_is_told_as_invalid(service: Running, ann: Caller) -> None:
    wrong = Caller(ann.client, ann.key[:-2] + "xx")
    assert wrong.document("/1/validate-token")["valid"] is False
    assert service.admin.document("/1/validate-token")["valid"] is False
    assert wrong.get(f"/1/user/{USER}/listens").json() == {"code": 401, "error": "this key is not known"}
    assert service.nobody.get("/1/validate-token").status_code == 401


def test_a_listen_that_is_sent_again_is_stored_once(ann: Caller) -> None:
    before = count(ann)
    for kind in ("single", "import", "import"):
        assert submit(ann, kind, listen("Twice Told", NOON)) == (200, {"status": "ok"})
    submit(ann, "import", listen("Twice Told", NOON + 60), listen("Twice Told", NOON + 60))
    assert count(ann) == before + 2


def test_a_song_of_the_catalogue_is_found_by_artist_and_title(service: Running, ann: Caller) -> None:
    song = service.admin.document("/v1/songs/sample:5")
    total = service.admin.document("/rest/getScanStatus", f="json", apiKey=service.admin.key)
    submit(ann, "single", listen(song["title"].upper(), NOON + 120, song["artist"]))
    found = ann.document(f"/v1/users/{USER}/listens", limit=1)["listens"]
    assert found[0]["title"] == song["title"]
    assert service.admin.document("/rest/getScanStatus", f="json", apiKey=service.admin.key) == total


def test_a_song_that_nobody_knows_is_taken_in(service: Running, ann: Caller) -> None:
    mbid = "5b11f4ce-a62d-471e-81fc-a69a8278c7da"
    submit(ann, "single", listen("Unheard Of Before", NOON + 180, recording_mbid=mbid, duration_ms=61_000))
    song = service.admin.document(f"/v1/songs/mbid:{mbid}")
    assert (song["title"], song["duration_ms"]) == ("Unheard Of Before", 61_000)


def test_what_is_being_played_is_told_and_not_stored(ann: Caller) -> None:
    before = count(ann)
    assert submit(ann, "playing_now", listen("Playing Along", None))[0] == 200
    (playing,) = ann.document(f"/1/user/{USER}/playing-now")["payload"]["listens"]
    assert playing["track_metadata"]["track_name"] == "Playing Along"
    assert count(ann) == before


def test_a_listen_is_deleted_and_may_be_told_again(ann: Caller) -> None:
    submit(ann, "import", listen("Regretted", NOON + 300), listen("Kept", NOON + 301))
    page = ann.document(f"/1/user/{USER}/listens", max_ts=NOON + 302, count=2)["payload"]["listens"]
    song, before = page[1]["recording_msid"], count(ann)
    for _ in range(2):
        given = {"listened_at": NOON + 300, "recording_msid": song}
        assert ann.ask("POST", "/1/delete-listen", json=given).json() == {"status": "ok"}
        assert count(ann) == before - 1
    submit(ann, "single", listen("Regretted", NOON + 300))
    assert count(ann) == before


def test_after_a_listen_is_deleted_no_old_answer_holds(service: Running, tiny_world: TinyWorld) -> None:
    listener = tiny_world.truth.user_refs[11]  # Of this test's own: others ask for the one they share.
    caller = service.user(listener)
    address = f"/v1/users/{listener}/recommendations"
    first = caller.get(address).headers["etag"]
    old = caller.document(f"/1/user/{listener}/listens", count=5)["payload"]["listens"][-1]
    given = {"listened_at": old["listened_at"], "recording_msid": old["recording_msid"]}
    assert caller.ask("POST", "/1/delete-listen", json=given).status_code == 200
    assert caller.get(address, headers={"If-None-Match": first}).status_code == 200


@pytest.mark.parametrize("msid", ["", "x", "../..", 7, None])
def test_a_listen_that_cannot_be_is_not_deleted(ann: Caller, msid: Any) -> None:
    before = count(ann)
    given = {"listened_at": NOON, "recording_msid": msid}
    assert ann.ask("POST", "/1/delete-listen", json=given).status_code == 400
    assert count(ann) == before


@pytest.mark.parametrize(
    ("kind", "listens", "field"),
    [
        ("single", [listen("", NOON)], "track_name"),
        ("single", [listen(" \x00", NOON)], "track_name"),
        ("single", [listen("A", None)], "listened_at"),
        ("single", [listen("A", 0)], "listened_at"),
        ("single", [listen("A", 2**33 - 1)], "listened_at"),
        ("single", [listen("A", NOON), listen("B", NOON)], "single"),
        ("playing_now", [listen("A", NOON)], "listened_at"),
        ("import", [], "payload"),
        ("import", [listen("A", NOON)] * 1_001, "payload"),
        ("import", [listen("Good", NOON), {"listened_at": NOON}], "payload.1"),
        ("export", [listen("A", NOON)], "listen_type"),
    ],
)
def test_a_bad_submission_names_its_fault_and_stores_nothing(
    ann: Caller, kind: str, listens: list[dict[str, Any]], field: str
) -> None:
    before = count(ann)
    status, told = submit(ann, kind, *listens)
    assert (status, told["code"]) == (400, 400)
    assert field in told["error"]
    assert count(ann) == before


def test_listens_are_paged_by_time(ann: Caller) -> None:
    submit(ann, "import", *(listen(f"Paged {n}", 1_000_000 + n) for n in range(5)))
    address = f"/1/user/{USER.partition(':')[2]}/listens"
    before = ann.document(address, max_ts=1_000_003, count=2)["payload"]
    after = ann.document(address, min_ts=1_000_001, count=2)["payload"]
    assert [one["listened_at"] for one in before["listens"]] == [1_000_002, 1_000_001]
    assert [one["listened_at"] for one in after["listens"]] == [1_000_003, 1_000_002]
    assert before["oldest_listen_ts"] == 1_000_000
    assert ann.get(address, params={"min_ts": 1, "max_ts": 2}).status_code == 400


def test_love_and_hate_are_said_and_taken_back(ann: Caller) -> None:
    submit(ann, "single", listen("Loved By The Door", 1_100_000))
    (heard,) = ann.document(f"/1/user/{USER}/listens", max_ts=1_100_001, count=1)["payload"]["listens"]
    for score, expected in ((1, [1]), (-1, [-1]), (0, [])):
        given = {"recording_msid": heard["recording_msid"], "score": score}
        assert ann.ask("POST", "/1/feedback/recording-feedback", json=given).status_code == 200
        said = ann.document(f"/1/feedback/user/{USER}/get-feedback")
        assert [one["score"] for one in said["feedback"]] == expected
    nobody = {"recording_mbid": "00000000-0000-4000-8000-000000000000", "score": 1}
    assert ann.ask("POST", "/1/feedback/recording-feedback", json=nobody).status_code == 404


def test_recommendations_go_on_behind_an_offset(service: Running, listener: str) -> None:
    caller = service.user(listener)
    address = f"/1/cf/recommendation/user/{listener}/recording"
    first = caller.document(address, count=4)["payload"]["mbids"]
    rest = caller.document(address, count=2, offset=2)["payload"]
    assert [one["recording_msid"] for one in rest["mbids"]] == [one["recording_msid"] for one in first[2:]]
    assert (rest["count"], rest["offset"]) == (2, 2)


def test_nobody_reads_the_listens_of_others(ann: Caller, service: Running, listener: str) -> None:
    for address in ("listens", "listen-count", "playing-now"):
        assert ann.get(f"/1/user/{listener}/{address}").json()["code"] == 403
        assert service.admin.get(f"/1/user/{listener}/{address}").status_code == 200
        assert service.nobody.get(f"/1/user/{listener}/{address}").status_code == 401
    assert service.admin.ask("POST", "/1/submit-listens", json={}).status_code in (400, 401)


def test_twenty_clients_that_send_everything_twice_store_each_listen_once(ann: Caller) -> None:
    before = count(ann)

    def client(number: int) -> list[int]:
        listens = [listen(f"Crowd {n % 7}", 1_200_000 + 100 * number + n) for n in range(25)]
        return [submit(ann, "import", *listens)[0] for _ in range(2)]

    with ThreadPoolExecutor(20) as clients:
        told = [status for statuses in clients.map(client, range(20)) for status in statuses]
    assert set(told) == {200}
    assert count(ann) == before + 20 * 25
