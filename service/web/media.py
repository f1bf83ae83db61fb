"""What a page loads beside itself: covers, sounds and their waveforms, pictures, playlists as files.

By the cookie of the page, since neither an image nor a player can send a key. A sound that has to be composed
first takes some seconds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, Field

from db.repositories import browse
from db.repositories import playlists as playlists_repository
from generation.audio.spectrogram import SpectrogramConfig
from pipelines.hear_song import whole_waveform
from pipelines.playlist_out import playlist_text
from pipelines.stored_playlists import owner_of, show_playlist
from pipelines.submit_listens import GivenListen, submit_listens
from service.http import given
from service.http.kept import Kept
from service.http.problems import Refused, problem, refusal_of
from service.http.service import Service, forbidden
from service.http.sound import Drawing, draw_song, media_type, song_file
from service.subsonic.covers import MOST_SONGS, Covers
from service.web.seat import own_ref
from service.web.session import Sessions, Visitor, visitor_of

router = APIRouter(prefix="/web")
N_PEAKS = 300
_SIZES = (96, 240, 480)
_DAY_S = 86_400


@dataclass
class Drawn:
    """What was drawn or measured before, of one service."""

    covers: Covers = field(default_factory=Covers)
    peaks: Kept[tuple[str, int], list[int]] = field(default_factory=lambda: Kept(2_000))


drawn = Drawn()


def _guest(request: Request) -> tuple[Service, Visitor]:
    service: Service = request.app.state.service
    visitor = visitor_of(service, Sessions(service.settings.home), request.cookies)
    if visitor is None:
        raise HTTPException(401, "sign in first")
    return service, visitor


Guest = Annotated[tuple[Service, Visitor], Depends(_guest)]


@router.get("/cover/{song_id}")
def cover(guest: Guest, song_id: int, size: int = 240) -> Response:
    """The cover of a song: a picture of where it lies in the song space."""
    service, _ = guest
    side = min(_SIZES, key=lambda one: abs(one - size))
    picture = drawn.covers.of(service.watch.current.release, f"song-{song_id}", [song_id], side)
    headers = {"Cache-Control": f"private, max-age={_DAY_S}"}
    return Response(picture, media_type="image/jpeg", headers=headers)


@router.get("/artist/{artist_id}/cover")
def artist_cover(guest: Guest, artist_id: int, size: int = 240) -> Response:
    """The cover of an artist: of where their songs lie."""
    service, _ = guest
    with service.session_factory() as session:
        songs = browse.songs_of_artist(session, artist_id, MOST_SONGS)
    side = min(_SIZES, key=lambda one: abs(one - size))
    picture = drawn.covers.of(service.watch.current.release, f"artist-{artist_id}", songs, side)
    headers = {"Cache-Control": f"private, max-age={_DAY_S}"}
    return Response(picture, media_type="image/jpeg", headers=headers)


@router.get("/playlist/{playlist_id}/cover")
def playlist_cover(guest: Guest, playlist_id: int, size: int = 240) -> Response:
    """The cover of a playlist: of where its songs lie."""
    service, visitor = guest
    try:
        allow_reading(service, visitor, own_ref(playlist_id))
        with service.session_factory() as session:
            songs = playlists_repository.playlist_songs(session, playlist_id)[:50]
    except Exception as error:
        return told(error)
    side = min(_SIZES, key=lambda one: abs(one - size))
    picture = drawn.covers.of(service.watch.current.release, f"list-{playlist_id}", songs, side)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=300"})


@router.get("/audio/{song_id}")
def audio(guest: Guest, song_id: int) -> Response:
    """The sound of a song, also in parts."""
    service, _ = guest
    try:
        sound = song_file(service, song_id)
    except Exception as error:
        return told(error)
    return FileResponse(sound.path, media_type=media_type(sound.path), headers={"Cache-Control": "private"})


@router.get("/peaks/{song_id}")
def peaks(guest: Guest, song_id: int) -> Response:
    """How loud a song is when: 300 numbers from 0 to 100, for the waveform of the player."""
    service, _ = guest
    try:
        sound = song_file(service, song_id)
        key = (str(sound.path), sound.path.stat().st_mtime_ns)
        found = drawn.peaks.get(key)
        if found is None:
            found = loudness(sound.path)
            drawn.peaks.put(key, found)
    except Exception as error:
        return told(error)
    return JSONResponse({"peaks": found}, headers={"Cache-Control": "private, max-age=3600"})


@router.get("/spectrogram/{song_id}")
def spectrogram(guest: Guest, song_id: int) -> Response:
    """A picture of the sound of a song."""
    service, _ = guest
    try:
        picture = draw_song(service, song_file(service, song_id), Drawing.spectrogram, "png")
    except Exception as error:
        return told(error)
    return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/playlist/{playlist_id}/file")
def playlist_file(guest: Guest, playlist_id: int, format: given.PlaylistFormat) -> Response:
    """A playlist as a file for players."""
    service, visitor = guest
    try:
        allow_reading(service, visitor, own_ref(playlist_id))
        shown = show_playlist(service.session_factory, own_ref(playlist_id))
        suffix = f".{format.value}"
        songs = [song.song for song in shown.songs]
        text = playlist_text(service.session_factory, shown.name, songs, suffix=suffix, paths=False)
    except Exception as error:
        return told(error)
    headers = {"Content-Disposition": f'attachment; filename="playlist{suffix}"'}
    return Response(text.encode("utf-8", "replace"), media_type=format.media_type, headers=headers)


class HeardSong(BaseModel):
    """A song that was heard, and when it began."""

    song: Annotated[int, Field(ge=1, le=2**31 - 1)]
    listened_at_s: Annotated[int, Field(ge=1, le=2**40)]


@router.post("/listens")
def listens(guest: Guest, heard: HeardSong) -> Response:
    """Store a listen of whoever listens; nothing where that is nobody."""
    service, visitor = guest
    if not visitor.listener:
        return JSONResponse({"stored": False})
    at_s = min(heard.listened_at_s, int(time.time()))
    try:
        submit_listens(
            service.session_factory,
            service.watch.current.sums,
            visitor.listener,
            [GivenListen(own_ref(heard.song), at_s)],
        )
    except Exception as error:
        return told(error)
    return JSONResponse({"stored": True})


def loudness(path: Path) -> list[int]:
    """The loudest sample of each three-hundredth of a file, 0..100 of the loudest of all.

    Raises
    ------
    AudioError, OSError
    """
    heard = np.abs(whole_waveform(path, SpectrogramConfig().sample_rate))
    if not len(heard):
        return []
    edges = np.linspace(0, len(heard), N_PEAKS + 1).astype(np.int64)[:-1]
    loudest = np.maximum.reduceat(heard, np.minimum(edges, len(heard) - 1))
    top = float(loudest.max()) or 1.0
    return [int(value) for value in np.round(100 * loudest / top)]


def allow_reading(service: Service, visitor: Visitor, playlist: str) -> None:
    """Let administrators, the owner, and everybody where a playlist is nobody's.

    Raises
    ------
    NotFoundError, Refused
    """
    owner = owner_of(service.session_factory, playlist)
    if not visitor.is_admin and owner not in (None, visitor.caller.user_id):
        raise forbidden()


def told(error: Exception) -> Response:
    """What a use case refused, as a problem document; whatever nobody foresaw is raised again."""
    refused = refusal_of(error)
    if refused is None and isinstance(error, ValueError):
        refused = Refused(422, str(error))
    if refused is None:
        raise error
    return problem(refused)
