"""Songs as they are read: all for training, some by external id or by words, or with all that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, select, union_all
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import Album, Artist, Listen, PlaylistEntry, Song, SongAlias
from db.repositories.bulk import chunks, own_ids, read_frame
from db.repositories.refs import OWN_SCHEME, external_song_id, own_id
from db.text import fold, storable

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = -1  # Stands for an artist or album that is not known, in frames.

# Schemes that name the songs of music files by hash and place: found by, but not shown.
_OF_FILES = ("file", "path")
_FOUND_AT_MOST = 20_000  # Songs that a search looks at; more match only words of a letter or two.


@dataclass(frozen=True)
class SongDescription:
    """What people are shown of a song. `artist` and `album` are "" when unknown."""

    song_id: int
    title: str
    artist: str
    album: str = ""
    duration_ms: int | None = None
    recording_key: str = ""
    is_generated: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    refs: tuple[str, ...] = ()  # external ids, `scheme:value`, sorted

    @property
    def shown_ref(self) -> str:
        """The id that people are shown: the first external one that they could type, else our own."""
        is_file = any(ref.startswith("file:") for ref in self.refs)
        kept = (ref for ref in self.refs if not is_file or ref.partition(":")[0] not in _OF_FILES)
        return next(kept, f"{OWN_SCHEME}:{self.song_id}")


def read_songs(session: Session) -> pd.DataFrame:
    """Return all songs by id: song_id, title, artist, artist_id, album_id, recording_key.

    Unknown artists and albums have the id -1 and the name "".
    """
    artist_id = case((Artist.name_key == "", UNKNOWN), else_=Song.artist_id)
    statement = (
        select(
            Song.id,
            Song.title,
            Artist.name,
            artist_id,
            func.coalesce(Song.album_id, UNKNOWN),
            Song.recording_key,
        )
        .join(Artist, Artist.id == Song.artist_id)
        .order_by(Song.id)
    )
    return read_frame(
        session,
        statement,
        {
            "song_id": "int64",
            "title": "str",
            "artist": "str",
            "artist_id": "int64",
            "album_id": "int64",
            "recording_key": "str",
        },
    )


def count_songs(session: Session) -> int:
    """Return how many songs there are."""
    return session.execute(select(func.count()).select_from(Song)).scalar_one()


def find_songs(session: Session, refs: Sequence[str | int]) -> dict[str | int, int]:
    """Return the song id of each known name, keyed by the name as given; see `db.repositories.refs`."""
    own: dict[str | int, int] = {}
    external: dict[str | int, tuple[str, str]] = {}
    for ref in dict.fromkeys(refs):
        number = own_id(ref)
        if number is not None:
            own[ref] = number
        elif isinstance(ref, str) and (pair := external_song_id(ref)) is not None:
            external[ref] = pair
    known = existing_songs(session, own.values())
    song_of = songs_by_alias(session, external.values())
    found = {ref: number for ref, number in own.items() if number in known}
    found |= {ref: song_of[pair] for ref, pair in external.items() if pair in song_of}
    return found


def find_song(session: Session, ref: str | int) -> int:
    """Return the id of the song that goes by this name.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = find_songs(session, [ref])
    if ref not in found:
        raise NotFoundError("song", str(ref))
    return found[ref]


def existing_songs(session: Session, song_ids: Iterable[int]) -> set[int]:
    """Return those of the ids that are songs'."""
    known: set[int] = set()
    for chunk in chunks(own_ids(song_ids)):
        known.update(session.execute(select(Song.id).where(Song.id.in_(chunk))).scalars())
    return known


