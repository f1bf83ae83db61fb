"""An address without parts to fill in is nobody's name, whatever the method."""

from __future__ import annotations

import pytest

from tests.running_service import Caller, Running


@pytest.mark.parametrize(
    ("method", "path", "done"),
    [
        ("GET", "/v1/generations/sounds", "POST"),
        ("DELETE", "/v1/playlists/import", "POST"),
        ("OPTIONS", "/v1/playlists/import", "POST"),
        ("DELETE", "/v1/songs", "GET"),
    ],
)
def test_another_method_is_not_done_there(
    service: Running, admin: Caller, method: str, path: str, done: str
) -> None:
    answer = admin.ask(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, done)


def test_a_stranger_is_not_told(service: Running) -> None:
    assert service.nobody.ask("GET", "/v1/generations/sounds").status_code == 401
