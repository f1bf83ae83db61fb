"""The doors for clients that others wrote: ListenBrainz at `/1`, Subsonic at `/rest` (docs/doors.md)."""

from __future__ import annotations

from fastapi import FastAPI

from service.listenbrainz.answers import ListenBrainzAnswers
from service.listenbrainz.routes import listenbrainz_router
from service.now_playing import NowPlaying
from service.subsonic.entrance import SubsonicEntrance


def add_doors(app: FastAPI) -> None:
    """Open both; to be called when the door of the API is there, which one of them stands before and the
    other speaks for.
    """
    now_playing = NowPlaying()
    app.include_router(listenbrainz_router(now_playing))
    app.add_middleware(ListenBrainzAnswers)
    app.add_middleware(SubsonicEntrance, now_playing=now_playing)
