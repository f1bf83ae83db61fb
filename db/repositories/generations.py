"""Tracks that were made here and are in the catalogue: where they came from, and what people say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import Feedback, Generation, Song, now
from db.repositories.bulk import chunks, own_ids
from db.text import bounded, cleaned

AUDIO = "audio"


@dataclass(frozen=True)
class StoredGeneration:
    """A track of the catalogue that was made here.

    Attributes
    ----------
    song_id : int
    prompt : str
        As it was given; "" for none.
    path, sha256 : str
        Of its file.
    user_id : int or None
        For whom it was made.
    made_at : str
        UTC, as "2026-11-21T14:46:52Z".
    """

    song_id: int
    prompt: str
    path: str
    sha256: str
    user_id: int | None
    made_at: str


@dataclass(frozen=True)
class Rating:
    """What one user says of one generated song: "like", "dislike" or "block"."""

    user_id: int
    song_id: int
    kind: str


def add_audio(session: Session, made: StoredGeneration, parameters: Mapping[str, Any]) -> bool:
    """Store that a song of the catalogue was made here; a file that is known changes nothing but where it
    lies and which song it is. Returns whether it is new.
    """
    result = {"song_id": made.song_id, "path": made.path, "sha256": made.sha256, "made_at": made.made_at}
    found = session.execute(_with_hash(made.sha256)).scalars().first()
    if found is not None:
        if found.result != result:
            found.result = {**result, "made_at": (found.result or {}).get("made_at", made.made_at)}
            session.flush()
        return False
    moment = now()
    session.add(
        Generation(
            kind=AUDIO, state="done", prompt=cleaned(made.prompt), parameters=dict(parameters), result=result,
            user_id=made.user_id, created_at=moment, finished_at=moment,
        )
    )  # fmt: skip
    session.flush()
    return True


def audio_of_hash(session: Session, sha256: str) -> StoredGeneration | None:
    """Return the generated track of the catalogue with this file; None where there is none."""
    found = session.execute(_with_hash(sha256)).scalars().first()
    return None if found is None else _stored(found)


def added_audio(session: Session) -> list[StoredGeneration]:
    """Return all generated tracks of the catalogue, newest first."""
    has_song = Generation.result["song_id"].as_integer().is_not(None)
    where = (Generation.kind == AUDIO, Generation.result.is_not(None), has_song)
    rows = session.execute(select(Generation).where(*where).order_by(Generation.id.desc())).scalars()
    return [_stored(row) for row in rows]


def mark_generated(session: Session, song_id: int, *, recording_key: str) -> None:
    """Mark a song as made here, a recording of its own whatever its title."""
    values = {"is_generated": True, "recording_key": bounded(recording_key)}
    session.execute(update(Song).where(Song.id == song_id).values(**values))


def generated_among(session: Session, song_ids: Iterable[int]) -> set[int]:
    """Return those of the songs that were made here."""
    found: set[int] = set()
    for chunk in chunks(own_ids(song_ids)):
        where = (Song.id.in_(chunk), Song.is_generated.is_(True))
        found.update(session.execute(select(Song.id).where(*where)).scalars())
    return found


def ratings_of(session: Session, song_ids: Iterable[int] | None = None) -> list[Rating]:
    """Return what users say of songs that were made here, all by default, by user and song; who blocks a song
    and dislikes it says so twice.
    """
    columns = (Feedback.user_id, Feedback.song_id, Feedback.kind)
    statement = select(*columns).join(Song, Song.id == Feedback.song_id).where(Song.is_generated.is_(True))
    parts = (
        [statement]
        if song_ids is None
        else [statement.where(Feedback.song_id.in_(chunk)) for chunk in chunks(own_ids(song_ids))]
    )
    return sorted(
        (Rating(*row) for part in parts for row in session.execute(part)),
        key=lambda one: (one.user_id, one.song_id, one.kind),
    )


def _with_hash(sha256: str) -> Any:
    where = (Generation.kind == AUDIO, Generation.result["sha256"].as_string() == sha256)
    return select(Generation).where(*where).order_by(Generation.id)


def _stored(row: Generation) -> StoredGeneration:
    result = row.result or {}
    return StoredGeneration(
        int(result["song_id"]),
        row.prompt,
        str(result.get("path", "")),
        str(result.get("sha256", "")),
        row.user_id,
        str(result.get("made_at", "")),
    )
