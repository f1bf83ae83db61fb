"""A track that was made here, into the catalogue: kept below the home folder, analysed and placed as ingest
does it, marked as generated, with the prompt that it came from.

The same file twice changes nothing: files are known by their hash. A killed run leaves a song that is whole,
or one that the next call completes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from db.repositories import audio as audio_repository
from db.repositories import generations
from db.repositories import lyrics as lyrics_repository
from db.repositories import placements as placements_repository
from db.repositories import songs as songs_repository
from db.repositories.generations import StoredGeneration
from db.session import SessionFactory, write_transaction
from generation.audio.record import Record, RecordError, load_record, record_path
from pipelines.ingest import LOCK, ingest
from pipelines.release_files import current_name
from pipelines.track_lyrics import SOURCE, lyrics_in

logger = logging.getLogger(__name__)

FOLDER = "generations"


class TrackNotAddedError(Exception):
    """The file cannot be taken into the catalogue; the message says why."""


@dataclass(frozen=True)
class AddedTrack:
    """A track in the catalogue.

    Attributes
    ----------
    song : str
        Our own id, as `songspace:17`.
    path : str
        Where it lies.
    is_new, is_placed : bool
        Whether it was not there before; whether it has a place in the published release's space, and is
        recommended.
    """

    song: str
    title: str
    path: str
    is_new: bool
    is_placed: bool


@dataclass(frozen=True)
class ListedTrack:
    """A generated track of the catalogue, as people are shown it; `likes` and `dislikes` are of all users."""

    song: str
    title: str
    prompt: str
    made_at: str
    path: str
    likes: int
    dislikes: int


def add_track(
    session_factory: SessionFactory,
    home: Path,
    path: Path,
    *,
    prompt: str | None = None,
    record: Record | None = None,
    user_id: int | None = None,
    given_in: Path | None = None,
) -> AddedTrack:
    """Put a finished track into the catalogue.

    Parameters
    ----------
    path : Path
        A file of `generation.audio.export`; one outside the home folder is copied into it, with its record.
    prompt : str, optional
        As it was given; by default the record's.
    record : Record, optional
        By default the one beside the file.
    user_id : int, optional
        For whom it was made.
    given_in : Path, optional
        Where a sound lies that was changed, if the record does not say (`load_record`).

    Raises
    ------
    TrackNotAddedError
        It cannot be read as music, has no record, or was changed since.
    OSError, DatabaseError
    """
    if record is None:
        try:
            record = load_record(record_path(path), given_in=given_in)
        except RecordError as error:
            raise TrackNotAddedError(f"only tracks that were made here are added: {error}") from None
    sha256 = sha256_of_file(path)
    if sha256 != record.file_sha256:
        raise TrackNotAddedError(f"{path} is not the file that its record tells of: it was changed since")
    with session_factory() as session:
        known = _known(session, sha256)
    if known is not None and Path(known.path).is_file():
        return _added(session_factory, home, known, is_new=False)
    kept = _kept(home.resolve(), path.resolve(), sha256)
    report = ingest([kept], session_factory=session_factory, format="audio", releases=home / "releases")
    with write_transaction(session_factory, lock=LOCK) as session:
        files = audio_repository.files_with(session, hashes=[sha256])
        if not files:
            raise TrackNotAddedError(
                "; ".join(problem.reason for problem in report.problems) or f"{path} is no music"
            )
        song_id = files[0].song_id
        made = StoredGeneration(
            song_id=song_id,
            prompt=_prompt_of(record) if prompt is None else prompt,
            path=str(kept),
            sha256=sha256,
            user_id=user_id,
            made_at=record.made_at,
        )
        is_new = generations.add_audio(session, made, _parameters(record))
        generations.mark_generated(session, song_id, recording_key=f"generated:{sha256}")
        words = lyrics_in(record.settings)
        if words is not None:
            lyrics_repository.store_words(session, song_id, SOURCE, title=words[0], text=words[1])
    _place(session_factory, home)
    return _added(session_factory, home, made, is_new=is_new)


def generated_tracks(session_factory: SessionFactory) -> list[ListedTrack]:
    """The generated tracks of the catalogue, newest first, with their prompts."""
    with session_factory() as session:
        made = generations.added_audio(session)
        described = songs_repository.describe_songs(session, [one.song_id for one in made])
        ratings = generations.ratings_of(session, [one.song_id for one in made])
    words: dict[int, list[str]] = {}
    for rating in ratings:
        words.setdefault(rating.song_id, []).append(rating.kind)
    return [
        ListedTrack(
            f"songspace:{one.song_id}",
            described[one.song_id].title,
            one.prompt,
            one.made_at,
            one.path,
            words.get(one.song_id, []).count("like"),
            sum(kind != "like" for kind in words.get(one.song_id, [])),
        )
        for one in made
        if one.song_id in described
    ]


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _known(session: Session, sha256: str) -> StoredGeneration | None:
    found = generations.audio_of_hash(session, sha256)
    if found is None or not songs_repository.existing_songs(session, [found.song_id]):
        return None
    return found


def _kept(home: Path, path: Path, sha256: str) -> Path:
    """The file below the home folder: where it is, or a copy, whole or not at all."""
    if path.is_relative_to(home):
        return path
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{path.stem[:80]}-{sha256[:12]}{path.suffix}"
    pairs = [(path, kept)]
    if record_path(path).is_file():
        pairs.insert(0, (record_path(path), record_path(kept)))
    for source, target in pairs:
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copyfile(source, beside)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    return kept


def _prompt_of(record: Record) -> str:
    """The prompt as it was given: with the names that became a style."""
    said = record.settings.get("style_from") or {}
    return str(said.get("prompt") or record.request.prompt or "")


def _parameters(record: Record) -> Mapping[str, Any]:
    """What the row of a generation says of how it was made; all of it is in the record beside the file."""
    request = record.request.to_json()
    request.pop("style", None)
    return {
        "request": request,
        "model": record.model,
        "backend": record.backend,
        "style_from": record.settings.get("style_from"),
    }


def _place(session_factory: SessionFactory, home: Path) -> None:
    """Place it again, now that it is known to be generated: by its sound alone."""
    from pipelines.new_songs import place_after_ingest

    place_after_ingest(session_factory, home)


def _added(
    session_factory: SessionFactory, home: Path, made: StoredGeneration, *, is_new: bool
) -> AddedTrack:
    release = current_name(home / "releases")
    with session_factory() as session:
        title = songs_repository.describe_songs(session, [made.song_id])[made.song_id].title
        placed = release is not None and made.song_id in placements_repository.placed_facts(session, release)
    logger.info("generated: song %d, %s", made.song_id, "new" if is_new else "known")
    return AddedTrack(f"songspace:{made.song_id}", title, made.path, is_new, placed)
