"""One batch into the database, in one transaction: its songs, then what refers to them.

Rows that refer to songs which neither the batch nor the database knows become problems; the others go in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path

import pandas as pd
from sqlalchemy.orm import Session

from db.repositories import feedback, listens, users
from db.repositories.refs import external_id
from db.repositories.songs import songs_by_alias
from pipelines.columns import COMPLETION, KIND, LISTENED_AT_S, SONG_REF, USER_REF
from pipelines.erasures import Erasures
from pipelines.ingest_files import edited_files, store_files
from pipelines.ingest_lyrics import store_lyrics
from pipelines.ingest_playlists import StoredPlaylists, numbers_of, store_playlists
from pipelines.ingest_songs import Complain, SongMemory, store_songs
from pipelines.ingest_tags import store_tags
from pipelines.listen_sums import ListenSums
from pipelines.sources.batch import Batch, Problem


class SongState(IntEnum):
    """What became of a song; a later batch can only raise it."""

    UNCHANGED = 1
    CHANGED = 2
    ADDED = 3


@dataclass(frozen=True)
class Counts:
    """How many rows are new, different, and as they were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged
        )


NO_COUNTS = Counts()


@dataclass
class StoredBatch:
    """What storing one batch did; it holds once the transaction is committed."""

    playlists: Counts = NO_COUNTS
    entries: Counts = NO_COUNTS
    listens: Counts = NO_COUNTS
    feedback: Counts = NO_COUNTS
    lyrics: Counts = NO_COUNTS
    users_added: int = 0
    problems: list[Problem] = field(default_factory=list)
    song_states: dict[int, SongState] = field(default_factory=dict)
    contents: dict[tuple[str, str], str] = field(default_factory=dict)
    said: SongMemory = field(default_factory=dict)


def store_batch(
    session: Session,
    batch: Batch,
    *,
    source: Path,
    earlier: Mapping[tuple[str, str], str],
    sums: ListenSums | None = None,
    erasures: Erasures | None = None,
    memory: Mapping[str, tuple[int, int]] | None = None,
) -> StoredBatch:
    """Store everything that is in the batch; `sums` keeps the users' sums of listens up to date, and what
    users did who were deleted (`erasures`) is passed over.

    `earlier` are the content hashes of the playlists, by (scheme, value), that came in before in the same
    run, `memory` its songs.
    """
    done = StoredBatch()

    def complain(place: str, reason: str) -> None:
        done.problems.append(Problem(source, place, reason))

    edited = edited_files(session, batch.files, batch.songs) if len(batch.files) else {}
    told = None if len(batch.files) else memory
    songs = store_songs(session, batch.songs, batch.aliases, complain=complain, edited=edited, memory=told)
    done.said = songs.said
    done.song_states = dict.fromkeys(songs.song_of.values(), SongState.UNCHANGED)
    done.song_states |= dict.fromkeys(songs.changed, SongState.CHANGED)
    if len(batch.tags):
        tagged = store_tags(session, batch.tags, song_of=songs.song_of, complain=complain)
        done.song_states |= dict.fromkeys(tagged, SongState.CHANGED)
    if len(batch.files):
        files = store_files(session, batch.files, song_of=songs.song_of)
        done.song_states = dict.fromkeys(files.song_of.values(), SongState.UNCHANGED) | done.song_states
        done.song_states |= dict.fromkeys(files.changed, SongState.CHANGED)
    done.song_states |= dict.fromkeys(songs.added, SongState.ADDED)
    song_of = dict(songs.song_of)
    if erasures is not None:
        batch = _without_deleted(session, batch, erasures)
    for frame in (batch.entries, batch.listens, batch.feedback):
        _look_up(session, frame[SONG_REF], song_of)
    lists = store_playlists(
        session, batch.playlists, batch.entries, song_of=song_of, earlier=earlier, complain=complain
    )
    _count_playlists(done, lists)
    _store_listens(session, batch.listens, song_of, done, complain, sums)
    _store_feedback(session, batch.feedback, song_of, done, complain)
    if len(batch.lyrics):
        done.lyrics = Counts(*store_lyrics(session, batch.lyrics))
    return done


