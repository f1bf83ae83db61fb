"""Playlists: made, edited, taken in and handed out, and gone on with.

Those of nobody (they came in with the catalogue) everybody may read; those of a user only that user.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from db.repositories.pages import playlists_after
from pipelines.playlist_out import playlist_text
from pipelines.radio import FARTHEST, play_radio
from pipelines.stored_playlists import (
    PlaylistAnswer,
    delete_playlist,
    edit_playlist,
    make_playlist,
    owner_of,
    show_playlist,
    take_playlist,
)
from service.http import given, schemas
from service.http.audit import AuditedRoute
from service.http.keys import Caller
from service.http.paging import Cursor, cursor_of, number_of
from service.http.popular import popular_instead
from service.http.problems import naming, unanswered
from service.http.service import Now, RawBody, Service, TheCaller, TheService, allow_user, forbidden

router = APIRouter(tags=["playlists"], route_class=AuditedRoute)
# M3U in the document, since text is what it can tell of; JSPF and XSPF are known by their content.
FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "text/plain": {
                "schema": {"type": "string", "pattern": "^#EXTM3U(\\n[A-Za-z0-9 ./_-]{0,80}){0,20}\\n$"},
                "example": "#EXTM3U\n#EXTINF:220,Marmalade Riot - Sorry About the Lawn\nlawn.mp3\n",
            }
        },
    }
}
Name = Annotated[
    str, Query(max_length=given.LONGEST_TEXT, pattern=given.STORABLE, description="What it is called.")
]


@router.get("/playlists")
def playlists(
    service: TheService, caller: TheCaller, limit: given.Limit = 20, cursor: Cursor = None
) -> schemas.PlaylistPage:
    """The playlists that the caller may read."""
    after = number_of(cursor) or 0
    with service.session_factory() as session:
        owner = None if caller.is_admin else caller.user_id
        found = playlists_after(session, after, limit + 1, owner=owner)
    lines = [{"playlist": one.ref, "name": one.name, "songs": one.n_songs} for one in found[:limit]]
    more = cursor_of(found[limit - 1].playlist_id) if len(found) > limit else None
    return schemas.PlaylistPage.model_validate({"playlists": lines, "next": more})


@router.post("/playlists", status_code=201)
def new_playlist(
    service: TheService, caller: TheCaller, playlist: schemas.NewPlaylist, response: Response
) -> schemas.PlaylistOut:
    """Make a playlist, which belongs to the caller, or to whom an administrator says."""
    owner = _owner(caller, playlist.user)
    made = make_playlist(service.session_factory, _fresh(), playlist.name, playlist.songs, user=owner)
    return _created(made, response)


@router.post("/playlists/import", status_code=201, openapi_extra=FILE)
def import_playlist(
    service: TheService,
    caller: TheCaller,
    response: Response,
    file: RawBody,
    name: Name = "",
    user: given.ForUser = None,
) -> schemas.PlaylistOut:
    """Make a playlist of an M3U, JSPF or XSPF file, sent as it is; its content says which. Tracks that are
    none of the songs come back as `unknown`.
    """
    owner = _owner(caller, user)
    with naming("body"):
        made = take_playlist(service.session_factory, _fresh(), file, user=owner, name=name)
    return _created(made, response)


@router.get("/playlists/{playlist:ref}")
def playlist(service: TheService, caller: TheCaller, playlist: given.Playlist) -> schemas.PlaylistOut:
    """A playlist with its songs."""
    _allow_reading(service, caller, playlist)
    return _out(show_playlist(service.session_factory, playlist))


@router.patch("/playlists/{playlist:ref}")
def edit(
    service: TheService, caller: TheCaller, playlist: given.Playlist, change: schemas.PlaylistEdit
) -> schemas.PlaylistOut:
    """Give a playlist another name, other songs, or both."""
    _allow_writing(service, caller, playlist)
    return _out(edit_playlist(service.session_factory, playlist, name=change.name, songs=change.songs))


@router.delete("/playlists/{playlist:ref}", status_code=204)
def delete(service: TheService, caller: TheCaller, playlist: given.Playlist) -> None:
    """Delete a playlist."""
    _allow_writing(service, caller, playlist)
    delete_playlist(service.session_factory, playlist)


@router.get(
    "/playlists/{playlist:ref}/export",
    response_class=Response,
    responses={
        200: {
            "content": {one.media_type.partition(";")[0]: {} for one in given.PlaylistFormat},
            "description": "The file.",
        }
    },
)
def export_playlist(
    service: TheService,
    caller: TheCaller,
    playlist: given.Playlist,
    format: Annotated[given.PlaylistFormat, Query(description="How it is written.")],
) -> Response:
    """A playlist as a file for players; songs go by public ids and by title and artist."""
    _allow_reading(service, caller, playlist)
    shown = show_playlist(service.session_factory, playlist)
    songs = [song.song for song in shown.songs]
    suffix = f".{format.value}"
    text = playlist_text(service.session_factory, shown.name, songs, suffix=suffix, paths=False)
    headers = {"Content-Disposition": f'attachment; filename="playlist{suffix}"'}
    return Response(text.encode("utf-8", "replace"), media_type=format.media_type, headers=headers)


@router.get("/playlists/{playlist:ref}/continuation")
def continuation(
    service: TheService, now: Now, caller: TheCaller, playlist: given.Playlist, k: given.K = 20
) -> schemas.SongList:
    """Songs that would go on a playlist; without a release, what is popular."""
    _allow_reading(service, caller, playlist)
    if now.release is None:
        return popular_instead(now, k)
    return schemas.SongList.of(now.continuer.continue_playlist(playlist, k), notice=now.notice)


@router.get("/continuation")
def continue_songs(now: Now, service: TheService, song: given.Songs, k: given.K = 20) -> schemas.SongList:
    """Songs that would go after some songs."""
    if now.release is None:
        return popular_instead(now, k)
    return schemas.SongList.of(now.continuer.continue_songs(song, k), notice=now.notice)


@router.get("/radio")
def radio(
    service: TheService,
    now: Now,
    caller: TheCaller,
    song: given.Songs,
    k: given.K = 50,
    after: Annotated[
        int, Query(ge=0, le=FARTHEST - given.MOST_SONGS, description="Go on after so many.")
    ] = 0,
    seed: given.Seed = 1,
    adventure: given.Adventure = 0.3,
    user: given.ForUser = None,
) -> schemas.Radio:
    """An endless sequence from some songs, a stretch at a time; the same seed, the same radio."""
    allow_user(caller, user)
    if now.release is None:
        instead = popular_instead(now, k).model_dump()
        return schemas.Radio.model_validate({**instead, "seed": seed, "after": after})
    with unanswered("song"):
        played = play_radio(
            now.shelves,
            service.session_factory,
            song,
            k,
            after=after,
            seed=seed,
            adventure=adventure,
            user=user,
        )
    return schemas.Radio.of(played, notice=now.notice)


def _fresh() -> str:
    return secrets.token_hex(12)


def _owner(caller: Caller, user: str | None) -> str | None:
    """Whom a new playlist belongs to: the caller, or whom an administrator names."""
    allow_user(caller, user)
    return user if caller.is_admin else f"songspace:{caller.user_id}"


def _allow_reading(service: Service, caller: Caller, playlist: str) -> None:
    owner = owner_of(service.session_factory, playlist)
    if not caller.is_admin and owner not in (None, caller.user_id):
        raise forbidden()


def _allow_writing(service: Service, caller: Caller, playlist: str) -> None:
    owner = owner_of(service.session_factory, playlist)
    if not caller.is_admin and (owner is None or owner != caller.user_id):
        raise forbidden()


def _created(made: PlaylistAnswer, response: Response) -> schemas.PlaylistOut:
    response.headers["Location"] = f"/v1/playlists/{made.playlist}"
    return _out(made)


def _out(playlist: PlaylistAnswer) -> schemas.PlaylistOut:
    document = asdict(playlist)
    del document["owner"]
    return schemas.PlaylistOut.model_validate(document)
