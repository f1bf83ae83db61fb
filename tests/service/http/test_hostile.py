"""What bad requests get: a problem document with the reason, never a failure of ours."""

from __future__ import annotations

import errno
import gzip
import io
import re
import socket
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from starlette.types import Message

from pipelines import take_upload
from service.http import bodies, patience
from service.http.problems import MEDIA_TYPE
from tests.running_service import Caller, Running
from tests.tiny_world import TinyWorld

TRICKS = [
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "file:%2F%2F%2Fetc%2Fpasswd",
    "path:%2Fetc%2Fpasswd",
    "%00",
    "a%00:b",
    "%ff%fe",
    "sample:5' OR '1'='1",
    "sample:5; DROP TABLE songs --",
    "{{7*7}}",
    "${jndi:ldap:%2F%2Fx}",
    "%",
    "songspace:99999999999999999999",
    "-1",
    "0",
    "x" * 2_000,
    "%F0%9F%8E%B5:%E2%80%AE",
    "%ee%80%af",
]


def is_problem(answer_type: str | None) -> bool:
    return answer_type == MEDIA_TYPE


@pytest.mark.parametrize("name", TRICKS)
@pytest.mark.parametrize(
    "path",
    [
        "/v1/songs/{}",
        "/v1/songs/{}/audio",
        "/v1/songs/{}/similar",
        "/v1/playlists/{}",
        "/v1/playlists/{}/export?format=m3u8",
        "/v1/users/{}/recommendations",
    ],
)
def test_no_name_in_an_address_leads_anywhere(admin: Caller, path: str, name: str) -> None:
    answer = admin.get(path.format(name))
    assert answer.status_code in (404, 422), answer.text
    assert is_problem(answer.headers["content-type"])
    assert "root:" not in answer.text


@pytest.mark.parametrize("name", TRICKS)
def test_no_word_of_a_search_leads_anywhere(admin: Caller, name: str) -> None:
    assert admin.get(f"/v1/songs?q={name}").status_code in (200, 422)
    assert admin.get(f"/v1/continuation?song={name}").status_code in (404, 422)


def test_a_name_may_hold_a_slash(admin: Caller) -> None:
    answer = admin.get("/v1/playlists/no%2Fsuch%2Flist.m3u8")
    assert (answer.status_code, answer.json()["id"]) == (404, "no/such/list.m3u8")


def test_an_unknown_song_is_a_404_with_its_id(admin: Caller) -> None:
    answer = admin.get("/v1/songs/sample:99999/similar")
    assert is_problem(answer.headers["content-type"])
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "unknown song: sample:99999",
        "kind": "song",
        "id": "sample:99999",
    }


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/songs?limit=0", "limit"),
        ("/v1/songs?limit=many", "limit"),
        ("/v1/songs?cursor=!!", "cursor"),
        ("/v1/songs?cursor=1.2", "cursor"),
        ("/v1/songs?q=%20", "q"),
        ("/v1/songs/sample:5/similar?k=100000000000", "k"),
        ("/v1/songs/sample:5/similar?k=" + "9" * 5_000, "k"),
        ("/v1/recommendations?adventure=nan", "adventure"),
        ("/v1/recommendations?adventure=1e999", "adventure"),
        ("/v1/radio", "song"),
        ("/v1/space/map?songs=1", "songs"),
        ("/v1/songs/sample:5/waveform?format=exe", "format"),
        ("/v1/users/sample:nobody/discoveries?week=2026-W99", "week"),
    ],
)
def test_a_wrong_value_is_a_422_that_names_its_field(admin: Caller, path: str, field: str) -> None:
    answer = admin.get(path)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/space/path?start=sample:5&end=sample:5", "end"),
        ("/v1/users/sample:nobody/neighbours", "user"),
        ("/v1/space/blend?plus=sample:5&minus=sample:5", "plus"),
        ("/v1/recommendations?song=sample:5&prompt=calm", "prompt"),
    ],
)
def test_a_right_question_without_an_answer_is_a_409_that_names_its_field(
    admin: Caller, path: str, field: str
) -> None:
    answer = admin.get(path)
    assert answer.status_code == 409, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_week_that_a_year_does_not_have_is_not_found(admin: Caller) -> None:
    answer = admin.get("/v1/users/sample:nobody/discoveries?week=2025-W53")
    assert (answer.status_code, answer.json()["kind"]) == (404, "week")


def test_an_empty_upload_is_refused(admin: Caller) -> None:
    answer = admin.ask("POST", "/v1/admin/ingest")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


