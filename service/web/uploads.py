"""Files that the page sends: playlists of a listener, and what administrators take into the catalogue.

Music is kept in the folder `music` of the home folder, as it lay where it comes from, and read there.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from db.repositories.audit import add_event
from db.session import write_transaction
from pipelines.sources.audio_stream import SUFFIXES
from pipelines.stored_playlists import take_playlist
from pipelines.take_upload import UploadReport, take_upload
from service.http.bodies import PLAYLIST_BYTES, UPLOAD_SECONDS
from service.http.problems import Refused
from service.http.service import Service, forbidden
from service.web.media import Guest, told
from service.web.session import Visitor

router = APIRouter(prefix="/web/send")
_SHOWN = 20
MUSIC = "music"
_LONGEST_NAME, _DEEPEST = 200, 4  # bytes, folders


@router.post("/playlist")
async def playlist(request: Request, guest: Guest, name: str = "") -> Response:
    """Make a playlist of an M3U, JSPF or XSPF file, for whoever listens."""
    service, visitor = guest
    title = name.rpartition(".")[0][:200]

    def take(data: bytes) -> dict[str, Any]:
        made = take_playlist(
            service.session_factory, secrets.token_hex(12), data, user=visitor.listener or None, name=title
        )
        return {"name": made.name, "songs": len(made.songs), "unknown": list(made.unknown[:_SHOWN])}

    try:
        data = await _body(request, PLAYLIST_BYTES)
        return JSONResponse(await anyio.to_thread.run_sync(take, data))
    except Exception as error:
        return told(error)


@router.post("/music")
async def music(request: Request, guest: Guest, name: str = "") -> Response:
    """Keep a file of music, by its path below the folder that it comes from; for administrators."""
    service, visitor = guest
    try:
        if not visitor.is_admin:
            raise forbidden()
        path = music_path(service.settings.home, name)
        await _keep(request, path, service.settings.upload_mib << 20)
    except Exception as error:
        return told(error)
    return JSONResponse({"kept": path.name})


def music_path(home: Path, name: str) -> Path:
    """Where a file of music is kept: below `music`, whatever its name tries.

    Raises
    ------
    Refused
        It does not end as music does.
    """
    parts = [re.sub(r"[\x00-\x1f\x7f\\:]", "_", part).strip(". ") for part in name.split("/")]
    # File systems count bytes; the end of a name says what it is.
    parts = [part.encode()[-_LONGEST_NAME:].decode("utf-8", "ignore") for part in parts]
    kept = [part for part in parts if part][-_DEEPEST:]
    if not kept or Path(kept[-1]).suffix.lower() not in SUFFIXES:
        raise Refused(422, f"music ends in {', '.join(sorted(SUFFIXES))}")
    return home.joinpath(MUSIC, *kept)


async def _keep(request: Request, path: Path, most: int) -> None:
    """Write a body beside, then into its place.

    Raises
    ------
    Refused
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        async with await anyio.open_file(beside, "wb") as file:
            length = 0
            async for part in request.stream():
                length += len(part)
                if length > most:
                    raise Refused(413, f"a file holds at most {most >> 20} MiB here")
                await file.write(part)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@router.post("/catalogue")
async def catalogue(request: Request, guest: Guest, name: str = "") -> Response:
    """Take playlists and listens from a file into the catalogue; for administrators."""
    service, visitor = guest
    try:
        if not visitor.is_admin:
            raise forbidden()
        data = await _body(request, service.settings.upload_mib << 20)
        return JSONResponse(await anyio.to_thread.run_sync(_take_in, service, visitor, data))
    except Exception as error:
        return told(error)


def _take_in(service: Service, visitor: Visitor, data: bytes) -> dict[str, Any]:
    with write_transaction(service.session_factory) as session:
        add_event(session, visitor.caller.key_id, "page: take in a sent file", {})
    report = take_upload(service.session_factory, service.settings.home, data, "upload")
    return {"said": said_of(report), "problems": list(report.problems[:_SHOWN])}


def said_of(report: UploadReport | Any) -> str:
    """What came in, in words; "" where nothing was new."""
    counts = {"songs": report.songs, "playlists": report.playlists, "listens": report.listens}
    said = [f"{one.added:,} new {word}" for word, one in counts.items() if one.added]
    said += [f"{one.changed:,} {word} changed" for word, one in counts.items() if one.changed]
    return ", ".join(said)


async def _body(request: Request, most: int) -> bytes:
    """The whole body, as long as it is neither too large nor too slow.

    Raises
    ------
    Refused
    """
    parts, length = [], 0
    try:
        with anyio.fail_after(UPLOAD_SECONDS):
            async for part in request.stream():
                length += len(part)
                if length > most:
                    raise Refused(413, f"a file holds at most {most >> 20} MiB here")
                parts.append(part)
    except TimeoutError:
        raise Refused(408, f"the file did not come within {UPLOAD_SECONDS:.0f} s") from None
    return b"".join(parts)
