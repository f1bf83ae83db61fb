"""Who gets in beside the API: at the doors for other clients and at the page's own addresses.

Each with no key, a wrong key, another user's key and an administrator's key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.http.keys import create_key
from service.http.service import Service
from service.listenbrainz.routes import listenbrainz_router
from service.now_playing import NowPlaying
from service.subsonic.entrance import METHODS
from service.subsonic.system import EXTENSIONS
from service.web import made, media, sign_in, space, uploads
from service.web.entrance import WebEntrance
from service.web.session import COOKIE, Sessions
from tests.running_service import Caller, Running

MINE, OTHER = "matrix:mine", "matrix:other"
WRONG = "songspace_1_" + "A" * 43
NO_GENERATION = "0" * 24
PAGES = (media, made, space, uploads, sign_in)
SIGNING = {"/web/sign-in", "/web/sign-out"}  # which are there for those who have no cookie yet
Pair = tuple[str, str]


def routes(*routers: Any) -> list[Pair]:
    found = [one for router in routers for one in router.routes if isinstance(one, APIRoute)]
    return sorted((method, one.path) for one in found for method in one.methods)


BRAINZ = routes(listenbrainz_router(NowPlaying()))
PAGE = [one for one in routes(*(module.router for module in PAGES)) if one[1] not in SIGNING]
# Bodies that are as they should be, so that nothing but the key is wrong.
MSID = "00000000-0000-0000-0000-000000000000"
BODIES: dict[str, Any] = {
    "/1/submit-listens": {
        "listen_type": "playing_now",
        "payload": [{"track_metadata": {"track_name": "A", "artist_name": "B"}}],
    },
    "/1/delete-listen": {"listened_at": 1, "recording_msid": MSID},
    "/1/feedback/recording-feedback": {"score": 0, "recording_msid": MSID},
    "/web/listens": {"song": 1, "listened_at_s": 1},
}


@pytest.fixture(scope="module")
def mine(service: Running) -> dict[str, str]:
    """What belongs to a user: a playlist by our number and as players call it, and a generation."""
    service.admin.ask("POST", "/v1/users", json={"user": MINE})
    service.admin.ask("POST", "/v1/users", json={"user": OTHER})
    me = service.user(MINE)
    me.ask("POST", "/v1/playlists", json={"name": "Matrix", "songs": ["sample:5"]})
    lists = subsonic(service.client, "getPlaylists", apiKey=me.key)["playlists"]["playlist"]
    (listed,) = [one for one in lists if one["name"] == "Matrix"]
    made = me.ask("POST", "/v1/generations", json={"seconds": 1.0}).json()["generation"]
    return {"playlist": listed["id"], "number": listed["id"].rpartition("-")[2], "generation": made}


def ask(caller: Caller, route: Pair, user: str) -> httpx2.Response:
    method, path = route
    body = BODIES.get(path)
    filled = path.replace("{user:ref}", user)
    return caller.ask(method, filled, **({} if body is None else {"json": body}))


def subsonic(client: httpx2.Client, method: str, **given: Any) -> Any:
    answer = client.get(f"/rest/{method}", params={"f": "json"} | given)
    assert answer.status_code == 200, (method, answer.status_code, answer.text)
    return answer.json()["subsonic-response"]


def test_every_address_of_listenbrainz_asks_for_a_right_key(service: Running) -> None:
    assert len(BRAINZ) >= 9
    for key in ("", "nonsense", WRONG):
        for route in BRAINZ:
            service.service.buckets.__init__()  # type: ignore[misc]
            answer = ask(Caller(service.client, key), route, MINE)
            if route[1] == "/1/validate-token" and key:
                assert answer.json()["valid"] is False
            else:
                assert (answer.status_code, answer.json()["code"]) == (401, 401), (key, route)


def test_at_listenbrainz_another_users_key_opens_nothing_of_mine(
    service: Running, mine: dict[str, str]
) -> None:
    other = service.user(OTHER)
    for route in BRAINZ:
        status, own = ask(other, route, MINE).status_code, ask(other, route, OTHER).status_code
        assert (status, own) == ((403 if "{user" in route[1] else own), own), route
        assert own in (200, 404), route
        # What is told to us is about oneself, and an administrator is nobody who listens.
        expected = 200 if "{user" in route[1] or route[1].endswith("validate-token") else 401
        assert ask(service.admin, route, MINE).status_code == expected, route


WAYS: dict[str, tuple[dict[str, str], int]] = {
    "nobody": ({}, 10),
    "a wrong key": ({"apiKey": WRONG}, 44),
    "a wrong password": ({"u": MINE, "p": "guess"}, 40),
    "a wrong token": ({"u": MINE, "t": "0" * 32, "s": "salt"}, 40),
    "a user who is not there": ({"u": "matrix:nobody", "p": "guess"}, 40),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_method_of_a_player_asks_for_right_credentials(
    service: Running, mine: dict[str, str], way: str
) -> None:
    given, number = WAYS[way]
    assert len(METHODS) >= 39
    for method in set(METHODS) - {"getOpenSubsonicExtensions"}:
        service.service.buckets.__init__()  # type: ignore[misc]
        answer = subsonic(service.client, method, id="so-6", **given)
        assert (answer["status"], answer["error"]["code"]) == ("failed", number), method
    open_to_all = subsonic(service.client, "getOpenSubsonicExtensions", **given)
    assert len(open_to_all["openSubsonicExtensions"]) == len(EXTENSIONS)


def test_at_a_players_door_another_users_key_opens_nothing_of_mine(
    service: Running, mine: dict[str, str]
) -> None:
    key = service.user(OTHER).key
    for method, given in (
        ("getPlaylist", {"id": mine["playlist"]}),
        ("getCoverArt", {"id": mine["playlist"]}),
        ("updatePlaylist", {"playlistId": mine["playlist"], "name": "Stolen"}),
        ("createPlaylist", {"playlistId": mine["playlist"], "songId": "so-6"}),
        ("deletePlaylist", {"id": mine["playlist"]}),
        ("getUser", {"username": MINE}),
    ):
        answer = subsonic(service.client, method, apiKey=key, **given)
        assert (answer["status"], answer["error"]["code"] in (50, 70)) == ("failed", True), method
    assert mine["playlist"] not in str(subsonic(service.client, "getPlaylists", apiKey=key))
    kept = subsonic(service.client, "getPlaylist", apiKey=service.user(MINE).key, id=mine["playlist"])
    assert (kept["playlist"]["name"], kept["playlist"]["songCount"]) == ("Matrix", 1)


def test_no_method_of_a_player_fails_whoever_asks(service: Running, mine: dict[str, str]) -> None:
    full = {"id": "so-6", "startSong": "so-6", "endSong": "so-8", "type": "newest", "size": "3", "count": "3"}
    for key, given in ((service.admin.key, full), (service.user(OTHER).key, {})):
        for method in sorted(METHODS):
            answer = service.client.get(f"/rest/{method}", params={"f": "json", "apiKey": key} | given)
            assert answer.status_code == 200, (method, answer.text)


@pytest.fixture(scope="module")
def page(service: Running) -> Callable[..., httpx2.Response]:
    """Ask at the page's own addresses, with the cookie of a key."""
    web, outer = FastAPI(), FastAPI()
    for module in PAGES:
        web.include_router(module.router)
    web.state.service = outer.state.service = service.service
    outer.add_middleware(WebEntrance, web=web)

    def of(route: Pair, mine: dict[str, str], cookie: str) -> httpx2.Response:
        method, path = route
        address = path.format(
            song_id=6,
            artist_id=1,
            playlist_id=mine["number"],
            generation=mine["generation"],
            name="preview-1-1.png",
            take=1,
        )
        given = {"json": BODIES[path]} if path in BODIES else {}

        async def whole() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=outer)
            cookies = {COOKIE: cookie} if cookie else {}
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://localhost", cookies=cookies
            ) as client:
                return await client.request(method, f"{address}?format=m3u8", **given)

        return asyncio.run(whole())

    return of


