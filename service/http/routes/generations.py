"""Generations: ordered, watched, stopped, heard, rated, put into the catalogue, and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from db.repositories import users as users_repository
from generation.audio.edit.given import GivenError
from generation.policy import PolicyError, RefusedError
from service.http import given
from service.http.audit import AuditedRoute
from service.http.etags import is_known, tag_of, unchanged
from service.http.keys import Caller
from service.http.paging import Cursor, cursor_of, number_of
from service.http.problems import Refused, unanswered
from service.http.schemas.generations import (
    GenerationIn,
    GenerationOut,
    GenerationPage,
    RatingIn,
    SoundOut,
)
from service.http.service import RawBody, Service, SongFile, TheCaller, TheService, allow_user, forbidden
from service.http.sound import Drawing, draw_song, media_type
from service.http.streams import stream
from service.work import generations as work
from service.work import takes
from service.work.sounds import TooManySoundsError, take_sound

router = APIRouter(tags=["generations"], route_class=AuditedRoute)
SOUND = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Generation = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{24}$", description="Name of a generation.", examples=["9f86d081884c7d659a2feaa0"]
    ),
]
TakeNumber = Annotated[int, Path(ge=1, le=16, description="Number of a take.", examples=[1])]
PictureFormat = Annotated[given.PictureFormat, Query(description="How the picture is written.")]
PICTURE: dict[int | str, dict[str, object]] = {
    200: {"content": {"image/png": {}, "image/svg+xml": {}}, "description": "The picture."}
}
WAIT_S = "10"


class SoundFormat(StrEnum):
    """How a take is written."""

    flac = "flac"
    wav = "wav"
    mp3 = "mp3"
    ogg = "ogg"


@router.post("/generations/sounds", status_code=201, openapi_extra=SOUND)
def new_sound(service: TheService, caller: TheCaller, file: RawBody, user: given.ForUser = None) -> SoundOut:
    """Send a sound that is to be changed, as it is: WAV, FLAC, Ogg, MP3 or AIFF, a second to ten minutes
    long. It is kept for a day.
    """
    owner = _owner(service, caller, user)
    with _foreseen():
        taken = take_sound(service, file, user_id=owner)
    return SoundOut.of(taken, upload=taken.sound)


@router.post("/generations", status_code=202)
def new_generation(
    service: TheService, caller: TheCaller, wanted: GenerationIn, response: Response
) -> GenerationOut:
    """Order a generation: from words, from a taste, after songs, or of a sound. It is made as soon as a
    worker is free; the operator's policy is asked before anything else is done.
    """
    owner = _owner(service, caller, wanted.user)
    with _foreseen():
        made = work.submit(service, wanted.order(), user_id=owner)
    response.headers["Location"] = f"/v1/generations/{made.generation}"
    return GenerationOut.of_state(made)


@router.get("/generations")
def generations(
    service: TheService,
    caller: TheCaller,
    limit: Annotated[int, Query(ge=1, le=100, description="How many on a page at most.")] = 20,
    cursor: Cursor = None,
    user: given.ForUser = None,
) -> GenerationPage:
    """The caller's generations, newest first; everybody's, or one user's, for administrators."""
    allow_user(caller, user)
    owner = _owner(service, caller, user)
    found = work.generations_before(service, number_of(cursor), limit + 1, user_id=owner)
    more = cursor_of(found[limit - 1].number) if len(found) > limit else None
    return GenerationPage(generations=[GenerationOut.of_state(one) for one in found[:limit]], next=more)


@router.get("/generations/{generation}")
def generation(service: TheService, caller: TheCaller, generation: Generation) -> GenerationOut:
    """A generation as it is now."""
    _allow(service, caller, generation)
    return GenerationOut.of_state(work.show(service, generation))


@router.get(
    "/generations/{generation}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "What happens, as it happens."}},
)
async def events(
    service: TheService,
    caller: TheCaller,
    generation: Generation,
    last_event_id: Annotated[
        str, Header(pattern=r"^[0-9]{0,9}$", description="Go on behind this event.")
    ] = "",
) -> StreamingResponse:
    """What happens to a generation, as server-sent events: `started`, `loading`, `step` (with a picture
    of the spectrogram that emerges), `checking`, and at the end `done`, `failed` or `cancelled`. The
    stream also ends when nothing happens for a minute, or with `waiting` where no worker is at work.
    """
    await anyio.to_thread.run_sync(_allow, service, caller, generation)
    if service.streams.are_full:
        raise Refused(503, "too many watch already", headers={"Retry-After": WAIT_S})
    lines = stream(service, service.streams, generation, int(last_event_id or 0))
    return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.post("/generations/{generation}/cancel")
def cancel(service: TheService, caller: TheCaller, generation: Generation) -> GenerationOut:
    """Stop a generation, within a step of its making; one that has ended stays as it is."""
    _allow(service, caller, generation)
    return GenerationOut.of_state(work.cancel(service, generation))


