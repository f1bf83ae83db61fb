"""Songs handed out word by word, as they are written: as text, as events, or whole.

What is refused is refused before the first word: a stream that has begun has status 200. A song takes a
processor for seconds, so only a few are written at once, and none for ever.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import anyio.to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from service.http.problems import Refused
from service.http.service import Service

MOST_SECONDS = 120.0
SEED = "Songspace-Seed"
_RETRY_S = 5


class Form(StrEnum):
    """How a song is handed out."""

    text = "text"
    events = "events"
    json = "json"


@dataclass
class Song:
    """A song on its way: iterate over its parts; `cut` says afterwards that it was not ended."""

    parts: Generator[str, None, None]
    seed: int
    cut: bool = False

    def __iter__(self) -> Iterator[str]:
        """Yield the parts until the song is over, or the time is."""
        until = time.monotonic() + MOST_SECONDS
        for part in self.parts:
            yield part
            if time.monotonic() > until:
                self.cut = True
                return

    def close(self) -> None:
        """End it here, and leave the place to others."""
        self.parts.close()


@contextmanager
def place(service: Service) -> Iterator[None]:
    """Take one of the places of those who write.

    Raises
    ------
    Refused
        All are taken.
    """
    if not service.lyrics.places.acquire(blocking=False):
        detail = "enough songs are being written already"
        raise Refused(429, detail, headers={"Retry-After": str(_RETRY_S)})
    try:
        yield
    finally:
        service.lyrics.places.release()


def hand_out(
    request: Request,
    service: Service,
    write: Callable[[], Iterator[str]],
    seed: int,
    form: Form,
    about: Callable[[], dict[str, Any]],
) -> Response:
    """Begin to write, and hand on what comes; events and JSON end with what there is to say `about` it.

    Raises
    ------
    Refused
        As `place`, and whatever `write` raises before its first part.
    """
    song = _begun(service, write, seed)
    if form is Form.json:
        text = "".join(song)
        song.close()
        return JSONResponse({"seed": seed, "text": text, "cut": song.cut, **about()})
    headers = {SEED: str(seed)}
    if form is Form.text:
        heard = _while_heard(request, song, iter(song))
        return StreamingResponse(heard, media_type="text/plain", headers=headers)
    heard = _while_heard(request, song, _events(song, about))
    return StreamingResponse(heard, media_type="text/event-stream", headers=headers)


async def _while_heard(request: Request, song: Song, parts: Iterator[str]) -> AsyncIterator[str]:
    """Hand on parts for as long as somebody is there to hear them."""
    try:
        while not await request.is_disconnected():
            part = await anyio.to_thread.run_sync(next, parts, None)
            if part is None:
                return
            yield part
    finally:
        song.close()


def _begun(service: Service, write: Callable[[], Iterator[str]], seed: int) -> Song:
    """A song whose first part is there, and which gives its place back when it is over or given up."""

    def held() -> Generator[str, None, None]:
        with place(service):
            parts = write()
            first = next(parts, "")
            yield ""  # from here on whoever closes this generator leaves the place
            yield first
            yield from parts

    parts = held()
    next(parts)
    return Song(parts, seed)


def _events(song: Song, about: Callable[[], dict[str, Any]]) -> Iterator[str]:
    for part in song:
        if part:
            yield _event("part", {"text": part})
    yield _event("done", {"seed": song.seed, "cut": song.cut, **about()})


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
