"""What clients of ListenBrainz send, checked, and what they are answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from db.repositories.songs import SongDescription
from pipelines.scrobble import Heard, HeardPage, msid_of
from pipelines.sources.collector import Song
from pipelines.sources.listenbrainz import song_of
from pipelines.sources.values import clean_text
from service.now_playing import Playing

MOST_LISTENS = 1_000
# The names of things are cut to this length when they are stored; longer ones are no names.
_LONGEST_NAME = 4_000
_LATEST_S = 2**33


def _told(text: str) -> str:
    cleaned = clean_text(text)
    if not cleaned:
        raise ValueError("says nothing")
    return cleaned


Name = Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_told)]


class TrackMetadata(BaseModel):
    """What was played."""

    track_name: Name
    artist_name: Name
    release_name: Annotated[str | None, Field(max_length=_LONGEST_NAME)] = None
    additional_info: dict[str, Any] | None = None
    mbid_mapping: dict[str, Any] | None = None


class ListenIn(BaseModel):
    """One play; a song that is being played has no time."""

    listened_at: Annotated[int | None, Field(ge=1, le=_LATEST_S)] = None
    track_metadata: TrackMetadata

    def song(self) -> Song:
        """The song, as readers of exports tell it."""
        return song_of({"track_metadata": self.track_metadata.model_dump(exclude_none=True)})


class Submission(BaseModel):
    """Listens, one or many, or the song that is being played."""

    listen_type: Literal["single", "playing_now", "import"]
    payload: Annotated[list[ListenIn], Field(min_length=1, max_length=MOST_LISTENS)]


class DeletedListen(BaseModel):
    """A listen that is to be deleted, by its time and the UUID that its song goes by."""

    listened_at: Annotated[int, Field(ge=1, le=_LATEST_S)]
    recording_msid: Annotated[UUID, Field(description="As listens come back with it.")]


class RecordingFeedback(BaseModel):
    """Love (1), hate (-1), or neither (0), of a recording by one of its ids."""

    model_config = ConfigDict(extra="ignore")

    score: Annotated[int, Field(ge=-1, le=1)]
    recording_mbid: Annotated[str | None, Field(max_length=100)] = None
    recording_msid: Annotated[str | None, Field(max_length=100)] = None


def listens_document(page: HeardPage, user: str) -> dict[str, Any]:
    """A page of listens."""
    listens = [_listen(one, user) for one in page.listens]
    return {
        "payload": {
            "count": len(listens),
            "user_id": user,
            "listens": listens,
            "latest_listen_ts": page.latest_s,
            "oldest_listen_ts": page.oldest_s,
        }
    }


def playing_document(playing: Playing | None, user: str) -> dict[str, Any]:
    """The song that is being played, or none."""
    listens = []
    if playing is not None:
        told = {"track_name": playing.title, "artist_name": playing.artist}
        told |= {"release_name": playing.album} if playing.album else {}
        listens = [{"playing_now": True, "user_name": user, "track_metadata": told | {"additional_info": {}}}]
    payload = {"count": len(listens), "user_id": user, "playing_now": True, "listens": listens}
    return {"payload": payload}


def track_metadata(song: SongDescription) -> dict[str, Any]:
    """What is known of a song."""
    info: dict[str, Any] = {"recording_msid": msid_of(song.song_id)}
    if mbid := mbid_of(song):
        info["recording_mbid"] = mbid
    if song.duration_ms:
        info["duration_ms"] = song.duration_ms
    told: dict[str, Any] = {"track_name": song.title, "artist_name": song.artist}
    told |= {"release_name": song.album} if song.album else {}
    told |= {"mbid_mapping": {"recording_mbid": mbid}} if mbid else {}
    return told | {"additional_info": info}


def mbid_of(song: SongDescription) -> str | None:
    """The MusicBrainz id of a song; None where it has none."""
    return next((ref.removeprefix("mbid:") for ref in song.refs if ref.startswith("mbid:")), None)


def feedback_document(
    rows: Iterable[tuple[SongDescription, int, int]], user: str, *, total: int, offset: int, metadata: bool
) -> dict[str, Any]:
    """Feedback: songs with score and Unix seconds."""
    found = [
        {
            "created": given_at_s,
            "recording_mbid": mbid_of(song),
            "recording_msid": msid_of(song.song_id),
            "score": score,
            "track_metadata": track_metadata(song) if metadata else None,
            "user_id": user,
        }
        for song, score, given_at_s in rows
    ]
    return {"feedback": found, "count": len(found), "total_count": total, "offset": offset}


def _listen(one: Heard, user: str) -> dict[str, Any]:
    return {
        "listened_at": one.listened_at_s,
        "recording_msid": msid_of(one.song.song_id),
        "user_name": user,
        "track_metadata": track_metadata(one.song),
    }