def test_long_playlists_may_be_sent(admin: Caller) -> None:
    songs = ["no:" + "x" * 140] * 10_000
    assert admin.ask("POST", "/v1/playlists", json={"name": "Long", "songs": songs}).status_code == 404


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/playlists", "GET, POST"),
        ("/v1/playlists/sample:rare", "DELETE, GET, PATCH"),
        ("/v1/users/sample:nobody/decisions", "DELETE, GET, POST"),
        ("/healthz", "GET"),
    ],
)
def test_a_405_names_all_that_is_done_at_an_address(admin: Caller, path: str, methods: str) -> None:
    answer = admin.ask("OPTIONS", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"null", 422),
        (b"[]", 422),
        (b"\xff\xfe", 422),
        (b"[" * 100_000, 400),
        (b'{"name": "\\ud800"}', 422),
        (b'{"name": "a\\u0000b"}', 422),
        (b'{"name": ""}', 422),
        (b'{"name": 7}', 422),
        (b'{"name": "a", "songs": "sample:5"}', 422),
        (b'{"name": "a", "songs": [null]}', 422),
        (b'{"name": "a", "songs": ["no:1"]}', 404),
        (b'{"name": "a", "more": 1}', 422),
        (b'{"name": "' + b"a" * 2_000 + b'"}', 422),
        (b'{"name": "a", "user": "no:body"}', 404),
    ],
)
def test_a_malformed_body_is_refused(admin: Caller, body: bytes, status: int) -> None:
    answer = admin.ask("POST", "/v1/playlists", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert is_problem(answer.headers["content-type"])


@pytest.mark.parametrize("completion", ["NaN", "Infinity", "-1", "2", '"1"', "1e400"])
def test_a_listen_has_a_share_or_none(admin: Caller, completion: str) -> None:
    body = f'{{"listens": [{{"song": "sample:5", "listened_at_s": 5, "completion": {completion}}}]}}'
    answer = admin.ask("POST", "/v1/users/sample:nobody/listens", content=body.encode())
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["body.listens.0.completion"]


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("17689.0", 404),
        ("-0.0", 404),
        ("17689.5", 422),
        ("true", 422),
        ('"5"', 422),
        ("1e300", 422),
        ("1e400", 422),
    ],
)
def test_a_number_without_a_fraction_is_an_integer(admin: Caller, moment: str, status: int) -> None:
    body = f'{{"listens": [{{"song": "sample:5", "listened_at_s": {moment}}}]}}'
    answer = admin.ask("POST", "/v1/users/no:body/listens", content=body.encode())
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"hello",
        b"\x00\x01",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><playlist>&a;</playlist>",
        b"{}",
        b"<html></html>",
    ],
)
def test_a_file_that_is_no_playlist_is_refused(admin: Caller, file: bytes) -> None:
    answer = admin.ask("POST", "/v1/playlists/import", content=file)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == ["body"]


@pytest.mark.parametrize("file", [b"hello", b"RIFF\x00\x00\x00\x00WAVEfmt ", b"PAR1", b"PK\x03\x04", b"[]"])
def test_an_upload_that_is_nothing_known_brings_nothing_and_says_why(admin: Caller, file: bytes) -> None:
    answer = admin.ask("POST", "/v1/admin/ingest", content=file)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["problems"]) == 1
    assert answer.json()["songs"] == {"added": 0, "changed": 0, "unchanged": 0}


def packed(kind: str) -> bytes:
    """Ten million bytes of listens, in a few thousand."""
    line = b"user_1\t2009-05-04T23:08:57Z\t\tArtist\t\tTrack\n"
    if kind == "gzip":
        return gzip.compress(line * 220_000)
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("listens/2009/5.jsonl", b"{}" + b" " * 10_000_000)
        return file.getvalue()


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_file_that_unpacks_without_end_is_not_unpacked(
    admin: Caller, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(take_upload, "MOST_UNPACKED", 9_000_000)
    answer = admin.ask("POST", "/v1/admin/ingest", content=packed(kind)).json()
    assert answer["problems"] == ["it would unpack to more than 8 MiB"]
    assert answer["listens"]["added"] == 0


def test_a_large_body_is_refused_before_it_is_sent(admin: Caller) -> None:
    body = b" " * (bodies.MOST_BYTES + 1)
    answer = admin.ask("POST", "/v1/users", content=body)
    assert answer.status_code == 413
    pieces = (b" " * 100_000 for _ in range(20))
    assert admin.ask("POST", "/v1/users", content=pieces).status_code == 413


def test_without_a_key_no_body_is_read(service: Running) -> None:
    answer = service.nobody.ask("POST", "/v1/playlists", content=b" " * (bodies.MOST_BYTES + 1))
    assert answer.status_code == 401


def test_a_body_that_comes_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.01)
    sent: list[Message] = []

    async def never() -> Message:
        await anyio.sleep(60)
        raise AssertionError("waited for")

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(*_: object) -> None:
        raise AssertionError("half a body was handed on")

    scope = {
        "type": "http",
        "path": "/v1/playlists",
        "method": "POST",
        "headers": [(b"content-length", b"5")],
    }
    anyio.run(bodies.Bodies(app), scope, never, send)
    assert sent[0]["status"] == 408


@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
def test_who_never_comes_to_the_point_is_hung_up_on(
    service: Running, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 1.0)
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(before)
        if before:
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        with suppress(ConnectionError):  # that is what is to happen
            for _ in range(200):
                connection.sendall(b"a")
                time.sleep(0.02)
            assert connection.recv(65_536) == b""


