"""Audio files as they are stored: where they lie, which songs they hold, and what was measured in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Session

from db.models import AudioFeatures, AudioFile, Song, now
from db.repositories.bulk import chunks, insert_rows, own_ids, table_of

PROBLEM = "problem"  # The measure of a file that could not be analysed: the reason.


@dataclass(frozen=True)
class StoredFile:
    """One audio file; `file_id` is 0 for one that is to be stored."""

    file_id: int
    song_id: int
    path: str
    sha256: str
    size_bytes: int
    mtime_ns: int | None
    duration_s: float | None
    is_missing: bool = False


@dataclass(frozen=True)
class Features:
    """What was measured in one file; see `db.models.AudioFeatures`."""

    measures: Mapping[str, Any]
    embedding: NDArray[np.float32] | None = None


_FILE = (
    AudioFile.id,
    AudioFile.song_id,
    AudioFile.path,
    AudioFile.sha256,
    AudioFile.size_bytes,
    AudioFile.mtime_ns,
    AudioFile.duration_s,
    AudioFile.missing_since,
)


def all_files(session: Session) -> list[StoredFile]:
    """Return all files, by id."""
    return [_stored(row) for row in session.execute(select(*_FILE).order_by(AudioFile.id))]


def files_of_song(session: Session, song_id: int) -> list[StoredFile]:
    """Return the files that hold a song, by id, missing ones too."""
    statement = select(*_FILE).where(AudioFile.song_id == song_id).order_by(AudioFile.id)
    return [_stored(row) for row in session.execute(statement)]


def files_with(
    session: Session, *, paths: Iterable[str] = (), hashes: Iterable[str] = ()
) -> list[StoredFile]:
    """Return the files that lie at one of these paths or have one of these hashes, by id, each once."""
    found: dict[int, StoredFile] = {}
    for column, values in ((AudioFile.path, paths), (AudioFile.sha256, hashes)):
        for chunk in chunks(dict.fromkeys(values)):
            rows = session.execute(select(*_FILE).where(column.in_(chunk)))
            found.update((row.id, _stored(row)) for row in rows)
    return [found[number] for number in sorted(found)]


def add_files(session: Session, files: Sequence[StoredFile]) -> None:
    """Store files whose paths are new."""
    created_at = now()
    insert_rows(session, AudioFile, [_row(file) | {"created_at": created_at} for file in files])


def replace_files(session: Session, files: Sequence[StoredFile]) -> None:
    """Store these files in the place of what was known of them, by id. Paths may change hands among them."""
    if not files:
        return
    table = table_of(AudioFile)
    by_id = table.c.id == bindparam("file")
    # No path may be held twice, at any moment: all are given up before they are taken.
    session.execute(
        update(table).where(by_id),
        [{"file": file.file_id, "path": f"moving:{file.file_id}"} for file in files],
    )
    session.execute(update(table).where(by_id), [{"file": file.file_id, **_row(file)} for file in files])


def set_missing(session: Session, file_ids: Iterable[int]) -> None:
    """Note that these files were not found now; of those that were missing before, the time stays."""
    for chunk in chunks(own_ids(file_ids)):
        where = (AudioFile.id.in_(chunk), AudioFile.missing_since.is_(None))
        session.execute(update(AudioFile).where(*where).values(missing_since=now()))


def drop_files(session: Session, file_ids: Iterable[int]) -> None:
    """Forget these files, whose content is nowhere any more, and what was measured in them."""
    for chunk in chunks(own_ids(file_ids)):
        session.execute(delete(AudioFile).where(AudioFile.id.in_(chunk)))


def drop_features(session: Session, file_ids: Iterable[int]) -> None:
    """Forget what was measured in these files, whose content is another now."""
    for chunk in chunks(own_ids(file_ids)):
        session.execute(delete(AudioFeatures).where(AudioFeatures.audio_file_id.in_(chunk)))


def files_without_features(session: Session, version: str) -> list[StoredFile]:
    """Return the files that this version of the analysis has not measured, by id, without missing ones."""
    measured = exists().where(
        and_(AudioFeatures.audio_file_id == AudioFile.id, AudioFeatures.version == version)
    )
    where = (~measured, AudioFile.missing_since.is_(None))
    return [_stored(row) for row in session.execute(select(*_FILE).where(*where).order_by(AudioFile.id))]


def save_features(session: Session, version: str, features: Mapping[int, Features]) -> None:
    """Store what was measured in files, by their ids, in the place of what this version measured before."""
    for chunk in chunks(features):
        where = (AudioFeatures.audio_file_id.in_(chunk), AudioFeatures.version == version)
        session.execute(delete(AudioFeatures).where(*where))
    created_at = now()
    rows = [
        {
            "audio_file_id": number,
            "version": version,
            "measures": dict(one.measures),
            "embedding": None if one.embedding is None else one.embedding.astype("<f4").tobytes(),
            "created_at": created_at,
        }
        for number, one in features.items()
    ]
    if rows:
        insert_rows(session, AudioFeatures, rows)


def features_of_hashes(session: Session, version: str, hashes: Iterable[str]) -> dict[str, Features]:
    """Return what this version measured in files of these hashes, wherever they lie."""
    statement = (
        select(AudioFile.sha256, AudioFeatures.measures, AudioFeatures.embedding)
        .join(AudioFeatures, AudioFeatures.audio_file_id == AudioFile.id)
        .where(AudioFeatures.version == version)
        .order_by(AudioFile.id)
    )
    found: dict[str, Features] = {}
    for chunk in chunks(dict.fromkeys(hashes)):
        for sha256, measures, embedding in session.execute(statement.where(AudioFile.sha256.in_(chunk))):
            found.setdefault(sha256, Features(measures, _vector(embedding)))
    return found


def features_of_songs(
    session: Session, version: str, song_ids: Iterable[int] | None = None
) -> dict[int, Features]:
    """Return, by song, what this version measured in its first file that has an embedding.

    All songs by default; those without such a file are left out. Missing files count.
    """
    statement = (
        select(AudioFile.song_id, AudioFeatures.measures, AudioFeatures.embedding)
        .join(AudioFeatures, AudioFeatures.audio_file_id == AudioFile.id)
        .where(AudioFeatures.version == version, AudioFeatures.embedding.is_not(None))
        .order_by(AudioFile.song_id, AudioFile.id)
    )
    parts = (
        [statement]
        if song_ids is None
        else [statement.where(AudioFile.song_id.in_(chunk)) for chunk in chunks(own_ids(song_ids))]
    )
    found: dict[int, Features] = {}
    for part in parts:
        for song_id, measures, embedding in session.execute(part):
            found.setdefault(song_id, Features(measures, _vector(embedding)))
    return found


def style_embeddings(
    session: Session, version: str, song_ids: Iterable[int] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the songs that have an embedding of this version, ascending, and that of each one's first file.

    As `features_of_songs` without the measures: shapes (n,) and (n, size), (0, 0) where there are none.
    """
    statement = (
        select(AudioFile.song_id, AudioFeatures.embedding)
        .join(AudioFeatures, AudioFeatures.audio_file_id == AudioFile.id)
        .where(AudioFeatures.version == version, AudioFeatures.embedding.is_not(None))
        .order_by(AudioFile.song_id, AudioFile.id)
    )
    parts = (
        [statement]
        if song_ids is None
        else [statement.where(AudioFile.song_id.in_(chunk)) for chunk in chunks(own_ids(song_ids))]
    )
    found: dict[int, Any] = {}
    for part in parts:
        for song_id, embedding in session.execute(part):
            found.setdefault(song_id, embedding)
    songs = sorted(found)
    if not songs:
        return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
    vectors = np.stack([np.frombuffer(found[song], "<f4") for song in songs]).astype(np.float32)
    return np.array(songs, np.int64), vectors


