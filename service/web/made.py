"""What was generated, for the page to load: sounds, waveforms, and the spectrogram that emerges."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, JSONResponse

from db.errors import NotFoundError
from service.http.service import Service
from service.http.sound import media_type
from service.web.media import Guest, drawn, loudness, told
from service.web.session import Visitor
from service.work import generations, takes
from service.work.events import Event

router = APIRouter(prefix="/web/made")


def allow(service: Service, visitor: Visitor, generation: str) -> None:
    """Let administrators, and the owner; to others it is not there.

    Raises
    ------
    NotFoundError
    """
    owner = generations.owner_of(service, generation)
    if not visitor.is_admin and owner != visitor.caller.user_id:
        raise NotFoundError("generation", generation)


@router.get("/{generation}/preview/{name}")
def preview(guest: Guest, generation: str, name: str) -> Response:
    """The spectrogram as it was at a step."""
    service, visitor = guest
    try:
        allow(service, visitor, generation)
        picture = generations.preview(service, generation, Event(1, "step", preview=name))
        if picture is None:
            raise NotFoundError("preview", name[:80])
    except Exception as error:
        return told(error)
    return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=600"})


@router.get("/{generation}/cover")
def cover(guest: Guest, generation: str) -> Response:
    """A picture of its own for each generation."""
    service, _ = guest
    picture = drawn.covers.of(service.watch.current.release, f"made-{generation[:40]}", [], 240)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


@router.get("/{generation}/{take}/sound")
def sound(guest: Guest, generation: str, take: int, format: str = "flac", save: bool = False) -> Response:
    """The sound of a take, also in parts; to be saved as a file if that is asked for."""
    service, visitor = guest
    try:
        allow(service, visitor, generation)
        path = takes.take_file(service, generation, take, format)
    except Exception as error:
        return told(error)
    headers = {"Cache-Control": "private"}
    if save:
        headers["Content-Disposition"] = f'attachment; filename="songspace-{generation[:8]}-{take}.{format}"'
    return FileResponse(path, media_type=media_type(path), headers=headers)


@router.get("/{generation}/{take}/peaks")
def peaks(guest: Guest, generation: str, take: int) -> Response:
    """How loud a take is when."""
    service, visitor = guest
    try:
        allow(service, visitor, generation)
        path = takes.take_file(service, generation, take, "flac")
        key = (str(path), path.stat().st_mtime_ns)
        found = drawn.peaks.get(key)
        if found is None:
            found = loudness(path)
            drawn.peaks.put(key, found)
    except Exception as error:
        return told(error)
    return JSONResponse({"peaks": found}, headers={"Cache-Control": "private, max-age=3600"})