@pytest.mark.parametrize("endless", [b"A: " + b"a" * 60_000, b"A: b\r\n" * 10_000, b"a" * 60_000])
def test_a_head_without_end_fills_no_memory(service: Running, endless: bytes) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with suppress(ConnectionError):
            for _ in range(2_000):
                connection.sendall(endless)
            raise AssertionError("it took in more than a hundred megabytes")
    assert service.nobody.get("/healthz").status_code == 200


def trickling(most: int, refused: int) -> Any:
    """Send halves of so many bodies to one middleware; give the statuses once so many were refused."""

    async def never(*_: object) -> Message:
        await anyio.sleep(60)
        raise AssertionError("waited for")

    async def all_at_once() -> list[int]:
        statuses: list[int] = []
        layer = bodies.Bodies(never)

        async def one() -> None:
            parts = [{"type": "http.request", "body": b" " * 900_000, "more_body": True}]

            async def receive() -> Message:
                return parts.pop() if parts else await never()

            async def send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])

            scope = {
                "type": "http", "path": "/v1/users", "method": "POST", "client": ("9.9.9.9", 1),
                "headers": [(b"content-length", b"1000000")],
            }  # fmt: skip
            await layer(scope, receive, send)

        with anyio.fail_after(50):
            async with anyio.create_task_group() as group:
                for _ in range(most):
                    group.start_soon(one)
                while len(statuses) < refused:
                    await anyio.sleep(0.01)
                await anyio.sleep(0.2)  # not one more
                group.cancel_scope.cancel()
        return statuses

    return anyio.run(all_at_once)


def test_bodies_that_trickle_fill_neither_the_memory_nor_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SOON_S", 0.05)
    assert trickling(40, 40 - bodies.MOST_SLOW) == [429] * (40 - bodies.MOST_SLOW)
    monkeypatch.setattr(bodies, "HELD_BYTES", 9_500_000)
    assert trickling(40, 30) == [503] * 30


def test_lengths_that_contradict_each_other_smuggle_nothing(service: Running) -> None:
    hidden = b"GET /v1/admin/keys HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    lengths = (
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    )
    address = urlsplit(service.url)
    for length in lengths:
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            connection.sendall(b"POST /v1/playlists HTTP/1.1\r\nHost: 127.0.0.1\r\n" + length + hidden)
            connection.shutdown(socket.SHUT_WR)
            told = connection.recv(65_536)
        assert b"200 OK" not in told


@pytest.mark.parametrize("name", TRICKS)
def test_no_name_leads_anywhere_by_any_method(service: Running, admin: Caller, name: str) -> None:
    paths = service.nobody.document("/openapi.json")["paths"]
    asked = [(method, path) for path, methods in paths.items() for method in methods if "{" in path]
    assert len(asked) > 20
    for method, path in asked:
        answer = admin.ask(method.upper(), re.sub(r"{\w+}", lambda _: name, path))
        assert answer.status_code in (400, 404, 405, 409, 422), (method, path, answer.text)
        assert is_problem(answer.headers["content-type"]) or answer.status_code == 400
        assert "root:" not in answer.text


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/songs HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"POST /v1/playlists HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    ],
)
def test_what_is_no_http_breaks_nothing(service: Running, request_bytes: bytes) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4_096)
    assert answer == b"" or answer.split(b" ")[1][:1] in (b"2", b"4")
    assert service.nobody.get("/healthz").status_code == 200


def test_a_method_that_is_not_done_is_a_405(admin: Caller) -> None:
    for method, path in (("PUT", "/v1/songs"), ("POST", "/v1/songs/sample:5"), ("TRACE", "/v1/songs")):
        answer = admin.ask(method, path)
        assert answer.status_code == 405, (method, path)
        assert is_problem(answer.headers["content-type"])
    assert admin.get("/v1/nowhere").status_code == 404


def test_an_error_that_nobody_foresaw_is_a_500_without_a_traceback(
    service: Running, admin: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("service.http.routes.songs.show_song", broken)
    answer = admin.get("/v1/songs/sample:5")
    assert answer.status_code == 500
    assert is_problem(answer.headers["content-type"])
    assert "secret" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_on_a_full_disk_what_is_to_be_stored_is_refused_and_the_rest_answers(
    admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/folder")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        for path, more in (
            ("/v1/generations", {"json": {"seconds": 1.0}}),
            ("/v1/generations/sounds", {"content": b"RIFF"}),
            ("/v1/admin/ingest", {"content": b"#EXTM3U\n"}),
        ):
            answer = admin.ask("POST", path, **more)
            assert (answer.status_code, "disk is full" in answer.text) == (503, True), answer.text
            assert "secret" not in answer.text
            assert int(answer.headers["retry-after"]) > 0
        assert admin.get("/v1/songs/sample:5/similar").status_code == 200


def test_files_of_the_operator_are_not_told_of(admin: Caller, tiny_world: TinyWorld) -> None:
    text = admin.get("/v1/playlists/sample:rare/export?format=xspf").text
    assert str(tiny_world.home) not in text
    assert "file:" not in text