@router.delete("/generations/{generation}", status_code=204)
def delete(service: TheService, caller: TheCaller, generation: Generation) -> None:
    """Delete a generation and its files; what was put into the catalogue stays there."""
    _allow(service, caller, generation)
    work.delete(service, generation)


@router.get(
    "/generations/{generation}/takes/{take}/audio",
    response_class=FileResponse,
    responses={
        200: {"content": {"audio/*": {}}, "description": "The sound."},
        206: {"content": {"audio/*": {}}, "description": "The part that was asked for."},
        416: {"content": {"text/plain": {}}, "description": "There is no such part."},
        400: {"content": {"text/plain": {}}, "description": "A `Range` that cannot be read."},
    },
)
def audio(
    service: TheService,
    caller: TheCaller,
    generation: Generation,
    take: TakeNumber,
    format: Annotated[SoundFormat, Query(description="How it is written.")] = SoundFormat.flac,
) -> Response:
    """The sound of a take; parts of it by `Range`."""
    path = _file(service, caller, generation, take, format).path
    return FileResponse(
        path,
        media_type=media_type(path),
        headers={"Cache-Control": "private"},
        filename=f"songspace-{generation[:8]}-{take}.{format.value}",
        content_disposition_type="inline",
    )


@router.get("/generations/{generation}/takes/{take}/spectrogram", response_class=Response, responses=PICTURE)
def spectrogram(
    request: Request,
    service: TheService,
    caller: TheCaller,
    generation: Generation,
    take: TakeNumber,
    format: PictureFormat = given.PictureFormat.png,
) -> Response:
    """A log-mel spectrogram of a take."""
    sound = _file(service, caller, generation, take)
    return _picture(request, service, sound, Drawing.spectrogram, format)


@router.get("/generations/{generation}/takes/{take}/waveform", response_class=Response, responses=PICTURE)
def waveform(
    request: Request,
    service: TheService,
    caller: TheCaller,
    generation: Generation,
    take: TakeNumber,
    format: PictureFormat = given.PictureFormat.png,
) -> Response:
    """How loud a take is when."""
    sound = _file(service, caller, generation, take)
    return _picture(request, service, sound, Drawing.waveform, format)


@router.put("/generations/{generation}/takes/{take}/rating")
def rate(
    service: TheService, caller: TheCaller, generation: Generation, take: TakeNumber, said: RatingIn
) -> GenerationOut:
    """Like or dislike a take, or take that back. In the catalogue it counts as any feedback does."""
    _allow(service, caller, generation)
    with _foreseen():
        return GenerationOut.of_state(takes.rate(service, generation, take, said.rating))


@router.post("/generations/{generation}/takes/{take}/catalogue", status_code=202)
def add(service: TheService, caller: TheCaller, generation: Generation, take: TakeNumber) -> GenerationOut:
    """Put a take into the catalogue: a worker hears it, places it by its sound, and from then on it is
    recommended like any other song; `song` of the take names it then.
    """
    _allow(service, caller, generation)
    with _foreseen():
        return GenerationOut.of_state(takes.add_to_catalogue(service, generation, take))


@contextmanager
def _foreseen() -> Iterator[None]:
    """Say what the errors of the composer mean."""
    try:
        with unanswered("body"):
            try:
                yield
            except RefusedError as error:
                raise Refused(403, str(error), kind="policy") from None
            except PolicyError as error:
                said = "the operator's policy cannot be read, and nothing is made without it"
                raise Refused(409, said) from error
            except GivenError as error:
                raise Refused(409, str(error), errors=[("body", str(error))]) from None
    except (work.TooManyWaitingError, TooManySoundsError) as error:
        raise Refused(429, str(error), headers={"Retry-After": WAIT_S}) from None
    except takes.NotReadyError as error:
        raise Refused(409, str(error)) from None


def _owner(service: Service, caller: Caller, user: str | None) -> int | None:
    """Whose it is: the caller's, or whom an administrator names."""
    allow_user(caller, user)
    if not caller.is_admin:
        return caller.user_id
    if user is None:
        return None
    with service.session_factory() as session:
        return users_repository.find_user(session, user)


def _allow(service: Service, caller: Caller, generation: str) -> None:
    owner = work.owner_of(service, generation)
    if not caller.is_admin and (owner is None or owner != caller.user_id):
        raise forbidden()


def _file(
    service: Service, caller: Caller, generation: str, take: int, format: SoundFormat = SoundFormat.wav
) -> SongFile:
    _allow(service, caller, generation)
    with _foreseen():
        path = takes.take_file(service, generation, take, format.value)
    if not path.is_file():
        raise Refused(404, "the sound of this take is gone", kind="sound", id="")
    return SongFile(0, path, work.show(service, generation).order.prompt or "From noise")


def _picture(
    request: Request, service: Service, sound: SongFile, drawing: Drawing, format: given.PictureFormat
) -> Response:
    tag = tag_of(drawing, format, str(sound.path), sound.title)
    if is_known(request, tag):
        return unchanged(tag)
    picture = draw_song(service, sound, drawing, format.value)
    return Response(picture, media_type=format.media_type, headers={"ETag": tag})
