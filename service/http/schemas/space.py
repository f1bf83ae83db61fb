"""The map."""

from __future__ import annotations

from service.http.schemas.base import Answer, FromRelease


class Region(Answer):
    """A part of the map."""

    axes: list[str]
    artists: list[str]
    x: float
    y: float
    songs: int


class Map(FromRelease):
    """Songs in the plane, -1..1; `colours` are rows of `groups`, of `regions` where there are none."""

    places: list[tuple[float, float]]
    colours: list[int]
    groups: list[str]
    regions: list[Region]
    is_by_sound: bool = False
