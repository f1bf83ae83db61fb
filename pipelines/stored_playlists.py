"""The playlists of the database: shown, made, edited, deleted, and taken in from a file that somebody sends.

A playlist belongs to the user who made it, or to nobody where it came in with the catalogue. Of a file that
is sent only the songs that are known are taken: a listener's playlist adds no song to the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import catalogue, pages
from db.repositories import playlists as playlists_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.refs import OWN_SCHEME, external_id
from db.session import SessionFactory, write_transaction
from db.text import name_key
from pipelines.answers import SongAnswer
from pipelines.ingest import LOCK
from pipelines.ingest_playlists import content_of
from pipelines.recording_key import recording_key
from pipelines.resolve import Incoming, Known, resolve
from pipelines.serving import namespace_of
from pipelines.sources import jspf, m3u, xspf
from pipelines.sources.batch import Problem
from pipelines.sources.collector import Song
from pipelines.sources.playlist_files import FoundPlaylist, Parse

# Playlists that are made here go by this scheme.
SCHEME = "made"
LONGEST = 10_000
_PARSERS: dict[str, Parse] = {".m3u8": m3u.parse, ".jspf": jspf.parse, ".xspf": xspf.parse}


class UnreadablePlaylistError(ValueError):
    """A file that was sent holds no playlist, or more songs than one may have; the message says where."""


@dataclass(frozen=True)
class PlaylistAnswer:
    """A playlist with its songs in order, each scored 1; `owner` is a user's id, None for nobody's.

    `unknown` are the tracks of a file that no song of the catalogue is.
    """

    playlist: str
    name: str
    songs: tuple[SongAnswer, ...]
    owner: int | None = None
    unknown: tuple[str, ...] = ()


def show_playlist(session_factory: SessionFactory, playlist: str) -> PlaylistAnswer:
    """A playlist, its songs named in its own namespace.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        return _answer(session, playlists_repository.find_playlist(session, playlist))


def owner_of(session_factory: SessionFactory, playlist: str) -> int | None:
    """Id of the user whom a playlist belongs to; None for one of nobody.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        found = pages.playlist_summary(session, playlists_repository.find_playlist(session, playlist))
    if found is None:
        raise NotFoundError("playlist", playlist)
    return found.owner


def make_playlist(
    session_factory: SessionFactory, value: str, name: str, songs: Sequence[str], *, user: str | None = None
) -> PlaylistAnswer:
    """Make a playlist `made:VALUE` of known songs; the value has to be new.

    Raises
    ------
    NotFoundError
        A song or a user that the database does not hold.
    ValueError
        A value that cannot be an id, or more than `LONGEST` songs.
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        song_ids = [songs_repository.find_song(session, song) for song in songs]
        return _store(session, value, name, song_ids, user)


def edit_playlist(
    session_factory: SessionFactory,
    playlist: str,
    *,
    name: str | None = None,
    songs: Sequence[str] | None = None,
) -> PlaylistAnswer:
    """Give a playlist another name, other songs, or both.

    Raises
    ------
    NotFoundError
        No such playlist or song.
    ValueError
        More than `LONGEST` songs.
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        number = playlists_repository.find_playlist(session, playlist)
        before = _content_in(session, number)
        song_ids = list(before.song_ids)
        if songs is not None:
            song_ids = [songs_repository.find_song(session, song) for song in songs]
        _check_length(song_ids)
        after = content_of(
            (before.scheme, before.value),
            before.name if name is None else name,
            before.source_key,
            dict(before.attributes),
            np.array(song_ids, dtype=np.int64),
        )
        playlists_repository.replace_playlists(session, {number: after})
        return _answer(session, number)


def delete_playlist(session_factory: SessionFactory, playlist: str) -> None:
    """Delete a playlist.

    Raises
    ------
    NotFoundError
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        number = playlists_repository.find_playlist(session, playlist)
        playlists_repository.delete_playlist(session, number)