def some_style_embeddings(session: Session, version: str, most: int) -> NDArray[np.float32]:
    """Return at most so many embeddings of this version, of songs that were not made here, first ones first:
    shape (n, size), (0, 0) where there are none.
    """
    where = (
        AudioFeatures.version == version,
        AudioFeatures.embedding.is_not(None),
        Song.is_generated.is_(False),
    )
    statement = (
        select(AudioFeatures.embedding)
        .join(AudioFile, AudioFile.id == AudioFeatures.audio_file_id)
        .join(Song, Song.id == AudioFile.song_id)
        .where(*where)
        .order_by(AudioFile.id)
        .limit(most)
    )
    found = list(session.execute(statement).scalars())
    if not found:
        return np.zeros((0, 0), np.float32)
    return np.stack([np.frombuffer(one, "<f4") for one in found if one is not None]).astype(np.float32)


def count_sounds(session: Session, version: str) -> int:
    """Return how many songs have an embedding of this version."""
    statement = (
        select(func.count(AudioFile.song_id.distinct()))
        .join(AudioFeatures, AudioFeatures.audio_file_id == AudioFile.id)
        .where(AudioFeatures.version == version, AudioFeatures.embedding.is_not(None))
    )
    return int(session.execute(statement).scalar_one())


def problems_of(session: Session, version: str, paths: Iterable[str]) -> dict[str, str]:
    """Return, by path, why this version of the analysis could not measure a file."""
    statement = (
        select(AudioFile.path, AudioFeatures.measures)
        .join(AudioFeatures, AudioFeatures.audio_file_id == AudioFile.id)
        .where(AudioFeatures.version == version, AudioFeatures.embedding.is_(None))
    )
    found: dict[str, str] = {}
    for chunk in chunks(dict.fromkeys(paths)):
        for path, measures in session.execute(statement.where(AudioFile.path.in_(chunk))):
            if PROBLEM in measures:
                found[path] = str(measures[PROBLEM])
    return found


def _vector(embedding: bytes | None) -> NDArray[np.float32] | None:
    return None if embedding is None else np.frombuffer(embedding, "<f4").astype(np.float32)


def _stored(row: Any) -> StoredFile:
    number, song_id, path, sha256, size_bytes, mtime_ns, duration_s, missing_since = row
    is_missing = missing_since is not None
    return StoredFile(number, song_id, path, sha256, size_bytes, mtime_ns, duration_s, is_missing)


def _row(file: StoredFile) -> dict[str, Any]:
    return {
        "song_id": file.song_id,
        "path": file.path,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "mtime_ns": file.mtime_ns,
        "duration_s": file.duration_s,
        "missing_since": now() if file.is_missing else None,
    }
