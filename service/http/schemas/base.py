"""What all answers and bodies share, and songs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.http.given import LONGEST_REF, LONGEST_TEXT, STORABLE

SONG: dict[str, Any] = {
    "song": "sample:7",
    "title": "Slow Rivers",
    "artist": "The Mallow Trio",
    "score": 0.8314,
}
RELEASE: dict[str, Any] = {"release": "20261121-030000-1", "notice": ""}


def _whole(given: Any) -> Any:
    return int(given) if isinstance(given, float) and given.is_integer() else given


# JSON knows one kind of number: 17689.0 is an integer there, and what some clients write for 17689. It stands
# behind the bounds, `Annotated[int, Field(ge=1), WHOLE]`: before them they would be lost in the document.
WHOLE = BeforeValidator(_whole)
Ref = Annotated[str, Field(min_length=1, max_length=LONGEST_REF, pattern=STORABLE)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=STORABLE)]
Listed = Annotated[list[Ref], Field(max_length=10_000)]


class Given(BaseModel):
    """A body; what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(BaseModel):
    """An answer."""

    @classmethod
    def of(cls, answer: Any, **more: Any) -> Self:
        """Make it of a use case's answer."""
        return cls.model_validate({**asdict(answer), **more})


class Song(Answer):
    """A song: its name for programs, in the asker's namespace, for people, and its score."""

    model_config = ConfigDict(json_schema_extra={"examples": [SONG]})

    song: str
    title: str
    artist: str
    score: float


class FromRelease(Answer):
    """An answer made from a release."""

    release: str | None = None
    notice: str = ""


class SongList(FromRelease):
    """Songs, best first; `fallback` is "popular" where nothing better could be said."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"songs": [SONG], "fallback": None, **RELEASE}]}
    )

    songs: list[Song]
    fallback: str | None = None
