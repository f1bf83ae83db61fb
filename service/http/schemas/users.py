"""Users: tastes, listens, feedback, decisions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from service.http.schemas.base import WHOLE, Answer, FromRelease, Given, Ref, Song
from service.http.schemas.songs import Axis


class Interest(Answer):
    """An interest: its share of the listening, the song that stands for it, more of it."""

    weight: float
    medoid: Song
    songs: list[Song]
    mark: str = ""


class Profile(FromRelease):
    """What is known of a taste."""

    user: str
    listens: int
    songs: int
    feedback: dict[str, int]
    interests: list[Interest]
    most_played: list[Song]
    axes: list[Axis]
    forgotten: int = 0


class Neighbour(Answer):
    """A user of similar taste, and songs that both like best."""

    user: str
    similarity: float
    shared: list[Song]


class Neighbours(FromRelease):
    """Users of similar taste, nearest first."""

    user: str
    neighbours: list[Neighbour]


class UserOut(Answer):
    """A user, and how much they listened."""

    user: str
    name: str
    listens: int


class UserPage(Answer):
    """A page of users."""

    users: list[UserOut]
    next: str | None = None


class NewUser(Given):
    """A user to be made: an external id, `scheme:value`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user": "app:ann"}]})

    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}:[!-~]{1,300}$")]


class ListenIn(Given):
    """One play of a song at Unix seconds; `completion` is the share that was played."""

    song: Ref
    listened_at_s: Annotated[int, Field(ge=0, le=2**33), WHOLE]
    completion: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)


class ListensIn(Given):
    """Listens, in any order; what was sent before counts once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"listens": [{"song": "sample:5", "listened_at_s": 1790000000}]}]}
    )

    listens: list[ListenIn] = Field(min_length=1, max_length=1_000)


class Submitted(Answer):
    """How many listens were new, how many were known, and the songs that nobody knows."""

    added: int
    known: int
    unknown: list[str]


class Listen(Answer):
    """A listen."""

    song: str
    title: str
    artist: str
    listened_at_s: int
    completion: float | None


class ListenPage(Answer):
    """A page of listens, newest first."""

    listens: list[Listen]
    next: str | None = None


class FeedbackIn(Given):
    """What is said of a song; "clear" takes back whatever was said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "like"}]})

    kind: Literal["like", "dislike", "block", "clear"]


class Feedback(Answer):
    """What a user says of a song now, and whether that is new."""

    user: str
    song: str
    kinds: list[str]
    changed: bool


class DecisionIn(Given):
    """What is done with an interest (by its number in the profile, or its song) or a song."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"do": "mute", "what": "1"}]})

    do: Literal["pin", "mute", "forget"]
    what: Ref
    alone: bool = Field(default=False, description="Only the song, also where it stands for an interest.")


class Decision(Answer):
    """One decision."""

    do: str
    what: str
    song: str
    title: str
    artist: str


class Decisions(Answer):
    """What a user decided about the profile, and whether this request changed anything."""

    user: str
    decisions: list[Decision]
    changed: bool = False
