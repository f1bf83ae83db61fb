"""What the label's catalogue is written on: an artist, their scores, their albums and tracks.

A track is its title. A trailing ` ~` marks a slow and quiet song, a trailing ` ^` a fast and bright one;
neither is part of the title. A title that is another title of the same artist plus something in parentheses
is a second version of that recording (live, remastered, acoustic, with a guest).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

QUIET_MARK = " ~"
BRIGHT_MARK = " ^"


@dataclass(frozen=True)
class Album:
    """One album: its title, the year it came out, its tracks in order."""

    title: str
    year: int
    tracks: tuple[str, ...]


@dataclass(frozen=True)
class Artist:
    """One artist of the label.

    `scores` names the genres the artist is at home in and the attributes in which they differ from what
    those genres usually sound like, each from 0 to 1.
    """

    name: str
    scores: Mapping[str, float]
    albums: tuple[Album, ...]
