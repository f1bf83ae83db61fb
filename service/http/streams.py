"""Server-sent events: what happens to a generation, as it happens (WHATWG HTML, 9.2).

A stream ends when the generation has, or when nothing happened for long; whoever sends the number of the
last event as `Last-Event-ID`, as browsers do by themselves, goes on behind it.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from db.errors import NotFoundError
from service.http.schemas.generations import GenerationOut
from service.work import generations
from service.work.events import FILE, Event
from service.work.folders import job_folder
from service.work.place import Place
from service.work.states import GenerationState

LOOK_EVERY_S = 0.2
_ROW_EVERY_S = 2.0
_HEARTBEAT_S = 10.0
MOST_IDLE_S = 60.0
WORKERLESS_S = 5.0
"""So long a worker may take to begin, before who watches is told that there is none."""
MOST_STREAMS = 200
RETRY_MS = 1000


@dataclass
class Streams:
    """How many streams this process keeps open."""

    n_open: int = 0

    @property
    def are_full(self) -> bool:
        """Whether one more is too many."""
        return self.n_open >= MOST_STREAMS

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Count one for as long as the context lasts."""
        self.n_open += 1
        try:
            yield
        finally:
            self.n_open -= 1


async def stream(place: Place, streams: Streams, generation: str, after: int) -> AsyncIterator[bytes]:
    """Yield the events of a generation behind a number, each when it happens."""
    file = job_folder(place.settings.home, generation) / FILE
    seen, looked_s = -1.0, 0.0
    began_s = happened_s = said_s = time.monotonic()
    with streams.opened():
        yield f"retry: {RETRY_MS}\n\n".encode()
        while time.monotonic() - happened_s < MOST_IDLE_S:
            now_s = time.monotonic()
            written = _written(file)
            if written != seen or now_s - looked_s > _ROW_EVERY_S:
                seen, looked_s = written, now_s
                try:
                    found, state = await anyio.to_thread.run_sync(_look, place, generation, after)
                except NotFoundError:  # deleted meanwhile
                    return
                for event, text in found:
                    after, happened_s, said_s = event.number, now_s, now_s
                    yield text
                    if event.is_last:
                        return
                if state.notice and now_s - began_s > WORKERLESS_S:
                    yield f"event: waiting\ndata: {json.dumps({'notice': state.notice})}\n\n".encode()
                    return
            if now_s - said_s > _HEARTBEAT_S:
                said_s = now_s
                yield b": still here\n\n"
            await anyio.sleep(LOOK_EVERY_S)


def _written(file: Path) -> float:
    try:
        return float(file.stat().st_mtime_ns)
    except OSError:
        return 0.0


def _look(place: Place, generation: str, after: int) -> tuple[list[tuple[Event, bytes]], GenerationState]:
    found = generations.events(place, generation, after)
    state = generations.show(place, generation)
    return [(one, _text(place, state, one)) for one in found], state


def _text(place: Place, state: GenerationState, event: Event) -> bytes:
    """An event as it is sent: of a step with its picture, of the end with the generation as it is."""
    data = {name: value for name, value in asdict(event).items() if value not in ("", 0) and name != "kind"}
    picture = generations.preview(place, state.generation, event)
    data.pop("preview", None)
    if picture is not None:
        data["preview"] = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    if event.is_last:
        data["generation"] = GenerationOut.of_state(state).model_dump()
    return f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(data)}\n\n".encode()
