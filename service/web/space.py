"""The map of the song space as numbers, for the page to draw: songs, regions, and where a listener is."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from pipelines.columns import ARTIST, TITLE
from pipelines.release import Release
from pipelines.song_map import SongMap, mark_user
from service.web.media import Guest, told

router = APIRouter(prefix="/web")
SONGS = 1_500
_SEED = 1


@router.get("/map")
def map_of_songs(guest: Guest) -> Response:
    """The best-known songs in the plane, with the listener's place among them."""
    service, visitor = guest
    now = service.watch.current
    try:
        release = now.need
        drawn = now.map_of(SONGS, _SEED)
        if visitor.listener:
            drawn = mark_user(drawn, release, service.session_factory, visitor.listener)
        document = map_document(drawn, release)
    except Exception as error:  # told to the page, which says it in words
        return told(error)
    return JSONResponse(document, headers={"Cache-Control": "private, no-cache"})


def map_document(drawn: SongMap, release: Release) -> dict[str, Any]:
    """A map as the page draws it: `songs` are rows of x, y, colour, number, title, artist."""
    rows = release.rows(drawn.song_ids)
    songs = release.parts.songs
    titles, artists = songs[TITLE].to_numpy()[rows], songs[ARTIST].to_numpy()[rows]
    places = np.round(drawn.places.astype(float), 4).tolist()
    points = [
        [x, y, int(colour), int(song_id), str(title), str(artist)]
        for (x, y), colour, song_id, title, artist in zip(
            places, drawn.colours, drawn.song_ids, titles, artists, strict=True
        )
    ]
    regions = [
        {"name": ", ".join(one.axes or one.artists[:2]), "x": one.x, "y": one.y, "songs": one.songs}
        for one in drawn.regions
    ]
    document: dict[str, Any] = {"songs": points, "groups": list(drawn.groups), "regions": regions}
    if drawn.marked is not None:
        weights = drawn.marked.weights / max(float(drawn.marked.weights.max(initial=0.0)), 1e-9)
        document["heard"] = [
            [round(float(x), 4), round(float(y), 4), round(float(weight), 3)]
            for (x, y), weight in zip(drawn.marked.places, weights, strict=True)
        ]
        document["interests"] = [
            {"title": one.title, "artist": one.artist, "weight": one.weight, "x": one.x, "y": one.y}
            for one in drawn.marked.interests
        ]
    return document
