"""The song space: arithmetic, paths, axes, and a map."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.axis_scores import list_axes
from pipelines.explore import blend
from pipelines.path import LONGEST, song_path
from pipelines.song_map import song_map
from service.http import given, schemas
from service.http.audit import AuditedRoute
from service.http.etags import is_known, tag_of, unchanged
from service.http.popular import popular_instead
from service.http.problems import unanswered
from service.http.routes.songs import PICTURE, Format
from service.http.service import Now, TheCaller, TheService, allow_user
from service.pictures.song_map import draw_map

router = APIRouter(prefix="/space", tags=["space"], route_class=AuditedRoute)
MOST_ON_MAP = 10_000
OnMap = Annotated[
    int, Query(ge=2, le=MOST_ON_MAP, description="How many songs, those in most lists first.", examples=[100])
]
Minus = Annotated[
    list[Annotated[str, Query(max_length=given.LONGEST_REF)]] | None,
    Query(max_length=given.MOST_SEEDS, description="Songs to take away."),
]


@router.get("/blend")
def blend_songs(
    service: TheService, now: Now, plus: given.Songs, minus: Minus = None, k: given.K = 10
) -> schemas.SongList:
    """What lies nearest to "these minus those"; without a release, what is popular."""
    if now.release is None:
        return popular_instead(now, k)
    with unanswered("plus"):
        found = blend(now.shelves, service.session_factory, plus, minus or [], k)
    return schemas.SongList.of(found, notice=now.notice)


@router.get("/path")
def path(
    service: TheService,
    now: Now,
    start: given.OneSong,
    end: given.OneSong,
    k: Annotated[int, Query(ge=2, le=LONGEST, description="How many songs, with both ends.")] = 10,
) -> schemas.SongPath:
    """Songs that lead smoothly from one to another."""
    with unanswered("end"):
        found = song_path(now.shelves, service.session_factory, start, end, k)
    return schemas.SongPath.of(found, notice=now.notice)


@router.get("/axes")
def axes(now: Now) -> schemas.AxesList:
    """The axes that tags made (rock, calm, ...), and how well they are measured."""
    return schemas.AxesList.of(list_axes(now.need), notice=now.notice)


@router.get("/map")
def map_of_songs(now: Now, songs: OnMap = 2_000, seed: given.Seed = 1) -> schemas.Map:
    """Songs in the plane, and the regions that they make."""
    _ = now.need
    with unanswered("songs"):
        drawn = now.map_of(songs, seed)
    document = {
        "places": drawn.places.astype(float).round(4).tolist(),
        "colours": drawn.colours.tolist(),
        "groups": list(drawn.groups),
        "regions": [asdict(region) for region in drawn.regions],
        "is_by_sound": drawn.is_by_sound,
        "release": drawn.release,
        "notice": now.notice,
    }
    return schemas.Map.model_validate(document)


@router.get("/map/picture", response_class=Response, responses=PICTURE)
def picture_of_map(
    request: Request,
    service: TheService,
    now: Now,
    caller: TheCaller,
    songs: OnMap = 2_000,
    seed: given.Seed = 1,
    user: given.ForUser = None,
    format: Format = given.PictureFormat.png,
) -> Response:
    """The map as a picture, a user's songs marked on it if one is named."""
    allow_user(caller, user)
    release = now.need
    tag = tag_of(release.name, songs, seed, format)
    if user is None and is_known(request, tag):
        return unchanged(tag)
    with unanswered("songs"):
        if user is None:
            drawn = now.map_of(songs, seed)
        else:
            drawn = song_map(release, service.session_factory, user=user, songs=songs, seed=seed)
    with service.drawing:
        picture = draw_map(drawn, format=format.value)
    headers = {} if user is not None else {"ETag": tag}
    return Response(picture, media_type=format.media_type, headers=headers)
