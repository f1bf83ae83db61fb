"""Listens as players tell of them, by artist and title: stored once, whatever song it was.

A song is found as an ingest would find it (pipelines/resolve.py). One that is in no catalogue is taken into
it, as an ingest of the same listens would do, since a listen that was accepted must not be lost. What a
listener says of a song that is there already changes nothing about it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.repositories import catalogue, scrobbles
from db.repositories import songs as songs_repository
from db.repositories.songs import SongDescription
from db.session import SessionFactory, write_transaction
from db.text import name_key
from pipelines.ingest import LOCK
from pipelines.ingest_songs import store_songs
from pipelines.listen_sums import ListenSums
from pipelines.recording_key import recording_key
from pipelines.resolve import Id, Incoming, Known, resolve
from pipelines.sources.collector import Collector, Song

# UUIDs of version 8 (RFC 9562) with the song's number at their end: "songspace" in ASCII.
_MSID = 0x736F6E67_7370_8163_8565_000000000000


@dataclass(frozen=True)
class Scrobble:
    """One play of a song, as somebody tells of it, at Unix seconds."""

    song: Song
    listened_at_s: int


@dataclass(frozen=True)
class Heard:
    """A listen with what is known of the song."""

    song: SongDescription
    listened_at_s: int


@dataclass(frozen=True)
class HeardPage:
    """Listens, newest first, and the times of the first and the last listen that there are, 0 without any."""

    listens: tuple[Heard, ...]
    oldest_s: int
    latest_s: int


def scrobble(
    session_factory: SessionFactory, sums: ListenSums, user_id: int, listens: Sequence[Scrobble]
) -> int:
    """Store a user's listens, all or none, and return how many were new.

    Raises
    ------
    ValueError
        A song that neither its ids nor its name tell.
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        song_ids = _songs(session, [one.song for one in listens])
        keys = {(user_id, song, one.listened_at_s): None for song, one in zip(song_ids, listens, strict=True)}
        return sums.store(session, [(*key, None) for key in keys])


def known_song(session_factory: SessionFactory, song: Song) -> SongDescription | None:
    """The stored song that is meant; None where there is none."""
    with session_factory() as session:
        (found,) = _resolved(session, [song])
        return songs_repository.describe_songs(session, [found]).get(found) if found > 0 else None


def heard(
    session_factory: SessionFactory,
    user_id: int,
    limit: int,
    *,
    before_s: int | None = None,
    after_s: int | None = None,
) -> HeardPage:
    """A user's listens, newest first: the last ones, those before a time, or the first ones after a time."""
    with session_factory() as session:
        rows = scrobbles.listens_between(session, user_id, limit, before_s=before_s, after_s=after_s)
        described = songs_repository.describe_songs(session, {song for _, song in rows})
        _, oldest_s, latest_s = scrobbles.listens_in_all(session, user_id)
    return HeardPage(tuple(Heard(described[song], at_s) for at_s, song in rows), oldest_s, latest_s)


def listen_count(session_factory: SessionFactory, user_id: int) -> int:
    """How many listens a user has."""
    with session_factory() as session:
        return scrobbles.listens_in_all(session, user_id)[0]


def msid_of(song_id: int) -> str:
    """The UUID that a song goes by where one is asked for.

    >>> song_of_msid(msid_of(17))
    17
    """
    return str(uuid.UUID(int=_MSID | song_id))


def song_of_msid(msid: str) -> int | None:
    """The song that goes by a UUID of `msid_of`; None for any other text."""
    try:
        number = uuid.UUID(msid).int
    except ValueError:
        return None
    return number & 0xFFFF_FFFF if number >> 32 == _MSID >> 32 else None


def _songs(session: Session, songs: Sequence[Song]) -> list[int]:
    """The id of each song; those that are not there are stored."""
    found = _resolved(session, songs)
    missing = [song for song, song_id in zip(songs, found, strict=True) if song_id < 0]
    if not missing:
        return found
    collector = Collector()
    refs = iter([collector.song(song) for song in missing])
    batch = collector.take()
    told: list[str] = []
    songs_in = store_songs(
        session, batch.songs, batch.aliases, complain=lambda place, reason: told.append(reason)
    )
    if told:
        raise ValueError(f"a song that cannot be told: {told[0]}")
    return [song_id if song_id > 0 else songs_in.song_of[next(refs)] for song_id in found]


def _resolved(session: Session, songs: Sequence[Song]) -> list[int]:
    """The stored song that each is; negative where it is none."""
    ids: list[tuple[Id, ...]] = [tuple(song.ordered_ids()) for song in songs]
    keys = [
        "" if pairs and not recording_key(song.title, song.artist) else name_key(song.title, song.artist)
        for pairs, song in zip(ids, songs, strict=True)
    ]
    song_of = songs_repository.songs_by_alias(session, [pair for pairs in ids for pair in pairs])
    by_name = catalogue.songs_by_name(session, keys)
    candidates = {*song_of.values(), *(song for found in by_name.values() for song in found)}
    known = Known(dict(song_of), by_name, catalogue.aliases_of(session, candidates))
    return list(resolve([Incoming(*one) for one in zip(ids, keys, strict=True)], known).songs)
