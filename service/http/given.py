"""What routes are given in addresses and queries, each written once: its bounds, its words, its example."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import Path, Query

MOST_SONGS, MOST_SEEDS = 1_000, 100
LONGEST_REF, LONGEST_TEXT = 1_000, 1_000


# Text that every database can hold; half characters no JSON document brings this far.
STORABLE = r"^[^\x00]*$"

Song = Annotated[
    str,
    Path(
        max_length=LONGEST_REF,
        description="Id of a song: `scheme:value`, or our own number. A slash in it comes as `%2F`.",
        examples=["sample:5"],
    ),
]
User = Annotated[
    str,
    Path(max_length=LONGEST_REF, description="Id of a user, `scheme:value`.", examples=["sample:user-3"]),
]
Playlist = Annotated[
    str,
    Path(max_length=LONGEST_REF, description="Id of a playlist, `scheme:value`.", examples=["sample:rare"]),
]
OneSong = Annotated[str, Query(min_length=1, max_length=LONGEST_REF, examples=["sample:5"])]
Songs = Annotated[
    list[Annotated[str, Query(min_length=1, max_length=LONGEST_REF)]],
    Query(min_length=1, max_length=MOST_SEEDS, description="Ids of songs.", examples=[["sample:5"]]),
]
K = Annotated[int, Query(ge=1, le=MOST_SONGS, description="How many songs at most.", examples=[5])]
Adventure = Annotated[
    float,
    Query(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="From 0, what is surest, to 1, far out: new artists, rare songs.",
        examples=[0.3],
    ),
]
ForUser = Annotated[
    str | None,
    Query(max_length=LONGEST_REF, description="Lean to this user's taste.", examples=["sample:user-3"]),
]
Text = Annotated[
    str | None,
    Query(
        min_length=1, max_length=LONGEST_TEXT, pattern=r"\S", description="Words.", examples=["calm piano"]
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="How many on a page at most.", examples=[10])]
Seed = Annotated[int, Query(ge=0, le=2**31, description="The same seed, the same answer.", examples=[1])]


class PictureFormat(StrEnum):
    """How a picture is written."""

    png = "png"
    svg = "svg"

    @property
    def media_type(self) -> str:
        """Its type on the net."""
        return "image/png" if self is PictureFormat.png else "image/svg+xml"


class PlaylistFormat(StrEnum):
    """How a playlist is written."""

    m3u8 = "m3u8"
    jspf = "jspf"
    xspf = "xspf"

    @property
    def media_type(self) -> str:
        """Its type on the net."""
        return {
            "m3u8": "audio/x-mpegurl; charset=utf-8",
            "jspf": "application/jspf+json; charset=utf-8",
            "xspf": "application/xspf+xml; charset=utf-8",
        }[self.value]
