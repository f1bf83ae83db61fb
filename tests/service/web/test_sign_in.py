"""Who gets in: cookies that are signed, keys that are revoked, and pages of other sites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.http.keys import create_key, revoke_key
from service.http.service import Service
from service.web.session import COOKIE, LASTS_S, Sessions, visitor_of
from tests.page_visits import Sitting, ask, service_of
from tests.tiny_world import TinyWorld


@pytest.fixture
def closed(world_copy: TinyWorld) -> Service:
    """A service that asks for keys."""
    return service_of(world_copy, is_open=False)


def test_a_cookie_says_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    cookie = sessions.write(3, "app:ann")
    assert sessions.read(cookie) == (3, "app:ann")
    body, _, signature = cookie.partition(".")
    for wrong in ("", "x", body, f"{body}.{signature[:-1]}0", f"{body[:-2]}AA.{signature}", "é.é"):
        assert sessions.read(wrong) is None


def test_a_cookie_of_another_home_or_of_last_month_is_none(tmp_path: Path) -> None:
    now = [1_000_000.0]
    sessions = Sessions(tmp_path / "a", clock=lambda: now[0])
    cookie = sessions.write(3, "app:ann")
    assert Sessions(tmp_path / "b").read(cookie) is None
    now[0] += LASTS_S + 1
    assert sessions.read(cookie) is None


def test_the_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    Sessions(tmp_path).write(None, "")
    assert (tmp_path / "web.secret").stat().st_mode & 0o077 == 0


def test_signing_in_takes_a_key_and_a_revoked_one_opens_nothing(closed: Service) -> None:
    made = create_key(closed.session_factory, "admin")
    answer = ask(closed, "POST", "/web/sign-in", data={"key": made.key})
    cookies = {COOKIE: answer.cookies[COOKIE]}
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert ask(closed, "GET", "/web/cover/1", cookies=cookies).status_code == 200
    revoke_key(closed.session_factory, made.stored.key_id)
    assert ask(closed, "GET", "/web/cover/1", cookies=cookies).status_code == 401


def test_a_wrong_key_is_told_and_guessing_is_slow(closed: Service) -> None:
    answers = [ask(closed, "POST", "/web/sign-in", data={"key": "x"}) for _ in range(4)]
    assert answers[0].headers["location"] == "/?wrong=key"
    assert answers[-1].headers["location"] == "/?wrong=often"
    assert COOKIE not in answers[0].cookies


def test_a_users_key_is_that_user_whatever_the_cookie_says(closed: Service, listener: str) -> None:
    made = create_key(closed.session_factory, "user", listener)
    sessions = Sessions(closed.settings.home)
    cookies = {COOKIE: sessions.write(made.stored.key_id, "sample:nobody")}
    visitor = visitor_of(closed, sessions, cookies)
    assert visitor is not None
    assert (visitor.listener, visitor.is_admin) == (listener, False)
    refused = ask(closed, "POST", "/web/listener", data={"user": "sample:nobody"}, cookies=cookies)
    assert refused.status_code == 403


def test_without_a_cookie_there_is_only_the_way_to_sign_in(closed: Service) -> None:
    async def play(user: Any) -> None:
        await user.open("/library?wrong=key")
        await user.should_see("This service asks for a key", retries=50)

    Sitting(closed).run(play)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"host": "songs.example.org"}, 403),
        ("POST", {"origin": "http://evil.example.org"}, 403),
        ("POST", {"origin": "http://localhost"}, 200),
        ("GET", {}, 405),
    ],
)
def test_pages_of_other_sites_are_kept_out(
    reading: Sitting, method: str, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"song": 1, "listened_at_s": 1_790_000_000})
    sent = {"content-type": "application/json", **headers}
    assert ask(reading.service, method, "/web/listens", content=body, headers=sent).status_code == status


def test_what_is_not_the_pages_is_left_to_the_api(reading: Sitting) -> None:
    for path in ("/v1/songs", "/", "/rest/ping", "/healthz"):
        assert "content-security-policy" not in ask(reading.service, "GET", path).headers


def test_pages_are_not_drawn_without_end_for_one_address(world_copy: TinyWorld) -> None:
    service = service_of(world_copy, rate_limit=2.0)
    found = [ask(service, "GET", "/library").status_code for _ in range(6)]
    assert found[0] != 429
    assert found[-1] == 429
    assert ask(service, "GET", "/web/cover/1").status_code == 200
