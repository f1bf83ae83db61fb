"""Fixtures that give a test a database of its own, once on SQLite and once on a real PostgreSQL.

A `conftest.py` takes them by `from tests.databases import *`. The server is started once a session from the
installed binaries, in a temporary folder, without the network, and stopped by its process id at the end.
Databases are copies of a migrated template, since copying is quicker than migrating.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.migrate import upgrade
from db.session import SessionFactory, make_engine, make_session_factory

__all__ = ["blank_database_url", "database_url", "engine", "session", "session_factory"]

BACKENDS = ("sqlite", "postgresql")


class PostgresServer:
    """A server in a temporary folder, reached through a socket there.

    `more` are settings of PostgreSQL that go before those of the tests, which would lose data with the power.
    """

    def __init__(self, binaries: Path, **more: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sspg-"))  # Short: sockets have short paths.
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # initdb refuses to run as root.
            names = {entry.pw_name for entry in pwd.getpwall()}
            account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self._as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data = str(self.folder / "data")
        options = ["-A", "trust", "-U", "songspace", "-E", "UTF8", "--locale=C", "-N", "-D", data]
        subprocess.run(
            [binaries / "initdb", *options],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            **self._as_user,
        )
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            **more,
        }
        self._process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as_user,
        )
        self._wait()
        self.template = self.create()
        engine = make_engine(self.template)
        upgrade(engine)
        engine.dispose()

    def url(self, name: str) -> str:
        """Return the URL of one database."""
        return f"postgresql://songspace@/{name}?host={self.folder}"

    def create(self, template: str = "") -> str:
        """Create a database, empty or as a copy of another, and return its URL."""
        name = f"t{uuid4().hex[:16]}"
        copied = f" TEMPLATE {template.split('/')[3].split('?')[0]}" if template else ""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{copied}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        name = url.split("/")[3].split("?")[0]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(0.05)
            else:
                return


_SERVER = pytest.StashKey[PostgresServer]()
_SQLITE_TEMPLATE = pytest.StashKey[Path]()


def postgres_binaries() -> Path | None:
    """Return the folder of the newest installed server, or None."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    folders = [folder for folder in folders if (folder / "postgres").exists()]
    return max(
        folders, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else -1, default=None
    )


def postgres_server(config: pytest.Config) -> PostgresServer:
    """Return the session's server, starting it at first; skip the test where none is installed."""
    if _SERVER not in config.stash:  # In the stash, since fixtures of several conftest files share it.
        binaries = postgres_binaries()
        if binaries is None:
            pytest.skip(
                "no PostgreSQL server is installed: initdb is neither in /usr/lib/postgresql nor on PATH"
            )
        server = PostgresServer(binaries)
        config.stash[_SERVER] = server
        config.add_cleanup(server.stop)
    return config.stash[_SERVER]


def sqlite_template(config: pytest.Config) -> Path:
    """Return a migrated SQLite file, made at first."""
    if _SQLITE_TEMPLATE not in config.stash:
        folder = Path(tempfile.mkdtemp(prefix="songspace-"))
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        engine = make_engine(f"sqlite:///{folder / 'template.db'}")
        upgrade(engine)
        engine.dispose()  # The last connection moves everything from the log into the file.
        config.stash[_SQLITE_TEMPLATE] = folder / "template.db"
    return config.stash[_SQLITE_TEMPLATE]


@pytest.fixture(params=BACKENDS)
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    server = postgres_server(request.config)
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database with all tables and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        shutil.copyfile(sqlite_template(request.config), path)
        yield f"sqlite:///{path}"
        return
    server = postgres_server(request.config)
    url = server.create(server.template)
    yield url
    server.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Give an engine on a database of the test's own."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session_factory(engine: Engine) -> SessionFactory:
    """Give what makes sessions on that database."""
    return make_session_factory(engine)


@pytest.fixture
def session(session_factory: SessionFactory) -> Iterator[Session]:
    """Give an open session; what a test does not commit is rolled back."""
    with session_factory() as session:
        yield session
