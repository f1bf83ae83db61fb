"""Listens as they happen: stored once however often they are sent, and part of the next answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from db.repositories import pages
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory, write_transaction
from pipelines.ingest import LOCK
from pipelines.listen_sums import ListenSums
from pipelines.serving import namespace_of


@dataclass(frozen=True)
class GivenListen:
    """One play of a song, at Unix seconds; `completion` is the share that was played, None if unknown."""

    song: str
    listened_at_s: int
    completion: float | None = None


@dataclass(frozen=True)
class Submitted:
    """How many listens were new, how many were known, and the songs that nobody knows."""

    added: int
    known: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class HeardSong:
    """A listen with what the song is called."""

    song: str
    title: str
    artist: str
    listened_at_s: int
    completion: float | None


@dataclass(frozen=True)
class ListenPage:
    """Listens, newest first, and where to go on: the time and song id of the last, None at the end."""

    listens: tuple[HeardSong, ...]
    behind: tuple[int, int] | None


def submit_listens(
    session_factory: SessionFactory, sums: ListenSums, user: str, listens: Sequence[GivenListen]
) -> Submitted:
    """Store a user's listens; those of songs that are not known are named, the others go in.

    Raises
    ------
    NotFoundError
        There is no such user.
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        user_id = users_repository.find_user(session, user)
        found = songs_repository.find_songs(session, [one.song for one in listens])
        rows = {
            (user_id, found[one.song], one.listened_at_s): one.completion
            for one in reversed(listens)
            if one.song in found
        }
        added = sums.store(session, [(*key, share) for key, share in rows.items()])
    unknown = tuple(dict.fromkeys(one.song for one in listens if one.song not in found))
    n_known = sum(one.song in found for one in listens)
    return Submitted(added, n_known - added, unknown)


def user_listens(
    session_factory: SessionFactory, user: str, limit: int, *, before: tuple[int, int] | None = None
) -> ListenPage:
    """A user's listens, newest first, songs named in the user's namespace.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        user_id = users_repository.find_user(session, user)
        rows = pages.listens_before(session, user_id, limit + 1, before=before)
        ids = [song_id for _, song_id, _ in rows]
        described = songs_repository.describe_songs(session, ids)
        names = songs_repository.name_songs(session, ids, namespace_of(user))
    listens = tuple(
        HeardSong(
            names.get(song_id, f"{OWN_SCHEME}:{song_id}"),
            described[song_id].title,
            described[song_id].artist,
            at_s,
            share,
        )
        for at_s, song_id, share in rows[:limit]
    )
    return ListenPage(listens, rows[limit - 1][:2] if len(rows) > limit else None)
