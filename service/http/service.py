"""What the routes of one running service share: database, snapshot, callers, limits, figures."""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from db.session import SessionFactory
from service.http.kept import Kept
from service.http.keys import Caller
from service.http.limits import Buckets
from service.http.lyric_models import LyricModels
from service.http.metrics import Metrics
from service.http.problems import Refused
from service.http.snapshot import ReleaseWatch, Snapshot
from service.http.streams import Streams
from service.settings import Auth, Settings

_FILES = 10_000


@dataclass(frozen=True)
class SongFile:
    """The file of a song, and what the song is called."""

    song_id: int
    path: Path
    title: str


@dataclass
class Service:
    """One running service; `is_open` says that nobody is asked for a key."""

    settings: Settings
    session_factory: SessionFactory
    watch: ReleaseWatch
    is_open: bool
    metrics: Metrics
    buckets: Buckets = field(default_factory=Buckets)
    # Pictures and music are made one at a time: matplotlib keeps its settings in one place for all threads,
    # and rendering takes a whole processor.
    drawing: threading.Lock = field(default_factory=threading.Lock)
    playing: threading.Lock = field(default_factory=threading.Lock)
    files: Kept[int, SongFile] = field(default_factory=lambda: Kept(_FILES))
    lyrics: LyricModels = field(default_factory=LyricModels)
    streams: Streams = field(default_factory=Streams)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address to listen on."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def asks_for_keys(settings: Settings, host: str) -> bool:
    """Whether a service that listens on this address asks for keys."""
    return settings.auth is Auth.on or not is_loopback(host)


async def _service(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


async def _snapshot(request: Request) -> Snapshot:
    return (await _service(request)).watch.current


async def _caller(request: Request) -> Caller:
    caller = request.scope["songspace.caller"]
    assert isinstance(caller, Caller)
    return caller


def forbidden() -> Refused:
    """A key that opens other doors; whether there is anything behind this one it does not say."""
    return Refused(403, "this key does not allow that")


async def _admin(request: Request) -> Caller:
    caller = await _caller(request)
    if not caller.is_admin:
        raise forbidden()
    return caller


async def _body(request: Request) -> bytes:
    return await request.body()


TheService = Annotated[Service, Depends(_service)]
Now = Annotated[Snapshot, Depends(_snapshot)]
TheCaller = Annotated[Caller, Depends(_caller)]
Admin = Annotated[Caller, Depends(_admin)]
RawBody = Annotated[bytes, Depends(_body)]
"""The body as it was sent, for files."""


def allow_user(caller: Caller, user: str | None) -> None:
    """Let administrators, and users for themselves.

    Raises
    ------
    Refused
    """
    if user is not None and not caller.is_admin and not caller.is_user(user):
        raise forbidden()
