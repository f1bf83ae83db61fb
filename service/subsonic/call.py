"""One request: who asks, for what, and whom of ours to ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import Headers
from starlette.responses import Response

from pipelines.sonic import SoundIndex, n_sounds
from pipelines.stars import Marks, marks_of
from service.http.keys import Caller
from service.http.service import Service
from service.http.snapshot import Snapshot
from service.now_playing import NowPlaying
from service.subsonic.covers import Covers
from service.subsonic.errors import FORBIDDEN, Failed
from service.subsonic.given import Given


@dataclass
class Kept:
    """What the door keeps from one request to the next."""

    now_playing: NowPlaying
    covers: Covers = field(default_factory=Covers)
    # Adding to a playlist reads it first: one at a time.
    editing: threading.Lock = field(default_factory=threading.Lock)
    _sounds: tuple[int, SoundIndex] | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def sounds(self, service: Service) -> SoundIndex:
        """Where songs lie by their sound; read again when more were analysed."""
        with self._reading:
            n = n_sounds(service.session_factory)
            if self._sounds is None or self._sounds[0] != n:
                self._sounds = (n, SoundIndex.read(service.session_factory))
            return self._sounds[1]


@dataclass(frozen=True)
class Call:
    """One request."""

    service: Service
    now: Snapshot
    caller: Caller
    given: Given
    kept: Kept
    headers: Headers

    def session(self) -> Session:
        """A session to read with."""
        return self.service.session_factory()

    @property
    def listener(self) -> int:
        """The user who asks.

        Raises
        ------
        Failed
            It is none.
        """
        if self.caller.user_id is None:
            raise Failed(FORBIDDEN, "this needs a user: the key that was given belongs to none")
        return self.caller.user_id

    def marks(self, session: Session) -> Marks:
        """What the user who asks marked."""
        return Marks() if self.caller.user_id is None else marks_of(session, self.caller.user_id)


Method = Callable[[Call], Mapping[str, Any] | Response]
