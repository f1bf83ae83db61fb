"""Long lists a page at a time, by key and not by offset: what comes in meanwhile moves nothing.

Each function returns up to `limit` rows behind the last one of the page before.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from db.models import Feedback, Listen, Playlist, PlaylistEntry, Song, TasteProfile, User
from db.repositories.users import UserSummary

# Made once: building a statement takes as long as running it.
_SAID = (Feedback.song_id, Feedback.kind, Feedback.given_at_s)
# Songs and times of listens in a number that another listen in the place of one changes; residues, since sums
# of products grow out of 64 bits.
_PRIME = 8191
_WHAT = func.sum((Listen.song_id % _PRIME) * (Listen.listened_at_s % _PRIME))
_VERSION = (
    select(func.count(), func.max(Listen.listened_at_s), _WHAT).where(Listen.user_id == bindparam("user_id")),
    select(*_SAID).where(Feedback.user_id == bindparam("user_id")).order_by(*_SAID),
    select(TasteProfile.release, TasteProfile.updated_at, TasteProfile.listen_weight).where(
        TasteProfile.user_id == bindparam("user_id")
    ),
)


@dataclass(frozen=True)
class PlaylistSummary:
    """A playlist in a list; `ref` is `scheme:value`, `owner` None for those of nobody."""

    playlist_id: int
    ref: str
    name: str
    n_songs: int
    owner: int | None


def song_ids_after(session: Session, after: int, limit: int) -> list[int]:
    """Return ids of songs, ascending, behind one."""
    statement = select(Song.id).where(Song.id > after).order_by(Song.id).limit(limit)
    return list(session.execute(statement).scalars())


def users_after(session: Session, after: int, limit: int) -> list[UserSummary]:
    """Return users by id, behind one, with how much each listened."""
    n_listens = (
        select(func.count()).select_from(Listen).where(Listen.user_id == User.id).correlate(User)
    ).scalar_subquery()
    statement = select(User.id, User.scheme, User.value, User.name, n_listens)
    rows = session.execute(statement.where(User.id > after).order_by(User.id).limit(limit))
    return [UserSummary(number, f"{scheme}:{value}", name, n) for number, scheme, value, name, n in rows]


def user_summary(session: Session, user_id: int) -> UserSummary | None:
    """Return one user, with how much they listened; None where there is none."""
    found = users_after(session, user_id - 1, 1)
    return found[0] if found and found[0].user_id == user_id else None


def playlists_after(
    session: Session, after: int, limit: int, *, owner: int | None = None
) -> list[PlaylistSummary]:
    """Return playlists by id, behind one: all, or those of nobody and of one owner."""
    n_songs = (
        select(func.count())
        .select_from(PlaylistEntry)
        .where(PlaylistEntry.playlist_id == Playlist.id)
        .correlate(Playlist)
    ).scalar_subquery()
    columns = (Playlist.id, Playlist.scheme, Playlist.value, Playlist.name, n_songs, Playlist.user_id)
    statement = select(*columns).where(Playlist.id > after).order_by(Playlist.id).limit(limit)
    if owner is not None:
        statement = statement.where((Playlist.user_id == owner) | Playlist.user_id.is_(None))
    return [
        PlaylistSummary(number, f"{scheme}:{value}", name, n, own)
        for number, scheme, value, name, n, own in session.execute(statement)
    ]


def playlist_summary(session: Session, playlist_id: int) -> PlaylistSummary | None:
    """Return one playlist; None where there is none."""
    found = playlists_after(session, playlist_id - 1, 1)
    return found[0] if found and found[0].playlist_id == playlist_id else None


def listens_before(
    session: Session, user_id: int, limit: int, *, before: tuple[int, int] | None = None
) -> list[tuple[int, int, float | None]]:
    """Return (Unix seconds, song id, completion) of a user's listens, newest first, before one of them."""
    statement = select(Listen.listened_at_s, Listen.song_id, Listen.completion)
    statement = statement.where(Listen.user_id == user_id)
    if before is not None:
        statement = statement.where(tuple_(Listen.listened_at_s, Listen.song_id) < before)
    statement = statement.order_by(Listen.listened_at_s.desc(), Listen.song_id.desc()).limit(limit)
    return [(at_s, song_id, share) for at_s, song_id, share in session.execute(statement)]


def user_version(session: Session, user_id: int) -> str:
    """Return a short text that changes whenever what a user did or decided does.

    Listens come and go whole, so their number, their newest time and a sum over them tell; feedback and
    decisions are few. The ids that songs go by are not in it.
    """
    session.flush()
    connection = session.connection()
    parts = [connection.execute(statement, {"user_id": user_id}).all() for statement in _VERSION]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
