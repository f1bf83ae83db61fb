"""Who gets in: every route with no key, a wrong key, another user's key and an administrator's key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from db.errors import NotFoundError
from db.migrate import upgrade
from db.session import make_engine, make_session_factory
from service.http.keys import NoKeysError, create_key, key_number, list_keys, require_keys, revoke_key
from service.http.limits import Buckets, retry_after
from service.http.service import asks_for_keys, is_loopback
from service.settings import load_settings
from tests.running_service import Caller, Running, running

OPEN = {"/healthz", "/readyz"}
NO_GENERATION = "0" * 24
ADMINS = ("/metrics", "/v1/admin/")
OWNED = ("{user}", "{playlist}", "{generation}")
# Bodies that are as they should be, so that nothing but the key is wrong.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/v1/playlists"): {"json": {"name": "A", "songs": []}},
    ("post", "/v1/playlists/import"): {"content": b"#EXTM3U\n"},
    ("patch", "/v1/playlists/{playlist}"): {"json": {}},
    ("post", "/v1/users"): {"json": {"user": "door:somebody"}},
    ("post", "/v1/users/{user}/listens"): {"json": {"listens": [{"song": "no:1", "listened_at_s": 1}]}},
    ("put", "/v1/users/{user}/feedback/{song}"): {"json": {"kind": "clear"}},
    ("post", "/v1/users/{user}/decisions"): {"json": {"do": "pin", "what": "99"}},
    ("post", "/v1/admin/releases/rollback"): {"json": {"release": "none"}},
    ("post", "/v1/admin/keys"): {"json": {"scope": "admin"}},
    ("post", "/v1/admin/ingest"): {"content": b"nothing"},
    ("post", "/v1/generations"): {"json": {"seconds": 1.0}},
    ("post", "/v1/generations/sounds"): {"content": b"nothing"},
    ("put", "/v1/generations/{generation}/takes/{take}/rating"): {"json": {"rating": "like"}},
}
QUERIES = {
    "/v1/songs/by-meaning": "?text=",
    "/v1/playlists/{playlist}/export": "?format=jspf",
    "/v1/continuation": "?song=sample:5",
    "/v1/radio": "?song=sample:5",
    "/v1/space/blend": "?plus=sample:5",
    "/v1/space/path": "?start=sample:5&end=sample:60&k=2",
    "/v1/space/map": "?songs=20",
    "/v1/space/map/picture": "?songs=20",
}


@pytest.fixture(scope="module")
def routes(service: Running) -> list[tuple[str, str]]:
    """Every method of every address that there is."""
    paths = service.nobody.document("/openapi.json")["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


@pytest.fixture(scope="module")
def mine(service: Running) -> str:
    """A user whose things are asked for, with a playlist."""
    service.admin.ask("POST", "/v1/users", json={"user": "door:mine"})
    return "door:mine"


@pytest.fixture(scope="module")
def other(service: Running) -> Caller:
    """Another user."""
    service.admin.ask("POST", "/v1/users", json={"user": "door:other"})
    return service.user("door:other")


def ask(
    caller: Caller, route: tuple[str, str], user: str, playlist: str, generation: str = NO_GENERATION
) -> int:
    method, path = route
    filled = path.format(
        song="sample:5", user=user, playlist=playlist, number=2**31 - 1, generation=generation, take=1
    )
    return caller.ask(method.upper(), filled + QUERIES.get(path, ""), **BODIES.get(route, {})).status_code


def test_without_a_right_key_every_door_but_the_open_ones_is_closed(
    service: Running, routes: list[tuple[str, str]]
) -> None:
    assert len(routes) > 45
    for key in ("", "nonsense", "songspace_1_" + "A" * 43):
        for route in routes:
            # Strangers may come in ten times a second: the buckets are emptied.
            service.service.buckets.__init__()  # type: ignore[misc]
            status = ask(Caller(service.client, key), route, "a:b", "a:b")
            assert status == (200 if route[1] in OPEN else 401), (key, route)


def test_another_users_key_opens_nothing_of_mine(
    service: Running, routes: list[tuple[str, str]], mine: str, other: Caller
) -> None:
    playlist = service.user(mine).ask("POST", "/v1/playlists", json={"name": "Mine"}).json()["playlist"]
    ordered = service.user(mine).ask("POST", "/v1/generations", json={"seconds": 1.0}).json()
    for route in routes:
        if any(name in route[1] for name in OWNED) or route[1].startswith(ADMINS):
            assert ask(other, route, mine, playlist, ordered["generation"]) == 403, route
    assert ask(other, ("get", "/v1/users"), mine, playlist) == 403
    assert ask(other, ("post", "/v1/users"), mine, playlist) == 403
    assert other.get("/v1/radio", params={"song": "sample:5", "user": mine}).status_code == 403
    assert other.get("/v1/space/map/picture", params={"songs": 20, "user": mine}).status_code == 403
    made = other.ask("POST", "/v1/playlists", json={"name": "For you", "user": mine})
    assert made.status_code == 403
    assert playlist not in other.get("/v1/playlists?limit=500").text
    assert ordered["generation"] not in other.get("/v1/generations?limit=100").text


def test_nobody_asks_in_the_name_of_somebody_else(
    service: Running, routes: list[tuple[str, str]], mine: str, other: Caller
) -> None:
    paths = service.nobody.document("/openapi.json")["paths"]
    asking = [
        (method, path)
        for method, path in routes
        if any(
            one["in"] == "query" and one["name"] == "user"
            for one in paths[path][method].get("parameters", [])
        )
    ]
    assert len(asking) >= 5
    for method, path in asking:
        filled = path.format(song="sample:5", playlist="sample:rare")
        query = QUERIES.get(path, "") or "?"
        more = BODIES.get((method, path), {})
        for named, status in ((mine, 403), ("door:never", 403)):
            answer = other.ask(method.upper(), f"{filled}{query}&user={named}", **more)
            assert answer.status_code == status, (method, path, answer.text)
    for path, body in (
        ("/v1/playlists", {"name": "A", "user": mine}),
        ("/v1/generations", {"seconds": 1.0, "user": mine}),
        ("/v1/generations", {"seconds": 1.0, "user": mine, "taste": {}}),
    ):
        assert other.ask("POST", path, json=body).status_code == 403, (path, body)


def test_a_user_who_is_not_there_looks_like_one_who_is(other: Caller) -> None:
    there, not_there = (other.get(f"/v1/users/door:{name}/profile") for name in ("mine", "nobody-at-all"))
    assert there.json() == not_there.json()


def test_a_users_key_opens_what_is_theirs(service: Running, mine: str) -> None:
    me = service.user(mine)
    for path in ("", "/recommendations", "/listens", "/decisions", "/export", "/profile"):
        assert me.get(f"/v1/users/{mine}{path}").status_code == 200, path
    for path in ("/v1/songs/sample:5", "/v1/recommendations", "/v1/playlists/sample:rare"):
        assert me.get(path).status_code == 200, path
    assert me.ask("PATCH", "/v1/playlists/sample:rare", json={"name": "Stolen"}).status_code == 403


def test_an_administrators_key_opens_everything(
    service: Running, admin: Caller, routes: list[tuple[str, str]]
) -> None:
    admin.ask("POST", "/v1/users", json={"user": "door:last"})
    playlist = admin.ask("POST", "/v1/playlists", json={"name": "A", "user": "door:last"}).json()["playlist"]
    heavy = ("/audio", "/spectrogram", "/waveform", "/by-meaning")
    last = [("delete", "/v1/playlists/{playlist}"), ("delete", "/v1/users/{user}")]
    for route in [one for one in routes if one not in last and not one[1].endswith(heavy)] + last:
        assert ask(admin, route, "door:last", playlist) not in (401, 403, 500), route


def test_a_revoked_key_opens_nothing(service: Running, mine: str) -> None:
    factory = service.service.session_factory
    made = create_key(factory, "user", mine)
    caller = Caller(service.client, made.key)
    assert caller.get("/v1/songs").status_code == 200
    revoke_key(factory, made.stored.key_id)
    assert caller.get("/v1/songs").status_code == 401


def test_a_secret_is_stored_nowhere(service: Running, mine: str, tmp_path: Path) -> None:
    made = create_key(service.service.session_factory, "user", mine)
    secret = made.key.split("_", 2)[2]  # It may hold more of them.
    assert made.stored.key_hash not in made.key
    listed = service.admin.get("/v1/admin/keys").text
    assert secret not in listed
    assert made.stored.key_hash not in listed
    home = service.service.settings.home
    assert all(secret.encode() not in file.read_bytes() for file in home.glob("songspace.db*"))


def test_what_an_administrator_asks_for_is_written_down_without_names(
    service: Running, admin: Caller
) -> None:
    admin.ask("POST", "/v1/users", json={"user": "door:audited"})
    admin.ask("PUT", "/v1/users/door:audited/feedback/sample:5", json={"kind": "like"})
    event = admin.document("/v1/admin/audit", limit=1)["events"][0]
    assert event["action"] == "PUT /v1/users/{user}/feedback/{song}"
    assert event["key"] == int(admin.key.split("_")[1])
    assert event["detail"]["song"] == "sample:5"
    assert "audited" not in str(event["detail"])
    service.user("door:audited").ask(
        "PUT", "/v1/users/door:audited/feedback/sample:5", json={"kind": "block"}
    )
    assert admin.document("/v1/admin/audit", limit=1)["events"][0] == event


def test_a_bucket_lets_through_what_comes_in_and_no_more() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    assert [buckets.take("a", 2.0) for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 0.5]
    assert buckets.take("b", 2.0) == 0.0
    now[0] += 0.5
    assert buckets.take("a", 2.0) == 0.0
    assert buckets.take("a", 0.0) == 0.0
    assert (retry_after(0.2), retry_after(2.1)) == ("1", "3")


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    """A home folder with a database and nothing in it."""
    home = tmp_path / "empty"
    home.mkdir()
    engine = make_engine(f"sqlite:///{home / 'songspace.db'}")
    upgrade(engine)
    create_key(make_session_factory(engine), "admin")
    engine.dispose()
    return home


def test_who_asks_too_often_is_told_when_to_come_again(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.http.door._STRANGERS_A_SECOND", 0.01)
    with running(empty_home, auth="on", rate_limit=0.001) as service:
        for caller, first in ((service.admin, 200), (service.nobody, 401)):
            answers = [caller.get("/v1/songs") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [first, 429, 429]
            assert int(answers[1].headers["retry-after"]) >= 1


def test_on_loopback_nobody_is_asked_but_other_sites_are_kept_out(empty_home: Path) -> None:
    with running(empty_home) as service:
        nobody = service.nobody
        assert nobody.get("/v1/admin/keys").status_code == 200
        assert nobody.get("/v1/songs", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert nobody.get("/v1/songs", headers={"Host": "evil.example"}).status_code == 403
        elsewhere = {"Origin": "https://evil.example"}
        assert nobody.ask("POST", "/v1/users", json={"user": "a:b"}, headers=elsewhere).status_code == 403
        assert nobody.ask("POST", "/v1/users", json={"user": "a:b"}).status_code == 201


def test_pages_of_other_sites_may_call_only_if_they_are_named(empty_home: Path) -> None:
    asked = {"Origin": "https://music.example", "Access-Control-Request-Method": "GET"}
    with running(empty_home, auth="on") as service:
        answer = service.nobody.ask("OPTIONS", "/v1/songs", headers=asked)
        assert "access-control-allow-origin" not in answer.headers
    with running(empty_home, auth="on", cors_origins="https://music.example") as service:
        answer = service.nobody.ask("OPTIONS", "/v1/songs", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://music.example"
        refused = service.nobody.ask(
            "OPTIONS", "/v1/songs", headers=asked | {"Origin": "https://evil.example"}
        )
        assert "access-control-allow-origin" not in refused.headers


def test_every_answer_has_security_headers(service: Running, admin: Caller) -> None:
    for answer in (service.nobody.get("/"), service.nobody.get("/v1/songs"), admin.get("/v1/songs/no:1")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


def test_off_loopback_the_service_asks_for_keys_and_does_not_start_without(tmp_path: Path) -> None:
    settings = load_settings({"home": tmp_path})
    for host, asks in (
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("::", True),
        ("a.b", True),
    ):
        assert asks_for_keys(settings, host) is asks
    assert asks_for_keys(settings, "0.0.0.0")
    assert not is_loopback("")
    engine = make_engine(f"sqlite:///{tmp_path / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    with pytest.raises(NoKeysError):
        require_keys(factory)
    key = create_key(factory, "admin").stored.key_id
    require_keys(factory)
    revoke_key(factory, key)
    with pytest.raises(NoKeysError):
        require_keys(factory)
    assert [one.scope for one in list_keys(factory)] == ["admin"]
    engine.dispose()


def test_a_key_belongs_to_a_user_or_to_administrators(service: Running, mine: str) -> None:
    factory = service.service.session_factory
    for scope, user in (("user", None), ("admin", mine), ("root", None)):
        with pytest.raises(ValueError, match="scope"):
            create_key(factory, scope, user)
    with pytest.raises(NotFoundError):
        create_key(factory, "user", "door:never")
    with pytest.raises(NotFoundError):
        key_number("; DROP TABLE api_keys")
