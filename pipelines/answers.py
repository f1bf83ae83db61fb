"""What the use cases answer: frozen records that an edge prints, or turns into JSON with
`dataclasses.asdict`.

Pure. Songs are named in the asker's namespace where they have a name there, else by our own id
(`songspace:17`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

POPULAR = "popular"


@dataclass(frozen=True)
class SongAnswer:
    """One song of an answer: its name for programs, for people, and its score (larger is better)."""

    song: str
    title: str
    artist: str
    score: float


@dataclass(frozen=True)
class Because:
    """One listen that pulled a song in, and the share of the song's score that goes when it is taken away,
    0..1.
    """

    song: str
    title: str
    artist: str
    share: float


@dataclass(frozen=True)
class Recommendation:
    """A recommended song with its reasons: listens, the signal that speaks loudest, and who brought it up."""

    song: str
    title: str
    artist: str
    score: float
    because: tuple[Because, ...] = ()
    signal: str = ""
    retriever: str = ""


@dataclass(frozen=True)
class Recommendations:
    """Songs for a user, best first.

    `user` is "" for somebody who is none. `fallback` names what stood in for the taste ("popular") or is
    None; `relaxed` names the rules that gave way; no artist has more songs than `artist_cap`.
    """

    user: str
    songs: tuple[Recommendation, ...]
    release: str | None
    fallback: str | None = None
    relaxed: tuple[str, ...] = ()
    artist_cap: int = 1


@dataclass(frozen=True)
class SongList:
    """Songs, best first, and the release that they come from."""

    songs: tuple[SongAnswer, ...]
    release: str | None
    fallback: str | None = None


@dataclass(frozen=True)
class InterestAnswer:
    """One interest: its share of the listening 0..1, the song that stands for it, and more of it.

    `mark` is "pinned" or "muted" where the user decided so.
    """

    weight: float
    medoid: SongAnswer
    songs: tuple[SongAnswer, ...]
    mark: str = ""


@dataclass(frozen=True)
class AxisScore:
    """How far something is what an axis names, 0..1."""

    axis: str
    score: float


@dataclass(frozen=True)
class ProfileAnswer:
    """What is known of a user's taste; `axes` by falling score, none where the release has none.

    `interests` has the muted ones last; their place, from 1, is the number that they go by. `forgotten` is
    how many songs the user wants to be forgotten.
    """

    user: str
    listens: int
    songs: int
    feedback: Mapping[str, int]
    interests: tuple[InterestAnswer, ...]
    most_played: tuple[SongAnswer, ...]
    release: str
    axes: tuple[AxisScore, ...] = ()
    forgotten: int = 0


@dataclass(frozen=True)
class Neighbour:
    """A user of similar taste: the cosine of both overall vectors less the mean
    of all users', and songs that both like best.
    """

    user: str
    similarity: float
    shared: tuple[SongAnswer, ...]


@dataclass(frozen=True)
class Neighbours:
    """Users of similar taste, nearest first."""

    user: str
    neighbours: tuple[Neighbour, ...]
    release: str
