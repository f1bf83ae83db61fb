"""The audio files of one batch into the database, and which songs they hold.

A file's row goes with its content: where the hash is known and the file that had it lies no longer where it
did, the row moves, with all that was measured. Where other content lies at a known path, it is the same song
if it is as long, or has the same name (its tags were edited), and else another one.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from db.repositories import audio
from db.repositories.audio import StoredFile
from db.repositories.catalogue import facts_of
from db.session import SessionFactory
from db.text import name_key
from pipelines.columns import ARTIST, DURATION_S, MTIME_NS, PATH, SHA256, SIZE_BYTES, SONG_REF, TITLE
from pipelines.resolve import Id
from pipelines.sources.audio_folder import FileStamp, Known

FILE_SCHEME, PATH_SCHEME = "file", "path"
_SAME_LENGTH_S = 0.1


@dataclass(frozen=True)
class StoredFiles:
    """The songs of a batch's files, by ref, and which of them have a file that is new or lies elsewhere."""

    song_of: dict[str, int]
    changed: set[int]


def known_files(session_factory: SessionFactory) -> Known:
    """Return the files as they last came in, by path: what need not be read again."""
    with session_factory() as session:
        return {
            file.path: FileStamp(
                file.size_bytes,
                file.mtime_ns,
                file.sha256,
                math.nan if file.duration_s is None else file.duration_s,
            )
            for file in audio.all_files(session)
            if file.mtime_ns is not None
        }


def ids_of_files(session: Session, ids: Iterable[Id]) -> dict[Id, int]:
    """Return the songs of external ids that name stored files, by hash (`file`) or by place (`path`)."""
    wanted = set(ids)
    of_scheme = {
        scheme: [value for name, value in wanted if name == scheme] for scheme in (FILE_SCHEME, PATH_SCHEME)
    }
    if not any(of_scheme.values()):
        return {}
    found: dict[Id, int] = {}
    for file in audio.files_with(session, paths=of_scheme[PATH_SCHEME], hashes=of_scheme[FILE_SCHEME]):
        found.setdefault((FILE_SCHEME, file.sha256), file.song_id)
        found[PATH_SCHEME, file.path] = file.song_id
    return {pair: song for pair, song in found.items() if pair in wanted}


def edited_files(session: Session, files: pd.DataFrame, songs: pd.DataFrame) -> dict[Id, int]:
    """Return the songs of files whose content is new but which still hold the song that they held."""
    lies_at = {file.path: file for file in audio.files_with(session, paths=files[PATH].tolist())}
    known = {file.sha256 for file in audio.files_with(session, hashes=files[SHA256].tolist())}
    named = {ref: name_key(title, artist) for ref, title, artist in _columns(songs, SONG_REF, TITLE, ARTIST)}
    fresh = [
        (ref, lies_at[path], sha256, duration_s)
        for ref, path, sha256, duration_s in _columns(files, SONG_REF, PATH, SHA256, DURATION_S)
        if path in lies_at and sha256 not in known
    ]
    facts = facts_of(session, (file.song_id for _, file, _, _ in fresh))
    same: dict[Id, int] = {}
    for ref, file, sha256, duration_s in fresh:
        stored = facts[file.song_id]
        is_as_long = abs((file.duration_s or math.inf) - duration_s) <= _SAME_LENGTH_S
        if is_as_long or named.get(ref, "") == name_key(stored.title, stored.artist) != "":
            same[FILE_SCHEME, sha256] = file.song_id
    return same