def take_playlist(
    session_factory: SessionFactory, value: str, data: bytes, *, user: str | None = None, name: str = ""
) -> PlaylistAnswer:
    """Make a playlist `made:VALUE` of an M3U, JSPF or XSPF file; what the file is, its content says.

    Raises
    ------
    UnreadablePlaylistError
    NotFoundError
        No such user.
    """
    found = parse_playlist(data)
    with write_transaction(session_factory, lock=LOCK) as session:
        songs = [song for _, song in found.songs]
        song_ids = _known_songs(session, songs)
        unknown = [_told(song) for song, song_id in zip(songs, song_ids, strict=True) if song_id < 0]
        known = [song_id for song_id in song_ids if song_id > 0]
        made = _store(session, value, name or found.name or "Playlist", known, user)
    return replace(made, unknown=tuple(unknown))


def parse_playlist(data: bytes) -> FoundPlaylist:
    """The first playlist in the bytes of an M3U, JSPF or XSPF file.

    Raises
    ------
    UnreadablePlaylistError
    """
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    suffix = {b"{": ".jspf", b"[": ".jspf", b"<": ".xspf"}.get(start, ".m3u8")
    if suffix == ".m3u8" and not data.removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(b"#EXTM3U"):
        raise UnreadablePlaylistError("neither M3U (it begins with #EXTM3U) nor JSPF nor XSPF")
    problems = []
    # The name is for messages alone; relative tracks of an M3U are taken to lie in the root folder.
    for one in _PARSERS[suffix](Path(f"/playlist{suffix}"), data):
        if isinstance(one, FoundPlaylist):
            if len(one.songs) > LONGEST:
                raise UnreadablePlaylistError(f"a playlist holds at most {LONGEST:,} songs")
            return one
        problems.append(one)
    raise UnreadablePlaylistError(_said(problems) or "there is no playlist in it")


def _said(problems: Sequence[Problem]) -> str:
    return "; ".join(f"{one.place}: {one.reason}" if one.place else one.reason for one in problems[:3])


def _told(song: Song) -> str:
    by = f"{song.title} - {song.artist}" if song.artist else song.title
    ids = song.ordered_ids()
    return (by or (":".join(ids[0]) if ids else ""))[:400]


def _known_songs(session: Session, songs: Sequence[Song]) -> list[int]:
    """The stored song that each is, as an ingest would find it; negative where it is none."""
    ids = [tuple(song.ordered_ids()) for song in songs]
    keys = [
        "" if pairs and not recording_key(song.title, song.artist) else name_key(song.title, song.artist)
        for pairs, song in zip(ids, songs, strict=True)
    ]
    song_of = songs_repository.songs_by_alias(session, [pair for pairs in ids for pair in pairs])
    by_name = catalogue.songs_by_name(session, keys)
    candidates = {*song_of.values(), *(song for found in by_name.values() for song in found)}
    known = Known(dict(song_of), by_name, catalogue.aliases_of(session, candidates))
    return list(resolve([Incoming(*one) for one in zip(ids, keys, strict=True)], known).songs)


def _store(
    session: Session, value: str, name: str, song_ids: Sequence[int], user: str | None
) -> PlaylistAnswer:
    pair = external_id(f"{SCHEME}:{value}")
    if pair is None:
        raise ValueError(f"{value!r} cannot be the id of a playlist")
    _check_length(song_ids)
    user_id = None if user is None else users_repository.find_user(session, user)
    content = content_of(pair, name, "", {}, np.array(song_ids, dtype=np.int64))
    (number,) = playlists_repository.add_playlists(session, [replace(content, user_id=user_id)])
    return _answer(session, number)


def _check_length(song_ids: Sequence[int]) -> None:
    if len(song_ids) > LONGEST:
        raise ValueError(f"a playlist holds at most {LONGEST:,} songs, got {len(song_ids):,}")


def _content_in(session: Session, number: int) -> playlists_repository.PlaylistContent:
    found = playlists_repository.playlist_content(session, number)
    if found is None:
        raise NotFoundError("playlist", f"{OWN_SCHEME}:{number}")
    return found


def _answer(session: Session, number: int) -> PlaylistAnswer:
    content = _content_in(session, number)
    ids = [int(i) for i in content.song_ids]
    described = songs_repository.describe_songs(session, ids)
    ref = f"{content.scheme}:{content.value}"
    names = songs_repository.name_songs(session, ids, namespace_of(ref)) if content.scheme != SCHEME else {}
    songs = tuple(
        SongAnswer(names.get(i, described[i].shown_ref), described[i].title, described[i].artist, 1.0)
        for i in ids
    )
    return PlaylistAnswer(ref, content.name, songs, content.user_id)