def _without_deleted(session: Session, batch: Batch, erasures: Erasures) -> Batch:
    """The batch without listens and feedback of users who asked to be forgotten."""
    refs = {ref for rows in (batch.listens, batch.feedback) for ref in rows[USER_REF].unique().tolist()}
    pair_of = {ref: pair for ref in refs if (pair := external_id(ref)) is not None}
    gone = erasures.among(session, pair_of.values())
    if not gone:
        return batch
    deleted = {ref for ref, pair in pair_of.items() if pair in gone}
    listens_kept, feedback_kept = (
        rows[~rows[USER_REF].isin(deleted)] for rows in (batch.listens, batch.feedback)
    )
    return replace(batch, listens=listens_kept, feedback=feedback_kept)


def _look_up(session: Session, refs: pd.Series, song_of: dict[str, int]) -> None:
    """Find songs that are named here but described elsewhere, in an earlier file."""
    missing = [ref for ref in refs.unique().tolist() if isinstance(ref, str) and ref not in song_of]
    pair_of = {ref: pair for ref in missing if (pair := external_id(ref)) is not None}
    stored = songs_by_alias(session, pair_of.values())
    song_of.update((ref, stored[pair]) for ref, pair in pair_of.items() if pair in stored)


def _count_playlists(done: StoredBatch, lists: StoredPlaylists) -> None:
    kinds = (lists.added, lists.changed, lists.unchanged)
    done.playlists = Counts(*(len(kind) for kind in kinds))
    done.entries = Counts(*(sum(len(content.song_ids) for content in kind) for kind in kinds))
    done.contents = lists.contents


def _store_listens(
    session: Session,
    rows: pd.DataFrame,
    song_of: Mapping[str, int],
    done: StoredBatch,
    complain: Complain,
    sums: ListenSums | None,
) -> None:
    good = _people(session, rows, song_of, done, complain)
    completion = [share if 0 <= share <= 1 else None for share in good[COMPLETION].astype(float).tolist()]
    columns = (good["user"].tolist(), good["song"].tolist(), good[LISTENED_AT_S].tolist(), completion)
    store = listens.add_listens if sums is None else sums.store
    added = store(session, list(zip(*columns, strict=True)))
    done.listens = Counts(added, 0, len(good) - added)


def _store_feedback(
    session: Session,
    rows: pd.DataFrame,
    song_of: Mapping[str, int],
    done: StoredBatch,
    complain: Complain,
) -> None:
    known = rows[KIND].isin(feedback.KINDS)
    for kind in rows[KIND][~known].unique().tolist():
        complain("feedback", f"kind {kind!r} is none of {', '.join(feedback.KINDS)}")
    good = _people(session, rows[known], song_of, done, complain)
    columns = (good["user"], good["song"], good[KIND], good[LISTENED_AT_S])
    given = list(zip(*(column.tolist() for column in columns), strict=True))
    added, changed = feedback.add_feedback(session, given)
    done.feedback = Counts(added, changed, len(given) - added - changed)


def _people(
    session: Session,
    rows: pd.DataFrame,
    song_of: Mapping[str, int],
    done: StoredBatch,
    complain: Complain,
) -> pd.DataFrame:
    """Return the rows that can be stored, with their `user` and `song` ids; make the users that are new."""
    refs = rows[USER_REF].unique().tolist()
    pair_of = {ref: pair for ref in refs if (pair := external_id(ref)) is not None}
    numbers = pd.Series(numbers_of(rows[SONG_REF], song_of), index=rows.index)
    songs = numbers.mask(numbers < 0)
    early, nobody = rows[LISTENED_AT_S] < 0, ~rows[USER_REF].isin(pair_of)
    for bad, reason in (
        (songs.isna(), "of a song that is not known"),
        (early, "before 1970"),
        (nobody, "of a user without an external id, scheme:value"),
    ):
        if bad.any():
            first = rows[bad].iloc[0]
            named = f"{first[USER_REF]}, {first[SONG_REF]}, {first[LISTENED_AT_S]}"[:200]
            complain("", f"{int(bad.sum())} listens or words of feedback {reason}, the first {named}")
    good = songs.notna() & ~early & ~nobody
    kept = rows[good]
    user_of, n_new = users.ensure_users(session, (pair_of[ref] for ref in kept[USER_REF].unique().tolist()))
    done.users_added += n_new
    number_of = {ref: user_of[pair] for ref, pair in pair_of.items() if pair in user_of}
    return kept.assign(user=kept[USER_REF].map(number_of).astype("int64"), song=songs[good].astype("int64"))
