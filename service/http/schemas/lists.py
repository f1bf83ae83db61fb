"""Lists of songs: recommended, played on, on a path, and playlists."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from service.http.schemas.base import RELEASE, SONG, Answer, FromRelease, Given, Listed, Name, Ref, Song


class Because(Answer):
    """A listen that pulled a song in, and its share of the score."""

    song: str
    title: str
    artist: str
    share: float


class Recommendation(Answer):
    """A recommended song with its reasons."""

    song: str
    title: str
    artist: str
    score: float
    because: list[Because] = Field(default_factory=list)
    signal: str = ""
    retriever: str = ""


class Recommendations(FromRelease):
    """Songs, best first. `fallback` names what stood in for the taste, `relaxed` the rules that gave way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user": "sample:user-3",
                    "songs": [
                        SONG
                        | {
                            "because": [
                                {"song": "sample:5", "title": "Low Tide", "artist": "Ann", "share": 0.4}
                            ],
                            "signal": "it stands in the same playlists",
                            "retriever": "together",
                        }
                    ],
                    "fallback": None,
                    "relaxed": [],
                    "artist_cap": 2,
                    **RELEASE,
                }
            ]
        }
    )

    user: str
    songs: list[Recommendation]
    fallback: str | None = None
    relaxed: list[str] = Field(default_factory=list)
    artist_cap: int = 1


class Discovery(FromRelease):
    """A week's songs that a user has never heard."""

    user: str
    week: str
    songs: list[Recommendation]
    fallback: str | None = None
    relaxed: list[str] = Field(default_factory=list)


class Radio(FromRelease):
    """A stretch of a radio, in order; `after` is how many songs came before it."""

    songs: list[Song]
    seed: int
    after: int
    relaxed: list[str] = Field(default_factory=list)
    fallback: str | None = None


class SongPath(FromRelease):
    """A path, ends included; angles in degrees."""

    songs: list[Song]
    largest_step: float
    direct: float
    relaxed: list[str] = Field(default_factory=list)


class PlaylistOut(Answer):
    """A playlist with its songs in order; `unknown` are tracks of a file that no song is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"playlist": "made:3f2a", "name": "Beach", "songs": [SONG], "unknown": []}]
        }
    )

    playlist: str
    name: str
    songs: list[Song]
    unknown: list[str] = Field(default_factory=list)


class PlaylistLine(Answer):
    """A playlist in a list."""

    playlist: str
    name: str
    songs: int


class PlaylistPage(Answer):
    """A page of playlists."""

    playlists: list[PlaylistLine]
    next: str | None = None


class NewPlaylist(Given):
    """A playlist to be made; `user` is whom it belongs to, which administrators alone may say."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Beach", "songs": ["sample:5", "sample:7"]}]}
    )

    name: Name
    songs: Listed = Field(default_factory=list)
    user: Ref | None = None


class PlaylistEdit(Given):
    """What is to be other than before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"songs": ["sample:7", "sample:5"]}]})

    name: Name | None = None
    songs: Listed | None = None