def store_files(
    session: Session,
    files: pd.DataFrame,
    *,
    song_of: Mapping[str, int],
    lies_there: Callable[[str], bool] = os.path.exists,
) -> StoredFiles:
    """Store a batch's files, a frame of FILES.

    `song_of` are the songs of the refs that came with a song; the others are known by their hash.
    `lies_there` says whether there is still a file at a path.
    """
    at, of_hash = _known(session, files)
    songs = dict(song_of)
    incoming: list[StoredFile] = []
    for ref, path, sha256, size, mtime, duration in _columns(
        files, SONG_REF, PATH, SHA256, SIZE_BYTES, MTIME_NS, DURATION_S
    ):
        if ref not in songs and sha256 in of_hash:
            songs[ref] = of_hash[sha256][0].song_id
        if ref in songs:
            seconds = None if math.isnan(duration) else float(duration)
            incoming.append(StoredFile(0, songs[ref], path, sha256, int(size), int(mtime), seconds))
    kept, arriving = _split(incoming, at)
    paths = {file.path for file in incoming}
    staying = {file.file_id for file in kept}
    moving = [
        file
        for file in chain.from_iterable(of_hash.values())
        if file.file_id not in staying and (file.path in paths or not lies_there(file.path))
    ]
    placed, new, emptied = _place(arriving, moving, at)
    in_use = {file.file_id for file in placed}
    displaced = [at[file.path].file_id for file in arriving if file.path in at]
    audio.drop_files(session, [number for number in displaced if number not in in_use])
    audio.drop_features(session, emptied)
    audio.replace_files(session, [*(one for one in kept if one != at[one.path]), *placed])
    audio.add_files(session, new)
    changed = {file.song_id for file in (*placed, *new)}
    return StoredFiles({ref: songs[ref] for ref in files[SONG_REF].tolist() if ref in songs}, changed)


def mark_missing(
    session: Session,
    folders: Collection[str],
    seen: Collection[str],
    *,
    lies_there: Callable[[str], bool] = os.path.exists,
) -> int:
    """Note which files below these folders are gone; return how many were there the last time."""
    roots = tuple(folder.rstrip("/") + "/" for folder in folders)
    gone = [
        file.file_id
        for file in audio.all_files(session)
        if file.path.startswith(roots)
        and file.path not in seen
        and not file.is_missing
        and not lies_there(file.path)
    ]
    audio.set_missing(session, gone)
    return len(gone)


def _known(
    session: Session, files: pd.DataFrame
) -> tuple[dict[str, StoredFile], dict[str, list[StoredFile]]]:
    """Stored files that may be meant: by path, and all of a hash."""
    stored = audio.files_with(session, paths=files[PATH].tolist(), hashes=files[SHA256].tolist())
    of_hash: dict[str, list[StoredFile]] = {}
    for file in stored:
        of_hash.setdefault(file.sha256, []).append(file)
    return {file.path: file for file in stored}, of_hash


def _split(
    incoming: Iterable[StoredFile], at: Mapping[str, StoredFile]
) -> tuple[list[StoredFile], list[StoredFile]]:
    """Files that are where they were, with their row's id, and those that arrive at their path."""
    kept, arriving = [], []
    for file in incoming:
        there = at.get(file.path)
        if there is not None and there.sha256 == file.sha256:
            kept.append(replace(file, file_id=there.file_id))
        else:
            arriving.append(file)
    return kept, arriving


def _place(
    arriving: Iterable[StoredFile], moving: Iterable[StoredFile], at: Mapping[str, StoredFile]
) -> tuple[list[StoredFile], list[StoredFile], list[int]]:
    """Give each arriving file a row: one of its content that moves, else the one at its path, else a new one.

    Returns files with their row's id, new files, and ids of rows whose measures belong to other content.
    """
    free: dict[str, list[StoredFile]] = {}
    for file in moving:
        free.setdefault(file.sha256, []).append(file)
    placed, rest = [], []
    for file in arriving:
        if free.get(file.sha256):
            placed.append(replace(file, file_id=free[file.sha256].pop(0).file_id))
        else:
            rest.append(file)
    taken = {file.file_id for file in placed}
    new, emptied = [], []
    for file in rest:
        there = at.get(file.path)
        if there is not None and there.file_id not in taken:
            placed.append(replace(file, file_id=there.file_id))
            emptied.append(there.file_id)
            taken.add(there.file_id)
        else:
            new.append(file)
    return placed, new, emptied


def _columns(frame: pd.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(frame[name].tolist() for name in names), strict=True))
