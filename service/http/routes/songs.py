"""Songs: looked up, compared, heard and seen."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from pipelines.axis_scores import song_axes
from pipelines.explore import similar
from pipelines.meaning import search_meaning
from pipelines.show_song import list_songs, search_page, show_song, song_id_of
from service.http import given, schemas
from service.http.audit import AuditedRoute
from service.http.etags import is_known, tag_of, unchanged
from service.http.paging import Cursor, cursor_of, number_of
from service.http.popular import popular_instead
from service.http.problems import Refused, unanswered
from service.http.service import Now, TheService
from service.http.sound import Drawing, draw_song, media_type, song_file

router = APIRouter(tags=["songs"], route_class=AuditedRoute)
PICTURE: dict[int | str, dict[str, object]] = {
    200: {"content": {"image/png": {}, "image/svg+xml": {}}, "description": "The picture."}
}
_FARTHEST = 10_000
Format = Annotated[given.PictureFormat, Query(description="How the picture is written.")]


@router.get("/songs")
def songs(
    service: TheService, q: given.Text = None, limit: given.Limit = 20, cursor: Cursor = None
) -> schemas.SongPage:
    """Songs whose title and artist hold every word of `q`, best first; without it all songs, in the order in
    which they came in.
    """
    after = number_of(cursor) or 0
    if q is None:
        found, behind = list_songs(service.session_factory, after, limit)
    elif after > _FARTHEST:
        found, behind = [], None
    else:
        found, behind = search_page(service.session_factory, q, after, limit)
    return schemas.SongPage.model_validate(
        {"songs": [asdict(one) for one in found], "next": None if behind is None else cursor_of(behind)}
    )


@router.get("/songs/by-meaning")
def songs_by_meaning(
    service: TheService,
    now: Now,
    text: Annotated[str, Query(min_length=1, max_length=given.LONGEST_TEXT, examples=["calm piano"])],
    k: given.K = 20,
) -> schemas.SongList:
    """Songs for what a text means, best first."""
    with unanswered("text"):
        found = search_meaning(now.need, service.session_factory, text, k)
    return schemas.SongList.of(found, notice=now.notice)


@router.get("/songs/{song:ref}")
def song(service: TheService, song: given.Song) -> schemas.SongDetail:
    """What is known of a song."""
    return schemas.SongDetail.of(show_song(service.session_factory, song))


@router.get("/songs/{song:ref}/similar")
def similar_songs(service: TheService, now: Now, song: given.Song, k: given.K = 10) -> schemas.SongList:
    """The songs nearest to one; without a release, what is popular."""
    if now.release is None:
        song_id_of(service.session_factory, song)
        return popular_instead(now, k)
    with unanswered("song"):
        return schemas.SongList.of(similar(now.shelves, service.session_factory, song, k), notice=now.notice)


@router.get("/songs/{song:ref}/axes")
def axes_of_song(service: TheService, now: Now, song: given.Song) -> schemas.Axes:
    """How far a song is rock, calm, ... each from 0 to 1."""
    with unanswered("song"):
        return schemas.Axes.of(song_axes(now.shelves, service.session_factory, song), notice=now.notice)


@router.get(
    "/songs/{song:ref}/audio",
    response_class=FileResponse,
    responses={
        200: {"content": {"audio/*": {}}, "description": "The sound."},
        206: {"content": {"audio/*": {}}, "description": "The part that was asked for."},
        416: {"content": {"text/plain": {}}, "description": "There is no such part."},
        400: {"content": {"text/plain": {}}, "description": "A `Range` that cannot be read."},
    },
)
def audio(service: TheService, song: given.Song) -> Response:
    """The sound of a song; parts of it by `Range`. Songs of the sample world are composed when first asked
    for, which takes seconds.
    """
    sound = song_file(service, song_id_of(service.session_factory, song))
    return FileResponse(sound.path, media_type=media_type(sound.path), headers={"Cache-Control": "private"})


@router.get("/songs/{song:ref}/spectrogram", response_class=Response, responses=PICTURE)
def spectrogram(
    request: Request, service: TheService, song: given.Song, format: Format = given.PictureFormat.png
) -> Response:
    """A log-mel spectrogram of the whole song."""
    return _picture(request, service, song, Drawing.spectrogram, format)


@router.get("/songs/{song:ref}/waveform", response_class=Response, responses=PICTURE)
def waveform(
    request: Request, service: TheService, song: given.Song, format: Format = given.PictureFormat.png
) -> Response:
    """How loud a song is when."""
    return _picture(request, service, song, Drawing.waveform, format)


def _picture(
    request: Request, service: TheService, song: str, drawing: Drawing, format: given.PictureFormat
) -> Response:
    sound = song_file(service, song_id_of(service.session_factory, song))
    try:
        written = sound.path.stat().st_mtime_ns
    except OSError:
        raise Refused(404, "the sound of this song is gone", kind="sound", id="") from None
    tag = tag_of(drawing, format, sound.song_id, str(sound.path), written, sound.title)
    if is_known(request, tag):
        return unchanged(tag)
    picture = draw_song(service, sound, drawing, format.value)
    return Response(picture, media_type=format.media_type, headers={"ETag": tag})