def songs_by_alias(session: Session, ids: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the song of each external id (scheme, value) that is known."""
    by_scheme: dict[str, dict[str, None]] = {}
    for scheme, value in ids:
        by_scheme.setdefault(scheme, {})[value] = None
    found: dict[tuple[str, str], int] = {}
    for scheme, values in by_scheme.items():
        statement = select(SongAlias.value, SongAlias.song_id).where(SongAlias.scheme == scheme)
        for chunk in chunks(values):
            rows = session.connection().execute(statement.where(SongAlias.value.in_(chunk)))
            found.update(((scheme, value), song_id) for value, song_id in rows)
    return found


# Made once: building a statement takes as long as running it.
_NAMES = select(SongAlias.song_id, SongAlias.value).where(
    SongAlias.scheme == bindparam("scheme"), SongAlias.song_id.in_(bindparam("song_ids", expanding=True))
)


def name_songs(session: Session, song_ids: Iterable[int], scheme: str) -> dict[int, str]:
    """Return the songs' external ids of one scheme, as `scheme:value`; songs without one are left out."""
    if not storable(scheme):
        return {}
    names: dict[int, str] = {}
    for chunk in chunks(own_ids(song_ids)):
        rows = session.connection().execute(_NAMES, {"scheme": scheme, "song_ids": chunk})
        names.update((song_id, f"{scheme}:{value}") for song_id, value in rows)
    return names


def describe_songs(session: Session, song_ids: Iterable[int]) -> dict[int, SongDescription]:
    """Return what is known of these songs, in their order; unknown ids are left out."""
    ids = own_ids(song_ids)
    described: dict[int, SongDescription] = {}
    for chunk in chunks(ids):
        refs: dict[int, list[str]] = {}
        aliases = select(SongAlias.song_id, SongAlias.scheme, SongAlias.value)
        for song_id, scheme, value in session.execute(aliases.where(SongAlias.song_id.in_(chunk))):
            refs.setdefault(song_id, []).append(f"{scheme}:{value}")
        statement = (
            select(
                Song.id.label("song_id"),
                Song.title,
                Artist.name.label("artist"),
                func.coalesce(Album.title, "").label("album"),
                Song.duration_ms,
                Song.recording_key,
                Song.is_generated,
                Song.attributes,
            )
            .join(Artist, Artist.id == Song.artist_id)
            .outerjoin(Album, Album.id == Song.album_id)
            .where(Song.id.in_(chunk))
        )
        for row in session.execute(statement).mappings():
            number = row["song_id"]
            described[number] = SongDescription(**row, refs=tuple(sorted(refs.get(number, ()))))
    return {song_id: described[song_id] for song_id in ids if song_id in described}


def search_songs(session: Session, text: str, k: int = 20) -> list[int]:
    """Return up to k songs in which every word of the text occurs, in title or artist.

    Case and accents do not matter, and a word may be the beginning or a part of one. Songs whose title is
    the text come first, then those with all words whole, with all words as beginnings, and the rest; among
    equals, those in more playlists and listens. Text without letters, digits or signs finds nothing.
    """
    folded = fold(text) if storable(text) else ""
    words = list(dict.fromkeys(folded.split()))
    if not words or k <= 0:
        return []
    statement = select(Song.id, Song.search_text, Song.title)
    for word in words:
        statement = statement.where(Song.search_text.contains(word, autoescape=True))
    ranks: dict[int, list[int]] = {}
    for song_id, found_in, title in session.execute(statement.order_by(Song.id).limit(_FOUND_AT_MOST)):
        ranks.setdefault(_rank(folded, words, found_in, title), []).append(song_id)
    best: list[int] = []
    for rank in sorted(ranks):
        plays = popularity(session, ranks[rank])
        best.extend(sorted(ranks[rank], key=lambda song_id: (-plays.get(song_id, 0), song_id)))
        if len(best) >= k:
            break
    return best[:k]


def popularity(session: Session, song_ids: Iterable[int]) -> dict[int, int]:
    """Return in how many playlist entries and listens each song occurs; songs in none are left out."""
    counts: dict[int, int] = {}
    for chunk in chunks(own_ids(song_ids)):
        for column in (PlaylistEntry.song_id, Listen.song_id):
            statement = select(column, func.count()).where(column.in_(chunk)).group_by(column)
            for song_id, count in session.execute(statement):
                counts[song_id] = counts.get(song_id, 0) + count
    return counts


def _rank(folded: str, words: Sequence[str], found_in: str, title: str) -> int:
    if fold(title) == folded:
        return 0
    if found_in == folded:  # "title artist" as it stands
        return 1
    padded = f" {found_in} "
    if all(f" {word} " in padded for word in words):
        return 2
    return 3 if all(f" {word}" in padded for word in words) else 4


def most_popular(session: Session, k: int) -> list[int]:
    """Return the k songs in most playlist entries and listens, most first; fewer when fewer were ever
    used.
    """
    used = union_all(select(PlaylistEntry.song_id), select(Listen.song_id)).subquery()
    count = func.count()
    statement = (
        select(used.c.song_id).group_by(used.c.song_id).order_by(count.desc(), used.c.song_id).limit(k)
    )
    return list(session.execute(statement).scalars())


def most_used_scheme(session: Session) -> str | None:
    """Return the scheme in which most songs have an id; None where none has one.

    Hashes and paths of music files name songs, too, but nobody reads or types them.
    """
    count = func.count()
    statement = select(SongAlias.scheme).where(SongAlias.scheme.not_in(_OF_FILES))
    statement = statement.group_by(SongAlias.scheme).order_by(count.desc(), SongAlias.scheme)
    return session.execute(statement.limit(1)).scalar()
