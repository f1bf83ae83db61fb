"""A running service for the tests: a real server on a port of its own, and callers with and without keys."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from service.http.app import make_server
from service.http.keys import create_key
from service.http.service import Service
from service.settings import load_settings
from tests.home_database import url_of

TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Caller:
    """Somebody who calls; `key` is "" for who has none."""

    client: httpx2.Client
    key: str = ""

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send a request."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return self.client.request(method, path, headers={**headers, **more.pop("headers", {})}, **more)

    def get(self, path: str, **more: Any) -> httpx2.Response:
        """Read."""
        return self.ask("GET", path, **more)

    def document(self, path: str, **params: Any) -> Any:
        """Read what has to be there."""
        response = self.get(path, params=params or None)
        assert response.status_code == 200, response.text
        return response.json()


@dataclass(frozen=True)
class Running:
    """A running service."""

    url: str
    service: Service
    client: httpx2.Client

    @property
    def nobody(self) -> Caller:
        """Somebody without a key."""
        return Caller(self.client)

    @property
    def admin(self) -> Caller:
        """An administrator with a new key."""
        return Caller(self.client, create_key(self.service.session_factory, "admin").key)

    def user(self, ref: str) -> Caller:
        """A user with a new key."""
        return Caller(self.client, create_key(self.service.session_factory, "user", ref).key)


@contextmanager
def running(home: Path, *, host: str = "127.0.0.1", **settings: Any) -> Iterator[Running]:
    """Run a service on a home folder for as long as the context lasts."""
    given = {"home": home, "rate_limit": 0.0, "request_threads": 4, "log_level": "warning"}
    given |= {"database_url": url_of(home)}
    server = make_server(load_settings(given | settings), host=host, port=0)
    # Of a socket that does not say TCP asyncio leaves Nagle's delay on: 40 ms an answer.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        assert server.started, "the service did not start"
        app: Any = server.config.app
        try:
            with httpx2.Client(base_url=url, timeout=TIMEOUT_S) as client:
                yield Running(url, app.state.service, client)
        finally:
            server.should_exit = True
            thread.join(TIMEOUT_S)