def cookie_of(service: Service, scope: str, user: str | None = None, listener: str = "") -> str:
    key = create_key(service.session_factory, scope, user).stored.key_id
    return Sessions(service.settings.home).write(key, listener)


def test_no_address_of_the_page_opens_without_a_right_cookie(
    service: Running, mine: dict[str, str], page: Callable[..., httpx2.Response]
) -> None:
    assert len(PAGE) >= 14
    right = cookie_of(service.service, "admin")
    for cookie in ("", "nonsense", right[:-1] + ("0" if right[-1] != "0" else "1"), f".{right}"):
        for route in PAGE:
            assert page(route, mine, cookie).status_code == 401, (route, cookie[:10])


def test_another_users_cookie_opens_nothing_of_mine(
    service: Running, mine: dict[str, str], page: Callable[..., httpx2.Response]
) -> None:
    # What a cookie says of its listener counts for administrators alone.
    cookie = cookie_of(service.service, "user", OTHER, listener=MINE)
    for route in PAGE:
        if "{playlist_id}" in route[1] or "{generation}" in route[1]:
            allowed = (200,) if route[1].endswith("{generation}/cover") else (403, 404)
            assert page(route, mine, cookie).status_code in allowed, route
    assert page(("POST", "/web/send/catalogue"), mine, cookie).status_code == 403
    stored = page(("POST", "/web/listens"), mine, cookie)
    assert stored.json() == {"stored": True}
    assert service.admin.document(f"/v1/users/{MINE}/listens")["listens"] == []


def test_an_administrators_cookie_opens_everything(
    service: Running, mine: dict[str, str], page: Callable[..., httpx2.Response]
) -> None:
    cookie = cookie_of(service.service, "admin")
    for route in PAGE:
        if not route[1].endswith(("/audio/{song_id}", "/peaks/{song_id}", "/spectrogram/{song_id}")):
            assert page(route, mine, cookie).status_code not in (401, 403, 500), route
